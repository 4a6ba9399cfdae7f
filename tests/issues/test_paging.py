from datetime import UTC, datetime

import pytest

from issues.paging import SORTS, Cursor, parse_cursor


@pytest.mark.parametrize(
    ("key", "sort"),
    [
        (datetime(2026, 5, 1, 10, 0, 0, 123457, tzinfo=UTC), "last"),
        (datetime(1970, 1, 1, tzinfo=UTC), "first"),
        (12_345_678, "events"),
        (0, "users"),
    ],
)
@pytest.mark.parametrize("is_backwards", [True, False])
def test_a_cursor_comes_back_as_it_was(key: datetime | int, sort: str, is_backwards: bool) -> None:
    cursor = Cursor(is_backwards, key, 42, 80)
    assert parse_cursor(str(cursor), SORTS[sort]) == cursor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "a1",
        "a1_2",
        "a1_2_3_4",
        "a-1_2_3",
        "a9999999999999999999_1_1",
        "a1e5_1_1",
        "a٣_1_1",
    ],
)
def test_anything_else_is_the_first_page(text: str) -> None:
    assert parse_cursor(text, SORTS["last"]) is None
