"""Taking secrets out of an event before anything of it is stored. Pure.

Source: the ingest contract, section 13.
"""

from issues.scrub.event import Scrubber, scrubber
from issues.scrub.values import FILTERED

__all__ = ["FILTERED", "Scrubber", "scrubber"]
