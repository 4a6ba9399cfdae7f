"""What holds for every event, and the kinds that are no exceptions."""

import copy
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from issues.grouping import Grouping, group, hashes
from issues.grouping.explain import MAX_BYTES
from issues.words import words
from tests.issues.grouping.build import Event, event, frame, js, log, py, raised
from tests.issues.grouping.test_examples import EXAMPLES

EVENTS = [data for example in EXAMPLES for data in example.events]

# Other kinds of event


def test_an_exception_beats_a_message() -> None:
    error = raised("PlanError", "no plan", py("plan", "crm", "raise PlanError()"))
    with_message = event(error, logentry={"message": "could not handle %s"}, logger="x")
    assert group(with_message).hashes == group(event(error)).hashes


def test_an_exception_without_anything_is_none() -> None:
    assert group(event(raised(None, None), logentry={"message": "hello"})).kind == "message"


@pytest.mark.parametrize("logger", ["", "root", "sentry", "sentry_sdk.integrations", "raven.base"])
def test_loggers_that_are_no_place(logger: str) -> None:
    assert group(log("hello", logger=logger)).hashes == group(log("hello")).hashes


def test_a_stack_beside_a_message_counts_only_without_words() -> None:
    def hashes(text: str, function: str) -> tuple[str, ...]:
        return group(log(text, stacktrace={"frames": [py(function, "m")]})).hashes

    assert hashes("hello", "a") == hashes("hello", "b")
    assert hashes("%s: %s", "a") != hashes("%s: %s", "b")


def test_a_captured_message_of_javascript_has_a_place() -> None:
    def captured(function: str) -> Grouping:
        error = raised(None, "cart is empty", js(function, "https://x/a.js"), synthetic=True)
        return group(event(error, platform="javascript", logentry={"message": "cart is empty"}))

    assert captured("a1b").kind == "message"
    assert captured("load").title == "cart is empty"
    assert captured("load").hashes != captured("save").hashes


@pytest.mark.parametrize(
    ("threads", "kind"),
    [
        pytest.param([{"crashed": True}, {"current": True}], "stack", id="crashed"),
        pytest.param([{}, {"current": True}], "stack", id="current"),
        pytest.param([{}], "stack", id="the only one"),
        pytest.param([{}, {}], "empty", id="several equal"),
    ],
)
def test_threads(threads: list[Event], kind: str) -> None:
    values = [
        {"id": n, "stacktrace": {"frames": [py(f"work{n}", "m")]}, **thread}
        for n, thread in enumerate(threads)
    ]
    assert group(event(threads={"values": values})).kind == kind


def test_a_stack_is_called_by_its_function() -> None:
    alone = group(event(stacktrace={"frames": [py("work", "shop.jobs")]}))
    assert (alone.title, alone.culprit) == ("work", "work in shop.jobs")


def test_the_crashed_thread_is_the_stack_of_the_only_exception() -> None:
    frames = [py("work", "m", "raise WorkError()")]
    error = raised("WorkError", "x")
    loose = event(error, threads={"values": [{"crashed": True, "stacktrace": {"frames": frames}}]})
    assert group(loose).hashes == group(event(raised("WorkError", "x", *frames))).hashes


def test_a_template() -> None:
    one = event(template={"filename": "/srv/a/templates/cart.html", "lineno": 3})
    assert group(one).kind == "template"
    assert group(one).title == "templates/cart"


def csp(**body: str) -> Grouping:
    return group(event(type="csp", csp=body))


@pytest.mark.parametrize(
    ("blocked", "title"),
    [
        ("https://evil.example:8443/x", "Blocked 'script' from 'evil.example'"),
        ("https://shop.example/x", "Blocked 'script' from 'self'"),
        ("self", "Blocked 'script' from 'self'"),
        ("", "Blocked 'script' from 'self'"),
        ("inline", "Blocked inline 'script'"),
        ("'eval'", "Blocked eval 'script'"),
        ("data:text/javascript,1", "Blocked 'script' from 'data:'"),
        ("blob:https://shop.example/1-2", "Blocked 'script' from 'blob:'"),
        ("https://[broken", "Blocked 'script' from 'https'"),
    ],
)
def test_what_a_policy_blocked(blocked: str, title: str) -> None:
    page = "https://shop.example/a"
    assert (
        csp(document_uri=page, effective_directive="script-src-attr", blocked_uri=blocked).title
        == title
    )


