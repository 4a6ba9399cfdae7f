import re
from pathlib import Path

import pytest

from issues.limits import NAMES, limits_from
from issues.models import EventPayload
from issues.payload.types import DEFAULT_LIMITS
from projects.models import Project
from tests.ingest.conftest import fresh_pipeline  # noqa: F401  # an autouse fixture
from tests.ingest.door import digest_all, send

DOCS = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_some_are_set_and_the_others_stay() -> None:
    limits = limits_from(["breadcrumbs=50", " extra_length = 65536 "])
    assert (limits.breadcrumbs, limits.extra_length) == (50, 65536)
    assert limits.message == DEFAULT_LIMITS.message
    assert limits_from([]) == DEFAULT_LIMITS


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("breadcrumbs", "no limit"),
        ("colour=7", "no limit"),
        ("breadcrumbs=-1", "1 to 1000"),
        ("breadcrumbs=0", "1 to 1000"),
        ("breadcrumbs=1001", "1 to 1000"),
        ("tag_length=201", "32 to 200"),
        ("message=", "whole number"),
    ],
)
def test_a_bad_one_says_what_would_be_good(word: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        limits_from([word])


def test_every_limit_is_documented_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", DOCS.read_text(), re.MULTILINE))
    assert {name: rows.get(name) for name in NAMES} == {
        name: str(getattr(DEFAULT_LIMITS, name)) for name in NAMES
    }


@pytest.mark.django_db
def test_the_digest_keeps_to_them(project: Project, settings) -> None:
    settings.TRIM = ["breadcrumbs=2", "message=10"]
    send(project, {"message": "m" * 50, "breadcrumbs": [{"message": str(n)} for n in range(5)]})
    digest_all()
    data = EventPayload.objects.get().load()
    assert [crumb["message"] for crumb in data["breadcrumbs"]["values"]] == ["3", "4"]
    assert data["logentry"]["formatted"] == "m" * 9 + "…"
