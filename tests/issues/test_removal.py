"""Deleting issues, alone and with their future: at once for whoever looks, in chunks for what they hold."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from ingest.items import ReceivedItem
from issues import marks, merging, moving, removal
from issues.digest import DISCARDED, EventSink
from issues.models import (
    Activity,
    Attachment,
    AttachmentData,
    DeletedIssue,
    Discard,
    DiscardedHash,
    Event,
    EventPayload,
    Feedback,
    GroupHash,
    HourCount,
    Issue,
    IssueTag,
    MergedIssue,
    UserSeen,
)
from projects.models import Project
from tests.factories import make_user
from tests.issues.test_digest import NOW, digest, error

pytestmark = pytest.mark.django_db

OTHER = {"message": "other", "user": {"id": 9}}


def fill(project: Project) -> Issue:
    digest(project, *[error(user={"id": n}, tags={"a": "x"}) for n in range(5)], OTHER)
    issue = Issue.objects.get(type="KeyError")
    event = Event.objects.filter(issue_id=issue.pk).first()
    assert event is not None
    file = Attachment.objects.create(
        project_id=project.pk, event_id=event.event_id, name="a.txt", size=1, received_at=NOW
    )
    AttachmentData.objects.create(id=file.pk, project_id=project.pk, encoding=0, data=b"x")
    Feedback.objects.create(
        project_id=project.pk,
        feedback_id=event.event_id,
        grouphash_id=event.grouphash_id,
        received_at=NOW,
    )
    marks.bookmark([issue], by=make_user(), now=NOW)
    return issue


def rows() -> dict[str, int]:
    """Model -> rows, of all that belongs to issues."""
    models = list(apps.get_app_config("issues").get_models())
    return {model.__name__: model._default_manager.count() for model in models}


def finish() -> None:
    while removal.carry_on(1):
        pass


def test_an_issue_is_gone_at_once_and_all_that_it_held_follows(project: Project) -> None:
    digest(project, OTHER)
    without = rows()
    Event.objects.all().delete()
    Issue.objects.all().delete()
    for model in (EventPayload, HourCount, IssueTag, UserSeen):
        model._default_manager.all().delete()
    issue = fill(project)
    assert [i.pk for i in removal.delete([issue], by=None, now=NOW)] == [issue.pk]
    assert list(Issue.objects.values_list("title", flat=True)) == ["other"]
    assert not GroupHash.objects.filter(issue_id=issue.pk).exists()
    assert Event.objects.count() == 6, "what it held is still to go"
    finish()
    assert rows() == without


def test_deleting_twice_is_deleting_once(project: Project) -> None:
    issue = fill(project)
    removal.delete([issue], by=None, now=NOW)
    assert removal.delete([issue], by=None, now=NOW) == []
    assert DeletedIssue.objects.count() == 1


def test_it_goes_on_where_it_was_stopped(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    issue = fill(project)
    monkeypatch.setattr(removal, "CHUNK", 2)
    monkeypatch.setattr(removal, "ROWS", 1)
    removal.delete([issue], by=None, now=NOW)
    left = [Event.objects.count()]
    while removal._chunk(None):
        left.append(Event.objects.count())
    assert left[:4] == [6, 4, 2, 1], "some at a time"
    assert left[-1] == 1
    assert (Event.objects.count(), UserSeen.objects.count()) == (1, 1)
    assert not DeletedIssue.objects.exists()


def test_the_same_error_makes_a_new_issue_meanwhile(project: Project) -> None:
    issue = fill(project)
    removal.delete([issue], by=None, now=NOW)
    digest(project, error(user={"id": 1}), at=NOW + timedelta(minutes=1))
    again = Issue.objects.get(type="KeyError")
    assert (again.number, again.event_count, again.user_count) == (3, 1, 1)
    finish()
    assert Event.objects.filter(issue_id=again.pk).count() == 1
    assert moving.totals(project.pk, GroupHash.objects.filter(issue=again)).events == 1


def test_what_was_merged_into_it_goes_with_it(project: Project) -> None:
    issue = fill(project)
    other = Issue.objects.get(title="other")
    merging.merge([other], into=issue, by=None, now=NOW)
    issue.refresh_from_db()
    removal.delete([issue], by=None, now=NOW)  # before the events have followed
    finish()
    assert (Event.objects.count(), EventPayload.objects.count()) == (0, 0)
    assert not MergedIssue.objects.exists()
    assert not Activity.objects.exists()


def test_what_was_taken_out_of_it_before_stays(project: Project) -> None:
    issue = fill(project)
    other = Issue.objects.get(title="other")
    merging.merge([other], into=issue, by=None, now=NOW)
    while moving.relocate(1):
        pass
    issue.refresh_from_db()
    hashes = GroupHash.objects.filter(issue=issue, merged_from=other.pk)
    merging.unmerge(issue, hashes.values_list("pk", flat=True), by=None, now=NOW)
    removal.delete([issue], by=None, now=NOW)  # its event still stands under the deleted one
    finish()
    while moving.relocate(1):
        pass
    assert Event.objects.get().issue_id == other.pk
    assert Issue.objects.get().event_count == 1


def test_what_was_to_come_to_it_goes_as_well(project: Project) -> None:
    issue = fill(project)
    other = Issue.objects.get(title="other")
    merging.merge([other], into=issue, by=None, now=NOW)
    while moving.relocate(1):
        pass
    issue.refresh_from_db()
    hashes = GroupHash.objects.filter(issue=issue, merged_from=other.pk)
    done = merging.unmerge(issue, hashes.values_list("pk", flat=True), by=None, now=NOW)
    removal.delete([done.into], by=None, now=NOW)  # its event has not come yet
    finish()
    assert Event.objects.count() == 5
    assert Issue.objects.get().event_count == 5


def test_discarded_events_are_counted_and_not_kept(project: Project) -> None:
    issue = fill(project)
    removal.delete([issue], by=None, now=NOW, discard=True)
    finish()
    discard = Discard.objects.get()
    assert (discard.title, discard.event_count) == ("KeyError: 'id'", 5)
    assert digest(project, error(), OTHER) == [DISCARDED, None]
    assert (DISCARDED.outcome, DISCARDED.reason) == ("filtered", "discarded")
    assert list(Issue.objects.values_list("title", "event_count")) == [("other", 2)]
    removal.take_back(discard)
    assert not DiscardedHash.objects.exists()
    assert digest(project, error()) == [None]
    assert Issue.objects.get(type="KeyError").event_count == 1


def test_what_was_prepared_before_is_discarded_as_well(project: Project) -> None:
    issue = fill(project)
    sink = EventSink()
    items = [
        ReceivedItem(project.pk, "event", event, "", NOW) for event in (error(), OTHER, error())
    ]
    prepared = sink.prepare(items)
    removal.delete([issue], by=None, now=NOW, discard=True)
    with transaction.atomic():
        assert sink.store(prepared, NOW) == [DISCARDED, None, DISCARDED]
    assert list(Issue.objects.values_list("title", "event_count")) == [("other", 2)]


def test_discarding_twice_names_a_hash_once(project: Project) -> None:
    issue = fill(project)
    hashes = list(GroupHash.objects.filter(issue=issue).values_list("hash", flat=True))
    removal.delete([issue], by=None, now=NOW, discard=True)
    other = Issue.objects.get(title="other")
    GroupHash.objects.create(
        project=project, hash=hashes[0], issue=other, config="", created_at=NOW
    )
    removal.delete([other], by=None, now=NOW, discard=True)
    assert DiscardedHash.objects.filter(hash=hashes[0]).count() == 1


def test_a_batch_of_known_issues_asks_once_for_the_projects_options(project: Project) -> None:
    fill(project)
    with CaptureQueriesContext(connection) as found:
        digest(project, error(), OTHER, error())
    assert len([query for query in found if "issues_discardedhash" in query["sql"]]) == 1
