"""The closed lists: what became of an item, and why a request was refused. Pure."""

from enum import StrEnum


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    RATE_LIMITED = "rate_limited"
    INVALID = "invalid"
    UNSUPPORTED = "unsupported"
    FILTERED = "filtered"
    DUPLICATE = "duplicate"
    TOO_LARGE = "too_large"
    QUARANTINED = "quarantined"


class RefusalReason(StrEnum):
    """Why a whole request was refused."""

    NO_KEY = "no_key"
    UNKNOWN_KEY = "unknown_key"
    DISABLED_KEY = "disabled_key"
    WRONG_PROJECT = "wrong_project"
    UNREADABLE_BODY = "unreadable_body"
    BAD_ENCODING = "bad_encoding"
    TOO_LARGE = "too_large"
    RATE_LIMITED = "rate_limited"


# As in X-Sentry-Rate-Limits (ingest contract, section 10.2).
CATEGORIES = {
    "event": "error",
    "transaction": "transaction",
    "span": "span",
    "otel_span": "span",
    "attachment": "attachment",
    "user_report": "feedback",
    "feedback": "feedback",
    "client_report": "internal",
    "session": "session",
    "sessions": "session",
    "check_in": "monitor",
    "log": "log_item",
    "otel_log": "log_item",
    "profile": "profile",
    "profile_chunk": "profile_chunk",
    "replay_event": "replay",
    "replay_recording": "replay",
    "replay_video": "replay",
    "statsd": "metric_bucket",
    "metric_buckets": "metric_bucket",
    "trace_metric": "trace_metric",
}


def category(item_type: str) -> str:
    return CATEGORIES.get(item_type, "default")
