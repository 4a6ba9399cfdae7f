import pytest

from issues import spread
from issues.models import Issue
from issues.spread import MAX_VALUES, tags_of
from tests.factories import make_tag

pytestmark = pytest.mark.django_db


def test_the_commonest_values_and_the_rest(issue: Issue) -> None:
    for number, count in enumerate((50, 20, 10, 8, 7, 5)):
        make_tag(issue, "browser", f"b{number}", count=count)
    (shown,) = tags_of(issue.pk, 100).spreads
    assert [(value.text, value.fraction) for value in shown.values] == [
        ("b0", 0.5), ("b1", 0.2), ("b2", 0.1), ("b3", 0.08),
    ]  # fmt: skip
    assert shown.value_count == 6
    assert shown.others == pytest.approx(0.12)


def test_what_all_events_share_is_told_in_a_line(issue: Issue) -> None:
    make_tag(issue, "release", "1.0", count=9)
    make_tag(issue, "vip", "yes", count=4)
    shown = tags_of(issue.pk, 9)
    assert shown.same == (("release", "1.0"),)
    assert [found.key for found in shown.spreads] == ["vip"]


def test_a_tag_that_is_different_everywhere_is_only_counted(issue: Issue) -> None:
    for number in range(40):
        make_tag(issue, "user", f"id:{number}", count=1)
    shown = tags_of(issue.pk, 40)
    assert (shown.spreads, shown.many) == ((), (("user", 40),))


def test_a_tag_with_too_many_values_is_not_sorted(
    issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spread, "MAX_VALUES", 2)
    for number in range(3):
        make_tag(issue, "path", f"/{number}", count=99 if number == 0 else 1)
    assert tags_of(issue.pk, 101).many == (("path", 3),)
    assert MAX_VALUES > 2


def test_important_tags_come_first(issue: Issue) -> None:
    for key in ("zebra", "release", "aardvark", "environment"):
        make_tag(issue, key, "a")
        make_tag(issue, key, "b")
    keys = [found.key for found in tags_of(issue.pk, 2).spreads]
    assert keys == ["release", "environment", "aardvark", "zebra"]
