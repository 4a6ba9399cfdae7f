"""Check-ins that a shell script sends by URL -> a `check_in` item. Pure. Source: ingest contract, section 9.3.

GET /api/7/cron/nightly/<key>/?status=ok&duration=1.5
POST the same, with {"status": "error", "monitor_config": {...}}
"""

import math
import re
from collections.abc import Mapping
from typing import Any

from ingest import auth, envelope, lenient
from ingest.legacy import BodyError

MAX_BYTES = 100 * 1024
STATUSES = ("in_progress", "ok", "error")
SLUG = re.compile(r"[A-Za-z0-9_-]{1,50}", re.ASCII)


def to_envelope(body: bytes, *, query: str, slug: str, new_id: str) -> tuple[str, bytes]:
    """("", the envelope to spool). body: Content-Encoding undone, may be empty. Raises BodyError."""
    given: dict[str, Any] = auth.fields(query)
    if body.strip():
        try:
            given |= lenient.load_object(body)
        except lenient.JSONError as error:
            raise BodyError(str(error)) from error
    if problem := problem_of({**given, "monitor_slug": slug}, lenient_numbers=True):
        raise BodyError(problem)
    check_in: dict[str, Any] = {
        "check_in_id": envelope.event_id_of(given.get("check_in_id")) or new_id,
        "monitor_slug": slug.lower(),
        "status": given["status"],
    }
    if environment := lenient.line(given.get("environment"), 64):
        check_in["environment"] = environment
    if (duration := seconds(given.get("duration"))) is not None:
        check_in["duration"] = duration
    config = given.get("monitor_config")
    if isinstance(config, dict):
        check_in["monitor_config"] = config
    return "", envelope.build({}, iter([({"type": "check_in"}, lenient.dumps(check_in))]))


def problem_of(check_in: Mapping[str, Any], *, lenient_numbers: bool = False) -> str:
    """What is wrong with a check-in; "" if nothing. lenient_numbers: a duration may be text, as in a query."""
    status = check_in.get("status")
    if status not in STATUSES:
        return f"status must be one of {', '.join(STATUSES)}"
    slug = check_in.get("monitor_slug")
    if not isinstance(slug, str) or SLUG.fullmatch(slug) is None:
        return "the monitor's slug must be 1 to 50 letters, digits, dashes and underscores"
    duration = check_in.get("duration")
    if duration is not None and seconds(duration) is None:
        return "duration must be a number of seconds"
    if isinstance(duration, str) and not lenient_numbers:
        return "duration must be a number of seconds"
    return ""


def seconds(value: object) -> float | None:
    """None for what is no duration."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, int) and value.bit_length() > 64:
        return None
    return float(value) if math.isfinite(value) and value >= 0 else None
