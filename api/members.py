"""The people of the organisation, and which teams they are in."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from api.auth import allow
from api.caller import ApiRequest, Caller
from api.errors import ApiError
from api.pagination import Paging, paginate
from api.person_json import Person, person_json
from api.replies import answers, nothing, reply
from projects import access, invitations, people, teams
from projects.access import MAX_KEY
from projects.models import Membership, Role, User

router = Router(tags=["Members"])

SEE = allow("member:read", "org:read")
CHANGE = allow("member:write")
ROLES = {
    "admin": Role.ADMIN,
    "contributor": Role.MEMBER,
    "member": Role.MEMBER,
    "viewer": Role.VIEWER,
}
TeamRoleName = Literal["admin", "contributor", "member", "viewer"]


class TeamRole(Schema):
    teamSlug: str
    role: str


class Member(Schema):
    id: str
    email: str
    name: str | None
    user: Person | None
    orgRole: str = Field(description="owner: administrates the installation.")
    role: str
    pending: bool = Field(description="Asked in, and not here yet.")
    expired: bool
    isActive: bool
    dateCreated: datetime
    teams: list[str]
    teamRoles: list[TeamRole]
    inviteLink: str | None = Field(description="Told once, where no mail could be sent.")


class Invite(Schema):
    email: str = Field(min_length=3, max_length=254)
    team: str = Field(description="Slug of the team.")
    teamRole: TeamRoleName = "contributor"


class MemberChange(Schema):
    orgRole: Literal["owner", "member"] | None = None
    isActive: bool | None = None


class TeamRoleChange(Schema):
    teamRole: TeamRoleName = "contributor"


def visible_people(caller: Caller) -> QuerySet[User]:
    """Administrators and the organisation: everybody. Others: who is in a team with them."""
    if caller.project_id is not None:
        return access.people_of([caller.project_id]).order_by()
    if caller.user is None or caller.user.is_admin:
        return people.everybody().order_by()
    with_me = Membership.objects.filter(team__in=caller.teams()).values("user_id")
    return people.everybody().filter(pk__in=with_me).order_by()


def members_json(users: Iterable[User]) -> list[dict[str, Any]]:
    return [member_json(user) for user in users]


def member_json(user: User) -> dict[str, Any]:
    """The memberships are fetched already, or asked for."""
    memberships = list(user.memberships.all())
    role = "owner" if user.is_admin else "member"
    return {
        "id": str(user.pk),
        "email": user.email,
        "name": user.display_name,
        "user": person_json(user),
        "orgRole": role,
        "role": role,
        "pending": False,
        "expired": False,
        "isActive": user.is_active,
        "dateCreated": user.date_joined,
        "teams": [each.team.slug for each in memberships],
        "teamRoles": [
            {"teamSlug": each.team.slug, "role": role_name(each.role)} for each in memberships
        ],
        "inviteLink": None,
    }


def role_name(role: int) -> str:
    return {Role.ADMIN: "admin", Role.MEMBER: "contributor"}.get(Role(role), "viewer")


def _with_teams(caller: Caller) -> QuerySet[User]:
    return visible_people(caller).prefetch_related(_memberships(caller))


def _memberships(caller: Caller) -> "Prefetch[str]":
    """Teams that the caller does not see are not told."""
    found = Membership.objects.filter(team__in=caller.teams()).select_related("team")
    return Prefetch("memberships", found.order_by("team__slug"))


def _member(caller: Caller, ref: str) -> User:
    """ref: a number, or `me`. Raises Http404."""
    pk = ref
    if ref == "me" and caller.user is not None:
        pk = str(caller.user.pk)
    if not (pk.isascii() and pk.isdigit() and len(pk) < 20 and int(pk) <= MAX_KEY):
        raise Http404("There is no such member.")
    found = _with_teams(caller).filter(pk=int(pk)).first()
    if found is None:
        raise Http404("There is no such member.")
    return found


def _with_teams_of(caller: Caller, user: User) -> User:
    """As they are now: taken out of the last common team, somebody may have become invisible."""
    return User.objects.prefetch_related(_memberships(caller)).get(pk=user.pk)


def _list(request: ApiRequest, paging: Paging) -> HttpResponse:
    page = paginate(_with_teams(request.auth), paging)
    return reply(members_json(page.rows), headers=page.headers(request))


@router.get("/organizations/{org}/members/", auth=SEE, response=answers(list[Member]))
def members(request: ApiRequest, org: str, paging: Query[Paging]) -> HttpResponse:
    """Everybody for administrators, others see those of their teams."""
    return _list(request, paging)


@router.get("/organizations/{org}/users/", auth=SEE, response=answers(list[Member]))
def users(request: ApiRequest, org: str, paging: Query[Paging]) -> HttpResponse:
    """The same list under its other name."""
    return _list(request, paging)


@router.get("/teams/{org}/{team}/members/", auth=SEE, response=answers(list[Member]))
def team_members(request: ApiRequest, org: str, team: str, paging: Query[Paging]) -> HttpResponse:
    found = request.auth.team(team)
    inside = Membership.objects.filter(team=found).values("user_id")
    page = paginate(_with_teams(request.auth).filter(pk__in=inside), paging)
    return reply(members_json(page.rows), headers=page.headers(request))


@router.post("/organizations/{org}/members/", auth=CHANGE, response=answers(Member, status=201))
def invite(request: ApiRequest, org: str, body: Invite) -> HttpResponse:
    """Who has an account joins at once; others get a mail, or you get the link. For admins of the team."""
    by = request.auth.person()
    team = request.auth.team(body.team, change=True)
    role = ROLES[body.teamRole]
    made = invitations.invite(team, body.email, role, by=by, now=timezone.now())
    if made.joined is not None:
        return reply(member_json(_with_teams_of(request.auth, made.joined)), status=201)
    assert made.invitation is not None
    pending = {
        "id": f"invitation-{made.invitation.pk}",
        "email": made.invitation.email,
        "name": None,
        "user": None,
        "orgRole": "member",
        "role": "member",
        "pending": True,
        "expired": False,
        "isActive": False,
        "dateCreated": made.invitation.created_at,
        "teams": [team.slug],
        "teamRoles": [{"teamSlug": team.slug, "role": role_name(role)}],
        "inviteLink": None if made.mailed else made.link,
    }
    return reply(pending, status=201)


@router.get("/organizations/{org}/members/{member}/", auth=SEE, response=answers(Member))
def member(request: ApiRequest, org: str, member: str) -> HttpResponse:
    """By number; `me` is the token's person."""
    return reply(member_json(_member(request.auth, member)))


