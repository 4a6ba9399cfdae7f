"""An issue as Markdown, for a ticket, a chat or a language model: what somebody needs who has only this. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from issues.frames import ExceptionRow, FrameRow, Stack
from issues.text import clean, line, mapping
from issues.trail import Crumb, Trail

MAX_CRUMBS = 15
MAX_VARIABLES = 15
MAX_CHARACTERS = 30_000

Facts = Sequence[tuple[str, str]]


def ticket(
    *,
    short_id: str,
    title: str,
    url: str,
    facts: Facts,
    stack_text: str,
    exceptions: Sequence[ExceptionRow],
    loose: Stack,
    trail: Trail,
    data: Mapping[str, Any],
) -> str:
    """facts: names and values of the issue and the event. stack_text: as frames.as_text gives it."""
    parts = [f"**{short_id}** {escaped(line(title))}", url, ""]
    parts += [f"- {name}: {escaped(line(value, 300))}" for name, value in facts if value]
    parts += ["", fenced(stack_text or line(title))]
    row = _telling(exceptions, loose)
    if row is not None and row.code:
        code = "\n".join(
            f"{'>' if each.is_failing else ' '} {each.number or '':>5} "
            + "".join(part.text for part in each.parts)
            for each in row.code
        )
        parts += ["", f"Code at {escaped(row.location)}:", "", fenced(code)]
    if row is not None and row.variables:
        names = [
            f"{name} = {''.join(piece.text for piece in value.line)}"
            for name, value in row.variables[:MAX_VARIABLES]
        ]
        parts += ["", "Local variables there:", "", fenced("\n".join(names))]
    if trail.crumbs:
        crumbs = [*trail.earlier, *trail.crumbs][-MAX_CRUMBS:]
        parts += ["", "What happened before:", "", fenced("\n".join(map(_crumb, crumbs)))]
    request = mapping(data.get("request"))
    address = line(request.get("url"), 500).partition("?")[0]
    if address:
        method = line(request.get("method"), 20)
        parts += ["", "Request:", "", fenced(f"{method} {address}".strip())]
    return clean("\n".join(parts), MAX_CHARACTERS) + "\n"


def fenced(text: str) -> str:
    """A fence longer than any run of backticks inside keeps the text text."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}\n{text}\n{fence}"


def escaped(text: str) -> str:
    """What would begin markup outside of a fence loses its meaning."""
    for letter in "\\`*_[]<>|#":
        text = text.replace(letter, f"\\{letter}")
    return text


def _telling(exceptions: Sequence[ExceptionRow], loose: Stack) -> FrameRow | None:
    """The project's own frame that is nearest to the crash."""
    for stack in (*(row.stack for row in exceptions), loose):
        rows = [row for row in stack.rows() if row.code or row.variables]
        raised = [row for row in rows if row.is_open and row.is_app] or rows
        if raised:
            # Rows come newest first, unless the reader wants it otherwise.
            return raised[0] if raised[0].is_raised or not raised[-1].is_raised else raised[-1]
    return None


def _crumb(crumb: Crumb) -> str:
    words = (crumb.offset, crumb.category, line(crumb.text, 300), crumb.detail)
    return " ".join(word for word in words if word)
