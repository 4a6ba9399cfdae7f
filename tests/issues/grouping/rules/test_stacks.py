"""Stack-trace rules: how they read, and what they make of a stack."""

import itertools
import time
from collections.abc import Callable

import pytest

from issues.grouping import DEFAULT, Config, Grouping, group
from issues.grouping.compiled import config_from
from issues.grouping.place import Place, place_of
from issues.grouping.rules import parse_fingerprint_rules, parse_stack_rules
from issues.grouping.stack import Stack
from tests.issues.grouping.build import Event, event, frame, py, py_library, raised

FRAMES = (
    py("main", "app"),
    py("view", "app.web"),
    py("load", "acme.generated.orm"),
    py_library("get", "requests.api"),
    py("on_fatal", "app.errors", "raise PlanError()"),
)


def place(text: str, *frames: Event, data: Event | None = None) -> Place:
    rules, mistakes = parse_stack_rules(text)
    assert rules is not None
    assert not mistakes
    marker = rules.marker(data or event())
    exception = data["exception"]["values"][-1] if data else None
    return place_of(Stack(frames or FRAMES, "python", marker, exception), Config())


def names(found: Place) -> list[str]:
    return [part.name for part in found.parts]


def ruled(text: str, data: Event) -> Grouping:
    rules, mistakes = parse_stack_rules(text)
    assert not mistakes
    grouping = group(data, Config(stack_rules=rules))
    assert not grouping.failed, grouping.error
    return grouping


def failing(*frames: Event) -> Event:
    return event(raised("PlanError", "no plan", *(frames or FRAMES)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("function:nothing -app", ["on_fatal"]),
        ("function:on_fatal -app", ["load"]),
        ("function:on_fatal -group", ["load"]),
        ("function:on_fatal -app\nmodule:acme.generated.** -app", ["view"]),
        ("path:**/generated/** -app function:on_fatal", None),
        ("module:app.* -app\nfunction:view +app", ["load"]),
        ("function:on_fatal -app\nfunction:get +app", ["get"]),
        ("function:load ^-group", ["load"]),
        ("function:load ^-group -group", ["view"]),
        ("function:load ^-app", ["load"]),
        ("function:get v-app", ["on_fatal"]),
        ("function:get v-app\nfunction:on_fatal -group", ["get"]),
        ("function:on_fatal -group\nfunction:on_* +group", ["on_fatal"]),
        ("app:yes module:app.errors -app", ["load"]),
        ("app:no ^-app", ["load"]),
        ("app:yes -app\nfunction:on_fatal -group", ["get"]),
        ("max-frames=2", ["on_fatal", "load"]),
        ("max-frames=all", ["on_fatal", "load", "view", "main"]),
        ("function:main max-frames=3", ["on_fatal", "load", "view"]),
        ("function:nothing max-frames=3", ["on_fatal"]),
        ("function:on_fatal -app max-frames=2", ["load", "view"]),
    ],
)
def test_actions(text: str, expected: list[str] | None) -> None:
    if expected is None:
        mistakes = parse_stack_rules(text)[1]
        assert mistakes[0].words.startswith("Matchers stand before the actions")
    else:
        assert names(place(text)) == expected


def test_the_last_word_counts() -> None:
    assert names(place("function:on_fatal -app\nfunction:on_fatal +app")) == ["on_fatal"]


def test_rules_see_what_earlier_rules_have_said() -> None:
    text = "function:on_fatal -app\napp:yes function:on_fatal -group"
    assert names(place(text)) == ["load"]


def test_negated_matchers_are_about_the_same_frame() -> None:
    assert names(place("module:app.* !function:on_fatal -app\nmodule:acme.** -app")) == ["on_fatal"]


def test_rules_can_ask_for_the_event_and_for_the_exception_of_the_stack() -> None:
    data = failing()
    assert names(place("type:PlanError function:on_fatal -app", data=data)) == ["load"]
    assert names(place("type:KeyError function:on_fatal -app", data=data)) == ["on_fatal"]
    assert names(place("level:error function:on_fatal -app", data=data)) == ["load"]
    assert names(place("release:a function:on_fatal -app", data=data)) == ["on_fatal"]


def test_a_rule_stands_above_the_list_of_libraries_and_above_the_sdk() -> None:
    library = py_library("get", "requests.api")
    mine = {**py("helper", "acme"), "in_app": False}
    assert names(place("function:get +app", py("main", "app"), library)) == ["get"]
    assert names(place("module:acme +app", py("main", "app"), mine)) == ["helper"]


def test_generated_frames_and_machinery_stay_out() -> None:
    rows = (py("rows", "app"), py("<listcomp>", "app"))
    assert names(place("function:* +app", *rows)) == ["rows"]


def test_a_stack_without_application_code_goes_by_its_libraries() -> None:
    rows = (py("main", "app"), frame("decode", platform="native", package="/opt/libmetrics.so"))
    assert names(place("family:native -app\nfamily:python -app", *rows)) == ["decode"]
    assert names(place("app:yes package:libmetrics.so -app", *rows)) == ["main"]


def test_rules_change_the_hash_only_where_they_hold() -> None:
    usual = group(failing())
    assert ruled("function:other -app", failing()).hashes == usual.hashes
    assert ruled("function:on_fatal -app", failing()).hashes != usual.hashes
    assert ruled("max-frames=1", failing()).hashes == usual.hashes


