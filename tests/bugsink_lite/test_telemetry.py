"""The product reports its own errors, and can never loop into itself."""

import logging
import threading

import pytest

from bugsink_lite.logs import LineFormatter
from bugsink_lite.telemetry import MAX_PER_MINUTE, Guard


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def guard(own: bool = False) -> tuple[Guard, Clock]:
    clock = Clock()
    return Guard(lambda: own, clock), clock


def test_an_error_of_a_page_is_reported_even_to_ourselves() -> None:
    own, _ = guard(own=True)
    assert own({"logger": "django.request"}, {}) is not None


@pytest.mark.parametrize("logger", ["ingest", "ingest.views", "ingest.digester"])
def test_an_error_of_the_pipeline_is_not_reported_to_ourselves(logger: str) -> None:
    own, _ = guard(own=True)
    other, _ = guard(own=False)
    assert own({"logger": logger}, {}) is None
    assert other({"logger": logger}, {}) is not None


def test_nothing_that_the_digest_thread_says_is_reported_to_ourselves() -> None:
    own, _ = guard(own=True)
    said: list[object] = []
    thread = threading.Thread(target=lambda: said.append(own({}, {})), name="digester")
    thread.start()
    thread.join()
    assert said == [None]


def test_two_installations_that_report_to_each_other_settle_down() -> None:
    other, clock = guard()
    sent = [other({}, {}) for _ in range(MAX_PER_MINUTE + 10)]
    assert sum(event is not None for event in sent) == MAX_PER_MINUTE
    clock.now = 61
    assert other({}, {}) is not None


def test_a_log_record_is_one_line_whatever_a_sender_wrote() -> None:
    record = logging.LogRecord("x", logging.INFO, "f", 1, "a\r\nERROR forged\x1b[31m", (), None)
    line = LineFormatter().format(record)
    assert "\n" not in line
    assert "\x1b" not in line
    assert "\r" not in line
