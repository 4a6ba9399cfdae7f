"""A grouping to try, as it stands in the journal: JSON -> a function from an event to its grouping. Pure."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from issues.grouping import DEFAULT, Config, Grouping, group

Grouper: TypeAlias = Callable[[Mapping[str, Any]], Grouping]

# The named configurations that there are: issues.grouping.configs.
NAMES = (DEFAULT.name,)


def grouper(candidate: Mapping[str, Any]) -> Grouper:
    """candidate: {"config": "g1", "place_depth": 1, "generic_types": ["AppError"]}; what is missing is the default.

    Raises ValueError for a configuration that is not there.
    """
    name = candidate.get("config", DEFAULT.name)
    if name not in NAMES:
        raise ValueError(
            f"There is no grouping configuration {name}; there are: {', '.join(NAMES)}."
        )
    config = Config(
        name=name,
        place_depth=int(candidate.get("place_depth", DEFAULT.place_depth)),
        generic_types=frozenset(candidate.get("generic_types", ())),
    )
    return lambda event: group(event, config)
