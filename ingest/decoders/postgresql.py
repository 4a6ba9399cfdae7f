"""What PostgreSQL says in a log, in whatever form: jsonlog's names -> an event. Pure.

The forms of lines are read by `postgresql_lines`. SQLSTATE, statement, function and line become tags; functions of
PL/pgSQL become frames, and with their line they group. Source: ingest contract, section 18.4; PostgreSQL
documentation, "Error Reporting and Logging".
"""

import re
from typing import Any

from ingest.decoders.pino import DROPPED, SHIPPER
from ingest.decoders.sqlstates import condition, guess
from ingest.decoders.values import Decoded, Json, Options, attribute, line, to_text

_DETAILS = (
    *("detail", "hint", "context", "statement", "cursor_position", "internal_query", "internal_position"),
    *("query_id", "remote_host", "remote_port", "pid", "session_id", "line_num", "ps", "txid", "vxid"),
    *("session_start", "leader_pid", "func_name", "file_name", "file_line_num", "backtrace", "duration_ms"),
)  # fmt: skip
_TAGS = {
    "db.name": "dbname",
    "db.user": "user",
    "db.application": "application_name",
    "db.backend": "backend_type",
    "sqlstate": "state_code",
}
SEVERITIES = {
    **{"LOG": "info", "INFO": "info", "NOTICE": "info", "WARNING": "warning", "ERROR": "error"},
    **{"FATAL": "fatal", "PANIC": "fatal"},
    **{f"DEBUG{n}": "debug" for n in ("", "1", "2", "3", "4", "5")},
}
_DURATION = re.compile(
    r"duration: ([0-9]{1,12}(?:\.[0-9]{1,6})?) ms(?:  (?:statement|execute [^:\n]{1,200}|parse [^:\n]{1,200}|"
    r"bind [^:\n]{1,200}): (.*))?",
    re.DOTALL,
)
_FUNCTION = re.compile(
    r"^(?P<language>PL/[A-Za-z0-9]+|SQL) function (?P<name>\"?[^\n]{1,300}?\"?) "
    r"(?:line (?P<line>[0-9]{1,7}) (?P<at>at [^\n]{1,100}+|during [^\n]{1,100}+|assignment[^\n]{0,100}+)"
    r"|statement (?P<statement>[0-9]{1,5})|(?P<other>while [^\n]{1,100}+|during [^\n]{1,100}+))[ \t\r]*+$",
    re.MULTILINE,
)
# The words of a value that a client sent wrongly.
_GIVEN = re.compile(
    r"^((?:invalid input (?:syntax|value) for [^:\n]{1,100}|date/time field value out of range): )\".*\"$",
    re.DOTALL,
)
# A literal that nobody closed takes the rest, and so do the others below: each place is looked at once.
_QUOTED = re.compile(r"\b[eE]'(?:[^'\\]++|''|\\.)*+'?|'(?:[^']++|'')*+'?", re.DOTALL)
_NUMBER = re.compile(r"(?<![\w$\"])[0-9]+(?:\.[0-9]+)?\b")
_KEY_VALUE = re.compile(r"\)=\([^\n]*?(?:\)(?= (?:already|is|conflicts|still)|[.\n]|\Z)|(?=\n)|\Z)")
_ROW = re.compile(r"(Failing row contains )\([^\n]*")
_WORD = re.compile(r"\s*([A-Za-z]{2,20})")
MAX_FRAMES = 100
MAX_STATEMENT = 20_000  # characters


