"""Exceptions: type, reason and place of the one that matters. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from issues.titles import exception_title

from .configs import Config
from .hashing import Component
from .place import Place, left_out, place_note, place_of
from .platforms import Family
from .raised import REPORTED, Raised
from .reason import NONE, Reason, known_of, reason_of
from .result import Explained, Result, first_word
from .stack import Marker
from .tree import exception_tree

_MAX_RESULTS = 8
_MAX_MEMBERS = 50
_MAX_DEPTH = 50
_SITE_FRAMES = 6
_MIN_CAUSE_TEXT = 3  # characters; a shorter message is contained in anything

_EXPLAINED = {
    "app": "crash-side application frame",
    "system": "library frame, for there is no application frame",
    "package": "image, for there are no names",
    "cycle": "the functions that call each other without end",
}


@dataclass(frozen=True, slots=True)
class _Failure:
    """One lead and what it contributes."""

    lead: Raised
    type: str
    reason: Reason
    place: Place
    cause: "_Failure | None"
    component: Component


class _Event:
    """The exceptions of one event while they are being resolved."""

    def __init__(
        self,
        values: Sequence[Mapping[str, Any]],
        family: Family,
        config: Config,
        marker: Marker | None,
    ) -> None:
        self.nodes, self.root = exception_tree(values, family, marker)
        self.config = config

    def resolve(self, position: int, depth: int = 0) -> list[_Failure]:
        """The failures behind an exception: one, or those of a group's members, each once."""
        node = self.nodes[position]
        # The chain is as long as the list, so this ends.
        while node.cause is not None and not node.is_group and self._transparent(node):
            node = self.nodes[node.cause]
        if node.is_group and depth < _MAX_DEPTH:
            found: dict[Component, _Failure] = {}
            for member in node.members[:_MAX_MEMBERS]:
                for failure in self.resolve(member, depth + 1):
                    found.setdefault(failure.component, failure)
            return list(found.values())
        return [self._failure(node)]

    def _transparent(self, node: Raised) -> bool:
        return node.is_wrapper or (not node.raised_by_app and self._app_raised_below(node))

    def _app_raised_below(self, node: Raised) -> bool:
        while node.cause is not None:
            node = self.nodes[node.cause]
            if node.raised_by_app:
                return True
            if node.is_group:
                return any(self.nodes[member].raised_by_app for member in node.members)
        return False

    def _failure(self, node: Raised, *, with_cause: bool = True) -> _Failure:
        kind, reason, place = self._own(node)
        cause = self._cause(node) if with_cause and not reason.placeless else None
        if with_cause and node.cause is not None and reason.origin != "catalogue":
            reason = self._passed_on(node) or reason
        if cause and reason.origin == "text" and self._quotes_cause(node, cause.lead):
            reason = Reason("<cause>", "cause")
        parts: tuple[Component, ...]
        if reason.placeless:
            parts = ("exception", None, reason.text, None)
        else:
            parts = ("exception", kind, reason.text, place.component())
        if cause:
            parts += (("caused-by", cause.type, cause.reason.text, cause.place.component()),)
        return _Failure(node, kind, reason, place, cause, parts)

    def _own(self, node: Raised) -> tuple[str, Reason, Place]:
        place = place_of(node.stack, self.config, overflow=node.overflow)
        if node.not_responding:
            return "not-responding", NONE, place
        if node.family == "native" and node.synthetic:
            return ("" if place.parts else node.short_type), NONE, place
        reason = reason_of(node, place, self.config)
        return reason.kind or node.short_type, reason, place

    def _cause(self, node: Raised) -> _Failure | None:
        """What made the application raise this on purpose, if anything did."""
        if node.cause is None or not node.raised_by_app:
            return None
        below = self.nodes[node.cause]
        if below.mechanism.get("source") == "__context__":
            return None
        if node.family in ("python", "ruby") and not node.thrown:
            return None
        while below.raised_by_app and below.cause is not None:
            below = self.nodes[below.cause]
        return self._failure(below, with_cause=False)

    def _passed_on(self, node: Raised) -> Reason | None:
        """The code that a library has wrapped: which constraint, which status, which errno."""
        if node.raised_by_app:
            return None
        while node.cause is not None:
            node = self.nodes[node.cause]
            if node.raised_by_app or node.is_group:
                return None
            known = known_of(node)
            if known is not None and known.is_code:
                return Reason(known.reason, "catalogue", note=known.note or "code of the cause")
        return None

    def _quotes_cause(self, node: Raised, cause: Raised) -> bool:
        direct = self.nodes[node.cause] if node.cause is not None else cause
        return any(
            len(quoted.value.strip()) >= _MIN_CAUSE_TEXT and quoted.value.strip() in node.value
            for quoted in (direct, cause)
        )


