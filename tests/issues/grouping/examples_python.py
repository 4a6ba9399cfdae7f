"""The worked examples of Python and of log lines."""

from .build import event, frame, log, py, py_library, raised
from .examples import DIFFERENT, SAME, Example

_TOTALS = "shop.cart"
_CONNECTION = (
    "HTTPConnectionPool(host='{host}', port={port}): Max retries exceeded with url: /x (Caused by"
    " NewConnectionError('<HTTPConnection object at 0x7f{port}>: Failed'))"
)
_SESSION = (
    py_library("get", "requests.api"),
    py_library("send", "requests.adapters", "raise ConnectionError(e, request=request)"),
)


def _key_error(key, line, **attributes):
    return event(raised("KeyError", repr(key), py("limit", "shop.limits", line, **attributes)))


def _negative(value, function="charge"):
    line = 'raise ValueError(f"amount must be positive, got {amount}")'
    return event(
        raised("ValueError", f"amount must be positive, got {value}", py(function, "pay", line))
    )


def _plan(name):
    line = 'raise LookupError(f"Customer {name} has no active plan")'
    return event(
        raised("LookupError", f"Customer {name} has no active plan", py("plan", "crm", line))
    )


def _recursion(last, depth):
    frames = [py("main", "tree")]
    for step in range(depth):
        frames.append(py(("expand", "descend")[step % 2], "tree", "return walk(node)"))
    if frames[-1]["function"] != last:
        frames.append(py(last, "tree", "return walk(node)"))
    return event(raised("RecursionError", "maximum recursion depth exceeded", *frames))


def _repeated(depth):
    frames = [py("walk", "tree", "raise BadNode(node)") for _ in range(depth)]
    return event(raised("BadNode", "bad node", py("main", "tree"), *frames))


def _order_error(cause):
    line = 'raise OrderError("could not place the order") from error'
    return event(
        raised(cause, "x", py("load", "orders.store", "return rows[0]")),
        raised("OrderError", "could not place the order", py("place", "orders", line)),
    )


def _accident(handled, value):
    return event(
        raised(handled, value, py("parse", "feed", "value = parse(raw)")),
        raised(
            "NameError", "name 'lgo' is not defined", py("read", "feed", 'lgo.warning("skipped")')
        ),
    )


def _group(*functions):
    members = [
        raised(
            "ConnectionError",
            "refused",
            py(function, "jobs", 'raise ConnectionError("refused")'),
            exception_id=number,
            parent_id=0,
            source=f"exceptions[{number - 1}]",
        )
        for number, function in enumerate(functions, start=1)
    ]
    root = raised(
        "ExceptionGroup",
        f"unhandled errors in a TaskGroup ({len(functions)} sub-exceptions)",
        py("run", "jobs", "async with TaskGroup() as group:"),
        exception_id=0,
        is_exception_group=True,
    )
    return event(*reversed(members), root)


def _connection(port, caller="sync_stock"):
    value = _CONNECTION.format(host="10.0.0.7", port=port)
    return event(
        raised("ConnectionError", value, py(caller, "stock", "requests.get(url)"), *_SESSION)
    )


def _status(code, url):
    frames = (
        py("fetch_rates", "rates", "response.raise_for_status()"),
        py_library("raise_for_status", "requests.models", "raise HTTPError(http_error_msg)"),
    )
    return event(raised("HTTPError", f"{code} Client Error: Nope for url: {url}", *frames))


def _unique(constraint, value):
    text = (
        f'duplicate key value violates unique constraint "{constraint}"\n'
        f"DETAIL:  Key (x)=({value}) already exists."
    )
    frames = (
        py("save", "crm.contacts", "contact.save()"),
        py_library("_execute", "django.db.backends.utils"),
    )
    return event(raised("IntegrityError", text, *frames))


def _quote(*callers):
    line = "return rates[zone]"
    return event(raised("KeyError", "'eu'", *callers, py("quote", "shop.shipping", line)))


