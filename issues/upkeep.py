"""Work that waits for nobody: done a moment at a time, between requests and the digest."""

from issues import moving, removal
from issues.regroup import apply


def carry_on(seconds: float) -> None:
    """Work for about so long, or not at all if there is nothing to do."""
    if removal.carry_on(seconds / 2):
        seconds /= 2
    if not moving.relocate(seconds):
        apply.carry_on(seconds)