def test_reports_of_old_and_new_browsers_are_one_issue() -> None:
    blocked = "https://evil.example/x"
    old = {
        "document-uri": "https://a.example",
        "violated-directive": "img-src 'self'",
        "blocked-uri": blocked,
    }
    new = {
        "documentURL": "https://a.example",
        "effectiveDirective": "img-src",
        "blockedURL": blocked,
    }
    reports = [old, {"csp-report": old}, new, {"type": "csp-violation", "body": new}]
    assert len({group(event(type="csp", csp=report)).hashes for report in reports}) == 1


def test_other_reports_are_known_by_their_host() -> None:
    one = group(event(type="expectct", expectct={"hostname": "a.example", "port": 443}))
    assert one.title == "Expect-CT failed for 'a.example'"
    assert one.hashes != group(event(type="hpkp", hpkp={"hostname": "a.example"})).hashes


# Every event


@pytest.mark.parametrize("data", EVENTS, ids=range(len(EVENTS)))
def test_the_explanation_is_small_json(data: Event) -> None:
    assert len(json.dumps(group(data).why)) <= MAX_BYTES
    assert len(group(data).why["lines"]) <= 5


def test_a_long_explanation_is_cut() -> None:
    rows = [py("check_" + "x" * 400, "m" * 400 + str(n)) for n in range(9)]
    grouping = group(event(raised("E" * 900, "\N{SNOWMAN} word " * 900, *rows)))
    assert len(json.dumps(grouping.why)) <= MAX_BYTES


def frames_of(data: Event) -> Iterator[Event]:
    for exception in data.get("exception", {}).get("values", []):
        yield from exception.get("stacktrace", {}).get("frames", [])


def shuffled(value: Any, chance: random.Random) -> Any:
    """The same JSON with the keys of its objects in another order."""
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        return {key: shuffled(value[key], chance) for key in keys}
    return [shuffled(member, chance) for member in value] if isinstance(value, list) else value


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=300, deadline=None)
@given(st.sampled_from(EVENTS), st.integers(min_value=1, max_value=10**6), st.randoms())
def test_what_varies_between_two_occurrences_does_not_matter(
    data: Event, number: int, chance: random.Random
) -> None:
    other = shuffled(copy.deepcopy(data), chance)
    other.update(
        release=f"app@{number}", environment=f"e{number}", level="fatal", transaction=f"/t/{number}"
    )
    other.update(user={"id": str(number)}, server_name=f"web-{number}", tags={"n": str(number)})
    for row in frames_of(other):
        if "lineno" in row:
            row["lineno"] = number
        if "colno" in row:
            row["colno"] = number % 500
        if "instruction_addr" in row:
            row["instruction_addr"] = hex(number)
        if str(row.get("abs_path", "")).startswith("/srv/"):
            row["abs_path"] = f"/opt/releases/2026{number}/" + row["abs_path"].removeprefix("/srv/")
        row["vars"] = {"x": number}
    assert group(other).hashes[0] == group(data).hashes[0]


