"""Where a frame is and what its function is called, without what a build or an engine adds. Pure.

One function per family: (function, module, path of the file) -> (where, name); "" stands for none.
"""

import re
from collections.abc import Callable
from functools import lru_cache

from issues.words import words

from .paths import clean_path
from .platforms import Family
from .symbols import native_name, package_base, rust_name

Name = tuple[str, str]

_PYTHON_NAMELESS = frozenset(("<lambda>", "<module>", "<string>"))

_JS_PREFIX = re.compile(r"(?:(?:async|new|get|set)\s+|async\*)+")
_JS_EXTENSION = re.compile(r"[a-z-]{2,20}-extension://")
# What a bundler appends to a name that it has met before.
_JS_NUMBER = re.compile(r"\$\d{1,4}$")
_JS_ALIAS = re.compile(r"\s\[as [^\]]{0,200}\]$")
_JS_NAMELESS = words(
    """
    ? <anonymous> anonymous eval value default exports call apply next step _next fulfilled
    rejected <computed> <unknown> module
    """
) | {"Anonymous function", "global code", "eval code", "module code", ""}

_JAVA_CUT = re.compile(
    r"\$\$EnhancerBy|\$\$FastClassBy|\$\$SpringCGLIB|\$HibernateProxy|_\$\$_|\$\$Lambda"
)
_JAVA_COROUTINE = re.compile(r"([^$]+(?:\$[A-Z]\w*)*?)\$([a-z]\w*)(?:\$\w+)*?\$\d+")
_JAVA_CALLS = words("invokeSuspend invoke run call apply accept get")
_JAVA_NUMBERED = re.compile(r"\$\d+(?=\$|$)|\$Companion(?=\$|$)|__\d+(?=\$|$)")
_JAVA_LAMBDA = re.compile(r"(?:lambda|\$anonfun)\$(\w+?)(?:\$\w*)?\$\d+$|access\$([A-Za-z_]\w*)$")
_JAVA_SUFFIX = re.compile(r"(?:\$default|\$suspendImpl|\$\d+)+$")

_GO_VERSION = re.compile(r"@[^/]*")
_GO_MAJOR = re.compile(r"/v\d{1,4}$")
_GO_TYPE_ARGUMENTS = re.compile(r"\[[^\[\]]*\]")
_GO_CLOSURE = re.compile(r"(?:\.(?:func|gowrap|deferwrap)\d+|\.\d+|-fm|-range\d+)+$")

_RUBY_PREFIX = re.compile(r"(?:(?:block(?: \(\d+ levels?\))?|rescue|ensure) in )+")
_RUBY_TEMPLATE = re.compile(r"__{2,3}\d+_\d+$")
_RUBY_NAMELESS = re.compile(
    r"<(?:main|top \(required\)|(?:class|module):.*|singleton class)>$|block$"
)

_PHP_TEMPLATE = re.compile(r"__TwigTemplate_[0-9a-f]{8,64}")

_GROOVY_CLOSURE = re.compile(r"([\w.$]+?)\$_(\w+?)(?:_closure\d+)+")

# Erlang and Elixir: functions made in a function.
_BEAM_CLOSURE = re.compile(r"(?:anonymous fn/\d{1,3} in )+|^-(?=[^-]+-(?:fun|lc|lbc)-)")
_BEAM_MADE = re.compile(r"-(?:fun|lc\$\^\d{1,3}|lbc\$\^\d{1,3})[-/].{0,200}$")
_DART_CLOSURE = re.compile(r"(?:\.?<(?:anonymous closure|fn|asynchronous suspension|async)>)+$")

_FS_CLOSURE = re.compile(r"(?:^|[+.])(\w+)@\d+(?:-\d+)*$")
_CS_CUT = re.compile(r"\[\[|`\d|\+<|,")
_CS_MACHINE = re.compile(r"(?:^|[+.])<(\w[\w.]*)>[a-z]__\d[\w|]*")
_CS_LOCAL = re.compile(r"<(\w[\w.]*)>[a-z]__(?:(\w+)\|)?[\w|]*")
_CS_ARGUMENTS = re.compile(r"\[[^\[\]]*\]|<[^<>]*>|`\d+")


def _python(function: str, module: str, path: str) -> Name:
    where = "" if module == "__main__" else module
    if not where:
        relative = path.replace("\\", "/")
        if relative.endswith(".py") and relative[:1] not in ("/", "<") and ":" not in relative:
            where = relative[:-3].removeprefix("./").replace("/", ".").removesuffix(".__init__")
        else:
            where = clean_path(path) or module
    name = function[function.rfind("<locals>.") + 9 :] if "<locals>." in function else function
    if name in _PYTHON_NAMELESS:
        return where, ""
    return where, name.rpartition(".")[2]


def _js(function: str, module: str, path: str) -> Name:
    where = clean_path(path) or module
    if _JS_EXTENSION.match(path):
        where = f"extension {where}"
    name = function.strip()
    if "[" in name:
        name = _JS_ALIAS.sub("", name)
    if " (" in name:
        name = name.partition(" (")[0]
    prefix = _JS_PREFIX.match(name)
    if prefix:
        name = name[prefix.end() :]
    name = name.rstrip("*</")
    if "./" in name:
        return where, ""
    for separator in "#./":
        name = name.rpartition(separator)[2]
    if name in _JS_NAMELESS or name.startswith("_callee"):
        return where, ""
    if "$" in name:
        name = _JS_NUMBER.sub("", name) or name
    return where, name


