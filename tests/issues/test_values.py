from typing import Any

import pytest

from issues.values import MAX_CHARACTERS, Piece, Pretty, block, pretty


def text(parts: tuple[Piece, ...]) -> str:
    return "".join(part.text for part in parts)


def kinds(shown: Pretty) -> list[tuple[str, str]]:
    return [(part.kind, part.text) for part in shown.line]


@pytest.mark.parametrize(
    ("value", "pieces"),
    [
        pytest.param("90417", [("m", "90417")], id="a number"),
        pytest.param("'[Filtered]'", [("s", "'[Filtered]'")], id="a string with its quotes"),
        pytest.param("b'x'", [("s", "b'x'")], id="bytes"),
        pytest.param("None", [("k", "None")], id="a word of the language"),
        pytest.param("<Basket: 1>", [("", "<Basket: 1>")], id="any other object"),
        pytest.param("'unclosed", [("", "'unclosed")], id="not a string"),
        pytest.param(True, [("k", "true")], id="a real boolean"),
        pytest.param(7, [("m", "7")], id="a real number"),
        pytest.param(None, [("k", "null")], id="a real null"),
    ],
)
def test_what_python_prints_gets_the_colour_of_what_it_is(
    value: Any, pieces: list[tuple[str, str]]
) -> None:
    assert kinds(pretty(value, reprs=True)) == pieces


def test_other_languages_strings_get_quotes() -> None:
    assert kinds(pretty('say "hi"')) == [("s", '"say \\"hi\\""')]


def test_a_bare_string_is_left_alone() -> None:
    assert kinds(pretty("Firefox", bare=True)) == [("", "Firefox")]


def test_a_short_object_fits_on_its_line() -> None:
    shown = pretty({"sku": "'tea'", "count": "2"}, reprs=True)
    assert text(shown.line) == "{sku: 'tea', count: 2}"
    assert shown.full == ()


def test_a_long_object_unfolds_with_indentation() -> None:
    shown = pretty({"lines": [{"sku": f"tea-{n}", "count": n} for n in range(30)]})
    assert text(shown.full).startswith(
        '{\n  "lines": [\n    {\n      "sku": "tea-0",\n      "count": 0\n    },'
    )
    assert text(shown.full).endswith("\n  ]\n}")
    assert len(text(shown.line)) < 200


def test_a_text_of_many_lines_unfolds() -> None:
    shown = pretty("first\nsecond", bare=True)
    assert text(shown.line) == "first …"
    assert text(shown.full) == "first\nsecond"


def test_depth_breadth_and_length_have_ends() -> None:
    deep: Any = "bottom"
    for _ in range(900):
        deep = [deep]
    assert "[…]" in text(pretty(deep).line)
    assert "… 900 more" in text(pretty(list(range(1000))).full)
    assert len(text(pretty(["x" * 10**6]).full)) < MAX_CHARACTERS + 10
    assert len(text(pretty("x" * 10**6, bare=True).full)) <= MAX_CHARACTERS + 1


def test_a_body_is_shown_whole() -> None:
    assert text(block({"a": None})) == '{\n  "a": null\n}'
    assert text(block("a=1&b=2")) == "a=1&b=2"
