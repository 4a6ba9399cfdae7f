"""The releases of a project, one of them, and the release that is suspected of having brought an issue."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from issues.models import Activity, Issue
from issues.states import Kind, Status
from projects.models import Project, Release
from tests.factories import NOW, make_event, make_issue, make_project, make_release, make_tag

pytestmark = pytest.mark.django_db


def released(project: Project, version: str, days: int = 0) -> Release:
    release = make_release(project, version)
    release.created_at = NOW - timedelta(days=days)
    release.save()
    return release


def url(project: Project, release: Release | None = None) -> str:
    if release is None:
        return reverse("issues:releases", args=[project.slug])
    return reverse("issues:release", args=[project.slug, release.pk])


def test_the_latest_comes_first_with_what_it_brought(viewer: Client, project: Project) -> None:
    released(project, "shop@1.0", 9)
    new = released(project, "shop@2.0", 1)
    issue = make_issue(project, first_release=new)
    make_tag(issue, "release", "shop@2.0", count=7)
    make_tag(make_issue(project, "Other: x"), "release", "shop@2.0", count=2)
    rows = viewer.get(url(project)).context["page"].rows
    assert [(r.release.version, r.new_issues, r.events) for r in rows] == [
        ("shop@2.0", 1, 9),
        ("shop@1.0", 0, 0),
    ]


def test_pages_lead_to_the_end_and_back(viewer: Client, project: Project) -> None:
    for number in range(95):
        released(project, f"shop@{number}", number // 10)
    answer = viewer.get(url(project))
    first = [row.release.version for row in answer.context["page"].rows]
    seen = list(first)
    while older := answer.context["page"].older:
        answer = viewer.get(url(project), {"cursor": older})
        seen += [row.release.version for row in answer.context["page"].rows]
    assert len(seen) == len(set(seen)) == 95
    for _ in range(2):
        answer = viewer.get(url(project), {"cursor": answer.context["page"].newer})
    assert [row.release.version for row in answer.context["page"].rows] == first
    found = viewer.get(url(project), {"query": "SHOP@94"}).context["page"].rows
    assert [row.release.version for row in found] == ["shop@94"]
    assert "No release fits" in viewer.get(url(project), {"query": "\0%_"}).content.decode()


def test_an_empty_project_says_what_to_do(viewer: Client, project: Project) -> None:
    assert "No release yet" in viewer.get(url(project)).content.decode()


def tell(issue: Issue, kind: Kind, release: str) -> Activity:
    return Activity.objects.create(
        project_id=issue.project_id, issue=issue, kind=kind, at=NOW, data={"release": release}
    )


def test_one_release_with_its_issues(viewer: Client, project: Project) -> None:
    release = released(project, "shop@2.0")
    new = make_issue(project, "New: x", first_release=release)
    back, done, other = (make_issue(project, f"{name}: x") for name in ("Back", "Done", "Other"))
    tell(back, Kind.REGRESSED, "shop@2.0")
    tell(done, Kind.RESOLVED, "shop@2.0")
    tell(other, Kind.REGRESSED, "shop@1.0")
    make_tag(back, "release", "shop@2.0", count=5)
    make_tag(new, "release", "shop@2.0")
    answer = viewer.get(url(project, release))
    assert [(key, issues) for key, _, issues in answer.context["groups"]] == [
        ("introduced", [new]),
        ("regressed", [back]),
        ("resolved", [done]),
    ]
    assert answer.context["frequent"] == [(back, 5), (new, 1)]


def test_another_projects_release_is_404(viewer: Client, project: Project) -> None:
    foreign = make_release(make_project("Other"))
    assert viewer.get(url(project, foreign)).status_code == 404


def suspect(client: Client, issue: Issue) -> str:
    found = client.get(issue.get_absolute_url()).context["suspect"]
    return f"{found.release.version}: {found.reason}" if found else ""


def test_a_new_issue_suspects_the_release_it_came_with(viewer: Client, project: Project) -> None:
    first = released(project, "shop@1.0", 30)
    second = released(project, "shop@2.0", 1)
    assert suspect(viewer, make_issue(project, first_release=first, seen=first.created_at)) == ""
    new = make_issue(project, first_release=second)
    assert suspect(viewer, new) == "shop@2.0: never seen before it, not in shop@1.0 either"
    late = make_issue(project, first_release=second, seen=NOW + timedelta(days=9))
    assert suspect(viewer, late) == ""
    assert suspect(viewer, make_issue(project)) == ""


def test_a_regressed_issue_suspects_the_release_it_came_back_in(
    viewer: Client, project: Project
) -> None:
    released(project, "shop@2.0")
    issue = make_issue(project, regressed_at=NOW, status=Status.UNRESOLVED)
    assert suspect(viewer, issue) == ""
    entry = tell(issue, Kind.REGRESSED, "shop@2.0")
    assert suspect(viewer, issue) == "shop@2.0: it came back in this release"
    odd: Any
    for odd in ("shop@gone", None, 5, [], {}):
        entry.data = {"release": odd}
        entry.save()
        assert suspect(viewer, issue) == ""


def test_the_number_of_queries_is_fixed(
    viewer: Client, project: Project, django_assert_num_queries: Any
) -> None:
    for number in range(20):
        release = released(project, f"shop@{number}")
        issue = make_issue(project, f"Error{number}: x", first_release=release)
        make_event(issue)
        make_tag(issue, "release", "shop@0")
        tell(issue, Kind.REGRESSED, "shop@0")
    # Session, user, project, role, releases, new issues, events.
    with django_assert_num_queries(7):
        viewer.get(url(project))
    # The same, and: introduced; what became, and its issues; the most frequent, with their issues.
    first = url(project, Release.objects.get(version="shop@0"))
    with django_assert_num_queries(12):
        viewer.get(first)


def test_hostile_versions_stay_text(viewer: Client, project: Project) -> None:
    release = released(project, "\"'><script>alert(1)</script>")
    for page in (url(project), url(project, release)):
        assert "<script>alert" not in viewer.get(page).content.decode()
