"""What all addresses of the API have in common."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from api import tokens
from api.models import ApiToken
from projects.models import Project, Role, Team
from tests.api.conftest import Api, NewApi
from tests.factories import NOW, join, make_project, make_team, make_user

pytestmark = pytest.mark.django_db


def test_the_root_says_who_asks(new_api: NewApi) -> None:
    user = make_user("ann@example.com", name="Ann")
    said = new_api("event:read", user=user).get("/").data
    assert said == {
        "version": "0",
        "auth": {"scopes": ["event:read"]},
        "user": {
            "id": str(user.pk),
            "email": "ann@example.com",
            "name": "Ann",
            "username": "ann@example.com",
        },
    }


def test_the_organisation_is_no_user(api: Api) -> None:
    assert api.get("/").data["user"] is None
    assert "personal" not in api.get("/auth/", status=400).data["detail"]


@pytest.mark.parametrize(
    "header",
    [
        pytest.param({}, id="none"),
        pytest.param({"Authorization": "Bearer nothing"}, id="unknown"),
        pytest.param({"Authorization": "Bearer "}, id="empty"),
        pytest.param({"Authorization": "Token abc"}, id="another scheme"),
        pytest.param({"Authorization": "Bearer " + "x" * 100_000}, id="long"),
        pytest.param({"Authorization": "Bearer \udcff\udcfe"}, id="no text"),
    ],
)
def test_without_a_valid_token_it_is_401(header: dict[str, str]) -> None:
    answer = Client().get("/api/0/organizations/", headers=header)
    assert answer.status_code == 401
    assert list(answer.json()) == ["detail"]
    assert answer["WWW-Authenticate"] == "Bearer"


def test_an_expired_token_is_refused(new_api: NewApi) -> None:
    api = new_api()
    api.get("/")
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    api.get("/", status=401)


def test_a_token_ends_with_its_person_s_access(new_api: NewApi) -> None:
    user = make_user()
    api = new_api(user=user)
    user.is_active = False
    user.save()
    api.get("/", status=401)


def test_use_is_noted_once_a_minute(new_api: NewApi, django_assert_num_queries: object) -> None:
    api = new_api()
    api.get("/")
    first = ApiToken.objects.get().last_used_at
    assert first is not None
    api.get("/")
    assert ApiToken.objects.get().last_used_at == first
    ApiToken.objects.update(last_used_at=first - timedelta(seconds=61))
    api.get("/")
    noted = ApiToken.objects.get().last_used_at
    assert noted is not None
    assert noted >= first


def test_a_missing_scope_is_403_that_names_it(new_api: NewApi) -> None:
    said = new_api("event:read").get("/organizations/", status=403).data["detail"]
    assert "org:read" in said


def test_admin_brings_write_and_write_brings_read(new_api: NewApi) -> None:
    assert new_api("event:admin").get("/").data["auth"]["scopes"] == [
        "event:admin",
        "event:read",
        "event:write",
    ]


def test_another_organisation_is_404_that_says_which_is_right(api: Api) -> None:
    said = api.get("/organizations/acme/", status=404).data["detail"]
    assert settings.ORGANIZATION_SLUG in said
    assert api.get("/organizations/1/").data["slug"] == settings.ORGANIZATION_SLUG


def test_an_unknown_address_is_json(api: Api) -> None:
    for path in ("/nothing/", "/organizations/bugsink/nothing", "/../x"):
        for method in ("GET", "POST", "DELETE"):
            assert list(api(method, path, status=404).data) == ["detail"]


def test_another_method_is_405_that_says_which_are_there(api: Api) -> None:
    answer = api.post("/organizations/", {}, status=405)
    assert answer["Allow"] == "GET"
    assert list(answer.data) == ["detail"]


def test_the_slash_at_the_end_may_be_missing(api: Api) -> None:
    assert api.get("/organizations").data == api.get("/organizations/").data
    assert api.get("").data == api.get("/").data


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param(b"{", "not JSON", id="cut off"),
        pytest.param(b"[]", "", id="no object"),
        pytest.param(b"nul", "not JSON", id="a word"),
        pytest.param(b"\xff\xfe", "not JSON", id="no text"),
        pytest.param(b"[" * 100_000, "not JSON", id="deep"),
        pytest.param(b'{"name": "a\\u0000b"}', "NUL", id="NUL"),
        pytest.param(b'{"name": 5}', "name", id="a number"),
        pytest.param(b"", "name", id="nothing"),
        pytest.param(b'{"name": ""}', "name", id="empty"),
    ],
)
def test_a_bad_body_is_400_with_a_sentence(new_api: NewApi, body: bytes, said: str) -> None:
    api = new_api(user=make_user(is_admin=True))
    answer = api.post("/organizations/bugsink/teams/", body, status=400)
    assert list(answer.data) == ["detail"]
    assert said in answer.data["detail"]


def test_unknown_keys_are_ignored(new_api: NewApi) -> None:
    api = new_api(user=make_user(is_admin=True))
    made = api.post("/organizations/bugsink/teams/?colour=red", {"name": "Core", "colour": "red"})
    assert made.data["slug"] == "core"


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "per_page=-1", "cursor=x", "cursor=1:2"])
def test_a_bad_page_is_400(api: Api, query: str) -> None:
    assert list(api.get(f"/organizations/bugsink/projects/?{query}", status=400).data) == ["detail"]


def test_a_list_is_walked_in_both_directions(api: Api, team: Team) -> None:
    slugs = sorted(make_project(slug=f"p{n:02}", team=team).slug for n in range(5))
    path = "/organizations/bugsink/projects/?limit=2&query=a%2Cb"
    seen, cursor = [], ""
    for _ in range(9):
        answer = api.get(f"{path}&cursor={cursor}")
        seen.append([each["slug"] for each in answer.data])
        relations = links(answer["Link"])
        if relations["next"][0] == "false":
            break
        cursor = relations["next"][1]
    assert seen == [slugs[:2], slugs[2:4], slugs[4:]]
    back = api.get(f"{path}&cursor={relations['previous'][1]}")
    assert [each["slug"] for each in back.data] == slugs[2:4]
    assert links(back["Link"])["previous"][0] == "true"
    assert "query=a%2Cb" in answer["Link"]


def links(header: str) -> dict[str, tuple[str, str]]:
    """relation -> results, cursor; read as clients do."""
    found = {}
    for part in header.split(", "):
        url, rel, results, cursor = part.split("; ")
        assert url.startswith(f"<{settings.BASE_URL}/api/0/")
        assert url.endswith(">")
        found[rel.removeprefix('rel="').rstrip('"')] = (
            results.removeprefix('results="').rstrip('"'),
            cursor.removeprefix('cursor="').rstrip('"'),
        )
    return found


def test_what_is_known_already_is_not_sent_again(api: Api, project: Project) -> None:
    first = api.get("/organizations/bugsink/projects/")
    again = api.get(
        "/organizations/bugsink/projects/", headers={"If-None-Match": first["ETag"]}, status=304
    )
    assert again.content == b""
    project.name = "Another"
    project.save()
    api.get("/organizations/bugsink/projects/", headers={"If-None-Match": first["ETag"]})


def test_head_is_get_without_the_body(api: Api) -> None:
    assert api("HEAD", "/organizations/").content == b""


def test_a_project_s_token_sees_nothing_else(new_api: NewApi, project: Project, team: Team) -> None:
    other = make_project("Other", team=team)
    api = new_api(project=project)
    found = api.get("/organizations/bugsink/projects/").data
    assert [each["slug"] for each in found] == [project.slug]
    api.get(f"/projects/bugsink/{other.slug}/", status=404)
    api.post("/organizations/bugsink/projects/", {"name": "New"}, status=403)


def test_a_person_s_token_sees_what_the_person_sees(new_api: NewApi, project: Project) -> None:
    stranger = make_user()
    join(make_team("Others"), stranger, Role.ADMIN)
    api = new_api(user=stranger)
    assert api.get("/organizations/bugsink/projects/").data == []
    api.get(f"/projects/bugsink/{project.slug}/", status=404)


def test_who_is_signed_in_may_look_and_not_change(owner: Client, project: Project) -> None:
    path = f"/api/0/projects/bugsink/{project.slug}/"
    assert owner.get(path).status_code == 200
    answer = owner.put(path, b'{"name": "x"}', content_type="application/json")
    assert answer.status_code == 401


def test_only_the_hash_of_a_token_is_kept() -> None:
    token = tokens.create_token(["org:read"], user=None, name="", now=NOW)
    row = ApiToken.objects.get()
    assert token not in repr(row.__dict__)
    assert token.startswith("sntrys_")
    assert row.digest == tokens.digest(token)


def chunked(api: Api, project: Project, body: bytes) -> Any:
    """As a server passes on what came in chunks: without a length."""
    return Client().request(
        **{
            "REQUEST_METHOD": "PUT",
            "PATH_INFO": f"/api/0/projects/bugsink/{project.slug}/",
            "CONTENT_TYPE": "application/json",
            "HTTP_AUTHORIZATION": f"Bearer {api.token}",
            "HTTP_TRANSFER_ENCODING": "chunked",
            "wsgi.input": io.BytesIO(body),
        }
    )


def test_a_body_in_chunks_is_read(api: Api, project: Project) -> None:
    assert chunked(api, project, b'{"name": "Renamed"}').json()["name"] == "Renamed"
    assert chunked(api, project, b"").json()["name"] == "Renamed"
    large = b" " * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    assert chunked(api, project, large).status_code == 413
