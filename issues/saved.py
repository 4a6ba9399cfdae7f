"""Searches that people keep: their own and those that the others of a project share."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from issues.listing import FIELDS
from issues.models import DefaultSearch, SavedSearch
from projects.models import Project, User

MAX_NAME = 80
MAX_PARAMS = 4000
MOST = 100  # of one person, at one place


class CannotSave(ValueError):
    """The message says why, to the person who tried."""


@dataclass(frozen=True, slots=True)
class Entry:
    search: SavedSearch
    is_mine: bool
    is_default: bool
    may_change: bool


def visible(user: User, project: Project | None) -> list[Entry]:
    """Of one place, own ones first. The caller has made sure that the user may see the project."""
    searches = SavedSearch.objects.filter(project=project).filter(_seen_by(user, project))
    found = list(searches.select_related("user").order_by("name", "pk")[: 2 * MOST])
    if not found:
        return []
    default = DefaultSearch.objects.filter(user=user, place=place_of(project)).first()
    chosen = default.search_id if default else None
    entries = [
        Entry(s, s.user_id == user.pk, s.pk == chosen, may_change=s.user_id == user.pk)
        for s in found
    ]
    return sorted(entries, key=lambda entry: not entry.is_mine)


def _seen_by(user: User, project: Project | None) -> Q:
    mine = Q(user=user)
    return mine | Q(is_shared=True) if project is not None else mine


def place_of(project: Project | None) -> int:
    return project.pk if project is not None else 0


def params_of(params: Mapping[str, str]) -> str:
    """The part of an address that a saved search keeps, in one order."""
    kept = [(name, params[name].replace("\0", "")) for name in FIELDS if params.get(name)]
    # An address with nothing in it would open with the default again.
    return urlencode(kept or [("query", "")])


def save(
    user: User, project: Project | None, name: str, params: Mapping[str, str], *, is_shared: bool
) -> SavedSearch:
    """Under a name that one has used there, in its place. Raises CannotSave."""
    name = checked_name(name)
    text = params_of(params)
    if len(text) > MAX_PARAMS:
        raise CannotSave("This search is too long to be saved.")
    with transaction.atomic():
        User.objects.select_for_update().get(
            pk=user.pk
        )  # two saves at a time are one after the other
        own = SavedSearch.objects.filter(user=user, project=project)
        if not own.filter(name=name).exists() and own.count() >= MOST:
            raise CannotSave(f"You keep {MOST} searches here; delete one first.")
        return SavedSearch.objects.update_or_create(
            user=user,
            project=project,
            name=name,
            defaults={
                "params": text,
                "is_shared": is_shared and project is not None,
            },
            create_defaults={
                "params": text,
                "is_shared": is_shared and project is not None,
                "created_at": timezone.now(),
            },
        )[0]


def rename(search: SavedSearch, name: str) -> None:
    """Raises CannotSave."""
    name = checked_name(name)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=search.user_id)
        others = SavedSearch.objects.filter(
            user=search.user_id, project=search.project_id, name=name
        ).exclude(pk=search.pk)
        if others.exists():
            raise CannotSave(f"There is another search “{name}”.")
        SavedSearch.objects.filter(pk=search.pk).update(name=name)


def make_default(user: User, search: SavedSearch) -> None:
    DefaultSearch.objects.update_or_create(
        user=user, place=search.project_id or 0, defaults={"search": search}
    )


def no_default(user: User, project: Project | None) -> None:
    DefaultSearch.objects.filter(user=user, place=place_of(project)).delete()


def checked_name(name: str) -> str:
    name = " ".join(name.replace("\0", "").split())
    if not name or len(name) > MAX_NAME:
        raise CannotSave(f"A name has 1 to {MAX_NAME} characters.")
    return name
