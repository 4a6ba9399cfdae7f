"""Lines of Redis, Valkey and KeyDB logs. Pure.

    28604:M 23 Nov 2026 12:41:07.283 * Background saving started by pid 28658
    28604:signal-handler (1795437667) Received SIGTERM scheduling shutdown...
    [4018] 14 Nov 07:01:22.119 # Server started, Redis version 2.8.4        before 3.0

Redis marks everything from "Server initialized" to failures with `#`: a line is an event if it has that mark and says
what went wrong. Source: ingest contract, section 18.4.
"""

import re

from ingest.decoders.values import MONTHS, Decoded, iso

_LINE = re.compile(
    r"(?:(?P<pid>[0-9]{1,10}):(?P<role>[A-Z])|\[(?P<old>[0-9]{1,10})\]) "
    r"(?P<day>[0-9]{1,2}) (?P<month>[A-Z][a-z]{2})(?: (?P<year>[0-9]{4}))? "
    r"(?P<clock>[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.(?P<fraction>[0-9]{1,6}))? "
    r"(?P<mark>[.*#-]) (?P<text>.*)",
    re.DOTALL,
)
# What a signal handler may write: no time but the system's.
_SIGNAL = re.compile(
    r"(?P<pid>[0-9]{1,10}):signal-handler \((?P<at>[0-9]{1,12})\) (?P<text>.*)", re.DOTALL
)
_LEVELS = {".": "debug", "-": "debug", "*": "info", "#": "warning"}
_ROLES = {"M": "master", "S": "replica", "C": "child", "X": "sentinel"}
# Written without any prefix, before a crash report.
_REPORT = re.compile(r"\s*=== (?:REDIS|VALKEY|KEYDB) BUG REPORT START", re.IGNORECASE)
_FATAL = re.compile(
    r"crashed by signal|BUG REPORT START|out of memory|ASSERTION FAILED|Guru Meditation|"
    r"Fatal error|Can't handle RDB format|terminating|, aborting|aborting now",
    re.IGNORECASE,
)
_BAD = re.compile(
    r"\bOOM\b|MISCONF|can't |could not |couldn't |cannot |unable to |background (?:saving|rewrite|AOF rewrite) "
    r"(?:error|terminated)|failed|failure|\berrors?\b|^WARNING|out of memory|crashed by signal|BUG REPORT START|"
    r"connection with (?:master|replica) lost|master aborted|bad file format|short read|unexpected end of file|"
    r"\bcorrupt|taking too long|\bslow\b|disk is busy|disk is full|no space left|"
    r"maximum number of clients|max number of clients|overcoming of output buffer|timeout (?:connecting|receiving)|"
    r"failover abort|state changed: fail|marking node .* as failing|\+(?:sdown|odown|switch-master)|"
    r"refused|denied|disconnected|DENIED|invalid",
    re.IGNORECASE,
)
# Said with the mark of a warning at every start, or by a server that goes down as it was told to.
_ORDINARY = re.compile(
    r"no config file specified|Configuration loaded|oO0OoO0OoO0Oo|Server initialized|"
    r"User requested shutdown|is now ready to exit|"
    r"Redis is now ready|WARNING: (?:The TCP backlog|you have Transparent)|"
    r"Redis version=",
    re.IGNORECASE,
)


def decode(text: str) -> Decoded | None:
    """None: no line of Redis."""
    if _REPORT.match(text):
        return _decoded("fatal", text.strip(), {}, None, "")
    text = text.rstrip("\r\n")
    if found := _SIGNAL.fullmatch(text):
        said = found["text"].strip()
        level = "fatal" if _FATAL.search(said[:2000]) else "info"
        return _decoded(level, said, {}, found["at"], found["pid"])
    found = _LINE.fullmatch(text)
    if found is None:
        return None
    month = MONTHS.get(found["month"].lower())
    if month is None:
        return None
    said = found["text"].strip()
    level = _LEVELS[found["mark"]]
    is_bad = bool(_BAD.search(said[:2000])) and not _ORDINARY.search(said[:2000])
    if level == "warning" and is_bad:
        level = "fatal" if _FATAL.search(said[:2000]) else "error"
    tags = {"redis.role": _ROLES[found["role"]]} if found["role"] in _ROLES else {}
    at = None
    if found["year"]:
        at = iso(
            int(found["year"]),
            month,
            int(found["day"]),
            found["clock"],
            fraction=found["fraction"] or "",
        )
    return _decoded(level, said, tags, at, found["pid"] or found["old"])


def _decoded(level: str, said: str, tags: dict[str, str], at: str | None, pid: str) -> Decoded:
    event = {
        "level": level,
        "logger": "redis",
        "platform": "other",
        "message": said,
        "timestamp": at,
        "tags": tags,
        "contexts": {"process": {"pid": int(pid)}} if pid else {},
    }
    return Decoded("redis", level, event, source=f"{at} {pid}" if at else "")
