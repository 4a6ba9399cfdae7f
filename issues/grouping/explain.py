"""Why an event is where it is: what contributed and what did not, for people. Pure."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

MAX_BYTES = 2048
_MAX_LINES = 5
_MAX_FRAMES = 20


def explanation(
    *,
    kind: str,
    config: str,
    lines: Sequence[tuple[str, str, str]],
    ignored: Sequence[tuple[str, str]],
    lead: int | None = None,
    frames: Sequence[int] = (),
    text: str | None = None,
    names: Mapping[str, str] | None = None,
) -> Mapping[str, Any]:
    """JSON of at most MAX_BYTES.

    lines: [what, its value, what it is]; ignored: [what, why]; lead: index of the exception;
    frames: indexes of its frames that contributed; text: the template where a text was used.
    names: type and function as rules match them, to suggest one.
    """
    for longest in (400, 200, 100, 50, 20):
        why: dict[str, Any] = {
            "kind": kind,
            "config": config,
            "lines": [[_cut(part, longest) for part in line] for line in lines[:_MAX_LINES]],
            "ignored": [[_cut(part, longest) for part in line] for line in ignored[:_MAX_LINES]],
            "lead": lead,
            "frames": list(frames[:_MAX_FRAMES]),
            "text": _cut(text, longest) if text is not None else None,
        }
        if names:
            why["names"] = names
        if len(json.dumps(why)) <= MAX_BYTES:
            break
    return why


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
