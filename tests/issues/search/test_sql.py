"""Every key finds what it says, and nothing else."""

from datetime import timedelta

import pytest
from django.utils import timezone

from issues.models import Issue, IssueText
from issues.search import sql, tags
from issues.search.marks import MARKS
from issues.search.query import parse
from issues.states import Level, Status
from projects.models import Project, Role, Team
from tests.factories import (
    join,
    make_event,
    make_issue,
    make_project,
    make_release,
    make_tag,
    make_user,
)

pytestmark = pytest.mark.django_db


def found(project: Project, text: str, *, user_id: int | None = None) -> list[str]:
    """The titles' first letters, in order."""
    query = parse(text)
    assert query.errors == ()
    scope = sql.Scope([project.pk], user_id, timezone.now())
    issues = sql.matching(Issue.objects.filter(project=project), query, scope)
    if query.tab is not None:
        issues = issues.filter(sql.tab_condition(query.tab, scope.now))
    return sorted(issue.title[0] for issue in issues)


@pytest.fixture
def shop(project: Project) -> Project:
    """A: an error of Ada in the newest release. B: a warning, older. C: a foreign project has the same tags."""
    now = timezone.now()
    older, newer = make_release(project, "shop@1.9.0"), make_release(project, "shop@1.10.0+7")
    a = make_issue(
        project,
        "AError: basket is empty",
        seen=now - timedelta(hours=2),
        culprit="shop.cart in total",
        event_count=500,
        user_count=30,
        handled=False,
        first_release=newer,
        platform="python",
    )
    b = make_issue(
        project,
        "BWarning: payment 100% late",
        seen=now - timedelta(days=40),
        level=Level.WARNING,
        culprit="pay in wait_for",
        event_count=5,
        user_count=1,
        handled=True,
        first_release=older,
        platform="javascript",
        storm_since=now,
    )
    Issue.objects.filter(pk=b.pk).update(last_seen=now - timedelta(days=3))
    for issue, values in (
        (a, {
            "release": "shop@1.10.0+7", "environment": "production", "browser": "Firefox 145",
            "user": "id:5", "url": "https://shop/pay", "transaction": "/api/pay",
            "http.method": "POST", "mechanism": "django", "handled": "no", "os": "Linux 6.1",
        }),
        (b, {
            "release": "shop@1.9.0", "environment": "staging", "browser": "Safari 18",
            "user": "email:bo@example.com", "handled": "yes", "odd": "50%_*x",
        }),
    ):  # fmt: skip
        for key, value in values.items():
            make_tag(issue, key, value)
    lines = [
        f"{MARKS['function']}load_cart",
        f"{MARKS['module']}shop.cart",
        f"{MARKS['filename']}shop/cart.py",
    ]
    IssueText.objects.filter(issue=a).update(text="\n".join(["aerror: basket is empty", *lines]))
    IssueText.objects.filter(issue=b).update(text="bwarning: payment 100% late\nwait_for")
    make_tag(make_issue(make_project("Other"), "C: 1"), "environment", "production")
    return project


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("", "AB"),
        ("basket", "A"),
        ("EMPTY basket", "A"),
        ('"basket is"', "A"),
        ('"is basket"', ""),
        ("bas*empty", "A"),
        ("!basket", "B"),
        ("100%", "B"),
        ("100_", ""),
        ("load_cart", "A"),
        ("basket OR payment", "AB"),
        ("(basket OR payment) level:warning", "B"),
        ("level:error", "A"),
        ("level:[error, warning]", "AB"),
        ("!level:error", "B"),
        ("is:unhandled", "A"),
        ("is:escalating", "B"),
        ("is:for_review", "A"),
        ("is:ongoing", "B"),
        ("is:new", "A"),
        ("is:linked", ""),
        ("is:unlinked", "AB"),
        ("is:unassigned", "AB"),
        ("is:assigned", ""),
        ("platform:python", "A"),
        ("platform:*script", "B"),
        ("error.type:AError", "A"),
        ("error.type:aerror", ""),
        ("error.type:[AError, BWarning]", "AB"),
        ("error.value:*empty", "A"),
        ("title:AError*", "A"),
        ("culprit:*total", "A"),
        ("message:BASKET", "A"),
        ("message:bas*empty", "A"),
        ("!message:basket", "B"),
        ("release:shop@1.9.0", "B"),
        ("release:latest", "A"),
        ("!release:latest", "B"),
        ("release:>=1.9.0", "AB"),
        ("release:>1.9", "A"),
        ("release:<shop@1.10.0", "B"),
        ("release:>other@1.0", ""),
        ("release:shop@1.*", "AB"),
        ("release:[shop@1.9.0, latest]", "AB"),
        ("release.version:1.10.0", "A"),
        ("release.version:>=1.10", "A"),
        ("release.package:shop", "AB"),
        ("release.build:7", "A"),
        ("firstRelease:latest", "A"),
        ("firstRelease:shop@1.9*", "B"),
        ("has:firstRelease", "AB"),
        ("environment:production", "A"),
        ("environment:[production, staging]", "AB"),
        ("!environment:staging", "A"),
        ('transaction:""', "B"),
        ('browser:"Firefox 145"', "A"),
        ("browser:Fire*", "A"),
        ("browser:*18", "B"),
        ("browser:*", "AB"),
        ("browser.version:145", "A"),
        ("browser.version:14*", "A"),
        ("os.version:6.1", "A"),
        (r'odd:"50%_\*x"', "B"),
        ("odd:50%*", "B"),
        ("odd:5_*", ""),
        ("user.id:5", "A"),
        ("user.email:bo@example.com", "B"),
        ("user.email:*@example.com", "B"),
        ("user.username:bo", ""),
        ("user:5", "A"),
        ("user:id:5", "A"),
        ("user:bo*", "B"),
        ("url:https://shop/*", "A"),
        ("transaction:/api/pay", "A"),
        ("http.method:POST", "A"),
        ("error.mechanism:django", "A"),
        ("error.handled:true", "B"),
        ("error.unhandled:1", "A"),
        ("stack.function:load_cart", "A"),
        ("stack.function:LOAD*", "A"),
        ("stack.function:cart", ""),
        ("stack.function:shop.cart", ""),
        ("stack.module:shop.cart", "A"),
        ("stack.filename:*.py", "A"),
        ("stack.function:wait_for", "B"),
        ("has:transaction", "A"),
        ("!has:transaction", "B"),
        ("has:odd", "B"),
        ("has:user.email", "B"),
        ("has:user.id", "A"),
        ("age:-24h", "A"),
        ("age:+30d", "B"),
        ("firstSeen:-1d", "A"),
        ("firstSeen:+1d", "B"),
        ("lastSeen:-7d", "AB"),
        ("lastSeen:>-1d", "A"),
        ("timestamp:<2020-01-01", ""),
        ("timestamp:>-10d", "AB"),
        ("timesSeen:>100", "A"),
        ("timesSeen:<=5", "B"),
        ("timesSeen:5", "B"),
        ("users:>10", "A"),
        ("assigned:none", "AB"),
        ("assigned:me", ""),
        ("project:shop*", "AB"),
        ("project:other", ""),
        ("issue.category:error", "AB"),
        ("tags[environment]:production", "A"),
        ("trace:6f1d2d3e4a5b46c78d9e0f1a2b3c4d5e", ""),
        ("trace:nonsense", ""),
        ("api_request_id:x", ""),
        ("unknown:value", ""),
        ("!unknown:value", "AB"),
    ],
)
def test_what_a_search_finds(shop: Project, text: str, titles: str) -> None:
    assert "".join(found(shop, text)) == titles


