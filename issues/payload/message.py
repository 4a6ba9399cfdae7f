"""The message of an event: a template, its parameters, the text. Pure.

{"message": "user %s has %d items", "params": ["bob", 3]}  ->  "user bob has 3 items"
"""

import re
from collections.abc import Iterator
from typing import Any

from issues.payload.bounds import bounded
from issues.payload.ledger import Ledger
from issues.payload.text import attribute, cut, is_reference, to_text

_PERCENT = re.compile(
    r"%(?:(?P<escape>%)|(?:\((?P<name>[^()]{1,200})\))?"
    r"(?P<flags>[#0 +-]{0,5})(?P<width>[0-9]{0,3})(?:\.(?P<precision>[0-9]{1,3}))?[hlL]?"
    r"(?P<type>[sdifFgGeExXoruca]))"
)
_BRACES = re.compile(
    r"(?P<escape>\{\{|\}\})|\{(?P<name>[0-9]{0,3}|[A-Za-z_@$][\w.-]{0,199})(?:![rsa])?(?::[^{}]{0,40})?\}"
)
_INTEGERS = "dioxXu"


def read_message(candidates: list[Any], ledger: Ledger) -> dict[str, Any]:
    """{"message": template, "formatted": text, "params": ...}, keys absent when empty; {} if none.

    candidates: the values of `logentry`, `sentry.interfaces.Message`, `message`, in this order,
    None where absent. The first object wins, a string beside it is its formatted text.
    """
    limit = ledger.limits.message
    texts = [_text(each) for each in candidates if each is not None and each.__class__ is not dict]
    text = next(filter(None, texts), "")
    entry = next((each for each in candidates if each.__class__ is dict), None)
    if entry is None:
        text = ledger.cut_text(text, limit, ("logentry", "formatted"))
        return {"formatted": text} if text else {}
    template = ledger.cut_text(_text(entry.get("message")), limit, ("logentry", "message"))
    formatted = _text(entry.get("formatted"))
    params = entry.get("params")
    if params is not None and params.__class__ not in (list, dict):
        params = [params]
    if params:
        params = bounded(params, length=limit, depth=5, path=("logentry", "params"), ledger=ledger)
    if not formatted and text != template:
        formatted = text
    if not formatted:
        formatted = interpolate(template, params, limit)
    found = {
        "message": template,
        "formatted": ledger.cut_text(formatted, limit, ("logentry", "formatted")),
        "params": params,
    }
    return {key: value for key, value in found.items() if value} if found["formatted"] else {}


def interpolate(template: str, params: Any, limit: int = 8192) -> str:
    """The template with its parameters, at most about `limit` characters.

    params: a list for `%s` and `{}` in order and `{0}`, an object for `%(name)s` and `{name}`.
    The template itself, if the numbers of placeholders and parameters do not match.
    """
    if not params:
        return template
    for pattern in (_PERCENT, _BRACES):
        pieces = _pieces(pattern, template, params)
        if pieces is not None:
            return _joined(pieces, limit)
    return template


def _pieces(pattern: re.Pattern[str], template: str, params: Any) -> Iterator[str] | None:
    """The parts of the filled template; None if this pattern's placeholders are not its."""
    marks = [match for match in pattern.finditer(template) if not match["escape"]]
    names = [match["name"] for match in marks]
    keys: list[Any]
    if not marks:
        return None
    if params.__class__ is dict:
        keys = names
        if not all(name and name in params for name in names):
            return None
    elif not any(names):
        keys = list(range(len(marks)))
        if len(params) != len(marks):
            return None
    else:
        keys = [int(name) if name and name.isdigit() else -1 for name in names]
        if pattern is _PERCENT or set(keys) != set(range(len(params))):
            return None
    return _filled(pattern, template, params, keys)


def _filled(pattern: re.Pattern[str], template: str, params: Any, keys: list[Any]) -> Iterator[str]:
    position, used = 0, 0
    for match in pattern.finditer(template):
        yield template[position : match.start()]
        position = match.end()
        if match["escape"]:
            yield match["escape"][0]
        else:
            value = params[keys[used]]
            yield _formatted(match, value) if pattern is _PERCENT else _shown(value)
            used += 1
    yield template[position:]


def _formatted(match: re.Match[str], value: Any) -> str:
    """One parameter in printf's manner; as plain text if it is not what the placeholder expects."""
    kind = match["type"]
    if kind in "srac":
        text = _shown(value)
        if kind in "ra" and value.__class__ is str and text[:1] not in ("'", '"'):
            text = repr(text)
        width = int(match["width"] or 0)
        text = text if match["precision"] is None else text[: int(match["precision"])]
        return text.ljust(width) if "-" in match["flags"] else text.rjust(width)
    if value.__class__ not in (int, float, bool):
        return _shown(value)
    precision = "" if match["precision"] is None else "." + match["precision"]
    kind = "d" if kind == "u" else kind
    if kind in _INTEGERS and value.__class__ is float:
        value = int(value) if abs(value) < 1e18 else 0
    try:
        return str(f"%{match['flags']}{match['width']}{precision}{kind}" % value)
    except (ValueError, OverflowError, TypeError):
        return _shown(value)


def _shown(value: Any) -> str:
    return "None" if value is None else to_text(value)


def _joined(pieces: Iterator[str], limit: int) -> str:
    """A name used a thousand times must not make a text of megabytes."""
    result: list[str] = []
    length = 0
    for piece in pieces:
        result.append(piece)
        length += len(piece)
        if length > limit:
            break
    return "".join(result)


def _text(value: Any) -> str:
    if value.__class__ is str:
        return "" if is_reference(value) else str(value)
    if value.__class__ is dict or value.__class__ is list:
        return cut(to_text(value), 100_000) if value else ""
    return attribute(value)
