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
    FRAME,
    MAX_NAME,
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
from issues.scrub.names import COOKIES, HARMLESS, SECRET, Names
from issues.scrub.pairs import RULE, pairs
from issues.scrub.values import FILTERED, Span, cards, is_masked, private_keys, replaced

_IDS = frozenset("trace_id span_id parent_span_id event_id replay_id profile_id".split())
# Tags that repeat what is never touched, and those that are ids.
_OWN_TAGS = frozenset({"api_request_id", "trace", "level", "release", "environment", "dist"})
_SAFE_PLACES = frozenset({("contexts", "postgresql", "session_id")})


class Mode(Enum):
    FULL = 1  # by name and by value
    EVERYTHING = 2  # below a name that hides all its members


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
        own_tags = {key: value for key, value in tags.items() if key not in _OWN_TAGS}
        todo: Todo = [((), self._top(data), Mode.FULL), (("tags",), own_tags, Mode.FULL)]
        crumbs = data.get("breadcrumbs")
        if crumbs is not None:
            for index, crumb in enumerate(crumbs["values"]):
                todo.append((("breadcrumbs", "values", index), crumb, Mode.FULL))
        self._walk(todo)
        self._message(data.get("logentry"))
        for key in STACKS & data.keys():
            self._stacks(key, data[key])
        return self._edits

    def value(self, value: Any) -> list[Edit]:
        """Any JSON value, alone."""
        before, self._edits = self._edits, []
        self._walk([((), value, Mode.FULL)])
        found, self._edits = self._edits, before
        return found

    def text(self, text: str) -> tuple[str, list[list[str | int]]]:
        """The text without its secrets, and its marks; the same text and no marks if it has none."""
        spans: list[Span] = []
        if text in self._look.texts:
            for find in self._look.finders:
                spans += find(text)
        if self._look.has_pairs and ("=" in text or ":" in text) and self._names.are_in(text):
            spans += pairs(text, self._names)
        if not spans or is_masked(text):
            return text, []
        return replaced(text, spans)

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

    def _leaf(self, path: Path, value: Any) -> None:
        kind = value.__class__
        if kind is str:
            if path == ("request", "data") and self._json(path, value):
                return
            text, marks = self.text(value)
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
        harmless = self._names.harmless
        worth_it = self._is_worth_it
        while todo:
            path, container, mode = todo.pop()
            if mode is Mode.EVERYTHING:
                self._hide_all(path, container, todo)
                continue
            if container.__class__ is list:
                members: Iterable[tuple[Any, Any]] = enumerate(container)
                is_plain = len(container) != 2 or container[0].__class__ is not str
            else:
                members = container.items()
                is_plain = harmless.issuperset(container) and "value" not in container
            if not is_plain:
                self._walk_names(path, container, todo)
                continue
            for key, value in members:
                kind = value.__class__
                if kind is dict or kind is list:
                    todo.append(((*path, key), value, mode))
                elif (kind is int or kind is str) and worth_it(value) and not _is_id(key, value):
                    self._leaf((*path, key), value)
            if path == ("request",) and "data" in container:
                # JSON in a text: looked into even if no text of it is a secret by itself.
                self._body(container["data"])

    def _body(self, body: Any) -> None:
        place = ("request", "data")
        if body.__class__ is str and all(edit.path != place for edit in self._edits):
            self._leaf(place, body)

    def _walk_names(self, path: Path, container: Any, todo: Todo) -> None:
        """One list or object that may have the name of a secret in it."""
        verdict_of = self._names.verdict
        is_pair = False
        if container.__class__ is list:
            members: Iterable[tuple[Any, Any]] = enumerate(container)
            is_pair = len(container[0]) <= MAX_NAME
            name = container[0] if is_pair else None
        else:
            members = container.items()
            name = named(container)
        held = verdict_of(name) if name is not None else HARMLESS
        for key, value in members:
            is_container = value.__class__ is dict or value.__class__ is list
            if key.__class__ is str:
                verdict = verdict_of(key)
                if key == "value" and held != HARMLESS:
                    verdict = held
            else:
                verdict = held if is_pair and key == 1 else HARMLESS
            if verdict == HARMLESS or (*path, key) in _SAFE_PLACES:
                if is_container:
                    todo.append(((*path, key), value, Mode.FULL))
                elif self._is_worth_it(value) and not _is_id(key, value):
                    self._leaf((*path, key), value)
            elif is_container and (verdict == COOKIES or path == ("contexts",)):
                # Names of cookies stay; pages rely on a context being an object.
                todo.append(((*path, key), value, Mode.EVERYTHING))
            elif is_secret(value, verdict):
                self._hide((*path, key), value)

    def _is_worth_it(self, value: Any) -> bool:
        """Whether a text or number may be, or hold, a secret by its own looks."""
        kind = value.__class__
        if kind is str:
            look = self._look
            return value in look.texts or (look.has_pairs and ("=" in value or ":" in value))
        return kind is int and value >= SMALLEST_CARD

    def _hide_all(self, path: Path, container: Any, todo: Todo) -> None:
        """All members; of pairs the value."""
        if container.__class__ is list:
            members: Iterable[tuple[Any, Any]] = enumerate(container)
            is_pair = len(container) == 2 and container[0].__class__ is str
        else:
            members, is_pair = container.items(), False
        for key, value in members:
            if value.__class__ is dict or value.__class__ is list:
                todo.append(((*path, key), value, Mode.EVERYTHING))
            elif is_pair and key == 0:
                self._leaf((*path, key), value)
            elif is_secret(value, SECRET):
                self._hide((*path, key), value)

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
        variables = frame.get("vars")
        if variables:
            self._walk([((*path, "vars"), variables, Mode.FULL)])
        if not FRAME.issuperset(frame):
            rest = {name: part for name, part in frame.items() if name not in FRAME}
            self._walk([(path, rest, Mode.FULL)])
        if not self._look.line_finders:
            return
        lines = list(_source(path, frame))
        if self._look.lines.isdisjoint(line for _, line in lines):
            return
        if private_keys in self._look.line_finders:
            lines = self._without_keys(lines)
        for place, line in lines:
            if line in self._look.lines:
                spans = [span for find in self._look.line_finders for span in find(line)]
                if spans:
                    text, marks = replaced(line, spans)
                    self._edits.append(Edit(place, text, marks, len(line)))

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


def _is_id(name: Any, value: Any) -> bool:
    """An id may look like a card number."""
    return name in _IDS and value.__class__ is str and value.replace("-", "").isalnum()


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
