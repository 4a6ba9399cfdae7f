"""An issue, what happened to it, and the people around it, as clients of Sentry's API know them. Reads nothing.

Source: the REST contract, sections 3.4, 3.6 and 3.11.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from api.stamps import stamp
from issues.models import Activity, Issue
from issues.states import Kind, Status
from issues.window import UserWindow
from projects.models import Project, Release, Team, User

Json = dict[str, Any]

NEW_FOR = timedelta(hours=24)
STATUS = {
    Status.UNRESOLVED: "unresolved",
    Status.RESOLVED: "resolved",
    Status.MUTED: "ignored",
}
_KINDS: Mapping[str, str] = {
    Kind.FIRST_SEEN: "first_seen",
    Kind.RESOLVED: "set_resolved",
    Kind.REOPENED: "set_unresolved",
    Kind.MUTED: "set_ignored",
    Kind.UNMUTED: "set_unresolved",
    Kind.REGRESSED: "set_regression",
    Kind.ASSIGNED: "assigned",
    Kind.UNASSIGNED: "unassigned",
    Kind.COMMENTED: "note",
    Kind.STORM_STARTED: "set_escalating",
    Kind.STORM_ENDED: "auto_set_ongoing",
    Kind.MERGED: "merge",
    Kind.UNMERGED: "unmerge_source",
    Kind.REGROUPED: "reprocess",
    Kind.RELEASED: "set_resolved_in_release",
    Kind.PRIORITY: "set_priority",
    Kind.MENTIONED: "mentioned",
    Kind.SHARED: "set_public",
    Kind.UNSHARED: "set_private",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the installation is reached, without a final slash, and what the organisation is called in addresses."""

    base_url: str
    organization: str

    def of_issue(self, issue: Issue) -> str:
        """The number stands right behind `issues`: clients take it from there."""
        return f"{self.base_url}/organizations/{self.organization}/issues/{issue.pk}/"


@dataclass(frozen=True, slots=True)
class Beside:
    """What an issue's row does not say. is_bookmarked, is_subscribed: of the token's person."""

    comments: int = 0
    is_bookmarked: bool = False
    is_subscribed: bool = False
    is_public: bool = False
    feedback: int = 0
    stats: Mapping[str, Sequence[tuple[int, int]]] = field(default_factory=dict)


def issue_json(issue: Issue, place: Place, beside: Beside, now: datetime) -> Json:
    """The form of lists. issue: with project, assignee, assigned_team and resolved_in."""
    return {
        "id": str(issue.pk),
        "shareId": None,
        "shortId": issue.short_id,
        "title": issue.title,
        "culprit": issue.culprit,
        "permalink": place.of_issue(issue),
        "logger": issue.logger or None,
        "level": issue.level_name,
        "status": STATUS[Status(issue.status)],
        "substatus": substatus(issue, now),
        "statusDetails": status_details(issue),
        "isPublic": beside.is_public,
        "platform": issue.platform,
        "project": project_ref(issue.project),
        "type": "error" if issue.type else "default",
        "issueType": "error",
        "issueCategory": "error",
        "metadata": {"type": issue.type, "value": issue.value}
        if issue.type
        else {"title": issue.title},
        "numComments": beside.comments,
        "userReportCount": beside.feedback,
        "assignedTo": assigned(issue),
        "isBookmarked": beside.is_bookmarked,
        "isSubscribed": beside.is_subscribed,
        "subscriptionDetails": None,
        "hasSeen": True,
        "annotations": [],
        "isUnhandled": issue.handled is False,
        "count": str(issue.event_count),
        "userCount": issue.user_count,
        "firstSeen": stamp(issue.first_seen),
        "lastSeen": stamp(issue.last_seen),
        "priority": issue.priority_name,
        "inbox": None,
        "owners": None,
        "stats": {key: [list(pair) for pair in series] for key, series in beside.stats.items()},
    }


def project_ref(project: Project) -> Json:
    return {
        "id": str(project.pk),
        "slug": project.slug,
        "name": project.name,
        "platform": project.platform or None,
    }


def substatus(issue: Issue, now: datetime) -> str | None:
    if issue.status == Status.RESOLVED:
        return None
    if issue.status == Status.MUTED:
        waits = (
            issue.muted_until,
            issue.muted_until_count,
            issue.muted_until_users,
            issue.window,
        )
        is_for_ever = all(each is None for each in waits)
        return "archived_forever" if is_for_ever else "archived_until_condition_met"
    if issue.storm_since is not None:
        return "escalating"
    if issue.is_regressed:
        return "regressed"
    return "new" if now - issue.first_seen < NEW_FOR else "ongoing"


