"""What an issue is called and where it happened, in one line each. Pure.

Titles and locations are for people: neither contributes to a grouphash.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from issues.parameterize import first_line

MAX_TITLE = 256
MAX_CULPRIT = 256
NO_MESSAGE = "<no message>"

_NOUNS = {
    "script-src": "script",
    "style-src": "style",
    "img-src": "image",
    "font-src": "font",
    "media-src": "media",
    "object-src": "object",
    "connect-src": "connect",
    "frame-src": "frame",
    "frame-ancestors": "frame",
    "manifest-src": "manifest",
    "worker-src": "worker",
    "child-src": "child",
    "form-action": "form",
    "base-uri": "base",
}
_REPORTS = {
    "hpkp": "Public key pinning failed",
    "expectct": "Expect-CT failed",
    "expectstaple": "Expect-Staple failed",
}


def cut(text: str, limit: int = MAX_TITLE) -> str:
    """At most `limit` characters, the last one an ellipsis if something is missing."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def exception_title(
    kind: str, value: str, *, function: str = "", synthetic: bool = False, others: int = 0
) -> str:
    """`TYPE: first line of value`, or as much of it as there is.

    kind: full type name, "" if unknown. function: named where neither type nor value is there.
    synthetic: type and value say little, the function more. others: further failures of a group.
    """
    name = _without_generics(kind)
    text = first_line(value)
    if synthetic and name and function:
        title = f"{name} in {function}"
    elif name and text:
        title = f"{name}: {text}"
    else:
        title = name or text or function or NO_MESSAGE
    if not others:
        return cut(title)
    suffix = f" (and {others} other error{'s' if others > 1 else ''})"
    return cut(title, MAX_TITLE - len(suffix)) + suffix


def _without_generics(kind: str) -> str:
    name = kind.partition("\0")[0].partition("`")[0].strip()
    anonymous = name.find("@anonymous")
    if anonymous >= 0:
        name = name[: anonymous + len("@anonymous")]
    return name if name.startswith("<") else name.partition("<")[0]


def message_title(text: str) -> str:
    """The first line of a message."""
    return cut(first_line(text)) or NO_MESSAGE


def csp_title(directive: str, target: str) -> str:
    """`Blocked 'image' from 'evil.example'`, `Blocked inline 'script'`."""
    noun = _NOUNS.get(directive, directive) or "content"
    if target in ("inline", "eval", "wasm-eval"):
        return cut(f"Blocked {target} '{noun}'")
    return cut(
        f"Blocked '{noun}' from '{target}:'"
        if target in ("data", "blob")
        else f"Blocked '{noun}' from '{target}'"
    )


def report_title(kind: str, host: str) -> str:
    """The title of a report that is not about a content security policy."""
    words = _REPORTS.get(kind, kind)
    return cut(f"{words} for '{host}'" if host else words)


def culprit(label: str, event: Mapping[str, Any]) -> str:
    """`name in where` of the place, else the transaction, the path of the URL, the logger."""
    return cut(
        label or text_of(event, "transaction") or _url_path(event) or text_of(event, "logger"),
        MAX_CULPRIT,
    )


def text_of(attributes: Mapping[str, Any], name: str) -> str:
    """An attribute that is a string, "" if it is anything else."""
    value = attributes.get(name)
    return value if isinstance(value, str) else ""


def _url_path(event: Mapping[str, Any]) -> str:
    request = event.get("request")
    url = request.get("url") if isinstance(request, Mapping) else None
    if not isinstance(url, str):
        return ""
    try:
        return urlsplit(url[:2048]).path
    except ValueError:
        return ""
