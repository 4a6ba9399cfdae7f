"""Whose word about a client counts."""

import pytest
from django.test import Client, override_settings

from bugsink_lite.forwarded import settle
from ingest.sender import networks

TRUSTED = networks("127.0.0.1, ::1, 10.0.0.0/8")


def settled(peer: str, **claims: str) -> dict[str, str]:
    environ = {"REMOTE_ADDR": peer} | {f"HTTP_{name}": value for name, value in claims.items()}
    settle(environ, TRUSTED)
    return environ


@pytest.mark.parametrize(
    ("peer", "said", "expected"),
    [
        pytest.param("127.0.0.1", "203.0.113.7", "203.0.113.7", id="our proxy"),
        pytest.param("::1", "2001:db8::1", "2001:db8::1", id="our proxy, by IPv6"),
        pytest.param("::ffff:10.1.2.3", "203.0.113.7", "203.0.113.7", id="IPv4 in IPv6"),
        pytest.param("10.9.9.9", "8.8.8.8, 203.0.113.7", "203.0.113.7", id="the client lied"),
        pytest.param("10.9.9.9", "203.0.113.7, 10.0.0.1", "203.0.113.7", id="two proxies of ours"),
        pytest.param("203.0.113.9", "8.8.8.8", "203.0.113.9", id="not our proxy"),
        pytest.param("127.0.0.1", "nonsense", "127.0.0.1", id="no address"),
        pytest.param("127.0.0.1", "203.0.113.7:4711", "203.0.113.7", id="with a port"),
        pytest.param("127.0.0.1", "", "127.0.0.1", id="nothing said"),
        pytest.param("", "8.8.8.8", "", id="a Unix socket"),
    ],
)
def test_the_client_is_the_last_who_is_not_ours(peer: str, said: str, expected: str) -> None:
    assert settled(peer, X_FORWARDED_FOR=said)["REMOTE_ADDR"] == expected


def test_what_strangers_claim_is_taken_away() -> None:
    claims = {"X_FORWARDED_PROTO": "https", "X_FORWARDED_HOST": "x", "FORWARDED": "for=x"}
    assert settled("203.0.113.9", **claims) == {"REMOTE_ADDR": "203.0.113.9"}
    assert settled("127.0.0.1", **claims)["HTTP_X_FORWARDED_PROTO"] == "https"


def test_everybody_may_be_believed() -> None:
    environ = {"REMOTE_ADDR": "203.0.113.9", "HTTP_X_FORWARDED_FOR": "8.8.8.8"}
    settle(environ, networks("*"))
    assert environ["REMOTE_ADDR"] == "8.8.8.8"
    with pytest.raises(ValueError, match="does not appear"):
        networks("127.0.0.1, proxy")


@pytest.mark.django_db
@override_settings(ACCOUNT_RATE_LIMITS={"login_failed": "3/m/ip"})
def test_failed_logins_are_counted_by_client_and_not_by_proxy() -> None:
    """Else a stranger behind the proxy could lock everybody out."""

    def fail(client: str) -> bool:
        environ = settled("127.0.0.1", X_FORWARDED_FOR=client)
        data = {"login": "a@example.com", "password": "wrong"}
        answer = Client().post("/accounts/login/", data, **environ)  # type: ignore[arg-type]
        return answer.status_code == 429 or b"Too many failed" in answer.content

    assert [fail("203.0.113.7") for _ in range(5)] == [False] * 3 + [True] * 2
    assert not fail("203.0.113.8")
