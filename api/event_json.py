"""An event as clients of Sentry's API know it: short in lists, full with its entries. Pure.

Source: the REST contract, sections 3.7 to 3.9. Takes the canonical payload, but every part of it may have any type.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from api.stamps import restamped, stamp
from issues.frames import own_frames
from issues.text import mapping, sequence, spell, string, whole
from issues.titles import NO_MESSAGE, exception_title, message_title

Json = dict[str, Any]

_REPORTS = ("csp", "hpkp", "expectct", "expectstaple", "nel")
_USER = ("id", "email", "username", "ip_address")


@dataclass(frozen=True, slots=True)
class About:
    """What is known of an event without its payload. culprit: of the issue."""

    event_id: str  # 32 hex digits
    issue_id: int
    project_id: int
    timestamp: datetime
    received_at: datetime
    level: str
    platform: str
    culprit: str = ""


@dataclass(frozen=True, slots=True)
class Around:
    """What the full form tells beside the payload. release: as JSON."""

    release: Json | None = None
    fingerprints: Sequence[str] = ()
    size: int = 0  # bytes
    older: str = ""  # event ids, "" for none
    newer: str = ""
    trouble: str = ""  # why there is no payload
    grouping: str = ""  # the configuration's name
    extra: Mapping[str, Any] = field(default_factory=dict)


def short(
    about: About, *, title: str, message: str, kind: str, value: str, tags: Mapping[str, Any]
) -> Json:
    """For lists. kind, value: of the exception, "" for none."""
    user = tags.get("user")
    return _base(about, _type(about, is_error=bool(kind or value))) | {
        "title": title or NO_MESSAGE,
        "message": message,
        "tags": tag_list(tags),
        "user": _user_of_tag(user) if isinstance(user, str) else None,
        "metadata": _metadata(kind, value, title, {}),
    }


def full(about: About, data: Mapping[str, Any], around: Around) -> Json:
    kind = string(data.get("type")) or "default"
    raised = _raised(data)
    title = title_of(data)
    message = _message(data)
    frame = _telling_frame(raised, data)
    sdk = mapping(data.get("sdk"))
    return (
        _base(about, "error" if kind == "default" and raised else kind)
        | {
            "title": title,
            "message": message,
            "culprit": about.culprit or string(data.get("transaction")),
            "location": string(frame.get("filename")) or None,
            "metadata": _metadata(
                string(raised.get("type")), string(raised.get("value")), title, frame
            ),
            "dateReceived": stamp(about.received_at),
            "level": about.level,
            "entries": entries(data),
            "contexts": _contexts(data),
            "context": mapping(data.get("extra")),
            "tags": tag_list(mapping(data.get("tags"))),
            "user": _user(data.get("user")),
            "errors": _errors(data, around.trouble),
            "release": around.release,
            "dist": string(data.get("dist")) or None,
            "sdk": {"name": string(sdk.get("name")), "version": string(sdk.get("version"))}
            if sdk
            else None,
            "occurrence": None,
            "fingerprints": list(around.fingerprints),
            "size": around.size,
            "packages": mapping(data.get("modules")),
            "groupingConfig": {"id": around.grouping, "enhancements": ""},
            "nextEventID": around.newer or None,
            "previousEventID": around.older or None,
            "sdkUpdates": [],
            "userReport": None,
            "_meta": {},
        }
        | dict(around.extra)
    )


def _base(about: About, kind: str) -> Json:
    return {
        "id": about.event_id,
        "eventID": about.event_id,
        "groupID": str(about.issue_id),
        "projectID": str(about.project_id),
        "dateCreated": stamp(about.timestamp),
        "type": kind,
        "event.type": kind,
        "platform": about.platform,
        "culprit": about.culprit,
        "location": None,
        "crashFile": None,
    }


def _type(about: About, *, is_error: bool) -> str:
    if about.platform in _REPORTS:
        return about.platform
    return "error" if is_error else "default"


def title_of(data: Mapping[str, Any]) -> str:
    """As the issue's would be, without what only grouping knows."""
    raised = _raised(data)
    kind, value = string(raised.get("type")), string(raised.get("value"))
    if kind or value:
        return exception_title(kind, value)
    return message_title(_message(data))


def _raised(data: Mapping[str, Any]) -> Mapping[str, Any]:
    values = sequence(mapping(data.get("exception")).get("values"))
    found = [value for value in map(mapping, values) if value]
    return found[-1] if found else {}


def _message(data: Mapping[str, Any]) -> str:
    entry = mapping(data.get("logentry"))
    return string(entry.get("formatted")) or string(entry.get("message"))


