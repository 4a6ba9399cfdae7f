# ruff: noqa: E501 (texts as they were sent)
"""Labelled scenarios of our own: Go, Rust, Apple's languages."""

from collections.abc import Iterator

from .own_case import Raised, at, case, exc, lib
from .score import Scenario


def scenarios() -> Iterator[Scenario]:
    yield from _go_and_rust()
    yield from _apple_and_native()


def _go_and_rust() -> Iterator[Scenario]:
    def go(kind: str, value: str, function: str) -> Raised:
        return exc(kind, value, at(function, "module:acme.io/shop/store", filename="store.go"))

    def dup(order: int, constraint: str) -> Raised:
        text = f'save order {order}: ERROR: duplicate key value violates unique constraint "{constraint}" (SQLSTATE 23505)'
        return go("*fmt.wrapError", text, "(*Store).Save")

    yield case(
        "go-constraints",
        "go",
        ("A", dup(7, "orders_number_key")),
        ("A", dup(81, "orders_number_key")),
        ("B", dup(7, "orders_token_key")),
    )

    def url(order: int, words: str, function: str = "(*Client).Fetch") -> Raised:
        return go("*url.Error", f'Get "https://api.example.com/orders/{order}": {words}', function)

    late = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
    yield case(
        "go-http-client",
        "go",
        ("A", url(5, late)),
        ("A", url(922, late)),
        ("B", url(5, "dial tcp 10.0.0.7:443: connect: connection refused")),
        ("B", url(6, "dial tcp 10.0.0.9:443: connect: connection refused")),
        ("C", url(5, late, "(*Client).Push")),
    )

    def panic(value: str, function: str) -> Raised:
        return exc(
            "runtime.boundsError" if "range" in value else "runtime.errorString",
            value,
            at(function, "module:acme.io/shop/cart", filename="cart.go"),
            lib("goPanicIndex", "module:runtime", filename="panic.go"),
        )

    yield case(
        "go-nil-maps",
        "go",
        ("A", panic("assignment to entry in nil map", "(*Cart).Add")),
        ("A", panic("assignment to entry in nil map", "(*Cart).Add.func1")),
        ("B", panic("assignment to entry in nil map", "(*Cart).Merge")),
    )

    def rust(value: str, function: str) -> Raised:
        return exc(
            "panic",
            value,
            {
                "function": f"shop::cart::{function}::h{len(value):016x}",
                "in_app": True,
                "lineno": 4,
            },
            {"function": "core::option::unwrap_failed", "in_app": False, "lineno": 1},
            {"function": "rust_begin_unwind", "in_app": False, "lineno": 1},
        )

    none = "called `Option::unwrap()` on a `None` value"
    yield case(
        "rust-unwrap-of-none",
        "rust",
        ("A", rust(none, "Cart::total")),
        ("A", rust(none, "Cart::total::{{closure}}")),
        ("A", rust(none, "<impl shop::cart::Cart>::total")),
        ("B", rust(none, "Cart::tax")),
    )

    def anyhow(file: str, words: str) -> list[Raised]:
        return [exc("Os", words), exc("Error", f"could not read {file}", at("shop::config::load"))]

    yield case(
        "rust-io-causes",
        "rust",
        ("A", anyhow("/etc/shop/a.toml", "No such file or directory (os error 2)")),
        ("A", anyhow("/etc/shop/b.toml", "No such file or directory (os error 2)")),
        ("B", anyhow("/etc/shop/a.toml", "Permission denied (os error 13)")),
    )


def _apple_and_native() -> Iterator[Scenario]:
    def cocoa(kind: str, value: str, function: str) -> Raised:
        return exc(
            kind,
            value,
            {"function": "UIApplicationMain", "package": "/System/Library/Frameworks/UIKitCore", "in_app": False, "lineno": 1},
            {"function": function, "package": "/private/var/containers/Bundle/Application/AB/Shop.app/Shop", "in_app": True, "lineno": 3},
            {"function": "objc_exception_throw", "package": "/usr/lib/libobjc.A.dylib", "in_app": False, "lineno": 1},
        )  # fmt: skip

    def selector(name: str, address: str) -> Raised:
        return cocoa(
            "NSInvalidArgumentException",
            f"-[CartCell {name}]: unrecognized selector sent to instance {address}",
            "-[CartViewController tableView:cellForRowAtIndexPath:]",
        )

    yield case(
        "cocoa-selectors",
        "cocoa",
        ("A", selector("setTotal:", "0x600003f0c0")),
        ("A", selector("setTotal:", "0x7fa1c0001")),
        ("B", selector("setName:", "0x600003f0c0")),
    )

    def range_(index: int, function: str) -> Raised:
        text = f"*** -[__NSArrayM objectAtIndex:]: index {index} beyond bounds [0 .. {index - 1}]"
        return cocoa("NSRangeException", text, function)

    yield case(
        "cocoa-ranges",
        "cocoa",
        ("A", range_(5, "-[Cart lineAt:]")),
        ("A", range_(12, "-[Cart lineAt:]")),
        ("B", range_(5, "-[Cart couponAt:]")),
    )

    def swift(function: str) -> Raised:
        text = "Fatal error: Unexpectedly found nil while unwrapping an Optional value"
        return cocoa("EXC_BREAKPOINT", text, function)

    yield case(
        "swift-closures",
        "cocoa",
        ("A", swift("closure #1 in CartView.total.getter")),
        ("A", swift("closure #2 in CartView.total.getter")),
        ("A", swift("CartView.total.getter")),
        ("B", swift("closure #1 in CartView.body.getter")),
    )
