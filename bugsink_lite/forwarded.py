"""Who a request comes from, when a proxy handed it on. Pure.

What a proxy says of its client is believed if the proxy is one of ours. What anybody else says of that is taken away,
so that nobody can choose the address that sign-ins are counted by, nor claim to have come over TLS.
"""

import ipaddress
from collections.abc import MutableMapping, Sequence
from typing import Any

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

CLAIMS = (
    *("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST"),
    *("HTTP_X_FORWARDED_PORT", "HTTP_X_REAL_IP", "HTTP_FORWARDED"),
)
_EVERYBODY = ("0.0.0.0/0", "::/0")


def networks(text: str) -> list[Network]:
    """Of addresses and networks, separated by commas; `*` is everybody. Raises ValueError."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    names = [name for word in words for name in (_EVERYBODY if word == "*" else (word,))]
    return [ipaddress.ip_network(name, strict=False) for name in names]


def settle(environ: MutableMapping[str, Any], trusted: Sequence[Network]) -> None:
    """REMOTE_ADDR is the client's from now on, and what is left of the claims is true."""
    peer = _address(str(environ.get("REMOTE_ADDR", "")))
    if peer is None or not _is_among(peer, trusted):
        for name in CLAIMS:
            environ.pop(name, None)
        return
    # The last one was written by our proxy, the one before by whoever asked it: the first from behind that is not ours.
    for word in reversed(str(environ.get("HTTP_X_FORWARDED_FOR", "")).split(",")):
        client = _address(word.strip())
        if client is None:
            return
        environ["REMOTE_ADDR"] = str(client)
        if not _is_among(client, trusted):
            return


def _address(text: str) -> Address | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _is_among(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in trusted)
