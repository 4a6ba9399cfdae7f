"""Which events a project does not want: decided before anything is stored. Pure.

The answer is the reason that the outcome `filtered` is counted under.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import translate
from functools import lru_cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from issues.payload import EventData
from projects.patterns import MAX_FILTER, MAX_FILTERS


class FilterReason(StrEnum):
    ERROR = "error"
    RELEASE = "release"
    ENVIRONMENT = "environment"
    BROWSER_EXTENSION = "browser-extension"
    LOCALHOST = "localhost"
    CRAWLER = "crawler"
    HEALTH_CHECK = "health-check"


@dataclass(frozen=True, slots=True)
class Filters:
    """A project's choice. Patterns: `*`, `?` and `[...]` as in file names, any letter case, for the whole text.

    errors: compared with `Type`, `Type: message` and the message.
    """

    errors: tuple[str, ...] = ()
    releases: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    browser_extensions: bool = False
    localhost: bool = False
    crawlers: bool = False
    health_checks: bool = False


NO_FILTERS = Filters()
MAX_TEXT = 1000  # characters of a message that are compared

_EXTENSION_URL = re.compile(
    r"(?:chrome|moz|safari|safari-web|ms-browser|edge|opera)-extension://|webkit-masked-url://|"
    r"resource://(?!gre/)|file:///C:/Program%20Files/.{0,200}extension",
    re.IGNORECASE,
)
# What extensions, injected scripts and toolbars say of themselves.
_EXTENSION_TEXTS = tuple(
    text.lower()
    for text in (
        "top.GLOBALS",
        "originalCreateNotification",
        "canvas.contentDocument",
        "MyApp_RemoveAllHighlights",
        "atomicFindClose",
        "fb_xd_fragment",
        "bmi_SafeAddOnload",
        "EBCallBackMessageReceived",
        "conduitPage",
        "_gCrWeb",
        "__gCrWeb",
        "Extension context invalidated",
        "webkit-masked-url",
        "chrome-extension://",
        "moz-extension://",
        "runtime.sendMessage",
        "ceCurrentVideo.currentTime",
        "SafariExtension",
        "null is not an object (evaluating 'elt.parentNode')",
        "Could not establish connection. Receiving end does not exist",
    )
)
_CRAWLER = re.compile(
    r"(?<!cu)bot\b|crawl|spider|slurp|facebookexternalhit|mediapartners|bingpreview|google-read-aloud|googleother|"
    r"lighthouse|headlesschrome|phantomjs|pingdom|uptimerobot|statuscake|archive\.org|ia_archiver|embedly|"
    r"outbrain|quora link preview|pinterest/0|whatsapp|yandex(?:images|metrika)|baidu|gptbot|chatgpt-user|ccbot",
    re.IGNORECASE,
)
_HEALTH = re.compile(
    r"(?:health(?:[-_]?checks?|z)?|live(?:ness|z)?|ready|readiness|readyz|livez|ping|heartbeat|status|up|"
    r"_health|__health__|__lbheartbeat__|__heartbeat__)",
    re.IGNORECASE,
)


def reason_to_drop(event: EventData, filters: Filters) -> FilterReason | None:
    """None: keep it."""
    if filters == NO_FILTERS:
        return None
    if filters.releases and event.release and _matches(filters.releases, event.release):
        return FilterReason.RELEASE
    if filters.environments and _matches(filters.environments, event.environment):
        return FilterReason.ENVIRONMENT
    if filters.errors and any(_matches(filters.errors, text) for text in _texts(event)):
        return FilterReason.ERROR
    if filters.localhost and _is_localhost(event):
        return FilterReason.LOCALHOST
    if filters.crawlers and _is_crawler(event):
        return FilterReason.CRAWLER
    if filters.browser_extensions and _is_extension(event):
        return FilterReason.BROWSER_EXTENSION
    if filters.health_checks and _is_health_check(event):
        return FilterReason.HEALTH_CHECK
    return None


def is_health_check(path: str) -> bool:
    """Whether a URL's path, or a transaction's name, is one that load balancers ask for."""
    words = [word for word in path.partition("?")[0].split(" ")[-1].split("/") if word]
    return bool(words) and len(words) <= 4 and _HEALTH.fullmatch(words[-1]) is not None


def _matches(patterns: tuple[str, ...], text: str) -> bool:
    return _compiled(patterns).match(text.lower()) is not None


@lru_cache(maxsize=1024)
def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    # translate() makes stars atomic: no pattern can be made slow.
    texts = (pattern.strip().lower()[:MAX_FILTER] for pattern in patterns[:MAX_FILTERS])
    return re.compile("|".join(translate(text) for text in texts if text) or "(?!)")


def _texts(event: EventData) -> Iterable[str]:
    """What the error is called: of a chain only its end, which is what was reported."""
    if event.message:
        yield event.message[:MAX_TEXT]
    exceptions = _exceptions(event)
    if exceptions:
        kind, value = exceptions[-1].get("type", ""), exceptions[-1].get("value", "")[:MAX_TEXT]
        yield kind
        yield value
        yield f"{kind}: {value}"


def _exceptions(event: EventData) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = event.data.get("exception", {}).get("values", ())
    return found


def _request(event: EventData) -> Mapping[str, Any]:
    found: Mapping[str, Any] = event.data.get("request", {})
    return found


def _header(event: EventData, name: str) -> str:
    return next((text for key, text in _request(event).get("headers", ()) if key == name), "")


def _is_localhost(event: EventData) -> bool:
    url: str = _request(event).get("url", "")
    try:
        host = urlsplit(url[:2048]).hostname if "://" in url else None
    except ValueError:
        return False
    if not host:
        return url.startswith("file://")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_crawler(event: EventData) -> bool:
    return _CRAWLER.search(_header(event, "User-Agent")[:1000]) is not None


def _is_extension(event: EventData) -> bool:
    if event.platform not in ("javascript", "other", "node"):
        return False
    exceptions = _exceptions(event)
    for exception in exceptions[-1:]:
        value = exception.get("value", "")[:MAX_TEXT].lower()
        if any(text in value for text in _EXTENSION_TEXTS):
            return True
        frames = (exception.get("stacktrace") or {}).get("frames") or ()
        # The crash, or whose code was entered first.
        for frame in (*frames[:1], *frames[-1:]):
            if _EXTENSION_URL.match(frame.get("abs_path") or frame.get("filename") or ""):
                return True
    return False


def _is_health_check(event: EventData) -> bool:
    return is_health_check(event.transaction) or is_health_check(
        _request(event).get("url", "").partition("://")[2].partition("/")[2]
    )
