"""The first line of every view of an issue."""

from collections.abc import Collection

from django.core.exceptions import PermissionDenied
from django.http import Http404

from issues.models import Issue
from issues.tombstones import follow, place_of
from projects.access import MAX_KEY, AnyUser, require, roles
from projects.models import Role, User


def get_issue(user: AnyUser, pk: int, role: Role) -> tuple[Issue, Role]:
    """The issue and the user's role. Raises Http404 for a stranger, PermissionDenied for too low a role.

    Of an issue that was merged away it is the one that has its events now.
    """
    if pk > MAX_KEY:
        raise Http404("There is no such issue.")
    issues = Issue.objects.select_related(
        *("project", "assignee", "assigned_team"),
        *("first_release", "last_release", "resolved_in"),
    )
    issue = issues.filter(pk=pk).first() or issues.filter(pk=place_of(pk)).first()
    if issue is None:
        raise Http404("There is no such issue.")
    return issue, require(user, issue.project_id, role)


def get_issues(user: AnyUser, pks: Collection[int], role: Role) -> list[Issue]:
    """All of them or an error: Http404 if the user may not see one, PermissionDenied if not do this to one.

    What somebody has merged in the meantime is one.
    """
    wanted = set(pks)
    issues = _issues(wanted)
    if len(issues) != len(wanted):
        moved = follow(wanted)
        wanted = {moved.get(pk, pk) for pk in wanted}
        issues = _issues(wanted)
    if len(issues) != len(wanted):
        raise Http404("There is no such issue.")
    if any(issue.project.deleted_at for issue in issues):
        raise Http404("There is no such issue.")
    if isinstance(user, User) and user.is_admin:
        return issues
    found = roles(user)
    for issue in issues:
        if issue.project_id not in found:
            raise Http404("There is no such issue.")
    for issue in issues:
        if found[issue.project_id] < role:
            raise PermissionDenied(f"This needs the role {role.label} in the project.")
    return issues


def _issues(pks: Collection[int]) -> list[Issue]:
    return list(Issue.objects.select_related("project").filter(pk__in=pks).order_by("pk"))
