"""A request's body -> its entries, each a line or an object. Pure. Source: ingest contract, section 18.4.

A line that begins with white space, stands inside an open quote of csvlog, or is the DETAIL or STATEMENT of a message
of PostgreSQL belongs to the one before it.
"""

from typing import Any
from urllib.parse import parse_qs

from ingest import lenient
from ingest.decoders import postgresql_lines
from ingest.legacy import BodyError, media_type

MAX_ENTRIES = 5000
MAX_JOINED = 2000  # lines of one entry
_FIELDS = ("message", "line", "payload")
FORM = "application/x-www-form-urlencoded"


class TooMany(ValueError):
    """More entries than MAX_ENTRIES."""


class Broken(ValueError):
    """Stands for an entry that is no JSON, among others that are."""


def split(body: bytes, content_type: str) -> list[Any]:
    """Raises BodyError if nothing of the body can be read, TooMany. body: Content-Encoding undone."""
    if not body.strip():
        raise BodyError("the body is empty")
    if media_type(content_type) == FORM:
        return _bounded(_form(body))
    text = body.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] == b"[" and _is_json(content_type):
        return _bounded(_array(text))
    if text[:1] == b"[":
        # Also a level in brackets, at the beginning of a line.
        try:
            return _bounded(_array(text))
        except BodyError:
            return lines(_decoded(text))
    if text[:1] == b"{":
        return _bounded(_objects(text))
    if _is_json(content_type):
        raise BodyError(f"neither an object nor a list; it begins with {body[:24]!r}")
    return lines(_decoded(body))


def lines(text: str) -> list[Any]:
    """Entries of a text. Raises TooMany."""
    entries: list[Any] = []
    joined: list[str] = []
    opened = False  # within a quoted field
    for line in text.split("\n"):
        line = line.removesuffix("\r")
        if not opened and not line.strip():
            continue
        if joined and len(joined) < MAX_JOINED and (opened or _goes_on(line, joined)):
            joined.append(line)
        else:
            _close(joined, entries)
            joined = [line]
            opened = False
        if postgresql_lines.is_csv(joined[0]):
            opened ^= line.count('"') % 2 == 1
    _close(joined, entries)
    return entries


def _goes_on(line: str, joined: list[str]) -> bool:
    return line[0] in " \t" or postgresql_lines.continues(line, joined[0])


def _close(joined: list[str], entries: list[Any]) -> None:
    whole = "\n".join(joined).rstrip()
    if not whole.strip():
        return
    if len(entries) == MAX_ENTRIES:
        raise TooMany(f"more than {MAX_ENTRIES} entries in one request")
    entries.append(whole)


def _is_json(content_type: str) -> bool:
    media = media_type(content_type)
    return media.endswith(("/json", "+json"))


def _decoded(body: bytes) -> str:
    return lenient.storable(body.decode("utf-8", "replace").removeprefix("\ufeff"))


def _bounded(entries: list[Any]) -> list[Any]:
    if len(entries) > MAX_ENTRIES:
        raise TooMany(f"more than {MAX_ENTRIES} entries in one request")
    return entries


def _array(body: bytes) -> list[Any]:
    try:
        value = lenient.loads(body)
    except lenient.JSONError as error:
        raise BodyError(str(error)) from error
    return value if isinstance(value, list) else [value]


def _objects(body: bytes) -> list[Any]:
    """One object, or one on each line."""
    try:
        return [lenient.load_object(body)]
    except lenient.JSONError as error:
        if b"\n" not in body.strip():
            raise BodyError(str(error)) from error
    found: list[Any] = []
    good = 0
    for line in body.split(b"\n"):
        if not line.strip():
            continue
        if len(found) == MAX_ENTRIES:
            raise TooMany(f"more than {MAX_ENTRIES} entries in one request")
        try:
            found.append(lenient.load_object(line.strip()))
            good += 1
        except lenient.JSONError as error:
            # Programs that log JSON print other lines, too.
            text = _decoded(line)
            found.append(Broken(str(error)) if text.lstrip()[:1] == "{" else text)
    if not good:
        raise BodyError("not one line of it is JSON")
    return found


def _form(body: bytes) -> list[Any]:
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=1000)
    except ValueError as error:
        raise BodyError("a form of more than 1000 fields") from error
    for name in _FIELDS:
        if name in fields:
            return [entry for value in fields[name] for entry in lines(lenient.storable(value))]
    raise BodyError(f"a form without any of the fields {', '.join(_FIELDS)}")
