"""The worked examples of JavaScript, Go, Ruby, PHP, C#, Rust and native code."""

from .build import event, frame, js, raised
from .examples import DIFFERENT, SAME, Example

_CART = "webpack://shop/./src/cart/CartTotal.tsx"
_READING = "    const sum = cart.amount + tax;"
_CDN = "https://cdn.example/assets/"


def _browser(kind, value, *frames, **attributes):
    return event(raised(kind, value, *frames), platform="javascript", **attributes)


def _amount(value, function="CartTotal", file=_CART):
    return _browser("TypeError", value, js(function, file, _READING))


def _minified(function, file, name):
    return _browser(
        "TypeError",
        f"Cannot read properties of null (reading '{name}')",
        js("Xe", _CDN + "vendors." + file),
        js(function, _CDN + file),
    )


def _fetch(value, function="loadCart"):
    return _browser("TypeError", value, js(function, "app:///src/api/cart.ts", "await fetch(url)"))


def _not_function(expression):
    line = "items.map(onSelect)"
    return _browser("TypeError", f"{expression} is not a function", js("List", _CART, line))


def _callback(line):
    return _browser("RowError", "bad row", js("<anonymous>", "app:///src/rows.ts", line))


def _overflow(kind, value):
    frames = [js("walk", "app:///src/tree.ts", "walk(child)") for _ in range(30)]
    return _browser(kind, value, *frames)


def _vat(path):
    return _browser("VatError", "no rate", js("rate", path))


def _react(build):
    url = "https://react.dev/errors/425"
    text = f"Minified React error #425; visit {url}?args[]={build} for the full message"
    return _browser(
        "Error", text, js("qd", f"{_CDN}react-dom.{build}.js"), js("t" + build[0], "x.js")
    )


def _to_net(function):
    return event(
        raised(
            "PriceError", "negative", js(function, "/srv/app/lib/tax.js", "throw new PriceError()")
        ),
        platform="node",
    )


def _errno(text):
    frames = (
        js("connect", "/srv/app/lib/cache.js", "await client.connect()"),
        js("TCPConnectWrap.afterConnect [as oncomplete]", "node:net", in_app=False),
    )
    return event(raised("Error", text, *frames), platform="node")


def _go(function, module, value="record not found", extra=()):
    frames = (
        frame("HandlerFunc.ServeHTTP", "net/http", abs_path="/usr/local/go/src/net/http/server.go"),
        frame(function, module, abs_path="/app/x.go", lineno=3, in_app=True),
        *extra,
    )
    return event(raised("*errors.errorString", value, *frames), platform="go")


_WEB_FAIL = frame("Fail", "github.com/acme/shop/web", abs_path="/app/web/fail.go", in_app=True)


def _ruby(function, value, kind="NoMethodError"):
    rows = frame(function, filename="app/models/payout.rb", lineno=9, in_app=True)
    return event(raised(kind, value, rows), platform="ruby")


def _php(function):
    rows = frame(
        function,
        filename="/app/A.php",
        in_app=True,
        context_line='throw new PayError("no method");',
    )
    return event(raised("PayError", "no method", rows), platform="php")


def _cs(function, module, kind="PaymentException", value="declined"):
    return event(raised(kind, value, frame(function, module, in_app=True)), platform="csharp")


def _rust(function):
    frames = (
        frame("shop::main"),
        frame(function),
        frame("core::panicking::panic_fmt"),
        frame("rust_begin_unwind"),
    )
    return event(raised("panic", "queue is empty", *frames), platform="rust")


def _signal(kind, address):
    frames = (
        frame("main", package="/opt/acme/imgd"),
        frame("acme::Image::decode(acme::Buffer const&, int)", package="/opt/acme/imgd"),
        frame("abort", package="/lib/x86_64-linux-gnu/libc.so.6"),
    )
    error = raised(kind, f"attempted to read {address}", *frames, synthetic=True)
    return event(error, platform="native")