def test_who_raised_it_is_judged_without_the_frames_that_are_out() -> None:
    # on_fatal only reports: what raised is the library, whose words are not the application's.
    grouping = ruled("function:on_fatal -group", failing())
    assert grouping.result is not None
    assert grouping.result.text is None


def test_the_explanation_names_the_rule() -> None:
    why = ruled("# mine\nfunction:on_fatal -group\nmodule:acme.** -app", failing()).why
    assert ["1 frame", "taken out by line 2 of the stack-trace rules"] in why["ignored"]
    assert ["1 frame", "no application code by line 3 of the stack-trace rules"] in why["ignored"]
    why = ruled("function:get +app\nfunction:on_fatal -app", failing()).why
    assert why["lines"][-1][2] == "application frame by line 1 of the stack-trace rules"
    why = ruled("max-frames=2", failing()).why
    assert why["lines"][-1][2] == "2 named frames, says line 1 of the stack-trace rules"


def test_a_depth_of_the_project_is_explained() -> None:
    why = group(failing(), Config(place_depth=2)).why
    assert why["lines"][-1][2] == "2 named frames, as set for the project"


def test_the_label_tells_settings_apart() -> None:
    one, other = (
        Config(stack_rules=parse_stack_rules(f"function:{name} -app")[0]) for name in "ab"
    )
    assert Config().label == "g1"
    assert one.label != other.label
    assert len(one.label) <= 16
    assert group(failing(), one).config == one.label


@pytest.mark.parametrize(
    ("rule", "column", "words"),
    [
        ("function:a", 11, "Say what to do with these frames: +app"),
        ("-app", 1, "Say first which frames"),
        ("function:a +ap", 12, "“+ap” is no action"),
        ("function:a -> b", 12, "-> belongs to fingerprint rules"),
        ("function:a -app level:error", 17, "Matchers stand before"),
        ("message:a -app", 1, "works in fingerprint rules only"),
        ("transaction:a -app", 1, "works in fingerprint rules only"),
        ("max-frames=0", 1, "takes 1 to 10, or all"),
        ("max-frames=11", 1, "takes 1 to 10, or all"),
        ("max-frames=x", 1, "is no action"),
        ('path:"a -app', 6, "Close the text"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(rule: str, column: int, words: str) -> None:
    rules, mistakes = parse_stack_rules(f"function:fine -app\n{rule}")
    assert [(m.line, m.column) for m in mistakes] == [(2, column)], mistakes
    assert words in mistakes[0].words
    assert rules is not None
    assert len(rules.rules) == 1


@pytest.mark.parametrize("text", ["max-frames=all", "function:f_1 -app", "type:* max-frames=2"])
def test_rules_do_not_change_what_has_no_stack(text: str) -> None:
    assert ruled(text, event(raised("A", "b"))).hashes == group(event(raised("A", "b"))).hashes


def fastest(action: Callable[[], object]) -> float:
    times = []
    for _ in range(5):
        start = time.thread_time()
        action()
        times.append(time.thread_time() - start)
    return min(times)


@pytest.mark.parametrize("unit", ["a", "/a", "a.", "*"])
def test_hostile_names_cost_no_more_when_they_are_longer(unit: str) -> None:
    lines = ("*a" * 60, "**/a*/" * 30 + "b", "*?a" * 50)
    stacks = parse_stack_rules("\n".join(f"path:{each} -app" for each in lines))[0]
    rules = parse_fingerprint_rules("\n".join(f"message:{each}b function:x -> y" for each in lines))
    config = Config(stack_rules=stacks, fingerprint_rules=rules[0])

    def hostile(length: int, salt: int) -> Event:
        text = f"{salt}" + unit * (length // len(unit))
        rows = [frame(text, text, filename=f"{text}{n}") for n in range(10)]
        return event(raised(text, text, *rows))

    # A new text each time, for names are remembered.
    salts = itertools.count()
    short = fastest(lambda: group(hostile(10_000, next(salts)), config))
    long = fastest(lambda: group(hostile(100_000, next(salts)), config))
    assert long < short * 4 + 0.005


def test_the_cost_grows_with_the_frames_and_no_faster() -> None:
    text = "\n".join(f"module:m{n}.* app:yes -app" for n in range(50))
    config = Config(stack_rules=parse_stack_rules(text)[0])

    def deep(count: int) -> Event:
        return failing(*[py(f"f{n}", f"m{n % 60}.x") for n in range(count)])

    few, many = deep(40), deep(400)
    assert fastest(lambda: group(many, config)) < fastest(lambda: group(few, config)) * 30 + 0.002


def test_types_of_the_project_that_say_nothing() -> None:
    def of(value: str, config: Config) -> tuple[str, ...]:
        rows = (py("view", "app"), py_library("get", "requests.api"))
        return group(event(raised("api.ShopError", value, *rows)), config).hashes

    generic = Config(generic_types=frozenset({"ShopError"}))
    assert of("no room", Config()) == of("no money", Config())
    assert of("no room", generic) != of("no money", generic)


def test_a_config_can_be_described_as_json() -> None:
    assert config_from({}) is DEFAULT
    described = {"place_depth": 2, "generic_types": ["A", "B"], "stack_rules": "function:a -app\n?"}
    config = config_from(described)
    assert config.place_depth == 2
    assert sorted(config.generic_types) == ["A", "B"]
    assert config.stack_rules is not None
    assert [rule.text for rule in config.stack_rules.rules] == ["function:a -app"]
    assert config_from(described) is config
    assert config_from({"fingerprint_rules": "type:a -> b"}).fingerprint_rules is not None
