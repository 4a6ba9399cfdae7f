"""A user as the API shows one (REST contract, section 3.4)."""

from typing import Any

from ninja import Schema

from projects.models import User


class Person(Schema):
    id: str
    email: str
    name: str | None
    username: str


def person_json(user: User) -> dict[str, Any]:
    return {
        "id": str(user.pk),
        "email": user.email,
        "name": user.display_name,
        "username": user.email,
    }
