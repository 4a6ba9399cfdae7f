"""Who am I, and what may I do: what clients ask first."""

from typing import Any

from django.http import HttpResponse
from ninja import Router, Schema

from api.auth import allow
from api.caller import ApiRequest
from api.errors import ApiError
from api.person_json import Person, person_json
from api.replies import answers, reply

router = Router(tags=["Token"])


class Scopes(Schema):
    scopes: list[str]


class Root(Schema):
    version: str
    auth: Scopes
    user: Person | None


@router.get("/", auth=allow(), response=answers(Root), summary="Token and its scopes")
def root(request: ApiRequest) -> HttpResponse:
    """`user` is null for a token of the organisation."""
    caller = request.auth
    user: dict[str, Any] | None = None if caller.user is None else person_json(caller.user)
    return reply({"version": "0", "auth": {"scopes": sorted(caller.scopes)}, "user": user})


@router.get("/auth/", auth=allow(), response=answers(Person), summary="The token's person")
def who(request: ApiRequest) -> HttpResponse:
    """A token of the organisation is nobody's: 400."""
    if request.auth.user is None:
        raise ApiError(400, "This is a token of the organisation; it belongs to no person.")
    return reply(person_json(request.auth.user))
