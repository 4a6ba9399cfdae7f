"""What a project keeps of its events, and its limits: typed into the pages, and what comes of it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ingest.models import OutcomeCount
from issues.models import EventPayload
from projects import keys
from projects.forms import GeneralForm
from projects.models import MonthCount, Project, User
from projects.option_forms import LimitsForm, PrivacyForm
from projects.quotas import month_of
from projects.views.settings import save_fields
from tests.factories import make_project, make_team
from tests.ingest.conftest import fresh_pipeline
from tests.ingest.door import digest_all, send

pytestmark = pytest.mark.django_db
__all__ = ["fresh_pipeline"]

LISTS = (
    *("scrub_extra_names", "scrub_safe_names", "scrub_patterns"),
    *("filter_errors", "filter_releases", "filter_environments"),
)
CHOICES = (
    *("scrub_data", "store_ip", "filter_browser_extensions", "filter_localhost"),
    *("filter_crawlers", "filter_health_checks"),
)
PAGES = ("privacy", "limits")


def address(name: str, project: Project) -> str:
    return reverse(f"projects:{name}", args=[project.slug])


def key_address(project: Project) -> str:
    return reverse("projects:key_limits", args=[project.slug, project.keys.get().pk])


def privacy(**changes: str) -> dict[str, str]:
    """What a browser sends: nothing for a box that is not ticked."""
    return dict.fromkeys(LISTS, "") | {"scrub_data": "on"} | changes


def limits(**changes: str) -> dict[str, str]:
    return {"rate_per_minute": "", "rate_per_hour": "", "monthly_quota": ""} | changes


def saved(project: Project) -> Project:
    return Project.objects.get(pk=project.pk)


@pytest.mark.parametrize("name", PAGES)
def test_members_may_not_and_strangers_see_nothing(
    member: Client, viewer: Client, stranger: Client, project: Project, name: str
) -> None:
    url = address(name, project)
    for client, status in ((member, 403), (viewer, 403), (stranger, 404), (Client(), 302)):
        assert client.get(url).status_code == status
        assert client.post(url, privacy() | limits(rate_per_hour="1")).status_code == status
        assert client.post(key_address(project), {"rate_per_hour": "1"}).status_code == status
    project.refresh_from_db()
    assert (project.rate_per_hour, project.keys.get().rate_per_hour) == (0, 0)


@pytest.mark.parametrize("name", PAGES)
def test_a_form_of_another_site_is_refused(owner: Client, project: Project, name: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(email="owner@example.com"))
    assert strict.post(address(name, project), privacy() | limits()).status_code == 403


def test_the_pages_are_in_the_navigation(owner: Client, project: Project) -> None:
    for page in ("settings", "keys", *PAGES):
        text = owner.get(address(page, project)).content.decode()
        for name in ("projects:privacy", "projects:limits", "ingest:doctor"):
            assert f'<a href="{reverse(name, args=[project.slug])}"' in text
        assert f'<a href="{address(page, project)}" aria-current="page">' in text


def test_lists_are_saved_without_blank_lines(owner: Client, project: Project) -> None:
    answer = owner.post(
        address("privacy", project),
        privacy(scrub_patterns=" EMP-######\r\n\r\nsk_live_*\r\n", filter_errors="KeyError: *"),
    )
    assert answer["Location"] == address("privacy", project)
    assert saved(project).scrub_patterns == "EMP-######\nsk_live_*"
    assert saved(project).filter_errors == "KeyError: *"
    assert "sk_live_*</textarea>" in owner.get(address("privacy", project)).content.decode()


@pytest.mark.parametrize("field", CHOICES)
def test_each_box_is_saved(owner: Client, project: Project, field: str) -> None:
    url = address("privacy", project)
    owner.post(url, dict.fromkeys(LISTS, "") | {field: "on"})
    assert [name for name in CHOICES if getattr(saved(project), name)] == [field]
    owner.post(url, dict.fromkeys(LISTS, ""))
    assert [name for name in CHOICES if getattr(saved(project), name)] == []


@pytest.mark.parametrize("field", LISTS)
def test_each_list_is_saved(owner: Client, project: Project, field: str) -> None:
    owner.post(address("privacy", project), privacy(**{field: "abc"}))
    assert [name for name in LISTS if getattr(saved(project), name)] == [field]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("scrub_extra_names", "pin\na", "Line 2, “a”: A name needs at least 2 letters or digits."),
        ("scrub_safe_names", "user_*", "Line 1, “user_*”: Names are no patterns;"),
        ("scrub_safe_names", "x" * 101, "…”: A name has at most 100 characters."),
        ("scrub_patterns", "EMP-#\n\n***", "Line 3, “***”: A pattern has at most one *."),
        ("scrub_patterns", "abc\n" * 21, "20 lines at most; these are 21."),
        ("scrub_patterns", "abc\0", "Null characters are not allowed."),
        ("filter_errors", "*", "Line 1, “*”: With * and ? alone"),
        ("filter_releases", "x" * 251, "…”: A pattern has at most 250 characters."),
        ("filter_environments", "a\n" * 101, "100 lines at most; these are 101."),
    ],
)
def test_what_will_not_do_is_said_beside_the_list(
    owner: Client, project: Project, field: str, value: str, words: str
) -> None:
    answer = owner.post(address("privacy", project), privacy(**{field: value, "store_ip": "on"}))
    assert list(answer.context["form"].errors) == [field]
    assert words in " ".join(answer.context["form"].errors[field])
    page = answer.content.decode()
    assert f'<div id="id_{field}_error">' in page
    assert f'aria-describedby="id_{field}_helptext id_{field}_error"' in page
    assert not saved(project).store_ip


def test_every_line_that_is_wrong_is_named(owner: Client, project: Project) -> None:
    answer = owner.post(address("privacy", project), privacy(filter_errors="*\nKeyError\n?"))
    assert [error[:6] for error in answer.context["form"].errors["filter_errors"]] == [
        "Line 1",
        "Line 3",
    ]


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (PrivacyForm, privacy()),
        (LimitsForm, limits()),
        (GeneralForm, {"name": "Shop", "slug": "shop", "prefix": "SHOP", "platform": ""}),
    ],
)
def test_saving_leaves_what_the_digest_counts_meanwhile(
    project: Project, kind: type[PrivacyForm | LimitsForm | GeneralForm], data: dict[str, str]
) -> None:
    form = kind(data, instance=saved(project))
    assert form.is_valid()
    Project.objects.update(last_issue_number=7)
    save_fields(form)
    assert saved(project).last_issue_number == 7


def test_limits_are_saved_and_none_is_an_empty_field(owner: Client, project: Project) -> None:
    url = address("limits", project)
    owner.post(url, limits(rate_per_minute=" 60 ", rate_per_hour="1 000", monthly_quota="100,000"))
    found = saved(project)
    assert (found.rate_per_minute, found.rate_per_hour, found.monthly_quota) == (60, 1000, 100_000)
    assert 'value="100,000"' in owner.get(url).content.decode()
    owner.post(url, limits(rate_per_minute="0"))
    found = saved(project)
    assert (found.rate_per_minute, found.rate_per_hour, found.monthly_quota) == (0, 0, 0)
    assert 'value="0"' not in owner.get(url).content.decode()


BAD_LIMITS = [
    ("-1", "cannot be negative"),
    ("1.5", "whole number"),
    ("1,5", "whole number"),
    ("many", "whole number"),
    ("9" * 5000, "whole number"),
    ("2147483648", "2,147,483,647 at most"),
]


@pytest.mark.parametrize(("value", "words"), BAD_LIMITS)
@pytest.mark.parametrize("field", ["rate_per_minute", "rate_per_hour", "monthly_quota"])
def test_limits_that_will_not_do(
    owner: Client, project: Project, field: str, value: str, words: str
) -> None:
    answer = owner.post(address("limits", project), limits(**{field: value}))
    assert words in " ".join(answer.context["form"].errors[field])
    assert value in answer.content.decode()
    assert getattr(saved(project), field) == 0


@pytest.mark.parametrize(
    ("quota", "used", "words"),
    [
        (0, 0, "0 events</b> this month"),
        (0, 1, "1 event</b> this month"),
        (100_000, 12_400, "12,400 of 100,000</b> this month"),
        (100, 100, "The quota is used up."),
    ],
)
def test_the_use_of_the_month_is_shown(
    owner: Client, project: Project, quota: int, used: int, words: str
) -> None:
    Project.objects.update(monthly_quota=quota)
    month = month_of(datetime.now(UTC))
    if used:
        MonthCount.objects.create(project_id=project.pk, month=month, events=used)
    MonthCount.objects.create(project_id=make_project().pk, month=month, events=999)
    page = owner.get(address("limits", project)).content.decode()
    assert words in page
    assert ("used up" in page) is (0 < quota <= used)


def test_a_key_has_limits_of_its_own(owner: Client, project: Project) -> None:
    url = key_address(project)
    answer = owner.post(url, {"rate_per_minute": "5", "rate_per_hour": ""})
    assert answer["Location"] == address("keys", project)
    key = project.keys.get()
    assert (key.rate_per_minute, key.rate_per_hour) == (5, 0)
    assert 'value="5"' in owner.get(address("keys", project)).content.decode()


@pytest.mark.parametrize(("value", "words"), BAD_LIMITS)
def test_limits_of_a_key_that_will_not_do(
    owner: Client, project: Project, value: str, words: str
) -> None:
    page = owner.post(key_address(project), {"rate_per_hour": value}).content.decode()
    assert words in page
    assert f'<div id="key-{project.keys.get().pk}-rate_per_hour_error">' in page
    assert project.keys.get().rate_per_hour == 0


def test_a_key_of_another_project_is_out_of_reach(owner: Client, project: Project) -> None:
    foreign = make_project("Other", team=make_team()).keys.get()
    url = reverse("projects:key_limits", args=[project.slug, foreign.pk])
    assert owner.post(url, {"rate_per_hour": "1"}).status_code == 404


# --- what comes of it -------------------------------------------------------------------------


def test_what_is_saved_decides_what_is_stored(owner: Client, project: Project) -> None:
    owner.post(
        address("privacy", project),
        privacy(
            scrub_extra_names="customer_pin",
            scrub_safe_names="session_count",
            scrub_patterns="EMP-######",
            filter_environments="dev-*",
        ),
    )
    event: dict[str, Any] = {
        "message": "kept",
        "extra": {"customer_pin": "4711", "session_count": "17", "by": "EMP-004711"},
    }
    assert send(project, event).status == 200
    assert send(project, {"message": "dropped", "environment": "dev-ann"}).status == 200
    digest_all()
    assert EventPayload.objects.get().load()["extra"] == {
        "customer_pin": "[Filtered]",
        "session_count": "17",
        "by": "[Filtered]",
    }
    assert OutcomeCount.objects.get(outcome="filtered").reason == "environment"


def sent(project: Project, *, times: int = 1) -> list[int]:
    """The answers, after the keys were read again: the product does so in a thread, which sees no test's data."""
    keys.cache().refresh()
    return [send(project, {"message": "x"}).status for _ in range(times)]


def test_limits_of_a_project_count(owner: Client, project: Project) -> None:
    owner.post(address("limits", project), limits(rate_per_hour="1"))
    assert sent(project, times=2) == [200, 429]
    owner.post(address("limits", project), limits())
    assert sent(project, times=2) == [200, 200]


def test_limits_of_a_key_count(owner: Client, project: Project) -> None:
    owner.post(key_address(project), {"rate_per_minute": "", "rate_per_hour": "1"})
    assert sent(project, times=2) == [200, 429]


def test_a_quota_that_is_raised_lets_events_in(owner: Client, project: Project) -> None:
    owner.post(address("limits", project), limits(monthly_quota="1"))
    assert sent(project) == [200]
    digest_all()
    assert sent(project) == [429]
    owner.post(address("limits", project), limits(monthly_quota="2"))
    assert sent(project) == [200]
