"""Texts of one place that never end are gathered in one issue."""

import threading
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from ingest.items import ReceivedItem
from issues.digest import EventSink
from issues.families import WINDOW
from issues.models import GroupHash, Issue, IssueFamily
from projects.models import Project
from tests.factories import make_project

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)
WORDS = [f"{a}{b}" for a in "abcdefghij" for b in "klmnopqrst"]
VARIOUS = "PlanError: various messages"


def digest(project: Project, *events: dict[str, Any], at: datetime = NOW) -> None:
    items = [ReceivedItem(project.pk, "event", each, uuid.uuid4().hex, at) for each in events]
    sink = EventSink()
    with transaction.atomic():
        sink.store(sink.prepare(items), at)


def plan(word: str, function: str = "plan", **attributes: Any) -> dict[str, Any]:
    """A text that nothing tells to be data: a bare name."""
    frame = {"module": "crm.plans", "function": function, "in_app": True}
    exception = {
        "type": "PlanError",
        "value": f"{word} has left",
        "stacktrace": {"frames": [frame]},
    }
    return {"platform": "python", "exception": {"values": [exception]}, **attributes}


def counts() -> dict[str, int]:
    return dict(Issue.objects.values_list("title", "event_count"))


@pytest.fixture
def limited(project: Project) -> Project:
    project.grouping_max_texts = 3
    project.save()
    return project


def test_beyond_the_limit_texts_share_one_issue(limited: Project) -> None:
    digest(limited, *[plan(word) for word in WORDS[:5]])
    digest(limited, plan(WORDS[5]), plan(WORDS[6]))
    assert counts() == {f"PlanError: {word} has left": 1 for word in WORDS[:3]} | {VARIOUS: 4}


def test_known_texts_keep_their_issues(limited: Project) -> None:
    digest(limited, *[plan(word) for word in WORDS[:5]])
    digest(limited, plan(WORDS[0]), plan(WORDS[2]), plan(WORDS[3]))
    assert counts()[f"PlanError: {WORDS[0]} has left"] == 2
    assert counts()[VARIOUS] == 3


def test_equal_texts_of_a_batch_count_once(limited: Project) -> None:
    digest(limited, *[plan(word) for word in WORDS[:3] * 4])
    assert VARIOUS not in counts()
    assert set(counts().values()) == {4}


def test_texts_beyond_the_limit_leave_no_rows(limited: Project) -> None:
    digest(limited, *[plan(word) for word in WORDS[:50]])
    assert GroupHash.objects.count() == 4
    assert Issue.objects.get(title=VARIOUS).event_count == 47


def test_places_types_and_projects_are_counted_apart(limited: Project) -> None:
    other = make_project("Other")
    Project.objects.filter(pk=other.pk).update(grouping_max_texts=3)
    for target in (limited, other):
        digest(target, *[plan(word, function) for word in WORDS[:3] for function in ("a1", "b1")])
    assert VARIOUS not in counts()
    assert Issue.objects.count() == 12


def test_the_limit_is_one_of_seven_days(limited: Project) -> None:
    digest(limited, *[plan(word) for word in WORDS[:4]])
    digest(limited, plan(WORDS[5]), at=NOW + WINDOW - timedelta(seconds=1))
    assert Issue.objects.count() == 4
    digest(limited, plan(WORDS[6]), at=NOW + WINDOW)
    assert f"PlanError: {WORDS[6]} has left" in counts()


def test_the_usual_limit(project: Project) -> None:
    digest(project, *[plan(word) for word in WORDS[:30]])
    assert Issue.objects.count() == 26


def test_no_limit(project: Project) -> None:
    Project.objects.update(grouping_max_texts=0)
    digest(project, *[plan(word) for word in WORDS[:40]])
    assert Issue.objects.count() == 40


@pytest.mark.parametrize(
    "attributes", [{"fingerprint": ["{{ default }}", "x"]}, {"fingerprint": ["{{ value }}"]}]
)
def test_fingerprints_are_meant(limited: Project, attributes: dict[str, Any]) -> None:
    digest(limited, *[plan(word, **attributes) for word in WORDS[:6]])
    assert Issue.objects.count() == 6


def test_what_needs_no_text_is_not_counted(limited: Project) -> None:
    events = [plan(word, f"f_{word}") for word in WORDS[:6]]
    for event in events:
        event["exception"]["values"][0] |= {"type": "KeyError", "value": "'id'"}
    digest(limited, *events)
    assert Issue.objects.count() == 6
    assert not IssueFamily.objects.exists()


def test_log_lines_are_counted_by_logger(limited: Project) -> None:
    lines = [{"message": f"{word} has left", "logger": "crm"} for word in WORDS[:6]]
    digest(limited, *lines)
    assert Issue.objects.count() == 4
    assert counts()["Various messages"] == 3


def test_lines_of_which_nothing_is_known_are_told_apart_by_their_first_word(
    limited: Project,
) -> None:
    digest(limited, *[{"message": f"{word} has left"} for word in WORDS[:6]])
    assert Issue.objects.count() == 6
    digest(limited, *[{"message": f"Customer {word} left"} for word in WORDS[:6]])
    assert counts()["Various messages"] == 3


def test_the_explanation_says_so(limited: Project) -> None:
    digest(limited, *[plan(word) for word in WORDS[:5]])
    why = GroupHash.objects.get(issue__title=VARIOUS).why
    assert [line[0] for line in why["lines"]] == ["type", "place"]
    assert why["ignored"][0] == ["message", "there are too many different ones"]


def test_no_more_queries_for_events_that_are_known(
    limited: Project, django_assert_max_num_queries: Any
) -> None:
    digest(limited, plan("first"))
    with django_assert_max_num_queries(40) as first:
        digest(limited, plan("first"))
    assert not [q for q in first.captured_queries if "issuefamily" in q["sql"]]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_the_limit_is_exact_with_several_processes(limited: Project) -> None:
    """Every digest holds the project's row while it counts and makes issues."""
    wrong: list[BaseException] = []

    def run(number: int) -> None:
        try:
            for word in WORDS[number * 20 : number * 20 + 20]:
                digest(limited, plan(word))
        except BaseException as error:  # shown by the test, not lost with the thread
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []
    assert Issue.objects.count() == 4
    assert Issue.objects.get(title=VARIOUS).event_count == 77


def test_events_that_join_an_issue_by_earlier_settings_are_not_counted(limited: Project) -> None:
    digest(limited, *[plan(word) for word in WORDS[:3]])
    Project.objects.update(
        grouping_stack_rules="max-frames=2",
        grouping_previous={"grouping_depth": 1},
        grouping_changed_at=timezone.now(),
    )
    deeper = plan(WORDS[0])
    deeper["exception"]["values"][0]["stacktrace"]["frames"].insert(
        0, {"module": "crm.jobs", "function": "nightly", "in_app": True}
    )
    digest(limited, deeper)
    assert counts()[f"PlanError: {WORDS[0]} has left"] == 2
    assert VARIOUS not in counts()
