"""Bearer tokens: made once, shown once, kept as a hash. Source: REST contract, section 1.2."""

import base64
import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import orjson
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from api import scopes as api_scopes
from api.caller import Caller
from api.models import ApiToken
from projects.models import Project, User

SCOPES = tuple(api_scopes.SCOPES)
MAX_TOKEN = 4096  # characters; nobody's is longer
MAX_PER_OWNER = 100
USE_IS_NOTED = timedelta(minutes=1)


def new_user_token() -> str:
    """`sntryu_` and 64 hex digits."""
    return "sntryu_" + secrets.token_hex(32)


def new_organization_token(now: datetime) -> str:
    """`sntrys_`, base64 of where and for whom, `_`, 43 base64 characters: sentry-cli needs no other setting."""
    facts = {
        "iat": now.timestamp(),
        "url": settings.BASE_URL,
        "region_url": settings.BASE_URL,
        "org": settings.ORGANIZATION_SLUG,
    }
    secret = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    return f"sntrys_{base64.b64encode(orjson.dumps(facts)).decode()}_{secret}"


def digest(token: str) -> str:
    """What is stored. The secret has 256 bits: a plain hash cannot be guessed back."""
    return hashlib.sha256(token.encode(errors="surrogateescape")).hexdigest()


def create_token(
    scopes: Sequence[str],
    *,
    user: User | None,
    name: str,
    now: datetime,
    project: Project | None = None,
    expires_at: datetime | None = None,
) -> str:
    """The token itself, never to be seen again. user: None makes an organization's. Raises ValidationError."""
    name = " ".join(name.split())
    if len(name) > 100 or "\0" in name:
        raise ValidationError("A token’s name has 100 characters at most.")
    try:
        wanted = api_scopes.cleaned(scopes)
    except ValueError as error:
        raise ValidationError(str(error)) from error
    if expires_at is not None and expires_at <= now:
        raise ValidationError("A token that has expired already is of no use.")
    if of(user).count() >= MAX_PER_OWNER:
        raise ValidationError(f"There are {MAX_PER_OWNER} tokens already; revoke one first.")
    token = new_user_token() if user else new_organization_token(now)
    ApiToken.objects.create(
        kind=ApiToken.Owner.USER if user else ApiToken.Owner.ORGANIZATION,
        user=user,
        project=project,
        name=name,
        scopes=wanted,
        digest=digest(token),
        last_characters=token[-4:],
        created_at=now,
        expires_at=expires_at,
    )
    return token


def of(user: User | None) -> QuerySet[ApiToken]:
    """The tokens of a person; None: of the organisation. Latest first."""
    found = ApiToken.objects.select_related("project")
    if user is None:
        return found.filter(kind=ApiToken.Owner.ORGANIZATION).order_by("-pk")
    return found.filter(kind=ApiToken.Owner.USER, user=user).order_by("-pk")


def find(token: str, *, now: datetime) -> ApiToken | None:
    """None: unknown, expired, or of somebody who is no longer active. One query."""
    if len(token) > MAX_TOKEN:
        return None
    rows = ApiToken.objects.select_related("user", "project").filter(digest=digest(token))
    found = rows.filter(Q(expires_at=None) | Q(expires_at__gt=now)).first()
    if found is None or (found.kind == ApiToken.Owner.USER) != (found.user is not None):
        return None
    if found.user is not None and (not found.user.is_active or found.user.deleted_at):
        return None
    if found.project is not None and found.project.deleted_at:
        return None
    return found


def note_use(token: ApiToken, *, now: datetime) -> None:
    """Written at most once a minute."""
    last = token.last_used_at
    if last is not None and now - last < USE_IS_NOTED:
        return
    before = now - USE_IS_NOTED
    # Of many requests at the same moment one writes.
    ApiToken.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=before), pk=token.pk).update(
        last_used_at=now
    )


def caller(token: ApiToken) -> Caller:
    return Caller(
        user=token.user,
        scopes=api_scopes.with_implied(token.scopes),
        project_id=token.project_id,
        token_id=token.pk,
    )
