"""Whose frame is it: application, library, generated, or machinery of the crash itself. Pure.

Flags of the SDK are not looked at here: see `stack.Stack`.
"""

import re
from collections.abc import Callable

from issues.words import words

from .platforms import Family

DROPPED = 1  # generated code: neither application nor fallback
MACHINERY = 2  # skipped when looking for the frame that raised
NEVER = 4  # library or runtime, whatever the SDK says

_ANY_PATH = re.compile(
    r"(?:^|[/\n])(?:site-packages|dist-packages|node_modules|bower_components|vendor|third_party|gems)/"
    r"|(?:^|\n)/usr/(?:local/)?lib/|/lib/python[23]\.\d|/Python3\d{1,2}/Lib/|/usr/local/go/|/pkg/mod/"
    r"|/rustc/|/cargo/registry/"
)

_JS_PATH = re.compile(
    r"(?:^|\n)(?:node:|internal/|<anonymous>|\[native code\]|native(?:\n|$)|self-hosted"
    r"|webpack/(?:bootstrap|runtime)|(?:chrome|moz|safari-web)-extension:"
    # Modules of older Node.js have neither a directory nor a scheme.
    r"|(?:events|fs|net|https?|tls|dns|module|timers|stream|util|vm|zlib|child_process|cluster|dgram"
    r"|domain|readline|async_hooks|assert|crypto|_(?:http|stream|tls)_\w{1,20}|bootstrap_node)"
    r"(?:\.js)?(?:\n|$))"
    r"|webpack(?:-internal)?:///?(?:[^/\n]*/)?(?:\./)?webpack/(?:bootstrap|runtime)|/self-hosted"
    r"|(?:^|[/\n])(?:vendors?|chunk-vendors|polyfills?|framework|runtime|zone|react-dom|jquery"
    r"|regenerator-runtime)[.\-~][^/\n]*(?:\n|$)"
)
_JS_NATIVE = ("", "<anonymous>", "[native code]", "native", "self-hosted")
_JS_BUILTIN = re.compile(r"(?:async )?(?:new )?(?:Array|Object|Promise|JSON)\.")

_JAVA_NEVER = tuple(
    sorted(
        words(
            """
    java. javax. jakarta. jdk. sun. com.sun. kotlin. kotlinx. scala. groovy. clojure. android.
    androidx. com.android. org.springframework. org.apache. org.hibernate. io.netty. reactor.
    okhttp3. okio. org.junit.
                """
        )
    )
)
_JAVA_GENERATED = re.compile(
    r"\$\$EnhancerBy|\$\$FastClassBy|\$\$SpringCGLIB|\$\$Lambda|\$HibernateProxy\$"
    r"|_\$\$_javassist|_\$\$_jvst"
    r"|\$ByteBuddy|\$MockitoMock|\$Proxy\d|Generated(?:Serialization)?(?:Method|Constructor)Accessor\d"
)

_CS_NEVER = re.compile(r"(?:System|Microsoft|Newtonsoft|Npgsql)\.|mscorlib|System$")

_RUST_NEVER = re.compile(
    r"[<&\s]*(?:dyn\s)?(?:core::|std::|alloc::|tokio::|futures|rust_begin_unwind|__rust)"
)
_RUST_MACHINERY = re.compile(
    r"(?:core|std)::panicking|(?:core|std)::(?:option|result)::(?:unwrap_failed|expect_failed)"
    r"|rust_begin_unwind|__rust_|std::panic::|std::backtrace"
)

_NATIVE_PACKAGE = re.compile(
    r"/(?:usr/)?lib(?:32|64)?/|.*/System/|.*/Windows/|[A-Za-z]:/Windows/", re.IGNORECASE
)
_NATIVE_BASE = re.compile(
    r"(?:libc(?:[.\-].*)?|libc\+\+.*|libstdc\+\+.*|libpthread.*|ld-linux.*|libsystem_.*|libobjc.*|libdyld.*"
    r"|CoreFoundation|UIKit.*|ntdll|kernel32|kernelbase|ucrtbase|vcruntime.*)(?:\.dll|\.dylib)?$",
    re.IGNORECASE,
)
_NATIVE_MACHINERY = re.compile(
    # With an underscore in front the C library's variants: __memcpy_avx_unaligned.
    r"(?:(?:abort|raise|gsignal|malloc|calloc|realloc|free|memcpy|memmove|memset|strlen|strcmp|strcpy)"
    r"|_{1,2}(?:abort|raise|gsignal|pthread_kill|assert_fail|assert_rtn|assert|malloc|calloc|realloc"
    r"|libc_\w{1,40}|free|memcpy|memmove|memset|strlen|strcmp|strcpy)(?:_\w{1,40})?"
    r"|__cxa_throw|__cxa_rethrow|objc_exception_throw|objc_msgSend\w{0,20}|std::terminate|_?objc_terminate)"
    r"(?:\(.{0,80}\))?$"
)

_PHP_PATH = re.compile(
    r"/wp-includes/|/storage/framework/views/|/templates_c/|/var/cache/[^/\n]+/twig/|/cache/(?:twig|smarty|views)/"
)

