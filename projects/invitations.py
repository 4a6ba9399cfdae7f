"""Ask someone in, by mail or by a link that is handed over in any other way.

The link's token has 256 bits and is kept as a hash only; it is shown once. An invitation works once, for 7 days, for
one address if it names one, and as long as the one who invited may still do so.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from projects import smtp
from projects.access import may_change_team
from projects.models import Invitation, Membership, Role, Team, User

VALID_FOR = timedelta(days=7)
MAX_OPEN = 200  # of a team

MAIL = """{who} invites you to the team “{team}” of {organization}, where its errors are tracked.

{link}

The link works once, until {until} UTC.
"""


class Unusable(Exception):
    """The invitation cannot be accepted. The message is for the person who holds the link."""


@dataclass(frozen=True, slots=True)
class Invited:
    """What became of it. joined: there was an account. link: shown once. mailed, trouble: whether the mail went out."""

    joined: User | None = None
    invitation: Invitation | None = None
    link: str = ""
    mailed: bool = False
    trouble: str = ""


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def open_invitations(team: Team, now: datetime) -> QuerySet[Invitation]:
    return (
        Invitation.objects.filter(team=team, expires_at__gt=now)
        .select_related("invited_by")
        .order_by("-created_at")
    )


def invite(team: Team, email: str, role: Role, *, by: User, now: datetime) -> Invited:
    """Who has an account joins at once. Raises ValidationError.

    email: "" for a link without a name. An older invitation of the same address to the team is replaced.
    """
    email = User.objects.normalize_email(email)
    if email:
        validate_email(email)
        known = User.objects.filter(email=email).first()
        if known is not None:
            if not known.is_active:
                raise ValidationError(f"The account of {email} is switched off.")
            join(team, known, role)
            return Invited(joined=known)
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        Invitation.objects.filter(team=team, expires_at__lte=now).delete()
        if email:
            Invitation.objects.filter(team=team, email=email).delete()
        if Invitation.objects.filter(team=team).count() >= MAX_OPEN:
            raise ValidationError(
                f"{MAX_OPEN} invitations to this team are open; revoke some of them first."
            )
        made = Invitation.objects.create(
            team=team, role=role, email=email, token_hash=digest(token),
            invited_by=by, created_at=now, expires_at=now + VALID_FOR,
        )  # fmt: skip
    link = address(token)
    if not email or not settings.EMAIL_URL:
        return Invited(invitation=made, link=link)
    trouble = _mail(made, link)
    return Invited(invitation=made, link=link, mailed=not trouble, trouble=trouble)


def address(token: str) -> str:
    """The link, as others reach the server."""
    path = reverse("projects:invitation", args=[token])
    return settings.BASE_URL + path.removeprefix(settings.PATH_PREFIX)


def find(token: str, now: datetime) -> Invitation:
    """Raises Unusable."""
    found = (
        Invitation.objects.select_related("team", "invited_by")
        .filter(token_hash=digest(token), expires_at__gt=now, team__deleted_at__isnull=True)
        .first()
    )
    if found is None or not may_change_team(found.invited_by, found.team):
        raise Unusable("This link is used up, revoked or too old. Ask for a new one.")
    return found


def accept(invitation: Invitation, user: User) -> None:
    """The user joins; the link is used up. Raises Unusable: somebody was faster, or it is another's."""
    if invitation.email and invitation.email != user.email:
        raise Unusable(f"This invitation is for {invitation.email}.")
    with transaction.atomic():
        _use_up(invitation)
        join(invitation.team, user, Role(invitation.role))


def register(invitation: Invitation, *, email: str, name: str, password: str) -> User:
    """A new account that joins. Raises Unusable, and ValidationError for an address that has one."""
    email = invitation.email or User.objects.normalize_email(email)
    with transaction.atomic():
        _use_up(invitation)
        if User.objects.filter(email=email).exists():
            raise ValidationError("There is an account with this address. Sign in to join.")
        user = User.objects.create_user(email, password, name=name)
        join(invitation.team, user, Role(invitation.role))
    return user


def join(team: Team, user: User, role: Role) -> None:
    """Who is in the team already keeps a higher role."""
    found, made = Membership.objects.get_or_create(team=team, user=user, defaults={"role": role})
    if not made and found.role < role:
        found.role = role
        found.save(update_fields=["role"])


def _use_up(invitation: Invitation) -> None:
    # Of two who follow the link at the same moment one deletes the row.
    if not Invitation.objects.filter(pk=invitation.pk).delete()[0]:
        raise Unusable("This link is used up, revoked or too old. Ask for a new one.")


def _mail(invitation: Invitation, link: str) -> str:
    """What went wrong, in words; "" if nothing."""
    text = MAIL.format(
        who=invitation.invited_by.display_name,
        team=invitation.team.name,
        organization=settings.ORGANIZATION_NAME,
        link=link,
        until=f"{invitation.expires_at:%Y-%m-%d %H:%M}",
    )
    subject = " ".join(f"Invitation to {settings.ORGANIZATION_NAME}".split())
    try:
        send_mail(subject, text, None, [invitation.email])
    except Exception as error:  # of sockets, TLS, SMTP and the mail's own encoding
        return smtp.in_words(error)
    return ""
