"""Known failures of JavaScript: engines word one failure differently. Pure; data of the config."""

import re

from issues.words import words

from .known import Circumstances, Known
from .vocabulary import OVERFLOW_TEXT

_CHUNK = re.compile(r"Loading (?:CSS )?chunk \S{1,200} failed")
_IMPORT = re.compile(
    r"Failed to fetch dynamically imported module|error loading dynamically imported module"
    r"|Importing a module script failed",
    re.IGNORECASE,
)
_REACT = re.compile(r"Minified React error #(\d{1,5})")
_SCRIPT_ERROR = re.compile(r"Script error\.?$")
_NULLISH = (
    re.compile(
        r"Cannot (?:read|set) propert(?:y|ies) of (?:undefined|null)"
        r" \((?:reading|setting) '([^']{0,200})'\)"
    ),
    re.compile(r"Cannot (?:read|set) property '([^']{0,200})' of (?:undefined|null)"),
    re.compile(r"Cannot destructure property '([^']{0,200})' of"),
    re.compile(r"can't access property \"([^\"]{0,200})\""),
    re.compile(r"can't access property (\w{1,200}) of"),
)
_NULLISH_BARE = re.compile(r"Cannot (?:read|set) propert(?:y|ies) of (?:undefined|null)")
_NULLISH_SAFARI = re.compile(
    r"(?:undefined|null) is not an object(?: \(evaluating '(.{0,300}?)'\))?"
)
_NULLISH_FIREFOX = re.compile(r"([\w$.\[\]()]{1,200}) is (?:undefined|null)$")
_NEAR = re.compile(r"undefined is not a function \(near '\.\.\.|Spread syntax requires")
_NOT_ITERABLE = re.compile(
    r"\bis not iterable\b|is not a function or its return value is not iterable"
)
_NOT_FUNCTION = re.compile(r"(\S.{0,300}?) is not a function\b")
_NOT_CONSTRUCTOR = re.compile(
    r"undefined is not a constructor \(evaluating '(?:new )?(.{1,300}?)'\)"
    r"|(\S.{0,300}?) is not a constructor\b"
)
# What browsers say about calls of the DOM; servers have types of the same names.
_DOM_TYPES = words(
    """
    NotFoundError InvalidStateError InvalidAccessError InvalidCharacterError HierarchyRequestError
    IndexSizeError NotAllowedError NotSupportedError NotReadableError DataCloneError DOMException
    """
)
_DOM_WORDS = re.compile(
    r"Failed to execute '|The object (?:can ?not be found here|is in an invalid state)"
    r"|[A-Z]\w{1,40}\.\w{1,60}: |The (?:operation|request|play\(\) request|string|index|node) "
    r"|A mutation operation was attempted"
)
_UNDEFINED = re.compile(r"([\w$]{1,200}) is not defined$|Can't find variable: ([\w$]{1,200})")
_CONSTANT = re.compile(
    r"Assignment to constant variable|invalid assignment to const"
    r"|Attempted to assign to readonly property"
)
_JSON = re.compile(
    r"Unexpected token .{0,300} (?:in JSON at position|is not valid JSON)|.{0,300}is not valid JSON"
    r"|Unexpected (?:non-whitespace character|number|string) .{0,100}JSON"
    r"|Unexpected end of JSON input|JSON\.parse: |JSON Parse error: |Expected .{0,60} in JSON"
    r"|Bad control character in string literal in JSON"
    # Safari, for a body that is no JSON.
    r"|The string did not match the expected pattern\.?$"
    r"|Unterminated string in JSON"
)
_NETWORK = re.compile(
    r"Failed to fetch(?: \([^)]{0,300}\))?$|NetworkError when attempting to fetch resource\.?"
    r"|Load failed(?: \([^)]{0,300}\))?$|cancelled$|Network request failed$"
    r"|The (?:network connection was lost|Internet connection appears to be offline)"
    r"|The request timed out"
    r"|A server with the specified hostname could not be found"
)
_QUOTA = re.compile(
    r"exceeded the quota|quota has been exceeded|NS_ERROR_DOM_QUOTA_REACHED", re.IGNORECASE
)
_BRACKETS = (re.compile(r"\([^()]*\)"), re.compile(r"\[[^\[\]]*\]"))
_ASSIGNMENT = re.compile(r"\s|=(?!=)|[;,]")


