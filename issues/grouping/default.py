"""Default grouping: the first strategy that applies to what the event has. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from issues.titles import NO_MESSAGE, cut, text_of

from .configs import Config
from .exception import group_exceptions
from .message import group_message, message_texts
from .paths import clean_path
from .place import left_out, place_note, place_of
from .platforms import Family, family_of
from .raised import frames_of
from .report import group_report, report_of
from .result import Result, rows
from .stack import Frame, Marker, Stack
from .tree import MAX_EXCEPTIONS


def default_grouping(
    event: Mapping[str, Any], config: Config, marker: Marker | None = None
) -> Result:
    """What contributes if no fingerprint says otherwise. marker: the project's stack-trace rules."""
    report = report_of(event)
    if report:
        return group_report(*report)
    family = family_of(event.get("platform"))
    return (
        _exception(event, family, config, marker)
        or _message(event, family, config, marker)
        or _stack(event, family, config, marker)
        or _template(event)
        or Result(
            kind="empty",
            component=("empty",),
            title=cut(text_of(event, "transaction")) or NO_MESSAGE,
            explain=rows((("empty", "", "no exception, message or stack trace"),)),
        )
    )


def stacks_of(event: Mapping[str, Any], marker: Marker | None) -> list[Stack]:
    """Every stack that fingerprint rules look at: those of the exceptions, else that of the event."""
    family = family_of(event.get("platform"))
    stacks = [
        Stack(frames_of(value.get("stacktrace")), family, marker, value)
        for value in _exceptions(event)[-MAX_EXCEPTIONS:]
    ]
    return stacks if any(stacks) else [Stack(_loose_frames(event), family, marker)]


def _exceptions(event: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The exceptions; the event's own stack belongs to the only one if that has none."""
    values = _values(event.get("exception"))
    if len(values) == 1 and not frames_of(values[0].get("stacktrace")):
        frames = _loose_frames(event)
        if frames:
            return [{**values[0], "stacktrace": {"frames": frames}}]
    return values


def _exception(
    event: Mapping[str, Any], family: Family, config: Config, marker: Marker | None
) -> Result | None:
    values = _exceptions(event)
    if not values:
        return None
    if len(values) == 1 and _is_captured_message(values[0], event, family):
        stack = Stack(frames_of(values[0].get("stacktrace")), family, marker, values[0])
        text = (
            event
            if message_texts(event)[0]
            else {**event, "logentry": {"message": values[0].get("value")}}
        )
        place = place_of(stack, config)
        return group_message(text, place, _first_frame(stack, place.frames), with_place=True)
    return group_exceptions(values, family, text_of(event, "release"), config, marker)


def _is_captured_message(
    exception: Mapping[str, Any], event: Mapping[str, Any], family: Family
) -> bool:
    """js: a message with an attached stack arrives as a synthetic exception without a type."""
    if family != "js" or exception.get("type") not in (None, "", "<unknown>"):
        return False
    mechanism = exception.get("mechanism")
    if isinstance(mechanism, Mapping) and mechanism.get("synthetic") is True:
        return bool(message_texts(event)[0] or exception.get("value"))
    value = exception.get("value")
    return bool(value) and value in message_texts(event)


def _message(
    event: Mapping[str, Any], family: Family, config: Config, marker: Marker | None
) -> Result | None:
    if not message_texts(event)[0]:
        return None
    stack = Stack(_loose_frames(event), family, marker)
    place = place_of(stack, config)
    return group_message(event, place, _first_frame(stack, place.frames))


def _stack(
    event: Mapping[str, Any], family: Family, config: Config, marker: Marker | None
) -> Result | None:
    stack = Stack(_loose_frames(event), family, marker)
    place = place_of(stack, config)
    if not place.parts:
        return None
    part = place.parts[0]
    return Result(
        kind="stack",
        component=("stack", place.component()),
        title=cut(part.name or part.where or part.source),
        explain=lambda: (
            (("place", place.text, place_note(stack, place, config) or "crash-side frame"),),
            left_out(stack),
        ),
        place=place,
        frame=_first_frame(stack, place.frames),
        stacks=lambda: (stack,),
    )


def _template(event: Mapping[str, Any]) -> Result | None:
    template = event.get("template")
    if not isinstance(template, Mapping):
        return None
    name = template.get("filename") or template.get("abs_path")
    path = clean_path(name) if isinstance(name, str) else ""
    if not path:
        return None
    return Result(
        kind="template",
        component=("template", path),
        title=cut(path),
        explain=rows((("template", path, "file of the template"),)),
    )


def _values(container: object) -> list[Mapping[str, Any]]:
    values = container.get("values") if isinstance(container, Mapping) else container
    if type(values) is not list and (not isinstance(values, Sequence) or isinstance(values, str)):
        return []
    return [value for value in values if type(value) is dict or isinstance(value, Mapping)]


def _loose_frames(event: Mapping[str, Any]) -> list[Frame]:
    """Frames of the event's own stack, else of the crashed, the current or the only thread."""
    frames = frames_of(event.get("stacktrace"))
    if frames or not event.get("threads"):
        return frames
    threads = [t for t in _values(event.get("threads")) if frames_of(t.get("stacktrace"))]
    for mark in ("crashed", "current"):
        marked = [t for t in threads if t.get(mark) is True]
        if marked:
            return frames_of(marked[0].get("stacktrace")) if len(marked) == 1 else []
    return frames_of(threads[0].get("stacktrace")) if len(threads) == 1 else []


def _first_frame(stack: Stack, frames: tuple[int, ...]) -> Frame | None:
    return stack.frames[frames[0] - stack.offset] if frames else None
