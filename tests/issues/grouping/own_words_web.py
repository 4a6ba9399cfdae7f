# ruff: noqa: E501 (texts as they were sent)
"""Labelled scenarios of our own: words of browsers and Node.js, lines of logs."""

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
    # js DOM
    def dom(v: str, fn: str = "removeChild") -> Raised:
        return exc(
            "NotFoundError",
            v,
            {
                "function": "commitDeletion",
                "filename": "https://x.example/static/js/react-dom.production.min.js",
                "lineno": 1,
                "colno": 5,
                "in_app": True,
            },
        )

    yield case(
        "words-js-dom",
        "javascript",
        (
            "A",
            dom(
                "Failed to execute 'removeChild' on 'Node': The node to be removed is not a child of this node."
            ),
        ),
        ("A", dom("Node.removeChild: The node to be removed is not a child of this node")),
        ("A", dom("The object can not be found here.")),
    )

    def jsf(
        kind: str, v: str, fn: str, file: str = "webpack://shop/./src/cart/Cart.tsx", line: str = ""
    ) -> Raised:
        return exc(
            kind,
            v,
            {"function": fn, "filename": file, "lineno": 1, "colno": 5, "in_app": True}
            | ({"context_line": line} if line else {}),
        )

    yield case(
        "words-js-constructor",
        "javascript",
        ("A", jsf("TypeError", "e.Chart is not a constructor", "draw")),
        (
            "A",
            jsf("TypeError", "undefined is not a constructor (evaluating 'new e.Chart')", "draw"),
        ),
        ("B", jsf("TypeError", "e.Table is not a constructor", "draw")),
    )
    yield case(
        "words-js-circular",
        "javascript",
        (
            "A",
            jsf(
                "TypeError",
                "Converting circular structure to JSON\n    --> starting at object with constructor 'HTMLDivElement'",
                "save",
            ),
        ),
        ("A", jsf("TypeError", "cyclic object value", "save")),
        ("A", jsf("TypeError", "JSON.stringify cannot serialize cyclic structures.", "save")),
        ("B", jsf("TypeError", "Cannot read properties of undefined (reading 'id')", "save")),
    )
    yield case(
        "words-js-in-operator",
        "javascript",
        ("A", jsf("TypeError", "Cannot use 'in' operator to search for 'length' in abc", "each")),
        ("A", jsf("TypeError", "right-hand side of 'in' should be an object, got string", "each")),
    )

    # express http-errors
    def he(i: int, w: str = "User") -> Raised:
        return exc(
            "NotFoundError",
            f"{w} {i} not found",
            {
                "function": "show",
                "filename": "/app/src/users.js",
                "lineno": 4,
                "in_app": True,
                "context_line": "    throw new NotFoundError(`${kind} ${id} not found`)",
            },
        )

    yield case("words-node-http-errors", "node", ("A", he(7)), ("A", he(8811)))

    # angular HttpErrorResponse
    def hr(i: int, c: str) -> Raised:
        return exc(
            "Error",
            f"Http failure response for https://api.example.com/carts/{i}: {c}",
            jsf("x", "x", "x")["stacktrace"]["frames"][0] | {"function": "loadCart"},
        )

    yield case(
        "words-js-angular-http",
        "javascript",
        ("A", hr(1, "404 Not Found")),
        ("A", hr(22, "404 Not Found")),
        ("B", hr(1, "500 Internal Server Error")),
    )

    # node unhandled system errors with syscalls
    def ne(v: str, fn: str = "read") -> Raised:
        return exc(
            "Error",
            v,
            {
                "function": fn,
                "filename": "/app/src/files.js",
                "lineno": 4,
                "in_app": True,
                "context_line": "  const text = await readFile(path)",
            },
            {
                "function": "open",
                "filename": "node:internal/fs/promises",
                "lineno": 1,
                "in_app": False,
            },
        )

    yield case(
        "words-node-enoent",
        "node",
        ("A", ne("ENOENT: no such file or directory, open '/tmp/a'")),
        ("A", ne("ENOENT: no such file or directory, open '/tmp/b c'")),
        ("B", ne("EACCES: permission denied, open '/tmp/a'")),
    )

    # logs
    def m(t: str, **k: Any) -> dict[str, Any]:
        return {"logentry": {"formatted": t, "message": t}} | k

    yield case(
        "words-log-prices",
        "python",
        ("A", m("Refund of €12.50 to customer C-991 refused")),
        ("A", m("Refund of €1,299.00 to customer C-3 refused")),
        ("B", m("Refund queue is full")),
    )
    yield case(
        "words-log-json-tail",
        "node",
        ("A", m('webhook rejected {"id":7,"kind":"order.paid"}')),
        ("A", m('webhook rejected {"id":81,"kind":"order.sent","x":[1,2]}')),
        ("B", m("webhook queue full")),
    )
    yield case(
        "words-log-kv",
        "go",
        ("A", m("sync failed tenant=17 took=3.2s rows=12")),
        ("A", m("sync failed tenant=9918 took=41ms rows=0")),
        ("B", m("sync skipped tenant=17")),
    )
    yield case(
        "words-log-files",
        "python",
        ("A", m("Import of orders-2024-01.csv failed in line 17")),
        ("A", m("Import of stock_7.csv failed in line 2")),
        ("B", m("Import of orders-2024-01.csv started twice")),
    )
    yield case(
        "words-log-sql",
        "python",
        ("A", m("slow query (1203 ms): SELECT * FROM carts WHERE id IN (1, 2, 3)")),
        ("A", m("slow query (88 ms): SELECT * FROM carts WHERE id IN (7)")),
        ("B", m("slow query (1203 ms): SELECT * FROM orders WHERE id IN (1, 2, 3)")),
    )
    yield case(
        "words-log-sql-params",
        "python",
        ("A", m("slow: SELECT * FROM carts WHERE id IN (?, ?, ?)")),
        ("A", m("slow: SELECT * FROM carts WHERE id IN (?, ?)")),
        ("B", m("slow: SELECT * FROM orders WHERE id IN (?, ?)")),
    )
    yield case(
        "words-log-hosts",
        "python",
        ("A", m("worker web-7f9c4d5b8-x2x9z lost its connection to 10.1.2.3:5432")),
        ("A", m("worker web-5d8f7c6b9-abq7k lost its connection to [fe80::1]:5432")),
        ("B", m("worker web-7f9c4d5b8-x2x9z started")),
    )
    yield case(
        "words-log-localised",
        "php",
        ("A", m("Der Benutzer 17 konnte nicht geladen werden")),
        ("A", m("Der Benutzer 993 konnte nicht geladen werden")),
        ("B", m("Die Bestellung 17 konnte nicht geladen werden")),
    )
    yield case(
        "words-log-errors-str",
        "python",
        (
            "A",
            m(
                "Could not reach stock service: HTTPSConnectionPool(host='stock', port=443): Read timed out. (read timeout=5)",
                logger="shop",
            ),
        ),
        (
            "A",
            m(
                "Could not reach stock service: HTTPSConnectionPool(host='stock2', port=8443): Read timed out. (read timeout=10)",
                logger="shop",
            ),
        ),
    )
