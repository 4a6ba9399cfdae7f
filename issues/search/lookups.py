"""Two lookups, in what each database has for them.

column__glob=value   a text with wildcards, case and all
column__among=ids    like `in`, with all of the numbers as one parameter: thousands cost no parsing
"""

import json
from typing import TYPE_CHECKING, Any

from django.db.models import CharField, Field, Lookup, TextField

from issues.search.values import Value

if TYPE_CHECKING:
    _Lookup = Lookup[Any]
else:
    _Lookup = Lookup


@CharField.register_lookup
@TextField.register_lookup
class Glob(_Lookup):
    """The right side is a Value."""

    lookup_name = "glob"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, params = self.process_lhs(compiler, connection)
        assert isinstance(self.rhs, Value)
        if connection.vendor == "sqlite":
            return f"{left} GLOB %s", (*params, glob_pattern(self.rhs))
        return f"{left} LIKE %s", (*params, like_pattern(self.rhs))


@Field.register_lookup
class Among(_Lookup):
    """The right side is a collection of integers."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, params = self.process_lhs(compiler, connection)
        numbers = sorted(set(self.rhs))
        if connection.vendor == "sqlite":
            return f"{left} IN (SELECT value FROM json_each(%s))", (*params, json.dumps(numbers))
        return f"{left} = ANY(%s::bigint[])", (*params, numbers)


def glob_pattern(value: Value) -> str:
    """`[*]` is how GLOB writes a star."""
    return "*".join("".join(f"[{c}]" if c in "*?[" else c for c in part) for part in value.parts)


def like_pattern(value: Value) -> str:
    return "%".join(
        part.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") for part in value.parts
    )
