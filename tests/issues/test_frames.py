"""Exceptions, threads and frames as rows."""

from typing import Any

import pytest

from issues.frames import (
    MAX_FRAMES,
    FrameRow,
    LibraryFrames,
    View,
    as_text,
    event_stack,
    exceptions,
    threads,
)

OWN, ALL, OLDEST = View(), View(all_frames=True), View(oldest_first=True)


def frame(function: str, *, in_app: bool | None = True, **more: Any) -> dict[str, Any]:
    found = {"filename": "shop/cart.py", "function": function, "lineno": 10, **more}
    return found if in_app is None else found | {"in_app": in_app}


def event(*frames: dict[str, Any], platform: str = "python", **exception: Any) -> dict[str, Any]:
    value = {"type": "KeyError", "value": "'id'", "stacktrace": {"frames": list(frames)}}
    return {"platform": platform, "exception": {"values": [value | exception]}}


def rows(data: dict[str, Any], view: View = OWN) -> list[Any]:
    return list(exceptions(data, view)[0].stack.entries)


def names(data: dict[str, Any], view: View = OWN) -> list[Any]:
    return [
        [row.function for row in entry.rows] if isinstance(entry, LibraryFrames) else entry.function
        for entry in rows(data, view)
    ]


def test_the_frame_nearest_to_the_crash_comes_first() -> None:
    assert names(event(frame("main"), frame("total"))) == ["total", "main"]
    assert names(event(frame("main"), frame("total")), OLDEST) == ["main", "total"]


def test_neighbouring_library_frames_are_folded() -> None:
    stack = [
        frame("run", in_app=False, module="django.core.handlers.base"),
        frame("call", in_app=False, module="django.core.handlers.exception"),
        frame("view"),
        frame("get", in_app=False, module="requests.sessions"),
    ]
    assert names(event(*stack)) == [["get"], "view", ["call", "run"]]
    assert names(event(*stack), ALL) == ["get", "view", "call", "run"]
    folded = rows(event(*stack))[2]
    assert folded.packages == ("django.core",)


def test_own_frames_are_open_and_library_frames_are_not() -> None:
    shown = rows(event(frame("lib", in_app=False), frame("own")), ALL)
    assert [row.is_open for row in shown] == [True, False]


def test_a_stack_of_library_frames_has_its_last_one_open() -> None:
    shown = rows(event(frame("a", in_app=False), frame("b", in_app=False)))
    assert isinstance(shown[0], FrameRow)
    assert shown[0].is_open
    assert shown[1].count == 1


@pytest.mark.parametrize(
    ("path", "is_app"),
    [
        pytest.param("/srv/venv/lib/python3.12/site-packages/django/db.py", False, id="python"),
        pytest.param("/app/node_modules/react/index.js", False, id="node"),
        pytest.param("node:internal/process", False, id="node's own"),
        pytest.param("/app/vendor/symfony/kernel.php", False, id="php"),
        pytest.param("/app/src/cart.py", True, id="own"),
        pytest.param("src/vendors.py", True, id="own, with a like name"),
    ],
)
def test_the_path_decides_if_the_sdk_does_not_say(path: str, is_app: bool) -> None:
    shown = rows(event(frame("f", in_app=None, filename=path, abs_path=path)), ALL)
    assert shown[0].is_app is is_app


def test_lines_carry_their_numbers_and_the_failing_one_is_marked() -> None:
    code = frame("f", pre_context=["a = 1", "b = 2"], context_line="fail()", post_context=["c = 3"])
    (shown,) = rows(event(code))
    assert [(row.number, row.is_failing) for row in shown.code] == [
        (8, False),
        (9, False),
        (10, True),
        (11, False),
    ]
    assert shown.code_label == "shop/cart.py, lines 8 to 11"


def test_the_word_at_the_column_is_marked() -> None:
    code = frame("f", context_line="  const sum = totals.sum.amount;", colno=22)
    (shown,) = rows(event(code, platform="javascript"))
    assert [part.text for part in shown.code[0].parts if part.is_column] == ["sum"]
    assert "".join(part.text for part in shown.code[0].parts) == "  const sum = totals.sum.amount;"


