"""Known failures in known words. Pure; data of the config.

An entry keeps identifiers that exist in source code or schema and drops data. Codes that decide
what to do (HTTP status, constraint, errno, error code of a service) are identifiers.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from issues.words import words

from .catalogue_js import javascript
from .known import Circumstances, Entry, Known
from .platforms import Family

MAX_LOOKED_AT = 2000


def look_up(family: Family, case: Circumstances) -> Known | None:
    """The first entry that knows this failure, of the family's own list, then of the common one."""
    own = javascript(case) if family == "js" else None
    if own is not None:
        return own
    if case.value:
        for needs, entry in _COMMON:
            if needs.search(case.value):
                known = entry(case)
                if known is not None:
                    return replace(known, is_code=True)
    special = _BY_FAMILY.get(family)
    return special(case) if special else None


# Common to all families, in this order. The first expression says cheaply whether to look at all.

_Q = r"[\"'`«\\]{1,2}"
_NAME = r"([^\"'`»\\]{1,200})"
_CONSTRAINTS = (
    re.compile(
        r"(?:UNIQUE|NOT NULL|FOREIGN KEY|CHECK|PRIMARY KEY) constraint failed: "
        r"([\w., $\"-]{1,200})",
        re.I,
    ),
    re.compile(rf"\bconstraint {_Q}{_NAME}", re.I),
    re.compile(rf"\bfor key {_Q}{_NAME}", re.I),
    re.compile(rf"\bunique index {_Q}{_NAME}", re.I),
    re.compile(r"\bconstraint [(\[]([\w.$]{1,200})[)\]]", re.I),
    re.compile(rf"{_Q}{_NAME}{_Q} \([a-z_]{{1,40}}_constraint\)"),
    re.compile(rf"\bnull value in column {_Q}{_NAME}"),
    re.compile(r"\bindex: ([\w.$]{1,200}) dup key"),
)
_HTTP = re.compile(
    r"(?<![\w.])([45]\d\d) (?:Client|Server) Error\b|\A([45]\d\d), message="
    r"|\b(?:Client|Server) error ['`]([45]\d\d)|\bresulted in a ['`]([45]\d\d)"
    r"|\bstatus(?: code)?(?: does not indicate success)?[ :=]{1,3}(?:of |is |was )?([45]\d\d)(?!\w)"
    r"|\bresponse code[ :=]{1,3}([45]\d\d)(?!\w)"
    r"|\bHTTP(?:/\d(?:\.\d)?)?[ :]{1,2}(?:status |error |code )?([45]\d\d)(?!\w)"
    r"|\breturned error: ([45]\d\d)(?!\w)",
    re.IGNORECASE,
)
_SERVICE = re.compile(
    r"An error occurred \(([\w.]{1,100})\) when calling the (\w{1,100}) operation"
)
_FIELDS = re.compile(r"unique constraint failed on the fields?: \(([^)]{1,200})\)", re.IGNORECASE)
_CODES = (
    re.compile(r"\bSQLSTATE\[((?!HY000)\w{5})\]"),
    re.compile(r"\b((?:ORA|PLS|TNS)-\d{1,6})\b"),
    re.compile(r"\bERROR \d{4} \((\w{5})\)"),
    re.compile(r"\b(SQLCODE ?= ?-?\d{1,6})\b"),
    re.compile(r"\bcode = ([A-Z][A-Za-z]{1,40})\b"),
    re.compile(r"\bStatusCode\.([A-Z_]{2,40})\b"),
    re.compile(r"\b(cURL error \d{1,3})\b"),
    re.compile(r"\bcode: ([a-z]{1,40}(?:[-/][a-z]{1,40})+)\b"),
    re.compile(r"\(([a-z]{1,40}(?:-[a-z]{1,40})*/[a-z]{1,40}(?:-[a-z]{1,40})*)\)\.?$"),
)
_GENERAL_ERROR = re.compile(r"\bSQLSTATE\[HY000\](?:: General error: (\d{1,6})| \[(\d{1,6})\])?")
_CODE_AT_END = re.compile(r"\(([a-z]{1,40}(?:-[a-z]{1,40})+)\)\.?$")
_ERRNO = re.compile(
    r"\b(ECONNREFUSED|ECONNRESET|ENOTFOUND|ETIMEDOUT|EPIPE|EACCES|ENOENT|EEXIST|EMFILE|EPERM|EAI_AGAIN"
    r"|EHOSTUNREACH|EADDRINUSE|ENOSPC|EISDIR|ENOTDIR)\b"
)
# The same by number: Linux, macOS, Windows.
_ERRNO_NUMBER = re.compile(r"\[(?:Errno|WinError) (-?\d{1,5})\]|\(os error (\d{1,5})\)")
_ERRNO_NAMES = {
    int(number): name
    for name, numbers in {
        "ECONNREFUSED": "111 61 10061",
        "ECONNRESET": "104 54 10054",
        "ENOTFOUND": "-2 -5 8 11001",
        "EAI_AGAIN": "-3",
        "ETIMEDOUT": "110 60 10060",
        "EPIPE": "32",
        "EACCES": "13",
        "ENOENT": "2",
        "EEXIST": "17",
        "EMFILE": "24",
        "EPERM": "1",
        "EHOSTUNREACH": "113 65 10065",
        "EADDRINUSE": "98 48 10048",
        "ENOSPC": "28",
        "EISDIR": "21",
        "ENOTDIR": "20",
    }.items()
    for number in numbers.split()
}


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
    general = _GENERAL_ERROR.search(value)
    if general:
        # The state that means anything; only the driver's own number tells.
        number = general[1] or general[2] or "1"
        return Known(f"code HY000 {number}", note="error code") if number != "1" else None
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


