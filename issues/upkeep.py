"""Work that waits for nobody: done a moment at a time, between requests and the digest."""

from issues import moving


def carry_on(seconds: float) -> None:
    """Work for about so long, or not at all if there is nothing to do."""
    moving.relocate(seconds)
