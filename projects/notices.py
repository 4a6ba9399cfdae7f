"""What other rooms have to say about a project on the pages: they register here, so that nobody imports upwards."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notice:
    """tone: bad or warn. A few words, and the name of the page (of one project's slug) that tells more."""

    tone: str
    words: str
    url_name: str


Source = Callable[[Collection[int]], Mapping[int, Notice]]
_sources: list[Source] = []


def register(source: Source) -> None:
    """source: project ids -> what is to be said of some of them, in one query or two."""
    if source not in _sources:
        _sources.append(source)


def notices(project_ids: Collection[int]) -> dict[int, list[Notice]]:
    found: dict[int, list[Notice]] = {}
    for source in _sources:
        for project_id, notice in source(project_ids).items():
            found.setdefault(project_id, []).append(notice)
    return found
