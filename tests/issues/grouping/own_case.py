"""Builders of labelled scenarios, in the shapes in which SDKs send."""

from collections.abc import Sequence
from typing import Any

from .score import Scenario

Frame = dict[str, Any]
Raised = dict[str, Any]


def at(function: str, where: str = "", line: str = "", **more: Any) -> Frame:
    """An application frame. where: `module:…`, else a file; line: its source."""
    frame: Frame = {"function": function, "in_app": True, "lineno": 20} | more
    if where.startswith("module:"):
        frame["module"] = where[7:]
    elif where:
        frame |= {"filename": where, "abs_path": f"/srv/app/{where}"}
    if line:
        frame["context_line"] = line
    return frame


def lib(function: str, where: str = "", **more: Any) -> Frame:
    return at(function, where, **({"in_app": False} | more))


def exc(kind: str, value: str, *frames: Frame, **mechanism: Any) -> Raised:
    raised: Raised = {"type": kind, "value": value}
    if frames:
        raised["stacktrace"] = {"frames": list(frames)}
    if mechanism:
        raised["mechanism"] = {"type": "generic"} | mechanism
    return raised


def case(name: str, platform: str, *events: tuple[str, Any]) -> Scenario:
    """events: label and an exception, a chain of them (the cause first), or fields of a message."""
    made = []
    for number, (label, what) in enumerate(events):
        event: dict[str, Any] = {
            "platform": platform,
            "release": f"{name}@1.{number}.0",
            "server_name": f"node-{number}",
            "transaction": f"/t/{number}",
        }
        if isinstance(what, dict) and "type" not in what:
            event |= what
        else:
            chain = what if isinstance(what, Sequence) else [what]
            event["exception"] = {"values": [_moved(raised, number) for raised in chain]}
        made.append((label, event))
    return Scenario(name, tuple(made))


def _moved(raised: Raised, number: int) -> Raised:
    """A release later the lines have moved."""
    if "stacktrace" not in raised:
        return raised
    frames = [f | {"lineno": f["lineno"] + 3 * number} for f in raised["stacktrace"]["frames"]]
    return raised | {"stacktrace": {"frames": frames}}
