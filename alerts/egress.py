"""The one guarded door for outgoing requests, to addresses that somebody typed.

A host is resolved once, every address that comes back is judged, and the connection goes to exactly such an address:
what a name server says a moment later makes no difference. The name itself stays in `Host` and in TLS. Redirects are
not followed. One timer ends the whole exchange, however slowly bytes drip. No proxy of the environment is used: it
would connect to what was never judged.
"""

import contextlib
import http.client
import ipaddress
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

SECONDS = 10.0  # for one exchange, after the name was resolved
MAX_ANSWER = 64 << 10  # bytes of an answer that are read
MAX_URL = 2000

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# (host, port) -> addresses, as text. Raises OSError.
Resolver = Callable[[str, int], list[str]]

# Addresses that look public, and are doors of the machine's own surroundings.
_SPECIAL: tuple[Network, ...] = (
    ipaddress.ip_network("168.63.129.16/32"),  # Azure's host agent
    ipaddress.ip_network(
        "100.64.0.0/10"
    ),  # carrier-grade NAT; a cloud's metadata at 100.100.100.200
    ipaddress.ip_network("192.0.0.0/24"),  # protocol assignments; a cloud's metadata at 192.0.0.192
    ipaddress.ip_network("192.88.99.0/24"),  # relays of 6to4
    ipaddress.ip_network("64:ff9b:1::/48"),  # local translation to IPv4, RFC 8215
    ipaddress.ip_network("fec0::/10"),  # site-local, of old
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9])?", re.ASCII)
# What inet_aton() takes for an address, beyond four plain decimal numbers.
_ODD_NUMBER = re.compile(r"(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+)){0,3}", re.ASCII)
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", re.ASCII)


class Refused(ValueError):
    """This will not be asked, now or later. The message is for the person who typed the address."""


class Failed(OSError):
    """It was asked, and there was no answer; later there may be one."""


