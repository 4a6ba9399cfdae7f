"""The place: where in your code. Pure.

The application frame nearest the crash, and its callers as long as what was found says too little.
"""

from collections import Counter
from dataclasses import dataclass

from .configs import ALL_FRAMES, Config
from .hashing import Component
from .stack import Part, Stack
from .symbols import package_base
from .thin import is_thin

_MAX_COLLECTED = 4
_MAX_LOOKED_AT = 9
_MAX_CYCLE = 64  # different frames; what calls more of them than that is no cycle


@dataclass(frozen=True, slots=True)
class Place:
    """kind: "app", "system", "package", "cycle" or "" (nothing known).

    frames: indexes of the contributing frames, counted from the outermost of the whole stack.
    """

    kind: str
    parts: tuple[Part, ...]
    strong: bool
    frames: tuple[int, ...] = ()

    def component(self) -> Component:
        parts = tuple(tuple(part) for part in self.parts)
        return parts if self.kind == "app" else (self.kind, *parts)

    @property
    def text(self) -> str:
        """`where:name` of each part."""
        return " < ".join(
            ":".join(word for word in (part.where, part.name or part.source) if word)
            for part in self.parts
        )

    @property
    def label(self) -> str:
        """The first named element as `name in where`, "" if there is none."""
        for part in self.parts:
            if part.name:
                return f"{part.name} in {part.where}" if part.where else part.name
        return ""


NOWHERE = Place("", (), False)


def place_of(stack: Stack, config: Config, *, overflow: bool = False) -> Place:
    """overflow: the stack ran over, so it is the cycle that counts."""
    if not stack:
        return NOWHERE
    if overflow:
        cycle = _cycle(stack)
        if cycle:
            return cycle
    depth = config.place_depth
    if stack.marks is not None and stack.marks.depth is not None:
        depth = stack.marks.depth
    return _application(stack, depth) or _system(stack)


def place_note(stack: Stack, place: Place, config: Config) -> str:
    """What a project's rules and settings had to say about the place, "" if nothing."""
    marks = stack.marks
    if marks is not None and marks.depth is not None:
        return f"{_depth(marks.depth)}, says line {marks.depth_line} of the stack-trace rules"
    index = place.frames[0] - stack.offset if place.frames else -1
    if marks is not None and marks.app.get(index):
        return f"application frame by line {marks.said[index]} of the stack-trace rules"
    if config.place_depth != 1 and place.kind == "app":
        return f"{_depth(config.place_depth)}, as set for the project"
    return ""


def _depth(depth: int) -> str:
    return "all application frames" if depth == ALL_FRAMES else f"{depth} named frames"


def left_out(stack: Stack) -> tuple[tuple[str, str], ...]:
    """The frames that rules have taken out or made library code, and which rule did."""
    marks = stack.marks
    if marks is None:
        return ()
    frames: Counter[tuple[str, int]] = Counter()
    for index in marks.out:
        frames["taken out", marks.said[index]] += 1
    for index, is_app in marks.app.items():
        if not is_app and index not in marks.out:
            frames["no application code", marks.said[index]] += 1
    return tuple(
        (f"{count} frame{'s' * (count > 1)}", f"{what} by line {line} of the stack-trace rules")
        for (what, line), count in sorted(frames.items(), key=lambda item: item[0][1])
    )


def _application(stack: Stack, depth: int) -> Place | None:
    collected: list[Part] = []
    frames: list[int] = []
    previous: Part | None = None
    looked_at = named = 0
    minified_seen = strong = False
    everything = depth == ALL_FRAMES
    for index in stack.app_indexes():
        part = stack.part(index)
        if part == previous:
            continue
        previous = part
        looked_at += 1
        if part.name or part.source:
            collected.append(part)
            frames.append(index + stack.offset)
            strong = True
            if not (part.name and is_thin(stack.attributes(index)[0], part.name)):
                named += 1
        elif part.where and not minified_seen:
            collected.append(part)
            frames.append(index + stack.offset)
            family = stack.attributes(index)[0]
            minified_seen = family == "js" and stack.is_minified(index)
        if everything:
            continue
        if named >= depth or looked_at >= _MAX_LOOKED_AT + depth - 1:
            break
        if len(collected) >= _MAX_COLLECTED + depth - 1:
            break
    if not collected:
        return None
    return Place("app", tuple(collected), strong, tuple(frames))


def _system(stack: Stack) -> Place:
    """No application frame: the innermost named frame of a library; always weak."""
    package = ""
    for index in stack.system_indexes():
        part = stack.part(index)
        attributes = stack.attributes(index)
        package = package or package_base(attributes[5])
        if not part.name:
            continue
        if attributes[0] == "js" and not attributes[3].startswith("node:"):
            part = part._replace(where="")
        return Place("system", (part,), False, (index + stack.offset,))
    return Place("package", (Part(package, "", ""),), False) if package else NOWHERE


def _cycle(stack: Stack) -> Place | None:
    """The frames that call each other without end, whichever of them hit the limit."""
    first: dict[Part, int] = {}
    counts: Counter[Part] = Counter()
    known: dict[object, Part] = {}
    for index in stack.app_indexes():
        same = (stack.attributes(index), stack.frames[index].get("context_line"))
        part = known.get(same)
        if part is None:
            if len(known) == _MAX_CYCLE:
                return None
            part = known[same] = stack.part(index)
        if part.where or part.name or part.source:
            counts[part] += 1
            first.setdefault(part, index + stack.offset)
    if not counts:
        return None
    most = max(counts.values())
    if most <= 2:
        return None
    members = sorted(part for part, count in counts.items() if count * 2 >= most)
    return Place("cycle", tuple(members), True, tuple(first[part] for part in members))
