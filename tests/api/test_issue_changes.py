"""What the body of a PUT means."""

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.issue_changes import Change, Mute, read_change
from issues.states import Fix, How, Priority, Verb

NOW = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)


def read(**body: Any) -> Change:
    return read_change(body, NOW)


@pytest.mark.parametrize(
    ("body", "verb", "fix"),
    [
        ({"status": "resolved"}, Verb.RESOLVE, Fix()),
        ({"status": "resolvedInNextRelease"}, Verb.RESOLVE, Fix(How.NEXT)),
        (
            {"status": "resolved", "statusDetails": {"inNextRelease": True}},
            Verb.RESOLVE,
            Fix(How.NEXT),
        ),
        (
            {"status": "resolved", "statusDetails": {"inRelease": "shop@1"}},
            Verb.RESOLVE,
            Fix(How.RELEASE, version="shop@1"),
        ),
        (
            {"status": "resolved", "statusDetails": {"inRelease": "latest"}},
            Verb.RESOLVE,
            Fix(How.CURRENT),
        ),
        (
            {
                "status": "resolved",
                "statusDetails": {"inCommit": {"commit": "8f2c1ab", "repository": "shop"}},
            },
            Verb.RESOLVE,
            Fix(How.COMMIT, commit="8f2c1ab", repository="shop"),
        ),
        ({"status": "unresolved"}, Verb.REOPEN, Fix()),
        ({"status": "ignored"}, Verb.MUTE, Fix()),
        ({"status": "muted"}, Verb.MUTE, Fix()),
    ],
)
def test_a_status_is_a_verb(body: dict[str, Any], verb: Verb, fix: Fix) -> None:
    found = read_change(body, NOW)
    assert (found.verb, found.fix) == (verb, fix)


@pytest.mark.parametrize(
    ("details", "mute"),
    [
        ({"ignoreDuration": 60}, Mute(duration=timedelta(hours=1))),
        ({"snoozeDuration": 30}, Mute(duration=timedelta(minutes=30))),
        ({"ignoreCount": 5}, Mute(more_events=5)),
        ({"ignoreCount": 5, "ignoreWindow": 10}, Mute(within=(5, 10))),
        ({"ignoreUserCount": "3"}, Mute(more_users=3)),
        ({"ignoreCount": None, "ignoreDuration": 0}, Mute()),
    ],
)
@pytest.mark.parametrize("is_top", [True, False])
def test_conditions_stand_inside_or_beside(
    details: dict[str, Any], mute: Mute, is_top: bool
) -> None:
    body = details if is_top else {"statusDetails": details}
    assert read_change({"status": "ignored", **body}, NOW).mute == mute


def test_until_it_escalates_is_a_condition_of_its_own() -> None:
    found = read(status="ignored", substatus="archived_until_escalating")
    assert found.mute.until_escalating
    other = read(status="ignored", substatus="archived_until_escalating", ignoreCount=3)
    assert other.mute == Mute(more_events=3)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("user:5", "user:5"),
        (None, ""),
        ("", ""),
        ("bo@example.com", "bo@example.com"),
        ({"type": "team", "id": "3"}, "team:3"),
        (5, "user:5"),
    ],
)
def test_an_assignee(value: Any, found: str) -> None:
    assert read(assignedTo=value).assignee == found


def test_users_within_a_time() -> None:
    asked = {"status": "ignored", "ignoreUserCount": 3, "ignoreUserWindow": 60}
    assert read_change(asked, NOW).mute == Mute(users_within=(3, 60))


def test_the_rest() -> None:
    found = read(priority="high", isBookmarked=True, hasSeen=1, merge=1, unknown="x")
    assert found == Change(priority=Priority.HIGH, is_bookmarked=True, has_seen=True, merge=True)
    assert read() == Change()
    assert read().is_empty


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"status": "gone"}, "status"),
        ({"status": 7}, "status"),
        ({"statusDetails": {"inRelease": "1"}}, "status"),
        ({"status": "ignored", "statusDetails": []}, "statusDetails"),
        ({"status": "ignored", "ignoreDuration": -1}, "ignoreDuration"),
        ({"status": "ignored", "ignoreCount": 10**30}, "ignoreCount"),
        ({"status": "ignored", "ignoreCount": True}, "ignoreCount"),
        ({"status": "ignored", "ignoreWindow": 5}, "ignoreWindow"),
        ({"status": "ignored", "ignoreUserWindow": 5}, "ignoreUserCount"),
        ({"status": "ignored", "ignoreUserCount": 1001, "ignoreUserWindow": 5}, "ignoreUserCount"),
        (
            {"ignoreCount": 2, "ignoreWindow": 5, "ignoreUserCount": 2, "ignoreUserWindow": 5}
            | {"status": "ignored"},
            "ignoreWindow",
        ),
        ({"status": "ignored", "ignoreUntil": "yesterday"}, "ignoreUntil"),
        ({"status": "resolved", "statusDetails": {"inCommit": 5}}, "inCommit"),
        ({"status": "resolved", "statusDetails": {"inRelease": ""}}, "inRelease"),
        ({"priority": "urgent"}, "priority"),
        ({"assignedTo": {"type": "robot", "id": 1}}, "assignedTo"),
        ({"isBookmarked": "perhaps"}, "isBookmarked"),
        ({"status": "ignored", "substatus": "odd"}, "substatus"),
    ],
)
def test_what_will_not_do_is_named(body: dict[str, Any], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        read_change(body, NOW)


KEYS = (
    *("status", "statusDetails", "substatus", "assignedTo", "priority", "merge", "isPublic"),
    *("ignoreDuration", "ignoreCount", "ignoreWindow", "ignoreUntil"),
)
VALUES: tuple[Any, ...] = (
    *(None, True, False, -1, 0, 7, 10**40, 1.5, float("nan"), float("inf"), "", "x" * 9999, "7"),
    *("\0", [], {}, ["x"], {"a": 1}, {"type": "user", "id": []}, {"inCommit": {"commit": []}}),
    *({"ignoreCount": [], "inRelease": 3}, {"ignoreUntil": "9999-12-31T23:59:59-14:00"}),
)


@pytest.mark.parametrize("status", ["ignored", "resolved", "unresolved"])
@pytest.mark.parametrize("key", KEYS)
def test_anything_is_a_change_or_a_sentence(key: str, status: str) -> None:
    for value in VALUES:
        with contextlib.suppress(ValueError):
            read_change({"status": status, key: value}, NOW)