# Elixir's and Erlang's own; SDKs flag nothing as application code unless they are told to.
_BEAM_NEVER = tuple(
    sorted(
        words(
            """
    Access. Agent. Base. Bitwise. Calendar. Code. Date. DateTime. DBConnection. DynamicSupervisor.
    Ecto. Enum. Enumerable. ExUnit. File. Finch. Float. GenServer. IO. Inspect. Integer. Jason. Kernel.
    Keyword. List. Logger. Macro. Map. MapSet. Mint. Mix. Module. NaiveDateTime. Oban. Path. Phoenix.
    Plug. Poison. Postgrex. Process. Protocol. Range. Regex. Registry. Req. Sentry. Stream. String.
    String.Chars. Supervisor. System. Task. Telemetry. Tesla. Time. Tuple. URI. Version. Bandit. Cowboy.
    Absinthe. Tzdata. Swoosh. HTTPoison. Broadway. GenStage.
                """
        )
    )
)
_DART_NEVER = re.compile(r"(?:^|\n)(?:dart:|package:(?:flutter|sentry|flutter_\w{1,40}|dio|bloc)/)")

_PYTHON_DROPPED = ("<listcomp>", "<dictcomp>", "<setcomp>", "<genexpr>")

_GO_STANDARD = words(
    """
    archive bufio bytes cmp compress container context crypto database debug embed encoding
    errors expvar flag fmt go hash html image index internal io iter log maps math mime net os
    path plugin reflect regexp runtime slices sort strconv strings sync syscall testing text
    time unicode unique unsafe
    """
)
_GO_ROOT = re.compile(
    r"/(?:go|go\d[\d.]*|golang|sdk/go[\d.]*)/(?:[\d.]+/)?(?:x64/)?src/[a-z]+/", re.IGNORECASE
)


def _python(function: str, module: str, paths: str, package: str) -> int:
    if function.endswith(_PYTHON_DROPPED):
        return DROPPED
    return NEVER if paths.startswith("<frozen ") else 0


def _js(function: str, module: str, paths: str, package: str) -> int:
    flags = NEVER if _JS_PATH.search(paths) else 0
    first = paths.partition("\n")[0]
    if first in _JS_NATIVE or first.startswith("self-hosted"):
        if first:
            return flags | NEVER | MACHINERY
        if _JS_BUILTIN.match(function) or function in ("", "<anonymous>"):
            return flags | NEVER | MACHINERY
    return flags


def _java(function: str, module: str, paths: str, package: str) -> int:
    if _JAVA_GENERATED.search(module) or paths.startswith("<generated>"):
        return DROPPED
    return NEVER if module.startswith(_JAVA_NEVER) else 0


def _go(function: str, module: str, paths: str, package: str) -> int:
    module = module or function.rpartition("/")[0] + function.rpartition("/")[2].partition(".")[0]
    if module == "runtime" or module.startswith("runtime/"):
        return NEVER | MACHINERY
    if module.partition("/")[0] in _GO_STANDARD:
        path = paths.rpartition("\n")[2] or paths
        absolute = path.startswith("/") or path[1:3] == ":/"
        if not absolute or _GO_ROOT.search(path):
            return NEVER
    return 0


def _php(function: str, module: str, paths: str, package: str) -> int:
    return NEVER if _PHP_PATH.search(paths) else 0


def _cs(function: str, module: str, paths: str, package: str) -> int:
    return NEVER if _CS_NEVER.match(module or function) else 0


def _rust(function: str, module: str, paths: str, package: str) -> int:
    flags = NEVER if _RUST_NEVER.match(function) else 0
    return flags | MACHINERY if _RUST_MACHINERY.match(function.lstrip("<")) else flags


def _native(function: str, module: str, paths: str, package: str) -> int:
    flags = 0
    if package:
        package = package.replace("\\", "/")
        if _NATIVE_PACKAGE.match(package) or _NATIVE_BASE.match(package.rpartition("/")[2]):
            flags = NEVER
    return flags | MACHINERY if _NATIVE_MACHINERY.match(function) else flags


def _beam(function: str, module: str, paths: str, package: str) -> int:
    name = (module or function).removeprefix("Elixir.")
    # Erlang's modules are atoms; applications written in it have files of their own.
    if name.startswith(":") or paths.startswith(("gen_server.erl", "proc_lib.erl", "erl_eval.erl")):
        return NEVER
    if f"{name}.".startswith(_BEAM_NEVER):
        return NEVER
    return NEVER if paths.startswith("deps/") or "/deps/" in paths else 0


def _dart(function: str, module: str, paths: str, package: str) -> int:
    if function == "<asynchronous suspension>":
        return DROPPED
    return NEVER if _DART_NEVER.search(paths) else 0


_BY_FAMILY: dict[Family, Callable[[str, str, str, str], int]] = {
    "python": _python,
    "js": _js,
    "java": _java,
    "go": _go,
    "php": _php,
    "cs": _cs,
    "rust": _rust,
    "native": _native,
    "beam": _beam,
    "dart": _dart,
}


def classify(
    family: Family, function: str, module: str, filename: str, abs_path: str, package: str
) -> int:
    """The sum of DROPPED, MACHINERY and NEVER that holds for a frame with these attributes."""
    paths = f"{filename}\n{abs_path}" if abs_path else filename
    if "\\" in paths:
        paths = paths.replace("\\", "/")
    own = _BY_FAMILY.get(family)
    flags = own(function, module, paths, package) if own else 0
    if not flags & NEVER and _ANY_PATH.search(paths):
        flags |= NEVER
    return flags
