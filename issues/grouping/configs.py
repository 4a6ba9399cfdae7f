"""Grouping configs: named, frozen versions of the rules. Pure.

A stored grouphash is only meaningful together with the config that made it. Whatever changes a hash
is a new config; the modules of an old one stay, frozen, as long as a project may still refer to it.
"""

from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the rules know the configs
    from .rules import FingerprintRules, StackRules

NAMES = ("g1",)  # oldest first; a project keeps its own until somebody chooses another
ALL_FRAMES = 0
MAX_DEPTH = 10  # of a place, where it is a number


@dataclass(frozen=True)
class Config:
    """What steers grouping.

    name: at most 16 ASCII characters; personalises the hash. Equal components make equal hashes, whatever
        the rules are that led to them.
    place_depth: how many named frames make a place; ALL_FRAMES takes every application frame.
    generic_types: exception types of this project whose name says nothing, beside the built-in.
    stack_rules, fingerprint_rules: the project's own, compiled.
    previous: what was in force before, as long as its hashes still lead to issues.
    """

    name: str = "g1"
    place_depth: int = 1
    generic_types: frozenset[str] = frozenset()
    stack_rules: "StackRules | None" = None
    fingerprint_rules: "FingerprintRules | None" = None
    previous: "Config | None" = None

    @cached_property
    def label(self) -> str:
        """The name; where a project has settings of its own with a hash of them: g1-5f2c9a01."""
        own: tuple[object, ...] = (
            self.place_depth,
            sorted(self.generic_types),
            [rule.text for rule in self.stack_rules.rules] if self.stack_rules else [],
            [rule.text for rule in self.fingerprint_rules.rules] if self.fingerprint_rules else [],
        )
        if own == (1, [], [], []):
            return self.name
        return f"{self.name}-{blake2b(repr(own).encode(), digest_size=4).hexdigest()}"


DEFAULT = Config()
