"""Platform names to families, which share one way of naming things. Pure."""

from typing import Literal, TypeAlias

Family: TypeAlias = Literal[
    "python", "js", "java", "go", "ruby", "php", "cs", "rust", "native", "beam", "dart", "other"
]

_MEMBERS: dict[Family, str] = {
    "python": "python",
    "js": "javascript node js node.js nodejs typescript",
    "java": "java kotlin scala clojure android groovy",
    "go": "go",
    "ruby": "ruby",
    "php": "php",
    "cs": "csharp fsharp dotnet vb",
    "rust": "rust",
    "native": "native c cpp objc cocoa swift",
    "beam": "elixir erlang",
    "dart": "dart flutter",
}
_FAMILY: dict[str, Family] = {
    platform: family for family, members in _MEMBERS.items() for platform in members.split()
}


def family_of(platform: object, default: Family = "other") -> Family:
    """The family of an event's or a frame's `platform`; `default` if none is given."""
    if not isinstance(platform, str) or not platform:
        return default
    return _FAMILY.get(platform.lower(), "other")
