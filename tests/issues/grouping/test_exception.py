"""Trees of exceptions, leads, causes and reasons."""

import time
from typing import Any

import pytest

from issues.grouping import Config, Grouping, group
from issues.grouping.catalogue_js import last_property
from tests.issues.grouping.build import event, frame, java, js, py, py_library, raised

RAISE = 'raise OrderError("could not place the order") from error'


def line(grouping: Grouping, what: str) -> str | None:
    return next((value for name, value, _ in grouping.why["lines"] if name == what), None)


def reason(kind: str, value: str, *frames: dict[str, Any], platform: str = "python") -> str | None:
    """What contributed as the reason of a single exception."""
    return line(group(event(raised(kind, value, *frames), platform=platform)), "reason")


def test_the_last_exception_leads() -> None:
    grouping = group(
        event(
            raised("KeyError", "'a'", py("load", "store", 'row["a"]')),
            raised("OrderError", "could not place the order", py("place", "orders", RAISE)),
        )
    )
    assert (grouping.type, grouping.title) == (
        "OrderError",
        "OrderError: could not place the order",
    )
    assert line(grouping, "caused by") == "KeyError: a at store:load"


def test_a_library_that_rethrows_is_transparent() -> None:
    inner = raised("PlanError", "no plan", py("plan", "crm", 'raise PlanError("no plan")'))
    outer = raised("TemplateError", "in line 7", py("view", "web"), py_library("render", "jinja2"))
    assert group(event(inner, outer)).type == "PlanError"


def test_a_library_on_its_own_leads_without_its_causes() -> None:
    inner = raised("TimeoutError", "timed out", py_library("connect", "urllib3"))
    outer = raised(
        "ConnectionError", "no", py("sync", "stock", "get()"), py_library("get", "requests")
    )
    assert line(group(event(inner, outer)), "caused by") is None
    assert group(event(inner, outer)).hashes == group(event(outer)).hashes


def test_ids_decide_about_the_root_and_not_the_order() -> None:
    root = raised("OuterError", "out", py("a", "m", "raise OuterError()"), exception_id=0)
    cause = raised(
        "InnerError", "in", py("b", "m", "raise InnerError()"), exception_id=1, parent_id=0
    )
    assert group(event(root, cause)).type == group(event(cause, root)).type == "OuterError"


@pytest.mark.parametrize(
    "ids",
    [
        pytest.param(((0, None), (0, None)), id="the same id twice"),
        pytest.param(((0, None), (1, None)), id="two roots"),
        pytest.param(((0, 0), (1, None)), id="its own parent"),
        pytest.param(((0, 1), (1, 0)), id="a circle"),
        pytest.param(((0, 7), (1, None)), id="a parent that is not there"),
        pytest.param(((0, "1"), (1, None)), id="a parent that is no number"),
    ],
)
def test_broken_ids_fall_back_to_the_order(ids: tuple[tuple[int, Any], ...]) -> None:
    first, last = (
        raised(name, "x", py("a", "m", "raise"), exception_id=own, parent_id=parent)
        for name, (own, parent) in zip(("FirstError", "LastError"), ids, strict=True)
    )
    assert group(event(first, last)).type == "LastError"


def test_a_cause_without_from_does_not_contribute() -> None:
    outer = raised(
        "OrderError", "no", py("place", "orders", 'raise OrderError("no")'), exception_id=0
    )
    alone = group(event(outer))
    for kind in ("KeyError", "ValueError"):
        inner = raised(kind, "x", py("b", "m"), exception_id=1, parent_id=0, source="__context__")
        assert group(event(inner, outer)).hashes == alone.hashes


def test_a_message_that_repeats_its_cause_says_nothing_new() -> None:
    frames = (java("save", "com.acme.Orders"),)
    grouping = group(
        event(
            raised("StoreException", "disk 7 of rack east full", java("write", "com.acme.Disk")),
            raised("OrderException", "could not save: disk 7 of rack east full", *frames),
            platform="java",
        )
    )
    assert line(grouping, "reason") == "<cause>"


