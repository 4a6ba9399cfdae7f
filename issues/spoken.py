"""Numbers and spans of time as people say them. Pure."""


def plural(count: int, what: str) -> str:
    """1 event, 1,000 events."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def span(minutes: int) -> str:
    """a minute, 90 minutes, 2 hours, a day."""
    for size, name, one in ((1440, "days", "a day"), (60, "hours", "an hour")):
        if minutes % size == 0:
            return one if minutes == size else f"{minutes // size} {name}"
    return "a minute" if minutes == 1 else f"{minutes} minutes"
