"""One stack trace, looked at lazily from the crash outwards. Pure.

{"frames": [{"function": "main", ...}, ..., {"function": "total", ...}]}     the crash is last
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from .classify import DROPPED, MACHINERY, NEVER, classify
from .marks import Marks
from .names import where_and_name
from .platforms import Family, family_of
from .vocabulary import RAISING

MAX_FRAMES = 400
MAX_CONTEXT = 8192

# What is looked at of one attribute; longer ones would fill the caches.
_MAX_NAME = 512
_MAX_ATTRIBUTES = 1024
_MAX_SOURCE = 200
# Languages that no browser runs: a source map was applied.
_MAPPED = (".ts", ".tsx", ".jsx", ".vue", ".svelte", ".mts", ".cts", ".coffee")

_UNUSABLE = DROPPED | MACHINERY
_NOT_APP = _UNUSABLE | NEVER

Frame = Mapping[str, Any]
# (family, function, module, file name, absolute path, package), strings cut to size.
Attributes: TypeAlias = tuple[Family, str, str, str, str, str]
# What a project's rules say about a stack and the exception that it belongs to, if any.
Marker: TypeAlias = Callable[["Stack", Mapping[str, Any] | None], Marks | None]


class Part(NamedTuple):
    """What one frame can contribute to a place; "" stands for none."""

    where: str
    name: str
    source: str


# Attributes of a frame, and what `classify` says of them.
Seen: TypeAlias = tuple[Attributes, int]


def _seen(
    family: Family, function: str, module: str, filename: str, abs_path: str, package: str
) -> Seen:
    names = function, module, filename, abs_path, package
    if sum(map(len, names)) <= _MAX_ATTRIBUTES:
        return _known(family, *names)
    return _known(
        family,
        function[:_MAX_NAME],
        module[:_MAX_NAME],
        filename[-_MAX_NAME:],
        abs_path[-_MAX_NAME:],
        package[-_MAX_NAME:],
    )


# The frames of a program come again with each of its events.
@lru_cache(maxsize=16384)
def _known(
    family: Family, function: str, module: str, filename: str, abs_path: str, package: str
) -> Seen:
    attributes = (family, function, module, filename, abs_path, package)
    named = function or module or filename or abs_path or package
    return attributes, classify(*attributes) if named else DROPPED


class Stack:
    """The last MAX_FRAMES frames; whether one is application code is found out when asked."""

    __slots__ = (
        "_by_app",
        "_crash",
        "_first",
        "_ignore_sdk",
        "_raising",
        "_raising_read",
        "_seen",
        "_trust_sdk",
        "family",
        "frames",
        "marks",
        "offset",
    )

    def __init__(
        self,
        frames: Sequence[Frame],
        family: Family,
        marker: Marker | None = None,
        exception: Mapping[str, Any] | None = None,
    ) -> None:
        self.offset = max(0, len(frames) - MAX_FRAMES)
        self.frames = frames[-MAX_FRAMES:] if self.offset else frames
        self.family = family
        self._seen: dict[int, Seen] = {}
        self._raising: bool | None = None
        self._raising_read = False
        self._trust_sdk = self._ignore_sdk = False
        self._first: int | None = None
        self._crash: int | None = None
        self._by_app: bool | None = None
        self.marks: Marks | None = None
        if marker is not None and frames:
            # The rules ask a stack that they have not marked: what is application code without them.
            plain = Stack(frames, family)
            self.marks = marker(plain, exception)
            self._seen = plain._seen
            for index in self.marks.out if self.marks is not None else ():
                self._seen[index] = plain.attributes(index), DROPPED

    def __bool__(self) -> bool:
        return bool(self.frames)

    def attributes(self, index: int) -> Attributes:
        return (self._seen.get(index) or self._see(index))[0]

    def flags(self, index: int) -> int:
        """See `classify`; a frame that names nothing, or that a rule takes out, counts as dropped."""
        return (self._seen.get(index) or self._see(index))[1]

    def _see(self, index: int) -> Seen:
        get = self.frames[index].get
        platform = get("platform")
        seen = _seen(
            family_of(platform, self.family) if platform else self.family,
            get("function") or "",
            get("module") or "",
            get("filename") or "",
            get("abs_path") or "",
            get("package") or "",
        )
        if self.marks is not None and index in self.marks.out:
            seen = (seen[0], DROPPED)
        self._seen[index] = seen
        return seen

    def is_app(self, index: int) -> bool:
        """Whether the frame is application code and neither generated nor machinery."""
        self._find_first()
        return self._is_app(index)

    def _is_app(self, index: int) -> bool:
        if self.marks is not None:
            said = self.marks.app.get(index)
            if said is not None:
                return said and not self.flags(index) & _UNUSABLE
        # Most frames of a deep stack are flagged by the SDK and need no further look.
        in_app = self.frames[index].get("in_app")
        if (in_app is False and not self._ignore_sdk) or (self._trust_sdk and in_app is not True):
            return False
        flags = (self._seen.get(index) or self._see(index))[1]
        return not flags & (_UNUSABLE if self._trust_sdk else _NOT_APP)

    def _find_first(self) -> int:
        """Index of the application frame nearest the crash; -1 if there is none."""
        if self._first is None:
            self._first = self._innermost_app()
            if self._first < 0:
                # Somebody does develop these libraries: the SDK's own flags are all there is.
                self._trust_sdk = True
                self._first = self._innermost_app()
                if self._first < 0 and self.family == "beam":
                    # Its SDK flags nothing as application code unless it is told to.
                    self._trust_sdk, self._ignore_sdk = False, True
                    self._first = self._innermost_app()
        return self._first

    def _innermost_app(self) -> int:
        return next((i for i in range(len(self.frames) - 1, -1, -1) if self._is_app(i)), -1)

    def app_indexes(self) -> Iterator[int]:
        """Usable application frames from the crash outwards."""
        return filter(self._is_app, range(self._find_first(), -1, -1))

    def system_indexes(self) -> Iterator[int]:
        """All usable frames from the crash outwards."""
        return (i for i in range(len(self.frames) - 1, -1, -1) if not self.flags(i) & _UNUSABLE)

    @property
    def crash(self) -> int:
        """Index of the frame that raised: the innermost that is no machinery; -1 if none."""
        if self._crash is None:
            self._crash = next(self.system_indexes(), -1)
        return self._crash

    @property
    def raised_by_app(self) -> bool:
        """Whether the crash frame is application code."""
        if self._by_app is None:
            self._by_app = self.crash >= 0 and self.is_app(self.crash)
        return self._by_app

    def context(self, index: int) -> str:
        """The context line of a frame, "" if there is none."""
        line = self.frames[index].get("context_line") if index >= 0 else None
        return line[:MAX_CONTEXT].strip() if isinstance(line, str) else ""

    @property
    def raising_line(self) -> bool | None:
        """Whether the crash frame's context line raises on purpose; None if there is no line."""
        if not self._raising_read:
            self._raising_read = True
            line = self.context(self.crash)
            self._raising = RAISING.search(line) is not None if line else None
        return self._raising

    def part(self, index: int) -> Part:
        family, function, module, filename, abs_path, package = self.attributes(index)
        path = filename or abs_path
        minified = family == "js" and self.is_minified(index)
        where, name = where_and_name(family, function, module, path, package, minified)
        if name:
            return Part(where, name, "")
        source = self.context(index)
        if source:
            source = "".join(source.split())
            if len(source) > _MAX_SOURCE:
                source = ""
        return Part(where, "", source)

    def is_minified(self, index: int) -> bool:
        """js: no source map was applied and there is no context line."""
        frame = self.frames[index]
        if frame.get("context_line"):
            return False
        data = frame.get("data")
        if isinstance(data, Mapping) and data.get("sourcemap"):
            return False
        path = frame.get("filename") or frame.get("abs_path") or ""
        return not path.partition("?")[0].endswith(_MAPPED)
