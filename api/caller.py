"""Who asks, and what they may: the token's person or the organisation, its scopes, the project it is bound to.

The same rules as the pages have (projects.access), and those of the scopes before them: a scope never gives what the
person may not do, a person's role never gives what the token may not do.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from api.errors import ApiError
from projects import access
from projects.access import MAX_KEY
from projects.models import Project, Role, Team, User


class ApiRequest(HttpRequest):
    """What an endpoint gets: `auth` is set before it is called."""

    auth: "Caller"


@dataclass(frozen=True, slots=True)
class Caller:
    """user: None for the organisation's own token, which sees all projects and acts in nobody's name.

    scopes: with those that follow from them. project_id: the only one it may touch; None: no such bond.
    token_id: None for somebody who is signed in and looks.
    """

    user: User | None
    scopes: frozenset[str]
    project_id: int | None = None
    token_id: int | None = None

    def may(self, *any_of: str) -> bool:
        return not any_of or not self.scopes.isdisjoint(any_of)

    def projects(self) -> QuerySet[Project]:
        """The visible ones."""
        found = Project.objects.all() if self.user is None else access.visible_projects(self.user)
        return found if self.project_id is None else found.filter(pk=self.project_id)

    def teams(self) -> QuerySet[Team]:
        """The visible ones; bound to a project: only those that hold it."""
        found = Team.objects.all() if self.user is None else access.visible_teams(self.user)
        if self.project_id is None:
            return found
        return found.filter(projects=self.project_id)

    def role_in(self, project_id: int) -> Role | None:
        """None: the project is not there for this caller."""
        if self.project_id is not None and self.project_id != project_id:
            return None
        if self.user is not None:
            return access.role_in(self.user, project_id)
        return Role.ADMIN if Project.objects.filter(pk=project_id).exists() else None

    def require(self, project_id: int, role: Role) -> Role:
        """The role there. Raises Http404 for what is not visible, PermissionDenied for too low a role."""
        found = self.role_in(project_id)
        if found is None:
            raise Http404("There is no such project.")
        if found < role:
            raise PermissionDenied(f"This needs the role {role.label} in the project.")
        return found

    def project(self, ref: str, role: Role = Role.VIEWER) -> Project:
        """By slug or by number. Raises Http404, PermissionDenied."""
        found = self.projects().filter(**_by(ref)).first()
        if found is None:
            raise Http404(f"There is no project {ref[:60]!r}, or it is not visible to this token.")
        if role > Role.VIEWER:
            self.require(found.pk, role)
        return found

    def projects_named(self, refs: Collection[str]) -> list[Project]:
        """For `project=`, repeated: slugs and numbers; none of them or -1: all visible ones. Raises ApiError 400."""
        wanted = {ref for ref in refs if ref}
        if not wanted or "-1" in wanted:
            return list(self.projects().order_by("pk"))
        return list(self.each_project(wanted))

    def each_project(self, refs: Iterable[str], role: Role = Role.VIEWER) -> list[Project]:
        """One for every name. Raises ApiError 400 for a name that leads nowhere, PermissionDenied."""
        found: dict[int, Project] = {}
        for ref in refs:
            try:
                project = self.project(ref, role)
            except Http404 as error:
                raise ApiError(400, str(error)) from error
            found[project.pk] = project
        return list(found.values())

    def team(self, ref: str, *, change: bool = False) -> Team:
        """By slug or by number. Raises Http404, PermissionDenied."""
        found = self.teams().filter(**_by(ref.removeprefix("#"))).first()
        if found is None:
            raise Http404(f"There is no team {ref[:60]!r}, or it is not visible to this token.")
        if change:
            self.refuse_if_bound()
            if self.user is not None and not access.may_change_team(self.user, found):
                raise PermissionDenied(f"This needs the role {Role.ADMIN.label} in the team.")
        return found

    def person(self) -> User:
        """Raises PermissionDenied for a token of the organisation: nobody would have done it."""
        if self.user is None:
            raise PermissionDenied(
                "This is done in somebody's name: it needs a personal token, not the organisation's."
            )
        return self.user

    def administrator(self) -> User:
        """Raises PermissionDenied."""
        self.refuse_if_bound()
        return access.administrator(self.person())

    def refuse_if_bound(self) -> None:
        """For what is of no single project. Raises PermissionDenied."""
        if self.project_id is not None:
            raise PermissionDenied("This token is bound to one project.")


def _by(ref: str) -> dict[str, object]:
    """All digits is a number: slugs never are."""
    if ref.isascii() and ref.isdigit():
        return {"pk": int(ref) if len(ref) < 20 and int(ref) <= MAX_KEY else 0}
    return {"slug": ref}
