"""The parts of a release's name, and which of two versions is later. Pure.

    shop@1.4.0-rc.1+7   package "shop", version "1.4.0-rc.1", build "7"

Semantic and calendar versions are compared number by number, a version before its pre-releases' end as semver.org says
(precedence, section 11). Of anything else, such as a commit, only the order in which releases were met tells.
"""

import re
from dataclasses import dataclass

_VERSION = re.compile(
    r"v?([0-9]{1,18}(?:\.[0-9]{1,18}){0,9})(?:[-.]?([A-Za-z][0-9A-Za-z.\-]{0,80}|-[0-9A-Za-z.\-]{1,80}))?"
)

Key = tuple[tuple[int, ...], int, tuple[tuple[int, int, str], ...]]


@dataclass(frozen=True, slots=True)
class Parts:
    package: str
    version: str
    build: str


def parts(name: str) -> Parts:
    package, at, rest = name.rpartition("@")
    version, _, build = (rest if at else name).partition("+")
    return Parts(package, version, build)


def order(version: str) -> Key | None:
    """A key that sorts versions; None if it is not written as one."""
    match = _VERSION.fullmatch(version)
    if match is None:
        return None
    numbers = [int(each) for each in match[1].split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    before = (match[2] or "").strip("-.")
    identifiers = tuple(
        (0, int(each), "") if each.isdigit() else (1, 0, each)
        for each in re.split(r"[.\-]", before)
        if each
    )
    # 1.0 comes after all of its pre-releases.
    return tuple(numbers), 0 if before else 1, identifiers


def holds(operator: str, one: Key, other: Key) -> bool:
    if operator == ">":
        return one > other
    if operator == ">=":
        return one >= other
    if operator == "<":
        return one < other
    return one <= other
