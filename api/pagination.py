"""Pages by key, told in the `Link` header (REST contract, section 1.5).

A cursor is `<sort key>:<id>:<0|1>`: the rows after (0) or before (1) the row of that key and id. Times are microseconds
since 1970, texts base64; it contains neither quotes nor commas, since clients split the header at them.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import quote

from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from ninja import Schema
from pydantic import Field

from api.errors import ApiError

MAX_PAGE = 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CURSOR = re.compile(r"([A-Za-z0-9_-]{0,2000}):(-?[0-9]{1,18}):([01])")
_MAX_MICROSECONDS = 253_402_300_800 * 1_000_000  # the year 10000

Kind = Literal["time", "number", "text"]
Key = datetime | int | str
T = TypeVar("T")


class Paging(Schema):
    """limit and per_page are the same; more than 100 is 100."""

    limit: int | None = Field(None, ge=1, description="Rows of a page, 100 at most.")
    per_page: int | None = Field(None, ge=1, description="The same as limit.")
    cursor: str = Field("", description="From the Link header of the page before.")

    @property
    def size(self) -> int:
        return min(self.limit or self.per_page or MAX_PAGE, MAX_PAGE)


@dataclass(frozen=True, slots=True)
class Cursor:
    key: Key
    id: int
    is_backwards: bool

    def __str__(self) -> str:
        return f"{_written(self.key)}:{self.id}:{int(self.is_backwards)}"


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """previous, next: cursors; the flags say whether anything is there."""

    rows: Sequence[T]
    previous: str
    next: str
    has_previous: bool
    has_next: bool

    def headers(self, request: HttpRequest) -> dict[str, str]:
        return {"Link": link_header(request, self)}


def _written(key: Key) -> str:
    if isinstance(key, datetime):
        return str((key - _EPOCH) // timedelta(microseconds=1))
    if isinstance(key, str):
        return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")
    return str(key)


def _read(text: str, kind: Kind) -> Key:
    """Raises ValueError."""
    if kind == "text":
        padded = text + "=" * (-len(text) % 4)
        found = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
        if "\0" in found:
            raise ValueError("a NUL character")
        return found
    if len(text) > 20:
        raise ValueError("too long")
    number = int(text)
    if kind == "number":
        if abs(number) >= 2**63:
            raise ValueError("too large")
        return number
    if not 0 <= number < _MAX_MICROSECONDS:
        raise ValueError("no time")
    return _EPOCH + timedelta(microseconds=number)


def parse_cursor(text: str, kind: Kind) -> Cursor | None:
    """None: the first page. Raises ApiError 400."""
    if not text:
        return None
    match = _CURSOR.fullmatch(text)
    try:
        if match is None:
            raise ValueError("another form")
        return Cursor(_read(match[1], kind), int(match[2]), match[3] == "1")
    except ValueError as error:
        raise ApiError(400, "This cursor is not one of this list.") from error


def paginate(
    rows: QuerySet[Any, T],
    paging: Paging,
    *,
    key: str = "pk",
    tie: str = "pk",
    kind: Kind = "number",
    descending: bool = False,
) -> Page[T]:
    """One query. rows: models or mappings, unsliced; sorted by `key`, then by `tie`, both in the same direction."""
    cursor = parse_cursor(paging.cursor, kind)
    backwards = cursor is not None and cursor.is_backwards
    if cursor is not None:
        side = "lt" if descending != backwards else "gt"
        same = Q(**{key: cursor.key, f"{tie}__{side}": cursor.id}) if key != tie else Q(pk__in=())
        rows = rows.filter(Q(**{f"{key}__{side}": cursor.key}) | same)
    sign = "-" if descending != backwards else ""
    order = dict.fromkeys((f"{sign}{key}", f"{sign}{tie}"))
    found = list(rows.order_by(*order)[: paging.size + 1])
    has_more, found = len(found) > paging.size, found[: paging.size]
    if backwards:
        found.reverse()
    return Page(
        rows=found,
        previous=_cursor_at(found, 0, key, tie, True, cursor, kind),
        next=_cursor_at(found, -1, key, tie, False, cursor, kind),
        has_previous=has_more if backwards else cursor is not None,
        has_next=backwards or has_more,
    )


def _cursor_at(
    found: Sequence[Any],
    index: int,
    key: str,
    tie: str,
    backwards: bool,
    given: Cursor | None,
    kind: Kind,
) -> str:
    if found:
        row = found[index]
        return str(Cursor(_value(row, key), _value(row, tie), backwards))
    if given is not None:
        return str(Cursor(given.key, given.id, backwards))
    first: dict[Kind, Key] = {"time": _EPOCH, "number": 0, "text": ""}
    return str(Cursor(first[kind], 0, backwards))


def _value(row: Any, name: str) -> Any:
    return row[name] if isinstance(row, dict) else getattr(row, name)


def paginate_list(rows: Sequence[T], paging: Paging) -> Page[T]:
    """For short lists that are there as a whole: the cursor's number is an offset."""
    cursor = parse_cursor(paging.cursor, "number")
    start = 0 if cursor is None else max(min(cursor.id, len(rows)), 0)
    if cursor is not None and cursor.is_backwards:
        start = max(start - paging.size, 0)
    end = start + paging.size
    return Page(
        rows=rows[start:end],
        previous=str(Cursor(0, start, True)),
        next=str(Cursor(0, min(end, len(rows)), False)),
        has_previous=start > 0,
        has_next=end < len(rows),
    )


def link_header(request: HttpRequest, page: Page[Any]) -> str:
    def relation(name: str, cursor: str, there: bool) -> str:
        query = request.GET.copy()
        query["cursor"] = cursor
        # Everything escaped that is not plain: clients split the header at commas.
        url = f"{settings.BASE_URL}{quote(request.path_info, safe='/')}?{query.urlencode(safe=':')}"
        flag = "true" if there else "false"
        return f'<{url}>; rel="{name}"; results="{flag}"; cursor="{cursor}"'

    return ", ".join(
        (
            relation("previous", page.previous, page.has_previous),
            relation("next", page.next, page.has_next),
        )
    )
