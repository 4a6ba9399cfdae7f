"""Known failures in known words. Pure; data of the config.

An entry keeps identifiers that exist in source code or schema and drops data. Codes that decide what to
do (HTTP status, constraint, errno, error code of a service) are identifiers.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from .platforms import Family
from .vocabulary import OVERFLOW_TEXT

MAX_LOOKED_AT = 2000


@dataclass(frozen=True, slots=True)
class Known:
    """reason: "" if the kind of failure is all there is to say. kind: replaces the exception's type."""

    reason: str
    kind: str = ""
    placeless: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What an entry may look at. thrown: raised on purpose by the application, as far as one can see."""

    type: str
    value: str
    line: str
    minified: bool
    thrown: bool


Entry = Callable[[Circumstances], Known | None]


def look_up(family: Family, case: Circumstances) -> Known | None:
    """The first entry that knows this failure, of the family's own list, then of the common one."""
    own = _javascript(case) if family == "js" else None
    if own is not None:
        return own
    if case.value:
        for needs, entry in _COMMON:
            if needs is None or needs.search(case.value):
                known = entry(case)
                if known is not None:
                    return known
    special = _BY_FAMILY.get(family)
    return special(case) if special else None


# JavaScript: engines word one failure differently.

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
        r"Cannot (?:read|set) propert(?:y|ies) of (?:undefined|null) \((?:reading|setting) '([^']{0,200})'\)"
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
_UNDEFINED = re.compile(r"([\w$]{1,200}) is not defined$|Can't find variable: ([\w$]{1,200})")
_CONSTANT = re.compile(
    r"Assignment to constant variable|invalid assignment to const|Attempted to assign to readonly property"
)
_JSON = re.compile(
    r"Unexpected token .{0,300} (?:in JSON at position|is not valid JSON)|.{0,300}is not valid JSON"
    r"|Unexpected (?:non-whitespace character|number|string) .{0,100}JSON|Unexpected end of JSON input"
    r"|JSON\.parse: |JSON Parse error: |Bad control character in string literal in JSON|Expected .{0,60} in JSON"
    r"|Unterminated string in JSON"
)
_NETWORK = re.compile(
    r"Failed to fetch(?: \([^)]{0,300}\))?$|NetworkError when attempting to fetch resource\.?"
    r"|Load failed(?: \([^)]{0,300}\))?$|cancelled$|Network request failed$"
)
_QUOTA = re.compile(
    r"exceeded the quota|quota has been exceeded|NS_ERROR_DOM_QUOTA_REACHED", re.IGNORECASE
)
_BRACKETS = (re.compile(r"\([^()]*\)"), re.compile(r"\[[^\[\]]*\]"))
_ASSIGNMENT = re.compile(r"\s|=(?!=)|[;,]")


def _javascript(case: Circumstances) -> Known | None:
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
    if OVERFLOW_TEXT.match(value):
        return Known("stack-overflow", kind="RangeError")
    if _NEAR.match(value) or _NOT_ITERABLE.search(value):
        return Known("not-iterable", kind="TypeError")
    if case.type == "TypeError":
        known = _nullish(case)
        if known:
            return known
        function = _NOT_FUNCTION.match(value)
        if function:
            return _property("not-a-function", "calling", last_property(function[1]), case)
        if _NETWORK.match(value):
            return Known("network", kind="TypeError", note="browsers word this differently")
    if _CONSTANT.match(value):
        return Known("const-assignment", kind="TypeError")
    if case.type == "ReferenceError":
        name = _UNDEFINED.match(value)
        if name:
            return Known(f"undefined-variable:{name[1] or name[2]}")
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
        return Known("not-iterable", kind="TypeError")
    follows = re.search(rf"(?<![\w$.]){name}(?:\??\.([\w$]+)|\[)", case.line)
    return _property("nullish", "reading", (follows[1] or "[]") if follows else "?", case)


def _property(kind: str, doing: str, name: str, case: Circumstances) -> Known:
    # A name of one or two characters in a minified bundle is another one in the next build.
    if case.minified and len(name) <= 2 and name not in ("?", "[]"):
        name = "?"
    return Known(
        f"{kind}:{name}", kind="TypeError", note=f"{doing} '{name}'; browsers word this differently"
    )


def _identifier(name: str) -> str:
    return "[]" if name.isdigit() else name


