"""What log shippers put around a line: Logstash, Vector, Fluent Bit, Filebeat. Pure.

Their names collide with ours and mean something else: `tags` are words, `fingerprint` is a hash of the line, `type` the
name of an input, and a `level` of 50 is Pino's error. Source: ingest contract, section 18.2.
"""

from typing import Any

from ingest.decoders import journald, pino
from ingest.decoders.pino import SHIPPER
from ingest.decoders.values import Decoded, Json, attribute, is_absent

# Where a line may stand in the object that carries it.
_LINES = ("message", "line", "log", "MESSAGE")


def is_logstash(raw: Json) -> bool:
    """Does the pipeline's mark stand there, and nothing that only a Sentry event has?"""
    if "@timestamp" not in raw or "@version" not in raw:
        return False
    return not (raw.get("event_id") or raw.get("sdk") or _is_exception(raw.get("exception")))


def without_references(raw: Json) -> Json:
    """Literal `%{field}` counts as absent."""
    return {key: value for key, value in raw.items() if not is_absent(value)}


def is_structured(entry: Json) -> bool:
    """Whether the object is itself what a logger or a server wrote."""
    if "error_severity" in entry and "message" in entry:
        return True
    return pino.is_pino(entry) or journald.is_journal(entry)


def raw_line(raw: Json) -> str:
    """The line as it stood in the file; "" if there is none."""
    event = raw.get("event")
    original = event.get("original") if isinstance(event, dict) else None
    for value in (raw.get("message"), original, *(raw.get(key) for key in _LINES[1:])):
        if isinstance(value, str) and value:
            return value
    return ""


def inner_object(raw: Json) -> str | None:
    """The key of the object that a filter made of the line, if there is one."""
    return next(
        (key for key, each in raw.items() if isinstance(each, dict) and is_structured(each)), None
    )


def beside(raw: Json, inner: str | None) -> Json:
    """What filters added to an event belongs to its line, too."""
    return {key: each for key, each in raw.items() if key != inner and key not in SHIPPER}


def complete(raw: Json, decoded: Decoded) -> Decoded:
    """What the shipper knows of a line, around what the line itself says."""
    event = decoded.event
    event["timestamp"] = (
        event.get("timestamp") or raw.get("@timestamp") or raw.get("timestamp") or _date(raw)
    )
    event["server_name"] = event.get("server_name") or _host(raw) or raw.get("hostname")
    log = {key: raw[key] for key in SHIPPER if key in raw}
    file = log.pop("log", None)
    if isinstance(file, dict):
        log = {**file, **log}
    words = raw.get("tags")
    if isinstance(words, list) and words:
        log["tags"] = words
    if log:
        event["contexts"] = {**event.get("contexts", {}), "log": log}
    if source := source_of(raw):
        decoded.source = source
    return decoded


def source_of(raw: Json) -> str:
    """What names the line, whatever it says: a hash, or its place in its file. "" if nothing does."""
    event = raw.get("event")
    known = raw.get("fingerprint")
    if isinstance(known, list) or not attribute(known):
        known = event.get("hash") if isinstance(event, dict) else None
    if attribute(known):
        return attribute(known)
    log = raw.get("log")
    if isinstance(log, dict):
        file = log.get("file")
        path = attribute(file.get("path")) if isinstance(file, dict) else attribute(file)
        offset = attribute(log.get("offset"))
        if path and offset:
            host = _host(raw)
            name = attribute(host.get("name")) if isinstance(host, dict) else attribute(host)
            return f"{name} {path} {offset}"
    # Vector and Fluent Bit.
    path, offset = attribute(raw.get("file")), attribute(raw.get("offset"))
    return f"{attribute(raw.get('host'))} {path} {offset}" if path and offset else ""


def _host(raw: Json) -> Any:
    return raw.get("host")


def _date(raw: Json) -> Any:
    """Fluent Bit's seconds since 1970."""
    value = raw.get("date")
    return value if isinstance(value, int | float | str) else None


def _is_exception(value: Any) -> bool:
    """An exception as Sentry's clients send it, and not as loggers write it."""
    if isinstance(value, dict):
        return "values" in value or ("value" in value and value.get("stack") is None)
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)
