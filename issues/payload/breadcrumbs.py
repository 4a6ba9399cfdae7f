"""Breadcrumbs: what happened before. Pure. Kept in the order given."""

from typing import Any

from issues.payload.attributes import read_level
from issues.payload.bounds import bounded, bounded_map, map_fits
from issues.payload.exceptions import entries
from issues.payload.ledger import Ledger
from issues.payload.text import cut, to_text
from issues.payload.times import Clock
from issues.payload.types import LEVELS, Limits, Path

_KINDS: dict[str, type] = {
    "type": str,
    "category": str,
    "message": str,
    "level": str,
    "data": dict,
    "event_id": str,
    "origin": str,
}
_LEVELS = frozenset((None, *LEVELS))


def read_breadcrumbs(value: Any, clock: Clock, ledger: Ledger) -> list[dict[str, Any]]:
    """value: {"values": [...]} or a list."""
    members = entries(value, "breadcrumbs", ledger)
    limits = ledger.limits
    if len(members) > limits.breadcrumbs:
        ledger.cut_entries(("breadcrumbs", "values"), len(members))
        members = members[-limits.breadcrumbs :]
    found: list[dict[str, Any]] = []
    for member in members:
        if member.__class__ is str:
            member = {"message": member}
        if member.__class__ is not dict:
            ledger.note("breadcrumbs", member)
            continue
        crumb = member
        if not _is_fine(member, limits):
            crumb = _repaired(member, ("breadcrumbs", "values", len(found)), ledger)
        sent = member.get("timestamp")
        if sent is not None:
            time = clock.iso(sent)
            if time is not None:
                crumb = {**crumb, "timestamp": time}
            else:
                crumb = {key: each for key, each in crumb.items() if key != "timestamp"}
        if crumb:
            found.append(crumb)
    return found


def _is_fine(crumb: dict[str, Any], limits: Limits) -> bool:
    """Everything as it should be, the time apart."""
    kinds = _KINDS.get
    for key, value in crumb.items():
        kind = value.__class__
        if kind is kinds(key):
            if kind is str:
                if len(value) > 256 and (key != "message" or len(value) > limits.message):
                    return False
            elif not map_fits(
                value,
                1000,
                limits.breadcrumb_data_length,
                limits.breadcrumb_data_length,
                limits.breadcrumb_data_depth,
                limits.key_length,
            ):
                return False
        elif key != "timestamp" or value is None:
            return False
    return crumb.get("level") in _LEVELS


def _repaired(crumb: dict[str, Any], path: Path, ledger: Ledger) -> dict[str, Any]:
    limits = ledger.limits
    found: dict[str, Any] = {}
    for key, value in crumb.items():
        if value is None:
            continue
        place = (*path, cut(key, limits.key_length))
        good: Any
        if key == "message":
            good = ledger.cut_text(to_text(value), limits.message, place)
        elif key == "level":
            good = read_level(value)
            if not good:
                ledger.note("breadcrumb.level", value)
        elif key == "data":
            if value.__class__ is not dict:
                value = {"value": value}
            good = bounded_map(
                value,
                length=limits.breadcrumb_data_length,
                entry_length=limits.breadcrumb_data_length,
                depth=limits.breadcrumb_data_depth,
                path=place,
                ledger=ledger,
            )
        elif key in _KINDS:
            good = ledger.attribute(f"breadcrumb.{key}", value, 256, place)
        elif key == "timestamp":
            good = value
        else:
            good = bounded(value, length=1024, depth=3, path=place, ledger=ledger)
        if good is not None and good != "":
            found[cut(key, limits.key_length)] = good
    return found
