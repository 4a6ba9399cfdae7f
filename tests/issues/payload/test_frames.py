import pytest

from issues.payload.types import Limits


def frames_of(event):
    return event.data["exception"]["values"][0]["stacktrace"]["frames"]


def error(*frames, **exception):
    return {"exception": [{"type": "E", "stacktrace": {"frames": list(frames)}, **exception}]}


GOOD = {
    "filename": "shop/views.py",
    "abs_path": "/srv/shop/views.py",
    "module": "shop.views",
    "function": "pay",
    "lineno": 10,
    "colno": 3,
    "pre_context": ["a", "\tb"],
    "context_line": "pay()",
    "post_context": [],
    "vars": {"order": "<Order 7>", "n": 7, "x": None, "deep": {"a": [1, {"b": "c"}]}},
    "in_app": False,
}


def test_a_good_frame_is_not_even_copied(read) -> None:
    frame = {**GOOD}
    assert frames_of(read(error(frame), clean=True))[0] is frame


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"module": None, "pre_context": None}, {}),
        ({"lineno": "12", "colno": 3.0}, {"lineno": 12, "colno": 3}),
        ({"lineno": -1, "colno": True}, {}),
        ({"lineno": 1e400, "colno": 10**30}, {}),
        ({"in_app": "false"}, {"in_app": False}),
        ({"in_app": "perhaps"}, {}),
        ({"vars": [["a", 1], ["b"], 7]}, {"vars": {"a": 1}}),
        ({"vars": "x"}, {}),
        ({"vars": {"a": float("nan")}}, {"vars": {"a": None}}),
        ({"pre_context": ["a", None, 7]}, {"pre_context": ["a", "", "7"]}),
        ({"post_context": "a\nb"}, {"post_context": ["a", "b"]}),
        ({"context_line": {"a": 1}}, {}),
        ({"function": ["f"]}, {}),
        ({"filename": "%{[p][file]}"}, {}),
        ({"errors": [1], "data": {"orig": 1}}, {"data": {"orig": 1}}),
        ({"unheard_of": [1]}, {"unheard_of": [1]}),
    ],
)
def test_repairs_or_drops_an_attribute(sent, kept, read) -> None:
    assert frames_of(read(error({"filename": "a.py", **sent} if "filename" not in sent else sent)))[
        0
    ] == ({"filename": "a.py", **kept} if "filename" not in sent else kept)


def test_null_frames_go_and_words_are_noted(read) -> None:
    event = read(error(None, "at x", {"function": "f"}))
    assert frames_of(event) == [{"function": "f"}]
    assert event.notes[0] == {"name": "frame", "reason": "invalid_data", "value": "at x"}


def test_keeps_the_first_and_the_last_frames(read) -> None:
    event = read(error(*({"lineno": n} for n in range(400))))
    lines = [frame["lineno"] for frame in frames_of(event)]
    assert lines == [*range(50), *range(200, 400)]
    path = event.data["_meta"]["exception"]["values"]["0"]["stacktrace"]["frames"]
    assert path[""] == {"len": 400, "rem": [["!limit", "x"]]}


def test_only_the_last_frames_and_the_applications_keep_their_source(read) -> None:
    source = {"vars": {"a": "1"}, "pre_context": ["x"], "post_context": ["y"], "context_line": "z"}
    event = read(error(*({"in_app": n == 5, **source} for n in range(60))))
    with_vars = [index for index, frame in enumerate(frames_of(event)) if "vars" in frame]
    assert with_vars == [5, *range(10, 60)]
    assert all(frame["context_line"] == "z" for frame in frames_of(event))
    frames = event.data["_meta"]["exception"]["values"]["0"]["stacktrace"]["frames"]
    assert frames["0"]["vars"][""]["len"] == 1


def test_cuts_variables(read) -> None:
    deep = {"1": {"2": {"3": {"4": {"5": 1}}}}}
    frame = {"vars": {"long": "x" * 2000, "deep": deep, **{f"v{n}": n for n in range(60)}}}
    event = read(error(frame))
    kept = frames_of(event)[0]["vars"]
    assert kept["long"] == "x" * 1023 + "…"
    assert kept["deep"] == {"1": {"2": {"3": {"4": None}}}}
    assert len(kept) == 50
    meta = event.data["_meta"]["exception"]["values"]["0"]["stacktrace"]["frames"]["0"]["vars"]
    assert meta["long"][""] == {"len": 2000, "rem": [["!limit", "x", 1023, 1024]]}
    assert meta["deep"]["1"]["2"]["3"]["4"][""]["len"] == 1
    assert meta[""]["len"] == 62


def test_all_variables_of_a_frame_together_stay_below_the_limit(read) -> None:
    event = read(error({"vars": {f"v{n}": "x" * 1000 for n in range(40)}}))
    kept = frames_of(event)[0]["vars"]
    assert list(kept) == [f"v{n}" for n in range(len(kept))]
    assert 8000 < sum(map(len, kept.values())) <= 8192


@pytest.mark.parametrize(
    ("colno", "start", "end"),
    [(None, "0", "…"), (5, "0", "…"), (5000, "…", "…"), (9999, "…", "9"), (99_999, "0", "…")],
)
def test_cuts_minified_source_around_the_column(colno, start, end, read) -> None:
    line = "".join(str(n % 10) for n in range(10_000))
    kept = frames_of(read(error({"context_line": line, "colno": colno})))[0]["context_line"]
    assert len(kept) <= 256
    assert (kept[0], kept[-1]) == (start, end)
    if colno == 5000:
        assert line[4995:5005] in kept


@pytest.mark.parametrize(
    ("stack", "frames"),
    [
        ({"frames": None}, None),
        ({"frames": []}, None),
        ({}, None),
        (None, None),
        ("at x", None),
        ([{"lineno": 1}], [{"lineno": 1}]),
        ({"frames": [{"lineno": 1}], "lang": "c", "registers": None}, [{"lineno": 1}]),
    ],
)
def test_reads_a_stack(stack, frames, read) -> None:
    exception = read({"exception": {"type": "E", "stacktrace": stack}}).data["exception"]
    assert exception["values"][0].get("stacktrace", {}).get("frames") == frames


def test_a_template_is_a_frame(read) -> None:
    event = read({"sentry.interfaces.Template": {"filename": "a.html", "lineno": "3"}})
    assert event.data["template"] == {"filename": "a.html", "lineno": 3}


def test_limits_are_an_argument(read) -> None:
    event = read(error({"lineno": 1}, {"lineno": 2}), limits=Limits(frames_first=0, frames_last=1))
    assert frames_of(event) == [{"lineno": 2}]
