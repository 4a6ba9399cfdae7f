"""The canonical event and the limits it is cut to. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

# Where a value stands in the canonical payload: ("exception", "values", 0, "type").
Path: TypeAlias = tuple[str | int, ...]

LEVELS = ("fatal", "error", "warning", "info", "debug")


@dataclass(frozen=True, slots=True)
class EventData:
    """One event, understood: what is stored, shown, searched and grouped.

    Texts are "" when absent, times are aware and in UTC. `data` is a plain dict that JSON can
    hold: no NUL, no lone surrogate, no NaN, keys absent when empty. Its `tags` are the sender's
    alone; `tags` here has the derived ones, too.
    """

    event_id: str  # 32 hex digits, small; "" if neither the caller nor the payload had a usable one
    type: str  # error default csp hpkp expectct expectstaple nel feedback transaction
    timestamp: datetime  # the sender's clock, corrected
    received_at: datetime
    level: str  # one of LEVELS
    platform: str  # "other" if absent
    logger: str
    transaction: str
    server_name: str
    release: str
    dist: str
    environment: str
    message: str  # with its parameters put in
    user_key: str  # "id:7", "email:...", "username:...", "ip:..."
    trace_id: str  # 32 hex digits
    fingerprint: tuple[str, ...]  # () if the sender leaves grouping to us
    tags: Mapping[str, str]
    data: Mapping[str, Any]
    notes: tuple[Mapping[str, Any], ...]  # what was repaired or dropped: {name, reason, value}


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of an event is kept. Lengths are characters, depths levels of nesting."""

    message: int = 8192  # also exception values
    exception_type: int = 256
    exceptions_first: int = 5
    exceptions_last: int = 45
    frames_first: int = 50
    frames_last: int = 200
    frames_with_source: int = 50  # counted from the crash; frames of the application always
    vars_entries: int = 50
    vars_length: int = 8192
    vars_depth: int = 5
    var_length: int = 1024
    source_line: int = 256
    breadcrumbs: int = 100
    breadcrumb_data_length: int = 2048
    breadcrumb_data_depth: int = 5
    extra_value_length: int = 16 * 1024
    extra_length: int = 256 * 1024
    extra_depth: int = 7
    contexts: int = 50
    context_length: int = 8192
    context_depth: int = 7
    request_data: int = 16 * 1024
    request_headers: int = 8192
    request_pairs: int = 2048  # query string, cookies
    modules: int = 500
    images: int = 500
    tags: int = 200
    tag_length: int = 200
    user_keys: int = 50
    user_id: int = 128
    user_email: int = 254
    user_username: int = 128
    fingerprints: int = 20
    fingerprint_length: int = 1024
    key_length: int = 200
    text: int = 4096  # a string that has no limit of its own: a file name, a URL
    # What we write about an event must not outgrow the event.
    notes: int = 100
    note_value: int = 200
    cuts: int = 500


DEFAULT_LIMITS = Limits()
