"""Fingerprints that clients send or rules give, with their variables. Pure.

["{{ default }}", "{{ tags.tenant }}"]
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from issues.parameterize import first_line, parameterise
from issues.titles import text_of

from .hashing import Component
from .message import message_texts
from .paths import clean_path
from .result import Result

_MAX_MEMBERS = 50
_MAX_MEMBER = 8192
_VARIABLE = re.compile(r"\{\{\s{0,8}([\w.:-]{1,200})\s{0,8}\}\}")
_DEFAULT = re.compile(r"\s*\{\{\s{0,8}default\s{0,8}\}\}\s*")


def is_default(member: str) -> bool:
    return _DEFAULT.fullmatch(member[:100]) is not None


def client_fingerprint(event: Mapping[str, Any]) -> tuple[str, ...]:
    """The event's own fingerprint; () if it is absent, empty or asks for the default alone."""
    members = event.get("fingerprint")
    if not isinstance(members, Sequence) or isinstance(members, str):
        return ()
    texts = tuple(m[:_MAX_MEMBER] for m in members[:_MAX_MEMBERS] if isinstance(m, str))
    return () if all(is_default(text) for text in texts) else texts


def fingerprint_component(
    members: Sequence[str], event: Mapping[str, Any], result: Result
) -> tuple[Component, tuple[str, ...]]:
    """(what to hash, the members as people read them)."""
    components: list[Component] = []
    shown: list[str] = []
    variables: dict[str, str] = {}
    for member in members:
        if is_default(member):
            components.append(("default", result.component))
            shown.append("{{ default }}")
        else:
            text = _substitute(member, event, result, variables)
            components.append(text)
            shown.append(text)
    return ("fingerprint", *components), tuple(shown)


def _substitute(
    text: str, event: Mapping[str, Any], result: Result, variables: dict[str, str]
) -> str:
    """Replace the variables; what is missing becomes `<no-NAME>`, unknown variables stay.

    variables: those already read, for one may stand in many members.
    """
    if "{{" not in text:
        return text

    def replace(match: re.Match[str]) -> str:
        name = match[1]
        if name not in variables:
            variables[name] = _read(name, event, result)
        return variables[name] or match[0]

    return _VARIABLE.sub(replace, text)[:_MAX_MEMBER]


def rule_title(text: str, event: Mapping[str, Any], result: Result) -> str:
    """The title that a rule gives. Unlike in fingerprints, values are those of the event, with their data."""
    message = first_line(message_texts(event)[1] or result.value)
    value = first_line(result.value) if result.kind == "exception" else ""
    whole = {"error.value": value, "value": value, "message": message}
    variables = {name: found or f"<no-{name.rpartition('.')[2]}>" for name, found in whole.items()}
    return " ".join(_substitute(text, event, result, variables).split())


def _read(name: str, event: Mapping[str, Any], result: Result) -> str:
    """The value of a variable, "" if there is no such variable."""
    if name.startswith("tags."):
        tags = event.get("tags")
        value = text_of(tags, name[5:]) if isinstance(tags, Mapping) else ""
        return value or f"<no-{name}>"
    read = _VARIABLES.get(name)
    if read is None:
        return ""
    return read(event, result) or f"<no-{name.rpartition('.')[2]}>"


def _attribute(name: str) -> Callable[[Mapping[str, Any], Result], str]:
    def read(event: Mapping[str, Any], result: Result) -> str:
        return text_of(event, name)

    return read


def _of_frame(name: str) -> Callable[[Mapping[str, Any], Result], str]:
    def read(event: Mapping[str, Any], result: Result) -> str:
        return text_of(result.frame or {}, name)

    return read


def _message(event: Mapping[str, Any], result: Result) -> str:
    return parameterise(message_texts(event)[0] or result.value)


def _path(event: Mapping[str, Any], result: Result) -> str:
    frame = result.frame or {}
    return clean_path(text_of(frame, "abs_path") or text_of(frame, "filename"))


def _type(event: Mapping[str, Any], result: Result) -> str:
    return result.type


def _value(event: Mapping[str, Any], result: Result) -> str:
    return parameterise(result.value) if result.kind == "exception" else ""


def _function(event: Mapping[str, Any], result: Result) -> str:
    return result.part.name or _of_frame("function")(event, result)


_VARIABLES: dict[str, Callable[[Mapping[str, Any], Result], str]] = {
    "error.type": _type,
    "type": _type,
    "error.value": _value,
    "value": _value,
    "message": _message,
    "function": _function,
    "stack.function": _function,
    "module": _of_frame("module"),
    "stack.module": _of_frame("module"),
    "package": _of_frame("package"),
    "stack.package": _of_frame("package"),
    "path": _path,
    "stack.abs_path": _path,
    "transaction": _attribute("transaction"),
    "level": _attribute("level"),
    "logger": _attribute("logger"),
    "release": _attribute("release"),
    "environment": _attribute("environment"),
}

# {{ default }} and {{ tags.NAME }} beside.
VARIABLE_NAMES = frozenset(_VARIABLES)
