"""So many events within so much time."""

from datetime import UTC, datetime, timedelta

import pytest

from issues.window import UserWindow, Window, read, write

NOW = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)


def reached(window: Window, *minutes: float) -> list[bool]:
    return [window.add(NOW + timedelta(minutes=m)) for m in minutes]


def test_events_that_come_slowly_do_not_add_up() -> None:
    assert reached(Window(3, 10), 0, 9, 18, 27, 36) == [False] * 5


def test_events_that_come_together_do() -> None:
    assert reached(Window(3, 10), 0, 30, 31, 32) == [False, False, False, True]


def test_a_long_time_is_cut_into_sixty_steps() -> None:
    window = Window(3, 7 * 1440)
    assert reached(window, 0, 1440, 6 * 1440) == [False, False, True]
    assert len(window.counts) <= 61


def test_an_event_of_long_ago_counts_for_nothing() -> None:
    assert reached(Window(2, 10), 100, 0, 101) == [False, False, True]


def test_it_is_kept_between_batches() -> None:
    window = Window(3, 10)
    reached(window, 0, 1)
    again = read(write(window))
    assert again == window
    assert reached(again, 2) == [True]
    assert write(None) == ""


def met(window: UserWindow, *events: tuple[float, int | None]) -> list[bool]:
    return [window.add(NOW + timedelta(minutes=m), user) for m, user in events]


def test_users_who_meet_it_within_the_time_are_counted_once_each() -> None:
    assert met(UserWindow(2, 10), (0, 7), (1, 7), (2, None), (3, -8)) == [False, False, False, True]


def test_users_who_come_slowly_do_not_add_up() -> None:
    assert met(UserWindow(2, 10), (0, 1), (12, 2), (24, 3)) == [False] * 3
    # Who comes again is remembered from then on.
    assert met(UserWindow(2, 10), (0, 1), (8, 1), (15, 2)) == [False, False, True]


def test_users_are_kept_between_batches_in_few_bytes() -> None:
    window = UserWindow(1000, 60)
    met(window, *((n % 50, -(2**62) + n * 7919) for n in range(999)))
    assert read(write(window)) == window
    assert len(window.met) == 999
    assert len(write(window)) < 17_500


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "[]",
        "{}",
        '{"users":1,"minutes":2,"met":{"x":[1]}}',
        '{"users":1,"minutes":2}',
        '{"events": "x"}',
        '{"events":1,"minutes":2,"counts":[]}',
    ],
)
def test_what_cannot_be_read_waits_for_nothing(text: str) -> None:
    assert read(text) is None
