import pytest

from issues.payload.attributes import read_event_id, read_level

NO_LEVELS: list[object] = ["banana", "", None, True, [], {}, -1, 0, 5, 10**30, "nan", "inf"]


@pytest.mark.parametrize(
    ("sent", "level"),
    [
        *((name, "fatal") for name in ("fatal", "critical", "panic", "ALERT", "emergency", 50, 60)),
        *((name, "error") for name in ("error", " Err ", 40, "40", 40.0, 45)),
        *((name, "warning") for name in ("warning", "warn", 30)),
        *((name, "info") for name in ("info", "information", "log", "notice", 20, "20")),
        *((name, "debug") for name in ("debug", "trace", "verbose", "sample", 10)),
        *((name, "") for name in NO_LEVELS),
    ],
)
def test_reads_levels(sent, level) -> None:
    assert read_level(sent) == level


@pytest.mark.parametrize(
    ("sent", "event_id"),
    [
        ("11111111-2222-3333-4444-555555555555", "11111111222233334444555555555555"),
        ("AAAAAAAABBBBCCCCDDDDEEEEEEEEEEEE", "aaaaaaaabbbbccccddddeeeeeeeeeeee"),
        ("0" * 32, ""),
        ("not-an-id", ""),
        (7, ""),
        (None, ""),
    ],
)
def test_reads_event_ids(sent, event_id) -> None:
    assert read_event_id(sent) == event_id


def test_the_given_id_wins_if_it_is_one(read) -> None:
    raw = {"event_id": "a" * 32}
    assert read(raw, event_id="b" * 32).event_id == "b" * 32
    assert read(raw, event_id="zero").event_id == "a" * 32
    assert read({}).event_id == ""
    assert "event_id" not in read({}).data


@pytest.mark.parametrize(
    ("name", "sent", "kept"),
    [
        ("release", " shop@1.2/3 ", "shop@1.2/3"),
        ("release", 1.5, "1.5"),
        ("release", "latest", ""),
        ("release", "..", ""),
        ("release", "a\nb", ""),
        ("release", {"a": 1}, ""),
        ("release", "%{release}", ""),
        ("dist", 7, "7"),
        ("dist", "a b", ""),
        ("environment", "feature/x", "feature-x"),
        ("environment", "a\nb", "a b"),
        ("environment", " ", ""),
        ("logger", "a\nb", "a b"),
        ("logger", 3, "3"),
        ("platform", "node", "node"),
        ("platform", "p" * 70, "p" * 63 + "…"),
        ("transaction", "t" * 300, "t" * 199 + "…"),
        ("server_name", {"name": "web-01"}, "web-01"),
        ("server_name", ["web-01"], ""),
    ],
)
def test_reads_plain_attributes(name, sent, kept, read) -> None:
    event = read({name: sent})
    assert getattr(event, name) == kept or (name == "platform" and kept == "")
    assert event.data.get(name, "") == kept


def test_older_names_are_understood(read) -> None:
    event = read(
        {
            "culprit": "shop.pay",
            "checksum": "c0ffee",
            "client": "raven-js/3.27.0",
            "debugmeta": {"images": [{"type": "proguard"}]},
            "sentry.interfaces.User": {"id": 1},
            "sentry.interfaces.Breadcrumbs": {"values": [{"message": "x"}]},
            "sentry.interfaces.Contexts": {"app": {"app_name": "shop"}},
            "http": {"url": "/p"},
        }
    )
    assert event.transaction == "shop.pay"
    assert event.fingerprint == ("c0ffee",)
    assert event.data["sdk"] == {"name": "raven-js", "version": "3.27.0"}
    assert event.data["debug_meta"] == {"images": [{"type": "proguard"}]}
    assert event.user_key == "id:1"
    assert event.data["breadcrumbs"]["values"] == [{"message": "x"}]
    assert event.data["contexts"] == {"app": {"app_name": "shop"}}
    assert event.data["request"] == {"url": "/p"}
    assert "unknown" not in event.data


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (["{{ default }}"], ()),
        (["{{default}}", None], ()),
        ([], ()),
        ("x", ("x",)),
        (7, ("7",)),
        (["{{ default }}", "x", 7, True, {"a": 1}], ("{{ default }}", "x", "7", "true", '{"a":1}')),
        (["%{hash}"], ()),
    ],
)
def test_reads_fingerprints(sent, kept, read) -> None:
    event = read({"fingerprint": sent})
    assert event.fingerprint == kept
    assert event.data.get("fingerprint", []) == list(kept)


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ({}, "default"),
        ({"type": "error"}, "default"),
        ({"type": "default", "exception": {"type": "E"}}, "error"),
        ({"type": "pino", "exception": {"type": "E"}}, "error"),
        ({"type": "transaction"}, "transaction"),
        ({"csp": {"blocked_uri": "x"}}, "csp"),
        ({"type": "nel"}, "nel"),
        ({"type": ["error"]}, "default"),
    ],
)
def test_the_type_follows_from_the_content(raw, kind, read) -> None:
    event = read(raw)
    assert event.type == event.data["type"] == kind
    assert event.level == ("info" if kind == "transaction" else "error")


def test_unknown_attributes_are_kept_apart_and_known_noise_is_dropped(read) -> None:
    event = read({"repos": {}, "site": "x", "spans": [1], "my_field": {"a": 1}, "none": None})
    assert event.data["unknown"] == {"my_field": {"a": 1}}
    assert not {"repos", "site", "spans"} & event.data.keys()


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"django": "5.2", "x": 1, "y": None, "": ""}, {"django": "5.2", "x": "1", "y": ""}),
        ([["django", "5.2"], 7], {"django": "5.2"}),
        ([], None),
        ("x", None),
    ],
)
def test_reads_modules(sent, kept, read) -> None:
    assert read({"modules": sent}).data.get("modules") == kept


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (
            {"os": {"name": "Linux", "version": "6.1\n"}},
            {"os": {"name": "Linux", "version": "6.1"}},
        ),
        ({"a": 7, "b": None, "c": {}, "d": [1]}, {"a": {"value": 7}, "d": {"value": [1]}}),
        ({"a": {"x": None, "y": "%{z}", "w": 1}}, {"a": {"w": 1}}),
    ],
)
def test_reads_contexts(sent, kept, read) -> None:
    assert read({"contexts": sent}).data["contexts"] == kept


def test_breadcrumbs_are_repaired_and_keep_their_order(read) -> None:
    sent = [
        {"message": {"a": 1}, "level": "log", "category": 7, "data": [1], "timestamp": None},
        "text",
        {"level": "banana", "message": "b", "extra": {"a": 1}},
        7,
        {},
    ]
    assert read({"breadcrumbs": {"values": sent}}).data["breadcrumbs"]["values"] == [
        {"message": '{"a":1}', "level": "info", "category": "7", "data": {"value": [1]}},
        {"message": "text"},
        {"message": "b", "extra": {"a": 1}},
    ]


def test_what_the_sdk_lost_is_noted(read) -> None:
    event = read({"errors": [{"type": "invalid_data", "name": "extra.x", "value": [1]}, 7]})
    assert event.notes == ({"name": "extra.x", "reason": "invalid_data", "value": "[1]"},)
