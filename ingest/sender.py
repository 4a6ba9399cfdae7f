"""Whose connection it is, through the proxies that are believed. Pure."""

from collections.abc import Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_EVERYBODY = ("0.0.0.0/0", "::/0")
_MOST_HOPS = 20


def networks(text: str) -> list[Network]:
    """Of addresses and networks, separated by commas; `*` is everybody. Raises ValueError."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    names = [name for word in words for name in (_EVERYBODY if word == "*" else (word,))]
    return [ip_network(name, strict=False) for name in names]


def is_among(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in trusted)


def address(remote: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """The sender's IP address, "" if it cannot be known.

    remote: of the connection. forwarded: X-Forwarded-For; every proxy adds at the end whom it saw, so that the last
    who is not one of ours is the sender.
    """
    found = parse(remote)
    if found is None:
        return ""
    for hop in reversed(forwarded.split(",")[-_MOST_HOPS:] if forwarded else []):
        before = parse(hop) if is_among(found, trusted) else None
        if before is None:
            break
        found = before
    return str(found)


def parse(text: str) -> Address | None:
    """Also with a port behind it, as some proxies write."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
