"""What stack-trace rules say about the frames of one stack. Pure."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Marks:
    """Indexes count from the outermost frame that is looked at.

    app: frames that are application code, or not, because a rule says so. out: frames that are taken
    out of grouping. depth: how many named frames make the place, None if no rule says so.
    said: frame -> the line of the last rule that said something about it. depth_line: of `depth`.
    """

    app: dict[int, bool] = field(default_factory=dict)
    out: set[int] = field(default_factory=set)
    depth: int | None = None
    said: dict[int, int] = field(default_factory=dict)
    depth_line: int = 0
