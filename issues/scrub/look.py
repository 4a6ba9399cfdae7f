"""Whether there is anything to scrub in an event: the part that every event pays for. Pure, never recursive.

Collects all texts in one pass over the containers, asks about all names of an object at once, and searches the joined
texts for the shapes of secrets. Source comes again with every event of a place and is searched once.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from issues.scrub.names import COUNT, HARMLESS, Names
from issues.scrub.pairs import may_have_pairs
from issues.scrub.patterns import Pattern
from issues.scrub.values import Finder, finders_for, is_masked, private_keys

# Attributes of an event that are never touched, and those with a form of their own.
UNTOUCHED = frozenset(
    "event_id timestamp received type level platform release dist environment sdk modules debug_meta".split()
)
STACKS = frozenset({"exception", "threads", "stacktrace", "template"})
APART = frozenset({"errors", "_meta", "tags", "breadcrumbs"})
# Of an exception or thread, of a frame, of a breadcrumb.
PLAIN_PARTS = frozenset({"type", "module", "thread_id", "id", "crashed", "current", "main"})
PLAIN_FRAME = frozenset(
    "filename abs_path module function raw_function lineno colno in_app platform package symbol symbol_addr "
    "instruction_addr image_addr addr_mode trust stack_start lock".split()
)
SOURCE = ("pre_context", "context_line", "post_context")
FRAME = PLAIN_FRAME | {*SOURCE, "vars"}
CRUMB = frozenset({"timestamp", "type", "category", "level", "message", "data", "event_id"})

SMALLEST_CARD = 10**12
MAX_NAME = 100  # characters of the first of a pair
MAX_SOURCES = 20_000


def is_secret(value: Any, verdict: str) -> bool:
    """Whether there is something to hide under a name with this verdict."""
    kind = value.__class__
    if kind is str:
        return not is_masked(value) and not (verdict == COUNT and is_number(value))
    if kind is dict or kind is list:
        return bool(value)
    # One bit hides nothing, and whether somebody is `authenticated` is worth knowing.
    return value is not None and kind is not bool and verdict != COUNT


def is_number(text: str) -> bool:
    return text.replace(".", "").replace(",", "").isdigit()


def parsed(text: Any) -> Any:
    """The JSON in a text, None if it is none, or no list or object."""
    if text.__class__ is str and text[:1] in ("{", "["):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return None
    return None


def named(container: dict[str, Any]) -> Any:
    """The name in {"key": "password", "value": "x"}, else None."""
    if "value" not in container:
        return None
    name = container.get("key", container.get("name"))
    return name if name.__class__ is str and len(name) <= MAX_NAME else None


class Look:
    """What was found.

    finders: those that find something in a text, texts: in which; line_finders, lines: the same for source lines.
    has_names: something stands under the name of a secret. has_pairs: texts may hold names and values.
    """

    __slots__ = (
        "_lines",
        "_sources",
        "_texts",
        "finders",
        "has_names",
        "has_pairs",
        "line_finders",
        "lines",
        "texts",
    )

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._lines: list[str] = []
        self._sources: list[int] = []
        self.has_names = False
        self.has_pairs = False
        self.finders: list[Finder] = []
        self.texts: set[str] = set()
        self.line_finders: list[Finder] = []
        self.lines: set[str] = set()

    def __bool__(self) -> bool:
        return self.has_names or self.has_pairs or bool(self.finders or self.line_finders)

    def at(
        self,
        data: Mapping[str, Any],
        tags: Mapping[str, str],
        notes: Iterable[Mapping[str, Any]],
        names: Names,
        patterns: tuple[Pattern, ...],
        known_sources: set[int],
    ) -> None:
        """known_sources: hashes of source around a line, without a secret; those of this event are added."""
        pending: list[Any] = [tags]
        harmless = names.harmless
        for key, value in data.items():
            if key in UNTOUCHED or key in APART:
                continue
            if key not in harmless:
                self._judge({key: value}, names)
            if key in STACKS:
                self._stacks(key, value, pending, known_sources)
            elif value.__class__ is str:
                self._texts.append(value)
            elif value.__class__ is dict or value.__class__ is list:
                pending.append(value)
        self._crumbs(data, pending)
        request = data.get("request")
        if request is not None and request.get("data").__class__ is str:
            body = request["data"]
            inner = parsed(body)
            if inner is not None:
                pending.append(inner)
            self.has_pairs = "form-data" in body
        self._containers(pending, names)
        if notes:
            self._notes(notes, names)
        if "_meta" in data:
            self._meta(data["_meta"])
        self._search(names, patterns, known_sources)

    def _stacks(self, key: str, value: Any, pending: list[Any], known_sources: set[int]) -> None:
        texts = self._texts
        frames: list[Any] = []
        if key == "template":
            frames.append(value)
        elif key == "stacktrace":
            frames += value.get("frames", ())
        else:
            for holder in value["values"]:
                for name, part in holder.items():
                    if name in PLAIN_PARTS:
                        continue
                    kind = part.__class__
                    if name == "stacktrace" or name == "raw_stacktrace":
                        frames += part.get("frames", ())
                    elif kind is str:
                        texts.append(part)
                    elif kind is dict or kind is list:
                        pending.append(part)
        for frame in frames:
            get = frame.get
            variables = get("vars")
            if variables:
                pending.append(variables)
            line = get("context_line")
            if line:
                lines = (*(get("pre_context") or ()), line, *(get("post_context") or ()))
                known = hash(lines)
                if known not in known_sources:
                    self._lines += lines
                    self._sources.append(known)
            elif "pre_context" in frame or "post_context" in frame:
                self._lines += (*(get("pre_context") or ()), *(get("post_context") or ()))
            if not FRAME.issuperset(frame):
                pending.append({name: part for name, part in frame.items() if name not in FRAME})

    def _crumbs(self, data: Mapping[str, Any], pending: list[Any]) -> None:
        crumbs = data.get("breadcrumbs")
        if crumbs is None:
            return
        texts = self._texts
        for crumb in crumbs["values"]:
            if not CRUMB.issuperset(crumb):
                pending.append(crumb)
                continue
            text = crumb.get("message")
            if text:
                texts.append(text)
            more = crumb.get("data")
            if more:
                pending.append(more)

    def _containers(self, pending: list[Any], names: Names) -> None:
        texts, harmless = self._texts, names.harmless
        add, later = texts.append, pending.append
        for container in pending:
            if container.__class__ is dict:
                if not harmless.issuperset(container):
                    self._judge(container, names)
                if "value" in container:
                    name = named(container)
                    if name is not None:
                        self._judge({name: container["value"]}, names)
                values = container.values()
            else:
                values = container
                if len(container) == 2 and container[0].__class__ is str:
                    name = container[0]
                    if name not in harmless and len(name) <= MAX_NAME:
                        self._judge({name: container[1]}, names)
            for value in values:
                kind = value.__class__
                if kind is str:
                    add(value)
                elif kind is dict or kind is list:
                    later(value)
                elif kind is int and value >= SMALLEST_CARD:
                    add(str(value))

    def _judge(self, container: Mapping[str, Any], names: Names) -> None:
        if self.has_names:
            return
        for key, value in container.items():
            verdict = names.verdict(key)
            if verdict != HARMLESS and is_secret(value, verdict):
                self.has_names = True
                return

    def _notes(self, notes: Iterable[Mapping[str, Any]], names: Names) -> None:
        for note in notes:
            name, text = str(note.get("name", "")), note.get("value")
            if text.__class__ is str:
                self._texts.append(str(text))
                self._judge({name[:MAX_NAME]: text}, names)

    def _meta(self, meta: Any) -> None:
        """Its keys are those of the event, without the values; what a sender puts into `val` is one."""
        pending = [meta]
        for container in pending:
            if container.__class__ is dict:
                if container.get("val") is not None:
                    self.has_names = True
                container = container.values()
            for value in container:
                if value.__class__ is str:
                    self._texts.append(value)
                elif value.__class__ is dict or value.__class__ is list:
                    pending.append(value)

    def _search(self, names: Names, patterns: tuple[Pattern, ...], known_sources: set[int]) -> None:
        low = _find(self._texts, patterns, self.finders, self.texts)
        self.has_pairs = self.has_pairs or may_have_pairs(low, names.wanted)
        if self._lines:
            _find(self._lines, patterns, self.line_finders, self.lines)
            if not self.line_finders:
                if len(known_sources) + len(self._sources) > MAX_SOURCES:
                    known_sources.clear()
                known_sources.update(self._sources)


def _find(
    texts: list[str], patterns: tuple[Pattern, ...], finders: list[Finder], found: set[str]
) -> bytes:
    """Fill `finders` and `found`: which find something, and in which texts. Returns the texts in small letters.

    All texts are searched as one: what can be a secret has no line break in it, private keys apart.
    """
    text = "\n".join(texts)
    raw = text.encode()
    low = raw.lower()
    tried = finders_for(raw, low)
    tried += [pattern.spans for pattern in patterns if pattern.literal in text]
    starts: list[int] = []
    for finder in tried:
        hits = [span.start for span in finder(text)]
        if not hits:
            continue
        finders.append(finder)
        if finder is private_keys:
            # One that was cut off hides those in the texts behind it.
            found.update(each for each in texts if "PRIVATE KEY" in each)
            continue
        if not starts:
            position = 0
            for each in texts:
                starts.append(position)
                position += len(each) + 1
        found.update(texts[bisect_right(starts, hit) - 1] for hit in hits)
    return low