def _nameless(package):
    frames = [frame(package=package, instruction_addr=f"0x{n:x}") for n in (4096, 8192)]
    return event(raised("SIGSEGV", "Segfault", *frames, synthetic=True), platform="native")


def _csp(directive, page, blocked):
    body = {"document_uri": page, "effective_directive": directive, "blocked_uri": blocked}
    return event(type="csp", csp=body, logger="csp", platform="javascript")


def _render(with_boundary):
    real = raised("RenderError", "no data", js("Table", _CART, "throw new RenderError()"))
    boundary = raised("React ErrorBoundary RenderError", "no data", js("Page", _CART))
    return event(*([boundary, real] if with_boundary else [real]), platform="javascript")


_SAFARI = "undefined is not an object (evaluating 'cart.amount')"
_CHROME = "Cannot read properties of undefined (reading 'amount')"
_FIREFOX = 'can\'t access property "amount", cart is undefined'
_IMPORTS = (
    "Failed to fetch dynamically imported module: https://x/a-1.js",
    "error loading dynamically imported module: https://x/b-2.js",
    "Importing a module script failed.",
)

EXAMPLES = [
    Example(
        29,
        "three browsers' words",
        SAME,
        *[_amount(t) for t in (_CHROME, _FIREFOX, _SAFARI, "cart is undefined")],
    ),
    Example(
        30,
        "null or undefined",
        SAME,
        _amount(_CHROME),
        _amount(_CHROME.replace("undefined", "null")),
    ),
    Example(
        31,
        "the same words in another component",
        DIFFERENT,
        _amount(_CHROME),
        _amount(_CHROME, "ShippingRow", "webpack://shop/./src/cart/ShippingRow.tsx"),
    ),
    Example(
        32,
        "minified names change per build",
        SAME,
        _minified("Zt", "checkout.4f1c2d9a.js", "getBoundingClientRect"),
        _minified("nn", "checkout.77aa01ce.js", "getBoundingClientRect"),
        _minified("qe", "checkout-BfG3k9Qz.js", "getBoundingClientRect"),
    ),
    Example(
        33,
        "another property in the same bundle",
        DIFFERENT,
        _minified("Zt", "checkout.4f1c2d9a.js", "getBoundingClientRect"),
        _minified("Zt", "checkout.4f1c2d9a.js", "formatMoney"),
    ),
    Example(
        34,
        "chunks that did not load",
        SAME,
        _browser("ChunkLoadError", "Loading chunk 214 failed.\n(error: x)", js("a", "x.js")),
        _browser("Error", "Loading chunk pages-account failed.", js("route", "y.js")),
    ),
    Example(
        35,
        "modules that did not load",
        SAME,
        *[_browser("TypeError", text, js("f", f"{_CDN}{i}.js")) for i, text in enumerate(_IMPORTS)],
    ),
    Example(36, "the network failed", SAME, _fetch("Failed to fetch"), _fetch("Load failed")),
    Example(
        37,
        "the network failed elsewhere",
        DIFFERENT,
        _fetch("Failed to fetch"),
        _fetch("Failed to fetch", "saveProfile"),
    ),
    Example(
        38,
        "two functions missing",
        DIFFERENT,
        _not_function("items.map"),
        _not_function("onSelect"),
    ),
    Example(
        39,
        "two callbacks without names",
        DIFFERENT,
        _callback("rows.forEach((row) => check(row))"),
        _callback("rows.map((row) => price(row))"),
    ),
    Example(
        40,
        "two words for an overflow",
        SAME,
        _overflow("RangeError", "Maximum call stack size exceeded"),
        _overflow("InternalError", "too much recursion"),
    ),
    Example(
        41, "two bundlers", SAME, _vat("webpack://a/./src/vat.ts?4f2a"), _vat("app:///src/vat.ts")
    ),
    Example(
        42,
        "hosts and queries",
        SAME,
        _vat("https://cdn1.example/shop/vat.js?v=1"),
        _vat("https://cdn2.example/shop/vat.js?v=2"),
    ),
    Example(
        43,
        "five builds",
        SAME,
        *[_react(b) for b in ("0a1b2c3d", "1f2e3d4c", "9a8b7c6d", "aa11bb22", "cc33dd44")],
    ),
    Example(
        44,
        "receivers of one function",
        SAME,
        _to_net("Object.toNet"),
        _to_net("exports.toNet"),
        _to_net("async toNet"),
    ),
    Example(
        45,
        "two addresses of one errno",
        SAME,
        _errno("connect ECONNREFUSED 127.0.0.1:6379"),
        _errno("connect ECONNREFUSED ::1:6379"),
    ),
    Example(
        46,
        "two errnos",
        DIFFERENT,
        _errno("connect ECONNREFUSED 127.0.0.1:6379"),
        _errno("getaddrinfo ENOTFOUND cache.internal"),
    ),
    Example(
        52,
        "one error, two stores",
        DIFFERENT,
        _go("(*Customers).ByID", "github.com/acme/shop/store"),
        _go("(*Orders).ByID", "github.com/acme/shop/store"),
    ),
    Example(
        53,
        "closures and type arguments",
        SAME,
        _go("Start.func1", "github.com/acme/shop/jobs"),
        _go("Start.func2.1", "github.com/acme/shop/jobs"),
        _go("Start[...]", "github.com/acme/shop/jobs"),
        _go("Start[go.shape.string]", "github.com/acme/shop/jobs"),
    ),
    Example(
        54,
        "a thin reporter",
        DIFFERENT,
        _go("(*H).Show", "github.com/acme/shop/web", extra=(_WEB_FAIL,)),
        _go("(*H).List", "github.com/acme/shop/web", extra=(_WEB_FAIL,)),
    ),
    Example(
        55,
        "two rubies",
        SAME,
        _ruby("distribute", "undefined method `x' for nil:NilClass"),
        _ruby("distribute", "undefined method 'x' for nil"),
    ),
    Example(
        56,
        "labels of blocks",
        SAME,
        _ruby("block in distribute", "undefined method 'x' for nil"),
        _ruby("Payout#distribute", "undefined method 'x' for nil"),
    ),
    Example(
        57, "names of closures", SAME, _php(r"A::{closure}"), _php(r"A::{closure:A::build():14}")
    ),
    Example(
        58,
        "a state machine",
        SAME,
        _cs("MoveNext", "Acme.Shop+<Checkout>d__5"),
        _cs("Checkout", "Acme.Shop"),
    ),
    Example(
        59,
        "two deadlocks",
        SAME,
        *[
            _cs(
                "MoveStock",
                "Acme.Stock",
                "SqlException",
                f"Transaction (Process ID {n}) was deadlocked on lock",
            )
            for n in (64, 112)
        ],
    ),
    Example(
        60,
        "hashes and generics",
        SAME,
        _rust("shop::queue::Queue::pop::h0123456789abcdef"),
        _rust("shop::queue::Queue<T>::pop::hfedcba9876543210"),
    ),
    Example(
        61,
        "signals at one place",
        SAME,
        _signal("SIGSEGV", "0xcdf76cba"),
        _signal("SIGSEGV", "0x10"),
        _signal("SIGABRT", "0x0"),
    ),
    Example(
        62,
        "no symbols, two libraries",
        DIFFERENT,
        _nameless("/opt/acme/libaudio.so"),
        _nameless("/opt/acme/libscan.so"),
    ),
    Example(
        66,
        "one blocked host on two pages",
        SAME,
        _csp("script-src-elem", "https://shop.example/a", "https://evil.example/x.js?1"),
        _csp("script-src", "https://shop.example/b", "https://evil.example:8443/y.js"),
    ),
    Example(
        70,
        "an extension's script",
        DIFFERENT,
        _browser("TypeError", _CHROME, js("run", "chrome-extension://abcdef/content.js")),
        _browser("TypeError", _CHROME, js("run", "https://shop.example/js/content.js")),
    ),
    Example(71, "with and without a boundary", SAME, _render(True), _render(False)),
]
