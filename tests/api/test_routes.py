"""Every address of the API, walked through."""

from collections import Counter

import pytest

from api import site
from api.auth import BearerToken
from api.scopes import READ_ONLY
from projects.models import Project, Role
from tests.api.conftest import NewApi
from tests.factories import join, make_release, make_team, make_user

# Searches that are asked for with POST and change nothing.
READING = frozenset({"/organizations/{org}/issues/"})


def operations() -> list[tuple[str, str, BearerToken]]:
    """Address, method, and who may."""
    site.urls()
    found = []
    for path, operation in site.site.operations():
        auth = operation.auth_callbacks[0]
        assert isinstance(auth, BearerToken), path
        found += [(path, method, auth) for method in operation.methods]
    return found


OPERATIONS = operations()
WRITING = [
    (path, method)
    for path, method, auth in OPERATIONS
    if method != "GET" and not (path in READING and method == "POST")
]


def test_every_address_belongs_to_one_router() -> None:
    """The first router with an address answers 405 for the methods of a second one."""
    found = Counter(
        path for router in site.site._get_bound_routers() for path in router.path_operations
    )
    assert [path for path, number in found.items() if number > 1] == []


def test_writing_needs_a_scope_that_is_not_for_reading() -> None:
    wrong = [
        (path, method)
        for path, method, auth in OPERATIONS
        if (path, method) in WRITING and (not auth.any_of or set(auth.any_of) & set(READ_ONLY))
    ]
    assert wrong == []


@pytest.mark.django_db
def test_a_read_only_token_writes_nowhere(new_api: NewApi, project: Project) -> None:
    api = new_api(*READ_ONLY)
    release = make_release(project)
    for path, method in WRITING:
        address = path.replace("{path:", "{").format_map(
            Names(org="bugsink", project=project.slug, version=release.version)
        )
        said = api(method, address, {}, status=403).data["detail"]
        assert "scope" in said, (path, method)


class Names(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "1"


@pytest.mark.django_db
def test_a_stranger_finds_nothing_of_others(new_api: NewApi, project: Project) -> None:
    """Whatever is asked of a project that is not theirs: 404, or 400 where it is named in the body."""
    stranger = make_user()
    join(make_team("Another"), stranger, Role.ADMIN)
    api = new_api(user=stranger)
    for path, method, _ in OPERATIONS:
        if "{project}" not in path:
            continue
        address = path.replace("{path:", "{").format_map(
            Names(org="bugsink", project=project.slug, version="1")
        )
        answer = api._client.generic(
            method,
            f"/api/0{address}",
            b'{"version": "1", "environment": "x", "name": "x", "status": "resolved"}',
            content_type="application/json",
            headers={"Authorization": f"Bearer {api.token}"},
        )
        assert answer.status_code in (400, 404), (method, path, answer.content)
        assert project.name not in answer.content.decode(), path
