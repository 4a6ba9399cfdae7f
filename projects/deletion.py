"""Deletion that really deletes: projects, teams and users, with every row that is theirs.

What is deleted is marked first: from that moment it is hidden, its keys, links and sign-ins refuse, its names are free.
The rows go afterwards in chunks, each a database transaction of its own that also writes down how far it is; whoever
is killed in between is carried on by the next one. Nobody lists tables here: they follow from the models, so that a
new table is covered on the day it is made. Rows that hang on the target by nothing but a column (`project_id` without
a foreign key) are found by that column's name.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models, router, transaction
from django.db.models import Q
from django.utils import timezone

from projects import keys, people, sessions
from projects.models import (
    Deletion,
    Invitation,
    Membership,
    PrefixAlias,
    Project,
    ProjectKey,
    Team,
    User,
)
from projects.teams import only_team_of

CHUNK = 1000  # rows of one transaction
WINDOW = 20_000  # primary keys that are looked through at once, where no index leads to the rows
# Processes remember keys and settings for seconds: the digest may still store something for so long.
SETTLE = timedelta(seconds=60)
SWEEP_AFTER = timedelta(minutes=10)
REMEMBERED = timedelta(days=90)  # how long the page says that something was deleted

_ROOTS: dict[str, type[models.Model]] = {
    Deletion.Kind.PROJECT: Project,
    Deletion.Kind.TEAM: Team,
    Deletion.Kind.USER: User,
}


# --- what other rooms say of their rows ----------------------------------------------------------

Count = Callable[[int], int]
_counts: dict[str, Count] = {}
_companions: dict[type[models.Model], list[type[models.Model]]] = {}
_finished: list[Callable[[int], None]] = []


def register_count(words: str, count: Count) -> None:
    """words: "events". count: how many of them a project has; quick, it is asked for a page."""
    _counts[words] = count


def register_companion(model: type[models.Model], of: type[models.Model]) -> None:
    """Rows of `model` have the primary keys of those of `of`, and go with them."""
    rows = _companions.setdefault(of, [])
    if model not in rows:
        rows.append(model)


def register_finish(what: Callable[[int], None]) -> None:
    """what: takes away what lies outside of the database, of the project with this primary key."""
    if what not in _finished:
        _finished.append(what)


def losses(project: Project) -> list[tuple[str, int]]:
    """What will be lost, in words."""
    return [(words, count(project.pk)) for words, count in _counts.items()]


# --- marking -----------------------------------------------------------------------------------


def delete_project(project: Project, *, by: User | None, now: datetime) -> Deletion:
    """Hidden and refused from now on. Asking twice is asking once."""
    with transaction.atomic():
        locked = Project.everything.select_for_update().get(pk=project.pk)
        if locked.deleted_at is None:
            # One by one: the cache of keys listens.
            for key in ProjectKey.objects.filter(project=locked):
                key.delete()
            PrefixAlias.objects.filter(project=locked).delete()
            locked.teams.clear()
            name = locked.name
            locked.deleted_at = now
            # Both are free again at once. No slug of a person's making holds a capital letter.
            locked.slug, locked.prefix = f"DELETED-{locked.pk}", f"DELETED-{locked.pk}"
            locked.save(update_fields=["deleted_at", "slug", "prefix"])
        else:
            name = locked.name
        row = _marked(Deletion.Kind.PROJECT, locked.pk, name, by, now)
    keys.refresh_now()
    return row


def delete_team(team: Team, *, by: User | None, now: datetime) -> Deletion:
    """Raises ValidationError while it is the only team of a project."""
    with transaction.atomic():
        locked = Team.everything.select_for_update().get(pk=team.pk)
        if locked.deleted_at is None:
            if alone := only_team_of(locked):
                names = ", ".join(project.name for project in list(alone)[:5])
                raise ValidationError(
                    f"It is the only team of {names}. Give the project to another team, or delete it, first."
                )
            Membership.objects.filter(team=locked).delete()
            Invitation.objects.filter(team=locked).delete()
            Project.teams.through.objects.filter(team=locked).delete()
            locked.deleted_at = now
            locked.slug = f"DELETED-{locked.pk}"
            locked.save(update_fields=["deleted_at", "slug"])
        return _marked(Deletion.Kind.TEAM, locked.pk, locked.name, by, now)


def delete_user(user: User, *, by: User, now: datetime) -> Deletion:
    """What they did and said stays, without their name; nothing is assigned to them. Raises ValidationError."""
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=user.pk)
        name = locked.email
        if locked.deleted_at is None:
            people.refuse_for_oneself(locked, by)
            people.refuse_for_last_administrator(locked)
            Membership.objects.filter(user=locked).delete()
            Invitation.objects.filter(invited_by=locked).delete()
            sessions.end_all(locked)
            locked.deleted_at = now
            locked.is_active = locked.is_admin = False
            locked.email = f"deleted-{locked.pk}@invalid"  # the address is free again
            locked.name = "Deleted user"
            locked.set_unusable_password()
            locked.save()
        return _marked(Deletion.Kind.USER, locked.pk, name, by, now)


def _marked(kind: str, target_id: int, name: str, by: User | None, now: datetime) -> Deletion:
    values = {
        "name": name,
        "requested_by": by,
        "requested_at": now,
        "steps": len(steps_of(_ROOTS[kind])),
    }
    return Deletion.objects.get_or_create(kind=kind, target_id=target_id, defaults=values)[0]


# --- which rows ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """lookup: leads from the table to the target. field: to be emptied, "" where the rows go."""

    model: type[models.Model]
    lookup: str
    field: str = ""
    has_index: bool = False


@lru_cache(maxsize=8)
def steps_of(root: type[models.Model]) -> tuple[Step, ...]:
    """Tables in the order in which they can be emptied: those that point to others first."""
    everything = [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and model not in (root, Deletion)
    ]
    column = f"{root._meta.model_name}_id"
    emptied: list[Step] = []
    lookups: dict[type[models.Model], str] = {}
    companions = {each for rows in _companions.values() for each in rows}
    for model in everything:
        if model in companions:
            continue
        for field in model._meta.concrete_fields:
            if field.remote_field is not None and field.remote_field.model is root:
                if _is_cleared(field):
                    emptied.append(
                        Step(model, field.attname, field.attname, _has_index(model, field))
                    )
                else:
                    lookups.setdefault(model, field.attname)
            elif field.attname == column and field.remote_field is None:
                lookups.setdefault(model, field.attname)
    grew = True
    while grew:  # what belongs to what belongs to it
        grew = False
        for model in everything:
            if model in lookups or model in companions:
                continue
            for field in _owners(model, lookups):
                lookups[model] = f"{field.name}__{lookups[field.remote_field.model]}"
                grew = True
                break
    deleted = [
        Step(model, lookups[model], "", _is_quick(model, lookups[model]))
        for model in _children_first(lookups)
    ]
    return (*emptied, *deleted)


def _owners(model: type[models.Model], known: Iterable[type[models.Model]]) -> list[Any]:
    return [
        field
        for field in model._meta.concrete_fields
        if field.remote_field is not None
        and field.remote_field.model in known
        and not _is_cleared(field)
    ]


def _is_cleared(field: Any) -> bool:
    return field.remote_field.on_delete is models.SET_NULL


def _children_first(found: dict[type[models.Model], str]) -> list[type[models.Model]]:
    ordered: list[type[models.Model]] = []
    visited: set[type[models.Model]] = set()

    def visit(model: type[models.Model]) -> None:
        if model in visited:
            return
        visited.add(model)
        for other in found:
            for field in other._meta.concrete_fields:
                if field.remote_field is not None and field.remote_field.model is model:
                    visit(other)
        ordered.append(model)

    for model in found:
        visit(model)
    return ordered


def _is_quick(model: type[models.Model], lookup: str) -> bool:
    if "__" in lookup:
        return True  # by a foreign key from few rows
    try:
        return _has_index(model, model._meta.get_field(lookup.removesuffix("_id")))
    except FieldDoesNotExist:
        return _has_index(model, model._meta.get_field(lookup))


def _has_index(model: type[models.Model], field: Any) -> bool:
    """Whether the database finds rows by this column."""
    if field.db_index or field.unique or field.primary_key:
        return True
    first = [
        index.fields[0] for index in model._meta.indexes if index.fields and not index.condition
    ]
    first += [
        constraint.fields[0]
        for constraint in model._meta.constraints
        if isinstance(constraint, models.UniqueConstraint)
        and constraint.fields
        and not constraint.condition
    ]
    first += [together[0] for together in model._meta.unique_together]
    return field.name in {name.removeprefix("-") for name in first}


# --- the work ------------------------------------------------------------------------------------


def carry_on(seconds: float, now: datetime | None = None) -> bool:
    """Work for about so long. Whether there was anything to do."""
    until = time.monotonic() + seconds
    now = now or timezone.now()
    Deletion.objects.filter(swept_at__lt=now - REMEMBERED).delete()
    waiting = Deletion.objects.filter(
        Q(finished_at__isnull=True) | Q(swept_at__isnull=True, finished_at__lt=now - SWEEP_AFTER)
    )
    pks = list(waiting.order_by("requested_at", "pk").values_list("pk", flat=True))
    for pk in pks:
        while _chunk(pk, now):
            if time.monotonic() > until:
                return True
    return bool(pks)


def _chunk(pk: int, now: datetime) -> bool:
    """One transaction's worth of a deletion. False: nothing more to do for now."""
    with transaction.atomic():
        # Of several processes each takes another one's; SQLite lets one in at a time anyway.
        row = Deletion.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
        if row is None or row.swept_at is not None:
            return False
        steps = steps_of(_ROOTS[row.kind])
        if row.steps != len(steps):  # another version of the program has begun
            row.step = row.cursor = 0
        if row.step >= len(steps):
            return _end_of_pass(row, now)
        step = steps[row.step]
        gone, is_over = _take(step, row)
        row.steps = len(steps)
        row.table = str(step.model._meta.verbose_name_plural)[:100]
        row.rows += gone
        row.found += gone
        if is_over:
            row.step, row.cursor = row.step + 1, 0
        row.save(update_fields=["step", "steps", "table", "cursor", "rows", "found"])
    return True


