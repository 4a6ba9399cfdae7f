"""Which releases a search means: `latest`, `>=1.4.0`, with wildcards, by their parts."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from issues.search.values import Value
from issues.search.versions import holds, order, parts
from projects.models import Release

LOOKED_AT = 5000


@dataclass(slots=True)
class Releases:
    """Of these projects, the newest first, read once and only if asked for. is_cut: there are older ones."""

    project_ids: Collection[int]
    is_cut: bool = False
    _read: list[Release] | None = field(default=None)

    def every(self) -> list[Release]:
        if self._read is None:
            found = Release.objects.filter(project__in=self.project_ids).order_by("-pk")
            self._read = list(found.only("project_id", "version")[: LOOKED_AT + 1])
            self.is_cut = len(self._read) > LOOKED_AT
            del self._read[LOOKED_AT:]
        return self._read

    def latest(self) -> list[Release]:
        newest: dict[int, Release] = {}
        for release in self.every():
            newest.setdefault(release.project_id, release)
        return list(newest.values())

    def like(self, values: Iterable[Value]) -> list[Release]:
        """`latest` is the newest of each project."""
        found: dict[int, Release] = {}
        for value in values:
            some = (
                self.latest()
                if value.text.lower() == "latest"
                else [r for r in self.every() if value.matches(r.version)]
            )
            found.update((release.pk, release) for release in some)
        return list(found.values())

    def with_part(self, name: str, values: Collection[Value]) -> list[Release]:
        """name: package, version or build."""
        return [
            release
            for release in self.every()
            if any(value.matches(getattr(parts(release.version), name)) for value in values)
        ]

    def compared(self, operator: str, text: str) -> list[Release]:
        """By version where both are written as one, of the same package if `text` names it; else by when it was met.

        Raises ValueError if nothing tells the order.
        """
        wanted = parts(text)
        if (key := order(wanted.version)) is not None:
            return [
                release
                for release in self.every()
                if (own := parts(release.version)).package == wanted.package or not wanted.package
                if (other := order(own.version)) is not None and holds(operator, other, key)
            ]
        named = {
            release.project_id: release.pk for release in self.every() if release.version == text
        }
        if not named:
            raise ValueError(f"“{text[:50]}” is neither a version nor a release that was met.")
        return [
            release
            for release in self.every()
            if (pk := named.get(release.project_id)) is not None and _met(operator, release.pk, pk)
        ]


def _met(operator: str, one: int, other: int) -> bool:
    if one == other:
        return "=" in operator
    return (one > other) == operator.startswith(">")


def by_project(releases: Iterable[Release]) -> Mapping[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for release in releases:
        found[release.project_id].append(release.version)
    return found
