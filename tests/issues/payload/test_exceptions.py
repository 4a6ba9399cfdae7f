import pytest

STACK = {"frames": [{"function": "f"}]}


def exceptions_of(event):
    return event.data.get("exception", {}).get("values", [])


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"type": None, "value": None, "module": "m"}, []),
        ({"type": "<unknown>", "value": "v"}, [{"value": "v"}]),
        ({"type": 7, "value": 1.5}, [{"type": "7", "value": "1.5"}]),
        ({"type": {"a": 1}, "value": [1]}, [{"value": "[1]"}]),
        ({"type": "E", "mechanism": "generic"}, [{"type": "E", "mechanism": {"type": "generic"}}]),
        (
            {"type": "E", "mechanism": {"handled": "false", "exception_id": "1", "parent_id": -1}},
            [{"type": "E", "mechanism": {"handled": False, "exception_id": 1}}],
        ),
        ({"type": "E", "thread_id": 7}, [{"type": "E", "thread_id": 7}]),
        ({"type": "E", "thread_id": " a "}, [{"type": "E", "thread_id": "a"}]),
        ([7, ["x"], "text"], [{"value": "text"}]),
        (5, []),
        ({}, []),
        ({"values": {"type": "E"}}, [{"type": "E"}]),
        ({"values": None}, []),
    ],
)
def test_reads_every_form(sent, kept, read) -> None:
    assert exceptions_of(read({"exception": sent})) == kept


def test_takes_a_mechanism_from_beside_the_list(read) -> None:
    sent = {"values": [{"type": "E"}], "mechanism": {"type": "onerror", "handled": False}}
    event = read({"exception": sent})
    assert exceptions_of(event)[0]["mechanism"] == {"type": "onerror", "handled": False}
    assert event.tags["handled"] == "no"
    assert event.tags["mechanism"] == "onerror"


def test_keeps_the_first_five_and_the_last_45(read) -> None:
    event = read({"exception": [{"type": str(n)} for n in range(100)]})
    assert [each["type"] for each in exceptions_of(event)] == [
        str(n) for n in [*range(5), *range(55, 100)]
    ]
    assert event.data["_meta"]["exception"]["values"][""]["len"] == 100


def test_cuts_type_and_value(read) -> None:
    event = read({"exception": {"type": "T" * 300, "value": "v" * 9000}})
    assert exceptions_of(event) == [{"type": "T" * 255 + "…", "value": "v" * 8191 + "…"}]
    meta = event.data["_meta"]["exception"]["values"]["0"]
    assert meta["value"] == {"": {"len": 9000, "rem": [["!limit", "x", 8191, 8192]]}}


def test_a_single_exception_takes_the_stack_of_the_event(read) -> None:
    event = read({"exception": {"type": "E"}, "stacktrace": STACK})
    assert exceptions_of(event)[0]["stacktrace"] == STACK
    assert "stacktrace" not in event.data


def test_two_exceptions_do_not(read) -> None:
    event = read({"exception": [{"type": "E"}, {"type": "F"}], "stacktrace": STACK})
    assert event.data["stacktrace"] == STACK


def test_a_single_exception_takes_the_stack_of_the_crashed_thread(read) -> None:
    threads = [{"id": 1, "stacktrace": STACK}, {"id": 2, "crashed": True, "stacktrace": STACK}]
    event = read({"exception": {"type": "E"}, "threads": {"values": threads}})
    assert exceptions_of(event) == [{"type": "E", "stacktrace": STACK, "thread_id": 2}]
    assert event.data["threads"]["values"] == [
        {"stacktrace": STACK, "id": 1},
        {"crashed": True, "id": 2},
    ]


def test_reads_threads(read) -> None:
    threads: list[object] = [
        None,
        7,
        {"id": "main", "name": 5, "current": 1, "state": None, "held_locks": {}},
    ]
    event = read({"threads": threads})
    assert event.data["threads"]["values"] == [
        {"id": "main", "name": "5", "current": True, "held_locks": {}}
    ]
