import pytest

from issues.text import clean, is_link, line, sequence, spell, whole


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        pytest.param("\x1b[31mred\x1b[0m", "red", id="colours of a terminal"),
        pytest.param("\x1b]8;;http://evil\x07text\x1b]8;;\x07", "text", id="a terminal's link"),
        pytest.param("a\r\nb\tc", "a\nb\tc", id="lines and tabs stay"),
        pytest.param("a\0b", "a\u2400b", id="NUL is shown"),
        pytest.param("exe.\u202egnp", "exe.\\u202egnp", id="an override is spelled out"),
        pytest.param("\u2066x\u2069", "\\u2066x\\u2069", id="isolates too"),
        pytest.param("a\ud800b", "a\ufffdb", id="a lone surrogate"),
        pytest.param("مرحبا", "مرحبا", id="a right-to-left language stays"),
        pytest.param(None, "", id="nothing"),
        pytest.param(True, "true", id="a boolean as JSON writes it"),
        pytest.param({"a": {}}, "{1 keys}", id="an object is only named"),
        pytest.param(["a"], "[1 items]", id="a list is only named"),
        pytest.param([], "[]", id="an empty one"),
        pytest.param(1.5, "1.5", id="a number"),
    ],
)
def test_text_is_made_fit_to_be_looked_at(sent: object, seen: str) -> None:
    assert clean(sent) == seen


def test_long_text_is_cut_and_says_so() -> None:
    assert clean("x" * 50, 10) == "x" * 10 + "…"


def test_a_line_has_no_breaks() -> None:
    assert line("one\n  two\t\tthree ") == "one two three"


@pytest.mark.parametrize(
    "url", ["https://example.com/a", "HTTP://example.com", "http://localhost:8000/?a=b"]
)
def test_web_addresses_become_links(url: str) -> None:
    assert is_link(url)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        " https://example.com",
        "//example.com",
        "https://a\u202eb",
        "ftp://a",
    ],
)
def test_other_addresses_do_not(url: str) -> None:
    assert not is_link(url)


def test_helpers_accept_anything() -> None:
    assert sequence({"a": 1}) == []
    assert [whole(value) for value in (5, 0, -1, True, 2**40, "5", None)] == [5, 0, *[None] * 5]
    assert spell(None) == "null"