@given(
    st.text("0123456789abcdef", min_size=8, max_size=8).filter(
        lambda h: any(c.isdigit() for c in h)
    )
)
def test_hashes_in_names_of_assets_do_not_matter(part: str) -> None:
    def hashes(name: str) -> tuple[str, ...]:
        rows = js("loadCart", f"https://cdn.example/assets/{name}.js")
        return group(event(raised("CartError", "x", rows), platform="javascript")).hashes

    assert hashes(f"cart.{part}") == hashes(f"cart-{part}.min") == hashes("cart.0a1b2c3d.chunk")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                sorted(
                    words(
                        """
        values frames stacktrace type value mechanism function filename abs_path module
        message context_line pre_context in_app exception_id parent_id source platform
        package formatted crashed csp body lineno
    """
                    )
                )
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.sampled_from(
            sorted(
                words(
                    """
        exception logentry threads stacktrace platform fingerprint logger release type csp
        template request transaction tags message
    """
                )
            )
        ),
        JSON,
        max_size=6,
    )
)
def test_grouping_never_raises(data: dict[str, Any]) -> None:
    grouping = group(data)
    assert grouping.hashes
    assert all(len(known) == 32 for known in grouping.hashes)
    assert grouping.title
    json.dumps(grouping.why)


@pytest.mark.parametrize(
    "data", [None, [], 7, "text", {"exception": {"values": [{"type": 7}]}}], ids=repr
)
def test_what_is_no_event_at_all_is_grouped_too(data: Any) -> None:
    assert len(group(data).hashes) == 1


class Broken(dict[str, Any]):
    """An event that fails when its release is read."""

    def get(self, key: str, default: Any = None) -> Any:
        if key == "release":
            raise RuntimeError("broken")
        return super().get(key, default)


def test_a_failure_is_flagged_and_grouped_coarsely() -> None:
    def failing(value: str) -> Grouping:
        return group(Broken(event(raised("PlanError", value))))

    grouping = failing("plan 7")
    assert grouping.failed
    assert grouping.kind == "fallback"
    assert grouping.title == "PlanError: plan 7"
    assert grouping.hashes == failing("plan 81").hashes
    assert grouping.hashes != failing("other").hashes
    assert grouping.why["lines"][1] == [
        "grouping error",
        "RuntimeError: broken",
        grouping.failed_at,
    ]
    assert grouping.failed_at.startswith("RuntimeError in issues/")


def test_a_raw_event_is_grouped_as_its_canonical_form() -> None:
    raw = {"exception": {"type": "PlanError", "value": "no plan"}, "platform": "python"}
    assert hashes(raw) == list(group(event(raised("PlanError", "no plan"))).hashes)


def test_grouping_is_pure() -> None:
    code = "import sys, issues.grouping as g; g.hashes({'message': 'x'}); print('django' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"


# Cost


def fastest(action: Callable[[], object], repeat: int = 5) -> float:
    times = []
    for _ in range(repeat):
        start = time.thread_time()
        action()
        times.append(time.thread_time() - start)
    return min(times)


def test_the_cost_of_frames_that_do_not_matter_is_nothing() -> None:
    def deep(count: int) -> Event:
        rows = [py(f"f{n}", "m", "raise PlanError()") for n in range(count)]
        return event(raised("PlanError", "x", *rows), release="a@1")

    few, many = deep(50), deep(5000)
    assert fastest(lambda: group(many), 9) < fastest(lambda: group(few), 9) * 4


@pytest.mark.parametrize(
    "unit",
    ["<", "a::", "(", "{lambda(", "operator", "$$Lambda", "_", "a.", "/a", "[", "`", "func1."],
)
@pytest.mark.parametrize(
    "platform", ["native", "rust", "go", "csharp", "java", "javascript", "python"]
)
def test_hostile_names_cost_no_more_when_they_are_longer(unit: str, platform: str) -> None:
    def hostile(length: int, salt: str) -> Event:
        text = salt + unit * (length // len(unit))
        rows = [frame(text + str(n), filename=text + ".js", context_line=text) for n in range(10)]
        return event(raised(text, text, *rows), platform=platform)

    # A new text each time, for names are remembered.
    salts = iter(range(100))
    short = fastest(lambda: group(hostile(10_000, str(next(salts)))))
    long = fastest(lambda: group(hostile(100_000, str(next(salts)))))
    # Only making the event itself grows.
    assert long < short * 4 + 0.005