def _require(caller):
    return event(
        raised(
            "BankError",
            "condition does not hold",
            py(caller, "bank", "require(limit > 0)"),
            py("require", "bank.guards", 'raise BankError("condition does not hold")'),
        )
    )


def _bad_gateway(caller):
    line = 'raise GatewayError(f"answered {status}")'
    return event(
        raised(
            "GatewayError",
            "answered 502",
            py(caller, "crm", "self.client.request(path)"),
            py("request", "crm.client", line),
        )
    )


def _import(value):
    return event(
        raised(
            "ValidationError",
            value,
            py("load_row", "importer", "Row.model_validate(raw)"),
            py_library("model_validate", "pydantic.main", "return validate(obj)"),
        )
    )


def _no_file(path):
    text = f"[Errno 2] No such file or directory: '{path}'"
    return event(raised("FileNotFoundError", text, py("read_upload", "uploads", "open(path)")))


def _aws(code):
    text = f"An error occurred ({code}) when calling the SendMessage operation: x"
    frames = (py("enqueue", "queue", "sqs.send_message()"), py_library("call", "botocore.client"))
    return event(raised("ClientError", text, *frames))


def _sqlite(text):
    return event(raised("OperationalError", text, py("load", "store", "cursor.execute(sql)")))


EXAMPLES = [
    Example(
        1,
        "one key in two places",
        DIFFERENT,
        event(raised("KeyError", "'price'", py("totals", _TOTALS, 'row["price"]'))),
        event(raised("KeyError", "'price'", py("quote", "shop.shipping", 'row["price"]'))),
    ),
    Example(
        2,
        "a key that is data",
        SAME,
        *[_key_error(tenant, "return LIMITS[tenant]") for tenant in ("acme", "globex", "hooli")],
    ),
    Example(
        3,
        "two keys that stand in the source",
        DIFFERENT,
        _key_error("title", 'return row["title"]'),
        _key_error("maker", 'return row["maker"]'),
    ),
    Example(
        4,
        "moved lines and another release directory",
        SAME,
        _key_error("a", "x[a]", lineno=10, abs_path="/srv/releases/20260101/shop/limits.py"),
        _key_error("a", "x[a]", lineno=40, abs_path="/srv/releases/20260202/shop/limits.py"),
    ),
    Example(5, "a number in the message", SAME, _negative(-5), _negative(0)),
    Example(
        6,
        "two statements of one function",
        DIFFERENT,
        _negative(-5),
        event(
            raised(
                "ValueError",
                "source and destination are the same account 44",
                py(
                    "charge",
                    "pay",
                    'raise ValueError(f"source and destination are the same account {a}")',
                ),
            )
        ),
    ),
    Example(7, "a name, known from the literal", SAME, _plan("Globex"), _plan("Initech Ltd")),
    Example(
        9,
        "a comprehension has a frame or has none",
        SAME,
        event(raised("KeyError", "'a'", py("rows", "m", 'x["a"]'))),
        event(
            raised("KeyError", "'a'", py("rows", "m", 'x["a"]'), py("<listcomp>", "m", 'x["a"]'))
        ),
    ),
    Example(10, "recursion, shallow and deep", SAME, _repeated(3), _repeated(40)),
    Example(
        11,
        "mutual recursion ends here or there",
        SAME,
        _recursion("expand", 40),
        _recursion("descend", 41),
    ),
    Example(12, "two causes", DIFFERENT, _order_error("KeyError"), _order_error("TimeoutError")),
    Example(
        13,
        "an accident in a handler",
        SAME,
        _accident("KeyError", "'a'"),
        _accident("ValueError", "bad number"),
        _accident("TimeoutError", "too late"),
    ),
    Example(14, "one task or three", SAME, _group("fetch"), _group("fetch", "fetch", "fetch")),
    Example(15, "tasks that fail elsewhere", DIFFERENT, _group("fetch"), _group("convert")),
    Example(16, "addresses in a library's words", SAME, _connection(8080), _connection(9090)),
    Example(
        17, "two call sites of a library", DIFFERENT, _connection(1), _connection(1, "sync_prices")
    ),
    Example(
        18,
        "one status for three addresses",
        SAME,
        *[_status(404, f"https://x.example/{name}") for name in ("a", "b/7", "c?d=1")],
    ),
    Example(19, "two states", DIFFERENT, _status(404, "https://x"), _status(500, "https://x")),
    Example(
        20,
        "one constraint, two values",
        SAME,
        _unique("contact_email_key", "a@b.example"),
        _unique("contact_email_key", "c@d.example"),
    ),
    Example(
        21,
        "two constraints",
        DIFFERENT,
        _unique("contact_email_key", "a"),
        _unique("contact_phone_key", "a"),
    ),
    Example(
        22,
        "one function from three sides",
        SAME,
        _quote(py("view", "shop.views")),
        _quote(py_library("run", "celery.worker"), py("task", "shop.tasks")),
        _quote(py("handle", "shop.management.commands.requote")),
    ),
    Example(
        23,
        "a decorator and asyncio around it",
        SAME,
        _quote(py("view", "shop.views")),
        _quote(
            py("view", "shop.views"),
            py("wrapper", "shop.decorators"),
            py_library("wait_for", "x.tasks"),
        ),
    ),
    Example(
        24, "a guard, two callers", DIFFERENT, _require("open_account"), _require("close_account")
    ),
    Example(
        25,
        "a transport helper, two callers",
        DIFFERENT,
        _bad_gateway("load_customer"),
        _bad_gateway("push_order"),
    ),
    Example(
        26,
        "a validator's many words",
        SAME,
        _import("2 validation errors for Row\nname\n  Field required"),
        _import("1 validation error for Row\nprice\n  Input should be a number"),
    ),
    Example(27, "two missing files", SAME, _no_file("/tmp/a"), _no_file("/tmp/b")),
    Example(
        28, "two service codes", DIFFERENT, _aws("ThrottlingException"), _aws("QueueDoesNotExist")
    ),
    Example(
        63,
        "one template",
        SAME,
        log("Could not deliver %s to %s", "Could not deliver a to b", logger="mail"),
        log("Could not deliver %s to %s", "Could not deliver c to d", logger="mail"),
        log(
            "Could not deliver %s to %s", "Could not deliver c to e", logger="mail", level="warning"
        ),
    ),
    Example(
        64,
        "one text, two loggers",
        DIFFERENT,
        log("Request failed", logger="billing"),
        log("Request failed", logger="search"),
    ),
    Example(
        65,
        "a text with data",
        SAME,
        log("Job 0b9d1c5e-8d1f-4a55-9a53-0f2d5a1c7d11 failed after 3 attempts in 1022ms"),
        log("Job 7a1d1c5e-8d1f-4a55-9a53-0f2d5a1c7d99 failed after 12 attempts in 9s"),
    ),
    Example(
        67,
        "a refined fingerprint",
        DIFFERENT,
        {**_plan("A"), "fingerprint": ["{{ default }}", "eu"]},
        {**_plan("A"), "fingerprint": ["{{ default }}", "us"]},
    ),
    Example(
        68,
        "a fingerprint alone",
        SAME,
        *[{**e, "fingerprint": ["gateway-down"]} for e in (_plan("A"), _no_file("/a"), _aws("X"))],
    ),
    Example(69, "nothing at all", SAME, event(), event(release="a@2", server_name="web-1")),
    Example(
        72,
        "an umbrella type",
        DIFFERENT,
        _sqlite("database is locked"),
        _sqlite("no such table: rates"),
    ),
    Example(
        73,
        "routes in the log",
        DIFFERENT,
        log("GET /users/18/orders 500", logger="access"),
        log("GET /carts/9 500", logger="access"),
    ),
    Example(
        0,
        "a frame without any name",
        SAME,
        event(raised("KeyError", "'a'", py("rows", "m", 'x["a"]'), frame())),
        event(raised("KeyError", "'a'", py("rows", "m", 'x["a"]'))),
    ),
]
