"""The answer of grouping. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from issues.titles import culprit

from .configs import Config
from .explain import explanation
from .result import Result


@dataclass(frozen=True)
class Grouping:
    """hashes: 32 hex digits each, most preferred first; the first known one decides.

    kind: exception, message, stack, report, template, empty; "fingerprint" if the client's
    fingerprint replaces them; "fallback" if grouping failed (see `failed`).
    type, value: those of the lead exception; for messages the text is the value.
    template: the text without its data, where a text contributed.
    """

    hashes: tuple[str, ...]
    kind: str
    config: str
    title: str
    culprit: str
    type: str = ""
    value: str = ""
    template: str | None = None
    failed: bool = False
    result: Result | None = field(default=None, repr=False, compare=False)
    fingerprint: tuple[str, ...] = ()
    error: str = field(default="", repr=False, compare=False)

    @classmethod
    def of(
        cls,
        event: Mapping[str, Any],
        config: Config,
        result: Result,
        hashes: tuple[str, ...],
        *,
        fingerprint: tuple[str, ...] = (),
    ) -> "Grouping":
        kind = result.kind
        if fingerprint and "{{ default }}" not in fingerprint:
            kind = "fingerprint"
        return cls(
            hashes=hashes,
            kind=kind,
            config=config.name,
            title=result.title,
            culprit=culprit(result.place.label, event),
            type=result.type,
            value=result.value,
            template=result.text,
            result=result,
            fingerprint=fingerprint,
        )

    @cached_property
    def why(self) -> Mapping[str, Any]:
        """The explanation as JSON of at most 2 KB; made on demand, for only a new hash needs it."""
        result = self.result
        if result is None:
            row = ("fallback", self.title, f"grouping failed: {self.error}")
            return explanation(kind=self.kind, config=self.config, lines=(row,), ignored=())
        decided = self.kind == "fingerprint"
        lines, ignored = result.explain()
        if decided:
            lines, ignored = (), (("type, reason and place", "the fingerprint decides"),)
        if self.fingerprint:
            lines = (("fingerprint", ", ".join(self.fingerprint), "sent by the client"), *lines)
        return explanation(
            kind=self.kind,
            config=self.config,
            lines=lines,
            ignored=ignored,
            lead=result.lead,
            frames=() if decided else result.place.frames,
            text=None if decided else result.text,
        )
