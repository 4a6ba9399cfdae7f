"""What people write becomes markup that we wrote, and nothing else does."""

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issues.markdown import to_html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Hello", "<p>Hello</p>"),
        ("one\ntwo\n\nthree", "<p>one<br>two</p><p>three</p>"),
        ("**bold** and *soft* and _soft_", "<p><strong>bold</strong> and <em>soft</em> and <em>soft</em></p>"),
        ("**a *b* c**", "<p><strong>a <em>b</em> c</strong></p>"),
        ("snake_case_name 2 * 3 * 4", "<p>snake_case_name 2 * 3 * 4</p>"),
        ("`a < b` and ``c`d``", "<p><code>a &lt; b</code> and <code>c`d</code></p>"),
        ("`**not bold**`", "<p><code>**not bold**</code></p>"),
        ("```py\nx = '<b>'\n\ny\n```\nafter", "<pre><code>x = &#x27;&lt;b&gt;&#x27;\n\ny</code></pre><p>after</p>"),
        ("```\nopen", "<pre><code>open</code></pre>"),
        ("- a\n- b\n  goes on", "<ul><li>a</li><li>b<br>goes on</li></ul>"),
        ("1. a\n2) b", "<ol><li>a</li><li>b</li></ol>"),
        ("text\n- a", "<p>text</p><ul><li>a</li></ul>"),
        ("> quoted\n> **more**\n\nme", "<blockquote><p>quoted<br><strong>more</strong></p></blockquote><p>me</p>"),
        ("@ada look", "<p><b>@ada</b> look</p>"),
        ("mail ada@example.com", "<p>mail ada@example.com</p>"),
    ],
)  # fmt: skip
def test_markdown(text: str, html: str) -> None:
    assert to_html(text) == html


def test_links() -> None:
    rel = 'rel="noopener noreferrer nofollow"'
    assert to_html("[here](https://a.example/?x=1&y=2)") == (
        f'<p><a href="https://a.example/?x=1&amp;y=2" {rel}>here</a></p>'
    )
    assert to_html("see https://a.example/x.") == (
        f'<p>see <a href="https://a.example/x" {rel}>https://a.example/x</a>.</p>'
    )


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html,<script>)",
        '[x](https://a.example/"onmouseover="alert(1))',
        "https://a.example/\"><img src=x onerror=alert(1)>",
        "[<img src=x>](https://a.example/)",
        "```\n</code></pre><script>\n```",
        "`</code><script>`",
        "**<b onclick=x>**",
        "> <iframe src=//a>",
        "- <a href='javascript:x'>",
        "[a](https://b.example/ onclick=x)",
        "<!-- -->&lt;script&gt;",
    ],
)  # fmt: skip
def test_nothing_of_the_writer_becomes_markup(text: str) -> None:
    check(to_html(text))


class Checker(HTMLParser):
    TAGS = frozenset("p br pre code strong em b a ul ol li blockquote".split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self.TAGS
        if tag == "a":
            found = dict(attrs)
            assert set(found) == {"href", "rel"}
            assert re.match(r"https?://", found["href"] or "")
        else:
            assert attrs == []

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    handle_pi = handle_comment


def check(html: str) -> None:
    checker = Checker(convert_charrefs=True)
    checker.feed(html)
    checker.close()


@given(st.text(alphabet="<>&\"'`*_-+>[]()1.@ \n\thtps:/ajx", max_size=200))
def test_whatever_is_written(text: str) -> None:
    check(to_html(text))


@pytest.mark.parametrize(
    "unit", ["`", "``a", "*", "**", "**a", "_a", "[", "[a](", "[a](https://", "> ", "- ", "@a", "https://", "```\n"]
)  # fmt: skip
def test_a_hostile_comment_is_cheap(unit: str) -> None:
    text = unit * (10_000 // len(unit))
    began = time.process_time()
    check(to_html(text))
    assert time.process_time() - began < 2
