"""Every address of the product, and who may do what there: what tests/test_cast.py holds against the URLconf.

A new URL needs a line here. GET, POST: the least that may; None: the method is not for this address.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from issues.models import (
    Activity,
    Attachment,
    BulkJob,
    Discard,
    Event,
    Issue,
    IssueShare,
    RegroupRun,
    SavedSearch,
)
from projects.models import Invitation, Project, Release, Team, User


class Least(IntEnum):
    """From GUEST to OWNER by the role in the project's team; a stranger is signed in and belongs to another team.

    USER: everybody with an account, for what is one's own. ADMINISTRATOR: of the installation, whatever the team.
    """

    GUEST = 0
    USER = 1
    VIEWER = 2
    MEMBER = 3
    OWNER = 4
    ADMINISTRATOR = 5


@dataclass(frozen=True, slots=True)
class World:
    """One of everything that an address may name."""

    project: Project
    team: Team
    issue: Issue
    event: Event
    attachment: Attachment
    run: RegroupRun
    invitation: Invitation
    token: str
    person: User  # in no team
    release: Release
    share: IssueShare
    discard: Discard
    # The administrator's own.
    comment: Activity
    job: BulkJob
    search: SavedSearch

    @property
    def slug(self) -> dict[str, Any]:
        return {"slug": self.project.slug}

    @property
    def team_slug(self) -> dict[str, Any]:
        return {"slug": self.team.slug}


Arguments = Callable[[World], dict[str, Any]]


def nothing(world: World) -> dict[str, Any]:
    return {}


def slug(world: World) -> dict[str, Any]:
    return world.slug


def team(world: World) -> dict[str, Any]:
    return world.team_slug


def key(world: World) -> dict[str, Any]:
    return world.slug | {"pk": world.project.keys.earliest("pk").pk}


def issue(world: World) -> dict[str, Any]:
    return {"pk": world.issue.pk}


def event(world: World) -> dict[str, Any]:
    return {"pk": world.issue.pk, "event_id": world.event.event_id.hex}


def file(world: World) -> dict[str, Any]:
    return world.slug | {"pk": world.attachment.pk}


def comment(world: World) -> dict[str, Any]:
    return {"pk": world.issue.pk, "entry": world.comment.pk}


def job(world: World) -> dict[str, Any]:
    return {"pk": world.job.pk}


def run(world: World) -> dict[str, Any]:
    return world.slug | {"pk": world.run.pk}


def person(world: World) -> dict[str, Any]:
    return {"pk": world.person.pk}


def team_member(world: World) -> dict[str, Any]:
    return world.team_slug | {"pk": User.objects.get(email="viewer@example.com").pk}


def chosen(world: World) -> dict[str, Any]:
    """What a form of the issue list sends."""
    return {"issue": world.issue.pk, "text": "x", "to": "", "level": "0"}


@dataclass(frozen=True, slots=True)
class Entry:
    GET: Least | None = None
    POST: Least | None = None
    arguments: Arguments = nothing
    data: Arguments = nothing


# A person's own, which nobody else is told of.
OF_ONE_PERSON = frozenset({"issues:bulk_job", "issues:bulk_decide", "issues:saved_change"})
# Admins of any team make projects: the stranger is one of another team.
ADMINS_OF_ANY_TEAM = frozenset({"projects:new"})
PUBLIC = Entry(Least.GUEST, Least.GUEST)
OWN = Entry(Least.USER)

ENTRIES: dict[str, Entry] = {
    # --- api; the rest of it is in tests/api ---
    "export:issue_json": Entry(Least.VIEWER, None, issue),
    "export:issue_markdown": Entry(Least.VIEWER, None, issue),
    "export:event_json": Entry(Least.VIEWER, None, event),
    "export:event_markdown": Entry(Least.VIEWER, None, event),
    "api:openapi": Entry(Least.GUEST),
    "api:reference": OWN,
    "api:tokens": Entry(Least.USER, Least.USER),
    "api:token_revoke": Entry(None, Least.USER, lambda _: {"pk": 1}),
    "api:organization_tokens": Entry(Least.ADMINISTRATOR, Least.ADMINISTRATOR),
    "api:organization_token_revoke": Entry(None, Least.ADMINISTRATOR, lambda _: {"pk": 1}),
    "api:from_command_line": Entry(Least.USER, None, lambda _: {"organization": ":orgslug"}),
    # --- accounts ---
    "account_login": PUBLIC,
    "account_logout": PUBLIC,
    "account_inactive": Entry(Least.GUEST),
    "account_signup": PUBLIC,
    "account_reset_password": PUBLIC,
    "account_reset_password_done": Entry(Least.GUEST),
    "account_reset_password_from_key": Entry(
        Least.GUEST, Least.GUEST, lambda _: {"uidb36": "1", "key": "x-y"}
    ),
    "account_reset_password_from_key_done": Entry(Least.GUEST),
    "account_change_password": Entry(Least.USER, Least.USER),
    "account_set_password": Entry(Least.USER, Least.USER),
    # --- issues ---
    "issues:home": OWN,
    "issues:find": OWN,
    "issues:list": OWN,
    "issues:project": Entry(Least.VIEWER, None, slug),
    "issues:feedback": Entry(Least.VIEWER, None, slug),
    "issues:live": OWN,
    "issues:suggest": OWN,
    "issues:saved": OWN,
    "issues:saved_add": Entry(None, Least.USER),
    "issues:saved_change": Entry(None, Least.ADMINISTRATOR, lambda world: {"pk": world.search.pk}),
    "issues:attachment": Entry(Least.VIEWER, None, file),
    "issues:attachment_view": Entry(Least.VIEWER, None, file),
    "issues:releases": Entry(Least.VIEWER, None, slug),
    "issues:release": Entry(
        Least.VIEWER, None, lambda world: world.slug | {"pk": world.release.pk}
    ),
    "issues:discarded": Entry(Least.VIEWER, None, slug),
    "issues:take_back": Entry(
        None, Least.MEMBER, lambda world: world.slug | {"pk": world.discard.pk}
    ),
    "issues:retention": Entry(Least.OWNER, Least.OWNER, slug),
    "issues:grouping": Entry(Least.OWNER, Least.OWNER, slug),
    "issues:grouping_changes": Entry(Least.OWNER, None, slug),
    "issues:grouping_look": Entry(None, Least.OWNER, slug),
    "issues:grouping_change": Entry(Least.OWNER, None, run),
    "issues:grouping_decide": Entry(None, Least.OWNER, run, lambda _: {"what": "apply"}),
    "issues:resolve": Entry(None, Least.MEMBER, nothing, chosen),
    "issues:reopen": Entry(None, Least.MEMBER, nothing, chosen),
    "issues:mute": Entry(None, Least.MEMBER, nothing, chosen),
    "issues:assign": Entry(None, Least.MEMBER, nothing, chosen),
    "issues:prioritize": Entry(None, Least.MEMBER, nothing, chosen),
    "issues:delete": Entry(None, Least.MEMBER, nothing, chosen),
    "issues:bookmark": Entry(None, Least.VIEWER, nothing, chosen),
    "issues:subscribe": Entry(None, Least.VIEWER, nothing, chosen),
    "issues:bulk": Entry(None, Least.MEMBER, lambda _: {"verb": "resolve"}, chosen),
    "issues:bulk_job": Entry(Least.ADMINISTRATOR, None, job),
    "issues:bulk_decide": Entry(None, Least.ADMINISTRATOR, job, lambda _: {"verb": "stop"}),
    "issues:merge": Entry(None, Least.MEMBER, nothing, chosen),
    "issues:undo": Entry(None, Least.USER),
    "issues:issue": Entry(Least.VIEWER, None, issue),
    "issues:by_place": Entry(None, Least.MEMBER, issue),
    "issues:unmerge": Entry(None, Least.MEMBER, issue, chosen),
    "issues:tell_apart": Entry(None, Least.MEMBER, issue, chosen),
    "issues:comment": Entry(None, Least.MEMBER, issue, chosen),
    "issues:edit_comment": Entry(None, Least.ADMINISTRATOR, comment, chosen),
    "issues:delete_comment": Entry(None, Least.ADMINISTRATOR, comment),
    "issues:share": Entry(None, Least.MEMBER, issue),
    "issues:unshare": Entry(None, Least.MEMBER, issue),
    "issues:shared": Entry(Least.GUEST, None, lambda world: {"token": world.share.token}),
    "issues:tags": Entry(Least.VIEWER, None, issue),
    "issues:events": Entry(Least.VIEWER, None, issue),
    "issues:events_csv": Entry(Least.VIEWER, None, issue),
    "issues:events_json": Entry(Least.VIEWER, None, issue),
    "issues:oldest": Entry(Least.VIEWER, None, issue),
    "issues:event": Entry(Least.VIEWER, None, event),
    "issues:event_json": Entry(Least.VIEWER, None, event),
    "issues:short_id": Entry(Least.VIEWER, None, lambda world: {"short_id": world.issue.short_id}),
    "issues:organization_issue": Entry(  # leads to the issue's page, which asks
        Least.USER, None, lambda world: {"organization": "bugsink", "pk": world.issue.pk}
    ),
    "issues:organization_short_id": Entry(
        Least.VIEWER,
        None,
        lambda world: {"organization": "bugsink", "short_id": world.issue.short_id},
    ),
    # --- projects ---
    "projects:new": Entry(Least.OWNER, Least.OWNER),
    "projects:settings": Entry(Least.OWNER, Least.OWNER, slug),
    "projects:repository": Entry(Least.OWNER, Least.OWNER, slug),
    "projects:privacy": Entry(Least.OWNER, Least.OWNER, slug),
    "projects:limits": Entry(Least.OWNER, Least.OWNER, slug),
    "projects:keys": Entry(Least.OWNER, Least.OWNER, slug),
    "projects:key_label": Entry(None, Least.OWNER, key),
    "projects:key_limits": Entry(None, Least.OWNER, key),
    "projects:key_revoke": Entry(None, Least.OWNER, key),
    "projects:key_reactivate": Entry(None, Least.OWNER, key),
    "projects:key_delete": Entry(None, Least.OWNER, key),
    "projects:members": Entry(Least.VIEWER, None, slug),
    "projects:team_add": Entry(None, Least.OWNER, slug),
    "projects:team_remove": Entry(
        None, Least.OWNER, lambda world: world.slug | {"pk": world.team.pk}
    ),
    "projects:delete": Entry(Least.OWNER, Least.OWNER, slug),
    # --- teams and the installation ---
    "projects:teams": Entry(Least.USER, Least.ADMINISTRATOR),
    "projects:team": Entry(Least.VIEWER, None, team),
    "projects:team_rename": Entry(None, Least.OWNER, team),
    "projects:team_invite": Entry(None, Least.OWNER, team),
    "projects:member_role": Entry(None, Least.OWNER, team_member),
    "projects:member_remove": Entry(
        None,
        Least.OWNER,
        lambda world: world.team_slug | {"pk": User.objects.get(email="owner@example.com").pk},
    ),
    "projects:invitation_revoke": Entry(
        None, Least.OWNER, lambda world: world.team_slug | {"pk": world.invitation.pk}
    ),
    "projects:team_delete": Entry(Least.OWNER, Least.OWNER, team),
    "projects:people": Entry(Least.ADMINISTRATOR),
    "projects:person_invite": Entry(None, Least.ADMINISTRATOR),
    "projects:person_activate": Entry(None, Least.ADMINISTRATOR, person),
    "projects:person_deactivate": Entry(None, Least.ADMINISTRATOR, person),
    "projects:person_promote": Entry(None, Least.ADMINISTRATOR, person),
    "projects:person_demote": Entry(None, Least.ADMINISTRATOR, person),
    "projects:person_delete": Entry(Least.ADMINISTRATOR, Least.ADMINISTRATOR, person),
    "projects:mail": Entry(Least.ADMINISTRATOR),
    "projects:mail_test": Entry(None, Least.ADMINISTRATOR),
    "projects:deletions": OWN,
    "system": Entry(Least.ADMINISTRATOR),
    "projects:invitation": Entry(Least.GUEST, Least.GUEST, lambda world: {"token": world.token}),
    "projects:account": Entry(Least.USER, Least.USER),
    "projects:theme": Entry(None, Least.USER),
    "projects:sessions_end": Entry(None, Least.USER),
    "projects:session_end": Entry(None, Least.USER, lambda _: {"handle": "0" * 16}),
    # --- alerts ---
    "alerts:mail": Entry(Least.USER, Least.USER),
    # --- ingest ---
    "ingest:setup": Entry(Least.VIEWER, None, slug),
    "ingest:setup_state": Entry(Least.VIEWER, None, slug),
    "ingest:logs": Entry(Least.VIEWER, None, slug),
    "ingest:doctor": Entry(Least.VIEWER, None, slug),
    "ingest:doctor_test_event": Entry(None, Least.MEMBER, slug),
    "ingest:doctor_replay": Entry(None, Least.MEMBER, slug),
}

# Of the installation: a role in a team says nothing about them.
OF_THE_INSTALLATION = frozenset(
    {
        *("projects:teams", "projects:people", "projects:person_invite", "projects:mail"),
        *("projects:person_activate", "projects:person_deactivate", "projects:person_promote"),
        "system",
        *("projects:person_demote", "projects:person_delete", "projects:mail_test"),
        *("api:organization_tokens", "api:organization_token_revoke"),
    }
)
