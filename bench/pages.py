"""`python -m bench --only pages`: what a page costs the server, in a database as large as the curve's.

Each page is asked for several times, as its administrator's browser would, without HTTP: views, queries and templates.
p50 of the time on the clock; queries of one request.
"""

import argparse
import logging
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.test import Client
from django.urls import reverse

from bench import digesting
from bench.curve import SIZE, fill, fresh, number
from bench.payloads import bodies
from bugsink_lite import first_run
from issues.models import Event, Issue
from projects.models import Project, User
from projects.setup import create_project

EVENTS = 200
TIMES = 15


def addresses(project: Project, issue: Issue) -> Mapping[str, str]:
    listed = reverse("issues:project", args=[project.slug])
    searches = {
        "a tag": "environment:production",
        "a release and a level": "release:latest level:error",
        "a word": "error",
        "a word that nothing has": "nothing-like-it",
        "a user": "user.id:7",
        "a wildcard": "user.id:1*",
        "counts and times": "timesSeen:>100 lastSeen:-24h",
    }
    return {
        "home": reverse("issues:home"),
        "issue list, all projects": reverse("issues:list"),
        "issue list": listed,
        "issue list, by trend": f"{listed}?sort=trend",
        **{f"search: {name}": f"{listed}?query={query}" for name, query in searches.items()},
        "issue": issue.get_absolute_url(),
        "events of an issue": reverse("issues:events", args=[issue.pk]),
        "tags of an issue": reverse("issues:tags", args=[issue.pk]),
        "releases": reverse("issues:releases", args=[project.slug]),
    }


@contextmanager
def counted() -> Iterator[Callable[[], int]]:
    """How many queries there were."""
    queries = 0

    def count(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        nonlocal queries
        queries += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        yield lambda: queries


def measure(client: Client, name: str, url: str, times: int) -> None:
    took = []
    queries = 0
    size = 0
    for _ in range(times + 1):
        started = time.perf_counter()
        with counted() as found:
            answer = client.get(url)
        took.append(time.perf_counter() - started)
        if answer.status_code != 200:
            raise SystemExit(f"{name}: {url} answered {answer.status_code}")
        queries, size = found(), len(answer.content)
    # The first fills caches of the process, as the first visitor of a day does.
    first, *rest = took
    print(
        f"{name:34}  p50 {statistics.median(rest) * 1000:6.1f} ms  slowest {max(rest) * 1000:6.1f} ms"
        f"  first {first * 1000:6.1f} ms  {queries:3} queries  {size / 1000:5.1f} KB",
        flush=True,
    )


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fill", default="1M", help="events in the database; the last of a list")
    parser.add_argument("--scale", type=float, default=1.0)
    options = parser.parse_args(arguments)
    first_run.collect_static()  # templates ask for the names of styles and scripts
    project = create_project("Pages")
    digester = digesting.ready(project.pk, bodies(SIZE, 2 * digesting.WARM, seed=2))
    fill(project.pk, 0, number(options.fill.split(",")[-1]))
    # The filled payloads cannot be read; what is looked at first is what came last.
    digesting.spool(project.pk, fresh(1, max(int(EVENTS * options.scale), 20)))
    digesting.drain(digester)
    digester.close()
    logging.disable(logging.ERROR)
    newest = Event.objects.filter(project_id=project.pk).order_by("-pk")[:100]
    issue = Issue.objects.filter(pk__in=[e.issue_id for e in newest]).latest("event_count")
    user = User.objects.create_user("bench@example.com", is_admin=True)
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    print(
        f"{Event.objects.count()} events, {Issue.objects.count()} issues; "
        f"the issue has {issue.event_count} of them"
    )
    for name, url in addresses(project, issue).items():
        measure(client, name, url, TIMES)
    connection.close()
