"""Bookmarks and subscriptions when issues are merged."""

import pytest

from issues import marks, merging
from issues.models import IssueMark
from projects.models import Project
from tests.factories import NOW, make_issue, make_user

pytestmark = pytest.mark.django_db


def test_they_go_along_to_the_issue_that_is_left(project: Project) -> None:
    target, source = make_issue(project), make_issue(project, "TypeError: x")
    ada, bob = make_user("ada@example.com"), make_user("bob@example.com")
    marks.bookmark([source], by=ada, now=NOW)
    marks.subscribe([source], by=ada)
    merging.merge([target, source], into=target, by=bob, now=NOW)
    mark = marks.mark_of(target, ada)
    assert (mark.bookmarked_at, mark.subscribed, mark.reason) == (NOW, True, marks.Reason.CHOSEN)
    assert marks.subscribers(target) == [ada]


def test_what_somebody_said_of_that_issue_stays(project: Project) -> None:
    target, source = make_issue(project), make_issue(project, "TypeError: x")
    ada = make_user("ada@example.com")
    marks.subscribe([target], by=ada, wanted=False)
    marks.subscribe([source], by=ada)
    marks.bookmark([source], by=ada, now=NOW)
    merging.merge([target, source], into=target, by=ada, now=NOW)
    assert marks.subscribers(target) == []
    assert marks.mark_of(target, ada).bookmarked_at == NOW


def test_an_issue_that_comes_back_has_its_own(project: Project) -> None:
    target, source = make_issue(project), make_issue(project, "TypeError: x")
    ada = make_user("ada@example.com")
    marks.bookmark([source], by=ada, now=NOW)
    done = merging.merge([target, source], into=target, by=ada, now=NOW)
    assert done is not None
    assert merging.undo(done.change, by=ada, now=NOW)
    assert IssueMark.objects.filter(issue=source, user=ada, bookmarked_at=NOW).exists()
