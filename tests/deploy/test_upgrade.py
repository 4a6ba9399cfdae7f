"""An installation of each earlier release starts with this one, and all that was in it is there."""

import json
from pathlib import Path

import pytest
from django.conf import settings

from tests.deploy import earlier
from tests.servers import NewServer
from tests.wire import Dsn, new_event_id, send

KIND = "sqlite" if settings.IS_SQLITE else "postgresql"


def releases() -> list[Path]:
    return sorted(earlier.DATA.glob(f"*.{KIND}.sql"))


LOOK = """
import json
from django.test import Client
from issues.models import Event, Issue
from projects.models import User
client = Client(SERVER_NAME="127.0.0.1")
client.force_login(User.objects.get(is_admin=True))
pages = ["/", *(f"/issues/{issue.pk}/" for issue in Issue.objects.all())]
pages += [f"/issues/{e.issue_id}/events/{e.event_id.hex}/" for e in Event.objects.all()]
text = {page: client.get(page, follow=True) for page in pages}
print(json.dumps({
    "statuses": sorted({answer.status_code for answer in text.values()}),
    "pages": len(pages),
    "comment": any("Seen by somebody." in answer.content.decode() for answer in text.values()),
    "titles": sorted(issue.title for issue in Issue.objects.all()),
    "counts": sorted(Issue.objects.values_list("event_count", flat=True)),
    "resolved": sum(not i.status == Issue.objects.order_by("pk")[0].status for i in Issue.objects.all()),
}))
"""


def test_there_is_a_release_to_come_from() -> None:
    assert [path.name for path in releases()][:1] == [f"0.1.0.{KIND}.sql"]


@pytest.mark.parametrize("path", releases(), ids=lambda path: path.stem)
def test_a_filled_database_is_upgraded(new_server: NewServer, path: Path) -> None:
    assert path.stat().st_size < 200_000
    server = new_server(start=False, empty=True)
    earlier.load(path, server)
    outlook = json.loads(server.command("upgrade", "--check", "--json", check=False).stdout)
    assert outlook["fits"]
    server.start()

    assert server.command("upgrade", "--check").returncode == 0, "nothing is left to do"
    events = len(earlier.KINDS) * earlier.EACH
    found = json.loads(server.command("shell", "--no-imports", "-c", LOOK).stdout)
    assert found["statuses"] == [200]
    assert found["pages"] == 1 + len(earlier.KINDS) + events
    assert found["comment"]
    assert len(found["titles"]) == len(earlier.KINDS)
    assert found["counts"] == [earlier.EACH] * len(earlier.KINDS)
    assert found["resolved"] == 1

    # The old key still lets in, and what comes is told to be the same as what was there.
    key, project = server.query(
        "SELECT k.public_key, k.project_id FROM projects_projectkey k "
        "JOIN issues_event e ON k.project_id = e.project_id"
    )[0]
    dsn = Dsn("", str(key).replace("-", ""), "127.0.0.1", server.port, int(project))
    for kind in earlier.KINDS:
        assert send(dsn, earlier.event(kind, 9), new_event_id()).status == 200
    server.wait_for_events(events + len(earlier.KINDS))
    assert server.count("issues_issue") == len(earlier.KINDS)
