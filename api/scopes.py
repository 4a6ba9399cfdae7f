"""What a token may be for, and which scope brings which with it. Pure. Source: REST contract, section 1.3."""

from collections.abc import Iterable, Mapping

SCOPES: Mapping[str, str] = {
    "event:read": "See issues and events",
    "event:write": "Change issues, comment",
    "event:admin": "Delete issues",
    "project:read": "See projects, keys and releases",
    "project:write": "Change projects and their keys",
    "project:admin": "Delete projects",
    "project:releases": "Releases, deploys, source maps",
    "team:read": "See teams",
    "team:write": "Change teams",
    "team:admin": "Delete teams",
    "member:read": "See members",
    "member:write": "Ask members in, change their roles",
    "member:admin": "Remove members",
    "org:read": "See the organisation, its projects, teams and members",
    "org:write": "Change the organisation",
    "org:admin": "Everything of the organisation",
    "org:ci": "What a build needs: releases, deploys, uploads",
    "alerts:read": "See alerts",
    "alerts:write": "Change alerts",
}

# The documentation of some clients names scopes that never existed.
ALIASES = {"issue:read": "event:read", "issue:write": "event:write", "comment:write": "event:write"}

READ_ONLY = ("org:read", "project:read", "team:read", "member:read", "event:read")
PRESETS: Mapping[str, tuple[str, ...]] = {
    "Read only": READ_ONLY,
    "Assistant": (*READ_ONLY, "event:write"),
    "Build": ("org:ci", "org:read", "project:read", "project:releases"),
    "Everything": tuple(SCOPES),
}

_BRINGS = {"org:ci": ("project:releases",)}


def cleaned(scopes: Iterable[str]) -> list[str]:
    """Sorted, aliases resolved. Raises ValueError with a sentence for none, and for unknown ones."""
    found = {ALIASES.get(scope, scope) for scope in scopes}
    unknown = sorted(found - SCOPES.keys())
    if unknown or not found:
        said = ", ".join(unknown)[:200] or "none given"
        raise ValueError(f"Unknown scopes: {said}. There are: {', '.join(SCOPES)}.")
    return sorted(found)


def with_implied(scopes: Iterable[str]) -> frozenset[str]:
    """admin brings write, write brings read, of the same thing."""
    found = set(scopes)
    for scope in tuple(found):
        thing, _, right = scope.partition(":")
        if right == "admin":
            found |= {f"{thing}:write", f"{thing}:read"}
        elif right == "write":
            found.add(f"{thing}:read")
        found.update(_BRINGS.get(scope, ()))
    return frozenset(found & SCOPES.keys())


def is_read_only(scopes: Iterable[str]) -> bool:
    return all(scope.endswith(":read") for scope in scopes)
