"""A web server on loopback that keeps what it was sent, and answers as a test tells it."""

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Talk = Callable[[socket.socket], None]


@dataclass
class Receiver:
    """talk: what happens after the request was read; by default it is answered with 200."""

    talk: Talk = lambda connection: connection.sendall(OK)
    requests: list[bytes] = field(default_factory=list)

    def __enter__(self) -> "Receiver":
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                try:
                    self.requests.append(_read(connection))
                    self.talk(connection)
                except OSError:
                    continue  # it hung up, as it may


def _read(connection: socket.socket) -> bytes:
    content = b""
    while b"\r\n\r\n" not in content and (part := connection.recv(65536)):
        content += part
    head, _, body = content.partition(b"\r\n\r\n")
    length = next(
        (
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length:")
        ),
        0,
    )
    while len(body) < length and (part := connection.recv(65536)):
        body += part
    return head + b"\r\n\r\n" + body
