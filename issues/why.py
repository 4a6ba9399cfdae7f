"""Why events are together: the explanation of a grouphash in words, and what could change it. Pure.

Source: grouping contract, section 17.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from issues.grouping.rules.syntax import quoted
from issues.text import clean, line, mapping, sequence

_LABELS = {
    "type": "Type",
    "reason": "Reason",
    "place": "Place",
    "message": "Message",
    "template": "Template",
    "fingerprint": "Fingerprint",
    "logger": "Logger",
    "caused by": "Caused by",
    "group": "With",
    "fallback": "Start of the text",
    "grouping error": "What failed",
}
_KINDS = {
    "empty": "Grouped with all events that have neither exception, message nor stack trace.",
    "fallback": "Grouping failed for these events; they are together by the start of their text.",
    "various": "Gathered because the type and the place are the same and the texts do not end.",
}
_MAX_NAME = 120  # characters of a name in a suggested rule


@dataclass(frozen=True, slots=True)
class Line:
    label: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What could be done about the grouping. rule: to start from; parameter: which list it belongs to."""

    words: str
    rule: str = ""
    parameter: str = ""


@dataclass(frozen=True, slots=True)
class Why:
    """sentence: in a line. note: what is special about how this event came here, "" if nothing."""

    lines: tuple[Line, ...]
    ignored: tuple[tuple[str, str], ...]  # what, why
    text: str  # the template where one was used
    hash: str
    config: str
    sentence: str = ""
    note: str = ""
    advice: tuple[Advice, ...] = ()
    is_failure: bool = False


def why(stored: Any, hash: str, config: str, note: str = "") -> Why | None:
    """None if nothing was stored: then nothing is said."""
    found = mapping(stored)
    rows = [
        [line(part, 300) for part in sequence(item)[:3]]
        for item in sequence(found.get("lines"))[:20]
    ]
    rows = [row for row in rows if len(row) >= 2 and row[1]]
    lines = [
        Line(_LABELS.get(row[0], row[0].capitalize()), row[1], row[2] if len(row) > 2 else "")
        for row in rows
    ]
    ignored = []
    for item in sequence(found.get("ignored"))[:20]:
        parts = [line(part, 200) for part in sequence(item)[:2]]
        if parts and parts[0]:
            ignored.append((parts[0], parts[1] if len(parts) > 1 else ""))
    text = clean(found.get("text"), 500)
    if any(text == said.value for said in lines):
        text = ""
    kind = line(found.get("kind"), 20)
    if not lines and not text and kind not in _KINDS:
        return None
    said = {row[0]: row[1] for row in reversed(rows)}
    names = {key: line(name, _MAX_NAME) for key, name in mapping(found.get("names")).items()}
    return Why(
        tuple(lines),
        tuple(ignored),
        text,
        hash,
        line(found.get("config") or config, 16),
        sentence=_sentence(kind, said),
        note=note,
        advice=_advice(kind, said, names),
        is_failure=kind == "fallback",
    )


def _sentence(kind: str, said: dict[str, str]) -> str:
    if kind in _KINDS:
        return _KINDS[kind]
    if kind == "fingerprint":
        by = "a rule of the project gives" if "rule" in said else "the client sends"
        return f"Grouped by the fingerprint alone that {by}."
    names = [_LABELS.get(name, name).lower() for name in said if name != "rule"]
    # As they are listed: the type first.
    names.reverse()
    if not names:
        return ""
    return f"Grouped because the {_listed(names)} {'are' if len(names) > 1 else 'is'} the same."


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _advice(kind: str, said: dict[str, str], names: dict[str, str]) -> tuple[Advice, ...]:
    """What the SDK or a rule could change about it. names: of type and function, as rules match them."""
    if "rule" in said:
        return (Advice("Change or delete the rule to group these events otherwise."),)
    matchers = [f"{key}:{quoted(name)}" for key, name in names.items() if name]
    if said.get("logger"):
        matchers.append(f"logger:{quoted(said['logger'][:_MAX_NAME])}")
    matcher = " ".join(matchers)
    if "fingerprint" in said:
        words = (
            "The application sends it: look for fingerprint in its scopes and in before_send. "
            "A rule replaces it."
        )
        return (_suggestion(words, matcher and f"{matcher} -> {{{{ default }}}}"),)
    advice: list[Advice] = []
    if matcher:
        words = "Too much in one issue? A rule can add what tells the cases apart."
        advice.append(_suggestion(words, f"{matcher} -> {{{{ default }}}}, {{{{ transaction }}}}"))
        words = "One problem in several issues? A rule can give them one fingerprint."
        advice.append(_suggestion(words, f"{matchers[0]} -> {_slug(names, said)}"))
    if names.get("function") and "place" in said:
        words = "Is this function only a helper? A rule makes its caller the place."
        rule = f"function:{quoted(names['function'])} -group"
        advice.append(Advice(words, rule, "stack_rule"))
    if "reason" in said or "message" in said:
        words = "Data in the text? Log a template with its arguments, or put the data into tags or the context."
        advice.append(Advice(words))
    if kind == "fallback":
        words = (
            "This is a fault of the program: please report what failed. Once that is mended, or the rule that led "
            "to it is changed, a dry run over the stored events puts these where they belong."
        )
        return (Advice(words),)
    if kind == "empty":
        words = "Send a message or an exception, so that these events can be told apart."
        advice.append(Advice(words))
    return tuple(advice)


def _suggestion(words: str, rule: str) -> Advice:
    return Advice(words, rule, "rule" if rule else "")


def _slug(names: dict[str, str], said: dict[str, str]) -> str:
    name = names.get("type") or said.get("logger") or names.get("function") or ""
    slug = "".join(c if c.isalnum() else "-" for c in name[:60]).strip("-").lower()
    return slug or "one-problem"
