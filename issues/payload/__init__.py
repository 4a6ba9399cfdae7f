"""What an event says, whatever client wrote it.

`normalize` turns the JSON of any Sentry SDK, old or new, or of a hand-written client into one
canonical form, `EventData`. Pure: no database, no clock, no disk.
"""

from issues.payload.event import normalize
from issues.payload.types import DEFAULT_LIMITS, LEVELS, EventData, Limits

__all__ = ["DEFAULT_LIMITS", "LEVELS", "EventData", "Limits", "normalize"]
