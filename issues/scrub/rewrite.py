"""Where the secrets of an event stand, and a copy of it without them. Pure, never recursive.

Only for events in which `look` has found something.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, NamedTuple

import orjson

from issues.payload.message import interpolate
from issues.payload.types import Path
from issues.scrub.look import (
    APART,
    MAX_NAME,
    PLAIN_FRAME,
    PLAIN_PARTS,
    SMALLEST_CARD,
    SOURCE,
    STACKS,
    UNTOUCHED,
    Look,
    is_secret,
    named,
    parsed,
)
from issues.scrub.names import COOKIES, HARMLESS, Names
from issues.scrub.pairs import RULE, pairs
from issues.scrub.values import FILTERED, Span, cards, is_masked, private_keys, replaced

# Ids may look like card numbers.
_IDS = frozenset(
    "trace_id span_id parent_span_id event_id api_request_id trace replay_id profile_id".split()
)
_SAFE_PLACES = frozenset({("contexts", "postgresql", "session_id")})


class Mode(Enum):
    FULL = 1  # by name and by value
    EVERYTHING = 2  # below a name that hides all its members
    SOURCE = 3  # by value only


class Edit(NamedTuple):
    """marks: of `_meta`; length: of the text that stood there, None for what was none."""

    path: Path
    value: Any
    marks: list[list[str | int]]
    length: int | None


Todo = list[tuple[Path, Any, Mode]]


class Finder:
    """Goes through one event."""

    def __init__(self, names: Names, look: Look) -> None:
        self._names = names
        self._look = look
        self._edits: list[Edit] = []

    def event(self, data: Mapping[str, Any], tags: Mapping[str, str]) -> list[Edit]:
        """tags: instead of those in `data`."""
        own_tags = {key: value for key, value in tags.items() if key not in UNTOUCHED}
        todo: Todo = [((), self._top(data), Mode.FULL), (("tags",), own_tags, Mode.FULL)]
        self._walk(todo)
        self._message(data.get("logentry"))
        crumbs = data.get("breadcrumbs")
        if crumbs is not None:
            for index, crumb in enumerate(crumbs["values"]):
                kept = {k: v for k, v in crumb.items() if k not in ("timestamp", "type", "level")}
                self._walk([(("breadcrumbs", "values", index), kept, Mode.FULL)])
        for key in STACKS & data.keys():
            self._stacks(key, data[key])
        return self._edits

    def value(self, value: Any) -> list[Edit]:
        """Any JSON value, alone."""
        before, self._edits = self._edits, []
        self._walk([((), value, Mode.FULL)])
        found, self._edits = self._edits, before
        return found

    def text(self, text: str, mode: Mode = Mode.FULL) -> tuple[str, list[list[str | int]]]:
        """The text without its secrets, and its marks; the same text and no marks if it has none."""
        spans: list[Span] = []
        for find in self._look.finders:
            spans += find(text)
        if self._look.has_pairs and mode is Mode.FULL and ("=" in text or ":" in text):
            spans += pairs(text, self._names)
        return replaced(text, spans) if spans else (text, [])

    def _message(self, entry: Any) -> None:
        """A text that was made with a parameter is made again without it."""
        if entry is None or "params" not in entry or "message" not in entry:
            return
        edits = [each for each in self._edits if each.path[0] == "logentry"]
        if not any(each.path[1] == "params" for each in edits):
            return
        new = edited({"logentry": entry}, edits)["logentry"]
        text = interpolate(new["message"], new["params"])
        formatted = ("logentry", "formatted")
        mark: list[str | int] = [RULE, "s"]
        self._edits = [each for each in self._edits if each.path != formatted]
        self._edits.append(Edit(formatted, text, [mark], len(entry["formatted"])))

    @staticmethod
    def _top(data: Mapping[str, Any]) -> dict[str, Any]:
        apart = UNTOUCHED | APART | STACKS
        return {key: value for key, value in data.items() if key not in apart}

    def _hide(self, path: Path, value: Any) -> None:
        length = len(value) if value.__class__ is str else None
        self._edits.append(Edit(path, FILTERED, [[RULE, "s", 0, len(FILTERED)]], length))

    def _leaf(self, path: Path, value: Any, mode: Mode) -> None:
        kind = value.__class__
        if kind is str:
            if path == ("request", "data") and self._json(path, value):
                return
            if not is_masked(value):
                text, marks = self.text(value, mode)
                if marks:
                    self._edits.append(Edit(path, text, marks, len(value)))
        elif kind is int and value >= SMALLEST_CARD and next(cards(str(value)), None):
            rule: list[str | int] = ["@creditcard", "s", 0, len(FILTERED)]
            self._edits.append(Edit(path, FILTERED, [rule], None))

    def _json(self, path: Path, text: str) -> bool:
        """Whether the text is JSON that has been dealt with: lists of pairs and `{key, value}` are told by parsing."""
        inner = parsed(text)
        edits = self.value(inner) if inner is not None else []
        if not edits:
            return False
        new = orjson.dumps(edited(inner, edits)).decode()
        marks: list[list[str | int]] = []
        position = new.find(FILTERED)
        while position >= 0 and len(marks) < 50:
            marks.append([RULE, "s", position, position + len(FILTERED)])
            position = new.find(FILTERED, position + 1)
        self._edits.append(Edit(path, new, marks, len(text)))
        return True

    def _walk(self, todo: Todo) -> None:
        verdict_of = self._names.verdict
        while todo:
            path, container, mode = todo.pop()
            hidden = mode is Mode.EVERYTHING
            is_pair = False
            if isinstance(container, Mapping):
                members: Iterable[tuple[Any, Any]] = container.items()
                name = named(dict(container)) if "value" in container else None
            else:
                members = enumerate(container)
                first = container[0] if len(container) == 2 else None
                is_pair = first.__class__ is str and len(first) <= MAX_NAME
                name = first if is_pair else None
            held = verdict_of(name) if name is not None and not hidden else HARMLESS
            for key, value in members:
                place = (*path, key)
                is_container = value.__class__ is dict or value.__class__ is list
                if hidden:
                    if is_container:
                        todo.append((place, value, mode))
                    elif not (is_pair and key == 0) and is_secret(value, mode.name):
                        self._hide(place, value)
                    continue
                if key.__class__ is str:
                    verdict = HARMLESS if place in _SAFE_PLACES else verdict_of(key)
                    if key == "value" and held != HARMLESS:
                        verdict = held
                else:
                    verdict = held if is_pair and key == 1 else HARMLESS
                if verdict == HARMLESS:
                    if is_container:
                        todo.append((place, value, mode))
                    elif key not in _IDS:
                        self._leaf(place, value, mode)
                elif is_container and (verdict == COOKIES or path == ("contexts",)):
                    # Names of cookies stay; pages rely on a context being an object.
                    todo.append((place, value, Mode.EVERYTHING))
                elif is_secret(value, verdict):
                    self._hide(place, value)

    def _stacks(self, key: str, value: Any) -> None:
        if key == "template":
            self._frame((key,), value)
            return
        if key == "stacktrace":
            self._frames((key,), value)
            return
        for index, holder in enumerate(value["values"]):
            place = (key, "values", index)
            rest = {}
            for name, part in holder.items():
                if name in ("stacktrace", "raw_stacktrace"):
                    self._frames((*place, name), part)
                elif name not in PLAIN_PARTS:
                    rest[name] = part
            self._walk([(place, rest, Mode.FULL)])

    def _frames(self, path: Path, stack: Mapping[str, Any]) -> None:
        for index, frame in enumerate(stack.get("frames", ())):
            self._frame((*path, "frames", index), frame)

    def _frame(self, path: Path, frame: Mapping[str, Any]) -> None:
        rest = {k: v for k, v in frame.items() if k not in PLAIN_FRAME and k not in SOURCE}
        if rest:
            self._walk([(path, rest, Mode.FULL)])
        if not self._look.finders:
            return
        lines = list(_source(path, frame))
        if private_keys in self._look.finders:
            lines = self._without_keys(lines)
        for place, line in lines:
            self._leaf(place, line, Mode.SOURCE)

    def _without_keys(self, lines: list[tuple[Path, str]]) -> list[tuple[Path, str]]:
        """A key in source code goes over many lines. The lines that hold none of it."""
        text = "\n".join(line for _, line in lines)
        spans = list(private_keys(text))
        rest: list[tuple[Path, str]] = []
        start = 0
        for place, line in lines:
            end = start + len(line)
            # Within one line the finder of texts is exact.
            if any(
                s.start < end and start < s.end and not start <= s.start < s.end <= end
                for s in spans
            ):
                self._hide(place, line)
            else:
                rest.append((place, line))
            start = end + 1
        return rest


def _source(path: Path, frame: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    for key in SOURCE:
        part = frame.get(key)
        if part.__class__ is str:
            yield (*path, key), str(part)
        elif part:
            for index, line in enumerate(part):
                if line.__class__ is str:
                    yield (*path, key, index), line


def edited(root: Any, edits: Iterable[Edit]) -> Any:
    """The value with the edits made. What they do not touch is shared, what they do is copied."""
    copies: dict[Path, Any] = {(): _copy(root)}
    for edit in edits:
        node = copies[()]
        for depth, key in enumerate(edit.path[:-1], 1):
            place = edit.path[:depth]
            child = copies.get(place)
            if child is None:
                child = copies[place] = node[key] = _copy(node[key])
            node = child
        if edit.path:
            node[edit.path[-1]] = edit.value
    return copies[()]


def _copy(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else list(value)