def _telling_frame(raised: Mapping[str, Any], data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The own frame nearest to the crash."""
    stack = mapping(raised.get("stacktrace")) or mapping(data.get("stacktrace"))
    frames = [frame for frame in map(mapping, sequence(stack.get("frames"))) if frame]
    own = own_frames(frames)
    mine = [frame for frame, is_own in zip(frames, own, strict=True) if is_own]
    return (mine or frames or [{}])[-1]


def _metadata(kind: str, value: str, title: str, frame: Mapping[str, Any]) -> Json:
    found = {"type": kind, "value": value} if kind or value else {"title": title}
    for name in ("filename", "function"):
        if text := string(frame.get(name)):
            found[name] = text
    return found


def tag_list(tags: Mapping[str, Any]) -> list[Json]:
    return [{"key": str(key), "value": _text(value)} for key, value in tags.items()]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else spell(value)


def _user_of_tag(tag: str) -> Json:
    """`email:bo@example.com`, as users are counted."""
    kind, _, value = tag.partition(":")
    name = "ip_address" if kind == "ip" else kind
    return dict.fromkeys(_USER) | ({name: value} if name in _USER else {"id": tag})


def _user(value: Any) -> Json | None:
    user = mapping(value)
    if not user:
        return None
    known: Json = {
        name: _text(user[name]) if user.get(name) is not None else None for name in _USER
    }
    geo = user.get("geo")
    rest = {k: v for k, v in user.items() if k not in _USER and k not in ("geo", "name", "data")}
    name = user.get("name")
    return known | {
        "name": _text(name) if name is not None else None,
        "geo": geo if isinstance(geo, dict) else None,
        "data": rest or None,
    }


def _contexts(data: Mapping[str, Any]) -> dict[str, Json]:
    return {
        name: {**context, "type": string(context.get("type")) or name}
        for name, context in mapping(data.get("contexts")).items()
        if isinstance(context, dict)
    }


def _errors(data: Mapping[str, Any], trouble: str) -> list[Json]:
    """What was repaired or dropped."""
    found = [
        {
            "type": string(note.get("reason")) or "invalid_data",
            "message": f"Discarded or repaired: {_text(note.get('name'))}",
            "data": {"name": note.get("name"), "value": note.get("value")},
        }
        for note in map(mapping, sequence(data.get("errors")))
        if note
    ]
    return [{"type": "not_kept", "message": trouble, "data": {}}] if trouble else found


# --- entries ---


def entries(data: Mapping[str, Any]) -> list[Json]:
    """In the order that readers expect; one without data is left out."""
    found = []
    if exceptions := _values(data, "exception"):
        values = [_exception(value) for value in exceptions]
        has_system = any(_has_system(value["stacktrace"]) for value in values)
        content = {"values": values, "hasSystemFrames": has_system, "excOmitted": None}
        found.append({"type": "exception", "data": content})
    if (stack := stacktrace(data.get("stacktrace"))) is not None:
        found.append({"type": "stacktrace", "data": stack})
    entry = mapping(data.get("logentry"))
    if text := _message(data):
        content = {
            "formatted": text,
            "message": string(entry.get("message")) or None,
            "params": entry.get("params") or [],
        }
        found.append({"type": "message", "data": content})
    if threads := [_thread(value) for value in _values(data, "threads")]:
        found.append({"type": "threads", "data": {"values": threads}})
    if crumbs := [_crumb(value) for value in _values(data, "breadcrumbs")]:
        found.append({"type": "breadcrumbs", "data": {"values": crumbs}})
    if request := mapping(data.get("request")):
        found.append({"type": "request", "data": _request(request)})
    images = [
        image
        for image in sequence(mapping(data.get("debug_meta")).get("images"))
        if isinstance(image, dict)
    ]
    if images:
        found.append({"type": "debugmeta", "data": {"images": images}})
    found += [
        {"type": name, "data": data[name]}
        for name in _REPORTS
        if isinstance(data.get(name), dict) and data[name]
    ]
    return found


def _values(data: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    values = sequence(mapping(data.get(name)).get("values"))
    return [value for value in map(mapping, values) if value]


def _exception(value: Mapping[str, Any]) -> Json:
    mechanism = mapping(value.get("mechanism"))
    return {
        "type": string(value.get("type")) or None,
        "value": _text(value["value"]) if value.get("value") is not None else None,
        "module": string(value.get("module")) or None,
        "mechanism": {"type": "generic", "handled": None, **mechanism} if mechanism else None,
        "threadId": value.get("thread_id"),
        "stacktrace": stacktrace(value.get("stacktrace")),
        "rawStacktrace": stacktrace(value.get("raw_stacktrace")),
    }


def stacktrace(value: Any) -> Json | None:
    stack = mapping(value)
    frames = [frame for frame in map(mapping, sequence(stack.get("frames"))) if frame]
    if not frames:
        return None
    own = own_frames(frames)
    shown = [_frame(frame, is_own) for frame, is_own in zip(frames, own, strict=True)]
    registers = stack.get("registers")
    return {
        "frames": shown,
        "framesOmitted": None,
        "registers": registers if isinstance(registers, dict) else None,
        "hasSystemFrames": any(own) and not all(own),
    }


def _has_system(stack: Json | None) -> bool:
    return stack is not None and bool(stack["hasSystemFrames"])


def _frame(frame: Mapping[str, Any], is_own: bool) -> Json:
    variables = frame.get("vars")
    return {
        "filename": _or_none(frame, "filename"),
        "absPath": _or_none(frame, "abs_path"),
        "module": _or_none(frame, "module"),
        "package": _or_none(frame, "package"),
        "function": _or_none(frame, "function"),
        "rawFunction": _or_none(frame, "raw_function"),
        "platform": _or_none(frame, "platform"),
        "symbol": _or_none(frame, "symbol"),
        "lineNo": whole(frame.get("lineno")),
        "colNo": whole(frame.get("colno")),
        "context": source_lines(frame),
        # One family of clients reads this spelling, the other that.
        "inApp": is_own,
        "in_app": is_own,
        "vars": variables if isinstance(variables, dict) and variables else None,
        "instructionAddr": _or_none(frame, "instruction_addr"),
        "symbolAddr": _or_none(frame, "symbol_addr"),
        "sourceLink": None,
        "errors": None,
        "lock": frame.get("lock") if isinstance(frame.get("lock"), dict) else None,
        "trust": _or_none(frame, "trust"),
    }


def _or_none(values: Mapping[str, Any], name: str) -> str | None:
    return string(values.get(name)) or None


def source_lines(frame: Mapping[str, Any]) -> list[list[Any]]:
    """[[16, "def total(cart):"], ...]; [] where the source or the line is not known."""
    failing, number = frame.get("context_line"), whole(frame.get("lineno"))
    if not isinstance(failing, str) or number is None:
        return []
    before = [string(text) for text in sequence(frame.get("pre_context"))]
    after = [string(text) for text in sequence(frame.get("post_context"))]
    before = before[-number:] if number else []
    first = number - len(before)
    return [[first + i, text] for i, text in enumerate([*before, failing, *after])]


def _thread(thread: Mapping[str, Any]) -> Json:
    number = thread.get("id")
    return {
        "id": number if isinstance(number, (int, str)) else None,
        "name": _or_none(thread, "name"),
        "current": thread.get("current") is True,
        "crashed": thread.get("crashed") is True,
        "state": _or_none(thread, "state"),
        "stacktrace": stacktrace(thread.get("stacktrace")),
        "rawStacktrace": None,
    }


def _crumb(crumb: Mapping[str, Any]) -> Json:
    data = crumb.get("data")
    message = crumb.get("message")
    return {
        "type": string(crumb.get("type")) or "default",
        "category": _or_none(crumb, "category"),
        "level": string(crumb.get("level")) or "info",
        "message": _text(message) if message is not None else None,
        "timestamp": restamped(crumb.get("timestamp")),
        "data": data if isinstance(data, dict) and data else None,
        "event_id": _or_none(crumb, "event_id"),
    }


def _request(request: Mapping[str, Any]) -> Json:
    url = string(request.get("url"))
    headers = _pairs(request.get("headers"))
    types = [value for name, value in headers if name.lower() == "content-type"]
    return {
        "method": string(request.get("method")) or None,
        "url": url if "://" in url[:12] else None,
        "path": url or None,
        "query": _pairs(request.get("query_string")),
        "fragment": _or_none(request, "fragment"),
        "data": request.get("data"),
        "headers": headers,
        "cookies": _pairs(request.get("cookies")),
        "env": mapping(request.get("env")),
        "inferredContentType": types[0].partition(";")[0].strip() if types else None,
    }


def _pairs(value: Any) -> list[list[str]]:
    return [
        [_text(pair[0]), _text(pair[1])]
        for pair in sequence(value)
        if isinstance(pair, list) and len(pair) == 2
    ]
