"""An event as compact Markdown within a budget. Pure. All of it is what was sent: it belongs into a fence.

Parts come in the order of what they are worth for finding the cause; what has no room is cut, and that is said.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from api.mcp.fence import cut
from issues import frames
from issues.frames import ExceptionRow, FrameRow, Stack
from issues.text import line, mapping, sequence, string
from issues.trail import Crumb, trail

CHARACTERS_PER_TOKEN = 4  # about, for code and English
MAX_CODE = 9  # lines around a failing one
MAX_LIBRARY = 3  # neighbouring frames of libraries that are named
MAX_CRUMBS = 30
MAX_VARIABLES = 20
MAX_TAGS = 60

_PARTS = (
    "Exceptions",
    "Message",
    "Tags",
    "Breadcrumbs",
    "Request",
    "Variables",
    "Contexts",
    "Extra",
)


def report(data: Mapping[str, Any], at: datetime, tokens: int) -> str:
    """data: the canonical payload, masked. at: the event's own time."""
    room = tokens * CHARACTERS_PER_TOKEN
    out: list[str] = []
    for name, text in zip(_PARTS, _texts(data, at), strict=True):
        if not text:
            continue
        head = f"## {name}\n"
        if room < len(head) + 120:
            out.append(f"({name} left out: no room; ask for more tokens)")
            continue
        # The first part may not take all.
        share = room if name != "Exceptions" else max(room * 2 // 3, 400)
        part = cut(text, share - len(head))
        out.append(head + part)
        room -= len(head) + len(part)
    return "\n".join(out)


def _texts(data: Mapping[str, Any], at: datetime) -> Iterator[str]:
    view = frames.View()
    rows = frames.exceptions(data, view)
    loose = frames.event_stack(data, view)
    threads = frames.threads(data, view)
    yield stack_text(rows, loose, [row.stack for row in threads if row.is_open])
    entry = mapping(data.get("logentry"))
    message = string(entry.get("formatted")) or string(entry.get("message"))
    yield message
    tags = mapping(data.get("tags"))
    yield "\n".join(f"{line(k, 60)}: {line(v, 200)}" for k, v in list(tags.items())[:MAX_TAGS])
    crumbs = trail(data, at)
    shown = [*crumbs.earlier, *crumbs.crumbs][-MAX_CRUMBS:]
    yield "\n".join(_crumb(crumb) for crumb in reversed(shown))
    yield _request(mapping(data.get("request")))
    yield _variables(rows, loose)
    yield "\n".join(
        f"{line(name, 40)}: {_flat(value)}" for name, value in mapping(data.get("contexts")).items()
    )
    yield _flat(data.get("extra"))


def stack_text(
    rows: Sequence[ExceptionRow],
    loose: Stack,
    threads: Sequence[Stack] = (),
    *,
    with_variables: bool = False,
) -> str:
    """What was raised last first, each with its innermost frame first. with_variables: of each own frame."""
    out: list[str] = []
    for row in rows:
        if row.relation:
            out.append(f"{row.relation}:")
        out.append(": ".join(filter(None, (row.type, row.value))))
        if row.notes:
            out.append(f"({', '.join(row.notes)})")
        out += _frames(row.stack, with_variables)
    out += _frames(loose, with_variables)
    for stack in threads:
        out += ["crashed thread:", *_frames(stack, with_variables)]
    return "\n".join(out)


def _frames(stack: Stack, with_variables: bool) -> list[str]:
    out: list[str] = []
    folded: list[FrameRow] = []
    for row in stack.rows():
        if row.is_app or row.is_raised:
            out += _folded(folded)
            folded = []
            out += _frame(row)
            if with_variables:
                out += [f"      {text}" for text in _variables_of(row)]
        else:
            folded.append(row)
    out += _folded(folded)
    if stack.left_out:
        out.append(f"  … {stack.left_out} frames in the middle were left out")
    return out


def _frame(row: FrameRow) -> list[str]:
    own = "" if row.is_app else " [library]"
    out = [f"  at {row.function or '?'} ({row.location}){own}"]
    failing = next((i for i, code in enumerate(row.code) if code.is_failing), None)
    if failing is None:
        return out
    first = max(0, failing - MAX_CODE // 2)
    for code in row.code[first : failing + MAX_CODE // 2 + 1]:
        text = "".join(part.text for part in code.parts)
        out.append(f"    {'>' if code.is_failing else ' '} {code.number or '':>5} {text}".rstrip())
    return out


def _folded(rows: Sequence[FrameRow]) -> list[str]:
    out = [f"  at {row.function or '?'} ({row.location}) [library]" for row in rows[:MAX_LIBRARY]]
    if len(rows) > MAX_LIBRARY:
        out.append(f"  … {len(rows) - MAX_LIBRARY} more library frames")
    return out


def _variables(rows: Sequence[ExceptionRow], loose: Stack) -> str:
    for stack in (*(row.stack for row in rows), loose):
        for frame in stack.rows():
            if frame.is_app and frame.variables:
                return "\n".join([f"at {frame.location}:", *_variables_of(frame)])
    return ""


def _variables_of(frame: FrameRow) -> list[str]:
    return [
        f"{name} = {''.join(piece.text for piece in value.line)}"
        for name, value in frame.variables[:MAX_VARIABLES]
    ]


def _crumb(crumb: Crumb) -> str:
    words = (crumb.offset, crumb.level, crumb.category, line(crumb.text, 300), crumb.detail)
    return " ".join(word for word in words if word)


def _request(request: Mapping[str, Any]) -> str:
    url = line(request.get("url"), 500)
    if not url:
        return ""
    out = [f"{line(request.get('method'), 20)} {url}".strip()]
    query = [
        f"{line(pair[0], 60)}={line(pair[1], 200)}"
        for pair in sequence(request.get("query_string"))[:30]
        if isinstance(pair, list) and len(pair) == 2
    ]
    if query:
        out.append("query: " + "&".join(query))
    if request.get("data") is not None:
        out.append("data: " + _flat(request.get("data")))
    return "\n".join(out)


def _flat(value: Any, depth: int = 0) -> str:
    """A value in one line, as far as that is worth it."""
    if isinstance(value, dict):
        if depth > 2:
            return "{…}"
        parts = [f"{line(k, 60)}={_flat(v, depth + 1)}" for k, v in list(value.items())[:30]]
        return ", ".join(parts) if depth == 0 else "{" + ", ".join(parts) + "}"
    if isinstance(value, list):
        if depth > 2:
            return "[…]"
        return "[" + ", ".join(_flat(each, depth + 1) for each in value[:10]) + "]"
    return line(value, 200)
