"""Objects that loggers write: Pino, Bunyan, Elastic Common Schema, and what applications add to them. Pure.

    {"level":50,"time":1777629600250,"pid":7,"hostname":"api-1","reqId":"req-81","err":{"type":"TypeError","message":
     "x is undefined","stack":"TypeError: x is undefined\\n    at pay (/srv/app/pay.js:10:5)"},"msg":"payment failed"}

Source: ingest contract, section 18.4.
"""

import math
from typing import Any

from ingest.decoders.stacks import read_header, read_stack, split_causes
from ingest.decoders.values import Decoded, attribute, is_absent, to_text
from ingest.decoders.values import level_of as level_of_word

_REQUEST_IDS = (
    "api_request_id",
    "reqId",
    "request_id",
    "requestId",
    "x_request_id",
    "x-request-id",
)
# Of Elastic Common Schema and of Logstash itself: kept together, below `contexts.log`.
SHIPPER = (
    *("log", "agent", "ecs", "input", "fields", "cloud", "container", "kubernetes", "process", "service"),
    *("type", "fingerprint", "file", "stream", "source_type", "docker"),
)  # fmt: skip
DROPPED = ("@timestamp", "@version", "@metadata", "event", "host", "tags", "message", "line")
# An answer of the server's own fault is an error, whatever level the application gave it.
_SERVER_ERROR = 500


def is_pino(entry: dict[str, Any]) -> bool:
    """Whether the names of Pino, Bunyan or a logger like them stand in it."""
    return "level" in entry and any(key in entry for key in ("time", "msg", "pid", "hostname"))


def decode(entry: dict[str, Any]) -> Decoded:
    """Any object; level "info" where nothing in it names one."""
    entry = {key: value for key, value in entry.items() if not is_absent(value)}
    event = _from_object(entry)
    named = own_level(entry)
    level = named or ("error" if "exception" in event else "info")
    response = event.get("contexts", {}).get("response", {})
    status = response.get("status_code")
    if isinstance(status, int) and status >= _SERVER_ERROR and level not in ("error", "fatal"):
        level, named = "error", "error"
    event["level"] = level
    time, pid = attribute(entry.get("time")), attribute(entry.get("pid"))
    source = f"{attribute(entry.get('hostname'))} {time} {pid}" if time else ""
    kind = "pino" if is_pino(entry) else "json"
    return Decoded(kind, level, event, source=source, is_named=bool(named))


def _from_object(entry: dict[str, Any]) -> dict[str, Any]:
    """Pino, Bunyan, Elastic Common Schema, and what applications add to them."""
    rest = {key: value for key, value in entry.items() if key not in (*DROPPED, *SHIPPER)}
    take = rest.pop
    message = take("msg", None)
    if message is None and to_text(entry.get("message"))[:1] != "{":
        message = entry.get("message")
    name = take("name", None)
    log = entry.get("log")
    logger = attribute(log.get("logger")) if log.__class__ is dict else ""
    event: dict[str, Any] = {
        "level": None,
        "timestamp": take("time", None) or take("timestamp", None),
        "message": message,
        "logger": attribute(name) or logger,
        "server_name": take("hostname", None),
        "release": take("release", None) or take("version", None),
        "environment": take("environment", None) or take("env", None),
        "platform": "node" if "time" in entry or "pid" in entry or "v" in entry else None,
        "transaction": take("transaction", None),
    }
    for key in ("v", "level"):
        take(key, None)
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
        headers = request.get("headers")
        sent = attribute(headers.get("x-request-id")) if headers.__class__ is dict else ""
        # Left alone, pino-http counts from 1: then only the header ties both sides of a request together.
        if sent and (not found or (found.isdigit() and len(found) < 10)):
            found = sent
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


def _level(value: Any) -> str:
    """Pino's numbers, 10 trace to 60 fatal, or a name; "" if there is none."""
    text = attribute(value)
    try:
        number = float(text) if text.isascii() else math.nan
    except ValueError:
        return level_of_word(text)
    if not 10 <= number <= 1000:
        return ""
    return ("debug", "debug", "info", "warning", "error", "fatal")[min(int(number) // 10, 6) - 1]


def own_level(entry: dict[str, Any]) -> str:
    """What the object itself says, wherever loggers put it; "" if nothing."""
    log = entry.get("log")
    values = [entry.get(key) for key in ("level", "severity", "levelname", "lvl", "log.level")]
    values.append(log.get("level") if isinstance(log, dict) else None)
    return next((level for value in values if (level := _level(value))), "")
