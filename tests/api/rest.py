"""A client of the API with a token."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import orjson
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from api import tokens
from projects.models import Project, User

ORG = settings.ORGANIZATION_SLUG
READ = ("org:read", "project:read", "team:read", "event:read")
WRITE = (*READ, "event:write")
ALL = (*WRITE, "event:admin", "project:write", "project:releases", "team:write")


class Api:
    """user: None makes an organisation's token."""

    def __init__(
        self, user: User | None = None, scopes: Sequence[str] = ALL, project: Project | None = None
    ) -> None:
        self.token = tokens.create_token(
            scopes, user=user, name="test", now=timezone.now(), project=project
        )
        self._client = Client(raise_request_exception=False)

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        data: bytes | None = None,
        **headers: Any,
    ) -> Any:
        """path: behind /api/0/, unless it begins with a slash. body: is sent as JSON; data: as it is."""
        address = path if path.startswith("/") else f"/api/0/{path}"
        sent = orjson.dumps(body) if body is not None else data or b""
        return self._client.generic(
            method,
            address,
            sent,
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.token}", **headers},
        )

    def get(self, path: str, **params: Any) -> Any:
        """The body of a 200."""
        answer = self.page(path, **params)
        return orjson.loads(answer.content)

    def page(self, path: str, **params: Any) -> Any:
        answer = self("GET", with_params(path, params))
        assert answer.status_code == 200, answer.content
        return answer

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        answer = self("PUT", path, body)
        assert answer.status_code == 200, answer.content
        return orjson.loads(answer.content)

    def post(self, path: str, body: Any = None, status: int = 201) -> Any:
        answer = self("POST", path, body)
        assert answer.status_code == status, answer.content
        return orjson.loads(answer.content)

    def refused(self, method: str, path: str, status: int, body: Any = None) -> str:
        """The sentence of a refusal."""
        answer = self(method, path, body)
        assert answer.status_code == status, (answer.status_code, answer.content)
        found = orjson.loads(answer.content)
        assert list(found) == ["detail"], found
        return str(found["detail"])


def with_params(path: str, params: Mapping[str, Any]) -> str:
    return f"{path}?{urlencode(params, doseq=True)}" if params else path


def links(answer: HttpResponse) -> dict[str, str]:
    """rel -> cursor, of those that lead somewhere."""
    found = {}
    for part in answer["Link"].split(", <"):
        fields = dict(each.split("=", 1) for each in part.split("; ")[1:])
        if fields["results"] == '"true"':
            found[fields["rel"].strip('"')] = fields["cursor"].strip('"')
    return found
