"""Whatever was stored, every page that shows something of it opens: through the door, the digest, and all pages."""

import base64
import json
import random
import uuid
from collections.abc import Callable, Iterable
from typing import Any

import orjson
import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from ingest import envelope, pipeline
from issues import sharing
from issues.models import Attachment, Event, Feedback, Issue, RegroupRun
from projects.models import Project, ProjectKey, Team
from tests.fuzz.mutate import ODD, mutate_json
from tests.fuzz.seeds import seeds
from tests.ingest.door import auth, digest_all, request
from tests.ingest.test_blow_up import UNITS
from tests.ingest.test_blow_up import event as same_text_everywhere
from tests.ingest.test_contract import CASES, body_of
from tests.ingest.test_recorded import TITLES, replay
from tests.issues.views.test_hostile import BREAKS, CRUMB_KEYS, EVENT_KEYS, FRAME_KEYS, check

pytestmark = pytest.mark.django_db

TEXTS = (
    BREAKS,
    "javascript:alert(1)",
    "\x1b[31m\u202e\u2066",
    "\0\ud800",
    "../../etc/passwd\r\nX: y",
    "",
    "😀" * 200,
)
ID = "1" * 32
SAME = b"11111111222233334444555555555555"
Address = Callable[[Project], Iterable[list[Any]]]


def events(project: Project) -> list[list[Any]]:
    found = Event.objects.filter(project_id=project.pk)
    return [[event.issue_id, event.event_id.hex] for event in found]


def some_issues(project: Project) -> list[Issue]:
    """Their pages show what those of their events show, which are all opened."""
    return list(Issue.objects.filter(project=project).select_related("project").order_by("pk")[:3])


def of_issues(project: Project) -> list[list[Any]]:
    return [[issue.pk] for issue in some_issues(project)]


def tokens(project: Project) -> list[list[Any]]:
    shares = [sharing.share(issue, by=None, now=issue.last_seen) for issue in some_issues(project)]
    return [[share.token] for share in shares if share is not None]


def slug(project: Project) -> list[list[Any]]:
    return [[project.slug]]


def nothing(project: Project) -> list[list[Any]]:
    return [[]]


# Every page -> the arguments of its addresses.
PAGES: dict[str, Address] = {
    **dict.fromkeys(("issues:home", "issues:list", "issues:find", "issues:live"), nothing),
    **dict.fromkeys(
        (
            *("issues:project", "issues:feedback", "issues:discarded"),
            *("issues:grouping", "issues:grouping_changes"),
        ),
        slug,
    ),
    **dict.fromkeys(
        (
            *("issues:issue", "issues:oldest", "issues:events", "issues:tags"),
            *("issues:events_csv", "issues:events_json"),
        ),
        of_issues,
    ),
    **dict.fromkeys(("issues:releases", "issues:retention", "projects:repository"), slug),
    **dict.fromkeys(("export:issue_json", "export:issue_markdown"), of_issues),
    **dict.fromkeys(("export:event_json", "export:event_markdown"), events),
    "issues:release": lambda project: [
        [project.slug, release.pk] for release in project.releases.order_by("pk")[:5]
    ],
    "issues:attachment_view": lambda project: [
        [project.slug, file.pk] for file in Attachment.objects.filter(project_id=project.pk)
    ],
    **dict.fromkeys(("issues:event", "issues:event_json"), events),
    "issues:shared": tokens,
    "issues:attachment": lambda project: [
        [project.slug, file.pk] for file in Attachment.objects.filter(project_id=project.pk)
    ],
    "issues:grouping_change": lambda project: [
        [project.slug, run.pk] for run in RegroupRun.objects.filter(project_id=project.pk)
    ],
    "issues:short_id": lambda project: [
        [issue.short_id]
        for issue in Issue.objects.filter(project=project).select_related("project")
    ],
    "issues:organization_issue": lambda project: [["any", pk] for (pk,) in of_issues(project)],
    **dict.fromkeys(("ingest:setup", "ingest:setup_state", "ingest:doctor", "ingest:logs"), slug),
    **dict.fromkeys(
        (
            *("projects:settings", "projects:privacy", "projects:limits", "projects:keys"),
            *("projects:members", "projects:delete"),
        ),
        slug,
    ),
    **dict.fromkeys(
        ("projects:new", "projects:account", "projects:teams", "projects:deletions"), nothing
    ),
}
# Pages that show nothing of what was sent.
OTHERS = {
    *("projects:team", "projects:team_delete", "projects:people", "projects:person_delete"),
    *("issues:suggest", "issues:saved", "issues:bulk_job"),
    *("api:openapi", "api:reference", "api:tokens", "api:organization_tokens"),
    *(
        "api:from_command_line",
        "alerts:mail",
        "projects:mail",
        "projects:invitation",
        "issues:organization_short_id",
    ),
}
QUERIES = {
    "issues:event": ("?frames=all&order=oldest&source=raw",),
    "issues:events": ("", "?query=!x:y+!level:debug&column=x&column=browser"),
    "issues:live": ("", "?seen=2026-01-01", "?seen=x"),
    "issues:project": ("", "?tab=all", "?tab=new&sort=first&range=30d"),
}