def decode(entry: Json, options: Options) -> Decoded:
    """entry: by the names of jsonlog."""
    severity = attribute(entry.get("error_severity")).upper()
    level = SEVERITIES.get(severity, "info")
    said = to_text(entry.get("message"))
    state = attribute(entry.get("state_code"))
    if not state and level in ("error", "fatal"):
        state = guess(said)
    details = {key: entry[key] for key in _DETAILS if not _is_empty(entry.get(key))}
    slow = _DURATION.match(said) if severity == "LOG" else None
    if slow:
        details.setdefault("statement", slow[2] or "")
        details["duration_ms"] = float(slow[1])
        said = "slow statement"
        level = "warning" if options.slow_ms and float(slow[1]) >= options.slow_ms else level
    if options.mask:
        said = _GIVEN.sub(r'\1"?"', said)
        details |= {
            key: masked(to_text(details[key]), is_statement=key != "detail")
            for key in ("statement", "internal_query", "detail", "context")
            if key in details
        }
    tags: Json = {name: line(entry.get(key)) for name, key in _TAGS.items()}
    tags["sqlstate"] = state
    event: Json = {
        "level": level,
        "timestamp": entry.get("timestamp"),
        "logger": "postgresql",
        "platform": "other",
        "tags": tags,
        "contexts": {"postgresql": details},
        "extra": _unread(entry),
    }
    statement, context = (to_text(details.get(name)) for name in ("statement", "context"))
    _add_place(event, statement[:MAX_STATEMENT], context[:MAX_STATEMENT])
    frames = event.pop("frames")
    if slow:
        event["message"] = f"slow statement: {tags.get('db.statement', '')}".rstrip(": ")
    elif state and state != "00000":
        event["exception"] = [{"type": condition(state), "value": said}]
        if frames:
            event["exception"][0]["stacktrace"] = {"frames": frames}
    else:
        event["message"] = said
        if frames:
            event["stacktrace"] = {"frames": frames}
    session, number = attribute(entry.get("session_id")), attribute(entry.get("line_num"))
    source = f"{session} {number}" if session and number else ""
    if not source and attribute(entry.get("timestamp")):
        source = f"{attribute(entry.get('timestamp'))} {attribute(entry.get('pid'))}"
    is_slow_event = bool(slow) and level == "warning"
    return Decoded("postgresql", level, event, True if is_slow_event else None, source)


def _add_place(event: Json, statement: str, context: str) -> None:
    """Where it happened: frames, tags and, within a function, the grouping."""
    tags = event["tags"]
    if statement:
        tags["db.statement"] = " ".join(statement[:1000].split())[:200]
        if word := _WORD.match(statement):
            tags["db.command"] = word[1].upper()
    found = [
        match for _, match in zip(range(MAX_FRAMES), _FUNCTION.finditer(context), strict=False)
    ]
    event["frames"] = [_frame(match) for match in reversed(found)]
    if not found:
        return
    innermost = found[0]
    tags["db.function"] = line(innermost["name"])
    number = innermost["line"] or innermost["statement"] or ""
    if number:
        tags["db.line"] = number
    event["transaction"] = line(found[-1]["name"])
    event["fingerprint"] = ["{{ default }}", tags["db.function"], number]


def _frame(match: re.Match[str]) -> Json:
    frame: Json = {
        "function": match["name"],
        "module": match["language"],
        "filename": match["name"].partition("(")[0],
        "in_app": True,
    }
    number = match["line"] or match["statement"]
    if number:
        frame["lineno"] = int(number)
    if match["at"]:
        frame["context_line"] = match["at"]
    return frame


def masked(text: str, *, is_statement: bool) -> str:
    """Literals as `?`: they may be anybody's data. is_statement: numbers are literals, too."""
    text = text[:MAX_STATEMENT]
    text = _ROW.sub(r"\1(?)", _KEY_VALUE.sub(")=(?)", text))
    if "$" in text:
        text = _without_dollar_quotes(text)
    text = _QUOTED.sub("'?'", text)
    # Line numbers of functions, and what stands in a detail, are facts of the server.
    return _NUMBER.sub("?", text) if is_statement and not _FUNCTION.search(text) else text


def _without_dollar_quotes(text: str) -> str:
    """`$$ ... $$` and `$tag$ ... $tag$`, one after the other."""
    parts: list[str] = []
    position = 0
    for opening in re.finditer(r"\$(?:[A-Za-z_]\w{0,30})?\$", text):
        if opening.start() < position:
            continue
        closing = text.find(opening[0], opening.end())
        if closing < 0:
            # One that nobody closed takes the rest.
            parts.append(text[position : opening.start()] + "'?'")
            position = len(text)
            break
        parts.append(text[position : opening.start()] + "'?'")
        position = closing + len(opening[0])
    return "".join(parts) + text[position:]


def _unread(entry: Json) -> Json:
    known = ("error_severity", "timestamp", *_DETAILS, *_TAGS.values(), *DROPPED, *SHIPPER)
    return {key: each for key, each in entry.items() if key not in known}


def _is_empty(value: Any) -> bool:
    return value is None or value == ""
