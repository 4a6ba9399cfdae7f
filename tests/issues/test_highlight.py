import pytest

from issues.highlight import (
    _BY_EXTENSION,
    _BY_PLATFORM,
    MAX_CHARACTERS,
    MAX_LINE,
    highlight,
    language,
)


def test_python_gets_its_colours() -> None:
    (line,) = highlight(["    return Response(data, status=201)  # made"], "python")
    coloured = {(token.kind, token.text) for token in line if token.kind}
    assert coloured == {("k", "return"), ("f", "Response"), ("m", "201"), ("c", "# made")}


@pytest.mark.parametrize(
    ("path", "platform", "name"),
    [
        pytest.param("shop/cart.py", "other", "python", id="by extension"),
        pytest.param("src/Cart.tsx?v=2", "javascript", "tsx", id="before a query"),
        pytest.param("[native code]", "javascript", "javascript", id="by platform"),
        pytest.param("x.unknown", "", "", id="not at all"),
    ],
)
def test_the_language_is_known_by_path_or_platform(path: str, platform: str, name: str) -> None:
    assert language(path, platform) == name


@pytest.mark.parametrize("name", sorted({*_BY_EXTENSION.values(), *_BY_PLATFORM.values()}))
def test_nothing_is_lost_or_added(name: str) -> None:
    lines = ['  x = f("a \\" b")', "", "\t/* open", "'''", "   "]
    found = highlight(lines, name)
    assert ["".join(token.text for token in line) for line in found] == lines


def test_code_that_may_keep_a_lexer_busy_is_left_plain() -> None:
    long_line = highlight(["x" * (MAX_LINE + 1), "return 1"], "python")
    assert [token.kind for token in long_line[1]] == [""]
    long_code = highlight(["return 1"] * MAX_CHARACTERS, "python")
    assert long_code[0][0].kind == ""
