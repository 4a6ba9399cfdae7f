"""Comments: who writes, edits, deletes; who is mentioned, and hears of it from then on."""

from datetime import timedelta

import pytest

from issues import comments, marks
from issues.models import Activity, Issue, IssueMark
from issues.states import Kind
from projects.models import Project, Role, Team, User
from tests.factories import NOW, join, make_user

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def ada(team: Team) -> User:
    return person(team, "ada@example.com", "Ada Lovelace")


def person(team: Team, email: str, name: str = "") -> User:
    user = make_user(email, name=name)
    join(team, user, Role.MEMBER)
    return user


def mentions() -> list[str]:
    rows = Activity.objects.filter(kind=Kind.MENTIONED).order_by("pk")
    return [row.data["name"] for row in rows]


def test_a_comment_is_an_activity_and_subscribes(issue: Issue, ada: User) -> None:
    comments.comment(issue, "It is the cache.", by=ada, now=NOW)
    activity = Activity.objects.get()
    assert (activity.kind, activity.data) == (Kind.COMMENTED, {"text": "It is the cache."})
    assert marks.subscribers(issue) == [ada]
    assert IssueMark.objects.get().reason == marks.Reason.COMMENTED


def test_editing_keeps_its_place_and_says_so(issue: Issue, ada: User) -> None:
    entry = comments.comment(issue, "It is the cache.", by=ada, now=NOW)
    assert comments.edit(entry, "It is not.", by=ada, now=LATER)
    assert not comments.edit(entry, "It is not.", by=ada, now=LATER)
    stored = Activity.objects.get()
    assert (stored.at, stored.data) == (NOW, {"text": "It is not.", "edited_at": LATER.isoformat()})


def test_only_the_author_changes_it(issue: Issue, ada: User, team: Team) -> None:
    entry = comments.comment(issue, "mine", by=ada, now=NOW)
    bob = person(team, "bob@example.com")
    with pytest.raises(comments.NotYours):
        comments.edit(entry, "theirs", by=bob, now=NOW)
    with pytest.raises(comments.NotYours):
        comments.delete(entry, by=bob)
    assert Activity.objects.get().data == {"text": "mine"}


def test_mentions_are_told_once_and_subscribe(issue: Issue, ada: User, team: Team) -> None:
    bob = person(team, "bob@example.com", "Bob")
    cy = person(team, "cy@example.com", "Cy Young")
    entry = comments.comment(issue, "@bob, @bob@example.com and @ada", by=ada, now=NOW)
    assert mentions() == ["Bob"], "nobody tells themselves"
    comments.edit(entry, "@bob and @cy.young.", by=ada, now=LATER)
    assert mentions() == ["Bob", "Cy Young"]
    assert marks.subscribers(issue) == [ada, bob, cy]
    comments.delete(entry, by=ada)
    assert not Activity.objects.exists()


def test_a_mention_of_another_comment_stays(issue: Issue, ada: User, team: Team) -> None:
    person(team, "bob@example.com", "Bob")
    first = comments.comment(issue, "@bob", by=ada, now=NOW)
    comments.comment(issue, "@bob again", by=ada, now=NOW)
    comments.delete(first, by=ada)
    assert mentions() == ["Bob"]


def test_whoever_unsubscribed_stays_so(issue: Issue, ada: User, team: Team) -> None:
    bob = person(team, "bob@example.com", "Bob")
    marks.subscribe([issue], by=bob, wanted=False)
    comments.comment(issue, "@bob", by=ada, now=NOW)
    assert marks.subscribers(issue) == [ada]
    assert mentions() == ["Bob"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@ada", ["ada"]),
        ("@ADA.", ["ada"]),
        ("@ada@example.com", ["ada"]),
        ("@adalovelace @ada.lovelace @ada-lovelace @ada_lovelace", ["ada"]),
        ("(@ada)", ["ada"]),
        ("mail ada@example.com", []),
        ("@nobody @outsider", []),
        ("@sam", []),
        ("@sam@b.example", ["sam"]),
        ("@", []),
    ],
)
def test_who_is_meant(project: Project, team: Team, ada: User, text: str, found: list[str]) -> None:
    person(team, "sam@a.example")
    person(team, "sam@b.example")
    make_user("outsider@example.com")
    emails = [user.email.partition("@")[0] for user in comments.mentioned(text, project.pk)]
    assert emails == found


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("  a\r\nb  ", "a\nb"),
        ("a\x00\ud800\u202eb", "ab"),
        (" \n ", ""),
        ("x" * 20_000, "x" * 10_000),
    ],
)
def test_what_is_kept_of_a_comment(raw: str, text: str) -> None:
    assert comments.cleaned(raw) == text
