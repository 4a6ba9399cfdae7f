"""One entry of a request -> what was logged, whatever its format. Pure."""

from collections.abc import Callable
from typing import Any

from ingest import lenient
from ingest.decoders import (
    journald,
    nginx,
    pino,
    postgresql,
    postgresql_lines,
    redis,
    shipper,
    text,
)
from ingest.decoders.values import Decoded, Json, NotUnderstood, Options, attribute

FORMATS = ("auto", "pino", "redis", "postgresql", "nginx", "journald", "json", "text")
ALIASES = {"postgres": "postgresql", "bunyan": "pino", "journal": "journald"}
_MAX_WRAPS = 3  # a line in the journal in a shipper's event


def decode(entry: Any, format_: str, options: Options) -> Decoded:
    """entry: a line, or an object that holds or is one. format_: of FORMATS. Raises NotUnderstood."""
    decoded = _decode(entry, format_, options, 0)
    event = decoded.event
    for name in ("environment", "release"):
        event[name] = event.get(name) or getattr(options, name) or None
    tags = event.setdefault("tags", {})
    if options.service and not tags.get("service"):
        tags["service"] = options.service
    event.setdefault("message", None)
    decoded.event = {key: value for key, value in event.items() if value not in (None, "", {}, [])}
    decoded.event["level"] = decoded.level
    return decoded


def as_event(raw: Json, options: Options) -> Json:
    """A Logstash event that was posted as an event: there is no threshold, its sender chose to make it one."""
    decoded = decode(raw, "auto", options)
    level = decoded.level if decoded.is_named else "error"
    return {**decoded.event, "level": level}


def _decode(entry: Any, format_: str, options: Options, depth: int) -> Decoded:
    if isinstance(entry, dict):
        return _object(shipper.without_references(entry), format_, options, depth)
    if not isinstance(entry, str):
        raise NotUnderstood("neither a line nor an object")
    if _is_rule(entry):
        return Decoded("text", "info", {"message": entry}, is_wanted=False)
    if not _says_anything(entry):
        raise NotUnderstood("no words in it")
    found = _line(entry, format_, options, depth)
    if found is None:
        raise NotUnderstood(f"no line of {format_}")
    return found


def _line(line: str, format_: str, options: Options, depth: int) -> Decoded | None:
    """None: not of this format. With `auto` there is always one."""
    if line[:1] == "{" and format_ not in ("redis", "nginx", "text") and depth < _MAX_WRAPS:
        try:
            parsed = lenient.load_object(line.encode("utf-8", "replace"))
        except lenient.JSONError:
            parsed = None
        if parsed is not None:
            return _object(shipper.without_references(parsed), format_, options, depth + 1)
    if format_ in ("pino", "json", "journald"):
        return None
    readers: tuple[Callable[[str], Decoded | None], ...] = {
        "redis": (redis.decode,),
        "nginx": (nginx.decode,),
        "postgresql": (lambda line: _postgresql(line, options),),
        "text": (text.decode,),
    }.get(
        format_,
        (redis.decode, lambda line: _postgresql(line, options), nginx.decode, text.decode),
    )
    return next((found for read in readers if (found := read(line)) is not None), None)


def _postgresql(line: str, options: Options) -> Decoded | None:
    found = postgresql_lines.from_csv(line)
    if found is None and not postgresql_lines.is_csv(line):
        found = postgresql_lines.from_stderr(line)
    if found is None:
        return None
    if not found:
        # The rest of a message whose beginning came with another request.
        return Decoded("postgresql", "info", {"message": line}, is_wanted=False)
    return postgresql.decode(found, options)


def _object(raw: Json, format_: str, options: Options, depth: int) -> Decoded:
    if "error_severity" in raw and "message" in raw and format_ in ("auto", "json", "postgresql"):
        return shipper.complete(raw, postgresql.decode(raw, options))
    if journald.is_journal(raw):
        return shipper.complete(raw, _journal(raw, format_, options, depth))
    if not pino.is_pino(raw):
        inner = shipper.inner_object(raw)
        if inner is not None and depth < _MAX_WRAPS:
            own = (
                {"message": None}
                | shipper.beside(raw, inner)
                | shipper.without_references(raw[inner])
            )
            if "message" not in raw[inner]:
                own["message"] = None
            return shipper.complete(raw, _object(own, format_, options, depth + 1))
        line = shipper.raw_line(raw)
        if line and not _is_told_apart(raw) and depth < _MAX_WRAPS:
            found = _carried(raw, line, format_, options, depth)
            if found is not None:
                return shipper.complete(raw, found)
    if format_ in ("redis", "nginx", "postgresql"):
        raise NotUnderstood(f"an object without a line of {format_}")
    if not any(attribute(value) or isinstance(value, dict) for value in raw.values()):
        raise NotUnderstood("an object that says nothing")
    found = pino.decode(raw)
    line = shipper.raw_line(raw)
    if not found.event.get("message") and "exception" not in found.event and line:
        found.event["message"] = line
    return shipper.complete(raw, found)


def _carried(raw: Json, line: str, format_: str, options: Options, depth: int) -> Decoded | None:
    """The line in a shipper's event, with what its filters added; None: it is nothing by itself."""
    if line[:1] == "{":
        try:
            parsed = lenient.load_object(line.encode("utf-8", "replace"))
        except lenient.JSONError:
            parsed = {}
        if not parsed or not shipper.is_structured(parsed):
            return None
        own = shipper.beside(raw, None) | {"message": None} | shipper.without_references(parsed)
        return _object(own, format_, options, depth + 1)
    found = _line(line, format_, options, depth + 1)
    if found is None:
        raise NotUnderstood(f"no line of {format_}")
    if found.format == "text":
        # Nothing that we know of: what filters took out of it, as Elastic Common Schema or in names of their own.
        around = pino.decode({**raw, "message": line})
        level = pino.own_level(raw)
        if "timestamp" not in around.event and found.event.get("timestamp"):
            around.event["timestamp"] = found.event["timestamp"]
        if "exception" in found.event and "exception" not in around.event:
            around.event |= {key: found.event[key] for key in ("exception", "message")}
        return Decoded(
            "text",
            level or found.level,
            around.event,
            source=found.source,
            is_named=bool(level) or found.is_named,
        )
    extra = pino.decode({key: value for key, value in raw.items() if key not in ("message", "log")})
    found.event.setdefault("tags", {}).update(
        {key: value for key, value in extra.event.get("tags", {}).items() if value}
    )
    if extra.event.get("extra"):
        found.event["extra"] = {**extra.event["extra"], **found.event.get("extra", {})}
    return found


def _journal(raw: Json, format_: str, options: Options, depth: int) -> Decoded:
    line = journald.message_of(raw)
    inner = "auto" if format_ == "journald" else format_
    found = _line(line, inner, options, depth + 1) if _says_anything(line) else None
    if found is None:
        found = text.decode(line)
    return journald.complete(raw, found)


def _is_told_apart(raw: Json) -> bool:
    """Whether the message is one attribute among those of a logger, not a line with everything in it."""
    log = raw.get("log")
    has_level = bool(pino.own_level(raw)) or (isinstance(log, dict) and bool(log.get("level")))
    return has_level or isinstance(raw.get("error"), dict)


def _is_rule(line: str) -> bool:
    """What reports draw between their parts."""
    return len(line) >= 4 and not line.strip("-=_*#~+.|'`,()/\\ \t\n")


def _says_anything(line: str) -> bool:
    return any(letter.isalnum() for letter in line[:2000])
