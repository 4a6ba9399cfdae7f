"""The part of a received event that decides what becomes of it: issue, tags, user, filters. Pure.

Half the time of reading an event goes into values that nobody looks at before somebody opens it: variables,
breadcrumbs, extra. msgspec steps over them without making objects, and refuses at its own speed whatever has not the
usual shape; such an event is read whole.
"""

from typing import Annotated, Any, NotRequired, TypedDict

import msgspec

from issues.payload import request
from issues.payload.frames import LARGEST_LINE
from issues.payload.types import DEFAULT_LIMITS
from issues.payload.user import tells_user_address

# As `frames._is_fine` wants them, so that it need not look at them again.
_Text = Annotated[str, msgspec.Meta(max_length=DEFAULT_LIMITS.source_line)] | None
_Lines = list[Annotated[str, msgspec.Meta(max_length=DEFAULT_LIMITS.source_line)]] | None
_Number = Annotated[int, msgspec.Meta(ge=0, le=LARGEST_LINE)] | None


class _Frame(TypedDict, total=False):
    """Without variables."""

    filename: _Text
    abs_path: _Text
    module: _Text
    function: _Text
    raw_function: _Text
    package: _Text
    platform: _Text
    symbol: _Text
    context_line: _Text
    pre_context: _Lines
    post_context: _Lines
    lineno: _Number
    colno: _Number
    in_app: bool | None
    data: Any


class _Stacktrace(TypedDict):
    frames: list[_Frame | None]


class _Exception(TypedDict, total=False):
    type: Any
    value: Any
    module: Any
    mechanism: Any
    thread_id: Any
    stacktrace: _Stacktrace | None


class _Thread(TypedDict, total=False):
    id: Any
    name: Any
    crashed: Any
    current: Any
    main: Any
    stacktrace: _Stacktrace | None


class _Exceptions(TypedDict):
    values: list[_Exception | None]
    mechanism: NotRequired[Any]


class _Threads(TypedDict):
    values: list[_Thread | None]


_LONG = 10**40

# What log pipelines send when there is no such field; readers leave it out.
REFERENCE = b'"%{'

_ANY = (
    "event_id timestamp level type platform logger transaction transaction_info culprit server_name release dist "
    "environment message logentry tags user request contexts sdk client fingerprint checksum template debug_meta csp "
    "hpkp expectct expectstaple nel http @version"
).split()
_INTERFACES = (
    "Message Exception Threads Stacktrace Template Breadcrumbs Http User Contexts DebugMeta".split()
)

# Attributes that are stepped over: `breadcrumbs`, `extra`, `modules`, `errors`, `_meta` and names that nobody knows.
_MEMBERS: dict[str, Any] = {
    **dict.fromkeys(_ANY, Any),
    **{f"sentry.interfaces.{name}": Any for name in _INTERFACES},
    "exception": _Exceptions | list[_Exception | None] | None,
    "threads": _Threads | list[_Thread | None] | None,
    "stacktrace": _Stacktrace | None,
}
_Sketch: Any = TypedDict("_Sketch", _MEMBERS, total=False)  # type: ignore[misc]
_decoder: msgspec.json.Decoder[dict[str, Any]] = msgspec.json.Decoder(_Sketch)


def sketch(raw: bytes) -> dict[str, Any] | None:
    """What `normalize` needs for everything but the stored payload; None: read the event whole.

    raw: JSON, nested as deeply as it likes: msgspec gives up below the depth at which any parser would.
    """
    if REFERENCE in raw:
        return None
    try:
        found = _decoder.decode(raw)
    except (msgspec.MsgspecError, RecursionError):
        return None
    # Old names and other forms are rare, and reading them whole keeps their rules in one place.
    if "@version" in found or any(key.startswith("sentry.") for key in found):
        return None
    # Of so many digits that lenient.loads makes text of them.
    if any(value.__class__ is int and abs(value) >= _LONG for value in found.values()):
        return None
    return found


def tells_address(found: dict[str, Any]) -> bool:
    """Whether the event of this sketch names the address of a client."""
    return tells_user_address(found.get("user")) or any(
        request.tells_address(found.get(name)) for name in ("request", "http")
    )
