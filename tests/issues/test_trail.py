from datetime import UTC, datetime
from typing import Any

import pytest

from issues.trail import MAX_CRUMBS, OPEN_CRUMBS, offset, trail

AT = datetime(2026, 5, 1, 10, 0, 10, tzinfo=UTC)


def crumbs(*values: dict[str, Any]) -> dict[str, Any]:
    return {"breadcrumbs": {"values": list(values)}}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.00 s"), (-0.02, "−0.02 s"), (-14.24, "−14.2 s"), (-200, "−3 min 20 s"),
        (-7300, "−2 h 1 min"), (1.5, "+1.50 s"),
    ],
)  # fmt: skip
def test_times_are_told_relative_to_the_event(seconds: float, text: str) -> None:
    assert offset(seconds) == text


def test_a_request_is_told_by_method_and_address() -> None:
    data = {
        "method": "POST",
        "url": "https://pay/2",
        "status_code": 201,
        "reason": "Created",
        "retry": 1,
    }
    (crumb,) = trail(crumbs({"category": "httplib", "type": "http", "data": data}), AT).crumbs
    assert (crumb.text, crumb.detail, crumb.icon) == (
        "POST https://pay/2",
        "201 · Created",
        "globe",
    )
    assert crumb.data is not None


def test_a_navigation_is_told_by_both_ends() -> None:
    value = {"category": "navigation", "data": {"from": "/a", "to": "/b"}}
    assert trail(crumbs(value), AT).crumbs[0].text == "/a → /b"


@pytest.mark.parametrize(("level", "tone"), [("error", "bad"), ("warning", "warn"), ("info", "")])
def test_levels_have_tones(level: str, tone: str) -> None:
    assert trail(crumbs({"message": "x", "level": level}), AT).crumbs[0].tone == tone


def test_the_latest_are_open_and_the_rest_is_folded() -> None:
    shown = trail(crumbs(*({"message": str(n)} for n in range(MAX_CRUMBS + 10))), AT)
    assert len(shown.crumbs) == OPEN_CRUMBS
    assert shown.crumbs[-1].text == str(MAX_CRUMBS + 9)
    assert (shown.left_out, shown.count) == (10, MAX_CRUMBS + 10)


@pytest.mark.parametrize("odd", [None, 5, "x", [], {}, [1], {"a": {"b": []}}])
def test_any_type_anywhere_is_survived(odd: Any) -> None:
    keys = ("timestamp", "type", "category", "level", "message", "data")
    for data in (
        {"breadcrumbs": odd},
        {"breadcrumbs": {"values": odd}},
        crumbs(odd),
        crumbs(dict.fromkeys(keys, odd)),
    ):
        assert trail(data, AT).left_out == 0


def test_levels_are_told_for_the_filter() -> None:
    found = trail(
        crumbs({"level": "error"}, {"level": "debug"}, {"level": "x"}, {"message": "m"}), AT
    )
    assert found.levels == ("debug", "info", "error")
    assert [crumb.level for crumb in found.crumbs] == ["error", "debug", "info", "info"]