@dataclass(frozen=True, slots=True)
class Answer:
    """body: its beginning. retry_after: seconds, 0 if nothing was said."""

    status: int
    body: bytes
    retry_after: int = 0


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be asked although it is not public: names, networks, each at one port or at any (0)."""

    hosts: frozenset[tuple[str, int]] = frozenset()
    networks: tuple[tuple[Network, int], ...] = ()

    def has(self, host: str, address: Address, port: int) -> bool:
        if (host, port) in self.hosts or (host, 0) in self.hosts:
            return True
        return any(
            address.version == network.version and address in network and only in (0, port)
            for network, only in self.networks
        )

    def has_port(self, host: str, port: int) -> bool:
        """Whether somebody has named this very port, of this host or of some network."""
        return (host, port) in self.hosts or any(only == port for _, only in self.networks)


def allowed(entries: Iterable[str]) -> Allowed:
    """Of `chat.internal`, `chat.internal:8065`, `10.0.0.0/8`, `127.0.0.1:8065`, `[::1]:8065`. Raises ValueError."""
    hosts: set[tuple[str, int]] = set()
    networks: list[tuple[Network, int]] = []
    for entry in entries:
        text, port = entry.strip().lower(), 0
        match = re.fullmatch(r"(\[[0-9a-f:.]+\]|[^:]+):(\d{1,5})", text)
        if match:
            text, port = match[1], int(match[2])
            if not 0 < port < 65536:
                raise ValueError(f"{entry!r} names no port that exists")
        text = text.removeprefix("[").removesuffix("]")
        try:
            networks.append((ipaddress.ip_network(text, strict=False), port))
        except ValueError:
            if _HOST.fullmatch(text) is None or _ODD_NUMBER.fullmatch(text):
                raise ValueError(f"{entry!r} is neither a host nor a network") from None
            hosts.add((text, port))
    return Allowed(frozenset(hosts), tuple(networks))


def is_public(address: Address) -> bool:
    """Whether it leads out of the house; of an IPv6 address that stands for an IPv4 one, whether that one does."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = _inner(address)
        if inner is not None:
            return is_public(inner)
    if any(address.version == network.version and address in network for network in _SPECIAL):
        return False
    is_odd = (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
    )
    return address.is_global and not is_odd


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart and found in order. host: small letters, without brackets or a last dot."""

    scheme: str
    host: str
    port: int
    path: str  # with the query

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (
            host if self.port == (443 if self.scheme == "https" else 80) else f"{host}:{self.port}"
        )


def target_of(url: str, allow: Allowed = Allowed()) -> Target:
    """Without asking anybody. Raises Refused."""
    if len(url) > MAX_URL:
        raise Refused(f"The address is longer than {MAX_URL} characters.")
    if re.search(r"[\x00-\x20\x7f\\]", url):
        raise Refused("The address holds a blank, a control character or a backslash.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Refused("This is no address of the web.") from None
    if parts.scheme not in ("http", "https"):
        raise Refused("The address must begin with https:// or http://.")
    if parts.username is not None or parts.password is not None:
        raise Refused("Name and password do not belong into the address.")
    if "[" in parts.netloc and ":" not in host:
        raise Refused("Only an IPv6 address stands in brackets.")
    host = _host(host)
    port = port if port is not None else (443 if parts.scheme == "https" else 80)
    # Below 1024 live other services of a host: mail, shells, name servers.
    if port not in (80, 443) and port < 1024 and not allow.has_port(host, port):
        raise Refused(f"Port {port} is not asked: 80, 443 and those from 1024 on are.")
    return Target(parts.scheme, host, port, _path(parts))


def _host(host: str) -> str:
    if not host:
        raise Refused("The address names no host.")
    if ":" in host:
        try:
            address = ipaddress.IPv6Address(host)
        except ValueError:
            raise Refused("This is no IPv6 address.") from None
        if address.scope_id:
            raise Refused("An address with a zone leads nowhere from here.")
        return address.compressed
    try:
        # What browsers do with other scripts; also makes plain digits of full-width ones.
        host = host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise Refused("This is no name of a host.") from None
    host = host.removesuffix(".")
    if _ODD_NUMBER.fullmatch(host):
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:
            raise Refused("Write an IPv4 address as four decimal numbers.") from None
    if _HOST.fullmatch(host) is None:
        raise Refused("This is no name of a host.")
    return host


def _path(parts: SplitResult) -> str:
    path = parts.path or "/"
    if not path.isascii() or not parts.query.isascii():
        raise Refused("Letters outside of ASCII must be percent-encoded in an address.")
    return f"{path}?{parts.query}" if parts.query else path


def resolve(host: str, port: int) -> list[str]:
    """As the system does. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class Door:
    """allow: what may be asked although it is not public. resolver, seconds: arguments for tests."""

    def __init__(
        self,
        allow: Allowed = Allowed(),
        *,
        resolver: Resolver = resolve,
        seconds: float = SECONDS,
        max_answer: int = MAX_ANSWER,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._allow = allow
        self._resolver = resolver
        self._seconds = seconds
        self._max_answer = max_answer
        self._tls = tls

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Raises Refused, Failed. An answer of any status, a redirect included, is an answer."""
        return self.request("POST", url, body, headers)

    def request(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        target = target_of(url, self._allow)
        check_headers(headers)
        addresses = self.addresses(target)
        deadline = time.monotonic() + self._seconds
        connection = http.client.HTTPConnection(target.host, target.port)
        try:
            with _connected(addresses, target.port, deadline) as plain, _cut_off(plain, deadline):
                connection.sock = self._secured(plain, target)
                connection.request(
                    method,
                    target.path,
                    body,
                    {"Accept-Encoding": "identity", **headers, "Host": target.authority},
                )
                answer = connection.getresponse()
                content = _begin(answer, self._max_answer)
        except (OSError, http.client.HTTPException, ValueError) as error:
            if time.monotonic() >= deadline:
                words = f"{target.host} did not answer within {self._seconds:g} seconds."
                raise Failed(words) from error
            raise Failed(f"{target.host} did not answer. ({_said(error)})") from error
        finally:
            connection.close()
        if time.monotonic() >= deadline:
            # The timer ends a reading without an error where the answer has no announced length.
            raise Failed(f"{target.host} did not finish within {self._seconds:g} seconds.")
        return Answer(answer.status, content, _retry_after(answer.getheader("Retry-After")))

    def addresses(self, target: Target) -> list[str]:
        """Where the host is, every one of them fit to be asked. Raises Refused, Failed."""
        try:
            found = self._resolver(target.host, target.port)
        except (OSError, UnicodeError) as error:
            raise Failed(f"There is no host {target.host}.") from error
        if not found:
            raise Failed(f"There is no host {target.host}.")
        for text in found:
            address = ipaddress.ip_address(text)
            # One of several that is ours would do: a name that mixes them is up to no good.
            if not is_public(address) and not self._allow.has(target.host, address, target.port):
                raise Refused(
                    f"{target.host} is at {text}, which is not public. "
                    "An administrator can allow it with ALERT_ALLOW."
                )
        return found

    def _secured(self, plain: socket.socket, target: Target) -> socket.socket:
        if target.scheme == "http":
            return plain
        context = self._tls or ssl.create_default_context()
        return context.wrap_socket(plain, server_hostname=target.host)


def check_headers(headers: Mapping[str, str]) -> None:
    """Raises Refused for a header that would end the line it stands in."""
    for name, value in headers.items():
        if _HEADER.fullmatch(name) is None:
            raise Refused("This is no name of a header.")
        if not value.isascii() or re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value):
            raise Refused(f"The value of {name} holds what no header may hold.")


@contextlib.contextmanager
def _connected(addresses: Iterable[str], port: int, deadline: float) -> Iterator[socket.socket]:
    """To the first that takes the connection. Raises OSError, the last one's."""
    trouble: OSError = OSError("no address")
    for address in addresses:
        left = deadline - time.monotonic()
        if left <= 0:
            break
        try:
            # The address, not the name: nobody is asked for it again.
            plain = socket.create_connection((address, port), timeout=left)
        except OSError as error:
            trouble = error
            continue
        with plain:
            yield plain
        return
    raise trouble


@contextlib.contextmanager
def _cut_off(plain: socket.socket, deadline: float) -> Iterator[None]:
    """At the deadline both directions end, whoever holds the connection by then: TLS takes the socket over."""
    own = socket.socket(fileno=os.dup(plain.fileno()))

    def cut() -> None:
        with contextlib.suppress(OSError):
            own.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(max(0.0, deadline - time.monotonic()), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        own.close()


def _begin(answer: http.client.HTTPResponse, limit: int) -> bytes:
    parts, size = [], 0
    while size < limit and (part := answer.read1(limit - size)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _retry_after(value: str | None) -> int:
    return min(int(value), 86_400) if value and re.fullmatch(r"\d{1,9}", value) else 0


def _said(error: Exception) -> str:
    said = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
