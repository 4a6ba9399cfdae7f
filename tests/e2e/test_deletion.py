"""A project that is being deleted goes on being deleted after the server was killed."""

import pytest

from tests.servers import NewServer, wait_for

pytestmark = pytest.mark.timeout(300)

MARK = """
from django.utils import timezone
from projects import deletion
from projects.models import Project
deletion.delete_project(Project.objects.get(name="shop-api"), by=None, now=timezone.now())
"""


def test_killed_in_the_middle_it_is_carried_on(new_server: NewServer) -> None:
    server = new_server()
    server.command("demo", "--events", "1")
    ((project,),) = server.query("SELECT id FROM projects_project WHERE name = 'shop-api'")

    def left() -> int:
        rows = server.query(f"SELECT count(*) FROM issues_event WHERE project_id = {project}")
        return int(rows[0][0])

    others = server.count("issues_event") - left()
    server.command("shell", "-c", MARK)
    wait_for(lambda: server.query("SELECT max(rows) FROM projects_deletion")[0][0], "a chunk")
    server.kill()
    server.start()
    wait_for(lambda: left() == 0, "its events to be gone")
    for table in ("issues_eventpayload", "issues_issuetag", "issues_hourcount", "issues_issue"):
        where = f"SELECT count(*) FROM {table} WHERE project_id = {project}"
        wait_for(lambda where=where: server.query(where)[0][0] == 0, table)  # type: ignore[misc]
    assert server.count("issues_event") == others
