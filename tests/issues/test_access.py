"""Who may open an issue and who may act on it. Every address, for everybody."""

import pytest

pytestmark = pytest.mark.django_db

PAGES = (
    *("issue", "event", "event_json", "oldest", "short_id", "project", "discarded"),
    *("events", "events_csv", "events_json", "tags", "releases", "release"),
)
VERBS = (
    *("resolve", "reopen", "mute", "assign", "prioritize", "comment", "merge", "unmerge"),
    *("delete", "share", "unshare"),
)
MARKS = ("bookmark", "subscribe")
