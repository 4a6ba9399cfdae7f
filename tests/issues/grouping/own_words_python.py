"""Labelled scenarios of our own: words of Python and Ruby."""

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
    # 1 tenacity
    def retry(addr: str, fn: str) -> list[Raised]:
        inner = exc(
            "ConnectionError",
            f"no answer from 10.0.0.{len(addr)}",
            py(fn, "shop.stock", '    raise ConnectionError(f"no answer from {host}")'),
        )
        outer = exc(
            "RetryError",
            f"RetryError[<Future at {addr} state=finished raised ConnectionError>]",
            py("sync", "shop.jobs", "    levels = load()"),
            plib("__call__", "tenacity"),
        )
        return [inner, outer]

    yield case(
        "words-py-retry",
        "python",
        ("A", retry("0x7f1", "levels")),
        ("A", retry("0x7ffa12", "levels")),
        ("B", retry("0x7f1", "reserve")),
    )

    # 2 oserror
    def oserr(v: str, fn: str = "write") -> Raised:
        return exc("OSError", v, py(fn, "shop.export", "    handle.write(rows)"))

    yield case(
        "words-py-errno",
        "python",
        ("A", oserr("[Errno 28] No space left on device: '/data/a.csv'")),
        ("A", oserr("[Errno 28] No space left on device: '/data/b.csv'")),
        ("B", oserr("[Errno 24] Too many open files: '/data/a.csv'")),
    )

    # 3 TypeErrors
    def te(v: str, line: str) -> Raised:
        return exc("TypeError", v, py("price", "shop.cart", line))

    yield case(
        "words-py-type-errors",
        "python",
        ("A", te("'NoneType' object is not subscriptable", "    amount = row['amount']")),
        ("A", te("'int' object is not subscriptable", "    amount = row['amount']")),
        (
            "B",
            te(
                "unsupported operand type(s) for +: 'NoneType' and 'int'",
                "    total = amount + tax",
            ),
        ),
        ("C", te("'str' object is not callable", "    return fmt(total)")),
    )

    def ve(v: str, line: str) -> Raised:
        return exc("ValueError", v, py("parse", "shop.imports", line))

    yield case(
        "words-py-value-errors",
        "python",
        ("A", ve("invalid literal for int() with base 10: 'x7'", "    n = int(cell)")),
        ("A", ve("invalid literal for int() with base 10: ''", "    n = int(cell)")),
        (
            "B",
            ve("not enough values to unpack (expected 3, got 2)", "    a, b, c = line.split(';')"),
        ),
        (
            "C",
            ve(
                "time data '2024-13-01' does not match format '%Y-%m-%d'",
                "    at = datetime.strptime(cell, F)",
            ),
        ),
    )

    # 5 repr in message without source
    def rep(who: str) -> Raised:
        return exc(
            "PriceMissing",
            f"No price for <Product: {who}> in shop",
            at("price", "module:shop.price"),
        )

    yield case(
        "words-py-repr",
        "python",
        ("A", rep("Blue Mug")),
        ("A", rep("Red Bowl, large")),
        ("B", exc("PriceMissing", "No currency is set", at("price", "module:shop.price"))),
    )

    def rrep(i: int, n: str) -> Raised:
        return exc(
            "PriceMissing",
            f'No price for #<Product id: {i}, name: "{n}">',
            at("price", "app/models/price.rb"),
        )

    yield case("words-rb-repr", "ruby", ("A", rrep(1, "Mug")), ("A", rrep(22, "Bowl")))