def group_exceptions(
    values: Sequence[Mapping[str, Any]],
    family: Family,
    release: str,
    config: Config,
    marker: Marker | None = None,
) -> Result | None:
    """None if no exception has a type, a value or frames."""
    event = _Event(values, family, config, marker)
    if event.root < 0:
        return None
    failures = event.resolve(event.root)
    several = len(failures) > 1
    component: Component
    if several:
        components = sorted((failure.component for failure in failures), key=repr)[:_MAX_RESULTS]
        component = ("group", *components)
    else:
        component = failures[0].component
    first = failures[0]
    lead, place = first.lead, first.place
    return Result(
        kind="exception",
        component=component,
        title=exception_title(
            lead.full_type,
            lead.value,
            function=place.parts[0].name if place.parts else "",
            synthetic=lead.family == "native" and lead.synthetic,
            others=len(failures) - 1,
        ),
        explain=partial(_explain, failures, config),
        type=lead.full_type,
        value=lead.value,
        place=place,
        lead=lead.index,
        text=first.reason.text if first.reason.origin == "text" else None,
        stacks=lambda: [lead.stack, *(n.stack for n in event.nodes if n is not lead)],
        family=None if several else _family(first),
        site=None if several else _site(first, len(event.nodes), release),
        frame=lead.stack.frames[place.frames[0] - lead.stack.offset] if place.frames else None,
    )


def _family(failure: _Failure) -> Component:
    """What is left without the text; where no place is known, with its first word."""
    if failure.reason.origin != "text":
        return None
    place = failure.place
    known = place.component() if place.parts else first_word(failure.reason.text)
    return ("exception", failure.type, known)


def _site(failure: _Failure, exceptions: int, release: str) -> Component:
    """The very same raise statement, reached the same way, in the very same release."""
    lead = failure.lead
    if (
        not release
        or failure.reason.origin != "text"
        or not failure.place.strong
        or lead.family in REPORTED
        or lead.synthetic
        or not lead.thrown
    ):
        return None
    stack = lead.stack
    frames: list[Component] = []
    for index in islice(stack.app_indexes(), _SITE_FRAMES):
        frame = stack.frames[index]
        line = frame.get("lineno")
        if not isinstance(line, int):
            if not frames:
                return None
            line = 0
        family, function, module, filename, abs_path, _ = stack.attributes(index)
        column = str(frame.get("colno") or "") if family == "js" else ""
        frames.append((module or filename or abs_path, function, str(line), column))
    return ("site", release, failure.type, str(exceptions), tuple(frames))


def _explain(failures: list[_Failure], config: Config) -> Explained:
    return _lines(failures[0], config) + _other_lines(failures), _ignored(failures[0])


def _lines(failure: _Failure, config: Config) -> tuple[tuple[str, str, str], ...]:
    reason, place = failure.reason, failure.place
    lines: list[tuple[str, str, str]] = []
    if failure.type and not reason.placeless:
        lines.append(("type", failure.type, "exception type"))
    if reason.text:
        note = reason.note or {
            "text": "message without its data",
            "cause": "repeats its cause",
        }.get(reason.origin, "known failure")
        lines.append(("reason", reason.text, note))
    if place.parts and not reason.placeless:
        note = place_note(failure.lead.stack, place, config) or _EXPLAINED.get(place.kind, "")
        lines.append(("place", place.text, note))
    if failure.cause:
        cause = failure.cause
        words = ": ".join(word for word in (cause.type, cause.reason.text) if word)
        at = cause.place.text
        lines.append(("caused by", f"{words} at {at}" if at else words, "cause of the exception"))
    return tuple(lines)


def _other_lines(failures: list[_Failure]) -> tuple[tuple[str, str, str], ...]:
    if len(failures) < 2:
        return ()
    others = ", ".join(sorted({failure.type or "error" for failure in failures[1:_MAX_RESULTS]}))
    return (("group", others, f"{len(failures) - 1} further failures of the group"),)


def _ignored(failure: _Failure) -> tuple[tuple[str, str], ...]:
    lead, place = failure.lead, failure.place
    ignored: list[tuple[str, str]] = []
    if lead.value and not failure.reason.text:
        ignored.append(("message wording", "not the application's own words"))
    by_rule = left_out(lead.stack)
    ignored.extend(by_rule)
    others = len(lead.stack.frames) - len(place.frames)
    if others > 0 and not by_rule:
        ignored.append((f"{others} frame{'s' * (others > 1)}", "callers and libraries"))
    line = lead.stack.frames[lead.stack.crash].get("lineno") if lead.stack.crash >= 0 else None
    if line:
        ignored.append((f"line {line}", "lines move"))
    return tuple(ignored)