def _java(function: str, module: str, path: str) -> Name:
    where = module
    cut = _JAVA_CUT.search(where)
    if cut:
        where = where[: cut.start()]
    if function == "doCall" and "_closure" in where:
        groovy = _GROOVY_CLOSURE.fullmatch(where)
        if groovy:
            return groovy[1], groovy[2]
    if function in _JAVA_CALLS and "$" in where:
        coroutine = _JAVA_COROUTINE.fullmatch(where)
        if coroutine:
            return coroutine[1], coroutine[2]
    where = _JAVA_NUMBERED.sub("", where) if "$" in where or "__" in where else where
    where = where or clean_path(path)
    if function in ("<init>", "<clinit>"):
        return where, "new"
    name = function
    if "$" in name:
        inner = _JAVA_LAMBDA.match(name)
        if inner:
            name = inner[1] or inner[2]
        name = _JAVA_SUFFIX.sub("", name) or name
    return where, name


def _go(function: str, module: str, path: str) -> Name:
    name = function
    if not module and "." in name.rpartition("/")[2]:
        head, slash, tail = name.rpartition("/")
        package, _, name = tail.partition(".")
        module = head + slash + package
    where = _GO_MAJOR.sub("", _GO_VERSION.sub("", module) if "@" in module else module)
    for _ in range(12):
        shorter = _GO_TYPE_ARGUMENTS.sub("", name)
        if shorter == name:
            break
        name = shorter
    name = _GO_CLOSURE.sub("", name).strip(".")
    return where or clean_path(path), "" if name == "glob" else name


def _ruby(function: str, module: str, path: str) -> Name:
    where = clean_path(path) or module
    prefix = _RUBY_PREFIX.match(function)
    name = function[prefix.end() :] if prefix else function
    if _RUBY_NAMELESS.match(name):
        return where, ""
    name = _RUBY_TEMPLATE.sub("", name)
    return where, name.rpartition("#")[2].rpartition(".")[2]


def _php(function: str, module: str, path: str) -> Name:
    name = _PHP_TEMPLATE.sub("__TwigTemplate", function)
    closure = name.find("{closure")
    if closure >= 0:
        head, scope, _ = name[:closure].rpartition("::")
        return (_php_class(head, path) if scope else clean_path(path) or module), ""
    if "@anonymous" in name:
        # The name of an anonymous class goes on with its file and line.
        head, _, tail = name.partition("@anonymous")
        return _php_class(f"{head}@anonymous", path), tail.rpartition("::")[
            2
        ] if "::" in tail else ""
    head, scope, name = name.rpartition("::")
    if scope:
        return _php_class(head, path), name
    return clean_path(path) or module, name.rpartition("\\")[2]


def _php_class(name: str, path: str) -> str:
    head, anonymous, _ = name.partition("@anonymous")
    return f"{head}@anonymous {clean_path(path)}" if anonymous else name


def _cs(function: str, module: str, path: str) -> Name:
    name = function
    machine = _CS_MACHINE.search(module) if "<" in module else None
    if "@" in module and name == "Invoke":
        closure = _FS_CLOSURE.search(module)
        if closure:
            return module[: closure.start()] or clean_path(path), closure[1]
    cut = _CS_CUT.search(module)
    where = module[: cut.start()] if cut else module
    if machine and name == "MoveNext":
        return where or clean_path(path), machine[1]
    if "<" in name:
        local = _CS_LOCAL.search(name)
        if local:
            if not where and local.start():
                where = name[: local.start()].rstrip("+.")
            return where or clean_path(path), local[1]
    name = name.partition("(")[0]
    for _ in range(8):
        shorter = _CS_ARGUMENTS.sub("", name)
        if shorter == name:
            break
        name = shorter
    name = name.strip().rpartition(" ")[2]
    if name in (".ctor", ".cctor") or name.endswith(("..ctor", "..cctor")):
        return where or clean_path(path), "new"
    if not where and "." in name:
        where = name.rpartition(".")[0]
    return where or clean_path(path), name.rpartition(".")[2]


def _rust(function: str, module: str, path: str) -> Name:
    name = rust_name(function)
    return ("" if "::" in name else clean_path(path)), name


def _beam(function: str, module: str, path: str) -> Name:
    name = _BEAM_CLOSURE.sub("", function)
    if "-" in name:
        name = _BEAM_MADE.sub("", name)
    module = module.removeprefix("Elixir.")
    name = name.removeprefix("Elixir.")
    if module and name.startswith(f"{module}."):
        name = name[len(module) + 1 :]
    return module or clean_path(path), name


def _dart(function: str, module: str, path: str) -> Name:
    return module or clean_path(path), _DART_CLOSURE.sub("", function).removeprefix("new ")


def _other(function: str, module: str, path: str) -> Name:
    return module or clean_path(path), function


_BY_FAMILY: dict[Family, Callable[[str, str, str], Name]] = {
    "python": _python,
    "js": _js,
    "java": _java,
    "go": _go,
    "ruby": _ruby,
    "php": _php,
    "cs": _cs,
    "rust": _rust,
    "beam": _beam,
    "dart": _dart,
}


@lru_cache(maxsize=16384)
@lru_cache(maxsize=8192)
def where_and_name(
    family: Family, function: str, module: str, path: str, package: str, minified: bool
) -> Name:
    """(where, name) of a frame; path is its file name, else its absolute path."""
    if family == "native":
        name = native_name(function)
        return ("", name) if name else (package_base(package) or clean_path(path), "")
    where, name = _BY_FAMILY.get(family, _other)(function, module, path)
    if minified and len(name) <= 2:
        name = ""
    return where, name
