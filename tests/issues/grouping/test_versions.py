"""Named configurations: a project keeps its own until somebody chooses another, and no issue splits by that."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from issues.grouping import configs
from issues.grouping.compiled import Settings, compiled, config_from
from issues.models import GroupHash, Issue
from issues.options import KEPT_TOGETHER
from projects.models import Project
from tests.issues.regroup.test_apply import Stream, error

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _two(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after an upgrade that brought another one."""
    monkeypatch.setattr(configs, "NAMES", ("g1", "g2"))


def test_a_project_keeps_its_own_until_somebody_chooses(owner: Client, project: Project) -> None:
    url = reverse("issues:grouping", args=[project.slug])
    assert "g2 (the newest)" in owner.get(url).content.decode()
    owner.post(url, {"grouping_depth": 1})
    assert Project.objects.get().grouping_config == "g1"
    owner.post(url, {"grouping_depth": 1, "grouping_config": "g2"})
    found = Project.objects.get()
    assert found.grouping_config == "g2"
    assert found.grouping_previous["grouping_config"] == "g1"
    answer = owner.post(url, {"grouping_depth": 1, "grouping_config": "g9"})
    assert "Nothing was saved" in answer.content.decode()
    assert Project.objects.get().grouping_config == "g2"


def test_issues_stay_together_over_a_changeover() -> None:
    stream = Stream()
    stream.receive(error())
    before = GroupHash.objects.count()
    now = timezone.now()
    Project.objects.update(
        grouping_config="g2",
        grouping_previous={"grouping_config": "g1"},
        grouping_changed_at=now,
    )
    stream.receive(error(), error(type="other"))
    issue = Issue.objects.get(event_count__gte=2)
    assert GroupHash.objects.filter(issue=issue).count() > before
    # Later its new hashes are enough, and an issue that was not met meanwhile is a new one.
    Project.objects.update(grouping_changed_at=now - KEPT_TOGETHER - timedelta(seconds=1))
    stream.receive(error())
    issue.refresh_from_db()
    assert issue.event_count >= 3


def test_the_name_is_part_of_the_hash_and_of_the_label() -> None:
    one, two = compiled(Settings()), compiled(Settings(config="g2"))
    assert (one.label, two.label) == ("g1", "g2")
    assert config_from({"config": "g2"}) == two
    with pytest.raises(ValueError, match="There is no grouping configuration g3; there is g1, g2"):
        config_from({"config": "g3"})


def test_one_that_is_not_known_is_as_the_newest() -> None:
    assert compiled(Settings(config="g7")).name == "g2"
