"""Requests of real clients, as tests/samples/record.py wrote them down, from the door to the stored event.

tests/samples/titles.json names the title of the issue that each makes, or null where it makes none.
"""

import json
from pathlib import Path

import pytest

from ingest import pipeline
from ingest.models import OutcomeCount, SdkSeen
from issues.models import Attachment, Event, Feedback, Issue
from projects.models import Project, ProjectKey
from tests.ingest.door import Answer, digest_all, request

SAMPLES = Path(__file__).parents[1] / "samples"
TITLES: dict[str, str | None] = json.loads((SAMPLES / "titles.json").read_text())
# All that the issue wants to see recorded, and some more.
CLIENTS = {
    *("sentry-python/2", "sentry-python/1", "raven-python/6", "sentry-node/11", "sentry-node/7"),
    *("raven-node/2", "sentry-browser/11", "raven-js/3", "sentry-cli/3", "curl/7"),
}
MAX_BYTES = 100_000


@pytest.fixture
def project(db: None) -> Project:
    project = Project.objects.create(pk=7, name="Shop", slug="shop", prefix="SHOP")
    ProjectKey.objects.create(project=project, public_key="c0ffee00" * 4)
    return project


def replay(name: str) -> Answer:
    head, _, body = (SAMPLES / f"{name}.http").read_bytes().partition(b"\r\n\r\n")
    line, *fields = head.decode("latin-1").split("\r\n")
    method, path, _ = line.split()
    pairs = [field.partition(":") for field in fields]
    headers = {name.title(): value.strip() for name, _, value in pairs}
    chunked = headers.get("Transfer-Encoding", "").lower() == "chunked"
    return request(path, body, method=method, headers=headers, chunked=chunked)


def test_every_sample_is_named_and_small() -> None:
    files = {str(path.relative_to(SAMPLES))[:-5]: path for path in SAMPLES.rglob("*.http")}
    assert files.keys() == TITLES.keys()
    assert max(path.stat().st_size for path in files.values()) <= MAX_BYTES
    assert {".".join(name.split(".")[:1]) for name in files} >= CLIENTS


@pytest.mark.parametrize("name", TITLES)
@pytest.mark.usefixtures("project")
def test_what_a_client_sent_is_understood(name: str) -> None:
    answer = replay(name)
    assert answer.status == (202 if name.endswith("cron") else 200), answer.body
    digest_all()
    assert [entry.detail for entry in pipeline.quarantine().list()] == []
    title = TITLES[name]
    assert list(Issue.objects.values_list("title", flat=True)) == ([title] if title else [])
    assert Event.objects.count() == (1 if title else 0)
    lost = OutcomeCount.objects.exclude(outcome__in=("accepted", "unsupported", "filtered"))
    if name != "sentry-cli/3.8.0/05-attachment":  # of no event, made by hand
        assert list(lost.values_list("category", "outcome", "reason")) == []
    if "feedback" in name:
        assert Feedback.objects.get().message == "too slow"
    if "+attachment" in name or "minidump" in name:
        assert Attachment.objects.count() == 1
    assert SdkSeen.objects.get().name


@pytest.mark.usefixtures("project")
def test_all_clients_together() -> None:
    """In one batch, twice: every event once."""
    for _ in range(2):
        for name in TITLES:
            replay(name)
    digest_all()
    with_own_ids = [name for name, title in TITLES.items() if title and "curl/" not in name]
    assert Event.objects.count() >= len(with_own_ids)
    assert set(Issue.objects.values_list("title", flat=True)) == set(TITLES.values()) - {None}
    assert pipeline.quarantine().counts() == {}
