"""Fingerprints that clients send, with their variables. Pure.

["{{ default }}", "{{ tags.tenant }}"]
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from issues.parameterize import parameterise

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
    for member in members:
        if is_default(member):
            components.append(("default", result.component))
            shown.append("{{ default }}")
        else:
            text = substitute(member, event, result)
            components.append(text)
            shown.append(text)
    return ("fingerprint", *components), tuple(shown)


def substitute(text: str, event: Mapping[str, Any], result: Result) -> str:
    """Replace the variables; what is missing becomes `<no-NAME>`, unknown variables stay."""
    if "{{" not in text:
        return text

    def replace(match: re.Match[str]) -> str:
        name = match[1]
        if name.startswith("tags."):
            tags = event.get("tags")
            value = tags.get(name[5:]) if isinstance(tags, Mapping) else None
            return value if isinstance(value, str) and value else f"<no-{name}>"
        read = _VARIABLES.get(name)
        if read is None:
            return match[0]
        return read(event, result) or f"<no-{name.rpartition('.')[2]}>"

    return _VARIABLE.sub(replace, text)


def _attribute(name: str) -> Callable[[Mapping[str, Any], Result], str]:
    def read(event: Mapping[str, Any], result: Result) -> str:
        value = event.get(name)
        return value if isinstance(value, str) else ""

    return read


def _of_frame(name: str) -> Callable[[Mapping[str, Any], Result], str]:
    def read(event: Mapping[str, Any], result: Result) -> str:
        value = result.frame.get(name) if result.frame else None
        return value if isinstance(value, str) else ""

    return read


def _message(event: Mapping[str, Any], result: Result) -> str:
    return parameterise(message_texts(event)[0] or result.value)


def _path(event: Mapping[str, Any], result: Result) -> str:
    frame = result.frame or {}
    path = frame.get("abs_path") or frame.get("filename")
    return clean_path(path) if isinstance(path, str) else ""


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
