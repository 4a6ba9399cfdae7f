"""Comments of an issue, by both their names, and all that happened to it."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from api.auth import allow
from api.both import both
from api.caller import ApiRequest, Caller
from api.errors import ApiError
from api.issue_find import issue_of
from api.issue_json import activity_json
from api.issue_rows import MAX_ACTIVITY, activity
from api.pagination import Paging, paginate
from api.replies import answers, nothing, reply
from issues import comments, tombstones
from issues.models import Activity, Issue
from issues.states import Kind
from projects.models import Role, User

router = Router(tags=["Comments"])

READ, WRITE = allow("event:read"), allow("event:write")
NAMES = ("comments", "notes")


class ActivityOut(Schema):
    """A comment has the type note, and its text in data."""

    id: str
    type: str
    dateCreated: str
    user: dict[str, Any] | None
    data: dict[str, Any]


class CommentIn(Schema):
    text: Any = Field(None, description="Markdown, 10,000 characters at most.")

    def cleaned(self) -> str:
        """Raises ApiError 400."""
        if not isinstance(self.text, str):
            raise ApiError(400, "text: is needed.")
        if len(self.text) > comments.MAX_COMMENT:
            raise ApiError(400, f"text: has {comments.MAX_COMMENT:,} characters at most.")
        found = comments.cleaned(self.text)
        if not found:
            raise ApiError(400, "text: a comment needs a word.")
        return found


def comment_list(request: ApiRequest, issue: str, paging: Query[Paging]) -> HttpResponse:
    """Newest first."""
    found = issue_of(request.auth, issue)
    page = paginate(_of(found), paging, key="at", kind="time", descending=True)
    return reply([activity_json(entry) for entry in page.rows], headers=page.headers(request))


def add_comment(request: ApiRequest, issue: str, body: CommentIn) -> HttpResponse:
    found = issue_of(request.auth, issue, Role.MEMBER)
    entry = comments.comment(found, body.cleaned(), by=request.auth.user, now=timezone.now())
    return reply(activity_json(entry), status=201)


def change_comment(request: ApiRequest, issue: str, comment: str, body: CommentIn) -> HttpResponse:
    """One's own."""
    entry, user = _own(request.auth, issue, comment)
    text = body.cleaned()
    try:
        comments.edit(entry, text, by=user, now=timezone.now())
    except comments.NotYours as error:
        raise PermissionDenied(str(error)) from error
    return reply(activity_json(entry))


def delete_comment(request: ApiRequest, issue: str, comment: str) -> HttpResponse:
    """One's own."""
    entry, user = _own(request.auth, issue, comment)
    try:
        comments.delete(entry, by=user)
    except comments.NotYours as error:
        raise PermissionDenied(str(error)) from error
    return nothing(204)


for name in NAMES:
    both(router, "get", f"{{issue}}/{name}/", auth=READ, response=answers(list[ActivityOut]))(
        comment_list
    )
    both(
        router,
        "post",
        f"{{issue}}/{name}/",
        auth=WRITE,
        response=answers(ActivityOut, status=201),
    )(add_comment)
    both(
        router, "put", f"{{issue}}/{name}/{{comment}}/", auth=WRITE, response=answers(ActivityOut)
    )(change_comment)
    both(
        router,
        "delete",
        f"{{issue}}/{name}/{{comment}}/",
        auth=WRITE,
        response=answers(None, status=204),
    )(delete_comment)


def _of(issue: Issue) -> Any:
    entries = Activity.objects.filter(tombstones.with_history(issue), kind=Kind.COMMENTED)
    return entries.select_related("actor")


def _own(caller: Caller, issue: str, comment: str) -> tuple[Activity, User]:
    """Raises Http404, PermissionDenied."""
    found = issue_of(caller, issue, Role.MEMBER)
    number = int(comment) if comment.isascii() and comment.isdigit() and len(comment) < 19 else 0
    entry = _of(found).filter(pk=number).first()
    if entry is None:
        raise Http404("There is no such comment, or no longer.")
    if caller.user is None:
        raise PermissionDenied("Only whoever wrote a comment changes or deletes it.")
    return entry, caller.user


# --- all that happened ---


class ActivitiesOut(Schema):
    activity: list[ActivityOut]


@both(router, "get", "{issue}/activities/", auth=READ, response=answers(ActivitiesOut))
def activities(request: ApiRequest, issue: str) -> HttpResponse:
    entries = activity(issue_of(request.auth, issue), MAX_ACTIVITY)
    return reply({"activity": [activity_json(entry) for entry in entries]})


@both(router, "get", "{issue}/activity/", auth=READ, response=answers(list[ActivityOut]))
def activity_list(request: ApiRequest, issue: str, paging: Query[Paging]) -> HttpResponse:
    """The same as a list."""
    found = issue_of(request.auth, issue)
    entries = Activity.objects.filter(tombstones.with_history(found)).select_related("actor")
    page = paginate(entries, paging, key="at", kind="time", descending=True)
    return reply([activity_json(entry) for entry in page.rows], headers=page.headers(request))
