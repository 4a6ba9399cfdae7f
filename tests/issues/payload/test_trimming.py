"""What is cut, and how it is noted. Frames, exceptions, tags, requests: in their own files."""

from typing import Any

import pytest

from issues.payload.bounds import bounded, measure
from issues.payload.ledger import Ledger
from issues.payload.types import Limits


def trim(value, length=100, depth=3):
    ledger = Ledger(Limits())
    return bounded(value, length=length, depth=depth, path=("x",), ledger=ledger), ledger.meta({})


def test_what_fits_is_not_copied() -> None:
    value = {"a": [1, "b", {"c": None}]}
    kept, meta = trim(value)
    assert kept is value
    assert meta == {}


@pytest.mark.parametrize(
    ("value", "kept", "meta"),
    [
        pytest.param(
            "a" * 101,
            "a" * 99 + "…",
            {"x": {"": {"len": 101, "rem": [["!limit", "x", 99, 100]]}}},
            id="string",
        ),
        pytest.param(
            ["a" * 60, "b" * 60, "c"],
            ["a" * 60, "b" * 39 + "…"],
            {
                "x": {
                    "": {"len": 3, "rem": [["!limit", "x"]]},
                    "1": {"": {"len": 60, "rem": [["!limit", "x", 39, 40]]}},
                }
            },
            id="list: the first stay",
        ),
        pytest.param(
            {"a": {"b": "b" * 99, "c": 1}, "d": 2},
            {"a": {"b": "b" * 97 + "…"}},
            {
                "x": {
                    "": {"len": 2, "rem": [["!limit", "x"]]},
                    "a": {
                        "": {"len": 2, "rem": [["!limit", "x"]]},
                        "b": {"": {"len": 99, "rem": [["!limit", "x", 97, 98]]}},
                    },
                }
            },
            id="object: what follows is gone on all levels",
        ),
        pytest.param(
            {"a": {"b": [{"c": 1}]}},
            {"a": {"b": [None]}},
            {"x": {"a": {"b": {"0": {"": {"len": 1, "rem": [["!limit", "x"]]}}}}}},
            id="depth",
        ),
        pytest.param({"k" * 201: float("inf")}, {}, None, id="a key alone may be too long"),
        pytest.param([float("nan"), 2**70, True], [None, str(2**70), True], {}, id="numbers"),
    ],
)
def test_cuts_and_notes(value, kept, meta) -> None:
    found = trim(value)
    if meta is None:
        assert measure(found[0], 3, 250, 200) >= 0
    else:
        assert found == (kept, meta)


def test_a_million_nulls_have_a_length() -> None:
    kept, meta = trim([None] * 1_000_000)
    assert len(kept) == 25
    assert meta["x"][""]["len"] == 1_000_000


def test_characters_are_counted_not_bytes() -> None:
    kept, _ = trim("😀" * 101)
    assert kept == "😀" * 99 + "…"


@pytest.mark.parametrize(
    ("raw", "place", "length"),
    [
        ({"message": "m" * 9000}, ("logentry", "formatted"), 9000),
        ({"breadcrumbs": [{"message": str(n)} for n in range(150)]},
         ("breadcrumbs", "values"), 150),
        ({"breadcrumbs": [{"data": {"a": "x" * 3000}}]},
         ("breadcrumbs", "values", "0", "data", "a"), 3000),
        ({"extra": {"a": "x" * 20_000}}, ("extra", "a"), 20_000),
        ({"extra": {str(n): "x" * 16_000 for n in range(20)}}, ("extra",), 20),
        ({"contexts": {"a": {"b": "x" * 9000}}}, ("contexts", "a", "b"), 9000),
        ({"contexts": {str(n): {"a": 1} for n in range(60)}}, ("contexts",), 60),
        ({"modules": {str(n): "1" for n in range(600)}}, ("modules",), 600),
        ({"fingerprint": [str(n) for n in range(30)]}, ("fingerprint",), 30),
        ({"fingerprint": ["x" * 2000]}, ("fingerprint", "0"), 2000),
        ({"debug_meta": {"images": [{"type": "elf"}] * 600}}, ("debug_meta", "images"), 600),
    ],
)  # fmt: skip
def test_every_cut_is_noted_where_it_was_made(raw, place, length, read) -> None:
    node = read(raw).data["_meta"]
    for step in place:
        node = node[step]
    assert node[""]["len"] == length
    assert node[""]["rem"][0][:2] == ["!limit", "x"]


def test_the_last_breadcrumbs_stay(read) -> None:
    event = read({"breadcrumbs": [{"message": str(n)} for n in range(150)]})
    crumbs = event.data["breadcrumbs"]["values"]
    assert [crumb["message"] for crumb in crumbs] == [str(n) for n in range(50, 150)]


def test_images_that_frames_refer_to_stay(read) -> None:
    images = [{"type": "sourcemap", "code_file": f"/js/{n}.js"} for n in range(600)]
    frames = [{"abs_path": "/js/599.js"}]
    event = read({"debug_meta": {"images": images}, "exception": {"stacktrace": frames}})
    kept = event.data["debug_meta"]["images"]
    assert kept[:2] == [images[599], images[0]]
    assert len(kept) == 500


def test_the_senders_own_notes_stay(read) -> None:
    sent = {
        "extra": {"a": {"": {"rem": [["@password", "s", 0, 10]], "len": 30_000}}},
        "logentry": "odd",
        "user": {"": [1]},
    }
    raw = {"_meta": sent, "extra": {"a": "x" * 20_000}, "message": "m" * 9000}
    meta = read(raw).data["_meta"]
    rules = [["@password", "s", 0, 10], ["!limit", "x", 16383, 16384]]
    assert meta["extra"]["a"][""] == {"rem": rules, "len": 30_000}
    assert meta["logentry"]["formatted"][""]["len"] == 9000
    assert meta["user"] == {"": [1]}
    untouched: Any = sent
    assert untouched["extra"]["a"][""]["rem"] == [["@password", "s", 0, 10]]


def test_notes_do_not_outgrow_the_event(read) -> None:
    frames = [{"lineno": -1, "vars": {str(n): "x" * 2000 for n in range(50)}} for _ in range(200)]
    event = read({"exception": {"type": "E", "stacktrace": frames}})
    assert len(event.notes) == 100
    assert str(event.data["_meta"]).count("!limit") == 500
