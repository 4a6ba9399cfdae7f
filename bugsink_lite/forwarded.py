"""Who a request comes from, when a proxy handed it on. Pure.

What a proxy says of its client is believed if the proxy is one of ours. What anybody else says of that is taken away,
so that nobody can choose the address that sign-ins are counted by, nor claim to have come over TLS.
"""

from collections.abc import MutableMapping, Sequence
from typing import Any

from ingest import sender
from ingest.sender import Network

CLAIMS = (
    *("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST"),
    *("HTTP_X_FORWARDED_PORT", "HTTP_X_REAL_IP", "HTTP_FORWARDED"),
)


def settle(environ: MutableMapping[str, Any], trusted: Sequence[Network]) -> None:
    """REMOTE_ADDR is the client's from now on, and what is left of the claims is true."""
    remote = str(environ.get("REMOTE_ADDR", ""))
    peer = sender.parse(remote)
    if peer is None or not sender.is_among(peer, trusted):
        for name in CLAIMS:
            environ.pop(name, None)
        return
    said = str(environ.get("HTTP_X_FORWARDED_FOR", ""))
    environ["REMOTE_ADDR"] = sender.address(remote, said, trusted)
