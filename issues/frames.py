"""Exceptions, threads and frames of a payload as rows to show. Pure.

Takes the canonical payload, in which a stack is oldest call first and a chain of exceptions oldest first; but every
part of it may have any type, and any length.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from issues.grouping import Grouping
from issues.source import CodeLine, Colours, code_lines
from issues.text import clean, line, mapping, sequence, string, whole
from issues.values import Pretty, pretty
from projects.source_links import Links

MAX_EXCEPTIONS = 30
MAX_THREADS = 60
MAX_FRAMES = 200  # of one stack; of more, the outer and the inner ones are kept
MAX_VARIABLES = 100
OPEN_FRAMES = 4  # of one exception

_LIBRARY = re.compile(
    r"(?:^|/)(?:site-packages|dist-packages|node_modules|vendor|gems|bower_components|jspm_packages"
    r"|\.cargo/registry|pkg/mod|lib/python\d[\d.]*)/|^(?:node:|<frozen |internal/|webpack/|native )"
)


@dataclass(frozen=True, slots=True)
class FrameRow:
    path: str
    full_path: str  # "" if it says no more than path
    function: str
    module: str
    line: int | None
    column: int | None
    package: str
    is_app: bool
    is_open: bool
    is_raised: bool
    is_counted: bool
    url: str  # of the line in the repository, "" for none
    code: tuple[CodeLine, ...]
    variables: tuple[tuple[str, Pretty], ...]
    more_variables: int
    is_group: bool = field(default=False, init=False)

    @property
    def has_body(self) -> bool:
        return bool(self.code or self.variables or (self.full_path and not self.is_app))

    @property
    def place(self) -> str:
        return self.path or self.module or self.package or "unknown place"

    @property
    def location(self) -> str:
        return f"{self.place}:{self.line}" if self.line else self.place

    @property
    def code_label(self) -> str:
        numbers = [row.number for row in self.code if row.number is not None]
        if not numbers:
            return self.place
        return f"{self.place}, lines {numbers[0]} to {numbers[-1]}"


@dataclass(frozen=True, slots=True)
class LibraryFrames:
    """Neighbouring frames that are not the project's own, folded."""

    rows: tuple[FrameRow, ...]
    packages: tuple[str, ...]
    is_group: bool = field(default=True, init=False)

    @property
    def count(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class Stack:
    entries: tuple[FrameRow | LibraryFrames, ...]
    left_out: int = 0

    def rows(self) -> Iterator[FrameRow]:
        for entry in self.entries:
            if isinstance(entry, LibraryFrames):
                yield from entry.rows
            else:
                yield entry


@dataclass(frozen=True, slots=True)
class ExceptionRow:
    type: str
    value: str
    notes: tuple[str, ...]  # module, handled, mechanism
    relation: str  # to the one shown before it
    stack: Stack


@dataclass(frozen=True, slots=True)
class ThreadRow:
    name: str
    notes: tuple[str, ...]
    is_open: bool
    stack: Stack


@dataclass(frozen=True, slots=True)
class View:
    """How the reader wants it."""

    all_frames: bool = False
    oldest_first: bool = False
    raw: bool = False  # frames before source maps, where there are any
    links: Links = field(default_factory=Links)


@dataclass(frozen=True, slots=True)
class Judged:
    """What grouping says of the frames of a payload, by their id().

    counted: those that make the place. apps: what the project's stack-trace rules say is application code, or is not.
    """

    counted: frozenset[int] = frozenset()
    apps: Mapping[int, bool] = field(default_factory=dict)


NOT_JUDGED = Judged()


def judged(data: Mapping[str, Any], grouping: Grouping | None) -> Judged:
    if grouping is None or grouping.result is None or grouping.kind == "fingerprint":
        return NOT_JUDGED
    result = grouping.result
    return Judged(
        frozenset(id(frame) for frame in result.counted),
        {id(frame): is_app for frame, is_app in result.apps},
    )


class _Page:
    """What all stacks of one page share."""

    def __init__(self, platform: str, view: View, judged: Judged = NOT_JUDGED) -> None:
        self.view = view
        self.judged = judged
        self.platform = platform
        self.colours = Colours(platform)


def exceptions(
    data: Mapping[str, Any], view: View, judged: Judged = NOT_JUDGED
) -> tuple[ExceptionRow, ...]:
    """In reading order: what was raised last comes first, unless the reader wants it otherwise."""
    values = [v for v in sequence(mapping(data.get("exception")).get("values")) if mapping(v)]
    # The last ones are nearest to what the program met.
    values = values[-MAX_EXCEPTIONS:]
    page = _Page(string(data.get("platform")), view, judged)
    rows = []
    shown = values if view.oldest_first else list(reversed(values))
    for index, value in enumerate(shown):
        before = shown[index - 1] if index else None
        rows.append(_exception(value, before, page))
    return tuple(rows)


def threads(data: Mapping[str, Any], view: View) -> tuple[ThreadRow, ...]:
    """Those that have a stack; the crashed and the current one first."""
    page = _Page(string(data.get("platform")), view)
    found = [
        thread
        for thread in map(mapping, sequence(mapping(data.get("threads")).get("values")))
        if sequence(mapping(thread.get("stacktrace")).get("frames"))
    ]
    found.sort(
        key=lambda thread: (thread.get("crashed") is not True, thread.get("current") is not True)
    )
    rows = []
    for thread in found[:MAX_THREADS]:
        words = [word for word in ("crashed", "current", "main") if thread.get(word) is True]
        if string(thread.get("state")):
            words.append(line(thread["state"], 40))
        name = line(thread.get("name"), 100)
        number = line(thread.get("id"), 40)
        title = f"{name} ({number})" if name and number else name or f"Thread {number or '?'}"
        rows.append(
            ThreadRow(
                name=title,
                notes=tuple(words),
                is_open=thread.get("crashed") is True,
                stack=stack(thread.get("stacktrace"), page),
            )
        )
    return tuple(rows)


def event_stack(data: Mapping[str, Any], view: View, judged: Judged = NOT_JUDGED) -> Stack:
    """The stack of a message: old clients send it beside the exceptions."""
    return stack(data.get("stacktrace"), _Page(string(data.get("platform")), view, judged))


def _exception(
    value: Mapping[str, Any], before: Mapping[str, Any] | None, page: _Page
) -> ExceptionRow:
    mechanism = mapping(value.get("mechanism"))
    notes = []
    if string(value.get("module")):
        notes.append(line(value["module"], 200))
    if isinstance(mechanism.get("handled"), bool):
        notes.append("handled" if mechanism["handled"] else "not handled")
    kind = line(mechanism.get("type"), 60)
    if kind and kind not in ("generic", "chained"):
        notes.append(f"mechanism: {kind}")
    if before is None:
        relation = ""
    elif page.view.oldest_first:
        relation = _relation_upwards(mapping(before.get("mechanism")))
    else:
        relation = _relation_downwards(mechanism)
    return ExceptionRow(
        type=line(value.get("type"), 300),
        value=clean(value.get("value"), 10_000),
        notes=tuple(notes),
        relation=relation,
        stack=stack(
            (page.view.raw and value.get("raw_stacktrace")) or value.get("stacktrace"), page
        ),
    )


def has_raw(data: Mapping[str, Any]) -> bool:
    """Whether there are frames as they were before source maps."""
    values = map(mapping, sequence(mapping(data.get("exception")).get("values")))
    return any(sequence(mapping(value.get("raw_stacktrace")).get("frames")) for value in values)


def _relation_downwards(cause: Mapping[str, Any]) -> str:
    """What leads from an exception to the older one below it, of which this is the mechanism."""
    source = line(cause.get("source"), 60)
    if source == "__context__":
        return "raised while this was being handled"
    if source.startswith(("exceptions[", "errors[", "InnerExceptions[")):
        return f"one of its group, {source}"
    if source in ("__cause__", "cause", "InnerException"):
        return "directly caused by"
    return "caused by"


def _relation_upwards(cause: Mapping[str, Any]) -> str:
    source = line(cause.get("source"), 60)
    if source == "__context__":
        return "while it was being handled, this was raised"
    if source.startswith(("exceptions[", "errors[", "InnerExceptions[")):
        return "is one of a group"
    return "which directly caused" if source else "which caused"


def stack(value: Any, page: _Page) -> Stack:
    frames = [f for f in map(mapping, sequence(mapping(value).get("frames"))) if f]
    left_out = max(0, len(frames) - MAX_FRAMES)
    if left_out:
        frames = [*frames[: MAX_FRAMES // 4], *frames[-(MAX_FRAMES - MAX_FRAMES // 4) :]]
    if not frames:
        return Stack(())
    said = page.judged.apps
    is_app = [
        said.get(id(frame), own) for frame, own in zip(frames, own_frames(frames), strict=True)
    ]
    opened = {index for index in range(len(frames)) if is_app[index]}
    opened = set(sorted(opened)[-OPEN_FRAMES:]) or {len(frames) - 1}
    rows = []
    # The frames nearest to the crash come first, so that they get the colours.
    for index in reversed(range(len(frames))):
        rows.append(
            _frame(
                frames[index],
                page,
                is_app=is_app[index],
                is_open=index in opened,
                is_raised=index == len(frames) - 1,
            )
        )
    if page.view.oldest_first:
        rows.reverse()
    entries = tuple(rows) if page.view.all_frames else tuple(_fold(rows))
    return Stack(entries, left_out)


def own_frames(frames: Sequence[Mapping[str, Any]]) -> list[bool]:
    """Which frames are the project's own. What the SDK says wins; if it says nothing, the path does."""
    says = any(isinstance(frame.get("in_app"), bool) for frame in frames)
    if says:
        return [frame.get("in_app") is True for frame in frames]
    return [not _LIBRARY.search(_path(frame)) for frame in frames]


def _path(frame: Mapping[str, Any]) -> str:
    return (string(frame.get("abs_path")) or string(frame.get("filename")))[:2000]


def _fold(rows: Iterable[FrameRow]) -> Iterator[FrameRow | LibraryFrames]:
    folded: list[FrameRow] = []
    for row in rows:
        # A stack without any frame of the project's own has one open: it stands alone.
        if row.is_app or row.is_open:
            if folded:
                yield _library(folded)
                folded = []
            yield row
        else:
            folded.append(row)
    if folded:
        yield _library(folded)


def _library(rows: list[FrameRow]) -> LibraryFrames:
    names = dict.fromkeys(name for row in rows if (name := _package_name(row)))
    return LibraryFrames(tuple(rows), tuple(names)[:4])


def _package_name(row: FrameRow) -> str:
    """django.db of django.db.models.query; react-dom of node_modules/react-dom/index.js."""
    path = row.full_path or row.path
    if "node_modules/" in path:
        parts = path.rpartition("node_modules/")[2].split("/")
        return "/".join(parts[:2]) if parts[0].startswith("@") else parts[0]
    if row.module and "/" not in row.module:
        return ".".join(row.module.split(".")[:2])
    return row.package.rpartition("/")[2] or row.module


def _frame(
    frame: Mapping[str, Any], page: _Page, *, is_app: bool, is_open: bool, is_raised: bool
) -> FrameRow:
    path = line(frame.get("filename"), 500)
    full = line(frame.get("abs_path"), 500)
    number, column = whole(frame.get("lineno")), whole(frame.get("colno"))
    variables = mapping(frame.get("vars"))
    reprs = page.platform == "python"
    return FrameRow(
        path=path or full,
        full_path=full if path and full not in ("", path) else "",
        function=line(frame.get("function") or frame.get("raw_function"), 300),
        module=line(frame.get("module"), 300),
        line=number,
        column=column,
        package=line(frame.get("package"), 300),
        is_app=is_app,
        is_open=is_open,
        is_raised=is_raised,
        is_counted=id(frame) in page.judged.counted,
        url=page.view.links.to(
            string(frame.get("filename")), string(frame.get("abs_path")), number, is_app=is_app
        ),
        code=code_lines(
            frame, page.colours, path or full, number, column, is_open=is_open or is_app
        ),
        variables=tuple(
            (clean(name, 200), pretty(value, reprs=reprs))
            for name, value in list(variables.items())[:MAX_VARIABLES]
        ),
        more_variables=max(0, len(variables) - MAX_VARIABLES),
    )


def as_text(rows: Sequence[ExceptionRow], loose: Stack | None = None, limit: int = 20_000) -> str:
    """For a chat or a ticket: exceptions with their frames and failing lines."""
    out: list[str] = []
    for row in rows:
        if row.relation:
            out.append(f"\n{row.relation}\n")
        out.append(f"{row.type}: {row.value}" if row.value else row.type)
        out += _frames_text(row.stack)
    if loose is not None:
        out += _frames_text(loose)
    return clean("\n".join(out), limit)


def _frames_text(rows: Stack) -> list[str]:
    out = []
    for row in rows.rows():
        out.append(f"  {row.location}" + (f" in {row.function}" if row.function else ""))
        failing = next((code for code in row.code if code.is_failing), None)
        if failing is not None:
            out.append("    " + "".join(part.text for part in failing.parts).strip())
    return out
