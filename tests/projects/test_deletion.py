"""Deletion takes every row, hides at once, and can be killed at any moment."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bugsink_lite import clerk
from ingest import pipeline
from ingest.models import ClientLoss, OutcomeCount, Refusal, SdkSeen
from ingest.spool import Record
from issues.models import (
    Activity,
    Attachment,
    AttachmentData,
    Event,
    EventPayload,
    Feedback,
    HourCount,
    Issue,
    RegroupRun,
    RegroupStep,
    UserSeen,
)
from issues.states import Kind
from projects import deletion, keys
from projects.models import (
    Deletion,
    Membership,
    MonthCount,
    Project,
    ProjectKey,
    Role,
    Session,
    Team,
    User,
)
from tests.factories import (
    NOW,
    join,
    make_environment,
    make_event,
    make_issue,
    make_project,
    make_release,
    make_tag,
    make_team,
    make_user,
)
from tests.ingest.conftest import fresh_pipeline
from tests.ingest.door import digest_all, send

pytestmark = pytest.mark.django_db
__all__ = ["fresh_pipeline"]


def fill(project: Project, events: int = 3) -> Issue:
    """Something in every table that the digest, the pages and ingest write to."""
    issue = make_issue(project, first_release=make_release(project))
    make_environment(project)
    for _ in range(events):
        event = make_event(issue)
    grouphash = issue.hashes.earliest("pk").pk
    make_tag(issue, "browser", "Firefox")
    same: dict[str, Any] = {"project_id": project.pk, "grouphash_id": grouphash}
    HourCount.objects.create(**same, hour=NOW, count=1)
    UserSeen.objects.create(**same, user_hash=1, first_seen=NOW, last_seen=NOW)
    Activity.objects.create(project_id=project.pk, issue=issue, kind=Kind.FIRST_SEEN, at=NOW)
    file = Attachment.objects.create(
        project_id=project.pk, event_id=event.event_id, name="a", content_type="x", size=1,
        attachment_type="x", digest="x", received_at=NOW,
    )  # fmt: skip
    AttachmentData.objects.create(id=file.pk, project_id=project.pk, encoding=0, data=b"x")
    Feedback.objects.create(project_id=project.pk, feedback_id=uuid.uuid4(), received_at=NOW)
    run = RegroupRun.objects.create(project_id=project.pk, last_event_pk=1, created_at=NOW)
    RegroupStep.objects.create(run=run, what=RegroupStep.What.BEGUN, at=NOW)
    MonthCount.objects.create(project_id=project.pk, month=NOW.date(), events=1)
    OutcomeCount.objects.create(project_id=project.pk, hour=NOW, outcome="x", category="x")
    Refusal.objects.create(
        project_id=project.pk, reason="x", status=403, detail="x", first_at=NOW, last_at=NOW
    )
    SdkSeen.objects.create(project_id=project.pk, name="x", last_at=NOW)
    ClientLoss.objects.create(project_id=project.pk, hour=NOW, reason="x", category="x")
    record = Record(project.pk, 0.0, "store", "", "", "", b"x")
    pipeline.quarantine().add(
        record, origin=uuid.uuid4().hex, reason="x", detail="", now=NOW.timestamp()
    )
    return issue


def rows() -> dict[str, int]:
    """How many rows each table holds."""
    return {
        model._meta.label: count
        for model in apps.get_models(include_auto_created=True)
        if model is not Deletion and (count := model._base_manager.count())
    }


def finish(*, later: timedelta = timedelta(hours=1)) -> None:
    deletion.carry_on(60, timezone.now() + later)


def test_nothing_of_a_project_is_left_and_nothing_else_is_touched(team: Team) -> None:
    kept = make_project("Kept", team=team)
    fill(kept)
    before = rows()
    assert not [
        label
        for label in ("issues.Event", "issues.AttachmentData", "ingest.SdkSeen")
        if label not in before
    ]
    gone = make_project("Gone", team=team)
    fill(gone)
    deletion.delete_project(gone, by=None, now=timezone.now())
    finish()
    assert rows() == before
    assert Project.everything.get() == kept
    assert pipeline.quarantine().counts() == {kept.pk: 1}


def test_every_table_that_names_a_project_is_covered() -> None:
    covered = {step.model for step in deletion.steps_of(Project)}
    covered |= {each for rows in deletion._companions.values() for each in rows}
    names = {
        model
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if field.attname == "project_id"
    }
    assert names <= covered


def test_children_go_before_their_parents() -> None:
    order = [step.model for step in deletion.steps_of(Project) if not step.field]
    assert order.index(RegroupStep) < order.index(RegroupRun)
    for at, model in enumerate(order):
        for field in model._meta.concrete_fields:
            owner = field.remote_field.model if field.remote_field else None
            assert owner is model or owner not in order[:at], model


def test_no_large_table_is_searched_without_an_index() -> None:
    """What has no index by project is gone through by its primary key; better that nothing large is."""
    walked = {s.model._meta.label for s in deletion.steps_of(Project) if not s.has_index}
    assert walked <= {
        "issues.BulkJob",
        "issues.IssueText",
        "issues.Likeness",
        "issues.MergedIssue",
        "issues.Relocation",
        "issues.Rearrangement",
    }


def test_it_is_hidden_and_refused_at_once(
    owner: Client, administrator: Client, project: Project
) -> None:
    issue = fill(project)
    assert send(project, {"message": "before"}).status == 200
    key = project.keys.get().public_key
    url = reverse("projects:delete", args=[project.slug])
    page = owner.get(url).content.decode()
    assert "Issues" in page
    assert owner.post(url, {"confirm": "something else"}).status_code == 200
    assert Project.objects.exists()
    answer = owner.post(url, {"confirm": project.slug})
    assert answer["Location"] == reverse("projects:deletions")
    assert keys.load_keys() == {}
    assert keys.cache().get(key) is None
    for client in (owner, administrator):
        for where in (
            reverse("issues:project", args=[project.slug]),
            issue.get_absolute_url(),
            url,
        ):
            assert client.get(where).status_code == 404
        assert project.name not in client.get(reverse("issues:home")).content.decode()
        listed = client.get(reverse("issues:list"), {"tab": "all"}).content.decode()
        assert issue.title.partition(":")[0] not in listed
        assert client.post(reverse("issues:resolve"), {"issue": issue.pk}).status_code == 404
    assert project.name in owner.get(reverse("projects:deletions")).content.decode()
    digest_all()  # what had been accepted before is not stored any more
    assert Event.objects.filter(project_id=project.pk).count() == 3


def test_its_names_are_free_again(team: Team) -> None:
    old = make_project("Shop", team=team, slug="shop")
    deletion.delete_project(old, by=None, now=timezone.now())
    assert make_project("Shop", team=team, slug="shop").prefix == "SHOP"


def test_asking_twice_is_asking_once(project: Project) -> None:
    first, second = (
        deletion.delete_project(project, by=None, now=timezone.now()) for _ in range(2)
    )
    assert first.pk == second.pk
    assert first.name == "Shop"


@pytest.mark.parametrize("dies_at", range(1, 28, 4))
def test_a_killed_deletion_is_carried_on(
    project: Project, monkeypatch: pytest.MonkeyPatch, dies_at: int
) -> None:
    """As by SIGKILL: the transaction under way is undone, all before it stays done."""
    fill(project, events=7)
    monkeypatch.setattr(deletion, "CHUNK", 2)
    deletion.delete_project(project, by=None, now=timezone.now())
    calls = []
    real = deletion._delete

    def dying(rows: "models.QuerySet[Any]") -> None:
        calls.append(rows.model)
        real(rows)
        if len(calls) == dies_at:
            raise SystemExit

    with monkeypatch.context() as broken:
        broken.setattr(deletion, "_delete", dying)
        with pytest.raises(SystemExit):
            finish()
    left = Deletion.objects.get().rows
    assert left < dies_at * 2 + 1
    finish()
    assert Deletion.objects.get().finished_at is not None
    assert not Event.objects.exists()
    assert not EventPayload.objects.exists()
    assert not Project.everything.exists()


def test_it_goes_a_little_at_a_time(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(project, events=5)
    monkeypatch.setattr(deletion, "CHUNK", 1)
    deletion.delete_project(project, by=None, now=timezone.now())
    assert deletion.carry_on(0)
    row = Deletion.objects.get()
    assert row.finished_at is None
    assert row.steps > 0
    assert Event.objects.count() == 5


def test_the_row_itself_waits_until_the_digest_knows(project: Project) -> None:
    deletion.delete_project(project, by=None, now=timezone.now())
    finish(later=timedelta(seconds=5))
    assert Project.everything.exists()
    finish(later=timedelta(seconds=61))
    assert not Project.everything.exists()


def test_what_stragglers_left_is_swept(project: Project) -> None:
    pk = project.pk
    deletion.delete_project(project, by=None, now=timezone.now())
    finish(later=timedelta(seconds=61))
    OutcomeCount.objects.create(project_id=pk, hour=NOW, outcome="invalid", category="error")
    finish(later=timedelta(minutes=20))
    assert not OutcomeCount.objects.exists()
    assert Deletion.objects.get().swept_at is not None
    finish(later=timedelta(days=100))
    assert not Deletion.objects.exists()


def test_tables_without_an_index_are_gone_through(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from issues.models import IssueText

    other = make_project("Other")
    for each in (project, other, project, other, project):
        make_issue(each)
    monkeypatch.setattr(deletion, "WINDOW", 2)
    monkeypatch.setattr(deletion, "CHUNK", 2)
    deletion.delete_project(project, by=None, now=timezone.now())
    finish()
    assert set(IssueText.objects.values_list("project_id", flat=True)) == {other.pk}


def test_the_clerk_does_it(project: Project) -> None:
    fill(project)
    deletion.delete_project(project, by=None, now=timezone.now() - timedelta(minutes=5))
    for _ in range(20):  # a moment each time
        clerk.delete_rows()
    assert not Project.everything.exists()


# --- teams ---------------------------------------------------------------------------------------


def test_a_team_goes_and_its_issues_stay(owner: Client, project: Project, team: Team) -> None:
    project.teams.add(make_team("Second"))
    issue = make_issue(project, assigned_team=team)
    url = reverse("projects:team_delete", args=[team.slug])
    assert owner.post(url, {"confirm": "no"}).status_code == 200
    owner.post(url, {"confirm": team.slug})
    assert owner.get(reverse("projects:team", args=[team.slug])).status_code == 404
    assert not Membership.objects.filter(team=team).exists()
    finish()
    issue.refresh_from_db()
    assert issue.assigned_team is None
    assert not Team.everything.filter(pk=team.pk).exists()


def test_the_only_team_of_a_project_stays(owner: Client, project: Project, team: Team) -> None:
    url = reverse("projects:team_delete", args=[team.slug])
    assert "No other team holds" in owner.get(url).content.decode()
    assert "It is the only team" in str(owner.post(url, {"confirm": team.slug}).context["wrong"])
    assert Team.objects.filter(pk=team.pk).exists()


# --- users ---------------------------------------------------------------------------------------


def test_a_user_goes_and_what_they_said_stays(
    administrator: Client, project: Project, team: Team
) -> None:
    ada = make_user("ada@example.com", name="Ada")
    join(team, ada, Role.ADMIN)
    client = Client()
    client.force_login(ada)
    issue = make_issue(project, assignee=ada)
    said = Activity.objects.create(
        project_id=project.pk,
        issue=issue,
        kind=Kind.COMMENTED,
        at=NOW,
        actor=ada,
        data={"text": "x"},
    )
    url = reverse("projects:person_delete", args=[ada.pk])
    assert team.name in administrator.get(url).content.decode()  # nobody else administrates it
    administrator.post(url, {"confirm": "ada@example.com"})
    assert client.get(reverse("issues:home")).status_code == 302
    assert not Session.objects.filter(user=ada).exists()
    assert ada not in administrator.get(reverse("projects:people")).context["rows"]
    make_user("ada@example.com")  # the address is free
    finish()
    issue.refresh_from_db()
    said.refresh_from_db()
    assert (issue.assignee, said.actor, said.data) == (None, None, {"text": "x"})
    assert not User.objects.filter(pk=ada.pk).exists()


def test_neither_oneself_nor_the_last_administrator(administrator: Client) -> None:
    me = User.objects.get(email="administrator@example.com")
    url = reverse("projects:person_delete", args=[me.pk])
    page = administrator.post(url, {"confirm": me.email})
    assert "your own account" in page.context["wrong"]
    assert User.objects.get(pk=me.pk).is_active


def test_every_table_that_names_a_user_is_covered() -> None:
    covered = {step.model for step in deletion.steps_of(User)}
    names = {
        model
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if field.remote_field is not None and field.remote_field.model is User
    }
    assert names - {Deletion} <= covered


# --- keys ----------------------------------------------------------------------------------------


def test_a_key_is_deleted_once_it_is_revoked(owner: Client, project: Project) -> None:
    key = project.keys.get()
    url = reverse("projects:key_delete", args=[project.slug, key.pk])
    assert "Revoke the key first" in owner.post(url, follow=True).content.decode()
    owner.post(reverse("projects:key_revoke", args=[project.slug, key.pk]))
    for _ in range(2):
        assert owner.post(url).status_code == 302
    assert not ProjectKey.objects.exists()


def test_the_use_of_keys_is_one_write_for_many_requests(
    project: Project, django_assert_num_queries: Any
) -> None:
    for _ in range(3):
        assert send(project, {"message": "x"}).status == 200
    assert project.keys.get().last_used_at is None
    with django_assert_num_queries(1):
        clerk.note_keys()
        clerk.note_keys()  # nothing since
    assert project.keys.get().last_used_at is not None
