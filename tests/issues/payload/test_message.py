import pytest

from issues.payload.message import interpolate


@pytest.mark.parametrize(
    ("template", "params", "text"),
    [
        ("user %s has %d items", ["bob", 3], "user bob has 3 items"),
        ("%5.1f%% of %x", [12.345, 255], " 12.3% of ff"),
        ("%-6s|%3d", ["ab", 7], "ab    |  7"),
        ("%r and %r", ["bob", "'quoted'"], "'bob' and 'quoted'"),
        ("%i %u", ["12", 4.0], "12 4"),
        ("%s", [None], "None"),
        ("%s", [{"a": [1]}], '{"a":[1]}'),
        ("%s", [["nested", ["list"]]], '["nested",["list"]]'),
        ("%d", ["many"], "many"),
        ("{} of {}", ["a", 2], "a of 2"),
        ("{1} {0} {1}", ["a", "b"], "b a b"),
        ("{{}} {}", ["a"], "{} a"),
        ("user %(name)s", {"name": "bob"}, "user bob"),
        ("user {name}", {"name": "bob", "unused": 1}, "user bob"),
    ],
)
def test_puts_the_parameters_in(template, params, text) -> None:
    assert interpolate(template, params) == text


@pytest.mark.parametrize(
    ("template", "params"),
    [
        ("a %s b %s", ["1"]),
        ("a %s", ["1", "2"]),
        ("no placeholder", ["1"]),
        ("%(name)s", ["bob"]),
        ("%(name)s", {"other": "bob"}),
        ("%s", {"name": "bob"}),
        ("{0} {2}", ["a", "b"]),
        ("{user.name.__class__}", ["a"]),
        ("100%", ["a"]),
        ("%s", []),
        ("%s", None),
    ],
)
def test_leaves_the_template_if_they_do_not_match(template, params) -> None:
    assert interpolate(template, params) == template


def test_a_parameter_used_often_does_not_make_megabytes() -> None:
    text = interpolate("%(a)s" * 1000, {"a": "x" * 8000}, limit=8192)
    assert len(text) < 20_000


@pytest.mark.parametrize(
    "hostile", [10**5000, float("nan"), float("inf"), 0xD800, 0, -1, True], ids=range(7)
)
@pytest.mark.parametrize("kind", "sdifFgGeExXoruca")
def test_no_number_is_too_odd_for_a_placeholder(hostile, kind) -> None:
    text = interpolate(f"[%{kind}]", [hostile])
    assert text.startswith("[")
    assert "\0" not in text
    assert text.encode()


@pytest.mark.parametrize(
    ("raw", "logentry"),
    [
        pytest.param(
            {
                "message": "order 7 failed",
                "sentry.interfaces.Message": {"message": "order %s failed", "params": ["7"]},
            },
            {"message": "order %s failed", "formatted": "order 7 failed", "params": ["7"]},
            id="text and interface (raven-python)",
        ),
        pytest.param(
            {
                "message": "order %s",
                "sentry.interfaces.Message": {"message": "order %s", "params": [7]},
            },
            {"message": "order %s", "formatted": "order 7", "params": [7]},
            id="the template twice (raven-go)",
        ),
        pytest.param(
            {"message": {"message": "x"}, "logentry": {"formatted": "y"}},
            {"formatted": "y"},
            id="logentry before message",
        ),
        pytest.param(
            {"message": "x", "logentry": {"message": "%s", "formatted": ""}},
            {"message": "%s", "formatted": "x"},
            id="formatted filled from the text",
        ),
        pytest.param({"message": 7}, {"formatted": "7"}, id="a number"),
        pytest.param({"message": "%{[p][msg]}"}, None, id="a reference of a log pipeline"),
        pytest.param({"message": "", "logentry": {}}, None, id="nothing"),
    ],
)
def test_takes_the_message_from_where_it_is(raw, logentry, read) -> None:
    event = read(raw)
    assert event.data.get("logentry") == logentry
    assert event.message == (logentry or {}).get("formatted", "")
