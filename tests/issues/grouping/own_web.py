# ruff: noqa: E501 (texts as they were sent)
"""Labelled scenarios of our own: browsers, Node.js, Python, messages."""

from collections.abc import Iterator
from typing import Any

from .own_case import Frame, Raised, at, case, exc, lib
from .score import Scenario


def scenarios() -> Iterator[Scenario]:
    yield from _browsers()
    yield from _node()
    yield from _python()
    yield from _messages()


def _browsers() -> Iterator[Scenario]:
    def js(kind: str, value: str, function: str, file: str, line: str = "") -> Raised:
        frame = {"function": function, "filename": file, "lineno": 1, "colno": 700, "in_app": True}
        return exc(kind, value, frame | ({"context_line": line} if line else {}))

    def read(name: str) -> str:
        return f"Cannot read properties of undefined (reading '{name}')"

    base = "https://shop.example/_next/static/chunks/"
    yield case(
        "js-numbered-chunks",
        "javascript",
        ("A", js("TypeError", read("currency"), "c", f"{base}8012-3f9a1c2b4d5e6f70.js")),
        ("A", js("TypeError", read("currency"), "d", f"{base}4417-0f9a1c2b4d5e6f71.js")),
        ("B", js("TypeError", read("quantity"), "c", f"{base}8012-3f9a1c2b4d5e6f70.js")),
        ("C", js("TypeError", read("currency"), "c", f"{base}pages/checkout-77aa1c2b4d5e6f70.js")),
        ("C", js("TypeError", read("currency"), "f", f"{base}pages/checkout-88aa1c2b4d5e6f70.js")),
    )

    cdn = "https://cdn.example/assets/"
    yield case(
        "js-names-that-a-bundler-numbers",
        "javascript",
        ("A", js("TypeError", read("total"), "handleSave$1", f"{cdn}Cart-Dk3f9aX1.js")),
        ("A", js("TypeError", read("total"), "handleSave", f"{cdn}Cart-_x9Kd0aB.js")),
        ("A", js("TypeError", read("total"), "handleSave$2", f"{cdn}Cart-B1x9Kd0a.js")),
        ("B", js("TypeError", read("total"), "handleLoad", f"{cdn}Cart-Dk3f9aX1.js")),
    )

    def angular(name: str, before: str, function: str) -> Raised:
        text = (
            "NG0100: ExpressionChangedAfterItHasBeenCheckedError: Expression has changed after it was checked. "
            f"Previous value for '{name}': '{before}'. Current value: 'x'. Find more at https://angular.dev/errors/NG0100"
        )
        return exc(
            "Error",
            text,
            {"function": function, "filename": "app:///src/app/cart.component.html", "lineno": 3, "in_app": True},
            {"function": "throwErrorIfNoChangesMode", "filename": "app:///node_modules/@angular/core/core.mjs", "lineno": 9, "in_app": False},
        )  # fmt: skip

    yield case(
        "js-angular-changed-expression",
        "javascript",
        ("A", angular("ngIf", "true", "CartComponent_Template")),
        ("A", angular("ngIf", "false", "CartComponent_Template")),
        ("B", angular("ngIf", "true", "WishComponent_Template")),
    )

    def custom(function: str, file: str, order: int) -> Raised:
        return js(
            "CheckoutError",
            f"order {order} is closed",
            function,
            file,
            "    throw new CheckoutError(`order ${id} is closed`)",
        )

    yield case(
        "js-classes-and-async-names",
        "javascript",
        ("A", custom("async CheckoutStore.submit", "webpack:///./src/stores/checkout.ts", 5)),
        ("A", custom("CheckoutStore.submit", "webpack://shop/./src/stores/checkout.ts?9a1c", 71)),
        ("A", custom("t.submit", "app:///src/stores/checkout.ts", 8)),
        ("B", custom("CheckoutStore.cancel", "webpack:///./src/stores/checkout.ts", 5)),
    )


