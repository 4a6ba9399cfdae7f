from typing import Any

import pytest

from issues.contexts import contexts, packages, processing_notes, rows, sdk, user_rows
from issues.why import why


@pytest.mark.parametrize(
    ("name", "value", "summary"),
    [
        ("runtime", {"name": "CPython", "version": "3.14.0"}, "CPython 3.14.0"),
        ("os", {"name": "Debian", "version": "13", "kernel_version": "6.12"}, "Debian 13, 6.12"),
        ("device", {"brand": "Apple", "family": "iPhone", "model": "iPhone"}, "Apple iPhone"),
        ("trace", {"op": "http", "trace_id": "ab", "status": "ok"}, "http · ab · ok"),
        ("flags", {"values": [{"flag": "new", "result": True}]}, "new: true"),
        ("weather", {"sky": "grey"}, ""),
    ],
)
def test_known_contexts_are_told_in_a_line(name: str, value: Any, summary: str) -> None:
    (shown,) = contexts({"contexts": {name: value}})
    assert shown.summary == summary


def test_well_known_contexts_come_first() -> None:
    found = contexts({"contexts": {"zebra": {}, "os": {}, "browser": {}}})
    assert [context.name for context in found] == ["browser", "os", "zebra"]


def test_a_users_own_data_stand_beside_the_rest() -> None:
    shown = user_rows({"user": {"id": "7", "data": {"plan": "family"}}})
    assert [name for name, _ in shown] == ["id", "data.plan"]


def test_packages_are_sorted_without_regard_to_case() -> None:
    assert packages({"modules": {"b": "1", "A": "2"}}) == (("A", "2"), ("b", "1"))


def test_the_sdk_says_its_name_and_version() -> None:
    assert sdk({"sdk": {"name": "sentry.go", "version": "1"}})[0] == ("SDK", "sentry.go 1")


def test_what_was_repaired_is_said() -> None:
    notes = [{"name": "tags", "reason": "not a string", "value": 1}, {"reason": "x"}, 7]
    assert processing_notes({"errors": notes}) == (("tags", "not a string"), ("event", "x"))


def test_why_events_are_together_in_words() -> None:
    stored = {
        "lines": [["type", "TypeError", "exception type"], ["place", "cart:total"]],
        "ignored": [["line 18", "lines move"]],
        "text": None,
        "config": "g1",
    }
    shown = why(stored, "ab12", "g1")
    assert shown is not None
    assert [(line.label, line.value) for line in shown.lines] == [
        ("Type", "TypeError"),
        ("Place", "cart:total"),
    ]
    assert shown.ignored == (("line 18", "lines move"),)


@pytest.mark.parametrize(
    "stored", [{}, None, [], "x", {"lines": 5}, {"lines": [[], ["a"], 7]}, {"ignored": [1]}]
)
def test_without_an_explanation_nothing_is_said(stored: Any) -> None:
    assert why(stored, "ab12", "g1") is None


@pytest.mark.parametrize("odd", [None, 5, "x", [], {}, [1], {"a": {"b": []}}, {"a": None}])
def test_any_type_anywhere_is_survived(odd: Any) -> None:
    data = dict.fromkeys(("contexts", "user", "extra", "modules", "sdk", "errors"), odd)
    assert isinstance(contexts(data), tuple)
    assert isinstance(user_rows(data), tuple)
    assert isinstance(packages(data), tuple)
    assert isinstance(sdk(data), tuple)
    assert isinstance(processing_notes(data), tuple)
    assert isinstance(rows(odd), tuple)
    for name in ("os", "device", "trace", "flags"):
        assert len(contexts({"contexts": {name: odd}})) == 1
