import pytest

from issues.search.query import Filter, Group, Tab, Term, parse, term, without_tab


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
        ("!important", ()),
        ('"!important"', ("!important",)),
        ("total() fails", ("total()", "fails")),
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
    assert query.errors[0].startswith("At character 1: is: knows ")
    assert query.errors[0].endswith("not “open”.")
    assert (query.filters, query.words) == ((), ("boom",))


def test_a_caret_points_at_the_mistake() -> None:
    query = parse("boom  lastSeen:yesterday x")
    assert [(m.start, m.end) for m in query.mistakes] == [(5, 23)]
    assert query.text == "boom lastSeen:yesterday x"
    assert query.caret == "     " + "^" * 18


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("timesSeen:>many", "“many” is no whole number."),
        ("timesSeen:99999999999999999999", "no whole number"),
        ("firstSeen:2026-13-01", "is no time"),
        ("lastSeen:24h", "Write -24h"),
        ("age:-99999999w", "too long ago"),
        ("age:2026-01-01", "is no age"),
        ("level:[error, loud]", "not “loud”"),
        ("is:[new, muted]", "takes one value"),
        ("browser:[Fire*]", "no wildcards"),
        ("browser:[Firefox", "written [one, two]"),
        ("browser:[]", "written [one, two]"),
        ("stack.abs_path:x", "searched"),
        ("has:trace", "would read every event"),
        ("issue.category:metric", "there is only"),
        ("id:abc*", "takes no wildcards"),
        ("issue.id:one", "no whole number"),
        ("error.handled:maybe", "true or false"),
        ('assigned:""', "takes a value"),
        ("(a", "not closed"),
        ("!(a)", "not a bracket"),
        ("a OR", "between two terms"),
        ("AND a", "between two terms"),
        ("a " * 30, "up to 20 terms"),
    ],
)
def test_what_cannot_be_understood_is_said(text: str, says: str) -> None:
    errors = parse(text).errors
    assert len(errors) == 1
    assert says in errors[0]


def test_keys_are_known_in_any_case_and_by_their_other_names() -> None:
    found = parse("firstseen:-1h assignee:me first-release:latest HTTP.URL:x Browser:y").filters
    assert [f.key for f in found] == ["firstSeen", "assigned", "firstRelease", "url", "Browser"]


def test_a_list_asks_for_any_of_its_values() -> None:
    (term,) = parse('error.type:[TypeError, "Range Error"]').terms
    assert [value.text for value in term.values] == ["TypeError", "Range Error"]


def test_wildcards_and_literal_stars() -> None:
    (term,) = parse(r'browser:"Fire*x \* 1*"').terms
    (value,) = term.values
    assert value.parts == ("Fire", "x * 1", "")
    assert value.matches("Firefox * 145")
    assert not value.matches("Firefox 145")


def test_operators_and_brackets() -> None:
    root = parse("a (level:fatal OR level:error AND x) !b").root
    first, group, last = root.parts
    assert isinstance(group, Group)
    assert group.any
    assert [len(part.parts) for part in group.parts if isinstance(part, Group)] == [1, 2]
    assert isinstance(last, Term)
    assert last.negated
    assert isinstance(first, Term)


def test_a_state_inside_of_or_chooses_no_tab() -> None:
    assert parse("is:resolved OR is:muted").tab is None
    assert parse("is:archived").tab == Tab.MUTED


def test_a_tag_that_is_called_like_a_key() -> None:
    (term_,) = parse("tags[is]:odd").terms
    assert (term_.key, term_.is_tag, term_.text) == ("is", True, "odd")
    assert parse(term("is", "odd")).terms[0].is_tag


@pytest.mark.parametrize(
    "text", ["(" * 900, "!(" * 400, '"' * 999, "a:[" * 300, "OR " * 300, "((((((((((a))))))))))"]
)
def test_odd_texts_are_survived(text: str) -> None:
    parse(text)


@pytest.mark.parametrize(
    "value",
    [
        "a b",
        'with "quotes"',
        "back\\slash",
        "*/*",
        "(a)",
        ">1",
        "[x]",
        "/path",
        "plain",
        "id:7",
        "",
    ],
)
def test_a_written_term_is_read_back(value: str) -> None:
    if value:
        assert parse(term("tag", value)).filters == (Filter("tag", value),)
    else:
        assert term("tag", value) == 'tag:""'


def test_endless_text_is_cut() -> None:
    assert len(parse("a " * 5000).words) <= 20
