"""Tells the service manager how the server is: sd_notify(3), one datagram of NAME=value lines each time.

Without NOTIFY_SOCKET, when nobody asked, it does nothing.
"""

import contextlib
import os
import socket
from collections.abc import MutableMapping


class Notifier:
    """watchdog: seconds after which systemd loses its patience, None if it does not watch."""

    def __init__(self, address: str = "", watchdog: float | None = None) -> None:
        self._address = address
        self.watchdog = watchdog

    @classmethod
    def taken(cls, environment: MutableMapping[str, str] = os.environ) -> "Notifier":
        """From the environment, and out of it: what this process starts has nothing to tell."""
        address = environment.pop("NOTIFY_SOCKET", "")
        usec = environment.pop("WATCHDOG_USEC", "")
        pid = environment.pop("WATCHDOG_PID", "")
        is_watched = usec.isdecimal() and int(usec) > 0 and pid in ("", str(os.getpid()))
        return cls(address, int(usec) / 1e6 if address and is_watched else None)

    def tell(self, **values: str | int) -> None:
        """Never raises: who does not listen misses something, the server does not."""
        if not self._address:
            return
        text = "\n".join(f"{name}={value}" for name, value in values.items())
        # A leading @ stands for the zero byte of Linux's abstract names.
        address = "\0" + self._address[1:] if self._address[0] == "@" else self._address
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender,
        ):
            sender.settimeout(1.0)
            sender.sendto(text.encode(), address)


def has_sockets(environment: MutableMapping[str, str] = os.environ) -> bool:
    """Whether the service manager has opened our sockets: sd_listen_fds(3)."""
    given = environment.get("LISTEN_FDS", "")
    return given not in ("", "0") and environment.get("LISTEN_PID") == str(os.getpid())
