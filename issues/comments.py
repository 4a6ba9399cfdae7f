"""Comments: Markdown of people, each an activity of its issue. Who is mentioned in one is told and subscribed."""

import re
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from issues import marks
from issues.models import Activity, Issue
from issues.states import Kind
from projects.access import people_of
from projects.models import User

MAX_COMMENT = 10_000  # characters
MAX_MENTIONS = 50

# What stands before an @ in the middle of a word is an address of somebody else.
_MENTION = re.compile(r"(?<![\w@./+-])@([\w.+-]+(?:@[\w-]+(?:\.[\w-]+)+)?)")


class NotYours(PermissionError):
    """Only whoever wrote a comment changes or deletes it."""


def cleaned(text: str) -> str:
    """As it is stored; "" for nothing worth it."""
    # \u200d joins the parts of an emoji.
    plain = "".join(c for c in text.replace("\r\n", "\n") if c in "\n\t\u200d" or c.isprintable())
    return plain.strip()[:MAX_COMMENT]


def comment(issue: Issue, text: str, *, by: User | None, now: datetime) -> Activity:
    """text: `cleaned`, and not empty. by: None for a token that is nobody's."""
    with transaction.atomic():
        made = Activity.objects.create(
            project_id=issue.project_id,
            issue=issue,
            kind=Kind.COMMENTED,
            at=now,
            actor=by,
            data={"text": text},
        )
        if by is not None:
            marks.subscribe_along([issue.pk], [by], marks.Reason.COMMENTED)
        _mention(made, mentioned(text, issue.project_id), by, now)
    return made


def edit(entry: Activity, text: str, *, by: User, now: datetime) -> bool:
    """Whether it changed anything. Raises NotYours."""
    with transaction.atomic():
        locked = _own(entry, by)
        if locked.data.get("text") == text:
            return False
        before = set(mentioned(str(locked.data.get("text", "")), locked.project_id))
        locked.data = locked.data | {"text": text, "edited_at": now.isoformat()}
        locked.save(update_fields=["data"])
        entry.data = locked.data
        found = mentioned(text, locked.project_id)
        _mention(locked, [user for user in found if user not in before], by, now)
    return True


def delete(entry: Activity, *, by: User) -> None:
    """With the mentions in it. Raises NotYours."""
    with transaction.atomic():
        locked = _own(entry, by)
        told = Activity.objects.filter(issue_id=locked.issue_id, kind=Kind.MENTIONED)
        mine = [row.pk for row in told if row.data.get("comment") == locked.pk]
        Activity.objects.filter(pk__in=[*mine, locked.pk]).delete()


def mentioned(text: str, project_id: int) -> list[User]:
    """The project's members that a text names: @ and an e-mail address, what stands before its @, or a name without
    spaces. What fits two of them names nobody.
    """
    names = list(dict.fromkeys(name.rstrip(".-").casefold() for name in _MENTION.findall(text)))
    if not names:
        return []
    fitting: dict[str, set[User]] = {}
    for user in people_of([project_id]):
        for name in _names(user):
            fitting.setdefault(name, set()).add(user)
    found = [next(iter(fitting[name])) for name in names if len(fitting.get(name, ())) == 1]
    return list(dict.fromkeys(found))[:MAX_MENTIONS]


def _names(user: User) -> set[str]:
    plain = user.name.casefold()
    return {
        user.email.casefold(),
        user.email.partition("@")[0].casefold(),
        *(plain.replace(" ", between) for between in ("", ".", "-", "_") if plain),
    }


def _mention(entry: Activity, users: Iterable[User], by: User | None, now: datetime) -> None:
    others = [user for user in users if user != by]
    Activity.objects.bulk_create(
        [
            Activity(
                project_id=entry.project_id,
                issue_id=entry.issue_id,
                kind=Kind.MENTIONED,
                at=now,
                actor=by,
                data={"user": user.pk, "name": user.display_name, "comment": entry.pk},
            )
            for user in others
        ]
    )
    marks.subscribe_along([entry.issue_id], others, marks.Reason.MENTIONED)


def _own(entry: Activity, by: User) -> Activity:
    found = Activity.objects.select_for_update().filter(pk=entry.pk, kind=Kind.COMMENTED).first()
    if found is None or found.actor_id != by.pk:
        raise NotYours("Only whoever wrote a comment changes or deletes it.")
    return found
