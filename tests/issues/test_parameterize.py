import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issues.parameterize import first_line, parameterise


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "plain prose stays, even O'Neil's", "plain prose stays, even O'Neil's", id="prose"
        ),
        pytest.param("  \n\n  second line\nthird", "second line", id="first non-empty line"),
        pytest.param("many   blanks\there", "many blanks here", id="blanks"),
        pytest.param("", "", id="empty"),
        pytest.param('got {"a": [1, 2]} back', "got <json> back", id="json object"),
        pytest.param("got [1, 2, 3] back", "got <json> back", id="list of numbers"),
        pytest.param('cut off {"a": "b', "cut off <json>", id="json without an end"),
        pytest.param("template {} and {Name}", "template {} and {Name}", id="holes of a template"),
        pytest.param("%s of %(total)d", "%s of %(total)d", id="percent holes"),
        pytest.param("no such file 'a b' here", "no such file <str> here", id="single quotes"),
        pytest.param('no "thing" and `other`', "no <str> and <str>", id="double quotes, backticks"),
        pytest.param("no method `each' for nil", "no method <str> for nil", id="old ruby quotes"),
        pytest.param("“a” «b» ‘c’", "<str> <str> <str>", id="typographic quotes"),
        pytest.param("said 'it's fine' twice", "said <str> twice", id="apostrophe in quotes"),
        pytest.param("can't open", "can't open", id="apostrophe in a word"),
        pytest.param("on 02 Jan 2006 15:04:05 GMT it broke", "on <date> it broke", id="day month"),
        pytest.param("Jan  2 15:04:05 host", "<date> host", id="syslog date"),
        pytest.param("since Mon, 3 March 2025 again", "since <date> again", id="long month"),
        pytest.param("may fail, march on", "may fail, march on", id="months that are words"),
        pytest.param("GET /users/18/orders 500", "GET /users/*/orders <n>", id="route"),
        pytest.param("POST /carts?id=9 failed", "POST /carts failed", id="route with query"),
        pytest.param("see https://a.example/b?c=1.", "see <url>.", id="url"),
        pytest.param("jdbc:postgresql://db/x is down", "<url> is down", id="jdbc url"),
        pytest.param("bad eyJhbGciOi1.eyJzdWIiOi1.abc-1", "bad <id>", id="jwt"),
        pytest.param(
            "mail to bob.x+y@mail.example bounced", "mail to <email> bounced", id="e-mail"
        ),
        pytest.param("order 0b9d1c5e-8d1f-4a55-9a53-0f2d5a1c7d11", "order <id>", id="uuid"),
        pytest.param(
            "orders/0b9d1c5e-8d1f-4a55-9a53-0f2d5a1c7d11/items",
            "orders/<id>/items",
            id="uuid in path",
        ),
        pytest.param("card 00:1A:2B:3C:4D:5E", "card <mac>", id="mac"),
        pytest.param("at 2024-01-31T10:20:30.5Z", "at <date>", id="iso date"),
        pytest.param("at 2024-01-31 10:20:30", "at <date>", id="date and time"),
        pytest.param("at 31/1/2024 or 10:20:30", "at <date> or <date>", id="other dates"),
        pytest.param("to 10.0.0.1:6379", "to <ip>", id="ipv4 with port"),
        pytest.param("to [::1]:80 or ::1:6379 or fe80::1", "to <ip> or <ip> or <ip>", id="ipv6"),
        pytest.param("in A::b and Foo::Bar", "in A::b and Foo::Bar", id="scopes"),
        pytest.param("object at 0x7f01ab", "object at <id>", id="address"),
        pytest.param("commit 4f1c2d9ab", "commit <id>", id="hex"),
        pytest.param("count 12345678", "count <n>", id="long number is a number"),
        pytest.param("took 12ms or 1m12s or 3.5 s", "took <dur> or <dur> or <dur>", id="durations"),
        pytest.param("used 12KiB of 3 MB", "used <size> of <size>", id="sizes"),
        pytest.param("in /srv/app/x.py:12, again", "in <path>:<n>, again", id="path"),
        pytest.param(r"in C:\Users\me\x.txt", "in <path>", id="windows path"),
        pytest.param(r"on \\host\share\x", "on <path>", id="unc path"),
        pytest.param("runs v1.2.3-rc.1 now", "runs <ver> now", id="version"),
        pytest.param("x " + "aB3/" * 12, "x <id>", id="base64"),
        pytest.param("got -5, 1,024.5 and 1e-9", "got <n> and <n>", id="numbers"),
        pytest.param("at 50% now", "at <n>% now", id="percent"),
        pytest.param(
            "in eu-3, SKU-991 of part7", "in <n> of <id>", id="words with digits, in a run"
        ),
        pytest.param("region eu-3 is down", "region <id> is down", id="word with digit"),
        pytest.param("order 123-ABC", "order <id>", id="id that begins with digits"),
        pytest.param("utf-8 sha256 x86_64 TLS1.2 HTTP/1.1", None, id="keep list"),
        pytest.param("call +44 20 7946 0958 now", "call <n> now", id="phone number"),
        pytest.param("None and null and true", "None and null and true", id="constants"),
        pytest.param(
            "host db.internal and db-3.internal", "host db.internal and <id>.internal", id="host"
        ),
    ],
)
def test_takes_out_data(text: str, expected: str | None) -> None:
    assert parameterise(text) == (text if expected is None else expected)


