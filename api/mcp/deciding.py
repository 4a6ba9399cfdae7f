"""The tools that change something: the verbs of the pages, by the same rules."""

from collections.abc import Sequence
from typing import Any

from api.issue_changes import read_change
from api.issue_find import issue_of
from api.issue_verbs import apply
from api.mcp.protocol import ToolError
from api.mcp.session import Session, facts_of
from issues import comments
from issues.models import Issue
from issues.text import line
from projects.models import Role

MAX_ISSUES = 100


def set_issue_status(
    session: Session,
    issues: Sequence[str],
    status: str,
    in_release: str = "",
    in_next_release: bool = False,
    in_commit: str = "",
    minutes: int = 0,
    more_events: int = 0,
    more_users: int = 0,
) -> str:
    details: dict[str, Any] = {
        "inRelease": in_release or None,
        "inNextRelease": in_next_release or None,
        "inCommit": in_commit or None,
        "ignoreDuration": minutes or None,
        "ignoreCount": more_events or None,
        "ignoreUserCount": more_users or None,
    }
    fitting = {
        "resolved": {"inRelease", "inNextRelease", "inCommit"},
        "muted": {"ignoreDuration", "ignoreCount", "ignoreUserCount"},
    }.get(status, set())
    given = {name: value for name, value in details.items() if value is not None}
    if not given.keys() <= fitting:
        raise ToolError(f"This does not go with the status {status}.")
    return _change(session, issues, {"status": status, "statusDetails": given})


def set_issue_priority(session: Session, issues: Sequence[str], priority: str) -> str:
    return _change(session, issues, {"priority": priority})


def assign_issue(session: Session, issues: Sequence[str], to: str = "") -> str:
    return _change(session, issues, {"assignedTo": to})


def merge_issues(session: Session, issues: Sequence[str]) -> str:
    found = _issues(session, issues)
    if len(found) < 2:
        raise ToolError("issues: to merge, name at least two.")
    into = _apply(session, found, {"merge": True})
    assert into is not None
    others = ", ".join(issue.short_id for issue in found if issue.pk != into.pk)
    return f"Merged {others} into {facts_of(issue_of(session.caller, str(into.pk)))}."


def comment_on_issue(session: Session, issue: str, text: str) -> str:
    found = issue_of(session.caller, issue, Role.MEMBER)
    words = comments.cleaned(text)
    if not words:
        raise ToolError("text: a comment needs a word.")
    entry = comments.comment(found, words, by=session.caller.user, now=session.now)
    return f"Commented on {found.short_id} (comment {entry.pk})."


def _change(session: Session, issues: Sequence[str], body: dict[str, Any]) -> str:
    found = _issues(session, issues)
    _apply(session, found, body)
    now = [issue_of(session.caller, str(issue.pk)) for issue in found]
    return "\n".join(["Now:", *(f"- {facts_of(issue)}{_whose(issue)}" for issue in now)])


def _whose(issue: Issue) -> str:
    who = issue.assignee or issue.assigned_team
    return f", assigned to {line(str(who), 100)}" if who else ", assigned to nobody"


def _apply(session: Session, issues: Sequence[Issue], body: dict[str, Any]) -> Issue | None:
    try:
        change = read_change(body, session.now)
    except ValueError as error:
        raise ToolError(str(error)) from error
    return apply(issues, change, session.caller, session.now)


def _issues(session: Session, refs: Sequence[str]) -> list[Issue]:
    if len(refs) > MAX_ISSUES:
        raise ToolError(f"issues: {MAX_ISSUES} at most.")
    found = {
        issue.pk: issue for ref in refs for issue in [issue_of(session.caller, ref, Role.MEMBER)]
    }
    return list(found.values())