def _errno_number(case: Circumstances) -> Known | None:
    match = _ERRNO_NUMBER.search(case.value)
    if match is None:
        return None
    number = int(match[1] or match[2])
    name = _ERRNO_NAMES.get(number, f"errno {number}")
    return Known(name, note="error code of the operating system")


_COMMON: tuple[tuple[re.Pattern[str], Entry], ...] = (
    (re.compile(r"constraint|for key |unique index |dup key", re.IGNORECASE), _constraint),
    (re.compile(r"[45]\d\d"), _http),
    (re.compile(r"An error occurred \("), _service),
    (re.compile(r"on the fields?: \("), _prisma),
    (re.compile(r"SQL|cURL|ORA-|PLS-|TNS-|ERROR \d|code[ :]|StatusCode\.|\)\.?$"), _code),
    (re.compile(r"\AJSON parse error", re.IGNORECASE), lambda case: Known("json-parse")),
    (re.compile(r"deadlock", re.IGNORECASE), lambda case: Known("deadlock")),
    (re.compile(r"\bE[A-Z]{3,}"), _errno),
    (re.compile(r"\[Errno|\[WinError|\(os error"), _errno_number),
)


# One language only.

_PYTHON = (
    re.compile(r"has no attribute '([^']{1,200})'"),
    re.compile(r"cannot import name '([^']{1,200})'"),
    re.compile(r"No module named '?([\w.]{1,200})'?"),
    re.compile(r"name '([^']{1,200})' is not defined"),
    re.compile(r"cannot access (?:local|free) variable '([^']{1,200})'"),
    re.compile(r"(?:local|free) variable '([^']{1,200})' referenced before assignment"),
)
_PYTHON_MODEL = re.compile(
    r"([A-Za-z_][\w.]{0,200}) matching query does not exist|returned more than one ([A-Z]\w{0,200})"
)
_PYTHON_CALL = re.compile(
    r"([\w.<>]{1,200})\(\) (?:got an unexpected|got multiple|missing|takes)\b"
)
_PYTHON_TYPES = words(
    "AttributeError ImportError ModuleNotFoundError NameError UnboundLocalError TypeError"
)
# Where the interpreter raises a type that may mean anything; its words differ between versions, and
# what they quote is data.
_PYTHON_KINDS: Mapping[str, tuple[tuple[re.Pattern[str], str], ...]] = {
    "TypeError": (
        (re.compile(r"is not subscriptable|has no attribute '__getitem__'"), "not subscriptable"),
        (re.compile(r"does not support item (?:assignment|deletion)"), "item assignment"),
        (re.compile(r"is not callable"), "not callable"),
        (re.compile(r"unsupported operand type"), "operands"),
        (re.compile(r"not supported between instances"), "comparison"),
        (re.compile(r"unhashable type"), "unhashable"),
        (re.compile(r"cannot unpack non-iterable"), "not iterable"),
        (re.compile(r"is not (?:a container or )?iterable|is not an iterator"), "not iterable"),
        (re.compile(r"can(?:not| only) concatenate|must be str, not"), "concatenation"),
        (re.compile(r"has no len\(\)"), "no len()"),
        (re.compile(r"is not JSON serializable"), "not JSON serializable"),
    ),
    "ValueError": (
        (re.compile(r"invalid literal for int\(\)"), "int()"),
        (re.compile(r"could not convert string to float"), "float()"),
        (re.compile(r"values to unpack"), "unpack"),
        (re.compile(r"time data |unconverted data remains"), "strptime()"),
        (re.compile(r"[Ii]nvalid isoformat string"), "fromisoformat()"),
        (re.compile(r"is not in (?:list|tuple|deque)|x not in (?:list|tuple)"), "not in list"),
        (re.compile(r"substring not found"), "substring"),
        (re.compile(r"math domain error"), "math domain"),
        (re.compile(r"I/O operation on closed file"), "closed file"),
        (re.compile(r"badly formed hexadecimal UUID"), "UUID()"),
    ),
}
_RUBY_KINDS = (
    (re.compile(r"wrong number of arguments"), "number of arguments"),
    (re.compile(r"missing keywords?: "), "missing keyword"),
    (re.compile(r"unknown keywords?: "), "unknown keyword"),
    (re.compile(r"comparison of "), "comparison"),
    (re.compile(r"invalid value for "), "invalid value"),
    (re.compile(r"no implicit conversion"), "conversion"),
    (re.compile(r".{1,200} can't be coerced into"), "coercion"),
    (re.compile(r"invalid date|argument out of range|no time information"), "date"),
)
_PHP_KINDS = (
    (re.compile(r"Argument #?(\d{1,2}) "), "argument {}"),
    (re.compile(r".{1,300}: Argument #(\d{1,2}) \("), "argument {}"),
    (re.compile(r"Too few arguments to function"), "too few arguments"),
    (re.compile(r".{0,300}[Rr]eturn value (?:of .{1,200} )?must be"), "return value"),
    (re.compile(r"Unsupported operand types"), "operands"),
    (re.compile(r"Cannot access offset of type|Illegal offset type"), "offset"),
    (re.compile(r"Cannot assign .{1,200} to property ([\w:\\$]{1,200})"), "property {}"),
)
_JAVA_ENUM = re.compile(r"No enum constant ([\w.$]{1,300})\.[^.\s]{0,200}$")
_RUBY_METHOD = re.compile(
    r"undefined (?:local variable or )?(?:private )?method [`'‘]([^'’`]{1,200})['’]"
)
_RUBY_CONSTANT = re.compile(r"uninitialized constant ([A-Z][\w:]{0,200})")
_RUBY_KEY = re.compile(r"key not found: :?\"?([^\"\s]{1,200})\"?$")
_RUBY_RECORD = re.compile(r"Couldn't find (?:all )?([A-Z][\w:]{0,200})")
_PHP_MEMBER = re.compile(r"Call to (?:a member function|undefined method) ([\w:\\@]{1,200})\(\)")
_PHP_UNDEFINED = re.compile(
    r"Undefined (variable|property|array key|index|offset):? [\"']?\$?([^\"'\s]{1,200})"
)
_PHP_TWIG = re.compile(r"Variable \"([^\"]{1,200})\" does not exist in \"([^\"]{1,300})\"")


