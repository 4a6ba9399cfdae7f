"""What administrators of the installation do with accounts. One active administrator always remains."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from projects import sessions
from projects.models import User


def everybody() -> QuerySet[User]:
    return User.objects.filter(deleted_at__isnull=True).order_by("email")


def set_active(user: User, active: bool, *, by: User) -> None:
    """Raises ValidationError. Who is switched off is signed out everywhere; what is theirs stays theirs."""
    with transaction.atomic():
        if not active:
            refuse_for_oneself(user, by)
            refuse_for_last_administrator(user)
            sessions.end_all(user)
        user.is_active = active
        user.save(update_fields=["is_active"])


def set_administrator(user: User, is_admin: bool) -> None:
    """Raises ValidationError."""
    with transaction.atomic():
        if not is_admin:
            refuse_for_last_administrator(user)
        user.is_admin = is_admin
        user.save(update_fields=["is_admin"])


def refuse_for_oneself(user: User, by: User) -> None:
    if user.pk == by.pk:
        raise ValidationError("This is your own account; another administrator can do it.")


def refuse_for_last_administrator(user: User) -> None:
    """In a database transaction: all administrators' rows are locked, so that two do not remove each other."""
    active = list(User.objects.select_for_update().filter(is_admin=True, is_active=True))
    if user.pk in {each.pk for each in active} and len(active) == 1:
        raise ValidationError(
            f"{user.display_name} is the last administrator. Make somebody else one first."
        )
