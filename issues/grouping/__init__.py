"""From an event to its issue: the grouphashes of an event, most preferred first. Pure.

    group(event) -> Grouping(hashes=("3f…", "a1…"), title="KeyError: 'id'", …)

An issue is recognised by three answers: the type of the failure, the reason without its data, and
the place in the application's code.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from .configs import DEFAULT, Config
from .default import default_grouping, stacks_of
from .fallback import fallback_grouping
from .fingerprint import client_fingerprint, fingerprint_component, is_default, rule_title
from .grouping import Grouping
from .hashing import digest, remembered_digest
from .result import Rule

__all__ = ["DEFAULT", "Config", "Grouping", "group", "hashes"]

_FEW_PARTS = 4
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
    marker = config.stack_rules.marker(event) if config.stack_rules is not None else None
    result = default_grouping(event, config, marker)
    rule, title = None, ""
    members = client_fingerprint(event)
    if config.fingerprint_rules is not None:
        found = config.fingerprint_rules.first(event, stacks_of(event, marker))
        if found is not None:
            rule = Rule(found.line, found.text)
            # {{ default }} alone takes back what the client has sent.
            members = () if all(is_default(member) for member in found.members) else found.members
            title = rule_title(found.title, event, result) if found.title else ""
    previous = config.previous
    earlier = None if previous is None else lambda: group(event, replace(previous, previous=None))
    shown: tuple[str, ...] = ()
    if members:
        component, shown = fingerprint_component(members, event, result)
        hashes = [digest(component, config.name)]
    else:
        # Few frames make most places: what is looked up is small.
        is_small = len(result.place.parts) <= _FEW_PARTS
        make = remembered_digest if is_small else digest
        hashes = [make(result.component, config.name)]
        if result.site is not None:
            hashes.append(remembered_digest(result.site, config.name))
    return Grouping.of(
        event,
        config,
        result,
        tuple(hashes),
        earlier=earlier,
        fingerprint=shown,
        rule=rule,
        title=title,
    )


def hashes(event: dict[str, Any]) -> list[str]:
    """The grouphashes of an event as an SDK sent it."""
    from issues.payload import normalize

    return list(group(normalize(event, received_at=_RECEIVED_AT).data).hashes)
