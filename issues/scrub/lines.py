"""A line of text without its secrets, by the rules that every project has. Pure."""

from issues.scrub.names import Names
from issues.scrub.pairs import pairs
from issues.scrub.values import finders_for, replaced

_NAMES = Names()


def scrubbed(text: str) -> str:
    """For what is shown of a log line of which no event was made."""
    raw = text.encode("utf-8", "replace")
    spans = [span for find in finders_for(raw, raw.lower()) for span in find(text)]
    spans += pairs(text, _NAMES)
    return replaced(text, spans)[0] if spans else text