def test_days_and_comparisons_are_of_utc(project: Project) -> None:
    make_issue(project, "A: 1", seen=timezone.now().replace(2026, 2, 1, 23, 59))
    make_issue(project, "B: 1", seen=timezone.now().replace(2026, 2, 2, 0, 0, 0, 0))
    assert found(project, "firstSeen:2026-02-01") == ["A"]
    assert found(project, "firstSeen:>=2026-02-02") == ["B"]
    assert found(project, "firstSeen:>2026-02-02") == []
    assert found(project, "firstSeen:<2026-02-02T00:00:00Z") == ["A"]
    assert found(project, "firstSeen:2026-02-02T01:00+01:00") == ["B"]


def test_assigned_to_people_and_teams(project: Project, team: Team) -> None:
    ada = make_user("ada@example.com", name="Ada")
    join(team, ada, Role.MEMBER)
    make_issue(project, "A: 1", assignee=ada)
    make_issue(project, "B: 1", assigned_team=team)
    make_issue(project, "C: 1", status=Status.MUTED)
    assert found(project, "assigned:me", user_id=ada.pk) == ["A"]
    assert found(project, "assigned:ADA@example.com") == ["A"]
    assert found(project, "assigned:ada") == ["A"]
    assert found(project, f"assigned:#{team.slug}") == ["B"]
    assert found(project, "assigned:my_teams", user_id=ada.pk) == ["B"]
    assert found(project, "assigned:[me, none]", user_id=ada.pk) == ["A", "C"]
    assert found(project, "is:assigned") == ["A", "B"]
    assert found(project, "!assigned:none") == ["A", "B"]