def test_members_of_a_group_count_once_each() -> None:
    def group_of(*kinds: str) -> Grouping:
        members = [
            raised(
                k,
                "x",
                py("f", "m", "raise"),
                exception_id=n,
                parent_id=0,
                source=f"exceptions[{n}]",
            )
            for n, k in enumerate(kinds, start=1)
        ]
        root = raised("ExceptionGroup", "many", exception_id=0, is_exception_group=True)
        return group(event(*members[::-1], root))

    assert group_of("AError").title == "AError: x"
    assert group_of("AError", "BError", "AError").title == "AError: x (and 1 other error)"
    assert group_of("AError", "BError", "CError").title == "AError: x (and 2 other errors)"
    assert group_of("AError", "BError").hashes == group_of("BError", "AError", "BError").hashes
    assert group_of("AError", "BError").hashes != group_of("AError", "CError").hashes
    assert (
        group_of("AError").hashes
        == group(event(raised("AError", "x", py("f", "m", "raise")))).hashes
    )


def test_hundreds_of_chained_exceptions_are_no_problem() -> None:
    chain = [raised(f"E{n}Error", "x", py(f"f{n}", "m", "raise")) for n in range(300)]
    assert group(event(*chain)).type == "E299Error"


def test_the_site_ties_texts_of_one_statement_together() -> None:
    def frozen(name: str, release: str = "a@1", lineno: int = 40) -> tuple[str, ...]:
        frames = (java("debit", "com.acme.Transfers", lineno=lineno),)
        error = raised("IllegalStateException", f"Account of {name} is frozen", *frames)
        return group(event(error, platform="java", release=release)).hashes

    assert frozen("Jane Roe")[0] != frozen("John Doe")[0]
    assert frozen("Jane Roe")[1] == frozen("John Doe")[1]
    assert frozen("Jane Roe")[1] != frozen("Jane Roe", "a@2")[1]
    assert frozen("Jane Roe")[1] != frozen("Jane Roe", lineno=41)[1]
    assert len(frozen("Jane Roe", "")) == 1


def test_an_application_that_does_not_respond_has_no_reason() -> None:
    one = raised("ApplicationNotResponding", "for 5001 ms", java("a", "com.acme.A"), type="ANR")
    two = raised("Background ANR", "for 9 s", java("a", "com.acme.A"), type="ANR")
    assert group(event(one, platform="java")).hashes == group(event(two, platform="java")).hashes


def test_a_project_names_its_own_generic_types() -> None:
    def hashes(text: str, config: Config) -> tuple[str, ...]:
        frames = (py("a", "m"), py_library("b", "lib"))
        return group(event(raised("AcmeError", text, *frames)), config).hashes

    assert hashes("one", Config()) == hashes("two", Config())
    ours = Config(generic_types=frozenset({"AcmeError"}))
    assert hashes("one", ours) != hashes("two", ours)


