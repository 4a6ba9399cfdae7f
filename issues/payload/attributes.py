"""The plain attributes of an event: level, platform, release and their like. Pure."""

import re
from typing import Any

from issues.payload.ledger import Ledger
from issues.payload.text import attribute, is_reference, one_line, to_text
from issues.payload.types import Limits

_LEVEL_NAMES = {
    "fatal": ("fatal", "critical", "panic", "alert", "emergency"),
    "error": ("error", "err"),
    "warning": ("warning", "warn"),
    "info": ("info", "information", "log", "notice"),
    "debug": ("debug", "trace", "verbose", "sample"),
}
_LEVELS = {name: level for level, names in _LEVEL_NAMES.items() for name in names}
_DIST = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_HEX_ID = re.compile(r"[0-9a-f]{32}")
_DEFAULT = re.compile(r"\{\{\s*default\s*\}\}")

# Kinds that a payload may claim for itself; error and default follow from its content.
_CLAIMED = ("transaction", "feedback")
_REPORTS = ("csp", "hpkp", "expectct", "expectstaple", "nel")


def read_event_id(value: Any) -> str:
    """32 small hex digits, also from a UUID with dashes in any letter case; else ""."""
    if value.__class__ is not str:
        return ""
    digits = value.strip().replace("-", "").lower()
    return digits if _HEX_ID.fullmatch(digits) and digits.strip("0") else ""


def read_level(value: Any) -> str:
    """One of LEVELS, from a name in any case or one of Python's numbers; else ""."""
    word = attribute(value).lower()
    if word in _LEVELS:
        return _LEVELS[word]
    try:
        number = float(word) if word.isascii() else 0
    except ValueError:
        return ""
    if not 10 <= number <= 1000:
        return ""
    # Levels in between are made by applications: 25 is more than 20, and less than 30.
    return ("debug", "info", "warning", "error", "fatal")[min(int(number) // 10, 5) - 1]


def read_type(value: Any, raw: dict[str, Any], *, has_exception: bool) -> str:
    claimed = attribute(value).lower()
    if claimed in _CLAIMED or claimed in _REPORTS:
        return claimed
    for report in _REPORTS:
        if raw.get(report).__class__ is dict and raw[report]:
            return report
    return "error" if has_exception else "default"


def read_line(name: str, value: Any, limit: int, ledger: Ledger) -> str:
    """A text of one line."""
    return one_line(ledger.attribute(name, value, limit))


def read_server_name(value: Any, ledger: Ledger) -> str:
    """value: a string, or (log shippers) an object with `name`."""
    if value.__class__ is dict and attribute(value.get("name")):
        value = value["name"]
    return ledger.attribute("server_name", value, 256)


def read_release(value: Any, ledger: Ledger) -> str:
    """A version's name; "" for what would be none: `latest`, `..`, anything with a line break."""
    if value.__class__ is dict or value.__class__ is list:
        ledger.note("release", value)
        return ""
    text = attribute(value)
    if text in (".", "..") or text.lower() == "latest" or re.search(r"[\n\r\t\f\v]", text):
        ledger.note("release", value)
        return ""
    return ledger.cut_text(text, 250, ("release",))


def read_dist(value: Any, ledger: Ledger) -> str:
    text = attribute(value)
    if not text or _DIST.fullmatch(text):
        return text
    ledger.note("dist", value)
    return ""


def read_environment(value: Any, ledger: Ledger) -> str:
    """No slash and no line break: it stands in addresses. `feature/x` becomes `feature-x`."""
    text = ledger.attribute("environment", value, 64)
    good = one_line(text).replace("/", "-")
    if good != text:
        ledger.note("environment", value)
    return good


def read_fingerprint(value: Any, ledger: Ledger) -> tuple[str, ...]:
    """value: a list, or a single entry; numbers and booleans become strings, objects JSON.

    () if nothing but `{{ default }}` is in it.
    """
    if value is None:
        return ()
    limits = ledger.limits
    sent = value if value.__class__ is list else [value]
    texts = [text for each in sent if (text := to_text(each)) and not is_reference(text)]
    if all(_DEFAULT.fullmatch(text) for text in texts):
        return ()
    if len(texts) > limits.fingerprints:
        ledger.cut_entries(("fingerprint",), len(texts))
        texts = texts[: limits.fingerprints]
    return tuple(
        ledger.cut_text(text, limits.fingerprint_length, ("fingerprint", index))
        for index, text in enumerate(texts)
    )


def read_sdk(sdk: Any, client: Any) -> dict[str, Any]:
    """{"name": ..., "version": ..., as sent}; client: the old form, `name/version`."""
    if sdk.__class__ is dict:
        found = {key: value for key, value in sdk.items() if value is not None}
        for key in ("name", "version"):
            text = attribute(found.pop(key, None))[:128]
            if text:
                found[key] = text
        return found
    name, _, version = (attribute(sdk) or attribute(client)).partition("/")
    found = {"name": name[:128], "version": version[:128]}
    return {key: value for key, value in found.items() if value}


def read_modules(value: Any, ledger: Ledger) -> dict[str, str]:
    """value: an object of versions, or a list of pairs."""
    pairs: list[Any] = []
    if value.__class__ is dict:
        if _are_modules(value, ledger.limits):
            return value
        pairs = list(value.items())
    elif value.__class__ is list:
        pairs = [pair for pair in value if pair.__class__ is list and len(pair) == 2]
    elif value is not None:
        ledger.note("modules", value)
    limits = ledger.limits
    if len(pairs) > limits.modules:
        ledger.cut_entries(("modules",), len(pairs))
        pairs = pairs[: limits.modules]
    texts = ((to_text(name), attribute(version)) for name, version in pairs)
    return {name[: limits.key_length]: version[:200] for name, version in texts if name}


def _are_modules(value: Any, limits: Limits) -> bool:
    """May they stay as they are? Usually they may, and there are hundreds."""
    if len(value) > limits.modules:
        return False
    for name, version in value.items():
        if version.__class__ is not str or len(version) > 200 or not 0 < len(name) <= 200:
            return False
    return True
