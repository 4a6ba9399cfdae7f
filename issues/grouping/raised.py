"""One exception of an event, and who raised it. Pure."""

from collections.abc import Mapping
from typing import Any

from .platforms import Family
from .stack import Marker, Stack
from .vocabulary import ENGINE_TYPES, OVERFLOW_TEXT, OVERFLOW_TYPES, WRAPPERS, short_type

MAX_VALUE = 8192
_UNKNOWN = ("<unknown>", "")
# Their stacks show where an error was reported, so the line of the crash frame raises nothing.
REPORTED = frozenset(("go", "rust", "native"))
_NOT_RESPONDING = ("anr", "apphang", "app_hang", "watchdog", "mx_hang", "applicationnotresponding")
_NATIVE_SIGNALS = frozenset(("signalhandler", "minidump", "mach"))


class Raised:
    """An exception with its stack. cause, members: positions in the list it came from."""

    __slots__ = (
        "cause",
        "family",
        "full_type",
        "index",
        "mechanism",
        "members",
        "short_type",
        "stack",
        "value",
    )

    def __init__(
        self,
        data: Mapping[str, Any],
        index: int,
        event_family: Family,
        marker: Marker | None = None,
    ) -> None:
        self.index = index
        mechanism = data.get("mechanism")
        self.mechanism: Mapping[str, Any] = mechanism if isinstance(mechanism, dict) else {}
        self.stack = Stack(frames_of(data.get("stacktrace")), event_family, marker, data)
        frames = self.stack.frames
        self.family: Family = self.stack.attributes(len(frames) - 1)[0] if frames else event_family
        kind = data.get("type")
        value = data.get("value")
        self.full_type = kind[:1024] if isinstance(kind, str) and kind not in _UNKNOWN else ""
        self.value = value[:MAX_VALUE] if isinstance(value, str) else ""
        name = short_type(self.full_type) if self.full_type else ""
        # The class of an error has been minified: another name in the next build.
        self.short_type = "Error" if self.family == "js" and 0 < len(name) <= 2 else name
        self.cause: int | None = None
        self.members: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.full_type or self.value or self.stack)

    @property
    def raised_by_app(self) -> bool:
        return self.stack.raised_by_app

    @property
    def thrown(self) -> bool:
        """Raised by the application, on purpose."""
        if not self.stack.raised_by_app:
            return False
        line = None if self.family in REPORTED else self.stack.raising_line
        return self.short_type not in ENGINE_TYPES if line is None else line

    @property
    def is_group(self) -> bool:
        flagged = self.mechanism.get("is_exception_group") is True
        return bool(self.members) and (flagged or (self.is_wrapper and len(self.members) > 1))

    @property
    def is_wrapper(self) -> bool:
        return self.short_type in WRAPPERS

    @property
    def synthetic(self) -> bool:
        return self.mechanism.get("synthetic") is True or (
            self.family == "native" and self.mechanism.get("type") in _NATIVE_SIGNALS
        )

    @property
    def not_responding(self) -> bool:
        kind = self.mechanism.get("type")
        return isinstance(kind, str) and kind.lower().startswith(_NOT_RESPONDING)

    @property
    def overflow(self) -> bool:
        return self.short_type in OVERFLOW_TYPES or OVERFLOW_TEXT.match(self.value) is not None


def frames_of(stacktrace: object) -> list[Mapping[str, Any]]:
    """The frames of a stack trace, outermost first; [] if there are none."""
    # Nearly always one: asking for the type is a fifth of asking for the interface.
    is_mapping = type(stacktrace) is dict or isinstance(stacktrace, Mapping)
    frames = stacktrace.get("frames") if is_mapping else None  # type: ignore[attr-defined]
    return frames if isinstance(frames, list) else []