@pytest.fixture
def shop(team: Team) -> Project:
    """Reached by the key and the number that recorded requests and examples name."""
    project = Project.objects.create(pk=7, name="Shop", slug="shop", prefix="SHOP")
    project.teams.add(team)
    ProjectKey.objects.create(project=project, public_key="c0ffee00" * 4)
    return project


def open_all(client: Client, project: Project) -> None:
    """Every page, as a browser would get it: no fault, and nothing of the sender's became markup."""
    for name, arguments in PAGES.items():
        for args in arguments(project):
            for query in QUERIES.get(name, ("",)):
                answer = client.get(reverse(name, args=args) + query, follow=True)
                assert answer.status_code == 200, (name, args)
                assert "\n" not in answer.get("Content-Disposition", "")
                if answer.streaming:
                    assert answer.getvalue()
                    continue
                if answer["Content-Type"].startswith("text/html"):
                    check(answer.content.decode())
                elif name == "issues:event_json":
                    assert isinstance(orjson.loads(answer.content), dict)


def store(project: Project, raw: Any) -> None:
    answer = request(f"/api/{project.pk}/store/", json.dumps(raw).encode(), headers=auth(project))
    assert answer.status == 200, answer.body


def test_no_page_is_left_out(administrator: Client) -> None:
    """A new page has a line in PAGES, or answers to POST alone."""
    sample = {"slug": "shop", "pk": 1, "event_id": ID, "handle": "0", "token": "0", "entry": 1}
    sample |= {"verb": "resolve"}
    for space, (_, resolver) in get_resolver().namespace_dict.items():
        if space in ("rest", "canonical"):
            continue  # tests/api asks them, with tokens
        for found in resolver.url_patterns:
            assert isinstance(found, URLPattern)
            name = f"{space}:{found.name}"
            if found.name and name not in PAGES and name not in OTHERS:
                taken = {key: sample[key] for key in found.pattern.converters}
                assert administrator.get(reverse(name, kwargs=taken)).status_code == 405, name


def test_the_examples_of_the_contract(shop: Project, owner: Client) -> None:
    for case in (case for case in CASES):
        chunked = case["headers"].get("Transfer-Encoding") == "chunked"
        # An id of its own for each: all name the same.
        body = body_of(case).replace(SAME, uuid.uuid4().hex.encode())
        method = case["method"]
        request(case["path"], body, method=method, headers=case["headers"], chunked=chunked)
    digest_all()
    assert Event.objects.count() > 100
    assert pipeline.quarantine().counts()
    open_all(owner, shop)


