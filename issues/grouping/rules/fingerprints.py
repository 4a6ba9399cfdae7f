"""Fingerprint rules of a project: the first that matches decides what an event is grouped by. Pure.

error.type:ConnectionError message:"*redis*" -> redis-down, {{ transaction }} title="Redis is down"
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..fingerprint import VARIABLE_NAMES, is_default
from ..stack import Attributes, Stack
from .facts import EventFacts, exception_holds
from .matchers import EVENT_KEYS, Matcher, check_count, parse_matcher, sees_matcher
from .syntax import Mistake, Reader, RuleError, read_rules

MAX_VALUES = 10
_ARROW = "->"
_VARIABLE = re.compile(r"\{\{(.*?)\}\}")


@dataclass(frozen=True, slots=True)
class FingerprintRule:
    """line: its number in the text. text: as written. title: "" keeps that of the event."""

    line: int
    text: str
    on_event: tuple[Matcher, ...]
    on_exception: tuple[Matcher, ...]
    on_frame: tuple[Matcher, ...]
    members: tuple[str, ...]
    title: str = ""


class FingerprintRules:
    """The rules of one project. Equal by identity: caches hold what a rule says of a frame."""

    __slots__ = ("__weakref__", "_apps", "_frames", "rules")

    def __init__(self, rules: tuple[FingerprintRule, ...]) -> None:
        self.rules = rules
        self._frames = tuple(
            tuple(matcher for matcher in rule.on_frame if matcher.key != "app") for rule in rules
        )
        self._apps = tuple(
            tuple(matcher for matcher in rule.on_frame if matcher.key == "app") for rule in rules
        )

    def first(self, event: Mapping[str, Any], stacks: Sequence[Stack]) -> FingerprintRule | None:
        """The first rule that matches the event. stacks: those of its exceptions, and its own."""
        facts = EventFacts(event)
        for number, rule in enumerate(self.rules):
            if not facts.hold(rule.on_event):
                continue
            if rule.on_exception and not _exceptions_hold(facts, rule.on_exception):
                continue
            if rule.on_frame and not self._frames_hold(number, rule, stacks):
                continue
            return rule
        return None

    def _frames_hold(self, number: int, rule: FingerprintRule, stacks: Sequence[Stack]) -> bool:
        """All on one frame; if all are negated, on every frame: !function:main is about the stack."""
        bit = 1 << number
        some = not all(matcher.negated for matcher in rule.on_frame)
        apps = self._apps[number]
        for stack in stacks:
            for index in range(len(stack.frames) - 1, -1, -1):
                holds = bool(_held(self, stack.attributes(index)) & bit)
                if holds and apps:
                    said = ("yes",) if stack.is_app(index) else ("no",)
                    holds = all(matcher.holds(said) for matcher in apps)
                if holds is some:
                    return some
        return not some

    def held(self, attributes: Attributes) -> int:
        """Bit n: all matchers of rule n on a frame hold for one with these attributes."""
        bits = 0
        for number, matchers in enumerate(self._frames):
            if all(matcher.holds_for_frame(attributes) for matcher in matchers):
                bits |= 1 << number
        return bits


@lru_cache(maxsize=8192)
def _held(rules: FingerprintRules, attributes: Attributes) -> int:
    return rules.held(attributes)


def _exceptions_hold(facts: EventFacts, matchers: Sequence[Matcher]) -> bool:
    """All on one exception; if all are negated, on every exception."""
    held = (exception_holds(exception, matchers) for exception in facts.exceptions)
    return all(held) if all(matcher.negated for matcher in matchers) else any(held)


def parse_fingerprint_rules(text: str) -> tuple[FingerprintRules | None, tuple[Mistake, ...]]:
    """(the rules that will do, None if there is none; what is wrong with the others)."""
    rules, mistakes = read_rules(text, _parse)
    return FingerprintRules(rules) if rules else None, mistakes


def _parse(reader: Reader, line: int) -> FingerprintRule:
    matchers: list[Matcher] = []
    reader.skip()
    while not reader.take(_ARROW):
        if reader.at_end():
            words = "Say after -> what the fingerprint is, as in type:KeyError -> missing-key."
            raise RuleError(reader.column, words)
        matchers.append(parse_matcher(reader, EVENT_KEYS, "-> and the fingerprint"))
        check_count(matchers, reader.column)
        reader.skip()
    if not matchers:
        raise RuleError(1, "Say before -> which events it is for, as in type:KeyError.")
    members, title = _values(reader)
    by_level = {
        level: tuple(matcher for matcher in matchers if matcher.level == level)
        for level in ("event", "exception", "frame")
    }
    return FingerprintRule(
        line=line,
        text=reader.text.strip(),
        on_event=by_level["event"],
        on_exception=by_level["exception"],
        on_frame=by_level["frame"],
        members=members,
        title=title,
    )


def _values(reader: Reader) -> tuple[tuple[str, ...], str]:
    members: list[str] = []
    title = ""
    reader.skip(",")
    while not reader.at_end():
        at = reader.column
        if reader.take("title="):
            if title:
                raise RuleError(at, "There is a title already; a rule gives one.")
            at = reader.column
            if not reader.sees('"'):
                raise RuleError(at, 'Put the title in quotes: title="Payments are down".')
            title = reader.value()
            if not title.strip():
                raise RuleError(at, "The title is empty; write one or leave title= out.")
            _check_variables(title, at, in_title=True)
        else:
            is_quoted = reader.sees('"')
            if not is_quoted and sees_matcher(reader) and not reader.sees("http"):
                words = "Matchers stand before ->. If this is part of the fingerprint, put it in quotes."
                raise RuleError(at, words)
            if reader.sees(_ARROW):
                raise RuleError(at, "A rule has one ->; begin a new line for the next rule.")
            member = reader.value(",")
            if not member:
                raise RuleError(at, "This part of the fingerprint is empty; leave it out.")
            _check_variables(member, at)
            members.append(member)
            if len(members) > MAX_VALUES:
                raise RuleError(at, f"A fingerprint has at most {MAX_VALUES} parts.")
        reader.skip(",")
    if not members:
        words = "Say what the fingerprint is; {{ default }} keeps the usual grouping."
        raise RuleError(reader.column, words)
    return tuple(members), title


def _check_variables(text: str, column: int, *, in_title: bool = False) -> None:
    for found in _VARIABLE.finditer(text):
        name = found[1].strip()
        at = column + found.start()
        if name == "default":
            if in_title:
                raise RuleError(at, "{{ default }} has no text; use {{ type }} or {{ value }}.")
            if not is_default(text):
                words = "{{ default }} stands alone; separate it with a comma."
                raise RuleError(at, words)
        elif name not in VARIABLE_NAMES and not (name.startswith("tags.") and name[5:]):
            shown = ", ".join(("default", *sorted(VARIABLE_NAMES), "tags.NAME"))
            raise RuleError(at, f"There is no variable {name or '{{ }}'}. There are {shown}.")
