"""Bearer tokens: made once, shown once, kept as a hash. Source: REST contract, section 1.2."""

import base64
import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime

import orjson
from django.conf import settings
from django.core.exceptions import ValidationError

from api.models import ApiToken
from projects.models import User

SCOPES = (
    "event:read",
    "event:write",
    "event:admin",
    "project:read",
    "project:write",
    "project:admin",
    "project:releases",
    "team:read",
    "team:write",
    "team:admin",
    "member:read",
    "member:write",
    "member:admin",
    "org:read",
    "org:write",
    "org:admin",
    "org:ci",
    "alerts:read",
    "alerts:write",
)

# The documentation of some clients names scopes that never existed (REST contract, section 1.3).
ALIASES = {"issue:read": "event:read", "issue:write": "event:write", "comment:write": "event:write"}


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
    return hashlib.sha256(token.encode()).hexdigest()


def create_token(scopes: Sequence[str], *, user: User | None, name: str, now: datetime) -> str:
    """The token itself, never to be seen again. user: None makes an organization's. Raises ValidationError."""
    scopes = [ALIASES.get(scope, scope) for scope in scopes]
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise ValidationError(
            f"Unknown scopes: {', '.join(unknown) or 'none given'}. There are: {', '.join(SCOPES)}."
        )
    token = new_user_token() if user else new_organization_token(now)
    ApiToken.objects.create(
        kind=ApiToken.Owner.USER if user else ApiToken.Owner.ORGANIZATION,
        user=user,
        name=name,
        scopes=sorted(set(scopes)),
        digest=digest(token),
        last_characters=token[-4:],
        created_at=now,
    )
    return token