def test_events_and_issues_by_their_ids(project: Project) -> None:
    issue = make_issue(project, "A: 1")
    make_issue(project, "B: 1")
    event = make_event(issue, trace_id="6f1d2d3e-4a5b-46c7-8d9e-0f1a2b3c4d5e", api_request_id="r1")
    assert found(project, f"id:{event.event_id.hex}") == ["A"]
    assert found(project, str(event.event_id)) == ["A"]
    assert found(project, f"!id:{event.event_id}") == ["B"]
    assert found(project, "trace:6f1d2d3e4a5b46c78d9e0f1a2b3c4d5e") == ["A"]
    assert found(project, "api_request_id:[r1, r2]") == ["A"]
    assert found(project, f"issue:{issue.short_id.lower()}") == ["A"]
    assert found(project, f"issue.id:{issue.pk}") == ["A"]
    assert found(project, "issue:NOPE-1") == []


def test_a_foreign_event_or_release_does_not_help(project: Project) -> None:
    other = make_project("Other")
    event = make_event(make_issue(other, "C: 1"))
    make_release(other, "9.0")
    make_issue(project, "A: 1")
    assert found(project, f"id:{event.event_id.hex}") == []
    assert found(project, "release:>=1") == []


def test_releases_that_are_no_versions_are_ordered_by_when_they_were_met(project: Project) -> None:
    for letter, version in zip("ABC", ("f00d", "beef", "cafe"), strict=True):
        make_release(project, version)
        make_tag(make_issue(project, f"{letter}: 1"), "release", version)
    assert found(project, "release:>beef") == ["C"]
    assert found(project, "release:<=beef") == ["A", "B"]
    scope = sql.Scope([project.pk], None, timezone.now())
    query = parse("release:>unknown")
    assert not sql.matching(Issue.objects.all(), query, scope).exists()
    assert "neither a version nor a release" in scope.notes[0]


def test_a_search_that_is_cut_short_says_so(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue = make_issue(project, "A: 1")
    for number in range(5):
        make_tag(issue, "customer", f"c{number}")
    monkeypatch.setattr(tags, "LOOKED_AT", 3)
    for text, is_cut in (("customer:*4", True), ("customer:c4*", False), ("customer:c4", False)):
        scope = sql.Scope([project.pk], None, timezone.now())
        sql.matching(Issue.objects.all(), parse(text), scope)
        assert bool(scope.notes) == is_cut


def test_values_are_jumped_through_in_order(project: Project) -> None:
    issue, other = make_issue(project), make_issue(make_project("Other"))
    for value in ("b", "B", "é", "a b", "a", "ab"):
        make_tag(issue, "k", value)
    make_tag(other, "k", "zz")
    ids = [project.pk, other.project_id]
    every, is_cut = tags.values_of(ids, "k", limit=9)
    assert (sorted(every), is_cut) == (["B", "a", "a b", "ab", "b", "zz", "é"], False)
    assert sorted(tags.values_of([project.pk], "k", limit=9, start="a")[0]) == ["a", "a b", "ab"]
    assert tags.values_of([project.pk], "k", limit=2)[1]
    assert tags.keys_of(ids, limit=9)[0] == ["k"]
    assert tags.values_of([], "k", limit=9) == ([], False)
