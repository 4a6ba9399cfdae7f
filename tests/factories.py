"""Builders: each makes one thing that is whole, and takes as keywords what a test cares about."""

import itertools
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from issues.compress import pack
from issues.models import Event, EventPayload, GroupHash, Issue, IssueTag, IssueText
from issues.states import Level, Status
from projects.models import Environment, Membership, Project, ProjectKey, Release, Role, Team, User

NOW = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"

_numbers = itertools.count(1)


def make_user(email: str = "", **fields: Any) -> User:
    return User.objects.create_user(
        email or f"user{next(_numbers)}@example.com", PASSWORD, **fields
    )


def make_team(name: str = "Web team", slug: str = "") -> Team:
    return Team.objects.create(name=name, slug=slug or f"team-{next(_numbers)}")


def join(team: Team, user: User, role: Role) -> Membership:
    return Membership.objects.create(team=team, user=user, role=role)


def make_project(name: str = "Shop", *, team: Team | None = None, slug: str = "") -> Project:
    """A project with one DSN key."""
    slug = slug or f"{name.lower().replace(' ', '-')}-{next(_numbers)}"
    project = Project.objects.create(name=name, slug=slug, prefix=slug.upper()[:32])
    if team is not None:
        project.teams.add(team)
    ProjectKey.objects.create(project=project)
    return project


def make_release(project: Project, version: str = "shop@1.0") -> Release:
    return Release.objects.get_or_create(project=project, version=version)[0]


def make_environment(project: Project, name: str = "production") -> Environment:
    return Environment.objects.get_or_create(project=project, name=name)[0]


def make_issue(
    project: Project, title: str = "KeyError: 'id'", *, seen: datetime = NOW, **fields: Any
) -> Issue:
    """An issue without events. Its type and value are the title's two halves."""
    project.last_issue_number += 1
    project.save(update_fields=["last_issue_number"])
    type_, colon, value = title.partition(": ")
    values: dict[str, Any] = {
        "number": project.last_issue_number,
        "status": Status.UNRESOLVED,
        "level": Level.ERROR,
        "title": title,
        "type": type_ if colon else "",
        "value": value if colon else title,
        "culprit": "shop.cart in total",
        "platform": "python",
        "first_seen": seen,
        "last_seen": seen,
    }
    issue = Issue.objects.create(project=project, **values | fields)
    GroupHash.objects.create(
        project=project, hash=uuid.uuid4().hex, issue=issue, config="test", created_at=seen
    )
    text = f"{issue.title} {issue.culprit}".lower()
    IssueText.objects.create(issue=issue, project_id=project.pk, text=text)
    return issue


def make_event(
    issue: Issue, data: Mapping[str, Any] | None = None, *, at: datetime = NOW, **fields: Any
) -> Event:
    """A stored event of the issue, counted there; `data` is added to its payload."""
    event_id = uuid.uuid4()
    values: dict[str, Any] = {
        "project_id": issue.project_id,
        "event_id": event_id,
        "issue_id": issue.pk,
        "grouphash_id": issue.hashes.earliest("id").pk,
        "received_at": at,
        "timestamp": at,
        "digested_at": at,
        "level": issue.level,
        "platform": issue.platform,
    }
    event = Event.objects.create(**values | fields)
    payload = error(issue.type or "Error", issue.value) | dict(data or {})
    payload |= {"event_id": event.event_id.hex, "timestamp": at.isoformat()}
    content = orjson.dumps(payload, option=orjson.OPT_NON_STR_KEYS)
    EventPayload.objects.create(
        id=event.pk, project_id=issue.project_id, size=len(content), data=pack(content)
    )
    issue.event_count += 1
    issue.first_seen = min(issue.first_seen, at)
    issue.last_seen = max(issue.last_seen, at)
    issue.save(update_fields=["event_count", "first_seen", "last_seen"])
    return event


def make_tag(issue: Issue, key: str, value: str, *, count: int = 1) -> IssueTag:
    return IssueTag.objects.create(
        project_id=issue.project_id,
        grouphash_id=issue.hashes.earliest("id").pk,
        key=key,
        value=value,
        count=count,
        first_seen=issue.first_seen,
        last_seen=issue.last_seen,
    )


def frame(function: str = "total", *, in_app: bool = True, lineno: int = 17) -> dict[str, Any]:
    """A stack frame with context and variables."""
    return {
        "filename": "shop/cart.py",
        "abs_path": "/srv/shop/cart.py",
        "module": "shop.cart",
        "function": function,
        "lineno": lineno,
        "in_app": in_app,
        "pre_context": ["def total(cart):", "    prices = load(cart)"],
        "context_line": "    return sum(prices[item['id']] for item in cart)",
        "post_context": ["", ""],
        "vars": {"cart": [{"name": "tea"}], "count": 3},
    }


def error(type_: str = "KeyError", value: str = "'id'", **attributes: Any) -> dict[str, Any]:
    """An error event in the canonical form, as stored and as an SDK sends it."""
    return {
        "level": "error",
        "platform": "python",
        "exception": {
            "values": [
                {
                    "type": type_,
                    "value": value,
                    "stacktrace": {"frames": [frame("main", in_app=False, lineno=3), frame()]},
                }
            ]
        },
        **attributes,
    }
