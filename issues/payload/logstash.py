"""A Logstash event posted as it is: read as the log line it carries, not as a Sentry event. Pure.

Its names collide with ours and mean something else: `tags` are words, `fingerprint` is a hash of
the line, `type` the name of an input, and a `level` of 50 is Pino's error. The result is an event
in Sentry's form, for the readers of all other events. Understood: lines of Pino and Bunyan,
PostgreSQL's jsonlog, Elastic Common Schema; anything else is a message.
"""

import math
import re
from typing import Any

import orjson

from issues.payload.attributes import read_level
from issues.payload.sqlstates import condition
from issues.payload.stacks import read_header, read_stack, split_causes
from issues.payload.text import attribute, is_reference, repaired, to_text

_REQUEST_IDS = ("api_request_id", "reqId", "request_id", "requestId", "x_request_id")
# Of Elastic Common Schema and of Logstash itself: kept together, below `contexts.log`.
_SHIPPER = (
    "log",
    "agent",
    "ecs",
    "input",
    "fields",
    "cloud",
    "container",
    "kubernetes",
    "process",
    "service",
    "type",
    "fingerprint",
)
_DROPPED = ("@timestamp", "@version", "@metadata", "event", "host", "tags", "message")
_POSTGRESQL = (
    "detail",
    "hint",
    "context",
    "statement",
    "cursor_position",
    "internal_query",
    "internal_position",
    "query_id",
    "remote_host",
    "remote_port",
    "pid",
    "session_id",
    "line_num",
)
_DATABASE_TAGS = {
    "db.name": "dbname",
    "db.user": "user",
    "db.application": "application_name",
    "db.backend": "backend_type",
    "sqlstate": "state_code",
}
_SEVERITIES = {"log": "info", "info": "info", "notice": "info", "warning": "warning"} | {
    "error": "error",
    "fatal": "fatal",
    "panic": "fatal",
}
_LEVEL_WORD = re.compile(r"\b(FATAL|PANIC|CRITICAL|ERROR|ERR|WARNING|WARN|NOTICE|INFO|DEBUG)\b")


def is_logstash(raw: dict[str, Any]) -> bool:
    """Does the pipeline's mark stand there, and nothing that only a Sentry event has?"""
    if "@timestamp" not in raw or "@version" not in raw:
        return False
    return not (raw.get("event_id") or raw.get("sdk") or _is_exception(raw.get("exception")))


def from_logstash(raw: dict[str, Any]) -> dict[str, Any]:
    """The event in Sentry's form; whatever has no place in it is kept in `extra`."""
    raw = {key: value for key, value in raw.items() if not _is_absent(value)}
    line = _raw_line(raw)
    entry = _entry(raw, line)
    if "error_severity" in entry:
        event = _from_postgresql(entry)
    else:
        event = _from_object(entry)
        if not event.get("message") and "exception" not in event:
            event["message"] = line
        if not event["level"]:
            event["level"] = _level_of(raw.get("log")) or _level_in(line)
    event["timestamp"] = event.get("timestamp") or raw.get("@timestamp")
    event["level"] = event["level"] or "error"
    event["server_name"] = event.get("server_name") or raw.get("host")
    log = {key: raw[key] for key in _SHIPPER if key in raw}
    file = log.pop("log", None)
    if file.__class__ is dict:
        log = {**file, **log}
    words = raw.get("tags")
    if words.__class__ is list and words:
        log["tags"] = words
    if log:
        event["contexts"] = {**event.get("contexts", {}), "log": log}
    return event


def _entry(raw: dict[str, Any], line: str) -> dict[str, Any]:
    """The object that is the line: the event itself, what a filter made of it, or the text."""
    if _is_structured(raw):
        return raw
    inner = next(
        (key for key, each in raw.items() if each.__class__ is dict and _is_structured(each)), None
    )
    entry = raw[inner] if inner is not None else _parsed(line)
    if not entry:
        return raw
    # What filters added beside it belongs to it, too.
    beside = {key: each for key, each in raw.items() if key != inner and key not in _SHIPPER}
    own = {key: each for key, each in entry.items() if not _is_absent(each)}
    return {**beside, "message": None, **own}