def _node() -> Iterator[Scenario]:
    def fetch(code: str, words: str, function: str = "loadRates") -> list[Raised]:
        cause = exc(
            "Error",
            f"{words}",
            {
                "function": "TCPConnectWrap.afterConnect",
                "filename": "node:net",
                "lineno": 1,
                "in_app": False,
            },
        )
        outer = exc(
            "TypeError",
            "fetch failed",
            {"function": function, "filename": "/app/src/rates.js", "lineno": 8, "in_app": True, "context_line": "  const answer = await fetch(url);"},
            {"function": "fetch", "filename": "node:internal/deps/undici/undici", "lineno": 1, "in_app": False},
        )  # fmt: skip
        return [cause, outer]

    yield case(
        "node-fetch-failed",
        "node",
        ("A", fetch("ECONNREFUSED", "connect ECONNREFUSED 10.0.0.7:443")),
        ("A", fetch("ECONNREFUSED", "connect ECONNREFUSED ::1:8080")),
        ("B", fetch("ENOTFOUND", "getaddrinfo ENOTFOUND rates.example.com")),
        ("C", fetch("ECONNREFUSED", "connect ECONNREFUSED 10.0.0.7:443", "loadTaxes")),
    )

    def prisma(field: str) -> Raised:
        text = (
            "\nInvalid `prisma.user.create()` invocation in\n/app/src/user.ts:12:30\n\n"
            f"→ 12 const user = await prisma.user.create(\nUnique constraint failed on the fields: (`{field}`)"
        )
        return exc(
            "PrismaClientKnownRequestError",
            text,
            {"function": "register", "filename": "/app/src/user.ts", "lineno": 12, "in_app": True},
            {"function": "Vr.handleRequestError", "filename": "/app/node_modules/@prisma/client/runtime/library.js", "lineno": 1, "in_app": False},
        )  # fmt: skip

    yield case(
        "node-prisma", "node", ("A", prisma("email")), ("A", prisma("email")), ("B", prisma("slug"))
    )

    def axios(value: str, function: str = "load") -> Raised:
        return exc(
            "AxiosError",
            value,
            {"function": function, "filename": "/app/src/client.js", "lineno": 3, "in_app": True},
            {
                "function": "settle",
                "filename": "/app/node_modules/axios/lib/core/settle.js",
                "lineno": 1,
                "in_app": False,
            },
        )

    yield case(
        "node-axios",
        "node",
        ("A", axios("Request failed with status code 404")),
        ("A", axios("Request failed with status code 404")),
        ("B", axios("Request failed with status code 500")),
        ("C", axios("timeout of 5000ms exceeded")),
        ("C", axios("timeout of 12000ms exceeded")),
        ("D", axios("Request failed with status code 404", "save")),
    )

    def mongo(index: str, value: str) -> Raised:
        return exc(
            "MongoServerError",
            f'E11000 duplicate key error collection: shop.users index: {index} dup key: {{ x: "{value}" }}',
            {
                "function": "UserStore.add",
                "filename": "/app/src/users.js",
                "lineno": 3,
                "in_app": True,
            },
        )

    yield case(
        "node-mongo",
        "node",
        ("A", mongo("email_1", "a")),
        ("A", mongo("email_1", "b")),
        ("B", mongo("slug_1", "a")),
    )


