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
    WRONG_TYPE = "wrong_type"
    TOO_LARGE = "too_large"
    RATE_LIMITED = "rate_limited"
    QUOTA = "quota"


# As in X-Sentry-Rate-Limits (ingest contract, section 10.2).
CATEGORIES = {
    "event": "error",
    "raw_security": "security",
    "transaction": "transaction",
    "span": "span",
    "otel_span": "span",
    "attachment": "attachment",
    "user_report": "feedback",
    "feedback": "feedback",
    "client_report": "internal",
    "log_report": "internal",
    "session": "session",
    "sessions": "session",
    "check_in": "monitor",
    "log": "log_item",
    "otel_log": "log_item",
    "otlp_logs": "log_item",
    "otlp_traces": "span",
    "profile": "profile",
    "profile_chunk": "profile_chunk",
    "replay_event": "replay",
    "replay_recording": "replay",
    "replay_video": "replay",
    "statsd": "metric_bucket",
    "metric_buckets": "metric_bucket",
    "trace_metric": "trace_metric",
}


# Why log lines are no events.
LOG_LEVEL = "log level"
LOG_LINE = "log line"  # one that could not be understood


def category(item_type: str) -> str:
    return CATEGORIES.get(item_type, "default")


# What SDKs name in client reports. Closed, so that nobody can fill a table with names.
LOSS_REASONS = frozenset(
    (
        "backpressure",
        "before_send",
        "before_send_log",
        "before_send_metric",
        "before_send_span",
        "before_send_transaction",
        "buffer_overflow",
        "cache_overflow",
        "event_processor",
        "filtered",
        "ignored",
        "ignored_spans",
        "insufficient_data",
        "internal_sdk_error",
        "invalid",
        "network_error",
        "no_parent_span",
        "queue_overflow",
        "ratelimit_backoff",
        "sample_rate",
        "send_error",
        "too_big",
        "truncation",
    )
)
LOSS_CATEGORIES = frozenset(
    (
        *CATEGORIES.values(),
        "attachment_item",
        "default",
        "internal",
        "log_byte",
        "monitor",
        "profile_chunk_ui",
        "profile_duration",
        "security",
        "span_indexed",
        "trace_metric_byte",
        "transaction_indexed",
        "transaction_processed",
    )
)
