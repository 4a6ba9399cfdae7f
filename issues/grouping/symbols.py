"""Names of compiled languages: Rust and demangled native symbols. Pure."""

import re

_ANGLE = re.compile(r"<[^<>]*>")
_ROUND = re.compile(r"\([^()]*\)")
_MAX_NESTING = 24

# An asynchronous function is polled as a closure.
_RUST_POLL = re.compile(r"^<(.{1,400})::\{\{?(?:closure|async)[^{}]*\}\}? as [\w:]*Future>::poll$")
_RUST_HASH = re.compile(r"::h[0-9a-f]{16}$")
# An implementation away from its type: `here::<impl Trait for T>::f`.
_RUST_IMPL = re.compile(r"(?:[\w:]+::)?<impl (?:[^<>]*? for )?([^<>]*?)>")
# The newer mangling writes `<T>::f` where the older one had `T::f`.
_RUST_INHERENT = re.compile(r"^<([\w:]+)>(?=::)")
_RUST_TRAIT = re.compile(r"<([^<>]*?) as [^<>]*>")
_RUST_CLOSURE = re.compile(r"(?:::)?\{\{?(?:closure|vtable\.shim|constant|impl)[^{}]*\}\}?")
_COLONS = re.compile(r":{3,}")

_OBJC_BLOCK = re.compile(r"__\d{1,4}([-+]\[[^\]]{1,300}\])_block_invoke")
_C_BLOCK = re.compile(r"__(\w{1,200}?)_block_invoke")
_LAMBDA = re.compile(
    r"(?:::)?(?:\{lambda\([^{}]*\)#?\d*\}|\{lambda[^{}]*\}|'lambda\d*'(?:\([^()]*\))?|<lambda[^<>]*>|\$_\d{1,6})"
    r"(?:::operator\(\))?(?=$|::|[\s(\[])"
)
_OPERATOR = re.compile(r"operator\s?(?:\(\)|<=>|<<=?|>>=?|->\*?|[<>]=?)")
_SWIFT = re.compile(
    r"^(?:(?:closure #\d{1,3} (?:\([^()]*\) (?:-> \S+ )?)?in|implicit closure #\d{1,3} in"
    r"|specialized|static|@objc|partial apply for"
    r"|(?:generic|function signature) specialization of|merged|thunk for|dispatch thunk of) )+"
)
_NO_SYMBOL = frozenset(("", "<redacted>", "<unknown>", "??", "?", "<unknown symbol>"))


def rust_name(function: str) -> str:
    """`<T as Trait>::f::h0123456789abcdef` -> `T::f`; generics and closures are gone."""
    name = _RUST_HASH.sub("", function)
    polled = _RUST_POLL.match(name)
    if polled:
        name = polled[1]
    name = _RUST_CLOSURE.sub("", name)
    for _ in range(_MAX_NESTING):
        # Innermost first: `<T<U> as Trait<V>>` becomes `<T as Trait>`, and that `T`.
        shorter = _RUST_TRAIT.sub(_rust_self, name, count=1)
        if shorter == name:
            shorter = _RUST_IMPL.sub(_rust_self, name, count=1)
        if shorter == name:
            shorter = _RUST_INHERENT.sub(r"\1", name)
        if shorter == name:
            shorter = _ANGLE.sub("", name)
        if shorter == name:
            break
        name = shorter
    return _COLONS.sub("::", name).strip(":").replace(" ", "")


def _rust_self(match: re.Match[str]) -> str:
    return match[1].replace("dyn ", "").lstrip("&").replace("mut ", "")


def native_name(function: str) -> str:
    """A demangled C, C++, Objective-C or Swift symbol without types, arguments and closures.

    `void ns::Foo<int>::bar(char const*) const` -> `ns::Foo::bar`. "" if there is no symbol.
    """
    name = function.strip()
    if name in _NO_SYMBOL or name.startswith("0x"):
        return ""
    block = _OBJC_BLOCK.match(name) or _C_BLOCK.match(name)
    if block:
        return block[1]
    if name[:2] in ("-[", "+["):
        return name
    name = _SWIFT.sub("", name)
    name = name.replace("(anonymous namespace)::", "").replace("`anonymous namespace'::", "")
    # Operators are hidden, for their signs are not brackets.
    operators: list[str] = []

    def hide(match: re.Match[str]) -> str:
        operators.append(match[0])
        return f"operator\x00{len(operators) - 1}\x00"

    name = _strip(_LAMBDA, name)
    if "operator" in name:
        name = _OPERATOR.sub(hide, name)
    name = _strip(_LAMBDA, _nested(_ANGLE, name))
    name = _nested(_ROUND, name).partition("(")[0]
    name = name.strip()
    for suffix in (" const", " noexcept", " &", " &&", " volatile"):
        name = name.removesuffix(suffix)
    name = name.partition(" -> ")[0]
    if " " in name and not name.rpartition("::")[2].startswith("operator "):
        name = name.rpartition(" ")[2]
    # What a lambda leaves behind: the call operator of a type that has no name.
    for index, sign in enumerate(operators):
        hidden = f"operator\x00{index}\x00"
        if sign == "operator()" and name.endswith("::" + hidden) and not name.startswith(hidden):
            name = (
                name.removesuffix("::" + hidden)
                if _had_lambda(function)
                else name.replace(hidden, sign)
            )
        else:
            name = name.replace(hidden, sign)
    return name.lstrip("*&").rstrip(":")


def _had_lambda(function: str) -> bool:
    return "lambda" in function or "$_" in function


def _strip(pattern: re.Pattern[str], name: str) -> str:
    return pattern.sub("", name) if "lambda" in name or "$_" in name else name


def _nested(pattern: re.Pattern[str], name: str) -> str:
    """Take out bracketed parts from the inside out; each pass is linear."""
    for _ in range(_MAX_NESTING):
        shorter = pattern.sub("", name)
        if shorter == name:
            break
        name = shorter
    return name


def package_base(package: str) -> str:
    """The file name of a native image."""
    return package.replace("\\", "/").rpartition("/")[2]
