"""What takes the room in the database, table by table: reckoned in the background, for the System page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.apps import apps
from django.db import OperationalError, connection, models
from django.db.models import Sum
from django.db.models.functions import Length

from issues.models import EventPayload, PayloadDictionary, PayloadExemplar

# In a SQLite file that is larger, reading every page for this would take too long.
WALKED_BYTES = 512 << 20
SAMPLE = 1000  # rows

NAMES = {
    "issues_event": "Events",
    "issues_eventpayload": "Payloads",
    "issues_attachmentdata": "Attachments",
    "issues_issuetag": "Tags",
    "issues_userseen": "Users",
    "issues_hourcount": "Hourly counts",
    "issues_issue": "Issues",
    "issues_issuetext": "Search text",
    "issues_activity": "Activity",
    "issues_payloadexemplar": "Exemplars",
    "issues_payloaddictionary": "Dictionaries",
    "ingest_outcomecount": "Outcomes",
}
OTHERS = "All others"


@dataclass(frozen=True, slots=True)
class Size:
    """bytes: with indexes; None where nobody has looked. rows: PostgreSQL's own estimate there."""

    name: str
    rows: int
    bytes: int | None


@dataclass(frozen=True, slots=True)
class Packing:
    """Of payloads: bytes before they were packed and after, and how many were packed beside what."""

    sent: int = 0
    packed: int = 0
    payloads: int = 0
    beside_dictionary: int = 0
    beside_exemplar: int = 0
    dictionaries: int = 0
    exemplars: int = 0


def sizes() -> list[Size]:
    """The largest first; small ones together."""
    found = _of_postgresql() if connection.vendor == "postgresql" else _of_sqlite()
    named = [Size(NAMES[table], *size) for table, size in found.items() if table in NAMES]
    rest = [size for table, size in found.items() if table not in NAMES]
    others = Size(
        OTHERS,
        sum(rows for rows, _ in rest),
        sum(size or 0 for _, size in rest) if all(size is not None for _, size in rest) else None,
    )
    return [*sorted(named, key=lambda size: (-(size.bytes or 0), -size.rows)), others]


def _of_postgresql() -> Mapping[str, tuple[int, int | None]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, greatest(reltuples, 0)::bigint, pg_total_relation_size(oid) "
            "FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
        )
        return {str(name): (int(rows), int(size)) for name, rows, size in cursor.fetchall()}


def _of_sqlite() -> Mapping[str, tuple[int, int | None]]:
    pages = _pages()
    found: dict[str, tuple[int, int | None]] = {}
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy:
            table, rows = model._meta.db_table, model._base_manager.count()
            found[table] = (rows, pages.get(table) if pages is not None else _blobs(model, rows))
    return found


def _blobs(model: "type[models.Model]", rows: int) -> int | None:
    """About how many bytes the data of a table of blobs take, from its latest rows; None for other tables."""
    if not any(field.name == "data" for field in model._meta.fields if _is_blob(field)):
        return None
    latest = list(model._base_manager.order_by("-pk").values_list("pk", flat=True)[:SAMPLE])
    size = model._base_manager.filter(pk__in=latest).aggregate(sum=Sum(Length("data")))["sum"] or 0
    return int(size * rows // max(len(latest), 1))


def _is_blob(field: object) -> bool:
    return isinstance(field, models.BinaryField)


def _pages() -> Mapping[str, int] | None:
    """Bytes of each table with its indexes; None where this SQLite cannot say, or only slowly."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        if cursor.fetchone()[0] > WALKED_BYTES:
            return None
        cursor.execute("SELECT name, tbl_name FROM sqlite_master")
        owner = dict(cursor.fetchall())
        try:
            cursor.execute("SELECT name, pgsize FROM dbstat WHERE aggregate = 1")
            rows: Iterable[tuple[str, int]] = cursor.fetchall()
        except OperationalError:
            return None  # built without it
    found: dict[str, int] = {}
    for name, size in rows:
        table = owner.get(name, name)
        found[table] = found.get(table, 0) + size
    return found


def packing(sample: int = 5000) -> Packing:
    """Of the latest payloads, so many."""
    newest = EventPayload.objects.order_by("-pk").values("pk")[:sample]
    latest = EventPayload.objects.filter(pk__in=list(newest.values_list("pk", flat=True)))
    sums = latest.aggregate(sent=Sum("size"), packed=Sum(Length("data")))
    return Packing(
        sent=sums["sent"] or 0,
        packed=sums["packed"] or 0,
        payloads=latest.count(),
        beside_dictionary=latest.filter(dictionary__gt=0).count(),
        beside_exemplar=latest.filter(dictionary__lt=0).count(),
        dictionaries=PayloadDictionary.objects.count(),
        exemplars=PayloadExemplar.objects.count(),
    )
