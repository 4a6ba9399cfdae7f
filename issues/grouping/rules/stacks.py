"""Stack-trace rules of a project: what is application code, and which frames count. Pure.

family:python module:acme.generated.**   -app
function:on_fatal                        ^-group -group
max-frames=3
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, NamedTuple, TypeAlias

from ..configs import ALL_FRAMES, MAX_DEPTH
from ..marks import Marks
from ..stack import Attributes, Stack
from .facts import EventFacts, exception_holds
from .matchers import STACK_EVENT_KEYS, Matcher, check_count, parse_matcher, sees_matcher
from .syntax import Mistake, Reader, RuleError, read_rules

Direction: TypeAlias = Literal["", "^", "v"]

_ACTION = re.compile(r"([v^]?)([+-])(app|group)$")
_DEPTH = re.compile(r"max-frames=(\d{1,4}|all)$")
_ACTIONS = (
    "+app, -app, +group, -group (with ^ or v before it for the frames nearer the crash or further "
    "out) or max-frames=3"
)
_NOTHING: Mapping[str, Any] = {}


class Action(NamedTuple):
    """direction: which frames it is for: the one that matched, all nearer the crash (^), all further out (v)."""

    direction: Direction
    is_flag: bool  # app, else group
    on: bool


@dataclass(frozen=True, slots=True)
class StackRule:
    """depth: max-frames, None if the rule says nothing of it."""

    line: int
    text: str
    on_event: tuple[Matcher, ...]
    on_exception: tuple[Matcher, ...]
    on_frame: tuple[Matcher, ...]
    on_app: tuple[Matcher, ...]
    actions: tuple[Action, ...]
    depth: int | None


class StackRules:
    """The rules of one project. Equal by identity: caches hold what a rule says of a frame."""

    __slots__ = ("__weakref__", "_framewise", "rules")

    def __init__(self, rules: tuple[StackRule, ...]) -> None:
        self.rules = rules
        self._framewise = all(rule.on_frame or rule.on_app for rule in rules)

    def marker(self, event: Mapping[str, Any]) -> "Marker":
        return Marker(self, event)

    def held(self, attributes: Attributes) -> int:
        """Bit n: all matchers of rule n on a frame's own attributes hold."""
        bits = 0
        for number, rule in enumerate(self.rules):
            if all(matcher.holds_for_frame(attributes) for matcher in rule.on_frame):
                bits |= 1 << number
        return bits

    def marks(
        self, stack: Stack, exception: Mapping[str, Any], facts: EventFacts
    ) -> "Marks | None":
        """stack: without marks. exception: the one whose stack it is, else empty. None if no rule holds."""
        count = len(stack.frames)
        held = [_held(self, stack.attributes(index)) for index in range(count)]
        some = 0
        for bits in held:
            some |= bits
        if not some and self._framewise:
            return None
        marks = Marks()
        for number, rule in enumerate(self.rules):
            bit = 1 << number
            if not some & bit and (rule.on_frame or rule.on_app):
                continue
            if not facts.hold(rule.on_event) or not exception_holds(exception, rule.on_exception):
                continue
            hits = [index for index in range(count) if held[index] & bit]
            if rule.on_app:
                hits = [index for index in hits if _app_holds(rule, stack, marks, index)]
            if hits:
                _apply(rule, marks, hits, count)
        return marks if marks.said or marks.depth is not None else None


class Marker:
    """The stack-trace rules of a project, before the stacks of one event."""

    __slots__ = ("_facts", "_rules")

    def __init__(self, rules: StackRules, event: Mapping[str, Any]) -> None:
        self._rules = rules
        self._facts = EventFacts(event)

    def __call__(self, stack: Stack, exception: Mapping[str, Any] | None) -> Marks | None:
        return self._rules.marks(stack, exception or _NOTHING, self._facts)


@lru_cache(maxsize=8192)
def _held(rules: StackRules, attributes: Attributes) -> int:
    return rules.held(attributes)


def _app_holds(rule: StackRule, stack: Stack, marks: Marks, index: int) -> bool:
    said = marks.app.get(index)
    words = ("yes",) if (stack.is_app(index) if said is None else said) else ("no",)
    return all(matcher.holds(words) for matcher in rule.on_app)


def _apply(rule: StackRule, marks: Marks, hits: list[int], count: int) -> None:
    if rule.depth is not None:
        marks.depth, marks.depth_line = rule.depth, rule.line
    for action in rule.actions:
        for index in _frames(action.direction, hits, count):
            marks.said[index] = rule.line
            if action.is_flag:
                marks.app[index] = action.on
            elif action.on:
                marks.out.discard(index)
            else:
                marks.out.add(index)


def _frames(direction: Direction, hits: list[int], count: int) -> Iterable[int]:
    if direction == "^":
        return range(hits[0] + 1, count)
    return range(hits[-1]) if direction == "v" else hits


def parse_stack_rules(text: str) -> tuple[StackRules | None, tuple[Mistake, ...]]:
    """(the rules that will do, None if there is none; what is wrong with the others)."""
    rules, mistakes = read_rules(text, _parse)
    return StackRules(rules) if rules else None, mistakes


def _parse(reader: Reader, line: int) -> StackRule:
    matchers: list[Matcher] = []
    reader.skip()
    while sees_matcher(reader):
        matchers.append(parse_matcher(reader, STACK_EVENT_KEYS, "an action"))
        check_count(matchers, reader.column)
        reader.skip()
    actions: list[Action] = []
    depth: int | None = None
    if reader.at_end():
        raise RuleError(reader.column, f"Say what to do with these frames: {_ACTIONS}.")
    while not reader.at_end():
        at = reader.column
        if sees_matcher(reader):
            raise RuleError(at, "Matchers stand before the actions; move it to the left.")
        word = reader.until("")
        if found := _ACTION.match(word):
            direction: Direction = "^" if found[1] == "^" else "v" if found[1] else ""
            actions.append(Action(direction, found[3] == "app", found[2] == "+"))
        elif number := _DEPTH.match(word):
            depth = _depth(number[1], at)
        elif word == "->":
            raise RuleError(at, "-> belongs to fingerprint rules; take the line there.")
        else:
            raise RuleError(at, f"“{word[:40]}” is no action. Write {_ACTIONS}.")
        reader.skip()
    if actions and not matchers:
        raise RuleError(1, "Say first which frames it is for, as in module:acme.generated.**.")
    return StackRule(
        line=line,
        text=reader.text.strip(),
        on_event=tuple(m for m in matchers if m.level == "event"),
        on_exception=tuple(m for m in matchers if m.level == "exception"),
        on_frame=tuple(m for m in matchers if m.level == "frame" and m.key != "app"),
        on_app=tuple(m for m in matchers if m.key == "app"),
        actions=tuple(actions),
        depth=depth,
    )


def _depth(text: str, column: int) -> int:
    if text == "all":
        return ALL_FRAMES
    if not 1 <= int(text) <= MAX_DEPTH:
        raise RuleError(column, f"max-frames= takes 1 to {MAX_DEPTH}, or all.")
    return int(text)