def javascript(case: Circumstances) -> Known | None:
    kind, value = case.type, case.value
    for entry in (_placeless, _engine) if value else (_placeless,):
        known = entry(case)
        if known:
            return known
    if kind == "AbortError":
        return Known("aborted")
    if kind in ("QuotaExceededError", "NS_ERROR_DOM_QUOTA_REACHED") or (
        kind in ("DOMException", "Error") and _QUOTA.search(value)
    ):
        return Known("quota", kind="QuotaExceededError")
    return Known("denied") if kind == "SecurityError" else None


def _placeless(case: Circumstances) -> Known | None:
    value = case.value
    if case.type == "ChunkLoadError" or _CHUNK.search(value):
        return Known("chunk", placeless=True, note="a part of the build could not be loaded")
    if _IMPORT.search(value):
        return Known("dynamic-import", placeless=True, note="browsers word this differently")
    if "ResizeObserver loop" in value:
        return Known("resize-observer", placeless=True)
    if _SCRIPT_ERROR.match(value):
        return Known(
            "script-error", placeless=True, note="the browser hides errors of foreign scripts"
        )
    react = _REACT.search(value)
    return Known(f"react#{react[1]}", placeless=True) if react else None


def _engine(case: Circumstances) -> Known | None:
    value = case.value
    if case.type in ("RangeError", "InternalError") and OVERFLOW_TEXT.match(value):
        return Known("stack-overflow", kind="RangeError")
    if case.type == "TypeError":
        if _NEAR.match(value) or _NOT_ITERABLE.search(value):
            return Known("not-iterable")
        known = _nullish(case)
        if known:
            return known
        function = _NOT_FUNCTION.match(value)
        if function:
            return _property("not-a-function", "calling", last_property(function[1]), case)
        constructor = _NOT_CONSTRUCTOR.match(value)
        if constructor:
            made = last_property(constructor[1] or constructor[2])
            return _property("not-a-constructor", "making", made, case)
        if _NETWORK.match(value):
            return Known("network", note="browsers word this differently")
        if _CONSTANT.match(value):
            return Known("const-assignment")
    if case.type == "ReferenceError":
        name = _UNDEFINED.match(value)
        if name:
            return Known(f"undefined-variable:{name[1] or name[2]}")
    if case.type in _DOM_TYPES and _DOM_WORDS.match(value) and not _QUOTA.search(value):
        return Known("", note="browsers word this differently")
    if case.type == "SyntaxError" and _JSON.match(value):
        return Known("json-parse")
    return None


def _nullish(case: Circumstances) -> Known | None:
    value = case.value
    for pattern in _NULLISH:
        match = pattern.match(value)
        if match:
            return _property("nullish", "reading", _identifier(match[1]), case)
    safari = _NULLISH_SAFARI.match(value)
    if safari:
        return _property("nullish", "reading", last_property(safari[1] or ""), case)
    if _NULLISH_BARE.match(value):
        return _property("nullish", "reading", "?", case)
    firefox = _NULLISH_FIREFOX.match(value)
    if not firefox:
        return None
    name = re.escape(firefox[1])
    if re.search(rf"(?:\bof\s+|\.\.\.\s*){name}(?![\w$.])", case.line):
        return Known("not-iterable")
    follows = re.search(rf"(?<![\w$.]){name}(?:\??\.([\w$]+)|\[)", case.line)
    return _property("nullish", "reading", (follows[1] or "[]") if follows else "?", case)


def _property(kind: str, doing: str, name: str, case: Circumstances) -> Known:
    # A name of one or two characters in a minified bundle is another one in the next build.
    if case.minified and len(name) <= 2 and name not in ("?", "[]"):
        name = "?"
    return Known(f"{kind}:{name}", note=f"{doing} '{name}'; browsers word this differently")


def _identifier(name: str) -> str:
    return "[]" if name.isdigit() else name


def last_property(expression: str) -> str:
    """`this.rows[i].amount.toFixed(2)` -> `toFixed`; `[]` if computed, `?` if there is none."""
    for _ in range(6):
        shorter = _BRACKETS[0].sub("", expression)
        if shorter == expression:
            break
        expression = shorter
    expression = _BRACKETS[1].sub(".[]", expression).partition("(")[0].strip()
    cut = _ASSIGNMENT.search(expression)
    if cut:
        expression = expression[: cut.start()]
    name = expression.rstrip("?.").rpartition(".")[2].lstrip("#")
    if name in ("", "undefined", "null"):
        return "?"
    return _identifier(name)
