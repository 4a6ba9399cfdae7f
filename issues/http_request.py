"""The request of an event as rows, and as a curl command with its secrets masked. Pure."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import orjson

from issues.text import clean, is_link, line, mapping, sequence
from issues.values import Piece, Pretty, block, pretty

MAX_ROWS = 100
MASK = "[Filtered]"

_SECRET = re.compile(
    r"authori[sz]ation|cookie|passw|secret|token|api[-_]?key|^x-.*(?:auth|key|signature)|session|csrf|credential",
    re.IGNORECASE,
)
# curl makes these itself, and wrong ones break the request.
_OWN_HEADERS = frozenset(
    {"content-length", "host", "connection", "accept-encoding", "transfer-encoding"}
)

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RequestRows:
    method: str
    url: str
    is_link: bool
    query: Pairs
    headers: Pairs
    cookies: Pairs
    body: tuple[Piece, ...]
    env: tuple[tuple[str, Pretty], ...]
    curl: str

    def __bool__(self) -> bool:
        return bool(self.url or self.headers or self.body or self.query or self.cookies or self.env)


def request_rows(data: Mapping[str, Any]) -> RequestRows:
    request = mapping(data.get("request"))
    url = line(request.get("url"), 2000)
    method = line(request.get("method"), 20).upper()
    query = _query(request.get("query_string"), url)
    headers = _pairs(request.get("headers"))
    cookies = _pairs(request.get("cookies"))
    body = request.get("data")
    return RequestRows(
        method=method,
        url=url,
        is_link=is_link(url),
        query=query,
        headers=headers,
        cookies=cookies,
        body=block(body) if body not in (None, "", {}, []) else (),
        env=tuple(
            (clean(k, 100), pretty(v, bare=True))
            for k, v in list(mapping(request.get("env")).items())[:MAX_ROWS]
        ),
        curl=_curl(method, url, query, headers, body) if is_link(url) else "",
    )


def _pairs(value: Any) -> Pairs:
    if isinstance(value, dict):
        return tuple((line(k, 200), clean(v, 4000)) for k, v in list(value.items())[:MAX_ROWS])
    pairs = [p for p in sequence(value)[:MAX_ROWS] if isinstance(p, list) and len(p) == 2]
    return tuple((line(name, 200), clean(text, 4000)) for name, text in pairs)


def _query(value: Any, url: str) -> Pairs:
    if isinstance(value, str):
        return tuple(parse_qsl(value.lstrip("?")[:8000], keep_blank_values=True)[:MAX_ROWS])
    if value is None:
        try:
            return tuple(parse_qsl(urlsplit(url).query, keep_blank_values=True)[:MAX_ROWS])
        except ValueError:
            return ()
    return _pairs(value)


def _curl(method: str, url: str, query: Pairs, headers: Pairs, body: Any) -> str:
    words = ["curl"]
    if method and method != "GET":
        words += ["-X", method]
    words.append(_masked_url(url, query))
    lines = [shlex.join(words)]
    for name, value in headers:
        if name and name.lower() not in _OWN_HEADERS:
            shown = MASK if _SECRET.search(name) else value
            lines.append("-H " + shlex.quote(f"{name}: {shown}"))
    if body not in (None, "", {}, []):
        lines.append("--data-raw " + shlex.quote(_body_text(body)))
    return " \\\n  ".join(lines)


def _masked_url(url: str, query: Pairs) -> str:
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]  # a password in the URL stays behind
    except ValueError:
        return url
    pairs = [(name, MASK if _SECRET.search(name) else value) for name, value in query]
    return urlunsplit((parts.scheme, host, parts.path, urlencode(pairs, safe="[]"), ""))


def _body_text(body: Any) -> str:
    if isinstance(body, str):
        return clean(body)
    try:
        return clean(orjson.dumps(_masked(body)).decode())
    except (TypeError, ValueError):
        return MASK


def _masked(value: Any, depth: int = 0) -> Any:
    if depth > 20:
        return MASK
    if isinstance(value, dict):
        return {
            str(k): MASK if _SECRET.search(str(k)) else _masked(v, depth + 1)
            for k, v in value.items()
        }
    if isinstance(value, list):
        return [_masked(item, depth + 1) for item in value]
    return value
