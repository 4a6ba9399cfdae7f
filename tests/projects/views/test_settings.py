"""A project's names and keys: what its admins may change, and nobody else."""

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import PrefixAlias, Project, ProjectKey
from tests.factories import make_issue, make_project, make_team

pytestmark = pytest.mark.django_db


def address(name: str, project: Project) -> str:
    args: list[object] = [project.slug]
    if name.startswith("key_"):
        args.append(project.keys.earliest("pk").pk)
    return reverse(f"projects:{name}", args=args)


def general(project: Project, **changes: object) -> dict[str, object]:
    return {
        "name": project.name,
        "slug": project.slug,
        "prefix": project.prefix,
        "platform": "",
    } | changes


ADDRESSES = ("settings", "keys", "key_label", "key_revoke", "key_reactivate")


@pytest.mark.parametrize("name", ADDRESSES)
def test_members_may_not_and_strangers_see_nothing(
    member: Client, viewer: Client, stranger: Client, project: Project, name: str
) -> None:
    for client, status in ((member, 403), (viewer, 403), (stranger, 404)):
        assert client.post(address(name, project)).status_code == status
        if name in ("settings", "keys"):
            assert client.get(address(name, project)).status_code == status


def test_a_key_of_another_project_is_out_of_reach(owner: Client, project: Project) -> None:
    foreign = make_project("Other", team=make_team()).keys.get()
    for verb in ("key_label", "key_revoke", "key_reactivate"):
        url = reverse(f"projects:{verb}", args=[project.slug, foreign.pk])
        assert owner.post(url, {"label": "mine"}).status_code == 404
    foreign.refresh_from_db()
    assert (foreign.is_active, foreign.label) == (True, "")


def test_names_are_changed(owner: Client, project: Project) -> None:
    data = general(project, name="Store", slug="store", platform="python-django")
    answer = owner.post(address("settings", project), data)
    assert answer["Location"] == reverse("projects:settings", args=["store"])
    project.refresh_from_db()
    assert (project.name, project.platform) == ("Store", "python-django")


def test_an_old_prefix_stays_an_alias(owner: Client, project: Project) -> None:
    issue = make_issue(project)
    old = project.prefix
    owner.post(address("settings", project), general(project, prefix="web"))
    project.refresh_from_db()
    assert project.prefix == "WEB"
    assert owner.get(f"/issues/{old}-{issue.number}/")["Location"] == issue.get_absolute_url()
    assert owner.get(f"/issues/WEB-{issue.number}/")["Location"] == issue.get_absolute_url()
    # And back: the alias is a prefix again.
    owner.post(address("settings", project), general(project, prefix=old))
    assert list(PrefixAlias.objects.values_list("prefix", flat=True)) == ["WEB"]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "required"),
        ("slug", "new", "is taken by a page"),
        ("slug", "taken", "already exists"),
        ("slug", "a b", "valid"),
        ("prefix", "TAKEN", "prefix of another project"),
        ("prefix", "WAS", "prefix of another project"),
        ("prefix", "9A", "Capital letters"),
        ("platform", "cobol", "not one of the available choices"),
    ],
)
def test_what_will_not_do_is_said_beside_the_field(
    owner: Client, project: Project, field: str, value: str, words: str
) -> None:
    other = make_project("Other", slug="taken")
    PrefixAlias.objects.create(project=other, prefix="WAS")
    answer = owner.post(address("settings", project), general(project, **{field: value}))
    assert words in str(answer.context["form"].errors[field])
    assert f"<h1>{project.name}: settings</h1>" in answer.content.decode()


def test_a_platform_that_the_list_does_not_know_stays(owner: Client, project: Project) -> None:
    Project.objects.update(platform="cobol-cics")
    owner.post(address("settings", project), general(project, platform="cobol-cics"))
    assert Project.objects.get().platform == "cobol-cics"


def test_keys_are_made_named_revoked_and_activated(owner: Client, project: Project) -> None:
    owner.post(address("keys", project), {"label": "Mobile app"})
    key = project.keys.get(label="Mobile app")
    page = owner.get(address("keys", project)).content.decode()
    assert f"{key.public_key}@" in page

    def act(verb: str, **data: str) -> ProjectKey:
        owner.post(reverse(f"projects:key_{verb}", args=[project.slug, key.pk]), data)
        return ProjectKey.objects.get(pk=key.pk)

    assert act("label", label="App").label == "App"
    assert not act("revoke").is_active
    assert act("reactivate").is_active
