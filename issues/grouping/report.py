"""Security reports of browsers: what was blocked, not where. Pure.

{"document-uri": "https://shop.example/a", "effective-directive": "script-src-elem", "blocked-uri": "https://x.example/a.js"}
the same with _ for -, below "csp-report" or "body", or in camel case (Reporting API)
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from issues.titles import csp_title, report_title

from .result import Result, rows

KINDS = ("csp", "hpkp", "expectct", "expectstaple")
_KEYWORDS = frozenset(
    (
        "inline",
        "eval",
        "self",
        "data",
        "blob",
        "wasm-eval",
        "trusted-types-policy",
        "trusted-types-sink",
    )
)
_MAX = 200


def report_of(event: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
    """(kind, its body), or None if the event is no report."""
    named = event.get("type")
    if named not in KINDS and event.keys().isdisjoint(KINDS):
        return None
    for kind in KINDS:
        body = event.get(kind)
        if isinstance(body, Mapping) or named == kind:
            return kind, _unwrapped(body if isinstance(body, Mapping) else {})
    return None


def _unwrapped(body: Mapping[str, Any]) -> Mapping[str, Any]:
    for wrapper in ("csp-report", "csp_report", "expect-ct-report", "expect-staple-report", "body"):
        inner = body.get(wrapper)
        if isinstance(inner, Mapping):
            return inner
    return body


def field(body: Mapping[str, Any], *names: str) -> str:
    """The first of these attributes, spelled `blocked-uri`, `blocked_uri` or `blockedURI`."""
    spelled = {
        key.replace("-", "").replace("_", "").lower(): value
        for key, value in body.items()
        if isinstance(key, str)
    }
    for name in names:
        value = spelled.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()[:2000]
    return ""


def directive_of(body: Mapping[str, Any]) -> str:
    """`script-src` for `script-src-elem https://x.example`; "" if there is none."""
    text = field(body, "effectivedirective", "violateddirective")
    word = text.split()[0].lower()[:_MAX] if text else ""
    return word.removesuffix("-elem").removesuffix("-attr")


def target_of(body: Mapping[str, Any]) -> str:
    """The host that was blocked, `self` for the document's own, or a keyword such as `inline`."""
    blocked = field(body, "blockeduri", "blockedurl")
    if not blocked:
        return "self"
    word = blocked.strip("'").lower()
    if word in _KEYWORDS:
        return word
    scheme = word.partition(":")[0]
    if scheme in ("data", "blob", "about", "filesystem"):
        return scheme
    host = host_of(word)
    own = host_of(field(body, "documenturi", "documenturl").lower())
    return "self" if host and host == own else host or scheme[:_MAX]


def host_of(url: str) -> str:
    """The host without port; "" if there is none."""
    try:
        return (urlsplit(url if "//" in url else f"//{url}").hostname or "")[:_MAX]
    except ValueError:
        return ""


def group_report(kind: str, body: Mapping[str, Any]) -> Result:
    if kind == "csp":
        directive, target = directive_of(body), target_of(body)
        return Result(
            kind="report",
            component=("csp", directive, target),
            title=csp_title(directive, target),
            explain=rows(
                (
                    ("directive", directive, "effective directive"),
                    ("target", target, "what was blocked"),
                ),
                (("document, line and sample", "one cause shows up on many pages"),),
            ),
        )
    host = field(body, "hostname", "host")[:_MAX] or host_of(field(body, "url", "documenturi"))
    return Result(
        kind="report",
        component=(kind, host),
        title=report_title(kind, host),
        explain=rows((("report", kind, "kind of report"), ("host", host, "the host it is about"))),
    )
