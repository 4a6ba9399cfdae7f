"""Clients of the API: each asks with a token of its own."""

from collections.abc import Callable
from typing import Any, Protocol

import orjson
import pytest
from django.test import Client

from api import tokens
from api.scopes import PRESETS
from projects.models import Project, Role, Team, User
from tests.factories import NOW, join, make_user

ORG = "bugsink"


class Api:
    """get, post, put, delete below /api/0, with a token; `data` is what came."""

    def __init__(self, token: str) -> None:
        self.token = token
        self._client = Client()

    def __call__(
        self, method: str, path: str, body: Any = None, *, status: int = 200, **extra: Any
    ) -> Any:
        """The answer; `.data` is its JSON. Fails if it has another status."""
        content = b"" if body is None else body if isinstance(body, bytes) else orjson.dumps(body)
        # An address may carry a query: the client would cut it off from the body otherwise.
        answer = self._client.generic(
            method,
            f"/api/0{path}",
            content,
            content_type=extra.pop("content_type", "application/json"),
            headers={"Authorization": f"Bearer {self.token}"} | extra.pop("headers", {}),
            **extra,
        )
        assert answer.status_code == status, (method, path, answer.status_code, answer.content)
        answer.data = orjson.loads(answer.content) if answer.content else None  # type: ignore[attr-defined]
        return answer

    def get(self, path: str, **extra: Any) -> Any:
        return self("GET", path, **extra)

    def post(self, path: str, body: Any = None, *, status: int = 201, **extra: Any) -> Any:
        return self("POST", path, body, status=status, **extra)

    def put(self, path: str, body: Any = None, **extra: Any) -> Any:
        return self("PUT", path, body, **extra)

    def delete(self, path: str, *, status: int = 204, **extra: Any) -> Any:
        return self("DELETE", path, status=status, **extra)


class NewApi(Protocol):
    def __call__(
        self, *scopes: str, user: User | None = None, project: Project | None = None
    ) -> Api: ...


@pytest.fixture
def new_api(db: None) -> NewApi:
    """Makes a client; without scopes its token may do everything; without a user it is the organisation's."""

    def make(*scopes: str, user: User | None = None, project: Project | None = None) -> Api:
        wanted = scopes or PRESETS["Everything"]
        return Api(tokens.create_token(wanted, user=user, name="test", now=NOW, project=project))

    return make


@pytest.fixture
def api(new_api: NewApi) -> Api:
    """The organisation's, with all scopes."""
    return new_api()


@pytest.fixture
def person(team: Team) -> Callable[[Role], User]:
    def make(role: Role) -> User:
        user = make_user()
        join(team, user, role)
        return user

    return make
