"""What gunicorn itself can do on this machine: read the body and answer; the second also inflates it."""

import zlib
from collections.abc import Iterable
from typing import Any

ANSWER = b'{"id":"00000000000000000000000000000000"}'
_HEADERS = [("Content-Type", "application/json"), ("Content-Length", str(len(ANSWER)))]


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    start_response("200 OK", _HEADERS)
    return [ANSWER]


def inflating(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    zlib.decompress(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])), 31)
    start_response("200 OK", _HEADERS)
    return [ANSWER]
