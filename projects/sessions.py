"""Sign-ins: kept in the database with their owner, so that people can see where they are signed in, and end it.

What is shown of one lies in the session itself: when it began, when it was last used (to the hour: no write for each
page), and which browser it is. No address: that is personal data nobody asked for.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db.models import QuerySet
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from projects.models import Session, User

SEEN_EVERY = timedelta(hours=1)
BEGAN, SEEN, AGENT = "began_at", "seen_at", "agent"
MAX_SHOWN = 100

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Version", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


class SessionStore(DatabaseStore):
    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row = super().create_model_instance(data)
        assert isinstance(row, Session)
        owner = str(data.get(SESSION_KEY, ""))
        row.user_id = int(owner) if owner.isdigit() else None
        return row


class SeenMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = timezone.now()
            seen = _time(request.session.get(SEEN))
            if seen is None or now - seen >= SEEN_EVERY:
                request.session[SEEN] = now.timestamp()
        return self.get_response(request)


@receiver(user_logged_in)
def _begin(sender: object, request: HttpRequest, **_: Any) -> None:
    now = timezone.now().timestamp()
    request.session[BEGAN] = request.session[SEEN] = now
    request.session[AGENT] = request.META.get("HTTP_USER_AGENT", "")[:300]


@dataclass(frozen=True, slots=True)
class SignIn:
    """handle: names it in forms; the key itself would let its reader in."""

    handle: str
    browser: str
    began_at: datetime | None
    seen_at: datetime | None
    is_this: bool


def sign_ins(user: User, this: str | None) -> list[SignIn]:
    """The live ones, this one first, then by their last use. this: the session key of the request."""
    found = [_sign_in(row, this) for row in _live(user).order_by("-expire_date")[:MAX_SHOWN]]
    oldest = datetime.min.replace(tzinfo=UTC)
    return sorted(found, key=lambda each: (each.is_this, each.seen_at or oldest), reverse=True)


def end(user: User, handle: str) -> bool:
    """Whether there was one."""
    keys = [
        key for key in _live(user).values_list("session_key", flat=True) if handle_of(key) == handle
    ]
    return bool(Session.objects.filter(session_key__in=keys).delete()[0]) if keys else False


def end_all(user: User, but: str | None = None) -> int:
    """How many sign-ins were ended. but: a session key that stays."""
    rows = Session.objects.filter(user=user)
    if but:
        rows = rows.exclude(session_key=but)
    return rows.delete()[0]


def handle_of(session_key: str) -> str:
    return hashlib.sha256(session_key.encode()).hexdigest()[:16]


def _live(user: User) -> QuerySet[Session]:
    return Session.objects.filter(user=user, expire_date__gt=timezone.now())


def _sign_in(row: Session, this: str | None) -> SignIn:
    data = row.get_decoded()
    return SignIn(
        handle_of(row.session_key),
        browser(str(data.get(AGENT, ""))),
        _time(data.get(BEGAN)),
        _time(data.get(SEEN)),
        row.session_key == this,
    )


def _time(value: object) -> datetime | None:
    return datetime.fromtimestamp(value, UTC) if isinstance(value, int | float) else None


def browser(agent: str) -> str:
    """`Firefox on Linux`; what a user agent says without its numbers."""
    if not agent:
        return "Unknown browser"
    name = next((name for mark, name in _BROWSERS if f"{mark}/" in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    if not name:
        name = (re.match(r"[\w.-]{1,40}", agent) or [""])[0] or "Unknown browser"
    return f"{name} on {system}" if system else name
