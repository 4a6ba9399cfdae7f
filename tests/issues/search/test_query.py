import pytest

from issues.search.query import Filter, Tab, parse, term, without_tab


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ()),
        ("  Time  Out ", ("time", "out")),
        ('"connection reset" peer', ("connection reset", "peer")),
        ('"unclosed quote', ("unclosed quote",)),
        (r'"with \" inside"', ('with " inside',)),
        ("http://example.com/a", ("http://example.com/a",)),
        ("key: value", ("key:", "value")),
        ('"level:error"', ("level:error",)),
        ("!important", ("!important",)),
    ],
)
def test_words_and_quoted_texts(text: str, words: tuple[str, ...]) -> None:
    query = parse(text)
    assert query.words == words
    assert query.filters == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("browser:Firefox", Filter("browser", "Firefox")),
        ("!level:debug", Filter("level", "debug", negated=True)),
        ('url:"https://a b"', Filter("url", "https://a b")),
        ('url:"/v1/orders"', Filter("url", "/v1/orders")),
        ("user:id:7", Filter("user", "id:7")),
        ("is:assigned", Filter("is", "assigned")),
        ("!is:regressed", Filter("is", "regressed", negated=True)),
        ("sdk.name:x", Filter("sdk.name", "x")),
    ],
)
def test_keys_with_values(text: str, found: Filter) -> None:
    assert parse(text).filters == (found,)
    assert parse(text).words == ()


def test_is_with_a_state_chooses_the_tab() -> None:
    query = parse("is:resolved boom")
    assert (query.tab, query.filters, query.words) == (Tab.RESOLVED, (), ("boom",))
    assert without_tab(query) == "boom"


def test_mistakes_are_said_in_sentences() -> None:
    query = parse("is:open level:bad boom")
    assert len(query.errors) == 2
    assert query.errors[0].endswith("not “open”.")
    assert (query.filters, query.words) == ((), ("boom",))


@pytest.mark.parametrize(
    "value", ["a b", 'with "quotes"', "back\\slash", "/path", "plain", "id:7", ""]
)
def test_a_written_term_is_read_back(value: str) -> None:
    if value:
        assert parse(term("tag", value)).filters == (Filter("tag", value),)
    else:
        assert term("tag", value) == 'tag:""'


def test_endless_text_is_cut() -> None:
    assert len(parse("a " * 5000).words) <= 20
