"""The setting that lets frames lead to the repository, and the links it makes."""

import pytest
from django.test import Client
from django.urls import reverse

from issues.models import Issue
from projects.models import Project
from tests.factories import error, frame, make_event

pytestmark = pytest.mark.django_db

TEMPLATE = "https://github.com/acme/shop/blob/{sha}/{path}#L{line}"


def url(project: Project) -> str:
    return reverse("projects:repository", args=[project.slug])


def values(**changes: str) -> dict[str, str]:
    return {
        "repository_url": TEMPLATE,
        "repository_branch": "main",
        "repository_paths": "/srv/ => src/",
    } | changes


def test_frames_lead_to_their_lines(owner: Client, project: Project, issue: Issue) -> None:
    event = make_event(issue, {"release": "shop@1.0+8f2c1ab"})
    assert "in the repository" not in owner.get(event.get_absolute_url()).content.decode()
    assert owner.post(url(project), values()).status_code == 302
    page = owner.get(event.get_absolute_url()).content.decode()
    assert 'href="https://github.com/acme/shop/blob/8f2c1ab/src/shop/cart.py#L17"' in page
    assert "blob/8f2c1ab/shop/cart.py#L17" in owner.get(url(project)).content.decode()


@pytest.mark.parametrize(
    "changes",
    [
        {"repository_url": "javascript:alert('{path}')"},
        {"repository_url": "https://h/"},
        {"repository_url": "x" * 501},
        {"repository_url": "https://h/{path}\0"},
        {"repository_paths": "/srv"},
        {"repository_paths": "a => b\n" * 51},
        {"repository_paths": "\0"},
        {"repository_branch": "x" * 101},
    ],
)
def test_what_will_not_do_is_said(owner: Client, project: Project, changes: dict[str, str]) -> None:
    answer = owner.post(url(project), values(**changes))
    assert answer.status_code == 200
    assert "aria-invalid" in answer.content.decode()
    project.refresh_from_db()
    assert project.repository_url == project.repository_paths == ""


def test_only_admins_set_it(
    member: Client, viewer: Client, stranger: Client, project: Project
) -> None:
    for client, status in ((member, 403), (viewer, 403), (stranger, 404), (Client(), 302)):
        assert client.get(url(project)).status_code == status
        assert client.post(url(project), values()).status_code == status
    project.refresh_from_db()
    assert project.repository_url == ""


def test_a_hostile_frame_makes_no_hostile_link(
    owner: Client, project: Project, issue: Issue
) -> None:
    Project.objects.update(repository_url="https://h/{path}")
    evil = frame() | {"filename": '"><script>alert(1)</script>', "abs_path": "javascript:alert(1)"}
    data = error()
    data["exception"]["values"][0]["stacktrace"]["frames"] = [evil]
    page = owner.get(make_event(issue, data).get_absolute_url()).content.decode()
    assert "<script>alert" not in page
    assert 'href="https://h/%22%3E%3Cscript%3Ealert%281%29%3C/script%3E"' in page
    assert 'href="javascript' not in page
