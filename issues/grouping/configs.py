"""Grouping configs: named, frozen versions of the rules. Pure.

A stored grouphash is only meaningful together with the config that made it. Whatever changes a hash
is a new config; the modules of an old one stay, frozen, as long as a project may still refer to it.
"""

from dataclasses import dataclass

ALL_FRAMES = 0


@dataclass(frozen=True, slots=True)
class Config:
    """What steers grouping.

    name: at most 16 ASCII characters; personalises the hash.
    place_depth: how many named frames make a place; ALL_FRAMES takes every application frame.
    generic_types: exception types of this project whose name says nothing, beside the built-in.
    """

    name: str = "g1"
    place_depth: int = 1
    generic_types: frozenset[str] = frozenset()


DEFAULT = Config()
