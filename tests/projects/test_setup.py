import pytest
from django.core.exceptions import ValidationError

from projects.models import Project, Role
from projects.setup import create_admin, create_project

pytestmark = pytest.mark.django_db


def test_a_project_comes_with_a_key_a_prefix_and_the_default_team() -> None:
    project = create_project("Web Shop")
    assert (project.slug, project.prefix) == ("web-shop", "WEB-SHOP")
    assert len(project.keys.get().public_key) == 32
    assert project.teams.count() == 1


def test_slugs_and_prefixes_stay_unique() -> None:
    made = [create_project("Shop") for _ in range(3)]
    assert [p.slug for p in made] == ["shop", "shop-2", "shop-3"]
    assert len({p.prefix for p in made}) == 3


@pytest.mark.parametrize(
    ("name", "prefix"), [("2048", "P"), ("99 bottles", "BOTTLES"), ("Ünïcode", "UNICODE")]
)
def test_a_prefix_begins_with_a_letter(name: str, prefix: str) -> None:
    assert create_project(name).prefix == prefix


@pytest.mark.parametrize("name", ["", "   ", "x" * 101])
def test_a_name_is_needed(name: str) -> None:
    with pytest.raises(ValidationError):
        create_project(name)
    assert not Project.objects.exists()


def test_new_is_no_slug() -> None:
    assert create_project("new").slug == "new-2"


def test_an_admin_administrates_and_is_in_the_team() -> None:
    user = create_admin("Admin@Example.com", "correct horse battery")
    assert user.email == "admin@example.com"
    assert user.is_admin
    assert user.memberships.get().role == Role.ADMIN


def test_the_same_address_cannot_be_used_twice() -> None:
    create_admin("admin@example.com", "correct horse battery")
    with pytest.raises(ValidationError, match="already"):
        create_admin("ADMIN@example.com", "correct horse battery")
