"""Fingerprint rules: how they read, what they match, and what comes of it."""

from typing import Any

import pytest

from issues.grouping import Config, Grouping, group
from issues.grouping.rules import parse_fingerprint_rules, parse_stack_rules
from issues.grouping.rules.syntax import MAX_LINE, MAX_RULES, MAX_TEXT
from tests.issues.grouping.build import Event, event, log, py, py_library, raised


def ruled(text: str, data: Event, stack_rules: str = "") -> Grouping:
    rules, mistakes = parse_fingerprint_rules(text)
    stacks, more = parse_stack_rules(stack_rules)
    assert not mistakes + more
    grouping = group(data, Config(fingerprint_rules=rules, stack_rules=stacks))
    assert not grouping.failed, grouping.error
    return grouping


def failing(value: str = "no plan for 7", **attributes: Any) -> Event:
    rows = (
        py("view", "web.views"),
        py("Plans.<locals>.plan", "crm"),
        py_library("get", "http.api"),
    )
    return event(raised("app.PlanError", value, *rows), **attributes)


@pytest.mark.parametrize(
    "matcher",
    [
        "error.type:PlanError",
        "type:app.PlanError",
        "type:*Error",
        'error.value:"no plan for *"',
        'value:"*plan*"',
        "message:*PLAN*",
        'message:"No plan for 7"',
        "level:error",
        "!level:warning",
        "logger:crm.*",
        "release:a@1*",
        "environment:production",
        "transaction:/cart",
        "sdk:sentry.python*",
        "tags.tenant:acme",
        "!tags.other:*",
        "family:python",
        "!family:js",
        "module:crm",
        "stack.module:web.*",
        "function:plan",
        "stack.function:*plan",
        "path:**/crm.py",
        "path:web/views.py",
        "stack.abs_path:**/DIST-packages/**",
        "app:yes",
        "app:no function:get",
        "!function:main",
        "type:PlanError value:no* function:view module:web.views level:error",
    ],
)
def test_matchers(matcher: str) -> None:
    data = failing(
        logger="crm.jobs",
        release="a@1.2",
        environment="production",
        transaction="/cart",
        tags={"tenant": "acme"},
        sdk={"name": "sentry.python.django"},
    )
    assert ruled(f"{matcher} -> x", data).fingerprint == ("x",)


@pytest.mark.parametrize(
    "matcher",
    [
        "type:KeyError",
        "type:planerror",
        "!type:PlanError",
        "value:plan",
        "level:warning",
        "release:*",
        "tags.tenant:*",
        "family:go",
        "module:shop",
        "path:crm",
        "app:no function:view",
        "function:view module:crm",
        "!function:view",
        "!module:crm !function:x",
        "type:PlanError value:other",
    ],
)
def test_matchers_that_do_not_hold(matcher: str) -> None:
    assert ruled(f"{matcher} -> x", failing()).rule is None


def test_type_and_value_are_of_one_exception() -> None:
    data = event(raised("A", "one"), raised("B", "two"))
    assert ruled("type:A value:one -> x", data).rule
    assert not ruled("type:A value:two -> x", data).rule
    assert ruled("message:one -> x", data).rule


def test_what_is_application_code_is_so_after_the_stack_rules() -> None:
    rules = "app:yes function:get -> x"
    assert not ruled(rules, failing()).rule
    assert ruled(rules, failing(), "function:get +app").rule


def test_messages_match_as_template_and_as_text() -> None:
    data = log("Could not send %s", "Could not send invoice")
    assert ruled('message:"*invoice" -> x', data).rule
    assert ruled('message:"*%s" -> x', data).rule


def test_the_stack_of_a_message_is_looked_at() -> None:
    data = log("x", stacktrace={"frames": [py("send", "mail")]})
    assert ruled("function:send -> x", data).rule


def test_the_first_rule_wins() -> None:
    text = "# mine\n\ntype:KeyError -> a\ntype:PlanError -> b\ntype:* -> c\n"
    grouping = ruled(text, failing())
    assert grouping.fingerprint == ("b",)
    assert grouping.rule == (4, "type:PlanError -> b")
    assert grouping.why["lines"] == [
        ["rule", "type:PlanError -> b", "line 4 of the project's fingerprint rules"],
        ["fingerprint", "b", "given by a rule"],
    ]


def test_a_rule_replaces_the_fingerprint_of_the_client() -> None:
    data = failing(fingerprint=["mine"])
    assert ruled("type:KeyError -> x", data).fingerprint == ("mine",)
    assert ruled("type:PlanError -> x", data).fingerprint == ("x",)


def test_the_default_alone_takes_back_what_the_client_has_sent() -> None:
    grouping = ruled("type:PlanError -> {{ default }}", failing(fingerprint=["mine"]))
    assert grouping.hashes == group(failing()).hashes
    assert grouping.kind == "exception"
    assert [line[0] for line in grouping.why["lines"]] == ["rule", "type", "place"]


