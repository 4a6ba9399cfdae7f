import ipaddress
import itertools
import socket
import threading
import time

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from alerts.egress import (
    Answer,
    Door,
    Failed,
    Refused,
    allowed,
    check_headers,
    is_public,
    target_of,
)
from tests.alerts.receiver import Receiver

pytestmark = pytest.mark.once


def knows(*addresses: str) -> Door:
    """A door whose name server says these."""
    return Door(resolver=lambda host, port: list(addresses))


def open_to(receiver: Receiver, **arguments: float) -> Door:
    seconds, size = arguments.get("seconds", 30.0), int(arguments.get("max_answer", 1000))
    return Door(allowed([f"127.0.0.1:{receiver.port}"]), seconds=seconds, max_answer=size)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1"),
        *("169.254.169.254", "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192"),
        *("224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "203.0.113.1"),
        *("::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "fec0::1"),
        *("::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1", "64:ff9b::7f00:1"),
        *("64:ff9b::169.254.169.254", "64:ff9b:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::1"),
    ],
)
def test_no_address_of_the_house_is_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::101:101"]
)
def test_others_are(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "//example.com/"),
        *("javascript:alert(1)", "", "example.com", "https://", "https:///x", "http://[::1"),
        *("https://name:secret@example.com/", "https://name@example.com/", "https://@example.com/"),
        *("http://example.com:22/", "http://example.com:25/", "http://example.com:0/"),
        *("http://example.com:99999/", "http://example.com:x/", "http://exa mple.com/"),
        *("http://example.com/\r\nX: y", "http://example.com\\@127.0.0.1/", "http://exam_ple-/"),
        *("http://2130706433/", "http://0x7f000001/", "http://017700000001/", "http://127.1/"),
        *("http://0177.0.0.1/", "http://0x7f.0.0.1/", "http://127.0.1/", "http://256.1.1.1/"),
        *("http://[fe80::1%25eth0]/", "http://[v1.x]/", "http://example.com/ü", "http://..../"),
        "https://example.com/" + "x" * 3000,
    ],
)
def test_an_odd_address_is_refused_before_anybody_is_asked(url: str) -> None:
    with pytest.raises(Refused):
        target_of(url)


@pytest.mark.parametrize(
    ("url", "authority", "path"),
    [
        ("https://Example.COM./a?b=c#d", "example.com", "/a?b=c"),
        ("http://example.com:8080", "example.com:8080", "/"),
        ("https://[2606:4700::1111]:8443/x", "[2606:4700::1111]:8443", "/x"),
        ("https://bücher.example/", "xn--bcher-kva.example", "/"),
        ("http://１.１.１.１/", "1.1.1.1", "/"),
    ],
)
def test_a_plain_address_is_taken_apart(url: str, authority: str, path: str) -> None:
    found = target_of(url)
    assert (found.authority, found.path) == (authority, path)


@pytest.mark.parametrize(
    "url", ["http://localhost/", "http://localhost./", "http://LOCALHOST:8000/", "http://[::1]/"]
)
def test_names_of_this_machine_are_refused_by_their_address(url: str) -> None:
    with pytest.raises(Refused, match="not public"):
        Door().post(url, b"", {})


@pytest.mark.parametrize("address", ["127.0.0.1", "::ffff:10.0.0.1", "169.254.169.254", "fd00::1"])
def test_a_name_that_leads_inside_is_refused(address: str) -> None:
    with pytest.raises(Refused, match="not public"):
        knows(address).post("https://evil.example/", b"", {})


def test_one_inner_address_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(Refused, match=r"10\.0\.0\.1"):
        knows("1.1.1.1", "10.0.0.1").post("https://evil.example/", b"", {})


def test_a_name_is_asked_for_once_and_the_connection_goes_to_what_was_judged() -> None:
    """A name server that says something else the second time."""
    with Receiver() as good, Receiver() as inner:
        said = itertools.chain(["127.0.0.1"], itertools.repeat("127.0.0.2"))
        asked: list[str] = []

        def resolver(host: str, port: int) -> list[str]:
            asked.append(host)
            return [next(said)]

        door = Door(allowed([f"127.0.0.1:{good.port}"]), resolver=resolver)
        answer = door.post(f"http://rebind.example:{good.port}/hook", b"{}", {"X-A": "b"})
        assert answer == Answer(200, b"ok")
        assert asked == ["rebind.example"]
        assert inner.requests == []
        (request,) = good.requests
        assert request.startswith(b"POST /hook HTTP/1.1\r\n")
        assert f"Host: rebind.example:{good.port}\r\n".encode() in request
        # Asked again, it is judged again.
        with pytest.raises(Refused):
            door.post(f"http://rebind.example:{good.port}/hook", b"{}", {})


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    with Receiver() as inner:
        move = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{inner.port}/\r\nContent-Length: 0\r\n\r\n"
        with Receiver(lambda connection: connection.sendall(move.encode())) as receiver:
            answer = open_to(receiver).post(f"http://127.0.0.1:{receiver.port}/", b"", {})
        assert answer.status == 302
        assert inner.requests == []


def drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(600):
        connection.sendall(b"x")
        time.sleep(0.1)


def drip_head(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    for _ in range(600):
        connection.sendall(b"x")
        time.sleep(0.1)


def silence(connection: socket.socket) -> None:
    connection.recv(1)


@pytest.mark.parametrize("talk", [drip, drip_head, silence])
def test_however_slowly_it_answers_an_exchange_ends(talk: object) -> None:
    with Receiver(talk) as receiver, pytest.raises(Failed, match=r"0\.5 seconds"):  # type: ignore[arg-type]
        open_to(receiver, seconds=0.5).post(f"http://127.0.0.1:{receiver.port}/", b"", {})
    assert not [each for each in threading.enumerate() if isinstance(each, threading.Timer)]


def test_of_a_long_answer_the_beginning_is_read() -> None:
    def flood(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 500 Oh\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    with Receiver(flood) as receiver:
        answer = open_to(receiver).post(f"http://127.0.0.1:{receiver.port}/", b"", {})
    assert answer == Answer(500, b"x" * 1000)


@pytest.mark.parametrize(
    ("value", "seconds"), [("120", 120), ("999999999", 86_400), ("-1", 0), ("Wed, 1 Jan", 0)]
)
def test_how_long_to_wait_is_told_and_bounded(value: str, seconds: int) -> None:
    said = f"HTTP/1.1 429 Slow\r\nRetry-After: {value}\r\nContent-Length: 0\r\n\r\n".encode()
    with Receiver(lambda connection: connection.sendall(said)) as receiver:
        answer = open_to(receiver).post(f"http://127.0.0.1:{receiver.port}/", b"", {})
    assert (answer.status, answer.retry_after) == (429, seconds)


@pytest.mark.parametrize("talk", [b"", b"nonsense\r\n\r\n", b"HTTP/2 200"])
def test_what_is_no_answer_fails(talk: bytes) -> None:
    with (
        Receiver(lambda connection: connection.sendall(talk)) as receiver,
        pytest.raises(Failed, match="did not answer"),
    ):
        open_to(receiver).post(f"http://127.0.0.1:{receiver.port}/", b"", {})


def test_a_host_that_is_not_there_fails_and_may_be_tried_again() -> None:
    def nobody(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(Failed, match="no host"):
        Door(resolver=nobody).post("https://gone.example/", b"", {})


def test_the_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with Receiver() as proxy, Receiver() as receiver:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        open_to(receiver).post(f"http://127.0.0.1:{receiver.port}/", b"", {})
        assert (len(proxy.requests), len(receiver.requests)) == (0, 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [("X-A", "a\r\nB: c"), ("X-A", "a\0"), ("X A", "b"), ("X-A:", "b"), ("", "b"), ("X-A", "ü")],
)
def test_no_header_can_end_its_line(name: str, value: str) -> None:
    with pytest.raises(Refused):
        check_headers({name: value})


def test_what_is_allowed_is_allowed_at_its_port_only() -> None:
    allow = allowed(["10.0.0.0/8", "chat.internal:8065", "[::1]:9000", "127.0.0.1:25"])
    ten, loop = ipaddress.ip_address("10.1.1.1"), ipaddress.ip_address("::1")
    assert allow.has("x", ten, 80)
    assert allow.has("chat.internal", loop, 8065)
    assert not allow.has("chat.internal", loop, 80)
    assert allow.has("::1", loop, 9000)
    assert not allow.has("::1", loop, 9001)
    assert target_of("http://127.0.0.1:25/", allow).port == 25


@pytest.mark.parametrize("entry", ["", "*", "a b", "host:99999", "host:0", "1.2.3", "10.0.0.0/99"])
def test_what_cannot_be_allowed_says_so(entry: str) -> None:
    with pytest.raises(ValueError, match=r"neither|no port"):
        allowed([entry])


def test_a_list_that_cannot_be_read_stops_the_start() -> None:
    with (
        override_settings(ALERT_ALLOW=["chat.internal", "10.0.0.0/99"]),
        pytest.raises(ImproperlyConfigured, match="ALERT_ALLOW"),
    ):
        apps.get_app_config("alerts").ready()
