"""Set-up of Python's SDK. Pure. Source: its own documentation."""

from ingest.snippets.steps import Snippet, Step, install

_INIT = """import sentry_sdk

sentry_sdk.init(
    dsn="{dsn}",
    environment="{environment}",
    release="{slug}@1.0.0",  # your version or commit
)"""
_HELLO = Step("Send something", 'sentry_sdk.capture_message("Hello from {slug}")', "python")

_WSGI = """import uuid

import sentry_sdk


def with_request_id(app):
    # Around any WSGI app.
    def tagged(environ, start_response):
        known = environ.get("HTTP_X_REQUEST_ID") or uuid.uuid4().hex
        sentry_sdk.set_tag("api_request_id", known)

        def begin(status, headers, *rest):
            return start_response(status, [*headers, ("X-Request-Id", known)], *rest)

        return app(environ, begin)

    return tagged"""

_DJANGO = '''import uuid

import sentry_sdk


class RequestId:
    """First in MIDDLEWARE. Browsers of other origins also need
    Access-Control-Expose-Headers: X-Request-Id."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request_id = request.headers.get("X-Request-Id") or uuid.uuid4().hex
        sentry_sdk.set_tag("api_request_id", request_id)
        response = self.get_response(request)
        response["X-Request-Id"] = request_id
        return response'''

_FLASK = """import uuid

import sentry_sdk
from flask import g, request


@app.before_request
def begin():
    g.request_id = request.headers.get("X-Request-Id") or uuid.uuid4().hex
    sentry_sdk.set_tag("api_request_id", g.request_id)


@app.after_request
def answer(response):
    response.headers["X-Request-Id"] = g.request_id
    return response"""

_FASTAPI = """import uuid

import sentry_sdk


@app.middleware("http")
async def request_id(request, call_next):
    known = request.headers.get("x-request-id") or uuid.uuid4().hex
    sentry_sdk.set_tag("api_request_id", known)
    response = await call_next(request)
    response.headers["X-Request-Id"] = known
    return response"""

_CELERY = """from contextvars import ContextVar

import sentry_sdk
from celery.signals import before_task_publish, task_prerun

# Set it where the middleware of the web side sets the tag.
request_id = ContextVar("request_id", default="")


@before_task_publish.connect
def hand_on(headers=None, **kwargs):
    headers["api_request_id"] = request_id.get()


@task_prerun.connect
def take_up(task=None, **kwargs):
    known = task.request.get("api_request_id")
    if known:
        request_id.set(known)
        sentry_sdk.set_tag("api_request_id", known)"""


def _python(
    key: str, label: str, package: str, where: str, more: str = "", tag: str = ""
) -> Snippet:
    correlation = (Step("Tag errors with the request’s id", tag, "python"),) if tag else ()
    return Snippet(
        key,
        label,
        "Python",
        (
            install(f'pip install "{package}"'),
            Step(f"Start it, once, {where}", f"{_INIT}\n{more}".rstrip("\n"), "python"),
            _HELLO,
        ),
        correlation,
    )


SNIPPETS = (
    _python("python", "Python", "sentry-sdk", "where the program begins", tag=_WSGI),
    _python("python-django", "Django", "sentry-sdk[django]", "in settings.py", tag=_DJANGO),
    _python(
        "python-flask",
        "Flask",
        "sentry-sdk[flask]",
        "before the app is made",
        "\nfrom flask import Flask\n\napp = Flask(__name__)",
        _FLASK,
    ),
    _python(
        "python-fastapi",
        "FastAPI",
        "sentry-sdk[fastapi]",
        "before the app is made",
        "\nfrom fastapi import FastAPI\n\napp = FastAPI()",
        _FASTAPI,
    ),
    _python(
        "python-celery",
        "Celery",
        "sentry-sdk[celery]",
        "in the module of the Celery app, which worker and sender load",
        '\nfrom celery import Celery\n\napp = Celery("{slug}")',
        _CELERY,
    ),
)
