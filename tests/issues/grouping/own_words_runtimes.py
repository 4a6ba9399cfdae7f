"""Labelled scenarios of our own: words of Java and Kotlin."""

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
    # 7 java runtime parse
    def uuid(v: str) -> Raised:
        return exc(
            "java.lang.IllegalArgumentException",
            v,
            jv("load", "com.acme.Orders"),
            jl("fromString", "java.util.UUID"),
        )

    yield case(
        "words-java-uuid",
        "java",
        ("A", uuid("Invalid UUID string: abc")),
        ("A", uuid("Invalid UUID string: not-a-uuid")),
        ("A", uuid("Invalid UUID string: undefined")),
        (
            "B",
            exc(
                "java.lang.IllegalArgumentException",
                "Comparison method violates its general contract!",
                jv("load", "com.acme.Orders"),
                jl("mergeHi", "java.util.TimSort"),
            ),
        ),
    )

    def enum(v: str) -> Raised:
        return exc(
            "java.lang.IllegalArgumentException",
            "No enum constant com.acme.Status." + v,
            jv("parse", "com.acme.Status"),
            jl("valueOf", "java.lang.Enum"),
        )

    yield case(
        "words-java-enum", "java", ("A", enum("GONE")), ("A", enum("lost")), ("A", enum("REFUNDED"))
    )

    def nfe(v: str) -> Raised:
        return exc(
            "java.lang.NumberFormatException",
            f'For input string: "{v}"',
            jv("parse", "com.acme.Csv"),
            jl("parseInt", "java.lang.Integer"),
        )

    yield case("words-java-number", "java", ("A", nfe("x")), ("A", nfe("")))

    def cce(a: str, fn: str) -> Raised:
        return exc(
            "java.lang.ClassCastException",
            f"class {a} cannot be cast to class com.acme.Cart ({a} is in module java.base of loader 'bootstrap')",
            jv(fn, "com.acme.Session"),
        )

    yield case(
        "words-java-cast",
        "java",
        ("A", cce("java.lang.String", "cart")),
        ("A", cce("java.util.HashMap", "cart")),
        ("B", cce("java.lang.String", "user")),
    )

    # feign/resttemplate
    def feign(v: str) -> Raised:
        return exc(
            "feign.FeignException$NotFound",
            v,
            jv("find", "com.acme.Client"),
            jl("errorStatus", "feign.FeignException"),
        )

    yield case(
        "words-java-feign",
        "java",
        (
            "A",
            feign(
                "[404 Not Found] during [GET] to [http://stock/items/17] [StockClient#item(long)]: [{}]"
            ),
        ),
        (
            "A",
            feign(
                "[404 Not Found] during [GET] to [http://stock/items/99] [StockClient#item(long)]: []"
            ),
        ),
    )

    # kotlin
    def kt(m: str, f: str) -> Raised:
        return exc("java.lang.IllegalStateException", "Required value was null.", jv(f, m))

    yield case(
        "words-kotlin-required",
        "java",
        ("A", kt("com.acme.CartKt", "total")),
        ("A", kt("com.acme.CartKt", "total$default")),
        ("B", kt("com.acme.CartKt", "weight")),
    )

    # go
