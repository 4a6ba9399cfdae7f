"""What the fields of a form ask of a verb, for the ticked issues and for all that match. Raises ValueError for what
will not do; its message is for the person who asked.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from issues.spoken import plural, span
from issues.states import Fix, How, Priority
from issues.window import MAX_EVENTS, MAX_MINUTES, MAX_USERS
from projects.access import people_of, teams_of
from projects.models import Team, User

# What the mute menu offers for a time: seconds, and in words.
MUTE_FOR = {
    "hour": (3_600, "for an hour"),
    "day": (86_400, "for a day"),
    "week": (7 * 86_400, "for a week"),
    "month": (30 * 86_400, "for 30 days"),
}
MAX_MUTE = timedelta(days=5 * 366)

Data = Mapping[str, str]

_FIELDS = {
    "events": ("events",),
    "users": ("users",),
    "window": ("events", "minutes"),
    "userwindow": ("users", "minutes"),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """Until when an issue is muted: triage.mute. words: begin with a blank, "" for ever."""

    until: datetime | None = None
    more_events: int | None = None
    more_users: int | None = None
    within: tuple[int, int] | None = None  # events, minutes
    users_within: tuple[int, int] | None = None  # users, minutes
    words: str = ""

    @property
    def arguments(self) -> dict[str, Any]:
        """Of triage.mute."""
        return {
            "until": self.until,
            "more_events": self.more_events,
            "more_users": self.more_users,
            "within": self.within,
            "users_within": self.users_within,
        }


def fix(data: Data) -> Fix:
    """`fix`: one of states.How, nothing for now; with it `version`, or `commit` and `repository`."""
    how = data.get("fix", "") or How.NOW
    if how not in set(How):
        raise ValueError("There is no such way to resolve.")
    return Fix(How(how), *(_line(data, name) for name in ("version", "commit", "repository")))


def _line(data: Data, name: str) -> str:
    return data.get(name, "").replace("\0", "").strip()[:500]


def condition(data: Data, now: datetime) -> Condition:
    """`for`: nothing, a key of MUTE_FOR, `until` with `until`, `events` with `events`, `users` with `users`, `window`
    with `events` and `minutes`, `userwindow` with `users` and `minutes`; or all in one, for a button: `events-100`,
    `users-10`, `window-100-60`, `userwindow-10-60`.
    """
    how, *given = data.get("for", "").split("-")
    if how in MUTE_FOR and not given:
        seconds, words = MUTE_FOR[how]
        return Condition(until=now + timedelta(seconds=seconds), words=f" {words}")
    if how == "until" and not given:
        until = _moment(data.get("until", ""), now)
        return Condition(until=until, words=f" until {timezone.localtime(until):%Y-%m-%d %H:%M}")
    fields = _FIELDS.get(how)
    if fields is None or len(given) not in (0, len(fields)):
        if how or given:
            raise ValueError("There is no such way to mute.")
        return Condition()
    named = dict(zip(fields, given, strict=False)) or {name: data.get(name, "") for name in fields}
    if how == "userwindow":
        users = whole(named["users"], default=10, most=MAX_USERS)
        minutes = whole(named["minutes"], default=60, most=MAX_MINUTES)
        words = f" until {plural(users, 'user')} meet it within {span(minutes)}"
        return Condition(users_within=(users, minutes), words=words)
    if how == "users":
        users = whole(named["users"], default=10, most=MAX_EVENTS)
        return Condition(more_users=users, words=f" until {_more(users, 'user')} met it")
    events = whole(named["events"], default=100, most=MAX_EVENTS)
    if how == "events":
        return Condition(more_events=events, words=f" until {_more(events, 'event')} come")
    minutes = whole(named["minutes"], default=60, most=MAX_MINUTES)
    words = f" until {plural(events, 'event')} come within {span(minutes)}"
    return Condition(within=(events, minutes), words=words)


def _more(count: int, what: str) -> str:
    return f"1 more {what} has" if count == 1 else f"{count:,} more {what}s have"


def _moment(text: str, now: datetime) -> datetime:
    """What a browser's field for a time sends, in the user's time zone."""
    try:
        found = parse_datetime(text.strip()[:40])
    except ValueError:
        found = None
    if found is None:
        raise ValueError("That is no date and time.")
    try:
        until = found if found.tzinfo else found.replace(tzinfo=timezone.get_current_timezone())
        until = until.astimezone(UTC)
    except OverflowError:
        raise ValueError("That is no date and time.") from None
    if not now < until <= now + MAX_MUTE:
        raise ValueError("The time has to be ahead, and within five years.")
    return until


def assignee(data: Data, by: User) -> User | Team | None:
    """`to`: `me`, a person's number, `team-` and a team's, or nothing. Which issues they may have: sees_all."""
    raw = data.get("to", "")
    if not raw or raw == "me":
        return by if raw else None
    number = raw.removeprefix("team-")
    found: User | Team | None = None
    if is_id(number):
        people, teams = User.objects.filter(is_active=True), Team.objects.all()
        found = (people if raw == number else teams).filter(pk=int(number)).first()
    if found is None:
        raise ValueError("There is no such person." if raw == number else "There is no such team.")
    return found


def sees_all(whose: User | Team, project_ids: Collection[int]) -> bool:
    if isinstance(whose, Team):
        return teams_of(project_ids, all_of=True).filter(pk=whose.pk).first() is not None
    return all(people_of([each]).filter(pk=whose.pk).exists() for each in set(project_ids))


def priority(data: Data) -> Priority | None:
    """`priority`: low, medium, high; nothing for what the level says."""
    name = data.get("priority", "").upper()
    if name and name not in Priority.__members__:
        raise ValueError("There is no such priority.")
    return Priority[name] if name else None


def is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def whole(text: str, *, default: int, most: int) -> int:
    """What somebody typed as a number from 1 to `most`; nothing is the default."""
    raw = text.strip() or str(default)
    if not is_id(raw) or not 1 <= int(raw) <= most:
        raise ValueError(f"“{raw[:40]}” is no number from 1 to {most:,}.")
    return int(raw)
