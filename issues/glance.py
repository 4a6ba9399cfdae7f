"""What a list of events shows of each: its title, message and tags, without the expensive rest. Pure.

Variables, breadcrumbs and source code are stepped over, as the digest does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from ingest import lenient
from issues.payload import normalize
from issues.payload.sketch import sketch
from issues.text import line, mapping, sequence, spell, string


@dataclass(frozen=True, slots=True)
class Glance:
    title: str
    text: str  # what words are looked for in, in small letters
    tags: Mapping[str, str]
    fields: Mapping[str, str]  # event_query.FIELDS, those that are there

    @property
    def known(self) -> Mapping[str, str]:
        return {**self.tags, **self.fields}


NOTHING = Glance("", "", {}, {})


def glance(content: bytes) -> Glance:
    """content: as issues.stored keeps it. Raises ValueError for bytes that are neither form."""
    head, newline, raw = content.partition(b"\n")
    value = orjson.loads(head)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    if not newline:
        return _told(value, mapping(value.get("tags")))
    found = sketch(raw)
    event = normalize(
        lenient.load_object(raw, deep=True) if found is None else found,
        received_at=datetime.fromisoformat(value["received_at"]),
        sent_at=datetime.fromisoformat(value["sent_at"]) if value["sent_at"] else None,
        event_id=value["event_id"],
        store_ip=True,
        is_sketch=found is not None,
    )
    return _told(event.data, event.tags)


def _told(data: Mapping[str, Any], tags: Mapping[str, Any]) -> Glance:
    values = [v for v in map(mapping, sequence(mapping(data.get("exception")).get("values"))) if v]
    kind, value = (values[-1].get("type"), values[-1].get("value")) if values else (None, None)
    entry = mapping(data.get("logentry"))
    message = string(entry.get("formatted")) or string(entry.get("message"))
    names = [text for each in (kind, value) if (text := line(each, 300))]
    title = ": ".join(names) or line(message, 300)
    text = "\n".join((title, line(message, 2000), line(data.get("transaction"), 300))).lower()
    fields = {"error.type": kind, "error.value": value, "message": message}
    return Glance(
        title,
        text,
        {k: v if isinstance(v, str) else spell(v) for k, v in tags.items()},
        {name: v for name, v in fields.items() if isinstance(v, str) and v},
    )
