"""Every key that the search knows, what it takes, and whether a value will do. Pure.

A key that is none of these is a tag's.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import TYPE_CHECKING

from issues.search.values import age, numbers, times

if TYPE_CHECKING:
    from issues.search.query import Term


class Tab(StrEnum):
    """The list cut by state. Also the values of `is:` that choose a tab."""

    UNRESOLVED = "unresolved"
    NEW = "new"
    REGRESSED = "regressed"
    MUTED = "muted"
    RESOLVED = "resolved"
    ALL = "all"


IS_TABS = {tab.value: tab for tab in Tab} | {"ignored": Tab.MUTED, "archived": Tab.MUTED}
IS_VALUES = (
    *IS_TABS,
    "assigned",
    "unassigned",
    "unhandled",
    "ongoing",
    "escalating",
    "for_review",
    "linked",
    "unlinked",
)
LEVELS = ("fatal", "error", "warning", "info", "debug")
YES = frozenset({"1", "true", "yes"})
NO = frozenset({"0", "false", "no"})


class Kind(Enum):
    IS = auto()
    LEVEL = auto()
    ASSIGNED = auto()
    AGE = auto()
    TIME = auto()
    NUMBER = auto()
    COLUMN = auto()  # of the issue: exact or with wildcards
    MESSAGE = auto()
    STACK = auto()
    RELEASE = auto()
    FIRST_RELEASE = auto()
    RELEASE_PART = auto()
    TAG = auto()  # a tag with a name of its own here
    TAG_END = auto()  # what stands behind the last blank of a tag: browser.version
    USER = auto()
    HANDLED = auto()
    HAS = auto()
    EVENT_ID = auto()
    EVENT_COLUMN = auto()
    ISSUE = auto()
    ISSUE_ID = auto()
    PROJECT = auto()
    CATEGORY = auto()
    NOWHERE = auto()


@dataclass(frozen=True, slots=True)
class Key:
    """field: the issue's column, the tag, or which kind of user or line. help: said beside a suggestion."""

    name: str
    kind: Kind
    help: str
    field: str = ""
    aliases: tuple[str, ...] = ()
    is_common: bool = True


_ALL = (
    Key("is", Kind.IS, "unresolved, new, regressed, muted, resolved, assigned …"),
    Key("assigned", Kind.ASSIGNED, "me, none, an e-mail, #team", aliases=("assignee", "assigned_or_suggested")),
    Key("level", Kind.LEVEL, "fatal, error, warning, info, debug"),
    Key("release", Kind.RELEASE, "a version, latest, >=1.4.0"),
    Key("environment", Kind.TAG, "where it ran", "environment"),
    Key("platform", Kind.COLUMN, "python, javascript …", "platform", ("platform.name",)),
    Key("user", Kind.USER, "anybody: id, e-mail, name or address"),
    Key("user.id", Kind.USER, "the user’s id", "id"),
    Key("user.email", Kind.USER, "the user’s e-mail", "email"),
    Key("user.username", Kind.USER, "the user’s name", "username"),
    Key("user.ip", Kind.USER, "the user’s address", "ip"),
    Key("error.type", Kind.COLUMN, "KeyError, TypeError …", "type"),
    Key("error.value", Kind.COLUMN, "what the error says", "value"),
    Key("message", Kind.MESSAGE, "contained in title or text"),
    Key("title", Kind.COLUMN, "the issue’s title", "title"),
    Key("culprit", Kind.COLUMN, "where it happened", "culprit"),
    Key("transaction", Kind.TAG, "route or task", "transaction"),
    Key("url", Kind.TAG, "the request’s address", "url", ("http.url",)),
    Key("http.method", Kind.TAG, "GET, POST …", "http.method"),
    Key("stack.function", Kind.STACK, "a function of the stack trace", "function"),
    Key("stack.module", Kind.STACK, "a module of the stack trace", "module"),
    Key("stack.filename", Kind.STACK, "a file of the stack trace", "filename", ("location",)),
    Key("has", Kind.HAS, "any value of a tag"),
    Key("age", Kind.AGE, "-24h newer, +7d older", "first_seen"),
    Key("firstSeen", Kind.TIME, "-24h, >2026-02-01", "first_seen"),
    Key("lastSeen", Kind.TIME, "-24h, <2026-02-01", "last_seen"),
    Key("timesSeen", Kind.NUMBER, ">100 events", "event_count"),
    Key("users", Kind.NUMBER, ">10 users", "user_count"),
    Key("firstRelease", Kind.FIRST_RELEASE, "met first in: a version, latest", aliases=("first-release",)),
    Key("release.version", Kind.RELEASE_PART, "1.4.0 of shop@1.4.0+7", "version"),
    Key("release.package", Kind.RELEASE_PART, "shop of shop@1.4.0+7", "package"),
    Key("release.build", Kind.RELEASE_PART, "7 of shop@1.4.0+7", "build"),
    Key("error.handled", Kind.HANDLED, "true or false", "yes"),
    Key("error.unhandled", Kind.HANDLED, "true or false", "no"),
    Key("error.mechanism", Kind.TAG, "how it was caught", "mechanism"),
    Key("os.version", Kind.TAG_END, "of the operating system", "os"),
    Key("browser.version", Kind.TAG_END, "of the browser", "browser"),
    Key("runtime.version", Kind.TAG_END, "of the runtime", "runtime"),
    Key("project", Kind.PROJECT, "a project’s slug", "slug", ("project.name",)),
    Key("project.id", Kind.PROJECT, "a project’s number", "id", is_common=False),
    Key("issue", Kind.ISSUE, "WEB-123"),
    Key("issue.id", Kind.ISSUE_ID, "an issue’s number", is_common=False),
    Key("issue.category", Kind.CATEGORY, "error", aliases=("issue.type",), is_common=False),
    Key("id", Kind.EVENT_ID, "an event’s id"),
    Key("trace", Kind.EVENT_COLUMN, "a trace’s id", "trace_id"),
    Key("api_request_id", Kind.EVENT_COLUMN, "a request’s id", "api_request_id"),
    Key("timestamp", Kind.TIME, "an event before or after", "", ("event.timestamp",)),
    *(
        Key(name, Kind.NOWHERE, "", is_common=False)
        for name in ("stack.abs_path", "stack.package", "stack.in_app", "bookmarks", "subscribed", "event.type")
    ),
)  # fmt: skip
KEYS = {key.name: key for key in _ALL}
_NAMES = {name.lower(): key.name for key in _ALL for name in (key.name, *key.aliases)}