def _parsed(line: str) -> dict[str, Any]:
    """The object that a line is in JSON; {} if it is none that we know."""
    try:
        parsed = orjson.loads(line) if line[:1] == "{" else None
    except ValueError:
        return {}
    # What the line holds was not yet looked at, whoever looked at the event.
    return repaired(parsed) if parsed.__class__ is dict and _is_structured(parsed) else {}


def _is_structured(entry: dict[str, Any]) -> bool:
    if "error_severity" in entry and "message" in entry:
        return True
    return "level" in entry and any(key in entry for key in ("time", "msg", "pid", "hostname"))


def _from_object(entry: dict[str, Any]) -> dict[str, Any]:
    """Pino, Bunyan, Elastic Common Schema, and what applications add to them."""
    rest = {key: value for key, value in entry.items() if key not in (*_DROPPED, *_SHIPPER)}
    take = rest.pop
    message = take("msg", None)
    if message is None and to_text(entry.get("message"))[:1] != "{":
        message = entry.get("message")
    name = take("name", None)
    log = entry.get("log")
    logger = attribute(log.get("logger")) if log.__class__ is dict else ""
    event: dict[str, Any] = {
        "level": _level(take("level", None)),
        "timestamp": take("time", None) or take("timestamp", None),
        "message": message,
        "logger": attribute(name) or logger,
        "server_name": take("hostname", None),
        "release": take("release", None) or take("version", None),
        "environment": take("environment", None) or take("env", None),
        "platform": "node" if "time" in entry or "pid" in entry or "v" in entry else None,
        "transaction": take("transaction", None),
    }
    take("v", None)
    contexts: dict[str, Any] = {}
    tags: dict[str, Any] = {"service": attribute(name)}
    if "pid" in rest:
        contexts["process"] = {"pid": take("pid")}
    request, response = take("req", None), take("res", None)
    if request.__class__ is dict:
        event["request"] = {key: request.get(key) for key in ("url", "method", "headers")}
        event["request"]["env"] = {"REMOTE_ADDR": request.get("remoteAddress")}
    elif rest.get("request").__class__ is dict and {"url", "method"} & rest["request"].keys():
        event["request"] = take("request")
    if response.__class__ is dict:
        contexts["response"] = {
            "status_code": response.get("statusCode"),
            "headers": response.get("headers"),
        }
    tags["api_request_id"] = _request_id(rest, request)
    trace = {
        "trace_id": take("trace_id", None) or take("traceId", None),
        "span_id": take("span_id", None) or take("spanId", None),
    }
    if trace["trace_id"]:
        contexts["trace"] = trace
    user, user_id = take("user", None), take("userId", None)
    if user.__class__ is dict or attribute(user):
        event["user"] = user
    elif user_id is not None:
        event["user"] = {"id": user_id}
    error = _take_error(rest, entry.get("type"))
    if error is not None:
        event["exception"] = _exceptions(error)
        if error.__class__ is dict:
            known = ("type", "name", "message", "stack", "stack_trace", "aggregateErrors")
            contexts["error"] = {key: each for key, each in error.items() if key not in known}
    sent = rest.get("contexts")
    if sent.__class__ is dict:
        contexts = {**take("contexts"), **contexts}
    extra = take("extra", None)
    if extra.__class__ is dict:
        rest = {**extra, **rest}
    elif extra is not None:
        rest["extra"] = extra
    event |= {"contexts": contexts, "tags": tags, "extra": rest}
    return {key: value for key, value in event.items() if value is not None and value != {}}


def _request_id(rest: dict[str, Any], request: Any) -> str:
    """The first that exists, taken out of the rest; the request's own comes second."""
    found = attribute(rest.pop(_REQUEST_IDS[0], None))
    if not found and request.__class__ is dict:
        found = attribute(request.get("id"))
    for key in _REQUEST_IDS[1:]:
        if not found and attribute(rest.get(key)):
            found = attribute(rest.pop(key))
    return found


def _take_error(rest: dict[str, Any], kind: Any) -> Any:
    """Where the error is: `err`, `error`, or the object itself."""
    for key in ("err", "error", "exception"):
        value = rest.get(key)
        if value.__class__ is dict or (value.__class__ is str and value):
            return rest.pop(key)
    return {"type": kind, "stack": rest.pop("stack")} if "stack" in rest and kind else None


