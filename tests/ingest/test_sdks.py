from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from ingest import envelope, sdks
from ingest.models import SdkSeen
from projects.models import Project
from tests.ingest.door import auth, digest_all, request

pytestmark = pytest.mark.django_db

WHOLE = {"message": "m", "release": "shop@1", "environment": "live"}


def send(project: Project, event: dict[str, Any] | None = None, **headers: Any) -> None:
    items = [({"type": "event"}, orjson.dumps(event))] if event is not None else []
    body = envelope.build(headers, iter(items))
    request(f"/api/{project.pk}/envelope/", body, headers=auth(project))


def seen() -> dict[tuple[str, str], SdkSeen]:
    return {(row.name, row.version): row for row in SdkSeen.objects.all()}


def test_the_envelope_the_event_and_the_client_name_the_sdk_in_this_order(project: Project) -> None:
    header = {"name": "sentry.python", "version": "2.75.0"}
    own = {"name": "sentry.python.django", "version": "2.75.0"}
    send(project, WHOLE | {"sdk": own}, sdk=header)
    send(project, WHOLE | {"sdk": own})
    send(project, WHOLE)
    send(project, WHOLE, sdk=["odd"])
    key = project.keys.get().public_key
    agent = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64)"}
    request(f"/api/{project.pk}/store/?sentry_key={key}", orjson.dumps(WHOLE), headers=agent)
    request(f"/api/{project.pk}/store/?sentry_key={key}", orjson.dumps(WHOLE))
    digest_all()
    found = {names: row.envelopes for names, row in seen().items()}
    assert found == {
        ("sentry.python", "2.75.0"): 1,
        ("sentry.python.django", "2.75.0"): 1,
        ("demo", "1.0"): 2,
        ("a browser", ""): 1,
        ("", ""): 1,
    }


def test_what_is_missing_is_counted_and_dated(project: Project) -> None:
    for _ in range(2):
        send(project, WHOLE)
        send(project, {"message": "m", "release": ""})
        send(project)
        digest_all()
    row = seen()["demo", "1.0"]
    assert (row.envelopes, row.events, row.no_release, row.no_environment) == (6, 4, 2, 2)
    assert row.no_release_at is not None
    assert row.no_release_at <= row.last_at
    assert (row.skewed, row.skewed_at) == (0, None)


def test_a_wrong_clock_is_noted(project: Project) -> None:
    now = datetime.now(UTC)
    for drift in (timedelta(minutes=5), timedelta(hours=2), timedelta(hours=-3)):
        send(project, WHOLE, sent_at=(now + drift).isoformat())
        digest_all()
    row = seen()["demo", "1.0"]
    assert row.skewed == 2
    assert row.largest_skew == pytest.approx(3 * 3600, abs=60)


def test_names_that_are_made_up_share_a_row(project: Project, monkeypatch) -> None:
    monkeypatch.setattr(sdks, "MAX_SDKS", 3)
    for number in range(6):
        send(project, WHOLE, sdk={"name": f"n{number}\x00", "version": "1" * 900})
    digest_all()
    found = {name: row.envelopes for (name, _), row in seen().items()}
    assert found == {"n0\ufffd": 1, "n1\ufffd": 1, "n2\ufffd": 1, "others": 3}
