"""New activity -> deliveries. Any number of processes may do it at any time: each activity is announced once.

What is to be done is worked out before the transaction; inside it there are only inserts, so that the digest hardly
waits. A process that is killed half-way has done nothing, or all of it.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet

from alerts import mail
from alerts.models import Announcement, Cursor, Delivery, State
from alerts.rules import HOUR, plan
from issues.models import Activity, Issue
from issues.states import Kind, Status
from projects.access import people_of
from projects.models import Project, User

KINDS = (Kind.FIRST_SEEN.value, Kind.REGRESSED.value)
BATCH = 500  # activities of one look
SETTLE = timedelta(minutes=10)  # no digest's transaction takes longer
MAX_ITEMS = 50  # of one message that are named; all are counted


def announce(now: datetime) -> int:
    """Returns how many activities were looked at; as many as BATCH: there are more."""
    cursor = Cursor.objects.first()
    if cursor is None:
        return 0
    found = list(_new(cursor.settled)[:BATCH])
    if not found:
        _settle(cursor, now)
        return 0
    people = _people({each.project_id for each in found})
    with transaction.atomic():
        Cursor.objects.select_for_update().get(pk=cursor.pk)
        done = set(
            Announcement.objects.filter(activity_id__in=[each.pk for each in found]).values_list(
                "activity_id", flat=True
            )
        )
        mine = [each for each in found if each.pk not in done]
        Announcement.objects.bulk_create(
            Announcement(
                project_id=each.project_id,
                issue_id=each.issue_id,
                activity_id=each.pk,
                kind=each.kind,
                at=each.at,
                made_at=now,
            )
            for each in mine
        )
        by_project: dict[int, list[Activity]] = defaultdict(list)
        for each in _unmuted(mine):
            by_project[each.project_id].append(each)
        for project_id, group in sorted(by_project.items()):
            _deliver(project_id, group, people.get(project_id, []), now)
    return len(found)


def _new(settled: int) -> QuerySet[Activity]:
    announced = Announcement.objects.filter(activity_id=OuterRef("pk"))
    rows = Activity.objects.filter(~Exists(announced), pk__gt=settled, kind__in=KINDS)
    return rows.order_by("pk")


def _settle(cursor: Cursor, now: datetime) -> None:
    """Conditional: of several processes one moves it."""
    is_early = cursor.seen_at is not None and timedelta() <= now - cursor.seen_at < SETTLE
    if is_early:
        return
    newest = Activity.objects.aggregate(newest=Max("pk"))["newest"] or 0
    rows = Cursor.objects.filter(pk=cursor.pk, settled=cursor.settled, seen=cursor.seen)
    rows.update(settled=cursor.seen, seen=newest, seen_at=now)


def _people(project_ids: set[int]) -> dict[int, list[User]]:
    """Members of the projects who want mail. Nobody, where none can be sent."""
    if not mail.is_possible():
        return {}
    live = Project.objects.filter(pk__in=project_ids).values_list("pk", flat=True)
    wants = ~Q(mail_choice__wanted=False)
    return {pk: list(people_of([pk]).filter(wants)) for pk in live}


def _unmuted(activities: Sequence[Activity]) -> list[Activity]:
    """Without issues that are gone, or that somebody has muted or resolved meanwhile."""
    open_issues = Issue.objects.filter(
        pk__in={each.issue_id for each in activities}, status=Status.UNRESOLVED
    )
    known = set(open_issues.values_list("pk", flat=True))
    return [each for each in activities if each.issue_id in known]


def _deliver(
    project_id: int, group: Sequence[Activity], people: Sequence[User], now: datetime
) -> None:
    items = [[each.issue_id, each.kind] for each in group]
    made: dict[int, list[datetime]] = defaultdict(list)
    lately = Delivery.objects.filter(project_id=project_id, made_at__gt=now - HOUR)
    for user_id, at in lately.values_list("user_id", "made_at"):
        made[user_id].append(at)
    open_rows = Delivery.objects.filter(
        project_id=project_id, state=State.WAITING, is_summary=True, attempts=0
    )
    if connection.features.has_select_for_update:
        open_rows = open_rows.select_for_update()
    waiting = {each.user_id: each for each in open_rows.order_by("pk")}
    new: list[Delivery] = []
    for user in people:
        summary = waiting.get(user.pk)
        if summary is not None:
            room = max(0, MAX_ITEMS - len(summary.items))
            Delivery.objects.filter(pk=summary.pk).update(
                items=summary.items + items[:room], count=F("count") + len(items)
            )
            continue
        how = plan(now, len(items), made[user.pk], settings.ALERT_MAILS_PER_HOUR)
        parts = [items] if how.together else [[item] for item in items]
        new += [
            Delivery(
                project_id=project_id,
                user=user,
                items=part[:MAX_ITEMS],
                count=len(part),
                is_summary=how.together,
                made_at=now,
                due_at=how.due,
            )
            for part in parts
        ]
    Delivery.objects.bulk_create(new)
