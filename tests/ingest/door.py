"""Requests to the ingest door without a server, and digesting on demand."""

import io
from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import orjson

from bugsink_lite.background import make_digester
from bugsink_lite.wsgi import application
from projects.models import Project


class Answer:
    def __init__(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status = int(status.split()[0])
        self.headers = {name.lower(): value for name, value in headers}
        self.body = body

    def json(self) -> Any:
        return orjson.loads(self.body)


def request(
    path: str,
    body: bytes = b"",
    *,
    method: str = "POST",
    headers: Mapping[str, str] | None = None,
    chunked: bool = False,
    address: str = "192.0.2.1",
) -> Answer:
    parts = urlsplit("http://host" + path)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path.partition("?")[0],
        "QUERY_STRING": parts.query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": address,
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
    }
    if chunked:
        environ["wsgi.input_terminated"] = True
    else:
        environ["CONTENT_LENGTH"] = str(len(body))
    for name, value in (headers or {}).items():
        if name == "Content-Type":
            environ["CONTENT_TYPE"] = value
        elif name not in ("Transfer-Encoding", "Content-Length"):
            environ["HTTP_" + name.upper().replace("-", "_")] = value
    answered: list[Any] = []
    parts_of_body: Iterable[bytes] = application(environ, lambda *args: answered.extend(args))
    return Answer(answered[0], answered[1], b"".join(parts_of_body))


def auth(project: Project) -> dict[str, str]:
    key = project.keys.get().public_key
    return {"X-Sentry-Auth": f"Sentry sentry_version=7, sentry_key={key}, sentry_client=demo/1.0"}


def send(project: Project, event: Mapping[str, Any]) -> Answer:
    """One event as a store body."""
    return request(f"/api/{project.pk}/store/", orjson.dumps(event), headers=auth(project))


def digest_all() -> None:
    """Everything in the spool, until nothing is left to do."""
    digester = make_digester()
    with closing(digester):
        while digester.round():
            pass