@router.put("/organizations/{org}/members/{member}/", auth=CHANGE, response=answers(Member))
def change_member(request: ApiRequest, org: str, member: str, body: MemberChange) -> HttpResponse:
    """For administrators. One active administrator always remains."""
    by = request.auth.administrator()
    found = _member(request.auth, member)
    if body.orgRole is not None:
        people.set_administrator(found, body.orgRole == "owner")
    if body.isActive is not None:
        people.set_active(found, body.isActive, by=by)
    return reply(member_json(found))


@router.delete(
    "/organizations/{org}/members/{member}/",
    auth=allow("member:admin"),
    response=answers(None, status=204),
)
def remove_member(request: ApiRequest, org: str, member: str) -> HttpResponse:
    """Signed out everywhere, and no way back in. What is theirs stays; deleting for good is done on the pages."""
    by = request.auth.administrator()
    people.set_active(_member(request.auth, member), False, by=by)
    return nothing()


TEAM_OF = "/organizations/{org}/members/{member}/teams/{team}/"
JOIN = allow("team:write", "member:write")


@router.post(TEAM_OF, auth=JOIN, response=answers(Member, status=201))
def join_team(
    request: ApiRequest, org: str, member: str, team: str, body: TeamRoleChange
) -> HttpResponse:
    """Who is in the team already keeps a higher role."""
    of = request.auth.team(team, change=True)
    found = _member(request.auth, member)
    if not found.is_active:
        raise ApiError(400, "This account is switched off.")
    invitations.join(of, found, ROLES[body.teamRole])
    return reply(member_json(_member(request.auth, str(found.pk))), status=201)


@router.put(TEAM_OF, auth=JOIN, response=answers(Member))
def change_role(
    request: ApiRequest, org: str, member: str, team: str, body: TeamRoleChange
) -> HttpResponse:
    """A team keeps an admin: 400 otherwise."""
    of = request.auth.team(team, change=True)
    found = _member(request.auth, member)
    if teams.set_role(of, found.pk, ROLES[body.teamRole]) is None:
        raise Http404("They are not in this team.")
    return reply(member_json(_member(request.auth, str(found.pk))))


@router.delete(TEAM_OF, auth=JOIN, response=answers(Member))
def leave_team(request: ApiRequest, org: str, member: str, team: str) -> HttpResponse:
    """A team keeps an admin: 400 otherwise."""
    of = request.auth.team(team, change=True)
    found = _member(request.auth, member)
    teams.remove_member(of, found.pk)
    return reply(member_json(_with_teams_of(request.auth, found)))
