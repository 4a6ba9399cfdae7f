"""Who may call an endpoint: `auth=allow("event:read")`, any of the scopes that are named.

A bearer token says who asks. Somebody who is signed in may look without one, in the browser, and change nothing: a
session's cookie comes along with requests that others caused, a token does not. Together with the scope the name of the
organisation is checked, wherever an address has the parameter `org`.
"""

import logging
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest
from django.utils import timezone
from ninja.security.http import HttpAuthBase

from api import tokens
from api.caller import Caller
from api.errors import ApiError
from api.organization import check_organization
from api.scopes import READ_ONLY
from projects.models import User

logger = logging.getLogger(__name__)

SAFE = frozenset({"GET", "HEAD"})
BODIES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
CHALLENGE = {"WWW-Authenticate": "Bearer"}


def caller_of(request: HttpRequest) -> Caller:
    """Raises ApiError 401."""
    header = request.headers.get("Authorization", "")
    if not header:
        user = request.user
        if isinstance(user, User) and user.is_active and request.method in SAFE:
            return Caller(user=user, scopes=frozenset(READ_ONLY))
        raise ApiError(401, "This needs a token: Authorization: Bearer …", CHALLENGE)
    scheme, _, secret = header.partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise ApiError(401, "The token is sent as Authorization: Bearer …", CHALLENGE)
    now = timezone.now()
    token = tokens.find(secret.strip(), now=now)
    if token is None:
        raise ApiError(401, "This token is unknown, expired or revoked.", CHALLENGE)
    try:
        tokens.note_use(token, now=now)
    except DatabaseError as error:  # busy or read-only: no reason to refuse somebody who only reads
        logger.warning("the use of a token was not noted: %s", error)
    return tokens.caller(token)


class BearerToken(HttpAuthBase):
    openapi_scheme = "bearer"
    openapi_description = "A personal token (`sntryu_…`) or one of the organisation (`sntrys_…`)."

    def __init__(self, any_of: tuple[str, ...]) -> None:
        super().__init__()
        self.any_of = any_of

    def __call__(self, request: HttpRequest) -> Any:
        caller = caller_of(request)
        if not caller.may(*self.any_of):
            raise ApiError(403, f"This needs the scope {' or '.join(self.any_of)}.")
        match = request.resolver_match
        if match is not None and "org" in match.kwargs:
            check_organization(match.kwargs["org"])
        if request.method in BODIES and request.META.get("CONTENT_LENGTH") in (None, "", "0"):
            # Clients send a JSON content type and no body: that counts as an empty object.
            request._body = _chunked(request) or b"{}"  # where Django keeps what it has read
        return caller


def _chunked(request: HttpRequest) -> bytes:
    """A body that came without its length, which Django takes for none. Raises ApiError 400, 413."""
    if not request.META.get("HTTP_TRANSFER_ENCODING") or request.META.get("CONTENT_LENGTH"):
        return b""
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
    body = bytearray()
    try:
        while len(body) <= limit:
            part = request.META["wsgi.input"].read(limit + 1 - len(body))
            if not part:
                break
            body += part
    except OSError as error:
        raise ApiError(400, "The request ended before its body did.") from error
    if len(body) > limit:
        raise ApiError(413, "The body is too large.")
    request.META["CONTENT_LENGTH"] = str(len(body))  # for the parser of forms
    return bytes(body)


def allow(*any_of: str) -> BearerToken:
    """any_of: scopes, of which one is enough; none named: any valid token."""
    return BearerToken(any_of)
