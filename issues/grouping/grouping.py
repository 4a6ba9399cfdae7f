"""The answer of grouping. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from issues.titles import culprit, cut

from .configs import Config
from .explain import explanation
from .hashing import digest
from .result import Result, Rule
from .vocabulary import short_type

VARIOUS = "various messages"
_MAX_NAME = 120  # characters


@dataclass(frozen=True)
class Grouping:
    """hashes: 32 hex digits each, most preferred first; the first known one decides.

    kind: exception, message, stack, report, template, empty; "fingerprint" if that of the client
    or of a rule replaces them; "fallback" if grouping failed (see `failed`); "various" for
    `Grouping.various`.
    config: the label of the config.
    type, value: those of the lead exception; for messages the text is the value.
    template: the text without its data, where a text contributed.
    error, failed_at: what went wrong with grouping, and where in its code.
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
    failed_at: str = field(default="", repr=False, compare=False)
    rule: Rule | None = None
    _earlier: "Callable[[], Grouping] | None" = field(default=None, repr=False, compare=False)

    @classmethod
    def of(
        cls,
        event: Mapping[str, Any],
        config: Config,
        result: Result,
        hashes: tuple[str, ...],
        *,
        earlier: "Callable[[], Grouping] | None" = None,
        fingerprint: tuple[str, ...] = (),
        rule: Rule | None = None,
        title: str = "",
    ) -> "Grouping":
        """title: of the rule, "" if it gives none."""
        kind = result.kind
        if fingerprint and "{{ default }}" not in fingerprint:
            kind = "fingerprint"
        return cls(
            hashes=hashes,
            kind=kind,
            config=config.label,
            title=cut(title) or result.title,
            culprit=culprit(result.place.label, event),
            type=result.type,
            value=result.value,
            template=result.text,
            result=result,
            fingerprint=fingerprint,
            rule=rule,
            _earlier=earlier,
        )

    @cached_property
    def earlier(self) -> tuple[str, ...]:
        """The hashes that the previous config would have given; () if nothing is to be kept together.

        What a fingerprint rule says counts at once: whoever writes one wants the issues that it makes.
        """
        if self._earlier is None or self.rule is not None:
            return ()
        before = self._earlier()
        return () if before.failed else before.hashes

    @cached_property
    def family(self) -> str:
        """A hash of all but the text, "" where no text contributes or a fingerprint decides."""
        if self.result is None or self.result.family is None or self.fingerprint:
            return ""
        return digest(self.result.family, "family")

    def various(self) -> "Grouping":
        """For the issue that gathers texts of one family that do not end."""
        assert self.family
        name = self.type or (self.result.place.label if self.result else "")
        title = f"{name}: {VARIOUS}" if name else VARIOUS.capitalize()
        return replace(
            self,
            hashes=(digest(("various", self.family), "family"),),
            kind="various",
            title=cut(title),
            value=VARIOUS,
            template=None,
        )

    @cached_property
    def why(self) -> Mapping[str, Any]:
        """The explanation as JSON of at most 2 KB; made on demand, for only a new hash needs it."""
        result = self.result
        if result is None:
            row = ("fallback", self.title, "platform, type or logger, and start of the text")
            trouble = ("grouping error", self.error, self.failed_at)
            return explanation(kind=self.kind, config=self.config, lines=(row, trouble), ignored=())
        decided = self.kind == "fingerprint"
        lines, ignored = result.explain()
        if decided:
            lines, ignored = (), (("type, reason and place", "the fingerprint decides"),)
        if self.kind == "various":
            lines = tuple(line for line in lines if line[0] not in ("reason", "message"))
            ignored = (("message", "there are too many different ones"), *ignored)
        if self.fingerprint:
            by = "given by a rule" if self.rule else "sent by the client"
            lines = (("fingerprint", ", ".join(self.fingerprint), by), *lines)
        if self.rule is not None:
            note = f"line {self.rule.line} of the project's fingerprint rules"
            lines = (("rule", self.rule.text, note), *lines)
        return explanation(
            kind=self.kind,
            config=self.config,
            lines=lines,
            ignored=ignored,
            lead=result.lead,
            frames=() if decided else result.place.frames,
            text=None if decided else self.template,
            names=self._names(result),
        )

    def _names(self, result: Result) -> Mapping[str, str]:
        """Those that a pattern can hold."""
        names = {"type": short_type(self.type) if self.type else "", "function": result.part.name}
        return {key: name for key, name in names.items() if 0 < len(name) <= _MAX_NAME}