def test_a_rules_fingerprint_is_that_of_a_client() -> None:
    rule = ruled("type:PlanError -> {{ default }}, {{tags.t}}", failing(tags={"t": "eu"}))
    client = group(failing(tags={"t": "eu"}, fingerprint=["{{ default }}", "{{ tags.t }}"]))
    assert rule.hashes == client.hashes
    assert rule.fingerprint == ("{{ default }}", "eu")


@pytest.mark.parametrize(
    ("values", "members"),
    [
        ("a b", ("a", "b")),
        ("a,b", ("a", "b")),
        ("a , b,", ("a", "b")),
        ('"a, b" c', ("a, b", "c")),
        (r'"say \"hi\" \\ \n"', ('say "hi" \\ \\n',)),
        ("a-{{ type }}-{{level}}", ("a-app.PlanError-error",)),
        ("{{ transaction }}", ("<no-transaction>",)),
        ("a # a comment, and more", ("a",)),
        ("a#b", ("a#b",)),
        ("http://x", ("http://x",)),
        ("Größe-雪", ("Größe-雪",)),
    ],
)
def test_values(values: str, members: tuple[str, ...]) -> None:
    assert ruled(f"type:* -> {values}", failing()).fingerprint == members


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Plans: {{ error.type }}", "Plans: app.PlanError"),
        ("{{ value }} ({{ message }})", "no plan for 7 (no plan for 7)"),
        ("{{ logger }}", "<no-logger>"),
        ("a  b", "a b"),
        ("x" * 300, "x" * 255 + "…"),
    ],
)
def test_a_rule_gives_the_title_with_the_data_of_the_event(title: str, expected: str) -> None:
    grouping = ruled(f'type:* -> x title="{title}"', failing())
    assert grouping.title == expected
    assert group(failing()).title == "app.PlanError: no plan for 7"


@pytest.mark.parametrize(
    ("rule", "column", "words"),
    [
        ("type:KeyError", 14, "Say after ->"),
        ("-> a", 1, "Say before ->"),
        ("type:KeyError ->", 17, "Say what the fingerprint is"),
        ('type:a -> title="x"', 20, "Say what the fingerprint is"),
        ("KeyError -> a", 1, "Write a matcher such as type:KeyError"),
        ("type:a b -> c", 8, "Write a matcher"),
        ("typ:KeyError -> a", 1, "There is no key typ; is type meant?"),
        ("  !zzz:1 -> a", 4, "There is no key zzz. The keys are family,"),
        ("tags.:x -> a", 1, "There is no key tags."),
        ("type: -> a", 6, "needs a value right after the colon"),
        ("app:maybe -> a", 5, "either yes or no"),
        ("family:cobol -> a", 8, "There is no family cobol"),
        ('message:"open -> a', 9, "Close the text that begins here"),
        ('message:"a"b -> c', 12, "blank after the closing quote"),
        ("type:a -> {{ nope }}", 11, "There is no variable nope"),
        ("type:a -> b{{ default }}", 12, "{{ default }} stands alone"),
        ("type:a -> {{ type", 11, "Close the variable"),
        ("type:a -> b -> c", 13, "one ->"),
        ("type:a -> b level:error", 13, "Matchers stand before ->"),
        ("type:a -> b title=c", 19, "Put the title in quotes"),
        ('type:a -> b title=" "', 19, "The title is empty"),
        ('type:a -> b title="{{ default }}"', 19, "has no text"),
        ('type:a -> b title="x" title="y"', 23, "title already"),
        ('type:a -> ""', 11, "is empty"),
        (f"type:{'x' * 251} -> a", 6, "at most 250 characters"),
        ("type:a " * 11 + "-> a", 77, "at most 10 matchers"),
        ("type:a -> " + "b " * 11, 31, "at most 10 parts"),
        ("type:a -> " + "b" * MAX_LINE, MAX_LINE + 1, "A line has at most"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(rule: str, column: int, words: str) -> None:
    rules, mistakes = parse_fingerprint_rules(f"type:Fine -> fine\n\n{rule}\n")
    assert [(m.line, m.column) for m in mistakes] == [(3, column)], mistakes
    assert words in mistakes[0].words
    assert str(mistakes[0]).startswith(f"Line 3, column {column}: ")
    # The others count all the same.
    assert rules is not None
    assert [each.line for each in rules.rules] == [1]


def test_every_line_that_is_wrong_is_named() -> None:
    mistakes = parse_fingerprint_rules("a\ntype:b -> c\nd")[1]
    assert [mistake.line for mistake in mistakes] == [1, 3]


def test_there_are_only_so_many() -> None:
    rules, mistakes = parse_fingerprint_rules("type:a -> b\n" * (MAX_RULES + 2))
    assert rules is not None
    assert len(rules.rules) == MAX_RULES
    assert [(m.line, m.column) for m in mistakes] == [(MAX_RULES + 1, 1)]
    rules, mistakes = parse_fingerprint_rules("type:a -> b\n" + "#" * MAX_TEXT)
    assert rules is None
    assert "20,000 are the most" in mistakes[0].words


def test_nothing_is_no_rules() -> None:
    assert parse_fingerprint_rules(" \n# nothing\n") == (None, ())
