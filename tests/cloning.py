"""A project beside a first one, by copying rows: what the command does, without its process.

A process costs two seconds of processor time, and a hundred tests want a project of their own.
"""

import re
import secrets
from typing import Any, Protocol


class Cursor(Protocol):
    @property
    def description(self) -> Any: ...
    def execute(self, statement: Any, parameters: Any = (), /) -> Any: ...
    def fetchone(self) -> Any: ...


def clone_project(cursor: Cursor, name: str, *, mark: str) -> tuple[int, str] | None:
    """-> its id and public key; None: there is none to copy. mark: of a parameter."""
    base = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]
    slug, prefix = base, base.upper().lstrip("-_0123456789")[:26] or "P"
    taken = f"SELECT 1 FROM projects_project WHERE slug = {mark} OR prefix = {mark}"
    for number in range(2, 1000):
        cursor.execute(taken, (slug, prefix))
        if not cursor.fetchone():
            break
        slug, prefix = f"{base}-{number}", f"{prefix.rstrip('0123456789')}{number}"
    cursor.execute("SELECT min(id) FROM projects_project WHERE deleted_at IS NULL")
    first = cursor.fetchone()[0]
    if first is None:
        return None
    own: dict[str, Any] = {"name": name, "slug": slug, "prefix": prefix}
    own |= {"last_issue_number": 0, "first_event_at": None}
    new = _copy(cursor, mark, "projects_project", f"id = {int(first)}", own)
    key = secrets.token_hex(16)
    of = f"project_id = {int(first)}"
    _copy(cursor, mark, "projects_project_teams", of, {"project_id": new})
    own = {"project_id": new, "public_key": key, "last_used_at": None}
    _copy(cursor, mark, "projects_projectkey", of, own)
    return new, key


def _copy(cursor: Cursor, mark: str, table: str, where: str, own: dict[str, Any]) -> int:
    """The first such row, anew, with values of its own. -> its id"""
    cursor.execute(f"SELECT * FROM {table} WHERE false")
    names = [column[0] for column in cursor.description if column[0] != "id"]
    values = [mark if name in own else name for name in names]
    cursor.execute(
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} FROM {table} "
        f"WHERE {where} ORDER BY id LIMIT 1 RETURNING id",
        tuple(own[name] for name in names if name in own),
    )
    return int(cursor.fetchone()[0])