def last_property(expression: str) -> str:
    """`this.rows[i].amount.toFixed(2)` -> `toFixed`; `[]` if it is computed, `?` if there is none."""
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


# Common to all families, in this order. The first expression says cheaply whether to look at all.

_Q = r"[\"'`«\\]{1,2}"
_NAME = r"([^\"'`»\\]{1,200})"
_CONSTRAINTS = (
    re.compile(
        r"(?:UNIQUE|NOT NULL|FOREIGN KEY|CHECK|PRIMARY KEY) constraint failed: ([\w., $\"-]{1,200})",
        re.I,
    ),
    re.compile(rf"\bconstraint {_Q}{_NAME}", re.I),
    re.compile(rf"\bfor key {_Q}{_NAME}", re.I),
    re.compile(rf"\bunique index {_Q}{_NAME}", re.I),
    re.compile(r"\bconstraint \(([\w.$]{1,200})\)", re.I),
)
_HTTP = re.compile(
    r"(?<![\w.])([45]\d\d) (?:Client|Server) Error\b|\bstatus(?: code)?[ :=]{1,3}(?:of |is |was )?([45]\d\d)(?!\w)"
    r"|\bHTTP(?:/\d(?:\.\d)?)?[ :]{1,2}(?:status |error |code )?([45]\d\d)(?!\w)|\breturned error: ([45]\d\d)(?!\w)",
    re.IGNORECASE,
)
_SERVICE = re.compile(
    r"An error occurred \(([\w.]{1,100})\) when calling the (\w{1,100}) operation"
)
_FIELDS = re.compile(r"unique constraint failed on the fields?: \(([^)]{1,200})\)", re.IGNORECASE)
_CODES = (
    re.compile(r"\bSQLSTATE\[(\w{5})\]"),
    re.compile(r"\b((?:ORA|PLS|TNS)-\d{1,6})\b"),
    re.compile(r"\bERROR \d{4} \((\w{5})\)"),
    re.compile(r"\b(SQLCODE ?= ?-?\d{1,6})\b"),
    re.compile(r"\bcode = ([A-Z][A-Za-z]{1,40})\b"),
    re.compile(r"\bcode: ([a-z]{1,40}(?:[-/][a-z]{1,40})+)\b"),
    re.compile(r"\(([a-z]{1,40}(?:-[a-z]{1,40})*/[a-z]{1,40}(?:-[a-z]{1,40})*)\)\.?$"),
)
_CODE_AT_END = re.compile(r"\(([a-z]{1,40}(?:-[a-z]{1,40})+)\)\.?$")
_ERRNO = re.compile(
    r"\b(ECONNREFUSED|ECONNRESET|ENOTFOUND|ETIMEDOUT|EPIPE|EACCES|ENOENT|EEXIST|EMFILE|EPERM|EAI_AGAIN"
    r"|EHOSTUNREACH|EADDRINUSE|ENOSPC|EISDIR|ENOTDIR)\b"
)


def _constraint(case: Circumstances) -> Known | None:
    fields = _FIELDS.search(case.value)
    if fields:
        return None
    for pattern in _CONSTRAINTS:
        match = pattern.search(case.value)
        if match:
            return Known(f"constraint {match[1].strip()}", note="the constraint that was violated")
    return None


def _http(case: Circumstances) -> Known | None:
    match = _HTTP.search(case.value)
    code = next(group for group in match.groups() if group) if match else ""
    return Known(f"http {code}", note="the status the other side answered") if code else None


def _service(case: Circumstances) -> Known | None:
    match = _SERVICE.search(case.value)
    return (
        Known(f"{match[1]} {match[2]}", note="error code and operation of the service")
        if match
        else None
    )


def _prisma(case: Circumstances) -> Known | None:
    match = _FIELDS.search(case.value)
    return Known(f"constraint {match[1].replace('`', '').strip()}") if match else None


def _code(case: Circumstances) -> Known | None:
    value = case.value
    for pattern in _CODES:
        match = pattern.search(value)
        if match:
            return Known(f"code {match[1].replace(' ', '')}", note="error code")
    # Words in brackets at the end of one's own message are as likely to be data.
    match = None if case.thrown else _CODE_AT_END.search(value)
    return Known(f"code {match[1]}", note="error code") if match else None


def _errno(case: Circumstances) -> Known | None:
    match = _ERRNO.search(case.value)
    return Known(match[1], note="error code of the operating system") if match else None