BROWSER = js("Cart", "app:///src/cart/Cart.ts", "const a = cart.amount;")


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("TypeError", "Cannot read properties of undefined (reading 'amount')", "nullish:amount"),
        ("TypeError", "Cannot set properties of null (setting 'amount')", "nullish:amount"),
        ("TypeError", "Cannot read property 'amount' of undefined", "nullish:amount"),
        (
            "TypeError",
            "Cannot destructure property 'amount' of 'x' as it is null.",
            "nullish:amount",
        ),
        ("TypeError", 'can\'t access property "amount", cart is undefined', "nullish:amount"),
        ("TypeError", "cart is undefined", "nullish:amount"),
        ("TypeError", "rows is null", "nullish:?"),
        ("TypeError", "null is not an object (evaluating 'cart.amount')", "nullish:amount"),
        ("TypeError", "Cannot read properties of undefined (reading '7')", "nullish:[]"),
        ("TypeError", "items.map is not a function", "not-a-function:map"),
        (
            "TypeError",
            "e.map is not a function. (In 'e.map(x)', 'e.map' is undefined)",
            "not-a-function:map",
        ),
        ("TypeError", "undefined is not a function (near '...of rows...')", "not-iterable"),
        ("TypeError", "rows is not iterable", "not-iterable"),
        ("ReferenceError", "gtag is not defined", "undefined-variable:gtag"),
        ("ReferenceError", "Can't find variable: gtag", "undefined-variable:gtag"),
        ("TypeError", "Assignment to constant variable.", "const-assignment"),
        ("SyntaxError", "Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON", "json-parse"),
        ("SyntaxError", "Unexpected token < in JSON at position 0", "json-parse"),
        ("SyntaxError", "Unexpected end of JSON input", "json-parse"),
        ("SyntaxError", "JSON.parse: unexpected character at line 1 column 1", "json-parse"),
        ("SyntaxError", "JSON Parse error: Unrecognized token '<'", "json-parse"),
        ("TypeError", "Failed to fetch (api.example.com)", "network"),
        ("TypeError", "NetworkError when attempting to fetch resource.", "network"),
        ("AbortError", "The user aborted a request.", "aborted"),
        ("QuotaExceededError", "x exceeded the quota", "quota"),
        ("SecurityError", "The operation is insecure.", "denied"),
        ("Error", "Request failed with status code 404", "http 404"),
        ("Error", "ResizeObserver loop limit exceeded", "resize-observer"),
        ("Error", "Script error.", "script-error"),
        ("Error", "Minified React error #425; visit x", "react#425"),
    ],
)
def test_engines_words_become_one_reason(kind: str, value: str, expected: str) -> None:
    assert reason(kind, value, BROWSER, platform="javascript") == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cart.amount", "amount"),
        ("this.rows[i].amount", "amount"),
        ("find(a, b).amount", "amount"),
        ("cart.amount.toFixed(2)", "toFixed"),
        ("cart.amount = 5", "amount"),
        ("cart?.amount", "amount"),
        ("rows[0]", "[]"),
        ("this.#amount", "amount"),
        ("undefined", "?"),
        ("", "?"),
    ],
)
def test_the_last_property_of_an_expression(expression: str, expected: str) -> None:
    assert last_property(expression) == expected


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("IntegrityError", 'violates unique constraint "a_key"\nDETAIL: x', "constraint a_key"),
        ("IntegrityError", "UNIQUE constraint failed: users.email", "constraint users.email"),
        ("IntegrityError", "(1062, \"Duplicate entry 'a' for key 'b_key'\")", "constraint b_key"),
        ("DbError", "Cannot insert into unique index 'ix_a'", "constraint ix_a"),
        ("PrismaError", "Unique constraint failed on the fields: (`email`)", "constraint email"),
        (
            "MongoServerError",
            "E11000 duplicate key: a.b index: mail_1 dup key: { x: 1 }",
            "constraint mail_1",
        ),
        (
            "NotNullViolation",
            'null value in column "a" violates not-null constraint',
            "constraint a",
        ),
        (
            "InactiveRpcError",
            "<RPC terminated with:\n\tstatus = StatusCode.UNAVAILABLE",
            "code UNAVAILABLE",
        ),
        ("HTTPError", "503 Server Error: x for url: https://y", "http 503"),
        ("HttpError", "answered HTTP 502 after 3 s", "http 502"),
        ("HttpError", "HTTP/1.1 502 Bad Gateway", "http 502"),
        ("HttpError", "HTTP 200 but no body", "HTTP <n> but no body"),
        (
            "HttpRequestException",
            "status code does not indicate success: 404 (Not Found).",
            "http 404",
        ),
        ("ClientResponseError", "404, message='Not Found', url=URL('https://x')", "http 404"),
        ("HTTPStatusError", "Client error '404 Not Found' for url 'https://x'", "http 404"),
        ("Order.DoesNotExist", "Order matching query does not exist.", "Order"),
        ("CalledError", "the server returned error: 404", "http 404"),
        (
            "ClientError",
            "An error occurred (Throttled) when calling the Send operation: x",
            "Throttled Send",
        ),
        ("RpcError", "rpc error: code = NotFound desc = no 7", "code NotFound"),
        ("FirebaseError", "Firebase: Error (auth/user-not-found).", "code auth/user-not-found"),
        ("PDOException", "SQLSTATE[42S02]: Base table or view not found", "code 42S02"),
        ("PDOException", "SQLSTATE[HY000] [2002] Connection refused", "code HY000 2002"),
        (
            "PDOException",
            "SQLSTATE[HY000]: General error: 1 no such table",
            "SQLSTATE[<id>]: General error: <n> no such table",
        ),
        ("DatabaseError", "ORA-00942: table or view does not exist", "code ORA-00942"),
        ("SqlException", "DB2 SQL Error: SQLCODE=-803, SQLSTATE=23505", "code SQLCODE=-803"),
        ("DbError", "JSON parse error: x", "json-parse"),
        ("SqlError", "Deadlock found when trying to get lock", "deadlock"),
        ("OSError", "connect ETIMEDOUT 10.0.0.1:5432", "ETIMEDOUT"),
        ("AttributeError", "'NoneType' object has no attribute 'price'", "price"),
        ("ImportError", "cannot import name 'pay' from 'shop' (/srv/x.py)", "pay"),
        ("ModuleNotFoundError", "No module named 'shop.pay'", "shop.pay"),
        ("NameError", "name 'lgo' is not defined", "lgo"),
        ("TypeError", "Cart.pay() got an unexpected keyword argument 'x'", "pay"),
        ("TypeError", "pay() missing 1 required positional argument: 'x'", "pay"),
        ("ValueError", "bad value: 'a'", "bad value: <str>"),
        ("AcmeError", "bad value", None),
    ],
)
def test_identifiers_stay_and_data_goes(kind: str, value: str, expected: str | None) -> None:
    frames = (py("save", "shop.orders", "order.save()"), py_library("run", "driver"))
    assert reason(kind, value, *frames) == expected


