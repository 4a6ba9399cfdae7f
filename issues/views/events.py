"""The events of an issue: a table to search, and the same as a file."""

import csv
import itertools
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from issues import event_list
from issues.access import get_issue
from issues.event_list import TIMES, Row, tags_of
from issues.event_query import parse
from issues.models import Issue
from issues.paging import parse_cursor
from issues.text import clean
from projects.models import Role

MAX_COLUMNS = 8
MAX_KEYS = 60
# Of a file: rows, and events that are looked at for them.
MAX_EXPORT = 10_000
MAX_LOOKED_AT = 20_000

# Columns of their own in the table.
_SHOWN = frozenset({"level", "release", "environment", "user"})
_FIELDS = (
    *("event_id", "received", "timestamp", "level", "platform", "title", "release"),
    *("environment", "user", "trace", "api_request_id"),
)


@login_required
@require_safe
def events(request: HttpRequest, pk: int) -> HttpResponse:
    issue, _ = get_issue(request.user, pk, Role.VIEWER)
    if issue.pk != pk:  # merged away
        return redirect("issues:events", issue.pk)
    query = parse(request.GET.get("query", ""), timezone.now())
    columns = chosen_columns(request)
    page = event_list.page_of(issue, query, parse_cursor(request.GET.get("cursor", ""), TIMES))
    context = {
        "area": "issues",
        "issue": issue,
        "project": issue.project,
        "query": query,
        "columns": columns,
        "keys": _keys(issue, columns),
        "page": page,
        "rows": [
            (row, [(key, row.glance.tags.get(key, "")) for key in columns]) for row in page.rows
        ],
        "max_export": MAX_EXPORT,
        "max_columns": MAX_COLUMNS,
    }
    return render(request, "issues/events.html", context)


def chosen_columns(request: HttpRequest) -> list[str]:
    """Tags that are to have a column: `?column=browser&column=os`."""
    asked = (name[:200].replace("\0", "").strip() for name in request.GET.getlist("column")[:50])
    return [name for name in dict.fromkeys(asked) if name and name not in _SHOWN][:MAX_COLUMNS]


def _keys(issue: Issue, columns: Sequence[str]) -> list[str]:
    """The tags one may choose from; those that are chosen come first."""
    found = tags_of(issue).order_by("key").values_list("key", flat=True).distinct()[:MAX_KEYS]
    return [*columns, *(key for key in found if key not in _SHOWN and key not in columns)]


@login_required
@require_safe
def events_csv(request: HttpRequest, pk: int) -> HttpResponseBase:
    return _file(request, pk, "csv", "text/csv; charset=utf-8", _as_csv)


@login_required
@require_safe
def events_json(request: HttpRequest, pk: int) -> HttpResponseBase:
    return _file(request, pk, "json", "application/json; charset=utf-8", _as_json)


def _file(
    request: HttpRequest,
    pk: int,
    ending: str,
    content_type: str,
    written: Callable[[Iterator[Row], Sequence[str]], Iterator[bytes]],
) -> HttpResponseBase:
    """Written while it is sent: no more than a batch of events is in memory."""
    issue, _ = get_issue(request.user, pk, Role.VIEWER)
    query = parse(request.GET.get("query", ""), timezone.now())
    if query.errors:
        return HttpResponse(
            "\n".join(query.errors) + "\n", status=400, content_type="text/plain; charset=utf-8"
        )
    rows = event_list.everything(issue, query, most=MAX_EXPORT, look_at=MAX_LOOKED_AT)
    response = StreamingHttpResponse(
        written(rows, chosen_columns(request)), content_type=content_type
    )
    name = f"{issue.short_id.lower()}-events.{ending}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


def values_of(row: Row) -> dict[str, str]:
    event = row.event
    return {
        "event_id": event.event_id.hex,
        "received": _time(event.received_at),
        "timestamp": _time(event.timestamp),
        "level": row.level,
        "platform": event.platform,
        "title": row.glance.title,
        "release": row.release,
        "environment": row.environment,
        "user": row.glance.tags.get("user", ""),
        "trace": event.trace_id.hex if event.trace_id else "",
        "api_request_id": event.api_request_id or "",
    }


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


class _Echo:
    """A file for csv.writer that gives back what is written."""

    def write(self, text: str) -> str:
        return text


def _as_csv(rows: Iterator[Row], columns: Sequence[str]) -> Iterator[bytes]:
    writer = csv.writer(_Echo())

    def line(cells: Sequence[str]) -> bytes:
        text: Any = writer.writerow([harmless(cell) for cell in cells])
        return str(text).encode("utf-8", "replace")

    yield line([*_FIELDS, *columns])
    for row in rows:
        values = values_of(row)
        yield line([*(values[f] for f in _FIELDS), *(row.glance.tags.get(k, "") for k in columns)])


def harmless(cell: str) -> str:
    """Spreadsheets run what begins like a formula, also behind blanks; an apostrophe makes it text (CWE-1236)."""
    cell = clean(cell)
    return f"'{cell}" if cell.lstrip()[:1] in ("=", "+", "-", "@") or cell[:1] in "\t\n" else cell


def _as_json(rows: Iterator[Row], columns: Sequence[str]) -> Iterator[bytes]:
    """A list of events with all their tags; a line each."""
    yield b"["
    for row, comma in zip(rows, itertools.chain([b"\n"], itertools.repeat(b",\n")), strict=False):
        yield comma + orjson.dumps(
            values_of(row) | {"tags": dict(row.glance.tags)}, option=orjson.OPT_NON_STR_KEYS
        )
    yield b"\n]\n"
