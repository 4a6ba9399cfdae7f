"""What a test sends to an ingest endpoint, and how."""

import gzip
import http.client
import json
import uuid
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Dsn:
    """A DSN in its parts: http://key@host:port/1"""

    text: str
    key: str
    host: str
    port: int
    project_id: int

    @classmethod
    def parse(cls, text: str) -> "Dsn":
        parts = urlsplit(text)
        assert parts.username is not None
        assert parts.hostname is not None
        return cls(text, parts.username, parts.hostname, parts.port or 80, int(parts.path[1:]))

    @property
    def envelope_path(self) -> str:
        return f"/api/{self.project_id}/envelope/"

    @property
    def store_path(self) -> str:
        return f"/api/{self.project_id}/store/"

    @property
    def auth(self) -> dict[str, str]:
        return {"X-Sentry-Auth": f"Sentry sentry_version=7, sentry_key={self.key}"}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]  # names in small letters
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def new_event_id() -> str:
    return uuid.uuid4().hex


def envelope(event: Mapping[str, Any], event_id: str) -> bytes:
    """An envelope with one event, as server SDKs frame it."""
    payload = json.dumps({"event_id": event_id, **event}).encode()
    header = json.dumps({"event_id": event_id}).encode()
    item = json.dumps({"type": "event", "length": len(payload)}).encode()
    return b"\n".join((header, item, payload, b""))


class Sender:
    """One keep-alive connection. Raises OSError or HTTPException when the server is gone."""

    def __init__(self, dsn: Dsn, *, timeout: float = 30) -> None:
        self.dsn = dsn
        self._connection = http.client.HTTPConnection(dsn.host, dsn.port, timeout=timeout)

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        self._connection.request(method, path, body, dict(headers or {}))
        response = self._connection.getresponse()
        return Answer(
            response.status,
            {name.lower(): value for name, value in response.getheaders()},
            response.read(),
        )

    def send(self, event: Mapping[str, Any], event_id: str) -> Answer:
        """One event as a compressed envelope."""
        body = gzip.compress(envelope(event, event_id), compresslevel=1)
        headers = {"Content-Encoding": "gzip", "Content-Type": "application/x-sentry-envelope"}
        return self.request("POST", self.dsn.envelope_path, body, headers | self.dsn.auth)

    def close(self) -> None:
        self._connection.close()


def request(
    dsn: Dsn,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """One request on a connection of its own."""
    with closing(Sender(dsn)) as sender:
        return sender.request(method, path, body, headers)


def send(dsn: Dsn, event: Mapping[str, Any], event_id: str) -> Answer:
    """One event on a connection of its own."""
    with closing(Sender(dsn)) as sender:
        return sender.send(event, event_id)
