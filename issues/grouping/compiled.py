"""From a project's settings, as text, to the config that groups by them. Pure.

    config_from({"place_depth": 2, "stack_rules": "function:retry_* -group"})

The same JSON describes a grouping to try and one that was in force before.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from . import configs
from .configs import DEFAULT, MAX_DEPTH, Config
from .rules import parse_fingerprint_rules, parse_stack_rules


class Settings(NamedTuple):
    """As typed: rules one per line, types one per line. Lines that will not do are left out."""

    fingerprint_rules: str = ""
    stack_rules: str = ""
    generic_types: str = ""
    place_depth: int = 1
    config: str = DEFAULT.name


# Parsed once for as long as the settings stay.
@lru_cache(maxsize=1024)
def compiled(settings: Settings, previous: Settings | None = None) -> Config:
    """previous: what was in force before, as long as its hashes still lead to issues."""
    if settings == Settings() and previous is None:
        return DEFAULT
    types = (line.strip() for line in settings.generic_types.splitlines())
    return Config(
        # One that this version does not know any more, or not yet, is as the newest.
        name=settings.config if settings.config in configs.NAMES else configs.NAMES[-1],
        place_depth=min(settings.place_depth, MAX_DEPTH),
        generic_types=frozenset(name for name in types if name),
        stack_rules=parse_stack_rules(settings.stack_rules)[0],
        fingerprint_rules=parse_fingerprint_rules(settings.fingerprint_rules)[0],
        previous=compiled(previous) if previous is not None else None,
    )


def config_from(described: Mapping[str, Any]) -> Config:
    """described: the fields of Settings, types as a list or as text; what is missing is the default.

    `config` names the algorithm. Raises ValueError for one that is not there, and for a depth that is no number.
    """
    name = described.get("config", DEFAULT.name)
    if name not in configs.NAMES:
        known = ", ".join(configs.NAMES)
        raise ValueError(f"There is no grouping configuration {name}; there is {known}.")
    types = described.get("generic_types", "")
    return compiled(
        Settings(
            fingerprint_rules=str(described.get("fingerprint_rules", "")),
            stack_rules=str(described.get("stack_rules", "")),
            generic_types=types if isinstance(types, str) else "\n".join(map(str, types)),
            place_depth=int(described.get("place_depth", 1)),
            config=name,
        )
    )
