"""From an event to its issue: the grouphashes of an event, most preferred first. Pure.

    group(event) -> Grouping(hashes=("3f…", "a1…"), title="KeyError: 'id'", …)

An issue is recognised by three answers: the type of the failure, the reason without its data, and
the place in the application's code.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from .configs import DEFAULT, Config
from .default import default_grouping
from .fallback import fallback_grouping
from .fingerprint import client_fingerprint, fingerprint_component
from .grouping import Grouping
from .hashing import digest

__all__ = ["DEFAULT", "Config", "Grouping", "group", "hashes"]

_RECEIVED_AT = datetime(2020, 1, 1, tzinfo=UTC)


def group(event: Mapping[str, Any], config: Config = DEFAULT) -> Grouping:
    """Group one event, the canonical `data` of `issues.payload.EventData`.

    Never raises: an event that cannot be grouped gets a coarse hash and `failed` is set.
    """
    try:
        return _group(event, config)
    except Exception as error:
        # Whatever is wrong with an event or with the rules, the event has to be stored.
        return fallback_grouping(event, config, error)


def _group(event: Mapping[str, Any], config: Config) -> Grouping:
    result = default_grouping(event, config)
    members = client_fingerprint(event)
    if not members:
        found = [digest(result.component, config.name)]
        if result.site is not None:
            found.append(digest(result.site, config.name))
        return Grouping.of(event, config, result, tuple(found))
    component, shown = fingerprint_component(members, event, result)
    return Grouping.of(event, config, result, (digest(component, config.name),), fingerprint=shown)


def hashes(event: dict[str, Any]) -> list[str]:
    """The grouphashes of an event as an SDK sent it."""
    from issues.payload import normalize

    return list(group(normalize(event, received_at=_RECEIVED_AT).data).hashes)
