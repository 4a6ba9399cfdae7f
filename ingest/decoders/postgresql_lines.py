"""The text forms of PostgreSQL's log: csvlog, and stderr with a log_line_prefix. Pure.

    2026-05-01 10:00:00.905 UTC [9] shop@shop ERROR:  duplicate key value violates unique constraint "orders_pkey"
    2026-05-01 10:00:00.905 UTC [9] shop@shop DETAIL:  Key (id)=(1) already exists.
    2026-05-01 10:00:00.905 UTC [9] shop@shop STATEMENT:  insert into orders
        values (1)                                     lines of one message go on behind a tab

Both become objects by the names of jsonlog. Source: ingest contract, section 18.4.
"""

import csv
import re

from ingest.decoders.sqlstates import is_known
from ingest.decoders.values import Json, iso

_COLUMNS = (
    *("timestamp", "user", "dbname", "pid", "remote_host", "session_id", "line_num", "ps"),
    *("session_start", "vxid", "txid", "error_severity", "state_code", "message", "detail"),
    *("hint", "internal_query", "internal_position", "context", "statement", "cursor_position"),
    *("location", "application_name", "backend_type", "leader_pid", "query_id"),
)
_LEAST_COLUMNS = 23
_CSV_START = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}[^,\"\n]{0,40},")
_SEVERITY = "DEBUG[1-5]?|LOG|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC"
_PARTS = {
    "DETAIL": "detail",
    "HINT": "hint",
    "CONTEXT": "context",
    "STATEMENT": "statement",
    "QUERY": "internal_query",
    "LOCATION": "location",
    "BACKTRACE": "backtrace",
}
# PostgreSQL always writes two blanks behind the word; a prefix may be anything.
_STDERR = re.compile(rf"\b({_SEVERITY}|{'|'.join(_PARTS)}):  ")
_CHARACTER = re.compile(r" at character ([0-9]{1,9})\Z")
_PREFIX = 500  # characters
_AT = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2}) (?P<clock>[0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?:\.(?P<fraction>[0-9]{1,6}))?(?: (?P<zone>[A-Z]{2,5}|[+-][0-9]{2}(?::?[0-9]{2})?)\b)?"
)
_EPOCH = re.compile(r"\b[0-9]{10}\.[0-9]{3}\b")
_SESSION = re.compile(r"\b[0-9a-f]{6,10}\.[0-9a-f]{1,8}\b")
_PID = re.compile(r"\[([0-9]{1,10})(?:-([0-9]{1,12}))?\]")
_WHO = re.compile(r"([^\s@\[\],=]{1,63})@([^\s@\[\],=:]{1,63})")
_NAMED = re.compile(r"\b(user|db|database|app|application|client|host)=([^\s,\]]{1,200})")
_NAMES = {
    "user": "user",
    "db": "dbname",
    "database": "dbname",
    "app": "application_name",
    "application": "application_name",
    "client": "remote_host",
    "host": "remote_host",
}
_STATE = re.compile(r"\b[0-9A-Z]{5}\b")


def is_csv(text: str) -> bool:
    return _CSV_START.match(text) is not None


def from_csv(text: str) -> Json | None:
    """None: no whole record of csvlog."""
    if not is_csv(text):
        return None
    try:
        rows = list(csv.reader([text], strict=True))
    except (csv.Error, ValueError):
        return None
    row = rows[0] if len(rows) == 1 else []
    if not _LEAST_COLUMNS <= len(row) <= 40 or not re.fullmatch(_SEVERITY, row[11]):
        return None
    found: Json = {name: value for name, value in zip(_COLUMNS, row, strict=False) if value}
    found["timestamp"] = _time(found["timestamp"]) or found["timestamp"]
    host, colon, port = str(found.get("remote_host", "")).rpartition(":")
    if colon and port.isdigit():
        found |= {"remote_host": host, "remote_port": port}
    return found


def label_of(text: str) -> tuple[str, str] | None:
    """(the prefix, ERROR, DETAIL ...) of the first line of a message in the stderr form."""
    found = _STDERR.search(text[: _PREFIX + 20])
    return (text[: found.start()], found[1]) if found else None


def continues(text: str, before: str) -> bool:
    """Whether a line is a DETAIL, HINT, CONTEXT or STATEMENT of the message in the lines before it."""
    label = label_of(text)
    if label is None or label[1] not in _PARTS:
        return False
    first = label_of(before)
    return first is not None and first[1] not in _PARTS and _pid_of(first[0]) == _pid_of(label[0])


def from_stderr(text: str) -> Json | None:
    """A message with its parts, one below the other. None: no such form. {}: parts alone, which are nothing."""
    label = label_of(text)
    if label is None:
        return None
    prefix = label[0]
    parts: dict[str, list[str]] = {}
    severity = name = ""
    for row in text.split("\n"):
        row = row.rstrip("\r")
        match = None if row.startswith("\t") else _STDERR.search(row[: _PREFIX + 20])
        if match is None:
            if name:
                parts[name].append(row.removeprefix("\t"))
            continue
        word = match[1]
        name = _PARTS.get(word, "message")
        if name == "message":
            severity = word
        parts[name] = [row[match.end() :]]
    if not severity:
        return {}
    found: Json = {key: "\n".join(rows) for key, rows in parts.items()}
    found["error_severity"] = severity
    if position := _CHARACTER.search(found["message"]):
        # The other forms have a column for it.
        found["cursor_position"] = position[1]
        found["message"] = found["message"][: position.start()]
    return found | _of_prefix(prefix)


def _of_prefix(prefix: str) -> Json:
    """Whatever of log_line_prefix can be told by its looks."""
    found: Json = {}
    if at := _time(prefix):
        found["timestamp"] = at
    elif epoch := _EPOCH.search(prefix):
        found["timestamp"] = epoch[0]
    session = _SESSION.search(prefix)
    if session and "." in session[0] and not _EPOCH.fullmatch(session[0]):
        found["session_id"] = session[0]
    if pid := _PID.search(prefix):
        found["pid"] = pid[1]
        if pid[2]:
            # The number of the line within the session, if the pid names one.
            found["line_num"] = pid[2]
    if who := _WHO.search(prefix):
        found |= {"user": who[1], "dbname": who[2]}
    for name, value in _NAMED.findall(prefix):
        found[_NAMES[name]] = value
    for name in ("user", "dbname", "application_name"):
        if found.get(name) in ("[unknown]", "unknown", ""):
            del found[name]
    state = next((each for each in _STATE.findall(prefix) if is_known(each)), "")
    if state:
        found["state_code"] = state
    return found


def _pid_of(prefix: str) -> str:
    pid = _PID.search(prefix)
    return pid[1] if pid else ""


def _time(text: str) -> str | None:
    at = _AT.search(text)
    if at is None:
        return None
    return iso(
        int(at["year"]),
        int(at["month"]),
        int(at["day"]),
        at["clock"],
        fraction=at["fraction"] or "",
        zone=at["zone"] or "",
    )