def _take(step: Step, row: Deletion) -> tuple[int, bool]:
    """Delete or empty a chunk of a table: how many rows, and whether it was the last chunk."""
    mine = Q(**{step.lookup: row.target_id})
    rows = step.model._base_manager.filter(mine)
    key: Any = step.model._meta.pk
    if step.has_index or not isinstance(key, models.IntegerField):
        pks = list(rows.values_list("pk", flat=True)[:CHUNK])
        is_over = len(pks) < CHUNK
    else:
        ahead = step.model._base_manager.filter(pk__gt=row.cursor).order_by("pk")
        window = list(ahead.values_list("pk", flat=True)[WINDOW - 1 : WINDOW])
        end = window[0] if window else None
        if end is not None:
            rows = rows.filter(pk__lte=end)
        pks = list(
            rows.filter(pk__gt=row.cursor).order_by("pk").values_list("pk", flat=True)[:CHUNK]
        )
        if len(pks) == CHUNK:
            row.cursor, is_over = pks[-1], False
        else:
            row.cursor, is_over = end or row.cursor, end is None
    if pks:
        chosen = step.model._base_manager.filter(pk__in=pks)
        if step.field:
            chosen.update(**{step.field: None})
        else:
            for companion in _companions.get(step.model, ()):
                _delete(companion._base_manager.filter(pk__in=pks))
            _delete(chosen)
    return len(pks), is_over


def _delete(rows: "models.QuerySet[Any]") -> None:
    # Without Django's collector, which would load them: what points to them has gone before.
    rows._raw_delete(router.db_for_write(rows.model))


def _end_of_pass(row: Deletion, now: datetime) -> bool:
    """A pass that found something is followed by another: the digest may have stored something behind it."""
    found, row.step, row.cursor, row.found = row.found, 0, 0, 0
    if found:
        row.save(update_fields=["step", "cursor", "found"])
        return True
    if row.finished_at is not None:
        row.swept_at = now
    elif row.kind != Deletion.Kind.PROJECT or now - row.requested_at >= SETTLE:
        _ROOTS[row.kind]._base_manager.filter(pk=row.target_id).delete()
        row.finished_at = now
        if row.kind != Deletion.Kind.PROJECT:
            row.swept_at = now
    if row.kind == Deletion.Kind.PROJECT and (row.finished_at or row.swept_at):
        for finish in _finished:
            finish(row.target_id)
    row.table = ""
    row.save(update_fields=["step", "cursor", "found", "table", "finished_at", "swept_at"])
    return False
