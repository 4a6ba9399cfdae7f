"""Reports that browsers send by themselves: CSP, Expect-CT, Expect-Staple, HPKP. Pure.

    {"csp-report": {"document-uri": "https://shop.example/cart", "effective-directive": "img-src", ...}}
    [{"type": "csp-violation", "url": "https://shop.example/", "body": {"documentURL": ...}}, ...]   Reporting API

Each report becomes an envelope item `raw_security`, and when it is digested an event whose `csp` (or `hpkp` ...) is
what titles and grouping read. Source: ingest contract, section 9.1.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ingest import auth, envelope, lenient
from ingest.legacy import BodyError, WrongContentType, media_type

MAX_BYTES = 64 * 1024
CONTENT_TYPES = frozenset(
    (
        "application/csp-report",
        "application/json",
        "application/expect-ct-report",
        "application/expect-ct-report+json",
        "application/expect-staple-report",
        "application/reports+json",
    )
)
# Old wrappers -> the event type and attribute.
_WRAPPERS = {
    "csp-report": "csp",
    "expect-ct-report": "expectct",
    "expect-staple-report": "expectstaple",
}
# Of the Reporting API -> the names of report-uri.
_NAMES = {
    "documentURL": "document-uri",
    "referrer": "referrer",
    "blockedURL": "blocked-uri",
    "effectiveDirective": "effective-directive",
    "violatedDirective": "violated-directive",
    "originalPolicy": "original-policy",
    "disposition": "disposition",
    "sourceFile": "source-file",
    "lineNumber": "line-number",
    "columnNumber": "column-number",
    "statusCode": "status-code",
    "sample": "script-sample",
}
_TELLING = (
    *("document-uri", "effective-directive", "violated-directive", "blocked-uri"),
    *("disposition", "hostname", "host", "url"),
)
_EXTENSIONS = (
    "chrome-extension",
    "moz-extension",
    "safari-extension",
    "safari-web-extension",
    "ms-browser-extension",
    "chromeinvoke",
    "chromeinvokeimmediate",
    "mbinit",
    "webviewprogressproxy",
    "about",
)


def to_envelope(
    body: bytes,
    *,
    content_type: str,
    query: str,
    user_agent: str,
    referer: str,
    new_id: Callable[[], str],
) -> tuple[str, bytes]:
    """(event id, the envelope to spool): one item for each report.

    body: Content-Encoding undone. query: of the request; names release and environment. The id is the first report's.
    Raises BodyError, WrongContentType.
    """
    if media_type(content_type) not in CONTENT_TYPES:
        raise WrongContentType(f"security reports are JSON, not {content_type[:60]!r}")
    try:
        value = lenient.loads(body)
    except lenient.JSONError as error:
        raise BodyError(str(error)) from error
    reports = value if isinstance(value, list) else [value]
    if not all(isinstance(report, dict) for report in reports):
        raise BodyError("a security report is a JSON object, or a list of them")
    if len(reports) > envelope.MAX_ITEMS:
        raise BodyError(f"more than {envelope.MAX_ITEMS} reports in one request")
    given = auth.fields(query)
    common = {
        "type": "raw_security",
        "release": lenient.line(given.get("sentry_release"), 250),
        "environment": lenient.line(given.get("sentry_environment"), 64),
        "user_agent": lenient.line(user_agent, 500),
        "referer": lenient.line(referer, 2000),
    }
    ids = [new_id() for _ in reports]

    def items() -> Iterator[tuple[Mapping[str, Any], bytes]]:
        for event_id, report in zip(ids, reports, strict=True):
            yield {**common, "event_id": event_id}, lenient.dumps(report)

    return ids[0] if ids else "", envelope.build({}, items())


def read(report: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """(event type, the report's own body by the names of report-uri); None if it is of a kind that is not kept."""
    for wrapper, kind in _WRAPPERS.items():
        inner = report.get(wrapper)
        if isinstance(inner, dict):
            return kind, inner
    body = report.get("body")
    if isinstance(body, dict) and "type" in report:
        if report["type"] != "csp-violation":
            return None
        named: dict[str, Any] = {}
        for name, value in body.items():
            named[str(_NAMES.get(name, name))] = value
        named.setdefault("document-uri", report.get("url"))
        named.setdefault("user-agent", report.get("user_agent"))
        return "csp", {name: value for name, value in named.items() if value is not None}
    if "known-pins" in report or "noted-hostname" in report:
        return "hpkp", dict(report)
    return None


def is_noise(body: Mapping[str, Any]) -> bool:
    """Whether a browser extension, not the page, was blocked."""
    for name in ("blocked-uri", "source-file"):
        value = body.get(name)
        if isinstance(value, str) and value.partition(":")[0].strip().lower() in _EXTENSIONS:
            return True
    return False


def to_event(
    kind: str, body: Mapping[str, Any], headers: Mapping[str, Any], event_id: str
) -> dict[str, Any]:
    """kind, body: from `read`. headers: of the item, as `to_envelope` wrote them; all may be missing."""
    agent = _text(headers.get("user_agent")) or _text(body.get("user-agent"))
    referer = _text(body.get("referrer")) or _text(headers.get("referer"))
    document = _text(body.get("document-uri"))
    event: dict[str, Any] = {
        "event_id": event_id,
        "type": kind,
        "logger": kind,
        "platform": "javascript",
        "level": "warning" if body.get("disposition") == "report" else "error",
        # What titles and grouping read; all of it is a context, which the page of the event shows.
        kind: {name: body[name] for name in _TELLING if name in body} or {"type": kind},
        "contexts": {kind: {**body, "type": kind}},
        "request": {
            "url": document,
            "headers": [
                [name, value]
                for name, value in (("Referer", referer), ("User-Agent", agent))
                if value
            ],
        },
    }
    directive = _text(body.get("effective-directive")) or _text(body.get("violated-directive"))
    tags = {
        "effective-directive": directive.partition(" ")[0],
        "blocked-uri": _text(body.get("blocked-uri")),
    }
    event["tags"] = {name: value for name, value in tags.items() if value}
    for name in ("release", "environment"):
        if value := _text(headers.get(name)):
            event[name] = value
    return event


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
