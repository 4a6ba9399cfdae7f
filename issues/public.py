"""What of an event may be seen by whoever has a public link. Pure.

Its exceptions with their code, and tags that say nothing of persons.
"""

import re
from collections.abc import Mapping
from typing import Any

from issues.text import line, mapping, sequence

# What SDKs and normalisation set. A project's own tags may hold anything, so they stay inside.
TAGS = (
    *("environment", "release", "dist", "level", "platform", "handled", "mechanism", "logger"),
    *("runtime", "runtime.name", "os", "os.name", "browser", "browser.name", "device.family"),
    *("sdk.name", "sdk"),
)
HIDDEN = "[hidden]"

_FRAME = (
    *("filename", "function", "module", "package", "lineno", "colno", "in_app"),
    *("pre_context", "context_line", "post_context"),
)
_PERSONAL = re.compile(
    r"[\w.+%-]{1,64}@(?:[\w-]{1,63}\.){1,5}[A-Za-z]{2,24}\b"  # e-mail addresses; not package@1.2.3
    r"|(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"  # IPv4
    r"|(?<![\w:])(?:[0-9a-fA-F]{1,4}:){3,7}:?[0-9a-fA-F]{0,4}(?![\w:])"  # IPv6
    r"|(?<=[?&])[\w.-]{1,64}=[^\s&\"']{1,500}"  # queries of URLs
)


def public(data: Mapping[str, Any]) -> dict[str, Any]:
    """data: the canonical payload. Without user, request, breadcrumbs, contexts, extra, variables and full paths."""
    values = [
        {
            "type": value.get("type"),
            "value": hidden(value.get("value")),
            "mechanism": {"source": mapping(value.get("mechanism")).get("source")},
            "stacktrace": _stack(value.get("stacktrace")),
        }
        for value in map(mapping, sequence(mapping(data.get("exception")).get("values")))
    ]
    return {
        "platform": data.get("platform"),
        "exception": {"values": values},
        "stacktrace": _stack(data.get("stacktrace")),
    }


def public_tags(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    tags = mapping(data.get("tags"))
    return [(key, line(tags[key], 200)) for key in TAGS if key in tags]


def hidden(value: Any) -> str:
    """A text without addresses of people and machines."""
    return _PERSONAL.sub(HIDDEN, value[:10_000]) if isinstance(value, str) else ""


def _stack(stack: Any) -> dict[str, Any]:
    frames = map(mapping, sequence(mapping(stack).get("frames")))
    return {"frames": [{key: frame[key] for key in _FRAME if key in frame} for frame in frames]}