_INTERPRETER = "what the interpreter could not do; its words are not the application's"


def _key(key: str, line: str) -> Known:
    literal = bool(key) and (
        f"'{key}'" in line or f'"{key}"' in line or re.search(rf":{re.escape(key)}\b", line)
    )
    return Known(
        key if literal else "",
        note="the key stands in the source" if literal else "the key is data",
    )


def _python(case: Circumstances) -> Known | None:
    if case.type == "KeyError":
        if case.thrown:
            return None
        return _key(case.value.strip().strip("'\""), case.line)
    if case.type in ("DoesNotExist", "MultipleObjectsReturned"):
        model = _PYTHON_MODEL.search(case.value)
        return Known(model[1] or model[2]) if model else None
    if case.type in _PYTHON_TYPES:
        for pattern in _PYTHON:
            match = pattern.search(case.value)
            if match:
                return Known(match[1])
        call = _PYTHON_CALL.match(case.value)
        if call:
            # Newer interpreters print the qualified name.
            return Known(call[1].rpartition(".")[2])
    if not case.thrown:
        for pattern, kind in _PYTHON_KINDS.get(case.type, ()):
            if pattern.search(case.value):
                return Known(kind, note=_INTERPRETER)
    return None


def _ruby(case: Circumstances) -> Known | None:
    match = _RUBY_METHOD.match(case.value)
    if match:
        return Known(match[1])
    if case.type == "NameError":
        constant = _RUBY_CONSTANT.match(case.value)
        return Known(constant[1]) if constant else None
    if case.type == "KeyError" and not case.thrown:
        key = _RUBY_KEY.match(case.value)
        return _key(key[1] if key else "", case.line)
    if case.type == "RecordNotFound":
        record = _RUBY_RECORD.match(case.value)
        return Known(record[1]) if record else None
    if case.type in ("ArgumentError", "TypeError", "Error") and not case.thrown:
        for pattern, kind in _RUBY_KINDS:
            if pattern.match(case.value):
                return Known(kind, note=_INTERPRETER)
    return None


def _java(case: Circumstances) -> Known | None:
    constant = _JAVA_ENUM.match(case.value)
    if constant:
        return Known(f"enum {constant[1]}", note="the constant is data")
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
    if case.type in ("TypeError", "ArgumentCountError", "Error") and not case.thrown:
        for pattern, kind in _PHP_KINDS:
            found = pattern.match(value)
            if found:
                return Known(kind.format(*found.groups()), note=_INTERPRETER)
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
