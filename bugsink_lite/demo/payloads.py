"""A moment of the plan as the payload that its SDK would send, built on reduced payloads of real ones. Pure."""

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bugsink_lite.demo.plan import API, DAYS, WEB, Moment, Problem
from bugsink_lite.demo.words import BROWSERS, COMMENTS, LOCALES, SAID, THINGS

USERS = 400
ENVIRONMENTS = (("production", 86), ("staging", 11), ("development", 3))
SECONDS_A_DAY = 86_400

__all__ = ["COMMENTS", "correlated", "feedback", "job_log", "payload"]


def _hex(rng: random.Random, digits: int) -> str:
    return f"{rng.getrandbits(digits * 4):0{digits}x}"


def payload(
    moment: Moment, base: Mapping[str, Any], now: datetime, rng: random.Random
) -> dict[str, Any]:
    """base: the template of the project's SDK. now: the end of the plan, for the release of the day."""
    problem = moment.problem
    user = rng.randrange(1, USERS)
    environment = rng.choices([n for n, _ in ENVIRONMENTS], [w for _, w in ENVIRONMENTS])[0]
    # Which number and which noun is the problem's own, unless it is one that differs each time.
    fixed = random.Random(problem.number)
    number, thing = rng.randrange(2, 9000), fixed.choice(THINGS)
    request_id = _hex(rng, 16)
    event: dict[str, Any] = {
        **base,
        "event_id": _hex(rng, 32),
        "timestamp": moment.at.timestamp(),
        "level": problem.trouble.level,
        "environment": environment,
        "release": _release(problem, moment.at, now),
        "transaction": problem.place.transaction,
        "user": {"id": str(user), "email": f"customer{user}@example.org"},
        "tags": {"api_request_id": request_id, "tenant": rng.choice(("eu", "eu", "us"))},
        "contexts": {
            **base["contexts"],
            "trace": {"trace_id": _hex(rng, 32), "span_id": _hex(rng, 16), "op": "http.server"},
        },
        "exception": {
            "values": [
                {
                    "type": problem.trouble.type,
                    "value": problem.trouble.value.format(n=number, thing=thing),
                    "mechanism": {"type": "generic", "handled": problem.trouble.handled},
                    "stacktrace": {"frames": _frames(problem, number)},
                }
            ]
        },
        "breadcrumbs": _crumbs(problem, moment.at, rng),
    }
    if problem.part.slug == WEB:
        name, agent = rng.choice(BROWSERS)
        path = problem.place.transaction.replace(":id", str(rng.randrange(1, 900)))
        event["request"] = {
            "url": f"https://shop.example{path}",
            "headers": {"User-Agent": agent, "Referer": "https://shop.example/"},
        }
        event["contexts"]["culture"] = {"locale": rng.choice(LOCALES), "timezone": "Europe/Berlin"}
        event["tags"] |= {"browser": name, "theme": rng.choice(("light", "dark"))}
    elif problem.part.slug == API:
        method, _, route = problem.place.transaction.partition(" ")
        path = route.replace(":id", str(rng.randrange(1, 900)))
        event["request"] = {
            "method": method,
            "url": f"https://api.shop.example{path}",
            "query_string": "page=2&sort=price" if method == "GET" else "",
            "headers": {
                "Content-Type": "application/json",
                "X-Request-Id": request_id,
                "User-Agent": rng.choice(BROWSERS)[1],
            },
            "data": {"cart": number, "voucher": "SPRING"} if method != "GET" else None,
        }
        event["server_name"] = f"api-{rng.randrange(1, 4)}"
        event["tags"]["route"] = route
    else:
        task = problem.place.transaction
        event["server_name"] = f"worker-{rng.randrange(1, 3)}"
        event["tags"] |= {"celery_task_id": _hex(rng, 12), "queue": task.split(".")[1]}
        event["extra"] = {
            "celery-job": {"task_name": task, "args": [number], "kwargs": {"attempt": 1}}
        }
    return event


def correlated(
    event: Mapping[str, Any], base: Mapping[str, Any], problem: Problem, rng: random.Random
) -> dict[str, Any]:
    """What the browser says of a request that failed on the server: same trace, request id and user, a moment later."""
    method, _, route = str(event["transaction"]).partition(" ")
    name, agent = rng.choice(BROWSERS)
    path = str(event["request"]["url"]).removeprefix("https://api.shop.example")
    call = f"{method} {route}"
    at = float(event["timestamp"]) + rng.uniform(0.05, 0.6)
    wait = ("> const order = await api.request(call);", "return order.id;")
    throw = (
        "const answer = await fetch(url, options);",
        "> if (!answer.ok) throw new ApiError(call, answer);",
    )
    frames = [
        _frame("src/main.jsx", "App", 31, ("return (", "> <Routes />", ");")),
        _frame("src/checkout/Checkout.jsx", "submitOrder", 88, wait),
        _frame("src/lib/api.js", "request", 42, throw),
    ]
    return {
        **base,
        "event_id": _hex(rng, 32),
        "timestamp": at,
        "level": "error",
        "environment": event["environment"],
        "release": event["release"],
        "transaction": "/checkout",
        "user": event["user"],
        "fingerprint": ["api-error", call],
        "tags": {
            "api_request_id": event["tags"]["api_request_id"],
            "browser": name,
            "tenant": event["tags"]["tenant"],
            "http.status": "500",
        },
        "request": {"url": "https://shop.example/checkout", "headers": {"User-Agent": agent}},
        "contexts": {**base["contexts"], "trace": dict(event["contexts"]["trace"])},
        "exception": {
            "values": [
                {
                    "type": "ApiError",
                    "value": f"{call} answered 500",
                    "mechanism": {"type": "onunhandledrejection", "handled": False},
                    "stacktrace": {"frames": frames},
                }
            ]
        },
        "breadcrumbs": [
            {
                "type": "http",
                "category": "fetch",
                "timestamp": at - 0.04,
                "data": {"method": method, "url": path, "status_code": 500},
            }
        ],
    }


