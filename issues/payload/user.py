"""Whom an event happened to. Pure."""

from ipaddress import ip_address
from typing import Any

from issues.payload.bounds import bounded_map
from issues.payload.ledger import Ledger
from issues.payload.text import attribute, cut, is_reference, to_text

AUTO = "{{auto}}"
_READ = frozenset(("id", "email", "username", "ip_address", "name"))


def read_user(value: Any, fallback_ip: str, ledger: Ledger, *, store_ip: bool) -> dict[str, Any]:
    """The user, ids as strings; {} if there is none.

    value: an object, a string (the user name) or a number (the id).
    fallback_ip: from the event's request. No address is kept unless `store_ip`; `{{auto}}`, which
    asks us to look at the connection, is none.
    """
    sent, value = value, as_object(value)
    if not value and sent is not None and sent != {}:
        ledger.note("user", sent)
    limits = ledger.limits
    found: dict[str, Any] = {}
    for key, limit in (
        ("id", limits.user_id),
        ("email", limits.user_email),
        ("username", limits.user_username),
        ("name", limits.user_username),
    ):
        text = to_text(value.get(key)).strip()
        if text and not is_reference(text):
            found[key] = ledger.cut_text(text, limit, ("user", key))
    if "name" in found and "username" not in found:
        found["username"] = found.pop("name")
    if store_ip:
        address = _address(value.get("ip_address")) or _address(fallback_ip)
        if address:
            found["ip_address"] = address
    if value.keys() <= _READ:
        return found
    others = {key: each for key, each in value.items() if key not in _READ and each is not None}
    room = max(limits.user_keys - len(found), 0)
    if len(others) > room:
        ledger.cut_entries(("user",), len(value))
        others = dict(list(others.items())[:room])
    found.update(
        bounded_map(
            others,
            length=limits.context_length,
            entry_length=limits.context_length,
            depth=limits.context_depth,
            path=("user",),
            ledger=ledger,
        )
    )
    return found


def as_object(value: Any) -> dict[str, Any]:
    """{} for what is no user at all."""
    if value.__class__ is dict:
        found: dict[str, Any] = value
        return found
    if value.__class__ is str:
        return {"username": value}
    if value.__class__ is int or value.__class__ is float:
        return {"id": value}
    return {}


def tells_user_address(value: Any) -> bool:
    """Whether a user as sent has an address. value: of any form."""
    return value.__class__ is dict and _address(value.get("ip_address")) != ""


def wants_address(payload: dict[str, Any]) -> bool:
    """Whether an event asks us to look at the connection. Source: ingest contract, section 11.

    payload: as sent, or a sketch. Old SDKs of browsers expect it without a word; current ones say yes or no.
    """
    user = payload.get("user", payload.get("sentry.interfaces.User"))
    sent = user.get("ip_address") if user.__class__ is dict else None
    if sent == AUTO:
        return True
    sdk = payload.get("sdk")
    settings = sdk.get("settings") if sdk.__class__ is dict else None
    wish = settings.get("infer_ip") if settings.__class__ is dict else None
    if sent is not None or wish == "never":
        return False
    return wish == "auto" or payload.get("platform") == "javascript"


def user_key(user: dict[str, Any]) -> str:
    """What users are counted by: "id:7", "email:...", "username:...", "ip:...", or ""."""
    for key in ("id", "email", "username"):
        if key in user:
            return f"{key}:{user[key]}"
    return f"ip:{user['ip_address']}" if "ip_address" in user else ""


def _address(value: Any) -> str:
    """The address, as sent; "" if it is none."""
    text = cut(attribute(value), 64)
    try:
        ip_address(text)
    except ValueError:
        return ""
    return text
