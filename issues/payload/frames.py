"""Stack traces and their frames. Pure.

Nearly every frame arrives as it should be, and there may be hundreds: `_is_fine` says so in one
pass, and the frame is kept as it is, not copied. Everything else goes through `_repaired`.
"""

from typing import Any

from issues.payload.bounds import bounded, bounded_map, map_fits
from issues.payload.ledger import Ledger
from issues.payload.text import ELLIPSIS, cut, to_bool, to_int, to_text
from issues.payload.types import DEFAULT_LIMITS, Limits, Path

_TEXTS = (
    "filename",
    "abs_path",
    "module",
    "function",
    "raw_function",
    "package",
    "platform",
    "instruction_addr",
    "image_addr",
    "symbol_addr",
    "addr_mode",
    "symbol",
    "trust",
    "source_link",
)
_LINES = ("pre_context", "post_context")
_KINDS: dict[str, type] = {
    **dict.fromkeys(_TEXTS, str),
    **dict.fromkeys(_LINES, list),
    "context_line": str,
    "lineno": int,
    "colno": int,
    "in_app": bool,
    "stack_start": bool,
    "vars": dict,
}
_SOURCE = ("vars", *_LINES)
LARGEST_LINE = 2**53


def read_stacktrace(value: Any, path: Path, ledger: Ledger) -> dict[str, Any]:
    """{"frames": [...], ...}, oldest call first; {} if there is no frame.

    value: an object with `frames`, or the list itself.
    """
    frames = value
    rest: dict[str, Any] = {}
    if value.__class__ is dict:
        frames = value.get("frames")
        if len(value) > 1:
            rest = {k: v for k, v in value.items() if k != "frames" and v is not None}
    if frames.__class__ is not list:
        if frames is not None:
            ledger.note(".".join(map(str, path)), value)
        return {}
    kept = read_frames(frames, (*path, "frames"), ledger)
    if not kept:
        return {}
    if not rest:
        return {"frames": kept}
    rest = bounded_map(
        rest,
        length=ledger.limits.context_length,
        entry_length=ledger.limits.context_length,
        depth=4,
        path=path,
        ledger=ledger,
    )
    return {"frames": kept, **rest}


def read_frames(frames: list[Any], path: Path, ledger: Ledger) -> list[dict[str, Any]]:
    """The frames that are one, cut to the first and the last if there are too many."""
    limits = ledger.limits
    numbered = [frame for frame in frames if frame.__class__ is dict]
    if len(numbered) < len(frames):
        for frame in frames:
            if frame is not None and frame.__class__ is not dict:
                ledger.note("frame", frame)
    if len(numbered) > limits.frames_first + limits.frames_last:
        ledger.cut_entries(path, len(numbered))
        numbered = numbered[: limits.frames_first] + numbered[-limits.frames_last :]
    bare = len(numbered) - limits.frames_with_source
    is_checked = ledger.is_sketch and limits.source_line >= DEFAULT_LIMITS.source_line
    kept = []
    for index, frame in enumerate(numbered):
        if index < bare and frame.get("in_app") is not True:
            frame = _without_source(frame, (*path, index), ledger)
        is_fine = is_checked and "data" not in frame and None not in frame.values()
        kept.append(
            frame
            if is_fine or _is_fine(frame, limits)
            else read_frame(frame, (*path, index), ledger)
        )
    return kept


def read_frame(frame: dict[str, Any], path: Path, ledger: Ledger) -> dict[str, Any]:
    """A frame with every attribute of the right type; what cannot be made so is dropped."""
    limits = ledger.limits
    colno = to_int(frame.get("colno"))
    kept: dict[str, Any] = {}
    for key, value in frame.items():
        if value is None or key == "errors":
            continue
        kind = _KINDS.get(key)
        place = (*path, cut(key, limits.key_length))
        good: Any
        if key == "context_line":
            good = _source_line(value, colno, place, ledger)
        elif kind is str:
            good = ledger.attribute(key, value, limits.text, place) or None
        elif kind is int:
            good = to_int(value)
        elif kind is bool:
            good = to_bool(value)
        elif kind is list:
            good = _source_lines(value, place, ledger)
        elif kind is dict:
            good = _read_vars(value, place, ledger)
        else:
            good = bounded(value, length=limits.vars_length, depth=5, path=place, ledger=ledger)
        if good is not None:
            kept[cut(key, limits.key_length)] = good
        elif kind is int or kind is bool:
            ledger.note(f"frame.{key}", value)
    return kept


def _is_fine(frame: dict[str, Any], limits: Limits) -> bool:
    kinds = _KINDS.get
    longest = limits.source_line
    for key, value in frame.items():
        kind = value.__class__
        if kind is not kinds(key):
            return False
        if kind is str:
            if len(value) > longest or value[:2] == "%{":
                return False
        elif kind is int:
            if not 0 <= value <= LARGEST_LINE:
                return False
        elif kind is list:
            try:
                size = len("".join(value))
            except TypeError:
                return False
            # Only a long one makes it worth looking at each.
            if size > longest and any(len(line) > longest for line in value):
                return False
        elif kind is dict and not map_fits(
            value,
            limits.vars_entries,
            limits.vars_length,
            limits.var_length,
            limits.vars_depth,
            limits.key_length,
        ):
            return False
    return True


def _without_source(frame: dict[str, Any], path: Path, ledger: Ledger) -> dict[str, Any]:
    """A frame far from the crash and not the application's: its place is enough."""
    for key in _SOURCE:
        value = frame.get(key)
        if value:
            ledger.cut_entries((*path, key), len(value) if isinstance(value, dict | list) else 1)
    return {key: value for key, value in frame.items() if key not in _SOURCE}


def _read_vars(value: Any, path: Path, ledger: Ledger) -> dict[str, Any] | None:
    """value: an object, or (old Python clients) a list of pairs."""
    limits = ledger.limits
    if value.__class__ is list:
        pairs = [each for each in value if each.__class__ is list and len(each) == 2]
        value = {cut(to_text(pair[0]), limits.key_length): pair[1] for pair in pairs} or None
    if value.__class__ is not dict:
        if value is not None:
            ledger.note("frame.vars", value)
        return None
    return bounded_map(
        value,
        count=limits.vars_entries,
        length=limits.vars_length,
        entry_length=limits.var_length,
        depth=limits.vars_depth,
        path=path,
        ledger=ledger,
    )


def _source_lines(value: Any, path: Path, ledger: Ledger) -> list[str] | None:
    if value.__class__ is str:
        value = value.splitlines()
    if value.__class__ is not list:
        ledger.note("frame.context", value)
        return None
    lines = value[:100]
    if len(lines) < len(value):
        ledger.cut_entries(path, len(value))
    limit = ledger.limits.source_line
    # A null stands for a line nobody knows: it must not shift the others.
    return [ledger.cut_text(to_text(line), limit, (*path, i)) for i, line in enumerate(lines)]


def _source_line(value: Any, colno: int | None, path: Path, ledger: Ledger) -> str | None:
    """The line of the error; of minified code, what surrounds the column."""
    if value.__class__ is dict or value.__class__ is list:
        ledger.note("frame.context_line", value)
        return None
    line = to_text(value)
    limit = ledger.limits.source_line
    start = max((colno or 0) - limit // 2, 0)
    if len(line) <= limit or start == 0 or start >= len(line):
        return ledger.cut_text(line, limit, path)
    ledger.cut_text(line, limit, path)
    end = min(start + limit - 2, len(line))
    start = end - limit + 2
    return ELLIPSIS + line[start:end] + (ELLIPSIS if end < len(line) else "")
