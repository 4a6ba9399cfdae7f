"""Everything in an event is a stranger's: pages show it, and never become it."""

import re
from html.parser import HTMLParser
from typing import Any

import orjson
import pytest
import zstandard
from django.test import Client
from django.urls import reverse

from issues.models import Event, EventPayload, Issue
from projects.models import Project
from tests.factories import make_event, make_issue, make_tag

pytestmark = pytest.mark.django_db

SCRIPT = "<script>alert(1)</script>"
CLOSING = "</textarea></template></style>-->"
BREAKS = f"\"'><img src=x onerror=alert(1)>{SCRIPT}{{{{ user.password }}}}{{% debug %}}{CLOSING}"
EXCEPTION_KEYS = ("type", "value", "module", "mechanism", "stacktrace", "thread_id")
FRAME_KEYS = ("filename", "abs_path", "function", "raw_function", "module", "lineno", "colno", "context_line",
              "pre_context", "post_context", "vars", "in_app", "package", "platform")  # fmt: skip
CRUMB_KEYS = ("timestamp", "type", "category", "message", "data", "level")
EVENT_KEYS = ("level", "platform", "logger", "transaction", "release", "environment", "logentry", "exception",
              "threads", "stacktrace", "breadcrumbs", "request", "user", "contexts", "tags", "extra", "modules",
              "sdk", "errors", "debug_meta", "unknown", "timestamp")  # fmt: skip


