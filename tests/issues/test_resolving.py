"""Where an issue was fixed, and which events show that it was not: verbs, digest and clerk together."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from issues import triage
from issues.models import Activity, Issue
from issues.states import Fix, How, Kind, Status
from issues.triage import CannotResolve
from projects.models import Project, Release, User
from tests.factories import make_user
from tests.issues.test_digest import NOW, digest, error, kinds

pytestmark = pytest.mark.django_db

SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def ada() -> User:
    return make_user("ada@example.com", name="Ada")


def after(minutes: float) -> Any:
    return NOW + timedelta(minutes=minutes)


def seen(project: Project, *releases: str, at: float = 0) -> Issue:
    """One event of each release, a minute apart."""
    for minute, release in enumerate(releases):
        digest(project, error(release=release), at=after(at + minute))
    return Issue.objects.get()


def resolve(issue: Issue, how: How, *, at: float = 10, **fix: str) -> list[triage.Before]:
    return triage.resolve([issue], by=None, now=after(at), fix=Fix(how, **fix))


def status(issue: Issue) -> Status:
    issue.refresh_from_db()
    return Status(issue.status)


def test_in_the_current_release(project: Project) -> None:
    issue = seen(project, "shop@1.9.0", "shop@1.10.0", "shop@1.9.1")
    resolve(issue, How.CURRENT)
    assert issue.resolved_in is not None
    assert issue.resolved_in.version == "shop@1.10.0"
    digest(project, error(release="shop@1.9.2"), error(release="shop@1.9.0"), at=after(11))
    assert status(issue) is Status.RESOLVED
    digest(project, error(release="shop@1.10.0"), at=after(12))
    assert status(issue) is Status.UNRESOLVED
    assert issue.is_regressed
    assert (issue.resolved_in_id, issue.resolved_at) == (None, None)
    regressed = Activity.objects.get(kind=Kind.REGRESSED)
    assert (regressed.at, regressed.data) == (after(12), {"release": "shop@1.10.0"})


def test_in_a_given_release(project: Project) -> None:
    issue = seen(project, "2026.2.1", "2026.11.1")
    resolve(issue, How.RELEASE, version="2026.11.1")
    assert Activity.objects.get(kind=Kind.RESOLVED).data == {"release": "2026.11.1"}
    digest(project, error(release="2026.2.1"), at=after(11))
    assert status(issue) is Status.RESOLVED
    digest(project, error(release="2026.12.0"), at=after(12))
    assert status(issue) is Status.UNRESOLVED


def test_hashes_are_ordered_by_their_first_events(project: Project) -> None:
    issue = seen(project, "ffff000", "aaaa000")
    resolve(issue, How.CURRENT)
    digest(project, error(release="ffff000"), at=after(11))
    assert status(issue) is Status.RESOLVED
    digest(project, error(release="9999000"), at=after(12))
    assert status(issue) is Status.UNRESOLVED


def test_in_the_next_release(project: Project) -> None:
    issue = seen(project, "1.0", "2.0")
    resolve(issue, How.NEXT)
    assert (issue.resolved_next, issue.resolved_in) == (True, None)
    assert Activity.objects.get(kind=Kind.RESOLVED).data == {"after": "2.0"}
    digest(project, error(release="2.0"), error(), error(release="1.0.5"), at=after(11))
    assert status(issue) is Status.RESOLVED
    digest(project, error(release="2.1"), at=after(12))
    assert status(issue) is Status.UNRESOLVED
    assert Activity.objects.get(kind=Kind.REGRESSED).data == {"release": "2.1"}


def test_the_next_release_becomes_a_concrete_one_when_it_appears(project: Project) -> None:
    issue = seen(project, "2.0")
    resolve(issue, How.NEXT)
    digest(project, {"message": "something else", "release": "2.2"}, at=after(11))
    # Newer than what there was, older than what the fix came with; nobody has looked in between.
    digest(project, error(release="2.1"), at=after(12))
    assert status(issue) is Status.RESOLVED
    assert issue.resolved_in is not None
    assert (issue.resolved_in.version, issue.resolved_next) == ("2.2", False)
    digest(project, error(release="2.2"), at=after(13))
    assert status(issue) is Status.UNRESOLVED


def test_the_clerk_notes_the_next_release_without_an_event_of_the_issue(project: Project) -> None:
    issue = seen(project, "2.0")
    resolve(issue, How.NEXT)
    assert triage.settle_releases(after(11)) == 0
    Release.objects.create(project=project, version="1.9", created_at=after(12))
    assert triage.settle_releases(after(12)) == 0
    Release.objects.create(project=project, version="2.1", created_at=after(13))
    assert triage.settle_releases(after(14)) == 1
    assert triage.settle_releases(after(15)) == 0
    assert status(issue) is Status.RESOLVED
    assert issue.resolved_in is not None
    assert (issue.resolved_in.version, issue.resolved_next) == ("2.1", False)
    released = Activity.objects.get(kind=Kind.RELEASED)
    assert released.data == {"release": "2.1"}


def test_old_and_new_releases_in_one_batch(project: Project) -> None:
    issue = seen(project, "1.0", "2.0")
    resolve(issue, How.CURRENT)
    digest(project, error(release="2.0"), error(release="1.0"), at=after(11))
    assert status(issue) is Status.UNRESOLVED
    assert Activity.objects.get(kind=Kind.REGRESSED).data == {"release": "2.0"}


def test_in_a_commit_that_a_release_is_called_by(project: Project) -> None:
    issue = seen(project, "a" * 40, SHA)
    resolve(issue, How.COMMIT, commit=SHA[:8].upper(), repository=" acme/shop ")
    assert issue.resolved_in is not None
    assert issue.resolved_in.version == SHA
    assert (issue.resolved_commit, issue.resolved_repository) == (SHA[:8], "acme/shop")
    digest(project, error(release="a" * 40), at=after(11))
    assert status(issue) is Status.RESOLVED
    assert Activity.objects.get(kind=Kind.RESOLVED).data == {
        "commit": SHA[:8],
        "repository": "acme/shop",
        "release": SHA,
    }


def test_in_a_commit_that_no_release_has_yet(project: Project) -> None:
    issue = seen(project, "1.0")
    resolve(issue, How.COMMIT, commit=SHA)
    digest(project, error(release="1.0"), at=after(11))
    assert status(issue) is Status.RESOLVED
    digest(project, error(release="1.1"), at=after(12))
    assert (status(issue), issue.resolved_commit) == (Status.UNRESOLVED, "")


def test_in_a_commit_of_a_project_without_releases(project: Project) -> None:
    digest(project, error())
    issue = Issue.objects.get()
    resolve(issue, How.COMMIT, commit=SHA)
    digest(project, error(), at=after(11))
    assert status(issue) is Status.UNRESOLVED


@pytest.mark.parametrize(
    ("fix", "words"),
    [
        (Fix(How.CURRENT), "no release yet"),
        (Fix(How.NEXT), "no release yet"),
        (Fix(How.RELEASE, version="9.9"), "no release “9.9”"),
        (Fix(How.COMMIT, commit="zzz"), "hexadecimal"),
        (Fix(How.COMMIT, commit="ab"), "hexadecimal"),
    ],
)
def test_what_cannot_be_says_why(project: Project, fix: Fix, words: str) -> None:
    digest(project, error())
    issue = Issue.objects.get()
    with pytest.raises(CannotResolve, match=words):
        triage.resolve([issue], by=None, now=NOW, fix=fix)
    assert status(issue) is Status.UNRESOLVED
    assert kinds(issue) == [Kind.FIRST_SEEN]


def test_another_release_changes_a_resolution_and_can_be_undone(project: Project) -> None:
    issue = seen(project, "1.0", "2.0")
    resolve(issue, How.RELEASE, version="1.0")
    assert resolve(issue, How.RELEASE, version="1.0") == []
    done = resolve(issue, How.NEXT, at=11)
    assert resolve(issue, How.NOW, at=12) == []
    assert triage.undo(done, by=None, now=after(12)) == 1
    issue.refresh_from_db()
    assert issue.resolved_in is not None
    assert (issue.resolved_in.version, issue.resolved_at) == ("1.0", after(10))
    assert Activity.objects.latest("pk").data == {"undo": True, "release": "1.0"}


def test_the_current_release_is_that_of_the_issues_own_package(project: Project) -> None:
    digest(project, error(release="ios@3.1"), {"message": "x", "release": "ios@3.2"})
    digest(project, {"message": "y", "release": "web@9.0"}, at=after(1))
    issue = Issue.objects.get(type="KeyError")
    resolve(issue, How.CURRENT)
    assert issue.resolved_in is not None
    assert issue.resolved_in.version == "ios@3.2"


def test_a_release_was_first_seen_when_its_first_event_was_received(project: Project) -> None:
    digest(project, error(release="1.0"), at=after(5))
    digest(project, error(release="1.0"), at=after(1))
    assert Release.objects.get().created_at == after(5)


def test_users_and_rates_end_a_mute(project: Project) -> None:
    digest(project, error(user={"id": 1}))
    issue = Issue.objects.get()
    triage.mute([issue], by=None, now=NOW, more_users=2)
    digest(project, error(user={"id": 2}), error(user={"id": 2}), at=after(1))
    assert status(issue) is Status.MUTED
    digest(project, error(user={"id": 3}), at=after(2))
    assert status(issue) is Status.UNRESOLVED
    triage.mute([issue], by=None, now=after(2), within=(3, 10))
    for minute in (3, 10, 20, 21):
        digest(project, error(), at=after(minute))
        assert status(issue) is Status.MUTED
    digest(project, error(), error(), at=after(22))
    assert (status(issue), issue.muted_window) == (Status.UNRESOLVED, "")
    assert kinds(issue)[-1] == Kind.UNMUTED


@pytest.mark.parametrize(("how", "queries"), [(How.NOW, 0), (How.CURRENT, 1), (How.NEXT, 1)])
def test_it_costs_at_most_one_query_for_a_batch(project: Project, how: How, queries: int) -> None:
    seen(project, "1.0", "2.0")
    batch = [error(release="1.0") for _ in range(20)]

    def cost() -> int:
        with CaptureQueriesContext(connection) as found:
            digest(project, *batch, at=after(9))
        return len(found)

    before = cost()
    resolve(Issue.objects.get(), how, at=8)
    if how is How.NOW:
        Issue.objects.update(resolved_at=after(30))
    assert cost() - before == queries
