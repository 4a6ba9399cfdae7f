"""An event without its secrets. Pure.

A filtered value is `[Filtered]`, and `_meta` says so at the same place, as Sentry's own does:

    {"user": {"password": {"": {"rem": [["@password", "s", 0, 10]], "len": 7}}}}
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import orjson

from issues.payload.ledger import write_meta
from issues.payload.text import cut
from issues.payload.types import DEFAULT_LIMITS, EventData
from issues.payload.user import user_key
from issues.scrub.gate import Gate
from issues.scrub.look import MAX_NAME, Look, is_secret
from issues.scrub.names import HARMLESS, Names
from issues.scrub.patterns import compile_patterns
from issues.scrub.rewrite import Edit, Finder, edited
from issues.scrub.values import FILTERED

MAX_MARKS = 500
MAX_TAG = DEFAULT_LIMITS.tag_length


class Scrubber:
    """The rules of a project. Keeps what it has learnt of harmless names and source lines; use `scrubber()`.

    extra_names: contained in a name that hides its value; safe_names: whole names that do not.
    patterns: see issues.scrub.patterns.
    """

    def __init__(
        self,
        extra_names: tuple[str, ...] = (),
        safe_names: tuple[str, ...] = (),
        patterns: tuple[str, ...] = (),
    ) -> None:
        self._names = Names(extra_names, safe_names)
        self._patterns = compile_patterns(patterns)
        self._known_sources: set[int] = set()
        self._gate = Gate(self._names)

    def is_clean(self, raw: bytes) -> bool:
        """Whether the event can be kept as it was sent. raw: its JSON. False means: scrub it, and see."""
        return not self._patterns and self._gate.holds_none(raw)

    def learn(self, raw: bytes) -> None:
        """`scrub` found nothing in this event."""
        self._gate.learn(raw)

    def scrub(self, event: EventData) -> EventData:
        """The event itself if there is nothing to scrub. Neither it nor the payload it shares is changed."""
        look = Look()
        look.at(
            event.data, event.tags, event.notes, self._names, self._patterns, self._known_sources
        )
        return self._rewritten(event, look) if look else event

    def _rewritten(self, event: EventData, look: Look) -> EventData:
        finder = Finder(self._names, look)
        edits = finder.event(event.data, event.tags)
        notes = tuple(self._note(note, finder) for note in event.notes)
        meta = self._meta(event.data.get("_meta"), finder)
        if not edits and notes == event.notes and meta == event.data.get("_meta"):
            return event
        data = edited(event.data, [edit for edit in edits if edit.path[0] != "tags"])
        tags = edited(
            event.tags,
            [edit._replace(path=edit.path[1:]) for edit in edits if edit.path[0] == "tags"],
        )
        # What replaces a secret may be longer.
        tags = {name: cut(text, MAX_TAG) for name, text in tags.items()}
        key = user_key(data.get("user", {}))
        if tags.get("user") == event.user_key != key:
            tags["user"] = cut(key, MAX_TAG)
        if "tags" in data:
            data["tags"] = {name: tags[name] for name in data["tags"]}
        meta = _marked(meta or {}, edits)
        for name, value in (("_meta", meta), ("errors", list(notes))):
            if value:
                data[name] = value
        fingerprint = data.get("fingerprint")
        return replace(
            event,
            data=data,
            tags=tags,
            notes=notes,
            user_key=key if event.user_key else "",
            message=data.get("logentry", {}).get("formatted", ""),
            fingerprint=tuple(fingerprint) if fingerprint else event.fingerprint,
            **{name: data.get(name, "") for name in ("logger", "transaction", "server_name")},
        )

    def _note(self, note: Mapping[str, Any], finder: Finder) -> Mapping[str, Any]:
        text = note.get("value")
        if text.__class__ is not str or not text:
            return note
        verdict = self._names.verdict(str(note.get("name", ""))[:MAX_NAME])
        if verdict != HARMLESS and is_secret(text, verdict):
            return {**note, "value": FILTERED}
        new, marks = finder.text(str(text))
        return {**note, "value": new} if marks else note

    @staticmethod
    def _meta(sent: Any, finder: Finder) -> Any:
        """A copy of the sender's `_meta` whose texts are scrubbed, too."""
        if not sent:
            return sent
        copy = orjson.loads(orjson.dumps(sent))
        pending = [copy]
        for container in pending:
            members = container.items() if container.__class__ is dict else enumerate(container)
            for key, value in list(members):
                if key == "val" and value is not None:
                    container[key] = FILTERED
                elif value.__class__ is str:
                    container[key] = finder.text(value)[0]
                elif value.__class__ is dict or value.__class__ is list:
                    pending.append(value)
        return copy


def _marked(meta: dict[str, Any], edits: list[Edit]) -> dict[str, Any]:
    for edit in edits[:MAX_MARKS]:
        entry: dict[str, Any] = {"rem": edit.marks}
        if edit.length is not None:
            entry["len"] = edit.length
        write_meta(meta, edit.path, entry)
    return meta


@lru_cache(maxsize=256)
def scrubber(
    extra_names: tuple[str, ...] = (),
    safe_names: tuple[str, ...] = (),
    patterns: tuple[str, ...] = (),
) -> Scrubber:
    """One for each set of rules: projects with the same rules share what it has learnt."""
    return Scrubber(extra_names, safe_names, patterns)