def _exceptions(error: Any) -> list[dict[str, Any]]:
    """The exceptions of an error as loggers write it, oldest cause first."""
    if error.__class__ is not dict:
        return [{"value": error}]
    stack = to_text(error.get("stack") or error.get("stack_trace"))
    parts = split_causes(stack) if stack else [""]
    caught = _exception(parts[0], error.get("type") or error.get("name"), error.get("message"))
    causes = [_exception(part, None, None) for part in parts[1:]]
    # Pino writes the messages of the causes behind the message.
    tail = "".join(f": {cause['value']}" for cause in causes if cause.get("value"))
    if tail and caught.get("value", "").endswith(tail):
        caught["value"] = caught["value"][: -len(tail)]
    members = error.get("aggregateErrors")
    if members.__class__ is not list or not members:
        return [*causes[::-1], caught]
    children = [
        _exception(to_text(member.get("stack")), member.get("type"), member.get("message"))
        for member in members[:50]
        if member.__class__ is dict
    ]
    for number, child in enumerate(children, 1):
        child["mechanism"] = {"type": "chained", "exception_id": number, "parent_id": 0}
    caught["mechanism"] = {"type": "generic", "exception_id": 0, "is_exception_group": True}
    return [*children, caught]


def _exception(stack: str, kind: Any, message: Any) -> dict[str, Any]:
    head_type, head_value = read_header(stack) if stack else ("", "")
    exception: dict[str, Any] = {
        "type": attribute(kind) or head_type,
        "value": to_text(message) or head_value,
    }
    frames = read_stack(stack)
    if frames:
        exception["stacktrace"] = {"frames": frames}
    return exception


def _from_postgresql(entry: dict[str, Any]) -> dict[str, Any]:
    """A line of `log_destination = jsonlog`; its user is a database's, not ours."""
    severity = attribute(entry.get("error_severity")).lower()
    state = attribute(entry.get("state_code"))
    details = {key: entry[key] for key in _POSTGRESQL if key in entry}
    tags = {name: entry.get(key) for name, key in _DATABASE_TAGS.items()}
    value = entry.get("message")
    known = ("error_severity", "timestamp", *_POSTGRESQL, *_DATABASE_TAGS.values())
    unread = (*_DROPPED, *_SHIPPER, *known)
    event: dict[str, Any] = {
        "level": _SEVERITIES.get(severity, "debug" if severity.startswith("debug") else ""),
        "timestamp": entry.get("timestamp"),
        "logger": "postgresql",
        "tags": tags,
        "contexts": {"postgresql": details},
        "extra": {key: each for key, each in entry.items() if key not in unread},
    }
    if state and state != "00000":
        event["exception"] = [{"type": condition(state), "value": value}]
    else:
        event["message"] = value
    return event


def _level(value: Any) -> str:
    """Pino's numbers, 10 trace to 60 fatal, or a name; "" if there is none."""
    text = attribute(value)
    try:
        number = float(text) if text.isascii() else math.nan
    except ValueError:
        return read_level(value)
    if not 10 <= number <= 1000:
        return ""
    return ("debug", "debug", "info", "warning", "error", "fatal")[min(int(number) // 10, 6) - 1]


def _level_of(log: Any) -> str:
    return _level(log.get("level")) if log.__class__ is dict else ""


def _level_in(line: str) -> str:
    """The first level word in capitals near the start of a line."""
    match = _LEVEL_WORD.search(line[:200])
    return read_level(match[1]) if match else ""


def _raw_line(raw: dict[str, Any]) -> str:
    event = raw.get("event")
    original = event.get("original") if event.__class__ is dict else None
    for value in (raw.get("message"), original, raw.get("line")):
        if value.__class__ is str and value:
            return str(value)
    return ""


def _is_absent(value: Any) -> bool:
    return value is None or (value.__class__ is str and is_reference(value))


def _is_exception(value: Any) -> bool:
    """An exception as Sentry's clients send it, and not as loggers write it."""
    if value.__class__ is dict:
        return "values" in value or ("value" in value and value.get("stack") is None)
    return value.__class__ is list and bool(value) and value[0].__class__ is dict