def test_an_identifier_that_looks_like_a_code_is_data() -> None:
    raising = 'raise StockError(f"no stock for {sku}")'
    frames = (py("reserve", "stock", raising),)
    assert reason("StockError", "no stock for SKU-991", *frames) == "no stock for <*>"
    bracket = py("reserve", "stock", 'raise StockError(f"no stock ({name})")')
    assert reason("StockError", "no stock (blue-shirt)", bracket) == "no stock <*>"


@pytest.mark.parametrize(
    ("platform", "kind", "value", "expected"),
    [
        ("ruby", "NoMethodError", "undefined method `name' for nil:NilClass", "name"),
        ("ruby", "NameError", "undefined local variable or method 'rows' for main", "rows"),
        ("ruby", "ActiveRecord::RecordNotFound", "Couldn't find Order with 'id'=7", "Order"),
        ("java", "java.lang.NullPointerException", 'Cannot invoke "x"', None),
        ("php", "Error", "Call to a member function total() on null", "total"),
        ("php", "ErrorException", "Undefined index: total", "total"),
        ("php", "ErrorException", 'Warning: Undefined array key "total"', "total"),
        ("php", "ErrorException", "Undefined property: App\\Cart::$total", "total"),
        ("php", "RuntimeError", 'Variable "x" does not exist in "a.twig" at line 3.', "x a.twig"),
        (
            "php",
            "ErrorException",
            "foreach() argument must be of type array|object, null given",
            "foreach",
        ),
        ("rust", "panic", "called `Result::unwrap()` on an `Err` value: Io(7)", "unwrap-err"),
    ],
)
def test_other_languages(platform: str, kind: str, value: str, expected: str | None) -> None:
    rows = frame("total", "a.Cart", filename="a/cart.x", in_app=True, context_line="x = total()")
    assert reason(kind, value, rows, platform=platform) == expected


def test_a_key_error_raised_on_purpose_keeps_its_words() -> None:
    rows = py("plan", "crm", 'raise KeyError(f"unknown plan {plan}")')
    assert reason("KeyError", "'unknown plan gold'", rows) == "unknown plan <*>"


def test_words_of_an_unrelated_literal_change_nothing() -> None:
    rows = py("plan", "crm", "raise PlanError(message)", pre_context=['log("starting the job")'])
    assert reason("PlanError", "no plan left for anybody", rows) == "no plan left for anybody"


@pytest.mark.parametrize("platform", ["python", "ruby", "php", "java", "javascript"])
@pytest.mark.parametrize("kind", ["TypeError", "ValueError", "KeyError", "NotFoundError"])
def test_hostile_words_cost_no_more_than_their_length(platform: str, kind: str) -> None:
    """What the catalogue looks for, again and again, a hundred thousand characters long."""
    for words in (
        *(
            "Argument #1 ",
            "<A:",
            "#<A ",
            "in (?, ",
            "No enum constant a.",
            "return value ",
            "a.B: ",
        ),
        *("[Errno 1", '"a" (a_', "constraint [", "uninitialized constant A::", "key not found: "),
        *("undefined is not a constructor (evaluating '", "Failed to execute '", "cURL error "),
    ):
        value = (words * 100_000)[:100_000]
        sent = event(raised(kind, value), platform=platform)
        begin = time.thread_time()
        assert not group(sent).failed
        assert time.thread_time() - begin < 0.05, words
