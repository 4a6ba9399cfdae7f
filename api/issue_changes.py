"""What the body of a PUT asks of issues. Pure. Source: the REST contract, sections 4 and 5.1.

{"status": "ignored", "statusDetails": {"ignoreDuration": 60}, "assignedTo": "user:5"}

Unknown keys are passed over; a known one with a value that will not do is a ValueError with a sentence.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from issues.states import AT_ONCE, Fix, How, Priority, Verb
from issues.window import MAX_USERS

MAX_MUTE = timedelta(days=5 * 366)
MAX_COUNT = 1_000_000_000
MAX_MINUTES = 366 * 24 * 60

_STATUS = {
    "resolved": Verb.RESOLVE,
    "resolvedInNextRelease": Verb.RESOLVE,
    "unresolved": Verb.REOPEN,
    "ignored": Verb.MUTE,
    "muted": Verb.MUTE,
    "archived": Verb.MUTE,
}
ESCALATING = "archived_until_escalating"
_SUBSTATUS = frozenset(
    {
        *("new", "ongoing", "regressed", "escalating"),
        *("archived_forever", "archived_until_condition_met", ESCALATING),
    }
)


@dataclass(frozen=True, slots=True)
class Mute:
    """As of triage.mute. until_escalating: until far more comes than is usual for the issue."""

    duration: timedelta | None = None
    until: datetime | None = None
    more_events: int | None = None
    more_users: int | None = None
    within: tuple[int, int] | None = None  # events, minutes
    users_within: tuple[int, int] | None = None  # users, minutes
    until_escalating: bool = False


FOR_EVER = Mute()


@dataclass(frozen=True, slots=True)
class Change:
    """None: is not asked for. assignee: "" takes it away."""

    verb: Verb | None = None
    fix: Fix = AT_ONCE
    mute: Mute = FOR_EVER
    assignee: str | None = None
    priority: Priority | None = None
    is_bookmarked: bool | None = None
    is_subscribed: bool | None = None
    is_public: bool | None = None
    has_seen: bool | None = None
    merge: bool = False
    discard: bool = False

    @property
    def is_empty(self) -> bool:
        return self == Change()

    @property
    def is_personal(self) -> bool:
        """Whether it changes what an issue is to one person."""
        return self.is_bookmarked is not None or self.is_subscribed is not None

    @property
    def is_for_all(self) -> bool:
        """Whether it changes anything that others see."""
        rest = (self.verb, self.assignee, self.priority, self.is_public)
        return self.merge or self.discard or any(each is not None for each in rest)


def read_change(body: Mapping[str, Any], now: datetime) -> Change:
    """Raises ValueError."""
    verb, fix, mute = _status(body, now)
    return Change(
        verb=verb,
        fix=fix,
        mute=mute,
        assignee=_assignee(body),
        priority=_priority(body.get("priority")),
        is_bookmarked=_flag(body, "isBookmarked"),
        is_subscribed=_flag(body, "isSubscribed"),
        is_public=_flag(body, "isPublic"),
        has_seen=_flag(body, "hasSeen"),
        merge=bool(_flag(body, "merge")),
        discard=bool(_flag(body, "discard")),
    )


def _status(body: Mapping[str, Any], now: datetime) -> tuple[Verb | None, Fix, Mute]:
    status, details = body.get("status"), body.get("statusDetails")
    if details is None:
        details = {}
    if not isinstance(details, dict):
        raise ValueError("statusDetails: takes an object.")
    substatus = body.get("substatus")
    if substatus is not None and not (isinstance(substatus, str) and substatus in _SUBSTATUS):
        raise ValueError(f"substatus: there is no “{str(substatus)[:40]}”.")
    if status is None:
        if not details and substatus is None:
            return None, Fix(), Mute()
        raise ValueError("status: says what statusDetails and substatus are about.")
    if not isinstance(status, str) or status not in _STATUS:
        raise ValueError(
            f"status: is resolved, resolvedInNextRelease, unresolved or ignored, not “{str(status)[:40]}”."
        )
    verb = _STATUS[status]
    if verb is Verb.RESOLVE:
        fix = Fix(How.NEXT) if status == "resolvedInNextRelease" else _fix(details)
        return verb, fix, Mute()
    if verb is Verb.MUTE:
        return verb, Fix(), _mute({**body, **details}, substatus, now)
    return verb, Fix(), Mute()


def _fix(details: Mapping[str, Any]) -> Fix:
    if details.get("inNextRelease"):
        return Fix(How.NEXT)
    if (version := details.get("inRelease")) is not None:
        text = _text("inRelease", version)
        return Fix(How.CURRENT) if text == "latest" else Fix(How.RELEASE, version=text)
    if (commit := details.get("inCommit")) is not None:
        found = commit if isinstance(commit, dict) else {"commit": commit}
        repository = found.get("repository")
        return Fix(
            How.COMMIT,
            commit=_text("inCommit", found.get("commit")),
            repository=_text("repository", repository) if repository else "",
        )
    return Fix()


def _mute(values: Mapping[str, Any], substatus: Any, now: datetime) -> Mute:
    minutes = _named(values, "Duration", MAX_MUTE // timedelta(minutes=1))
    events = _named(values, "Count", MAX_COUNT)
    window = _named(values, "Window", MAX_MINUTES)
    users = _named(values, "UserCount", MAX_COUNT)
    user_window = _named(values, "UserWindow", MAX_MINUTES)
    until = values.get("ignoreUntil")
    moment = None
    if until is not None:
        try:
            moment = datetime.fromisoformat(_text("ignoreUntil", until))
        except ValueError:
            raise ValueError("ignoreUntil: takes a time, as 2026-02-01T12:30:00Z.") from None
        if moment.tzinfo is None or not now < moment <= now + MAX_MUTE:
            raise ValueError("ignoreUntil: has a zone, is ahead, and within five years.")
    if window is not None and events is None:
        raise ValueError("ignoreWindow: goes with ignoreCount.")
    if user_window is not None and users is None:
        raise ValueError("ignoreUserWindow: goes with ignoreUserCount.")
    if user_window is not None and users is not None and users > MAX_USERS:
        raise ValueError(f"ignoreUserCount: takes at most {MAX_USERS:,} with ignoreUserWindow.")
    if user_window is not None and window is not None:
        raise ValueError("ignoreUserWindow: goes without ignoreWindow, one of the two.")
    has_condition = any(each is not None for each in (minutes, events, users, moment))
    return Mute(
        duration=timedelta(minutes=minutes) if minutes is not None else None,
        until=moment,
        more_events=events if window is None else None,
        more_users=users if user_window is None else None,
        users_within=(users, user_window)
        if users is not None and user_window is not None
        else None,
        within=(events, window) if events is not None and window is not None else None,
        until_escalating=substatus == ESCALATING and not has_condition,
    )


def _named(values: Mapping[str, Any], name: str, most: int) -> int | None:
    """`ignoreCount`, also spelled `snoozeCount`."""
    for key in (f"ignore{name}", f"snooze{name}"):
        value = values.get(key)
        if value is None or value == "":
            continue
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 15:
            value = int(value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            raise ValueError(f"{key}: takes a whole number from 1 to {most:,}.")
        if value:
            return value
    return None


def _assignee(body: Mapping[str, Any]) -> str | None:
    if "assignedTo" not in body:
        return None
    value = body["assignedTo"]
    if value is None:
        return ""
    if isinstance(value, dict):
        kind, number = value.get("type"), value.get("id")
        if kind not in ("user", "team") or not isinstance(number, (str, int)):
            raise ValueError("assignedTo: an object has the type user or team, and an id.")
        return f"{kind}:{number}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"user:{value}"
    return _text("assignedTo", value) if value != "" else ""


def _priority(value: Any) -> Priority | None:
    if value is None:
        return None
    name = value.upper() if isinstance(value, str) else ""
    if name not in Priority.__members__:
        raise ValueError("priority: is high, medium or low.")
    return Priority[name]


def _flag(body: Mapping[str, Any], name: str) -> bool | None:
    value = body.get(name)
    if value is None or isinstance(value, bool):
        return value
    if value in (0, 1, "0", "1", "true", "false"):
        return value in (1, "1", "true")
    raise ValueError(f"{name}: is true or false.")


def _text(name: str, value: Any) -> str:
    text = value.replace("\0", "").strip() if isinstance(value, str) else ""
    if not text or len(text) > 500:
        raise ValueError(f"{name}: takes a text of up to 500 characters.")
    return text