@pytest.mark.parametrize("column", [0, -1, 1000, "7", True, None])
def test_a_column_outside_the_line_marks_nothing(column: Any) -> None:
    (shown,) = rows(event(frame("f", context_line="x = 1", colno=column)))
    assert not any(part.is_column for part in shown.code[0].parts)


@pytest.mark.parametrize(
    ("source", "relation", "upwards"),
    [
        ("__cause__", "directly caused by", "which directly caused"),
        ("__context__", "raised while this was being handled", "while it was being handled, this was raised"),
        ("exceptions[1]", "one of its group, exceptions[1]", "is one of a group"),
        ("InnerException", "directly caused by", "which directly caused"),
        ("", "caused by", "which caused"),
    ],
)  # fmt: skip
def test_a_chain_is_read_from_what_was_raised_last(
    source: str, relation: str, upwards: str
) -> None:
    cause = {"type": "OSError", "value": "disk", "mechanism": {"type": "chained", "source": source}}
    data = {"exception": {"values": [cause, {"type": "AppError", "value": "no"}]}}
    shown = exceptions(data, OWN)
    assert [row.type for row in shown] == ["AppError", "OSError"]
    assert [row.relation for row in shown] == ["", relation]
    assert [row.relation for row in exceptions(data, OLDEST)] == ["", upwards]


def test_notes_say_where_it_comes_from_and_whether_it_was_handled() -> None:
    (row,) = exceptions(
        event(module="shop.errors", mechanism={"type": "django", "handled": False}), OWN
    )
    assert row.notes == ("shop.errors", "not handled", "mechanism: django")


def test_a_huge_stack_keeps_its_ends() -> None:
    stack = exceptions(event(*(frame(f"f{n}") for n in range(5000))), ALL)[0].stack
    functions = [row.function for row in stack.rows()]
    assert len(functions) == MAX_FRAMES
    assert (functions[0], functions[-1]) == ("f4999", "f0")
    assert stack.left_out == 5000 - MAX_FRAMES


def test_the_crashed_thread_comes_first() -> None:
    stack = {"frames": [frame("wait")]}
    data = {
        "threads": {
            "values": [
                {"id": 1, "name": "pool", "stacktrace": stack},
                {"id": 2, "name": "main", "crashed": True, "stacktrace": stack},
                {"id": 3, "name": "without a stack"},
            ]
        }
    }
    assert [(row.name, row.is_open) for row in threads(data, OWN)] == [
        ("main (2)", True),
        ("pool (1)", False),
    ]


def test_a_message_may_have_a_stack_of_its_own() -> None:
    data = {"stacktrace": {"frames": [frame("log")]}}
    assert [row.function for row in event_stack(data, OWN).rows()] == ["log"]


def test_the_stack_as_text_can_be_pasted() -> None:
    shown = exceptions(event(frame("main"), frame("total", context_line="    raise")), OWN)
    assert as_text(shown) == (
        "KeyError: 'id'\n  shop/cart.py:10 in total\n    raise\n  shop/cart.py:10 in main"
    )


ODD: list[Any] = [None, 5, "x", True, [], {}, [[]], {"a": 1}, [None, 3, "x", {}], -1.5]


@pytest.mark.parametrize("odd", ODD)
def test_any_type_anywhere_is_survived(odd: Any) -> None:
    keys = ("filename", "abs_path", "function", "module", "lineno", "colno", "context_line",
            "pre_context", "post_context", "vars", "in_app", "package")  # fmt: skip
    for data in (
        {"exception": odd},
        {"exception": {"values": odd}},
        {"exception": {"values": [odd]}},
        {
            "exception": {
                "values": [{"stacktrace": odd, "mechanism": odd, "type": odd, "value": odd}]
            }
        },
        {"platform": odd, "exception": {"values": [{"stacktrace": {"frames": odd}}]}},
        {"exception": {"values": [{"stacktrace": {"frames": [dict.fromkeys(keys, odd)]}}]}},
        {"threads": odd, "stacktrace": odd},
        {"threads": {"values": [{"stacktrace": {"frames": [odd]}, "id": odd, "name": odd}]}},
    ):
        for view in (OWN, ALL, OLDEST):
            shown = exceptions(data, view)
            assert isinstance(as_text(shown, event_stack(data, view)), str)
            assert isinstance(threads(data, view), tuple)
