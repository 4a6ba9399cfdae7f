"""Tags -> issues. Counted per grouphash, found by the index of (project, key, value), never by reading events."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from issues.models import GroupHash, IssueTag
from issues.search import lookups  # noqa: F401  registers `among`
from issues.search.values import Value

# What one wildcard looks at and may find: a key such as `user` has more values than there is time for.
LOOKED_AT = 3000
MAX_FOUND = 1000
ROWS = 30_000
# So many issues are found once and remembered, since a page counts them and lists them; more cost more than a second
# look, which may stop early.
REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class Found:
    """is_cut: there may be more."""

    condition: Q
    is_cut: bool = False


def with_values(project_ids: Collection[int], key: str, values: Collection[str]) -> Q:
    tags = IssueTag.objects.filter(project_id__in=project_ids, key=key, value__in=values)
    return _issues_of(tags)


def with_values_by_project(key: str, values: Mapping[int, Collection[str]]) -> Q:
    """values: per project; elsewhere none."""
    wanted = Q()
    for project_id, found in values.items():
        wanted |= Q(project_id=project_id, value__in=found)
    return _issues_of(IssueTag.objects.filter(wanted, key=key)) if wanted else Q(pk__in=())


def with_values_like(project_ids: Collection[int], key: str, patterns: Collection[Value]) -> Found:
    """Any of the patterns."""
    starts = [pattern.parts[0] for pattern in patterns]
    start = starts[0] if len(starts) == 1 else ""
    every, is_cut = values_of(project_ids, key, limit=LOOKED_AT, start=start)
    found = [value for value in every if any(pattern.matches(value) for pattern in patterns)]
    tags = IssueTag.objects.filter(project_id__in=project_ids, key=key, value__in=found[:MAX_FOUND])
    # A common value stands in the index once for every issue that has it.
    rows = list(tags.order_by().values_list("grouphash_id", flat=True)[: ROWS + 1])
    hashes = GroupHash.objects.filter(pk__among=set(rows[:ROWS]))
    is_cut |= len(found) > MAX_FOUND or len(rows) > ROWS
    return Found(remembered(hashes.order_by().values_list("issue_id", flat=True)), is_cut)


def with_any_value(project_ids: Collection[int], key: str) -> Q:
    """One look per grouphash: the index has a row for every value, and a user is one."""
    tags = IssueTag.objects.filter(
        project_id=OuterRef("project_id"), grouphash_id=OuterRef("pk"), key=key
    )
    hashes = GroupHash.objects.filter(Exists(tags), project__in=project_ids)
    return remembered(hashes.order_by().values_list("issue_id", flat=True))


def _issues_of(tags: QuerySet[IssueTag]) -> Q:
    # Twice IN rather than EXISTS: worked out once, from the tag to the issue, instead of asking each issue.
    hashes = tags.order_by().values("grouphash_id")
    found = GroupHash.objects.filter(pk__in=hashes).order_by()
    return remembered(found.values_list("issue_id", flat=True))


def remembered(issue_ids: QuerySet[Any, int]) -> Q:
    """That an issue is one of these, found now if there are not too many."""
    found = list(issue_ids[: REMEMBERED + 1])
    return Q(pk__among=found) if len(found) <= REMEMBERED else Q(pk__in=issue_ids)


def values_of(
    project_ids: Collection[int], key: str, *, limit: int, start: str = ""
) -> tuple[list[str], bool]:
    """Different values of a key that begin with `start`, in the index's order, and whether there may be more.

    Jumps from value to value in the index: the cost is one look per value, whatever number of issues has it.
    """
    found, is_cut = _skip_scan(project_ids, "value", "key = %s AND", [key], start, limit)
    # Both databases order these columns by their bytes, so what begins alike stands together.
    inside = [value for value in found if value.startswith(start)]
    return inside, is_cut and len(inside) == len(found)


def keys_of(project_ids: Collection[int], *, limit: int, start: str = "") -> tuple[list[str], bool]:
    return _skip_scan(project_ids, "key", "", [], start, limit)


def _skip_scan(
    project_ids: Collection[int],
    column: str,
    condition: str,
    params: Sequence[str],
    start: str,
    limit: int,
) -> tuple[list[str], bool]:
    if not project_ids:
        return [], False
    tags = connection.ops.quote_name(IssueTag._meta.db_table)
    name = connection.ops.quote_name(column)
    condition = condition.replace("key =", f"{connection.ops.quote_name('key')} =")
    ids = ", ".join(["%s"] * len(project_ids))
    step = (
        f"(SELECT min(t.{name}) FROM {tags} t WHERE t.project_id = {{project}} AND "
        f"{condition} t.{name} {{after}})"
    )
    # The first column tells the projects apart: each goes its own way through the index.
    statement = (
        "WITH RECURSIVE step(project_id, found) AS ("
        f"SELECT p.id, {step.format(project='p.id', after='>= %s')} "
        f"FROM projects_project p WHERE p.id IN ({ids}) "
        f"UNION ALL SELECT s.project_id, {step.format(project='s.project_id', after='> s.found')} "
        "FROM step s WHERE s.found IS NOT NULL) "
        "SELECT found FROM step LIMIT %s"
    )
    # Every project ends with a row of nothing.
    most = limit + len(project_ids) + 1
    with connection.cursor() as cursor:
        cursor.execute(statement, [*params, start, *project_ids, *params, most])
        rows = [row[0] for row in cursor.fetchall()]
    found = dict.fromkeys(row for row in rows if row is not None)
    return list(found), len(rows) >= most