def test_is_cut_to_the_limit() -> None:
    assert len(parameterise("word " * 500)) == 400
    assert parameterise("a few words", limit=5) == "a few"


def test_first_line_is_stripped() -> None:
    assert first_line("\n \n  a b \nc") == "a b"


@given(st.text(max_size=300))
def test_any_text_twice_gives_the_same(text: str) -> None:
    once = parameterise(text)
    assert parameterise(text) == once
    assert "\n" not in once


@given(st.integers(min_value=0), st.integers(min_value=0))
def test_numbers_do_not_matter(one: int, other: int) -> None:
    assert parameterise(f"failed after {one} tries") == parameterise(f"failed after {other} tries")


@given(st.uuids(), st.ip_addresses(v=4), st.datetimes())
def test_ids_addresses_and_dates_do_not_matter(uuid: object, ip: object, date: object) -> None:
    assert (
        parameterise(f"job {uuid} on {ip} at {date} failed") == "job <id> on <ip> at <date> failed"
    )


def fastest(action: Callable[[], object], repeat: int = 5) -> float:
    """Seconds of the fastest run: the others were interrupted."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


PATHOLOGICAL = [
    "a", "1", "a.", "a@", "1:", "/a", "'", "{", "0x", "a-", "1.1.", "ab:", "<n>", "eyJ", "::",
    "[::", "http://", '"', "`", "a/", "1,", "+", "[1", "\\\\", "1-1-", "GET /", "Jan 1 ", "1 ",
    "12:34:56", "<n> ", "a1-", "%", "“", "'a ", "eyJ.", "a.a@", "1m", "-", "_1", "\n", " ",
]  # fmt: skip


@pytest.mark.parametrize("unit", PATHOLOGICAL)
def test_time_does_not_grow_with_hostile_input(unit: str) -> None:
    # Whatever is beyond the cut costs a slice; below it, growth is at most linear.
    short = fastest(lambda: parameterise(unit * (10_000 // len(unit))))
    long = fastest(lambda: parameterise(unit * (100_000 // len(unit))))
    assert long < short * 3 + 0.001


@pytest.mark.parametrize("unit", PATHOLOGICAL)
def test_time_is_linear_below_the_cut(unit: str) -> None:
    short = fastest(lambda: parameterise(unit * (400 // len(unit))))
    long = fastest(lambda: parameterise(unit * (1600 // len(unit))))
    # 4 times the text; a quadratic step would show as 16.
    assert long < short * 10 + 0.0005
