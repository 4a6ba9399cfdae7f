"""The HTTP request an event happened in. Pure."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from issues.payload.bounds import bounded, bounded_map
from issues.payload.ledger import Ledger
from issues.payload.text import attribute, cut, storable, to_text
from issues.payload.types import DEFAULT_LIMITS

Pairs = list[list[str]]

_READ = frozenset(
    ("url", "method", "query_string", "headers", "cookies", "data", "env", "fragment")
)
# Headers in which proxies tell the address of the person behind them.
_FORWARDED = frozenset(
    (
        "Cf-Connecting-Ip",
        "Cf-Connecting-Ipv6",
        "Client-Ip",
        "Fastly-Client-Ip",
        "Fly-Client-Ip",
        "Forwarded",
        "Remote-Addr",
        "True-Client-Ip",
        "X-Appengine-User-Ip",
        "X-Azure-Clientip",
        "X-Client-Ip",
        "X-Cluster-Client-Ip",
        "X-Envoy-External-Address",
        "X-Forwarded",
        "X-Forwarded-For",
        "X-Original-Forwarded-For",
        "X-Real-Ip",
        "X-Remote-Ip",
    )
)


def read_request(value: Any, ledger: Ledger, *, store_ip: bool) -> dict[str, Any]:
    """url without its query, and query_string, headers, cookies as lists of [name, value].

    Addresses of clients are left out unless `store_ip`.
    """
    if value.__class__ is not dict:
        if value is not None:
            ledger.note("request", value)
        return {}
    limits = ledger.limits
    found: dict[str, Any] = {}
    url = ledger.attribute("request.url", value.get("url"), limits.text, ("request", "url"))
    fragment = attribute(value.get("fragment"))
    query = value.get("query_string")
    if query is None and "?" in url:
        url, _, rest = url.partition("?")
        query, _, hash_ = rest.partition("#")
        fragment = fragment or hash_
    method = ledger.attribute("request.method", value.get("method"), 32, ("request", "method"))
    headers = _headers(_pairs(value.get("headers"), "request.headers", ledger), store_ip=store_ip)
    cookies = value.get("cookies")
    if cookies is None:
        cookies = next((text for name, text in headers if name == "Cookie"), None)
    data = value.get("data")
    for key, content in (
        ("url", url),
        ("method", method),
        ("query_string", _limited(_query(query, ledger), "query_string", ledger)),
        ("headers", _limited(headers, "headers", ledger)),
        ("cookies", _limited(_cookies(cookies, ledger), "cookies", ledger)),
        ("fragment", cut(fragment, limits.text)),
        ("env", _environ(value.get("env"), ledger, store_ip=store_ip)),
    ):
        if content:
            found[key] = content
    if data is not None and data != "":
        found["data"] = bounded(
            data, length=limits.request_data, depth=10, path=("request", "data"), ledger=ledger
        )
    if not value.keys() <= _READ:
        rest_ = {key: each for key, each in value.items() if key not in _READ and each is not None}
        found.update(
            bounded_map(
                rest_, length=4096, entry_length=1024, depth=4, path=("request",), ledger=ledger
            )
        )
    return found


def header(request: dict[str, Any], name: str) -> str:
    """A header of a request that was read; name: in Title-Case."""
    return next((text for key, text in request.get("headers", ()) if key == name), "")


def remote_address(value: Any) -> str:
    """`env.REMOTE_ADDR` of a request as sent, or ""."""
    env = value.get("env") if value.__class__ is dict else None
    return attribute(env.get("REMOTE_ADDR")) if env.__class__ is dict else ""


def tells_address(value: Any) -> bool:
    """Whether a request as sent names the address of a client: one that `read_request` may have to leave out."""
    if value.__class__ is not dict:
        return False
    headers = _pairs(value.get("headers"), "", Ledger(DEFAULT_LIMITS))
    if any(_title(name[:200]) in _FORWARDED for name, _ in headers):
        return True
    env = value.get("env")
    return env.__class__ is dict and any(_is_forwarded(name) for name in env)


def _is_forwarded(variable: str) -> bool:
    """variable: of CGI, as REMOTE_ADDR and HTTP_X_FORWARDED_FOR."""
    return _title(variable[:200].removeprefix("HTTP_").replace("_", "-")) in _FORWARDED


def _pairs(value: Any, name: str, ledger: Ledger) -> Iterable[tuple[str, Any]]:
    """Names and values of an object or of a list of pairs."""
    if value.__class__ is dict:
        return list(value.items())
    if value.__class__ is not list:
        if value is not None and value != "":
            ledger.note(name, value)
        return []
    found = []
    for pair in value:
        if pair.__class__ is list and len(pair) == 2:
            found.append((to_text(pair[0]), pair[1]))
        elif pair is not None:
            ledger.note(name, pair)
    return found


def _headers(pairs: Iterable[tuple[str, Any]], *, store_ip: bool) -> Pairs:
    """Repeated names joined, nulls left out, names as in `Content-Type`."""
    found: dict[str, str] = {}
    for sent, value in pairs:
        name = _title(sent[:200])
        if value is None or (not store_ip and name in _FORWARDED):
            continue
        if value.__class__ is list:
            text = ", ".join(to_text(each) for each in value if each is not None)
        else:
            text = to_text(value)
        found[name] = f"{found[name]}, {text}" if name in found else text
    return [[name, text] for name, text in found.items()]


@lru_cache(maxsize=2048)
def _title(name: str) -> str:
    return "-".join(part.capitalize() for part in name.strip().split("-"))


def _query(value: Any, ledger: Ledger) -> Pairs:
    """value: a string with or without `?`, an object (of values or lists), or a list of pairs."""
    if value.__class__ is str:
        # What is decoded may hold anything, whatever the payload was checked for.
        text = value.removeprefix("?")[: 8 * ledger.limits.request_pairs]
        pairs = parse_qsl(text, keep_blank_values=True)
        return [[storable(name), storable(each)] for name, each in pairs]
    found: Pairs = []
    for name, each in _pairs(value, "request.query_string", ledger):
        for single in each if each.__class__ is list else (each,):
            found.append([name, to_text(single)])
    return found


def _cookies(value: Any, ledger: Ledger) -> Pairs:
    """value: `a=1; b=2`, an object, or a list of pairs."""
    if value.__class__ is str:
        split = [part.strip().partition("=") for part in value.split(";")]
        return [[name, text] for name, _, text in split if name]
    pairs = _pairs(value, "request.cookies", ledger)
    return [[name, to_text(each)] for name, each in pairs]


def _limited(pairs: Pairs, key: str, ledger: Ledger) -> Pairs:
    """The first pairs, up to the limit of characters."""
    limits = ledger.limits
    left = limits.request_headers if key == "headers" else limits.request_pairs
    # One more for each pair: even a thousand empty ones have a length.
    if sum([len(name) + len(text) + 1 for name, text in pairs]) <= left:
        return pairs
    kept: Pairs = []
    for index, (name, text) in enumerate(pairs):
        name = cut(name, limits.key_length)
        left -= len(name) + 1
        if left <= 0:
            ledger.cut_entries(("request", key), len(pairs))
            break
        text = ledger.cut_text(text, left, ("request", key, index, 1))
        left -= len(text)
        kept.append([name, text])
    return kept


def _environ(value: Any, ledger: Ledger, *, store_ip: bool) -> dict[str, Any]:
    if value.__class__ is not dict:
        if value is not None:
            ledger.note("request.env", value)
        return {}
    kept = {
        key: each
        for key, each in value.items()
        if each is not None and (store_ip or not _is_forwarded(key))
    }
    limit = ledger.limits.context_length
    return bounded_map(
        kept, length=limit, entry_length=limit, depth=4, path=("request", "env"), ledger=ledger
    )
