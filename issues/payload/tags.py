"""Tags: those of the sender, cleaned, and those that follow from the event. Pure."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from issues.payload.contexts import Contexts, find_context, title
from issues.payload.ledger import Ledger
from issues.payload.text import attribute, cut, is_reference, one_line, to_text

# The tag that ties front end and back end together; no limit may cost us this one.
REQUEST_ID = "api_request_id"

_BLANKS = re.compile(r"\s")
_OTHERS = re.compile(r"[^A-Za-z0-9_.:-]")


def read_tags(value: Any, ledger: Ledger) -> tuple[dict[str, str], list[str]]:
    """The tags, and the words of a list that are none (log shippers).

    value: an object, a list of pairs, a list of {"key", "value"}. Later duplicates win.
    """
    if value.__class__ is list:
        words = [word for word in value if word.__class__ is str]
        pairs: Iterable[tuple[Any, Any]] = list(_listed(value, ledger))
        if words and not pairs:
            return {}, words
    elif value.__class__ is dict:
        pairs = value.items()
    else:
        if value is not None:
            ledger.note("tags", value)
        return {}, []
    limits = ledger.limits
    found: dict[str, str] = {}
    dropped: dict[str, str] = {}
    for key, sent in pairs:
        name = tag_name(key if key.__class__ is str and len(key) <= 200 else to_text(key)[:200])
        text = tag_value(sent, limits.tag_length)
        if name and text:
            (found if name in found or len(found) < limits.tags else dropped)[name] = text
    if dropped:
        ledger.cut_entries(("tags",), len(found) + len(dropped))
        if REQUEST_ID in dropped:
            found.popitem()
            found[REQUEST_ID] = dropped[REQUEST_ID]
    return found, []


@lru_cache(maxsize=4096)
def tag_name(key: str) -> str:
    """Letters, digits and `_.:-`; blanks become dashes, all else underscores."""
    return _OTHERS.sub("_", _BLANKS.sub("-", key.strip()))


def tag_value(value: Any, limit: int = 200) -> str:
    """One trimmed line; "" for what is absent."""
    text = value if value.__class__ is str else "" if value is None else to_text(value)
    # Cut before anything is searched: a value may be megabytes. Blanks at its end may go.
    text = text[: 2 * limit].strip()
    if not text.isprintable():
        text = one_line(text)
    return "" if is_reference(text) else cut(text, limit)


def derived_tags(
    attributes: dict[str, str],
    request: dict[str, Any],
    exceptions: list[dict[str, Any]],
    contexts: Contexts,
) -> Iterator[tuple[str, str]]:
    """Names and values of all tags that follow from the event.

    attributes: those that are tags under their own name, and `user`, `trace`, `sdk.name`.
    """
    yield from attributes.items()
    url = request.get("url", "")
    if url:
        yield "url", url.partition("?")[0].partition("#")[0]
        yield "http.method", attribute(request.get("method")).upper()
    for kind in ("browser", "os", "runtime"):
        context = find_context(contexts, kind)
        if context:
            yield kind, title(context)
            yield f"{kind}.name", attribute(context.get("name"))
    device = find_context(contexts, "device")
    if device:
        yield "device", attribute(device.get("model"))
        yield "device.family", attribute(device.get("family"))
    mechanisms = [each["mechanism"] for each in exceptions if "mechanism" in each]
    if mechanisms:
        yield "mechanism", mechanisms[-1].get("type", "")
        handled = [each["handled"] for each in mechanisms if "handled" in each]
        if handled:
            yield "handled", "yes" if all(handled) else "no"


def _listed(value: list[Any], ledger: Ledger) -> Iterator[tuple[Any, Any]]:
    for entry in value:
        if entry.__class__ is list and len(entry) == 2:
            yield entry[0], entry[1]
        elif entry.__class__ is dict and "key" in entry:
            yield entry["key"], entry.get("value")
        elif entry is not None and entry.__class__ is not str:
            ledger.note("tags", entry)
