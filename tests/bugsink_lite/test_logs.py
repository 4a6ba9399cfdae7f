"""Log records as text and as JSON, whatever a sender put into them."""

import json
import logging
import sys

import pytest

from bugsink_lite.logs import JsonFormatter, LineFormatter, request_id

HOSTILE = 'a\n2026-01-01T00:00:00Z ERROR root: forged\r\x1b[31m\u2028"}\0'


def record(message: str, *args: object, with_error: bool = False) -> logging.LogRecord:
    info = None
    if with_error:
        try:
            raise ValueError(HOSTILE)
        except ValueError:
            info = sys.exc_info()
    return logging.LogRecord("ingest", logging.ERROR, __file__, 1, message, args, info)


@pytest.mark.parametrize("with_error", [False, True])
def test_a_record_is_one_object_on_one_line(with_error: bool) -> None:
    request_id.set("")  # no request
    line = JsonFormatter().format(record("refused: %s", HOSTILE, with_error=with_error))
    assert line.isascii()
    assert line.isprintable()
    found = json.loads(line)
    assert found["message"] == f"refused: {HOSTILE}"
    assert (found["level"], found["logger"]) == ("error", "ingest")
    assert found["time"].endswith("Z")
    assert ("exception" in found) is with_error
    assert "request_id" not in found


def test_a_record_names_its_request() -> None:
    token = request_id.set("abcdef0123456789")
    try:
        assert json.loads(JsonFormatter().format(record("x")))["request_id"] == "abcdef0123456789"
    finally:
        request_id.reset(token)


def test_as_text_nobody_forges_a_line() -> None:
    text = LineFormatter().format(record("refused: %s", HOSTILE, with_error=True))
    first, *rest = text.split("\n")
    assert first.endswith('"}\\x00')
    assert all(line.startswith("    ") for line in rest)
