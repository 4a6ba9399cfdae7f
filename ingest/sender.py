"""Whose connection it is, through the proxies that are believed. Pure."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

_Address = IPv4Address | IPv6Address
_MOST_HOPS = 20


@lru_cache(maxsize=4)
def _networks(trusted: str) -> Sequence[IPv4Network | IPv6Network] | None:
    """None: everybody is believed."""
    names = [name.strip() for name in trusted.split(",") if name.strip()]
    return None if "*" in names else [ip_network(name, strict=False) for name in names]


def address(remote: str, forwarded: str, trusted: str) -> str:
    """The sender's IP address, "" if it cannot be known.

    remote: of the connection, "" for a socket file. forwarded: X-Forwarded-For; every proxy adds at the end whom it
    saw. trusted: addresses and networks with commas between, as gunicorn takes them, or `*`; a socket file is.
    """
    networks = _networks(trusted)
    found = _parse(remote)
    if remote and found is None:
        return ""
    for hop in reversed(forwarded.split(",")[-_MOST_HOPS:] if forwarded else []):
        if found is not None and not _is_in(found, networks):
            break
        before = _parse(hop)
        if before is None:
            break
        found = before
    return "" if found is None else str(found)


def _is_in(found: _Address, networks: Sequence[IPv4Network | IPv6Network] | None) -> bool:
    return networks is None or any(found in network for network in networks)


def _parse(text: str) -> _Address | None:
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
