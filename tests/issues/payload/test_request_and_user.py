import pytest

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0.0.0 Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1"
)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (
            {"url": "https://x.example/p?a=1&b=%00#f"},
            {
                "url": "https://x.example/p",
                "query_string": [["a", "1"], ["b", "\ufffd"]],
                "fragment": "f",
            },
        ),
        ({"url": "/p#f?x", "query_string": ""}, {"url": "/p#f?x"}),
        ({"query_string": "?a=1&a=&b"}, {"query_string": [["a", "1"], ["a", ""], ["b", ""]]}),
        ({"query_string": {"a": ["1", 2]}}, {"query_string": [["a", "1"], ["a", "2"]]}),
        ({"query_string": [["a", "1"], 7]}, {"query_string": [["a", "1"]]}),
        (
            {"headers": {"content-type": "x", "X-B": ["1", "2"], "x-c": None}},
            {"headers": [["Content-Type", "x"], ["X-B", "1, 2"]]},
        ),
        ({"cookies": "k=v; k2=v=2;;"}, {"cookies": [["k", "v"], ["k2", "v=2"]]}),
        ({"cookies": {"k": 1}}, {"cookies": [["k", "1"]]}),
        (
            {"headers": {"cookie": "k=v"}},
            {"headers": [["Cookie", "k=v"]], "cookies": [["k", "v"]]},
        ),
        ({"data": '{"a":1}', "method": "POST"}, {"data": '{"a":1}', "method": "POST"}),
        ({"data": {"a": [1]}, "body_size": 7}, {"data": {"a": [1]}, "body_size": 7}),
        ({"headers": 5, "env": 6, "url": {}, "method": None}, None),
    ],
)
def test_reads_every_form_of_request(sent, kept, read) -> None:
    assert read({"request": sent}).data.get("request") == kept


def test_addresses_of_clients_are_left_out_unless_wanted(read) -> None:
    raw = {
        "sentry.interfaces.Http": {
            "headers": {"X-Forwarded-For": "203.0.113.7", "x-real-ip": "203.0.113.7", "Host": "x"},
            "env": {
                "REMOTE_ADDR": "203.0.113.7",
                "HTTP_X_FORWARDED_FOR": "203.0.113.7",
                "SERVER_PORT": 80,
            },
        },
        "user": {"ip_address": "203.0.113.8", "geo": {"city": "Ulm"}},
    }
    private, open_ = read(raw), read(raw, store_ip=True)
    assert "203.0.113" not in str(private)
    assert private.user_key == ""
    assert private.data["request"] == {"headers": [["Host", "x"]], "env": {"SERVER_PORT": 80}}
    assert private.data["user"] == {"geo": {"city": "Ulm"}}
    assert open_.user_key == "ip:203.0.113.8"
    assert ["X-Forwarded-For", "203.0.113.7"] in open_.data["request"]["headers"]
    assert open_.data["request"]["env"]["REMOTE_ADDR"] == "203.0.113.7"


@pytest.mark.parametrize(
    ("sent", "address"),
    [("{{auto}}", "2001:db8::1"), (None, "2001:db8::1"), ("x", "2001:db8::1"), ("::1", "::1")],
)
def test_the_address_of_the_request_stands_in(sent, address, read) -> None:
    raw = {"user": {"ip_address": sent}, "request": {"env": {"REMOTE_ADDR": "2001:db8::1"}}}
    assert read(raw, store_ip=True).data["user"] == {"ip_address": address}


@pytest.mark.parametrize(
    ("sent", "kept", "key"),
    [
        ("bob", {"username": "bob"}, "username:bob"),
        (7, {"id": "7"}, "id:7"),
        ({"id": 7, "email": "a@b"}, {"id": "7", "email": "a@b"}, "id:7"),
        ({"id": "", "email": " a@b "}, {"email": "a@b"}, "email:a@b"),
        ({"name": "Bob"}, {"username": "Bob"}, "username:Bob"),
        ({"name": "Bob", "username": "b"}, {"username": "b", "name": "Bob"}, "username:b"),
        ({"id": "%{user}"}, None, ""),
        ({"ip_address": "{{auto}}"}, None, ""),
        ({}, None, ""),
        ([], None, ""),
        ({"data": {"plan": "x"}, "segment": None}, {"data": {"plan": "x"}}, ""),
    ],
)
def test_reads_every_form_of_user(sent, kept, key, read) -> None:
    event = read({"user": sent})
    assert event.data.get("user") == kept
    assert event.user_key == key
    assert event.tags.get("user", "") == key


def test_cuts_a_user(read) -> None:
    event = read({"user": {"id": "x" * 200, "email": "e" * 300} | {str(n): n for n in range(60)}})
    user = event.data["user"]
    assert (len(user["id"]), len(user["email"]), len(user)) == (128, 254, 50)
    assert event.data["_meta"]["user"][""]["len"] == 62


def test_cuts_a_request(read) -> None:
    event = read(
        {
            "request": {
                "data": "d" * 20_000,
                "headers": {f"X-{n}": "v" * 1000 for n in range(20)},
                "query_string": "&".join(f"k{n}={'v' * 100}" for n in range(50)),
                "cookies": {"k": "v" * 5000},
            }
        }
    )
    request, meta = event.data["request"], event.data["_meta"]["request"]
    assert request["data"] == "d" * (16 * 1024 - 1) + "…"
    for key, limit in (("headers", 8192), ("query_string", 2048), ("cookies", 2048)):
        assert limit - 200 < sum(len(a) + len(b) for a, b in request[key]) <= limit
        assert key in meta


def test_derives_contexts_from_the_user_agent(read) -> None:
    event = read({"request": {"headers": [["user-agent", IPHONE]]}})
    assert event.data["contexts"] == {
        "browser": {"name": "Mobile Safari", "version": "17.0"},
        "os": {"name": "iOS", "version": "17.0"},
        "device": {"family": "iPhone", "brand": "Apple", "model": "iPhone"},
    }
    assert event.tags["browser"] == "Mobile Safari 17.0"
    assert event.tags["device"] == "iPhone"


def test_what_the_sender_says_wins_over_the_user_agent(read) -> None:
    raw = {"request": {"headers": {"User-Agent": CHROME}}, "contexts": {"os": {"name": "Haiku"}}}
    event = read(raw)
    assert event.tags["os"] == "Haiku"
    assert event.tags["browser.name"] == "Chrome"