def feedback(event: Mapping[str, Any], rng: random.Random) -> dict[str, Any]:
    """What the customer wrote who met this event in the browser."""
    name, words = rng.choice(SAID)
    said = {
        "message": words,
        "name": name,
        "contact_email": event["user"]["email"],
        "url": event["request"]["url"],
        "associated_event_id": event["event_id"],
    }
    return {
        "event_id": _hex(rng, 32),
        "release": event["release"],
        "environment": event["environment"],
        "contexts": {"feedback": said},
    }


def job_log(event: Mapping[str, Any]) -> bytes:
    """What a worker attaches: the last lines of the task's log."""
    task, error = event["transaction"], event["exception"]["values"][0]
    lines = [f"{crumb['category']:8} {crumb.get('message', '')}" for crumb in event["breadcrumbs"]]
    lines = [f"task     {task} begins", *lines, f"error    {error['type']}: {error['value']}"]
    return "\n".join([*lines, "task     given up", ""]).encode()


def _release(problem: Problem, at: datetime, now: datetime) -> str:
    age = (now - at).total_seconds() / SECONDS_A_DAY
    out = [version for version, days in problem.part.releases if days >= age or days > DAYS]
    return out[-1]


def _frames(problem: Problem, number: int) -> list[dict[str, Any]]:
    """The caller first. The library below the application is the platform's usual one."""
    file, trouble = problem.place.file, problem.trouble
    inner = _frame(file, problem.function, problem.line, trouble.code)
    outer = problem.place.functions[0]
    caller = _frame(
        file, outer if outer != problem.function else "handler", max(4, problem.line // 3),
        ("// as it came", f"> return {problem.function}(input);") if not file.endswith(".py")
        else ("def run(self, *args):", f">     return {problem.function}(*args)"),
    )  # fmt: skip
    if problem.part.slug == WEB:
        library = _frame("node_modules/react-dom/client.js", "invokeGuardedCallback", 4021, ())
        for frame in (inner, caller, library):
            frame["filename"] = f"https://shop.example/assets/{frame['filename']}"
            frame["colno"] = 9 + problem.line % 40
    elif problem.part.slug == API:
        library = _frame("node_modules/express/lib/router/layer.js", "handleRequest", 152, ())
    else:
        library = _frame("celery/app/trace.py", "trace_task", 453, ())
        library["module"] = "celery.app.trace"
        inner["module"] = caller["module"] = file.removesuffix(".py").replace("/", ".")
        inner["vars"] = {
            name: text.format(n=number) if "{n}" in text else text
            for name, text in (*trouble.variables, ("attempt", "1"))
        }
    library["in_app"] = False
    return [library, caller, inner]


def _frame(file: str, function: str, line: int, code: tuple[str, ...]) -> dict[str, Any]:
    frame: dict[str, Any] = {
        "filename": file,
        "function": function,
        "lineno": line,
        "in_app": True,
    }
    if file.endswith(".py"):
        frame["abs_path"] = f"/srv/worker/{file}"
    at = next((n for n, text in enumerate(code) if text.startswith(">")), None)
    if at is not None:
        frame["pre_context"] = [f"  {text}" for text in code[:at]]
        frame["context_line"] = (
            f"  {code[at][1:].lstrip() if not file.endswith('.py') else code[at][2:]}"
        )
        frame["post_context"] = [f"  {text}" for text in code[at + 1 :]]
    return frame


def _crumbs(problem: Problem, at: datetime, rng: random.Random) -> list[dict[str, Any]]:
    def ago(seconds: float) -> float:
        return (at - timedelta(seconds=seconds)).timestamp()

    if problem.part.slug == WEB:
        where = {"from": "/", "to": problem.place.transaction}
        call = {"method": "GET", "url": "/api/products", "status_code": rng.choice((200, 304, 502))}
        return [
            {"category": "navigation", "timestamp": ago(31), "data": where},
            {
                "category": "ui.click",
                "timestamp": ago(4.2),
                "message": "button.primary[type=submit]",
            },
            {"type": "http", "category": "fetch", "timestamp": ago(0.9), "data": call},
            {
                "category": "console",
                "level": "warning",
                "timestamp": ago(0.2),
                "message": "slow answer",
            },
        ]
    query = "SELECT id, sku, prices FROM variants WHERE id = ANY($1)"
    call = {
        "method": "GET",
        "url": "https://stock.example/v2/levels",
        "status_code": rng.choice((200, 200, 504)),
    }
    return [
        {"category": "query", "timestamp": ago(0.31), "message": query},
        {"category": "redis", "timestamp": ago(0.22), "message": "GET 'stock:levels'"},
        {"type": "http", "category": "httplib", "timestamp": ago(0.12), "data": call},
    ]