class Tags(HTMLParser):
    """What a browser would see: elements and the attributes that can do something."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action")]


def check(page: str) -> None:
    tags = Tags()
    tags.feed(page)
    assert SCRIPT not in page
    assert "img" not in tags.names
    assert not {name for name in tags.attributes if name.startswith("on")}
    assert "style" not in tags.attributes
    assert not [
        link for link in tags.links if re.match(r"\s*(?:javascript|data|vbscript):", link, re.I)
    ]
    assert "\x1b" not in page
    assert "\u202e" not in page


def show(client: Client, event: Event) -> str:
    for url in (event.get_absolute_url(), f"{event.get_absolute_url()}?frames=all&order=oldest"):
        answer = client.get(url)
        assert answer.status_code == 200
        check(answer.content.decode())
    return answer.content.decode()


def nested(text: str) -> dict[str, Any]:
    """An event in which every text is the same."""
    frame: dict[str, Any] = dict.fromkeys(FRAME_KEYS, text) | {
        "lineno": 5, "colno": 2, "in_app": True, "pre_context": [text], "post_context": [text],
        "vars": {text: text, "deep": {text: [text, {text: text}]}},
    }  # fmt: skip
    stack = {"frames": [frame, frame | {"in_app": False}]}
    mechanism = {"type": text, "source": text, "handled": False}
    error = {
        "type": text,
        "value": text,
        "module": text,
        "mechanism": mechanism,
        "stacktrace": stack,
    }
    crumb = {"type": "http", "category": text, "message": text, "level": text, "timestamp": text,
             "data": {"url": text, "method": text, text: text}}  # fmt: skip
    pairs = [[text, text]]
    return {
        "platform": text, "level": text, "transaction": text, "release": text, "environment": text, "logger": text,
        "logentry": {"message": text, "formatted": text, "params": [text]},
        "exception": {"values": [error, error]},
        "threads": {"values": [{"id": text, "name": text, "state": text, "stacktrace": stack}]},
        "stacktrace": stack,
        "breadcrumbs": {"values": [crumb, crumb | {"category": "navigation", "data": {"from": text, "to": text}}]},
        "request": {"url": text, "method": text, "query_string": pairs, "headers": pairs, "cookies": pairs,
                    "data": {text: text}, "env": {text: text}},
        "user": {"id": text, text: text, "data": {text: text}},
        "contexts": {text: {text: text}, "os": {"name": text}, "flags": {"values": [{"flag": text, "result": text}]}},
        "tags": {text: text}, "extra": {text: text}, "modules": {text: text},
        "sdk": {"name": text, "version": text, "integrations": [text]},
        "errors": [{"name": text, "reason": text}],
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(BREAKS, id="markup"),
        pytest.param("javascript:alert(1)", id="a script as address"),
        pytest.param("JaVaScRiPt:alert(1)//https://example.com", id="in disguise"),
        pytest.param("data:text/html,<script>alert(1)</script>", id="a page as address"),
        pytest.param("https://a.example/\"onmouseover=alert(1) x=\"", id="an address with an attribute"),
        pytest.param("\x1b[31m\u202e\u2066\x9b31m", id="what deceives the eye"),
        pytest.param("", id="nothing"),
        pytest.param("x" * 300_000, id="endless"),
        pytest.param("\n" * 20_000, id="endless lines"),
        pytest.param("{" * 5000 + "[" * 5000, id="brackets"),
        pytest.param("'" * 20_000 + "\\" * 20_000, id="quotes, which keep regular expressions busy"),
    ],
)  # fmt: skip
@pytest.mark.timeout(20)
def test_one_hostile_text_everywhere(member: Client, project: Project, text: str) -> None:
    short = text[:250]
    issue = make_issue(
        project,
        f"{short[:120]}: {short[:120]}",
        culprit=short,
        platform="python",
        value=text[:50_000],
    )
    issue.hashes.update(
        why={
            "lines": [["type", text[:900], text[:900]]],
            "ignored": [[short, short]],
            "text": short,
        }
    )
    make_tag(issue, short[:200] or "k", short[:200] or "v")
    make_tag(issue, short[:200] or "k", "other")
    page = show(member, make_event(issue, nested(text)))
    assert "alert(1)&lt;/script&gt;" in page or SCRIPT not in text
    check(member.get(reverse("issues:list")).content.decode())
    check(member.get(reverse("issues:home")).content.decode())


ODD: list[Any] = [None, True, 0, -1, 2**62, 1.5, "", "x", [], {}, [None], [[]], [{}], {"": None}, {"a": [1, "b", {}]},
                  {"values": None}, {"values": [None, 5, "x", [], {}]}, {"frames": 5}]  # fmt: skip


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_any_type_anywhere(member: Client, issue: Issue, odd: Any) -> None:
    frame = dict.fromkeys(FRAME_KEYS, odd)
    deep = {
        "exception": {"values": [dict.fromkeys(EXCEPTION_KEYS, odd), {"stacktrace": {"frames": [frame]}}]},
        "threads": {"values": [{"stacktrace": {"frames": [odd, frame]}, "id": odd}]},
        "breadcrumbs": {"values": [odd, dict.fromkeys(CRUMB_KEYS, odd)]},
        "request": dict.fromkeys(("url", "method", "query_string", "headers", "cookies", "data", "env"), odd),
        "user": {"id": odd, "data": odd},
        "contexts": {"os": odd, "trace": odd, "flags": {"values": odd}},
        "sdk": {"name": odd, "integrations": odd},
        "errors": odd,
    }  # fmt: skip
    for data in (dict.fromkeys(EVENT_KEYS, odd), deep):
        show(member, make_event(issue, data))


def store_raw(event: Event, raw: bytes) -> None:
    """What no writer of ours would store."""
    packed = zstandard.ZstdCompressor().compress(raw)
    EventPayload.objects.filter(pk=event.pk).update(data=packed)


def test_nesting_a_thousand_deep(member: Client, issue: Issue) -> None:
    event = make_event(issue)
    deep = b'{"a":' * 500 + b"[" * 500 + b"]" * 500 + b"}" * 500
    store_raw(event, b'{"extra":{"x":%s},"request":{"url":"https://a","data":%s}}' % (deep, deep))
    show(member, event)
    assert member.get(
        reverse("issues:event_json", args=[issue.pk, event.event_id.hex])
    ).status_code in (200, 404)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"null", b"\xff", b"[" * 100_000], ids=range(6))
def test_a_damaged_payload_does_not_take_the_page_with_it(
    member: Client, issue: Issue, raw: bytes
) -> None:
    event = make_event(issue)
    store_raw(event, raw)
    assert "cannot be read" in show(member, event)


def test_a_payload_that_is_no_longer_kept(member: Client, issue: Issue) -> None:
    event = make_event(issue)
    EventPayload.objects.all().delete()
    assert "no longer kept" in show(member, event)
    assert (
        member.get(reverse("issues:event_json", args=[issue.pk, event.event_id.hex])).status_code
        == 404
    )


def test_the_raw_json_is_never_a_page(member: Client, issue: Issue) -> None:
    event = make_event(issue, {"extra": {"x": SCRIPT}})
    url = reverse("issues:event_json", args=[issue.pk, event.event_id.hex])
    answer = member.get(url)
    assert answer["Content-Type"] == "application/json; charset=utf-8"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert orjson.loads(answer.content)["extra"] == {"x": SCRIPT}
    assert "attachment" in member.get(f"{url}?download")["Content-Disposition"]
