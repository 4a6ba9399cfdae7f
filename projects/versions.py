"""The order of releases: by version where their names say one, else by when they were first seen. Pure.

Read are semantic versions (semver.org 2.0, with or without `v`, of one to eight numbers), calendar versions
(2026.11.1, 2026-11-01, 20261101), what Python (1.2rc1, 1.2.dev3, 1.2.post1) and `git describe` (1.2.3-14-gabcdef0)
make of them, and all of these as SDKs send them: `package@1.2.3+build` (Sentry SDK development docs, "Release").
Names that say no version, and versions of different packages, have no order but that of their first events.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

_VERSION = re.compile(
    r"[vV]?(?P<numbers>[0-9]{1,18}(?:\.[0-9]{1,18}){0,7})"
    r"(?:-(?P<ahead>[0-9]{1,9})-g[0-9a-fA-F]{4,40}"
    r"|[-._]?(?P<word>[A-Za-z][0-9A-Za-z.-]*)|-(?P<pre>[0-9A-Za-z.-]+))?"
    r"(?:\+(?P<build>[0-9A-Za-z.~-]+))?"
)
_DATE = re.compile(
    r"(20[0-9]{2})[-._/](0[1-9]|1[0-2])[-._/](0[1-9]|[12][0-9]|3[01])(?:[-._T]([0-9]{1,14}))?"
)
_COMPACT_DATE = re.compile(
    r"20[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[0-9]{2}){0,3}"
)
_ALONE = re.compile(
    r"[vV]?[0-9]+(?:-[0-9]+|[-._]?(?:a|b|c|rc|alpha|beta|pre|dev|post)[-._]?[0-9]*)(?:\+.*)?"
)
_AFTER = ("post", "rev", "patch", "hotfix", "sp")  # words that make a version later, not earlier
# A single number may be a build number. One that is longer and no date is rather a commit's short hash.
_MAX_ALONE = 6

# Comparable among themselves only: numbers, then whether it comes before (0), is (1) or comes after (2) them.
_Order = tuple[tuple[int, ...], int, tuple[tuple[int, int, str], ...]]


class Known(NamedTuple):
    """A release as far as order goes. pk breaks the tie of two that were first seen at the same moment."""

    version: str
    first_seen: datetime
    pk: int


@dataclass(frozen=True, slots=True)
class Parsed:
    """package: what stands before the `@`. build: None where it is not made of numbers; empty where there is none."""

    package: str
    order: _Order
    build: tuple[int, ...] | None


@lru_cache(maxsize=4096)
def parse(version: str) -> Parsed | None:
    """None: the name says no version; a commit's hash, for instance."""
    package, _, name = version.strip().rpartition("@")
    if (date := _DATE.fullmatch(name)) is not None:
        return Parsed(package, (_numbers(part for part in date.groups() if part), 1, ()), ())
    found = _VERSION.fullmatch(name)
    if found is None:
        return None
    numbers = found["numbers"]
    if "." not in numbers and len(numbers) > _MAX_ALONE and not _COMPACT_DATE.fullmatch(numbers):
        return None
    if "." not in numbers and (found["word"] or found["pre"]) and not _goes_on(name):
        return None  # 7f3a9c: rather a hash than a pre-release of 7
    build = found["build"] or ""
    parts = build.split(".") if build else []
    numeric = all(part.isdigit() for part in parts)
    return Parsed(
        package,
        (_numbers(numbers.split(".")), *_suffix(found)),
        tuple(int(part) for part in parts) if numeric else None,
    )


def compare(a: str, b: str) -> int | None:
    """Below 0: a is the older one by its version. None: the names do not tell."""
    if a == b:
        return 0
    left, right = parse(a), parse(b)
    if left is None or right is None or left.package.lower() != right.package.lower():
        return None
    if left.order != right.order:
        return -1 if left.order < right.order else 1
    if left.build is None or right.build is None:
        return None
    return (left.build > right.build) - (left.build < right.build)


def is_older(a: Known, b: Known) -> bool:
    found = compare(a.version, b.version)
    return found < 0 if found else found is None and (a.first_seen, a.pk) < (b.first_seen, b.pk)


def is_newer(a: Known, b: Known) -> bool:
    return is_older(b, a)


def latest(releases: Iterable[Known], *, like: str = "") -> Known | None:
    """The newest one, of the package of `like`, else of the package that was released last: a late fix of an old
    version is not the newest.
    """
    found = sorted(releases, key=lambda release: (release.first_seen, release.pk))
    if not found:
        return None
    package = package_of(like) if like else package_of(found[-1].version)
    found = [each for each in found if package_of(each.version) == package] or found
    newest = found[-1]
    for each in found:
        if is_newer(each, newest):
            newest = each
    return newest


def next_after(base: Known | None, releases: Iterable[Known]) -> Known | None:
    """The one that appeared first of those that are newer. base: None where there was no release yet."""
    newer = [each for each in releases if base is None or is_newer(each, base)]
    return min(newer, key=lambda release: (release.first_seen, release.pk), default=None)


def names_commit(version: str, commit: str) -> bool:
    """Whether a release is called by a commit: `abc123`, `package@abc123`, `1.2.3+abc123`, `1.2.3-4-gabc123`."""
    commit = commit.lower()
    words = re.split(r"[@+.-]", version.lower())
    return any(
        len(word) >= 7
        and (commit.startswith(word) or (len(commit) >= 7 and word.startswith(commit)))
        for each in words
        for word in (each, each.removeprefix("g"))
    )


def package_of(version: str) -> str:
    return version.strip().rpartition("@")[0].lower()


def _goes_on(name: str) -> bool:
    """Whether a name of one number goes on like a version: 417-2, 7rc1, 7-beta.2; not like a hash: 7f3a9c, 12ab-x."""
    return _ALONE.fullmatch(name) is not None


def _numbers(parts: Iterable[str]) -> tuple[int, ...]:
    """Without zeros at the end: 1.2 and 1.2.0 are one."""
    found = [int(part) for part in parts]
    while len(found) > 1 and not found[-1]:
        found.pop()
    return tuple(found)


def _suffix(found: re.Match[str]) -> tuple[int, tuple[tuple[int, int, str], ...]]:
    if found["ahead"]:
        return 2, ((0, int(found["ahead"]), ""),)
    text = found["word"] or found["pre"] or ""
    if not text:
        return 1, ()
    # beta10 comes after beta2, as in Python, and as people mean it.
    parts = re.findall(r"[0-9]+|[A-Za-z]+", text)
    after = parts[0].lower() in _AFTER
    key = tuple(
        (0, int(part), "") if part.isdigit() else (1, 0, _word(part.lower())) for part in parts
    )
    return (2 if after else 0), key


def _word(word: str) -> str:
    """In the alphabet's order dev would come after alpha, and rc before snapshot as it should."""
    return {"dev": "0", "a": "alpha", "b": "beta", "c": "rc", "pre": "rc"}.get(word, word)