def status_details(issue: Issue) -> Json:
    """What a resolved issue was fixed in, or a muted one waits for; numbers are what is still to come."""
    found: Json = {}
    if issue.status == Status.RESOLVED:
        if issue.resolved_commit:
            commit: Json = {"commit": issue.resolved_commit}
            if issue.resolved_repository:
                commit["repository"] = issue.resolved_repository
            found["inCommit"] = commit
        if issue.resolved_next:
            found["inNextRelease"] = True
        elif issue.resolved_in is not None:
            found["inRelease"] = issue.resolved_in.version
    elif issue.status == Status.MUTED:
        if issue.muted_until is not None:
            found["ignoreUntil"] = stamp(issue.muted_until)
        if issue.muted_until_count is not None:
            found["ignoreCount"] = max(0, issue.muted_until_count - issue.event_count)
        if issue.muted_until_users is not None:
            found["ignoreUserCount"] = max(0, issue.muted_until_users - issue.user_count)
        window = issue.window
        if isinstance(window, UserWindow):
            found |= {"ignoreUserCount": window.users, "ignoreUserWindow": window.minutes}
        elif window is not None:
            found |= {"ignoreCount": window.events, "ignoreWindow": window.minutes}
    return found


def assigned(issue: Issue) -> Json | None:
    if issue.assignee is not None:
        user = issue.assignee
        return {
            "type": "user",
            "id": str(user.pk),
            "name": user.display_name,
            "email": user.email,
        }
    team = issue.assigned_team
    return None if team is None else team_ref(team)


def team_ref(team: Team) -> Json:
    return {"type": "team", "id": str(team.pk), "name": team.name, "slug": team.slug}


def user_json(user: User | None) -> Json | None:
    if user is None:
        return None
    return {
        "id": str(user.pk),
        "email": user.email,
        "name": user.display_name,
        "username": user.email,
        "isActive": user.is_active,
    }


def release_ref(release: Release | None, project: Project) -> Json | None:
    """A release inside an event or an issue. The releases' own endpoints say more of it."""
    if release is None:
        return None
    version = release.version
    short = version.rpartition("@")[2]
    return {
        "id": release.pk,
        "version": version,
        "shortVersion": short,
        "status": "open",
        "dateCreated": stamp(release.created_at),
        "dateReleased": None,
        "firstEvent": None,
        "lastEvent": None,
        "newGroups": 0,
        "url": None,
        "ref": None,
        "owner": None,
        "commitCount": 0,
        "deployCount": 0,
        "lastCommit": None,
        "lastDeploy": None,
        "authors": [],
        "data": {},
        "projects": [
            {
                "id": project.pk,
                "slug": project.slug,
                "name": project.name,
                "platform": project.platform or None,
                "platforms": [],
                "newGroups": 0,
                "hasHealthData": False,
            }
        ],
        "versionInfo": {
            "package": version.rpartition("@")[0] or None,
            "version": {"raw": short},
            "description": short,
            "buildHash": None,
        },
    }


def activity_json(entry: Activity) -> Json:
    """entry: with its actor. A note is a comment."""
    kind, data = _KINDS.get(entry.kind, entry.kind), dict(entry.data)
    if entry.kind == Kind.RESOLVED and ("release" in data or "after" in data):
        kind = "set_resolved_in_release"
        data = {"version": data.get("release", ""), **data}
    elif entry.kind == Kind.RESOLVED and "commit" in data:
        kind = "set_resolved_in_commit"
    elif entry.kind == Kind.ASSIGNED:
        is_user = "user" in data
        data = {
            "assignee": str(data.get("user" if is_user else "team", "")),
            "assigneeType": "user" if is_user else "team",
            "name": data.get("name", ""),
        }
    elif entry.kind == Kind.COMMENTED:
        data = {"text": str(data.get("text", ""))} | (
            {"editedAt": data["edited_at"]} if "edited_at" in data else {}
        )
    return {
        "id": str(entry.pk),
        "type": kind,
        "dateCreated": stamp(entry.at),
        "user": user_json(entry.actor),
        "data": data,
    }
