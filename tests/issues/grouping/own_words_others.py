# ruff: noqa: E501 (texts as they were sent)
"""Labelled scenarios of our own: words of Go, .NET, PHP, Ruby, Rust and native code."""

from collections.abc import Iterator
from typing import Any

from .own_case import Frame, Raised, at, case, exc, lib
from .score import Scenario


def py(f: str, m: str, line: str = "", **k: Any) -> Frame:
    return at(f, m.replace(".", "/") + ".py", line, module=m, **k)


def plib(f: str, m: str) -> Frame:
    return lib(f, f"/usr/lib/python3/dist-packages/{m.replace('.', '/')}.py", module=m)


def jv(f: str, m: str, **k: Any) -> Frame:
    return at(f, "module:" + m, **k)


def jl(f: str, m: str) -> Frame:
    return lib(f, "module:" + m)


def scenarios() -> Iterator[Scenario]:
    def go(k: str, v: str, f: str, m: str = "acme.io/shop/store") -> Raised:
        return exc(k, v, at(f, "module:" + m, filename="s.go"))

    yield case(
        "words-go-wrapped",
        "go",
        (
            "A",
            go(
                "*fmt.wrapError",
                "load cart 7: open /data/7.json: no such file or directory",
                "Load",
            ),
        ),
        (
            "A",
            go(
                "*fmt.wrapError",
                "load cart 99: open /data/99.json: no such file or directory",
                "Load",
            ),
        ),
        ("B", go("*fmt.wrapError", "load cart 7: permission denied", "Load")),
    )
    yield case(
        "words-go-strconv",
        "go",
        ("A", go("*strconv.NumError", 'strconv.Atoi: parsing "x7": invalid syntax', "Parse")),
        ("A", go("*strconv.NumError", 'strconv.Atoi: parsing "": invalid syntax', "Parse")),
        ("B", go("*strconv.NumError", 'strconv.ParseBool: parsing "y": invalid syntax', "Parse")),
    )
    yield case(
        "words-go-grpc",
        "go",
        ("A", go("*status.Error", "rpc error: code = NotFound desc = order 7 not found", "Get")),
        ("A", go("*status.Error", "rpc error: code = NotFound desc = order 81 not found", "Get")),
        (
            "B",
            go(
                "*status.Error",
                'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing"',
                "Get",
            ),
        ),
    )

    # csharp
    def cs(k: str, v: str, f: str, m: str, *libs: Frame) -> Raised:
        return exc(k, v, at(f, "module:" + m), *libs)

    yield case(
        "words-cs-keynotfound",
        "csharp",
        (
            "A",
            cs(
                "System.Collections.Generic.KeyNotFoundException",
                "The given key 'EUR' was not present in the dictionary.",
                "Rate",
                "Acme.Rates",
                lib("get_Item", "module:System.Collections.Generic.Dictionary`2"),
            ),
        ),
        (
            "A",
            cs(
                "System.Collections.Generic.KeyNotFoundException",
                "The given key 'USD' was not present in the dictionary.",
                "Rate",
                "Acme.Rates",
                lib("get_Item", "module:System.Collections.Generic.Dictionary`2"),
            ),
        ),
        (
            "B",
            cs(
                "System.Collections.Generic.KeyNotFoundException",
                "The given key 'USD' was not present in the dictionary.",
                "Tax",
                "Acme.Rates",
                lib("get_Item", "module:System.Collections.Generic.Dictionary`2"),
            ),
        ),
    )
    yield case(
        "words-cs-format",
        "csharp",
        (
            "A",
            cs(
                "System.FormatException",
                "The input string 'abc' was not in a correct format.",
                "Parse",
                "Acme.Csv",
                lib("ThrowFormatException", "module:System.Number"),
            ),
        ),
        (
            "A",
            cs(
                "System.FormatException",
                "Die Eingabezeichenfolge hat das falsche Format.",
                "Parse",
                "Acme.Csv",
                lib("ThrowOverflow", "module:System.Number"),
            ),
        ),
    )
    yield case(
        "words-cs-invalidop",
        "csharp",
        (
            "A",
            cs(
                "System.InvalidOperationException",
                "Sequence contains no elements",
                "First",
                "Acme.Orders",
                lib("ThrowNoElements", "module:System.Linq.ThrowHelper"),
            ),
        ),
        (
            "B",
            cs(
                "System.InvalidOperationException",
                "Nullable object must have a value.",
                "First",
                "Acme.Orders",
                lib("ThrowInvalid", "module:System.ThrowHelper"),
            ),
        ),
        (
            "A",
            cs(
                "System.InvalidOperationException",
                "Sequence contains no elements",
                "First",
                "Acme.Orders",
                lib("ThrowNoElements", "module:System.Linq.ThrowHelper"),
            ),
        ),
    )
    yield case(
        "words-cs-argument-names",
        "csharp",
        (
            "A",
            cs(
                "System.ArgumentException",
                "Value does not fall within the expected range. (Parameter 'id')",
                "Load",
                "Acme.Orders",
            ),
        ),
        (
            "A",
            cs(
                "System.ArgumentException",
                "Value does not fall within the expected range. (Parameter 'id')",
                "Load",
                "Acme.Orders",
            ),
        ),
        (
            "B",
            cs(
                "System.ArgumentNullException",
                "Value cannot be null. (Parameter 'name')",
                "Load",
                "Acme.Orders",
            ),
        ),
    )
    # ruby/php
    yield case(
        "words-php-typeerror",
        "php",
        (
            "A",
            exc(
                "TypeError",
                "App\\Cart::add(): Argument #1 ($item) must be of type App\\Item, null given, called in /var/www/releases/17/app/Http/CartController.php on line 31",
                at("App\\Cart::add", "app/Cart.php"),
            ),
        ),
        (
            "A",
            exc(
                "TypeError",
                "App\\Cart::add(): Argument #1 ($item) must be of type App\\Item, array given, called in /var/www/releases/18/app/Jobs/Fill.php on line 77",
                at("App\\Cart::add", "app/Cart.php"),
            ),
        ),
        (
            "B",
            exc(
                "TypeError",
                "App\\Cart::add(): Argument #2 ($count) must be of type int, string given, called in /var/www/releases/18/app/Jobs/Fill.php on line 77",
                at("App\\Cart::add", "app/Cart.php"),
            ),
        ),
    )
    yield case(
        "words-php-deprecated",
        "php",
        (
            "A",
            exc(
                "ErrorException",
                "Warning: file_get_contents(/data/7.json): Failed to open stream: No such file or directory",
                at("App\\Feed::read", "app/Feed.php"),
            ),
        ),
        (
            "A",
            exc(
                "ErrorException",
                "Warning: file_get_contents(/data/88.json): Failed to open stream: No such file or directory",
                at("App\\Feed::read", "app/Feed.php"),
            ),
        ),
        (
            "B",
            exc(
                "ErrorException",
                'Warning: Undefined array key "title"',
                at("App\\Feed::read", "app/Feed.php"),
            ),
        ),
    )
    yield case(
        "words-rb-argument",
        "ruby",
        (
            "A",
            exc(
                "ArgumentError",
                "wrong number of arguments (given 1, expected 2)",
                at("add", "app/models/cart.rb", "  def add(item, count)"),
            ),
        ),
        (
            "A",
            exc(
                "ArgumentError",
                "wrong number of arguments (given 3, expected 2)",
                at("add", "app/models/cart.rb", "  def add(item, count)"),
            ),
        ),
        (
            "B",
            exc(
                "ArgumentError",
                "comparison of Integer with nil failed",
                at("add", "app/models/cart.rb", "    rows.max"),
            ),
        ),
    )
    yield case(
        "words-rb-sidekiq",
        "ruby",
        (
            "A",
            exc(
                "Faraday::TimeoutError",
                "Net::ReadTimeout with #<TCPSocket:(closed)>",
                at("perform", "app/jobs/a.rb"),
                lib("call", "/gems/faraday-2.7/lib/faraday/adapter.rb"),
            ),
        ),
        (
            "B",
            exc(
                "Faraday::TimeoutError",
                "execution expired",
                at("perform", "app/jobs/b.rb"),
                lib("call", "/gems/faraday-2.7/lib/faraday/adapter.rb"),
            ),
        ),
    )

    # rust
    def rs(v: str, f: str) -> Raised:
        return exc(
            "panic",
            v,
            {"function": f, "in_app": True, "lineno": 4},
            {"function": "core::panicking::panic_fmt", "in_app": False, "lineno": 1},
        )

    yield case(
        "words-rust-expect",
        "rust",
        (
            "A",
            rs(
                'no config: Os { code: 2, kind: NotFound, message: "No such file or directory" }',
                "shop::load::h0123456789abcdef",
            ),
        ),
        (
            "A",
            rs(
                'no config: Os { code: 2, kind: NotFound, message: "Datei nicht gefunden" }',
                "shop::load::hfedcba9876543210",
            ),
        ),
        ("B", rs("no port: ParseIntError { kind: InvalidDigit }", "shop::load::h0123456789abcdef")),
    )
    yield case(
        "words-rust-async",
        "rust",
        (
            "A",
            rs(
                "index out of bounds: the len is 3 but the index is 7",
                "shop::cart::total::{{closure}}::h0123456789abcdef",
            ),
        ),
        (
            "A",
            rs(
                "index out of bounds: the len is 0 but the index is 0",
                "<shop::cart::total::{closure#0} as core::future::future::Future>::poll",
            ),
        ),
        (
            "B",
            rs(
                "index out of bounds: the len is 3 but the index is 7",
                "shop::cart::tax::{{closure}}::h0123456789abcdef",
            ),
        ),
    )

    # native
    def nv(
        f: str,
        pkg: str = "/opt/acme/bin/scanner",
        t: str = "SIGSEGV",
        v: str = "Segmentation fault",
    ) -> Raised:
        return exc(
            t,
            v,
            {"function": "main", "package": pkg, "in_app": True, "lineno": 1},
            {"function": f, "package": pkg, "in_app": True, "lineno": 1},
            type="signalhandler",
        )

    yield case(
        "words-native-templates",
        "native",
        ("A", nv("acme::Cache<std::string, int>::get(std::string const&)")),
        ("A", nv("acme::Cache<int, acme::Row>::get(int const&)")),
        ("B", nv("acme::Cache<int, acme::Row>::put(int const&)")),
    )
    yield case(
        "words-native-msvc",
        "native",
        (
            "A",
            nv(
                "acme::Scanner::Run::<lambda_1f2e3d>::operator()",
                t="EXCEPTION_ACCESS_VIOLATION_READ",
                v="0x18",
            ),
        ),
        (
            "A",
            nv(
                "acme::Scanner::Run::<lambda_99aa01>::operator()",
                t="EXCEPTION_ACCESS_VIOLATION_READ",
                v="0xffff0",
            ),
        ),
        ("B", nv("acme::Scanner::Stop", t="EXCEPTION_ACCESS_VIOLATION_READ", v="0x18")),
    )
