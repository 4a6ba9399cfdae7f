"""Which of two releases is the older one."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.versions import (
    Known,
    compare,
    is_newer,
    is_older,
    latest,
    names_commit,
    next_after,
    parse,
)

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def known(*versions: str) -> list[Known]:
    """In the order in which they were first seen."""
    return [Known(v, NOW + timedelta(hours=i), i + 1) for i, v in enumerate(versions)]


@pytest.mark.parametrize(
    "ascending",
    [
        pytest.param(["1.9.0", "1.10.0", "2.0.0"], id="numbers, not letters"),
        pytest.param(
            [
                "1.0.0-alpha",
                "1.0.0-alpha.1",
                "1.0.0-beta.2",
                "1.0.0-beta.11",
                "1.0.0-rc.1",
                "1.0.0",
            ],
            id="semver 2.0, section 11",
        ),
        pytest.param(["shop@1.2.3", "shop@1.2.4+5", "shop@2.0.0-rc1", "shop@2.0"], id="package"),
        pytest.param(["@a/b@1.2.3", "@a/b@1.3.0"], id="scoped package"),
        pytest.param(["com.app@1.0.0+41", "com.app@1.0.0+42", "com.app@1.0.0+142"], id="builds"),
        pytest.param(["2026.2.1", "2026.11.1", "2026.11.10", "2027.1.0"], id="calendar"),
        pytest.param(["2026-02-01", "2026-11-01", "2026-11-01-2"], id="dates"),
        pytest.param(["20260201", "20261101", "20261102"], id="compact dates"),
        pytest.param(["202611011200", "202611011201"], id="compact times"),
        pytest.param(["1.2.dev1", "1.2a1", "1.2b2", "1.2rc1", "1.2", "1.2.post1"], id="python"),
        pytest.param(["v1.2.3", "v1.2.3-14-gabcdef0", "1.2.4"], id="git describe"),
        pytest.param(["9.1.0.7", "9.1.0.12"], id="four numbers"),
        pytest.param(["41", "417"], id="build numbers"),
    ],
)
def test_versions_ascend(ascending: list[str]) -> None:
    for a, b in itertools.combinations(ascending, 2):
        assert compare(a, b) == -1, (a, b)
        assert compare(b, a) == 1, (b, a)


@pytest.mark.parametrize(
    ("a", "b"), [("1.2", "1.2.0"), ("v1.2.3", "1.2.3"), ("Shop@1.0", "shop@1.0")]
)
def test_some_names_are_the_same_version(a: str, b: str) -> None:
    assert compare(a, b) == 0


@pytest.mark.parametrize(
    ("a", "b"),
    [
        pytest.param("1.2.3", "7f3a9c1d", id="a hash"),
        pytest.param("7f3a9c1", "8e00000", id="two hashes"),
        pytest.param("1234567", "7654321", id="hashes of digits"),
        pytest.param("7e3", "8e3", id="short hashes"),
        pytest.param("ios@1.0", "android@2.0", id="packages"),
        pytest.param("1.0+abc", "1.0+def", id="builds that are hashes"),
        pytest.param("main", "1.0", id="a branch"),
        pytest.param("", "1.0", id="nothing"),
        pytest.param("1.0\n", "1.0.0.", id="a dot too many"),
    ],
)
def test_others_are_not_told_apart_by_name(a: str, b: str) -> None:
    assert compare(a, b) is None


def test_what_the_name_does_not_tell_the_first_event_does() -> None:
    first, second = known("f00dfeed", "0badcafe")
    assert is_older(first, second)
    assert is_newer(second, first)
    assert not is_older(first, first)
    assert not is_newer(first, first)


def test_a_version_counts_more_than_the_first_event() -> None:
    new, old = known("2.0.0", "1.9.9")
    assert is_older(old, new)


def test_the_same_version_under_two_names_is_not_older() -> None:
    a, b = known("v1.2.3", "1.2.3")
    assert not is_older(a, b)
    assert not is_older(b, a)


@pytest.mark.parametrize(
    ("versions", "like", "newest"),
    [
        (["1.0", "2.0", "1.9.1"], "", "2.0"),
        (["f00dfeed", "0badcafe"], "", "0badcafe"),
        (["ios@3.0", "web@1.0", "web@1.1"], "", "web@1.1"),
        (["ios@3.0", "web@1.0", "web@1.1"], "ios@2.0", "ios@3.0"),
        (["web@1.0"], "ios@2.0", "web@1.0"),
    ],
)
def test_the_newest_release(versions: list[str], like: str, newest: str) -> None:
    found = latest(known(*versions), like=like)
    assert found is not None
    assert found.version == newest
    assert latest([]) is None


def test_the_next_release_is_the_first_newer_one_to_appear() -> None:
    base, hotfix, major, minor = known("2.0.0", "1.9.9", "3.0.0", "2.1.0")
    assert next_after(base, [base, hotfix]) is None
    assert next_after(base, [base, hotfix, minor, major]) == major
    assert next_after(None, [base, hotfix]) == base


@pytest.mark.parametrize(
    ("version", "named"),
    [
        ("0123456789abcdef0123456789abcdef01234567", True),
        ("shop@0123456", True),
        ("1.2.3+0123456789", True),
        ("1.2.3-4-g0123456", True),
        ("0123", False),
        ("1.2.3", False),
        ("fedcba9876", False),
    ],
)
def test_a_release_may_be_called_by_its_commit(version: str, named: bool) -> None:
    assert names_commit(version, "0123456789ABCDEF0123456789abcdef01234567") is named


@given(st.text(alphabet="019.vV-+@abrcgpost_ \n٣", max_size=40), st.text(max_size=40))
def test_no_name_is_too_odd(a: str, b: str) -> None:
    assert compare(a, b) in (-1, 0, 1, None)
    forth, back = compare(a, b), compare(b, a)
    assert back == (None if forth is None else -forth)
    assert parse(a) == parse(a)
