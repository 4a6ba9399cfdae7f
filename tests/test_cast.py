"""The whole cast at every address, with every method. A URL that tests/urls.py does not name fails."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from unittest.mock import ANY

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from ingest import pipeline
from issues import comments, sharing
from issues.models import (
    Attachment,
    AttachmentData,
    BulkJob,
    Discard,
    Issue,
    RegroupRun,
    SavedSearch,
)
from issues.models.regroup import RegroupState
from projects import invitations
from projects.models import Project, Role, Team, User
from tests.factories import NOW, make_event, make_release, make_team, make_user
from tests.ingest.conftest import fresh_pipeline
from tests.urls import (
    ADMINS_OF_ANY_TEAM,
    ENTRIES,
    OF_ONE_PERSON,
    OF_THE_INSTALLATION,
    Entry,
    Least,
    World,
)

pytestmark = pytest.mark.django_db
__all__ = ["fresh_pipeline"]

OTHER_METHODS = ("put", "patch", "delete")


def names(resolver: URLResolver, space: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace in ("rest", "canonical"):  # tests/api asks them, with tokens
                continue
            yield from names(pattern, f"{pattern.namespace}:" if pattern.namespace else space)
        else:
            assert isinstance(pattern, URLPattern)
            if pattern.name in ("api_other", "mcp"):  # nothing for a session; tests/api asks them
                continue
            yield f"{space}{pattern.name}"


def test_every_address_has_an_entry() -> None:
    """A URL without a name cannot be reversed in a template, either: give it one."""
    assert sorted(names(get_resolver())) == sorted(ENTRIES)


@pytest.fixture
def world(project: Project, team: Team, issue: Issue, administrator: Client) -> World:
    event = make_event(issue)
    project.first_event_at = NOW
    project.save()
    file = Attachment.objects.create(
        project_id=project.pk, event_id=event.event_id, name="a.txt", content_type="text/plain",
        attachment_type="event.attachment", size=1, digest="0" * 32, received_at=NOW,
    )  # fmt: skip
    AttachmentData.objects.create(id=file.pk, project_id=project.pk, encoding=0, data=b"x")
    run = RegroupRun.objects.create(
        project_id=project.pk, state=RegroupState.PLANNED, last_event_pk=event.pk, created_at=NOW,
        plan={"flows": [], "known": {}, "targets": {}, "without": 0, "brought": []},
    )  # fmt: skip
    by = User.objects.get(email="administrator@example.com")
    invited = invitations.invite(team, "", Role.VIEWER, by=by, now=timezone.now())
    assert invited.invitation is not None
    # Somebody else administrates, too, and the project has a second team: the last one could do nothing.
    make_user("second@example.com", is_admin=True)
    token = invited.link.rstrip("/").rpartition("/")[2]
    person = make_user("person@example.com")
    share = sharing.share(issue, by=by, now=NOW)
    assert share is not None
    return World(
        *(project, team, issue, event, file, run, invited.invitation, token, person),
        release=make_release(project),
        share=share,
        discard=Discard.objects.create(
            project_id=project.pk, number=7, title="Gone", level=40, event_count=1, at=NOW
        ),
        comment=comments.comment(issue, "Seen.", by=by, now=NOW),
        job=BulkJob.objects.create(user=by, verb="resolve", created_at=NOW, last_pk=1, total=1),
        search=SavedSearch.objects.create(user=by, name="Mine", params="", created_at=NOW),
    )


@pytest.fixture
def cast(
    administrator: Client, owner: Client, member: Client, viewer: Client, stranger: Client
) -> Mapping[Least, Client]:
    """By what they may at most; a stranger may what everybody with an account may."""
    return {
        Least.GUEST: Client(),
        Least.USER: stranger,
        Least.VIEWER: viewer,
        Least.MEMBER: member,
        Least.OWNER: owner,
        Least.ADMINISTRATOR: administrator,
    }


def expected(name: str, least: Least | None, who: Least) -> object:
    """A status; ANY: let in, whatever the page makes of it."""
    if who == Least.GUEST and least != Least.GUEST:
        return "login"
    if least is None:
        return 405
    if who >= least:
        return ANY
    if name in ADMINS_OF_ANY_TEAM:
        return ANY if who == Least.USER else 403
    if name in OF_ONE_PERSON:
        return 404
    if name in OF_THE_INSTALLATION:
        return 403
    return 404 if who == Least.USER else 403


def met(client: Client, method: str, url: str, data: Mapping[str, Any]) -> object:
    """What somebody met there; nothing of it stays."""
    with transaction.atomic():
        answer = (
            getattr(client, method)(url, data)
            if method in ("get", "post")
            else getattr(client, method)(url)
        )
        transaction.set_rollback(True)
    if answer.status_code == 302 and answer["Location"].startswith(reverse("account_login")):
        return "login"
    return answer.status_code


def is_let_in(status: object) -> bool:
    return isinstance(status, int) and status in (200, 302, 400)


@pytest.mark.parametrize("name", ENTRIES)
def test_everybody_gets_what_they_may(
    world: World, cast: Mapping[Least, Client], name: str
) -> None:
    entry: Entry = ENTRIES[name]
    is_public = Least.GUEST in (entry.GET, entry.POST)
    # The account pages are the library's: they limit their rate, and answer other methods as they like.
    is_foreign = ":" not in name
    url = reverse(name, kwargs=entry.arguments(world))
    found, wanted = {}, {}
    for method in ("get", "head", "post", *(() if is_public and is_foreign else OTHER_METHODS)):
        least = {"get": entry.GET, "head": entry.GET, "post": entry.POST}.get(method)
        for who, client in cast.items():
            status = met(client, method, url, entry.data(world) if method == "post" else {})
            wish = expected(name, least, who)
            if is_foreign and not is_public:
                assert (status == "login") == (who == Least.GUEST)
            elif is_public:
                assert is_let_in(status) or status in (405, "login"), (who, status)
            else:
                is_as_wished = wish is ANY and is_let_in(status)
                found[method, who.name] = "in" if is_as_wished else status
                wanted[method, who.name] = "in" if wish is ANY else wish
    assert found == wanted


@pytest.mark.parametrize("name", [name for name, entry in ENTRIES.items() if entry.POST])
@pytest.mark.usefixtures("cast")
def test_every_form_asks_for_its_token(world: World, name: str) -> None:
    """Without it nothing is done, for an administrator either."""
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(email="administrator@example.com"))
    entry = ENTRIES[name]
    url = reverse(name, kwargs=entry.arguments(world))
    assert strict.post(url, entry.data(world)).status_code == 403


HOSTILE = ("9" * 30, "-1", "x\0y", "\ud7ff" * 300, "' OR 1=1 --", "<script>")
FIELDS = (
    *("issue", "to", "text", "name", "email", "role", "team", "confirm", "query", "after", "next"),
    *("slug", "prefix", "platform", "label", "rate_per_minute", "theme", "time_zone", "password1"),
    *(
        "password2",
        "password",
        "login",
        "key",
        "what",
        "days",
        "minutes",
        "until",
        "default_environment",
    ),
)


@pytest.mark.parametrize("name", ENTRIES)
def test_hostile_fields_are_no_fault(world: World, cast: Mapping[Least, Client], name: str) -> None:
    entry = ENTRIES[name]
    url = reverse(name, kwargs=entry.arguments(world))
    client = cast[Least.ADMINISTRATOR]
    for text in HOSTILE:
        data = dict.fromkeys(FIELDS, text)
        for method in ("get", "post"):
            with transaction.atomic():
                assert getattr(client, method)(url, data).status_code < 500, (method, text)
                transaction.set_rollback(True)


def test_numbers_beyond_the_database_are_not_found(
    world: World, cast: Mapping[Least, Client]
) -> None:
    client = cast[Least.ADMINISTRATOR]
    for name, entry in ENTRIES.items():
        arguments = dict(entry.arguments(world))
        if "pk" not in arguments or name == "issues:organization_issue":
            continue
        url = reverse(name, kwargs=arguments | {"pk": 10**25})
        method = client.get if entry.GET is not None else client.post
        assert method(url, entry.data(world)).status_code in (302, 404), name


def test_what_is_there_stands_behind_the_same_words_as_what_is_not(
    world: World, stranger: Client
) -> None:
    """A stranger cannot tell a project of others from none."""
    other = make_team("Hidden")
    for there, missing in (
        (reverse("projects:settings", args=[world.project.slug]), "/projects/nothing/settings/"),
        (reverse("projects:team", args=[other.slug]), "/settings/teams/nothing/"),
        (reverse("issues:issue", args=[world.issue.pk]), "/issues/99999/"),
    ):
        known, unknown = stranger.get(there), stranger.get(missing)
        assert known.status_code == unknown.status_code == 404
        # The page's forms lead back to its own address.
        said = known.content.decode().replace(there, missing)
        assert without_token(said) == without_token(unknown.content.decode())


def without_token(page: str) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)


@pytest.fixture(autouse=True)
def _no_refusals() -> Iterator[None]:
    yield
    pipeline.refusals.flush()
