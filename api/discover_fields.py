"""What a search of events can show of them, and how rows are grouped. Pure. Source: the REST contract, section 6."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.stamps import stamp

Json = dict[str, Any]

_TAG = re.compile(r"tags\[([\w.:\-]{1,200})(?:,\s*\w+)?\]")
_CALL = re.compile(r"([a-z_]{1,40})\(\s*([\w.\-]{0,200})\s*\)")
# A field and its type in `meta`.
FIELDS: Mapping[str, str] = {
    "id": "string",
    "title": "string",
    "message": "string",
    "level": "string",
    "timestamp": "date",
    "issue": "string",
    "issue.id": "integer",
    "project": "string",
    "project.name": "string",
    "project.id": "integer",
    "environment": "string",
    "release": "string",
    "transaction": "string",
    "url": "string",
    "user": "string",
    "user.id": "string",
    "user.email": "string",
    "user.username": "string",
    "user.ip": "string",
    "user.display": "string",
    "error.type": "string",
    "error.value": "string",
    "platform": "string",
    "culprit": "string",
    "trace": "string",
    "event.type": "string",
}
CALLS: Mapping[str, str] = {
    "count": "integer",
    "count_unique": "integer",
    "last_seen": "date",
    "first_seen": "date",
}
MAX_FIELDS = 40


@dataclass(frozen=True, slots=True)
class Field:
    """As it was asked for. call: a function over a group's rows; tag: of the event."""

    name: str
    type: str
    call: str = ""
    argument: str = ""
    tag: str = ""

    @property
    def alias(self) -> str:
        """count_unique_user of count_unique(user)."""
        return self.name.replace("(", "_").replace(")", "").strip("_")

    @property
    def attr_type(self) -> str:
        return {"integer": "number", "date": "string"}.get(self.type, self.type)


def read_field(name: str) -> Field:
    """Raises ValueError."""
    if name in FIELDS:
        return Field(name, FIELDS[name])
    if match := _TAG.fullmatch(name):
        return Field(name, "string", tag=match[1])
    if match := _CALL.fullmatch(name):
        call, argument = match[1], match[2]
        if call in CALLS and (call == "count_unique") == bool(argument):
            if argument:
                read_field(argument)
            return Field(name, CALLS[call], call=call, argument=argument)
        raise ValueError(f"“{name[:60]}” is no function that is known here.")
    if re.fullmatch(r"[\w.:\-]{1,200}", name):
        return Field(name, "string", tag=name)
    raise ValueError(f"“{name[:60]}” is no field.")


def value_of(row: Mapping[str, Any], field: Field) -> Any:
    if field.tag:
        return row["tags"].get(field.tag)
    return row.get(field.name)


def grouped(rows: Iterable[Mapping[str, Any]], fields: Sequence[Field]) -> list[Json]:
    """One row for each combination of the plain fields, with what the functions say of it."""
    plain = [field for field in fields if not field.call]
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(value_of(row, field) for field in plain), []).append(row)
    found = []
    for key, members in groups.items():
        values = dict(zip((field.name for field in plain), key, strict=True))
        for field in fields:
            if field.call:
                values[field.name] = _CALLED[field.call](members, field)
        found.append({field.name: values[field.name] for field in fields})
    return found


def _unique(rows: Sequence[Mapping[str, Any]], field: Field) -> int:
    of = read_field(field.argument)
    return len({value for row in rows if (value := value_of(row, of)) not in (None, "")})


_CALLED: Mapping[str, Callable[[Sequence[Mapping[str, Any]], Field], Any]] = {
    "count": lambda rows, field: len(rows),
    "count_unique": _unique,
    "last_seen": lambda rows, field: max(row["timestamp"] for row in rows),
    "first_seen": lambda rows, field: min(row["timestamp"] for row in rows),
}


def ordered(rows: list[Json], sorts: Sequence[str]) -> list[Json]:
    """sorts: names of fields, with - for descending; the first counts most."""
    for sort in reversed(sorts):
        name = sort.removeprefix("-")
        rows.sort(
            key=lambda row: _comparable(row.get(name)),
            reverse=sort.startswith("-"),
        )
    return rows


def _comparable(value: Any) -> tuple[int, float, str]:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return 1, float(value), ""
    return (0, 0.0, "") if value is None else (1, 0.0, str(value))


def event_row(
    *,
    event_id: str,
    at: datetime,
    level: str,
    platform: str,
    issue: tuple[int, str],
    project: tuple[int, str, str],
    title: str,
    culprit: str,
    fields: Mapping[str, str],
    tags: Mapping[str, Any],
    trace: str,
) -> Json:
    """issue: number and short id. project: number, slug and name."""
    user = str(tags.get("user", ""))
    kind, _, name = user.partition(":")
    return {
        "id": event_id,
        "title": title,
        "message": fields.get("message") or title,
        "level": level,
        "timestamp": stamp(at),
        "issue": issue[1],
        "issue.id": issue[0],
        "project": project[1],
        "project.name": project[1],
        "project.id": project[0],
        "environment": tags.get("environment"),
        "release": tags.get("release"),
        "transaction": tags.get("transaction"),
        "url": tags.get("url"),
        "user": user or None,
        "user.id": name if kind == "id" else None,
        "user.email": name if kind == "email" else None,
        "user.username": name if kind == "username" else None,
        "user.ip": name if kind == "ip" else None,
        "user.display": name or None,
        "error.type": fields.get("error.type"),
        "error.value": fields.get("error.value"),
        "platform": platform,
        "culprit": culprit,
        "trace": trace or None,
        "event.type": "error" if fields.get("error.type") else "default",
        "tags": {str(key): str(value) for key, value in tags.items()},
    }
