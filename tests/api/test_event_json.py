"""What clients read of an event."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from api.event_json import About, Around, entries, full, short, source_lines
from tests.factories import error, frame

AT = datetime(2026, 5, 1, 10, 0, 0, 250_000, tzinfo=UTC)
ABOUT = About(
    "9ec79c33ec9942ab8353589fcb2e04dc", 12, 7, AT, AT, "error", "python", "shop.cart in total"
)


def of_type(found: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    (entry,) = [each for each in found if each["type"] == kind]
    return dict(entry["data"])


def first_frame(data: dict[str, Any]) -> dict[str, Any]:
    exception = of_type(entries(data), "exception")["values"][0]
    return dict(exception["stacktrace"]["frames"][-1])


def test_a_frame_has_both_spellings_of_in_app() -> None:
    found = first_frame(error())
    assert found["inApp"] is True
    assert found["in_app"] is True
    assert (found["lineNo"], found["colNo"], found["absPath"]) == (17, None, "/srv/shop/cart.py")
    assert found["vars"] == {"cart": [{"name": "tea"}], "count": 3}


def test_source_lines_are_numbered_around_the_failing_one() -> None:
    assert source_lines(frame())[:3] == [
        [15, "def total(cart):"],
        [16, "    prices = load(cart)"],
        [17, "    return sum(prices[item['id']] for item in cart)"],
    ]


@pytest.mark.parametrize(
    "change", [{"lineno": None}, {"context_line": None}, {"lineno": "17"}, {"lineno": -1}]
)
def test_without_a_line_there_are_no_source_lines(change: dict[str, Any]) -> None:
    assert source_lines(frame() | change) == []


def test_no_line_before_the_first_has_a_number() -> None:
    found = source_lines({"lineno": 1, "context_line": "b", "pre_context": ["x", "a"]})
    assert found == [[0, "a"], [1, "b"]]


def test_exceptions_stay_in_the_order_they_were_sent() -> None:
    data = error()
    data["exception"]["values"].append({"type": "ValueError", "value": "bad"})
    found = of_type(entries(data), "exception")
    assert [value["type"] for value in found["values"]] == ["KeyError", "ValueError"]
    assert found["hasSystemFrames"] is True
    assert found["values"][1]["stacktrace"] is None


def test_entries_come_in_the_expected_order_and_none_is_empty() -> None:
    data = error(
        logentry={"formatted": "hello", "params": []},
        breadcrumbs={"values": [{"message": "clicked", "timestamp": "2026-05-01T09:59:00.000Z"}]},
        request={"url": "https://shop.example.com/pay", "query_string": [["a", "1"]]},
        threads={"values": [{"id": 1, "crashed": True}]},
        debug_meta={"images": [{"type": "sourcemap"}]},
    )
    kinds = [entry["type"] for entry in entries(data)]
    assert kinds == ["exception", "message", "threads", "breadcrumbs", "request", "debugmeta"]
    assert entries({}) == []


def test_breadcrumbs_and_requests_are_as_clients_read_them() -> None:
    data = {
        "breadcrumbs": {"values": [{"message": "a", "timestamp": "2026-05-01T09:59:00.123Z"}]},
        "request": {
            "url": "/pay",
            "method": "POST",
            "headers": [["Content-Type", "application/json; charset=utf-8"]],
            "cookies": [["a", "b"]],
        },
    }
    (crumb,) = of_type(entries(data), "breadcrumbs")["values"]
    assert crumb["timestamp"] == "2026-05-01T09:59:00.123000Z"
    assert (crumb["type"], crumb["level"]) == ("default", "info")
    request = of_type(entries(data), "request")
    assert request["url"] is None  # only an absolute one is one
    assert request["inferredContentType"] == "application/json"
    assert request["cookies"] == [["a", "b"]]


def test_the_full_form_has_what_clients_insist_on() -> None:
    data = error(
        type="error",
        tags={"release": "shop@1", "user": "id:7"},
        user={"id": "7", "email": "bo@example.com", "plan": "gold"},
        contexts={"os": {"name": "Linux"}, "bad": 7},
        extra={"cart": 3},
        sdk={"name": "sentry.python", "version": "2.0"},
        errors=[{"name": "level", "reason": "invalid_data", "value": "banana"}],
    )
    found = full(ABOUT, data, Around(older="a" * 32))
    assert found["id"] == found["eventID"] == "9ec79c33ec9942ab8353589fcb2e04dc"
    assert (found["title"], found["type"], found["culprit"]) == (
        "KeyError: 'id'",
        "error",
        "shop.cart in total",
    )
    assert found["dateCreated"] == found["dateReceived"] == "2026-05-01T10:00:00.250000Z"
    assert found["contexts"] == {"os": {"name": "Linux", "type": "os"}}
    assert found["context"] == {"cart": 3}
    assert found["user"]["ip_address"] is None
    assert found["user"]["data"] == {"plan": "gold"}
    assert found["errors"][0]["type"] == "invalid_data"
    assert (found["previousEventID"], found["nextEventID"]) == ("a" * 32, None)
    assert "project" not in found


def test_a_message_is_of_the_type_default() -> None:
    found = full(ABOUT, {"type": "default", "logentry": {"formatted": "disk\nfull"}}, Around())
    assert (found["type"], found["title"], found["message"]) == ("default", "disk", "disk\nfull")
    assert found["metadata"] == {"title": "disk"}


def test_what_is_not_kept_is_said() -> None:
    found = full(ABOUT, {}, Around(trouble="It is gone."))
    assert found["entries"] == []
    assert found["errors"] == [{"type": "not_kept", "message": "It is gone.", "data": {}}]


@pytest.mark.parametrize(
    ("tag", "field", "value"),
    [
        ("id:7", "id", "7"),
        ("email:bo@x.io", "email", "bo@x.io"),
        ("ip:10.0.0.1", "ip_address", "10.0.0.1"),
    ],
)
def test_the_short_form_takes_the_user_from_its_tag(tag: str, field: str, value: str) -> None:
    found = short(ABOUT, title="t", message="", kind="E", value="v", tags={"user": tag})
    assert found["user"][field] == value
    assert found["tags"] == [{"key": "user", "value": tag}]


PARTS = (
    *("exception", "threads", "breadcrumbs", "request", "user", "contexts", "tags", "logentry"),
    *("stacktrace", "debug_meta", "errors", "extra", "sdk", "type", "csp"),
)
HOSTILE: tuple[Any, ...] = (
    *(None, True, -1, 2**40, 1.5, "", "x", [], {}, [[]], [None, 7, "x", {"a": []}]),
    {"values": None},
    {"values": [None, 7, "x", [], {}, {"stacktrace": 7}, {"timestamp": [], "data": 3}]},
    {"values": [{"stacktrace": {"frames": [None, 7, {"lineno": "x", "vars": []}]}}]},
    {"values": [{"type": 7, "value": {}, "mechanism": []}, {"type": [], "value": 3}]},
    {"frames": [{"in_app": "yes", "context_line": 3, "pre_context": {}, "lineno": 4}]},
    {"url": [], "headers": [["a"], ["b", 3], 7], "query_string": "x", "cookies": {}},
    {"id": [], "email": 7, "formatted": 8, "message": {}, "name": {}, "version": 9},
    {"images": [7, {}]},
)


@pytest.mark.parametrize("part", PARTS)
def test_whatever_a_part_holds_there_is_json(part: str) -> None:
    for value in HOSTILE:
        found = full(ABOUT, {part: value}, Around())
        assert isinstance(found["title"], str), value
        orjson.dumps(found)
