"""What is typed above the events of an issue, and which events fit."""

from datetime import UTC, datetime, timedelta

import pytest

from issues.event_query import MAX_TERMS, EventQuery, matches, parse
from tests.factories import NOW

TAGS = {"browser": "Firefox 145", "vip": "yes", "release": "shop@1.0", "level": "error"}


def ask(text: str) -> EventQuery:
    return parse(text, NOW)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("vip:yes", True),
        ("vip:no", False),
        ("!vip:no", True),
        ("!vip:yes", False),
        ('browser:"Firefox 145"', True),
        ("browser:Fire*", True),
        ("browser:*145", True),
        ("browser:*Chrome*", False),
        ('browser:"Fire*"', False),
        ("has:vip", True),
        ("!has:vip", False),
        ("has:nothing", False),
        ("!nothing:x", True),
        ("timeout", True),
        ("TIMEOUT vip:yes", True),
        ("!timeout", False),
        ("other", False),
        ("", True),
    ],
)
def test_tags_and_words(text: str, fits: bool) -> None:
    assert matches(ask(text), TAGS, "readtimeout: after 5 s") is fits


def test_columns_are_told_from_tags() -> None:
    query = ask("level:error user:id:7 release:shop@* vip:yes has:user user:id:*")
    assert [a.key for a in query.columns] == ["level", "user", "release"]
    assert [a.key for a in query.tags] == ["vip", "user"]
    assert query.reads_payloads
    assert not ask("level:error has:release release:shop*").reads_payloads


@pytest.mark.parametrize(
    ("text", "at", "is_after"),
    [
        ("received:-24h", NOW - timedelta(days=1), True),
        ("received:+2w", NOW - timedelta(weeks=2), False),
        ("timestamp:>2026-04-01", datetime(2026, 4, 1, tzinfo=UTC), True),
        ("timestamp:<=2026-04-01T12:00", datetime(2026, 4, 1, 12, tzinfo=UTC), False),
    ],
)
def test_times(text: str, at: datetime, is_after: bool) -> None:
    (found,) = ask(text).columns
    assert (found.at, found.is_after) == (at, is_after)


@pytest.mark.parametrize(
    "text",
    [
        "received:yesterday", "received:>x", "received:-99999999d", "received:>0001-01-01", "level:bad",
        "id:zz", "trace:1", "is:resolved", "received:>9999-12-31T23:59:59+00:00", "received:-99999w",
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(text: str) -> None:
    query = ask(text)
    assert len(query.errors) == 1
    assert not query


@pytest.mark.parametrize("text", ["vip:yes OR vip:no", "( vip:yes", "a AND b"])
def test_what_only_the_search_of_issues_knows_is_said(text: str) -> None:
    assert ask(text).errors
    assert ask(f'"{text}"').errors == ()


def test_keys_have_the_names_they_have_elsewhere() -> None:
    query = ask("user.id:7 event_id:" + "1" * 32 + " trace_id:" + "2" * 32 + " date:-1h")
    assert [(a.key, a.value[:4]) for a in query.columns] == [
        ("user", "id:7"),
        ("id", "1111"),
        ("trace", "2222"),
        ("received", "-1h"),
    ]


def test_too_much_is_cut() -> None:
    query = ask("x " * 500)
    assert len(query.words) == MAX_TERMS
    assert query.errors


def test_stars_without_end_do_not_keep_anybody_busy() -> None:
    query = ask("vip:" + "*a" * 90 + "b")
    assert not matches(query, {"vip": "a" * 200}, "")
