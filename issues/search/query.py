"""The text in the search field -> what is looked for. Pure.

    timeout "connection reset" is:regressed level:error !browser:Firefox user:"id:7"

Words must all occur, in any order, in small or capital letters. `key:value` asks for a tag, or for one of the keys
below; `!` turns it round. In quotes everything is text.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

MAX_TERMS = 20
MAX_CHARACTERS = 1000

_TERM = re.compile(
    r"""
    (?P<not>!)?
    (?:(?P<key>[A-Za-z_][\w.\-]*):(?=[^\s/]|"))?   # not of http://
    (?:"(?P<quoted>(?:[^"\\]|\\.)*)"?|(?P<plain>[^\s"]+))
    """,
    re.VERBOSE,
)


class Tab(StrEnum):
    """The list cut by state. Also the values of `is:` that choose a tab."""

    UNRESOLVED = "unresolved"
    NEW = "new"
    REGRESSED = "regressed"
    MUTED = "muted"
    RESOLVED = "resolved"
    ALL = "all"


IS_VALUES = frozenset({*Tab, "assigned", "unassigned"})
LEVELS = frozenset({"debug", "info", "warning", "error", "fatal"})


@dataclass(frozen=True, slots=True)
class Filter:
    key: str
    value: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """text: as typed. tab: what `is:` says, which is then no filter. errors: sentences."""

    text: str
    words: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    tab: Tab | None = None
    errors: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words or self.filters)

    @property
    def tag_keys(self) -> tuple[str, ...]:
        return tuple(f.key for f in self.filters if f.key not in ("is", "level", "assigned"))


def parse(text: str) -> Query:
    # PostgreSQL takes no NUL in a text.
    text = " ".join(text[:MAX_CHARACTERS].replace("\0", " ").split())
    words: list[str] = []
    filters: list[Filter] = []
    errors: list[str] = []
    tab: Tab | None = None
    for match in list(_TERM.finditer(text))[:MAX_TERMS]:
        key, negated = match["key"], match["not"] is not None
        quoted = match["quoted"]
        value = match["plain"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        if key is None:
            if value:
                words.append(("!" if negated else "") + value.lower())
            continue
        found = Filter(key, value, negated)
        if error := _wrong(found):
            errors.append(error)
        elif key == "is" and not negated and value.lower() in set(Tab):
            tab = Tab(value.lower())
        else:
            filters.append(found)
    return Query(text, tuple(words), tuple(filters), tab, tuple(errors))


def _wrong(found: Filter) -> str:
    value = found.value.lower()
    if found.key == "is" and value not in IS_VALUES:
        return f"is: knows {_listed(sorted(IS_VALUES))}, not “{found.value}”."
    if found.key == "level" and value not in LEVELS:
        return f"level: knows {_listed(sorted(LEVELS))}, not “{found.value}”."
    return ""


def _listed(words: list[str]) -> str:
    return ", ".join(words[:-1]) + " and " + words[-1]


def term(key: str, value: str) -> str:
    """How a tag is asked for; quoted where it must be."""
    if re.search(r"""[\s"\\]""", value) or value.startswith("/") or not value:
        value = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{key}:{value}"


def without_tab(query: Query) -> str:
    """The text without the `is:` that chose a tab: so that another tab can be chosen beside it."""
    if query.tab is None:
        return query.text
    pattern = r"(?<!\S)is:\"?(?:" + "|".join(Tab) + r")\"?(?!\S)"
    return " ".join(re.sub(pattern, "", query.text, flags=re.IGNORECASE).split())