def _python() -> Iterator[Scenario]:
    def py(function: str, module: str, line: str) -> Frame:
        return at(function, module.replace(".", "/") + ".py", line, module=module)

    def stdlib(function: str, module: str) -> Frame:
        return lib(function, f"/usr/lib/python3.11/{module.replace('.', '/')}.py", module=module)

    def late(function: str, helper: str) -> list[Raised]:
        inner = exc("CancelledError", "", stdlib("read", "asyncio.streams"))
        line = "    async with asyncio.timeout(5):"
        return [
            inner,
            exc("TimeoutError", "", py(function, "shop.rates", line), stdlib("__aexit__", helper)),
        ]

    yield case(
        "py-asyncio-timeouts",
        "python",
        ("A", late("fetch_rates", "asyncio.timeouts")),
        ("A", late("fetch_rates", "asyncio.tasks")),
        ("B", late("push_rates", "asyncio.timeouts")),
    )

    def pydantic(count: int, function: str) -> Raised:
        text = f"{count} validation errors for Order\nlines.{count}.price\n  Field required [type=missing, input_value={{}}]"
        return exc(
            "ValidationError",
            text,
            py(function, "shop.orders", "    order = Order.model_validate(data)"),
        )

    yield case(
        "py-pydantic",
        "python",
        ("A", pydantic(3, "load_order")),
        ("A", pydantic(1, "load_order")),
        ("B", pydantic(3, "patch_order")),
    )

    def down(words: str) -> list[Raised]:
        line = "    rows = session.execute(query)"
        inner = exc("psycopg2.OperationalError", words, stdlib("connect", "psycopg2"))
        return [
            inner,
            exc(
                "OperationalError",
                f"(psycopg2.OperationalError) {words}",
                py("orders", "shop.store", line),
                stdlib("do_execute", "sqlalchemy.engine.default"),
            ),
        ]

    yield case(
        "py-sqlalchemy-down",
        "python",
        ("A", down('connection to server at "10.0.0.7", port 5432 failed: Connection refused')),
        ("A", down('connection to server at "10.0.0.12", port 5433 failed: Connection refused')),
        ("B", down("SSL connection has been closed unexpectedly")),
    )

    def reverse(argument: int, function: str) -> Raised:
        text = f"Reverse for 'order' with arguments '({argument},)' not found. 1 pattern(s) tried: ['orders/(?P<pk>[0-9]+)/$']"
        return exc(
            "NoReverseMatch",
            text,
            py(function, "shop.views", '    return redirect("order", order.number)'),
            stdlib("_reverse_with_prefix", "django.urls.resolvers"),
        )

    yield case(
        "py-no-reverse",
        "python",
        ("A", reverse(7, "pay")),
        ("A", reverse(81, "pay")),
        ("B", reverse(7, "ship")),
    )

    def lambdas(line: str) -> Raised:
        return exc(
            "ZeroDivisionError",
            "division by zero",
            py("report", "shop.stats", "    return sorted(rows, key=KEYS[0])"),
            py("<lambda>", "shop.stats", line),
        )

    yield case(
        "py-lambdas",
        "python",
        ("A", lambdas("    lambda row: row.sum / row.count,")),
        ("A", lambdas("        lambda row: row.sum / row.count,")),
        ("B", lambdas("    lambda row: row.sum / row.weight,")),
    )


def _messages() -> Iterator[Scenario]:
    def said(text: str, **more: Any) -> dict[str, Any]:
        return {"logentry": {"formatted": text, "message": text}, "logger": "shop.jobs"} | more

    yield case(
        "log-ids-of-many-forms",
        "python",
        ("A", said("Job import-8f3a22 of tenant 12 gave up after 3 tries in 1m12s")),
        ("A", said("Job export-00b1c9 of tenant 9871 gave up after 12 tries in 41.5s")),
        ("B", said("Job import-8f3a22 of tenant 12 was taken back")),
    )
    yield case(
        "log-serilog-templates",
        "csharp",
        ("A", {"logentry": {"message": "Order {OrderId} failed for {Customer}", "formatted": 'Order 7 failed for "Jane Roe"'}, "logger": "Acme.Orders"}),
        ("A", {"logentry": {"message": "Order {OrderId} failed for {Customer}", "formatted": 'Order 91 failed for "John Doe"'}, "logger": "Acme.Orders"}),
        ("B", {"logentry": {"message": "Order {OrderId} waits for {Customer}", "formatted": 'Order 7 waits for "Jane Roe"'}, "logger": "Acme.Orders"}),
    )  # fmt: skip
    yield case(
        "log-routes-and-times",
        "ruby",
        ("A", said("Slow request GET /users/18/orders took 2301ms (db 2100.5ms)")),
        ("A", said("Slow request GET /users/977/orders took 12044ms (db 11001.0ms)")),
        ("B", said("Slow request GET /carts/3 took 2301ms (db 2100.5ms)")),
    )
    yield case(
        "log-other-scripts",
        "java",
        ("A", said("订单 10021 支付失败:余额不足")),
        ("A", said("订单 77 支付失败:余额不足")),
        ("B", said("订单 10021 已取消")),
        ("C", said("Заказ №15 не оплачен")),
        ("C", said("Заказ №2207 не оплачен")),
    )
