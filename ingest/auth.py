"""Where SDKs put the public key, and which one wins. Pure. Source: ingest contract, section 3."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from ingest import lenient
from projects import dsn

_PAIR = re.compile(r"((?:sentry|glitchtip)_[a-z]+)\s*=\s*([^,\s]*)")


@dataclass(frozen=True, slots=True)
class Credentials:
    """key: "" if the request named none. client: the SDK's own name, "" if unknown."""

    key: str
    client: str = ""


def from_header(value: str) -> dict[str, str]:
    """`Sentry sentry_key=..., sentry_client=...` in any order, with commas and/or blanks between."""
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() != "sentry":
        return {}
    return dict(_PAIR.findall(rest))


def from_basic(value: str) -> str:
    """The user name of `Basic ...`: what a log shipper with user and password settings can send."""
    try:
        user = base64.b64decode(value.strip()[6:], validate=True).partition(b":")[0]
        return user.decode("ascii")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""


def fields(query: str) -> dict[str, str]:
    """The first hundred fields of a query; of equal names the last."""
    # parse_qsl would raise for more of them, and an odd query is no reason to lose an event.
    return dict(parse_qsl("&".join(query.split("&", 100)[:100]), keep_blank_values=True))


def credentials(query: str, headers: Mapping[str, str], path_key: str = "") -> Credentials:
    """The first source that names a key wins: query, X-Sentry-Auth, Authorization, path.

    query: without `?`, as sent. headers: WSGI names (HTTP_X_SENTRY_AUTH ...).
    """
    client = _name(headers.get("HTTP_USER_AGENT", ""))
    if "_key=" in query:
        given = fields(query)
        if key := given.get("sentry_key") or given.get("glitchtip_key"):
            return Credentials(
                dsn.normalize_key(key), _name(given.get("sentry_client", "")) or client
            )
    for name in ("HTTP_X_SENTRY_AUTH", "HTTP_AUTHORIZATION"):
        if value := headers.get(name):
            given = from_header(value)
            if key := given.get("sentry_key") or given.get("glitchtip_key"):
                return Credentials(
                    dsn.normalize_key(key), _name(given.get("sentry_client", "")) or client
                )
            if value[:6].lower() == "basic " and (key := from_basic(value)):
                return Credentials(dsn.normalize_key(key), client)
    return Credentials(dsn.normalize_key(path_key), client)


def _name(text: str) -> str:
    # It is stored and shown: what no database takes must not come so far.
    return lenient.line(text, 200)


def from_envelope(envelope_dsn: object) -> str:
    """The key of an envelope's `dsn` header; "" when it is no usable URL (then it is ignored)."""
    if not isinstance(envelope_dsn, str):
        return ""
    try:
        return dsn.parse(envelope_dsn).public_key
    except ValueError:
        return ""