_COMMON: tuple[tuple[re.Pattern[str] | None, Entry], ...] = (
    (re.compile(r"constraint |for key |unique index ", re.IGNORECASE), _constraint),
    (re.compile(r"[45]\d\d"), _http),
    (re.compile(r"An error occurred \("), _service),
    (re.compile(r"on the fields?: \("), _prisma),
    (re.compile(r"SQL|ORA-|PLS-|TNS-|ERROR \d|code[ :]|\)\.?$"), _code),
    (
        re.compile(r"JSON parse error", re.IGNORECASE),
        lambda case: Known("json-parse") if case.value[:16].lower() == "json parse error" else None,
    ),
    (re.compile(r"deadlock", re.IGNORECASE), lambda case: Known("deadlock")),
    (re.compile(r"\bE[A-Z]{3,}"), _errno),
)


# One language only.

_PYTHON = (
    re.compile(r"has no attribute '([^']{1,200})'"),
    re.compile(r"cannot import name '([^']{1,200})'"),
    re.compile(r"No module named '?([\w.]{1,200})'?"),
    re.compile(r"name '([^']{1,200})' is not defined"),
    re.compile(r"cannot access (?:local|free) variable '([^']{1,200})'"),
    re.compile(r"(?:local|free) variable '([^']{1,200})' referenced before assignment"),
    re.compile(r"([\w.<>]{1,200})\(\) (?:got an unexpected|got multiple|missing|takes)\b"),
)
_PYTHON_TYPES = frozenset(
    "AttributeError ImportError ModuleNotFoundError NameError UnboundLocalError TypeError".split()
)
_RUBY_METHOD = re.compile(
    r"undefined (?:local variable or )?(?:private )?method [`'‘]([^'’`]{1,200})['’]"
)
_RUBY_RECORD = re.compile(r"Couldn't find (?:all )?([A-Z][\w:]{0,200})")
_PHP_MEMBER = re.compile(r"Call to (?:a member function|undefined method) ([\w:\\@]{1,200})\(\)")
_PHP_UNDEFINED = re.compile(
    r"Undefined (variable|property|array key|index|offset):? [\"']?\$?([^\"'\s]{1,200})"
)
_PHP_TWIG = re.compile(r"Variable \"([^\"]{1,200})\" does not exist in \"([^\"]{1,300})\"")


def _python(case: Circumstances) -> Known | None:
    if case.type == "KeyError":
        if case.thrown:
            return None
        key = case.value.strip()
        bare = key.strip("'\"")
        literal = bool(bare) and (f"'{bare}'" in case.line or f'"{bare}"' in case.line)
        return Known(
            bare if literal else "",
            note="the key stands in the source" if literal else "the key is data",
        )
    if case.type in _PYTHON_TYPES:
        for pattern in _PYTHON:
            match = pattern.search(case.value)
            if match:
                return Known(
                    match[1].rpartition(".")[2] if "(" in pattern.pattern[:20] else match[1]
                )
    return None


def _ruby(case: Circumstances) -> Known | None:
    match = _RUBY_METHOD.match(case.value)
    if match:
        return Known(match[1])
    if case.type == "RecordNotFound":
        record = _RUBY_RECORD.match(case.value)
        return Known(record[1]) if record else None
    return None


def _java(case: Circumstances) -> Known | None:
    return (
        Known("", note="the wording depends on the compiler")
        if case.type == "NullPointerException"
        else None
    )


def _php(case: Circumstances) -> Known | None:
    value = case.value
    template = _PHP_TWIG.search(value)
    if template:
        return Known(f"{template[1]} {template[2]}")
    member = _PHP_MEMBER.search(value)
    if member:
        return Known(member[1].rpartition("::")[2])
    missing = _PHP_UNDEFINED.search(value)
    if missing:
        name = missing[2].rpartition("::")[2].lstrip("$")
        return Known("[]" if name.isdigit() else name)
    if "foreach()" in value:
        return Known("foreach")
    return None


def _rust(case: Circumstances) -> Known | None:
    return (
        Known("unwrap-err") if "called `Result::unwrap()` on an `Err` value" in case.value else None
    )


_BY_FAMILY: dict[Family, Entry] = {
    "python": _python,
    "ruby": _ruby,
    "java": _java,
    "php": _php,
    "rust": _rust,
}