_COMPARED = frozenset({Kind.AGE, Kind.TIME, Kind.NUMBER, Kind.RELEASE, Kind.FIRST_RELEASE})


def canonical(name: str) -> str:
    """Keys that are known are so in small and capital letters; a tag's name is as it is."""
    return _NAMES.get(name.lower(), name)


def is_unknown(key: str) -> bool:
    return key not in KEYS


def compares(key: str) -> bool:
    known = KEYS.get(key)
    return known is not None and (known.kind in _COMPARED or key == "release.version")


def means_more(key: str) -> bool:
    """Whether `key:value` asks for something else than the tag of that name with that value."""
    known = KEYS.get(canonical(key))
    if known is None or known.name in ("trace", "api_request_id", "level", "user", "release"):
        return False
    return known.kind is not Kind.TAG or known.field != key


def checked(term: "Term") -> "Term":
    """The term if its values will do. Raises ValueError with a sentence for the person who typed it."""
    known = KEYS.get(term.key)
    if known is None or term.is_tag:
        return term
    for value in term.values:
        if not value.text and known.kind not in _MAY_BE_EMPTY:
            raise ValueError(f"{term.key}: takes a value.")
        _check(known, term, value.text)
    if len(term.values) > 1 and known.kind in _ONE:
        raise ValueError(f"{term.key}: takes one value.")
    return term


_ONE = frozenset({Kind.IS, Kind.AGE, Kind.TIME, Kind.NUMBER, Kind.HAS})
_MAY_BE_EMPTY = frozenset({Kind.TAG, Kind.RELEASE, Kind.USER, Kind.FIRST_RELEASE})


def _check(known: Key, term: "Term", text: str) -> None:
    kind, small = known.kind, text.lower()
    if kind is Kind.NOWHERE:
        raise ValueError(f"{term.key}: is not kept in a way that can be searched.")
    if kind is Kind.IS and small not in IS_VALUES:
        raise ValueError(f"is: knows {_listed(IS_VALUES)}, not “{text[:50]}”.")
    if kind is Kind.LEVEL and small not in LEVELS:
        raise ValueError(f"level: knows {_listed(LEVELS)}, not “{text[:50]}”.")
    if kind is Kind.NUMBER:
        numbers(term.operator, text)
    elif kind is Kind.TIME:
        times(term.operator, text)
    elif kind is Kind.AGE:
        age(term.operator, text)
    elif kind is Kind.HANDLED and small not in YES | NO:
        raise ValueError(f"{term.key}: is true or false.")
    elif kind is Kind.HAS and canonical(text) in ("trace", "api_request_id"):
        raise ValueError(f"has:{text} would read every event. Look for a value of it.")
    elif kind is Kind.CATEGORY and small != "error":
        raise ValueError(f"{term.key}: there is only “error”.")
    elif kind in (Kind.EVENT_ID, Kind.EVENT_COLUMN) and any(v.is_pattern for v in term.values):
        raise ValueError(f"{term.key}: takes no wildcards.")
    elif (known.field == "id" and kind is Kind.PROJECT) or kind is Kind.ISSUE_ID:
        numbers("", text)


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(words[:-1]) + " and " + words[-1]
