from typing import Any

import pytest

from api.discover_fields import event_row, grouped, ordered, read_field
from tests.factories import NOW


def row(user: str, level: str = "error") -> dict[str, object]:
    return event_row(
        event_id="a" * 32, at=NOW, level=level, platform="python", issue=(1, "SHOP-1"),
        project=(7, "shop", "Shop"), title="KeyError: 'id'", culprit="", fields={},
        tags={"user": user, "browser": "Firefox"}, trace="",
    )  # fmt: skip


def test_rows_are_grouped_by_the_plain_fields() -> None:
    fields = [
        read_field(name) for name in ("title", "tags[browser]", "count()", "count_unique(user)")
    ]
    rows = [row("id:1"), row("id:2"), row("id:2")]
    assert grouped(rows, fields) == [
        {
            "title": "KeyError: 'id'",
            "tags[browser]": "Firefox",
            "count()": 3,
            "count_unique(user)": 2,
        }
    ]


def test_order_is_by_the_first_field_then_the_next() -> None:
    rows: list[dict[str, Any]] = [
        {"a": 1, "b": "x"},
        {"a": 2, "b": "y"},
        {"a": 2, "b": "x"},
        {"a": None, "b": "z"},
    ]
    found = ordered(rows, ["-a", "b"])
    assert [(each["a"], each["b"]) for each in found] == [(2, "x"), (2, "y"), (1, "x"), (None, "z")]


def test_an_unknown_name_is_a_tag() -> None:
    assert read_field("colour").tag == "colour"
    assert read_field("tags[is]").tag == "is"


@pytest.mark.parametrize(
    "name", ["p95(x)", "count(x)", "count_unique()", "a b", "", "count_unique(a b)"]
)
def test_what_is_no_field_is_said(name: str) -> None:
    with pytest.raises(ValueError, match="is no"):
        read_field(name)
