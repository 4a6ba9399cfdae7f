import pytest

from ingest import sender

LOCAL = "127.0.0.1,::1"


@pytest.mark.parametrize(
    ("remote", "forwarded", "trusted", "expected"),
    [
        pytest.param("203.0.113.7", "", LOCAL, "203.0.113.7", id="no proxy"),
        pytest.param("203.0.113.7", "10.0.0.1", LOCAL, "203.0.113.7", id="a client that lies"),
        pytest.param("127.0.0.1", "203.0.113.7", LOCAL, "203.0.113.7", id="our proxy"),
        pytest.param("127.0.0.1", "1.2.3.4, 203.0.113.7", LOCAL, "203.0.113.7", id="lies to it"),
        pytest.param(
            "127.0.0.1", "203.0.113.7,10.1.2.3", "127.0.0.1,10.0.0.0/8", "203.0.113.7", id="two"
        ),
        pytest.param("10.9.9.9", "1.2.3.4, 5.6.7.8", "*", "1.2.3.4", id="everybody is believed"),
        pytest.param("", "203.0.113.7", LOCAL, "", id="a socket file"),
        pytest.param("", "", LOCAL, "", id="a socket file, and no word"),
        pytest.param("127.0.0.1", "unknown", LOCAL, "127.0.0.1", id="a word"),
        pytest.param("127.0.0.1", "203.0.113.7:5000", LOCAL, "203.0.113.7", id="a port"),
        pytest.param("127.0.0.1", "[2001:db8::1]:5000", LOCAL, "2001:db8::1", id="a port, IPv6"),
        pytest.param("::ffff:127.0.0.1", "2001:db8::1", LOCAL, "2001:db8::1", id="mapped"),
        pytest.param("127.0.0.1", "1.2.3\x1f.4", LOCAL, "127.0.0.1", id="control characters"),
        pytest.param("127.0.0.1", "1," * 100_000, LOCAL, "127.0.0.1", id="long"),
        pytest.param("not an address", "1.2.3.4", "*", "", id="no address"),
    ],
)
def test_address(remote: str, forwarded: str, trusted: str, expected: str) -> None:
    assert sender.address(remote, forwarded, sender.networks(trusted)) == expected
