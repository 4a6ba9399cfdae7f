from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from issues.models import Issue, RegroupRun, RegroupState
from issues.regroup import decisions
from tests.issues.regroup.test_apply import DEEPER, Stream, error

pytestmark = pytest.mark.django_db


def regroup(*arguments: str) -> str:
    out = StringIO()
    call_command("regroup", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def stream(db: None) -> Stream:
    """A project whose two issues the default configuration would not have set apart."""
    stream = Stream()
    stream.receive(error("a"), error("a"), error("b"))
    run = stream.regroup(DEEPER)
    decisions.apply(run, by=None, now=stream.tick())
    stream.finish(run)
    return stream


def test_a_dry_run_says_what_would_happen(stream: Stream) -> None:
    said = regroup("--project", stream.project.slug, "--dry-run")
    assert "3 events: 3 get another hash, 1 another issue; 0 issues split, 1 merge." in said
    assert "gets 2 of" in said
    assert Issue.objects.count() == 2
    assert RegroupRun.objects.latest("pk").state == RegroupState.DROPPED


def test_it_moves_and_undoes(stream: Stream) -> None:
    said = regroup("--days", "10000")
    assert "moving, 100 %" in said
    assert "moved 3 events" in said
    assert list(Issue.objects.values_list("event_count", flat=True)) == [3]
    run = RegroupRun.objects.latest("pk")
    regroup("--undo", str(run.pk))
    assert sorted(Issue.objects.values_list("event_count", flat=True)) == [1, 2]


def test_it_goes_on_with_what_was_stopped(stream: Stream) -> None:
    run = decisions.start(
        stream.project,
        {"config": "g1"},
        by=None,
        now=stream.tick(),
        is_splitting=False,
        in_background=False,
    )
    said = regroup()
    assert f"going on with run {run.pk}" in said
    assert RegroupRun.objects.get(pk=run.pk).state == RegroupState.APPLIED


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--project", "nowhere"], "no project"),
        (["--config", "g9"], "no grouping configuration"),
        (["--undo", "77"], "no applied run"),
    ],
)
def test_what_is_not_there_is_an_error(stream: Stream, arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        regroup(*arguments)