@pytest.mark.usefixtures("shop")
def test_the_requests_of_real_clients(owner: Client) -> None:
    for name in TITLES:
        replay(name)
    digest_all()
    assert Event.objects.count() > 20
    open_all(owner, Project.objects.get())


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_one_text_wherever_a_sender_may_write(shop: Project, owner: Client, text: str) -> None:
    raw = same_text_everywhere(text, "python") | {"sdk": {"name": text, "version": text}}
    header = {"event_id": "1" * 32, "sdk": {"name": text, "version": text}}
    file = {"type": "attachment", "filename": text, "content_type": text, "attachment_type": text}
    said = {
        "message": text or "x",
        "name": text,
        "contact_email": text,
        "url": text,
        "source": text,
    }
    feedback = {"contexts": {"feedback": said}, "release": text, "environment": text}
    report = {"event_id": "1" * 32, "name": text or "x", "email": text, "comments": text}
    lost = {"reason": text, "category": text, "quantity": 2}
    client = text.encode("utf-8", "replace").decode("latin-1").replace("\r", "").replace("\n", "")
    sender = auth(shop)["X-Sentry-Auth"]
    given = {"X-Sentry-Auth": sender.replace("demo/1.0", client or "x"), "User-Agent": client}
    for items in (
        [({"type": "event"}, raw), (file, b"<script>"), ({"type": "user_report"}, report)],
        [({"type": "feedback"}, feedback), (file, b"x")],
        [({"type": text}, {}), ({"type": "client_report"}, {"discarded_events": [lost]})],
        [({"type": "event"}, [text])],
    ):  # fmt: skip
        packed = [(h, p if isinstance(p, bytes) else json.dumps(p).encode()) for h, p in items]
        body = envelope.build(header, iter(packed))
        assert request(f"/api/{shop.pk}/envelope/", body, headers=given).status == 200
        header = header | {"event_id": "2" * 32}
    request(f"/api/{shop.pk}/store/", text.encode("utf-8", "replace") or b"x", headers=given)
    request(f"/api/{shop.pk}/security/", b"{}", headers=given | {"Content-Type": client})
    pipeline.refusals.flush()
    digest_all()
    assert Event.objects.count() == 1
    assert Attachment.objects.count() == 2
    assert Feedback.objects.count() == 2
    assert pipeline.quarantine().counts() == {shop.pk: 1}
    open_all(owner, shop)


@pytest.mark.parametrize("part", range(4))
def test_any_value_at_any_place(shop: Project, owner: Client, part: int) -> None:
    for odd in ODD[part::4]:
        frame = dict.fromkeys(FRAME_KEYS, odd)
        store(shop, dict.fromkeys(EVENT_KEYS, odd))
        store(shop, {
            "exception": [{"type": odd, "value": odd, "mechanism": odd, "stacktrace": {"frames": [frame, odd]}}],
            "threads": [{"id": odd, "stacktrace": {"frames": [frame]}}],
            "breadcrumbs": [odd, dict.fromkeys(CRUMB_KEYS, odd)],
            "request": dict.fromkeys(("url", "method", "query_string", "headers", "cookies", "data", "env"), odd),
            "user": {"id": odd, "data": odd}, "contexts": {"os": odd, "trace": odd, "flags": {"values": odd}},
            "_meta": {"exception": {"values": {"0": odd}}}, "errors": [odd, {"name": odd, "value": odd}],
            "fingerprint": ["one"],
        })  # fmt: skip
    digest_all()
    assert Event.objects.count() == 2 * len(ODD[part::4])
    assert pipeline.quarantine().counts() == {}
    open_all(owner, shop)


def test_what_the_fuzzer_makes(shop: Project, owner: Client) -> None:
    rng = random.Random(7)
    known = seeds("event")
    count = 0
    while count < 40:
        data = mutate_json(mutate_json(rng.choice(known), rng) or b"{}", rng) or b"{}"
        answer = request(f"/api/{shop.pk}/store/", data, headers=auth(shop))
        assert answer.status in (200, 400)
        count += answer.status == 200
    for unit in rng.sample(UNITS, 20):
        store(
            shop, same_text_everywhere((unit * 3000)[:3000], rng.choice(("python", "node", "java")))
        )
    digest_all()
    assert [entry.detail for entry in pipeline.quarantine().list()] == []
    open_all(owner, shop)


def test_the_page_of_a_body_that_is_no_text(shop: Project, owner: Client) -> None:
    """What comes to quarantine as it was sent."""
    body = base64.b64decode("/v8A//7/") * 50
    sent = b'{"event_id":"%s"}\n{"type":"event","length":%d}\n%s\n' % (b"3" * 32, len(body), body)
    assert request(f"/api/{shop.pk}/envelope/", sent, headers=auth(shop)).status == 200
    digest_all()
    assert pipeline.quarantine().counts() == {shop.pk: 1}
    open_all(owner, shop)
