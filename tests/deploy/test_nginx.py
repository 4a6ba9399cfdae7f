"""The examples for nginx, in a real nginx: what arrives through it, and what does not."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.net import free_port
from tests.servers import ROOT, NewServer, Server, wait_for
from tests.system import program
from tests.wire import Answer, Dsn, Sender, new_event_id, send

pytestmark = pytest.mark.once

EXAMPLES = ROOT / "deploy" / "nginx"
FRAME = """
daemon off; worker_processes 1; pid {directory}/pid; error_log stderr warn;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/f; uwsgi_temp_path {directory}/u; scgi_temp_path {directory}/s;
    {inside}
}}
"""


def certificate(directory: Path) -> tuple[Path, Path]:
    pem, key = directory / "cert.pem", directory / "cert.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", pem],
        check=True, capture_output=True,
    )  # fmt: skip
    return pem, key


@contextmanager
def nginx(directory: Path, inside: str, port: int) -> Iterator[None]:
    found = program("nginx")
    if found is None:
        pytest.skip("nginx is not installed")
    directory.mkdir()
    # Its workers run as another user when the tests run as root.
    for path in (directory, *directory.parents):
        if path.is_relative_to("/tmp") and path != Path("/tmp"):
            path.chmod(0o755)
    config = directory / "nginx.conf"
    config.write_text(FRAME.format(directory=directory, inside=inside))
    with open(directory / "log", "wb") as log:
        process = subprocess.Popen(
            [found, "-p", directory, "-c", config], stdout=log, stderr=log, start_new_session=True
        )
    try:
        wait_for(lambda: _listens(port, process, directory / "log"), "nginx to listen")
        yield
    finally:
        process.terminate()
        process.wait(30)


def _listens(port: int, process: subprocess.Popen[bytes], log: Path) -> bool:
    import socket

    if process.poll() is not None:
        pytest.fail(f"nginx ended: {log.read_text()}")
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def placed(text: str, server: Server, port: int, extra: dict[str, str] | None = None) -> str:
    """An example with the tests' ports and paths in it; everything else stays as it is."""
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{server.port}")
    for old, new in (extra or {}).items():
        assert old in text
        text = text.replace(old, new)
    return text


def get(port: int, path: str, headers: dict[str, str] | None = None) -> Answer:
    sender = Sender(Dsn("", "", "127.0.0.1", port, 1))
    try:
        return sender.request("GET", path, headers=headers)
    finally:
        sender.close()


def test_a_site_of_its_own(new_server: NewServer, tmp_path: Path) -> None:
    pem, key = certificate(tmp_path)
    port, plain = free_port(), free_port()
    server = new_server(
        BASE_URL="https://errors.example.com", ALLOWED_HOSTS="127.0.0.1", start=False
    )
    inside = placed(
        (EXAMPLES / "bugsink-lite.conf").read_text(),
        server,
        port,
        {
            # Without TLS on this side: what is behind it is the same, and the scheme is said.
            "listen 443 ssl http2": f"listen 127.0.0.1:{port}",
            "listen 80": f"listen 127.0.0.1:{plain}",
            "X-Forwarded-Proto $scheme": "X-Forwarded-Proto https",
            "/etc/ssl/errors.example.com.pem": str(pem),
            "/etc/ssl/errors.example.com.key": str(key),
        },
    )
    dsn = server.create_project("Proxied")
    via = Dsn(dsn.text, dsn.key, "127.0.0.1", port, dsn.project_id)
    server.start()
    with nginx(tmp_path / "nginx", inside, port):
        host = {"Host": "errors.example.com"}
        event_id = new_event_id()
        assert send(via, {"message": "through the proxy"}, event_id).json() == {"id": event_id}
        # A chunked body, and one that is larger than what nginx holds in memory.
        large = {"message": "large", "extra": {"x": "y" * 900_000}}
        assert send(via, large, new_event_id()).status == 200
        page = get(port, "/accounts/login/", host)
        assert page.status == 200
        assert "secure" in page.headers["set-cookie"].lower()
        assert re.fullmatch(r"[0-9a-f]{32}", page.headers["x-request-id"]), "nginx' own"
        # Beyond the proxy's limit: refused by it, in a language that SDKs ignore, and by nobody else.
        sender = Sender(via)
        too_large = sender.request(
            "POST", via.envelope_path, headers={"Content-Length": "30000000"}
        )
        sender.close()
        assert too_large.status == 413
        assert get(port, "/metrics", host).status == 404
        moved = get(plain, "/api/1/envelope/?x=1", host)
        assert (moved.status, moved.headers["location"]) == (
            308,
            "https://errors.example.com/api/1/envelope/?x=1",
        )
        server.wait_for_events(2)
        # Whoever reaches the server through the proxy is no neighbour, whatever else he says.
        lied = get(port, "/health/ready", host | {"X-Forwarded-For": "127.0.0.1"})
        assert "detail" not in lied.json()["checks"]["disk"]
        server.stop()
        assert get(port, "/accounts/login/", host).status == 502


def test_below_a_path(new_server: NewServer, tmp_path: Path) -> None:
    port = free_port()
    server = new_server(
        BASE_URL=f"http://127.0.0.1:{port}/errors", ALLOWED_HOSTS="127.0.0.1", start=False
    )
    text = placed((EXAMPLES / "sub-path.conf").read_text(), server, port)
    inside = f"server {{ listen 127.0.0.1:{port}; location / {{ return 418; }} {text} }}"
    made = server.command("create-project", "Below", "--json").stdout
    assert f"127.0.0.1:{port}/errors/" in made, "DSNs contain the path"
    (key, number) = re.findall(r"//([0-9a-f]{32})@.*/(\d+)\"", made)[0]
    server.start()
    with nginx(tmp_path / "nginx", inside, port):
        sender = Sender(Dsn("", key, "127.0.0.1", port, int(number)))
        sent = sender.request(
            "POST",
            f"/errors/api/{number}/store/?sentry_key={key}",
            b'{"message": "below"}',
            {"Content-Type": "application/json"},
        )
        assert sent.status == 200
        sender.close()
        server.wait_for_events(1)
        page = get(port, "/errors/accounts/login/")
        assert page.status == 200
        assert "path=/errors/" in page.headers["set-cookie"].lower()
        links = re.findall(rb'(?:href|src|action)="(/[^"]*)"', page.body)
        assert links
        assert [link for link in links if not link.startswith(b"/errors/")] == []
        (style, *_) = [link.decode() for link in links if b".css" in link]
        assert get(port, style).status == 200
        home = get(port, "/errors/")
        assert (home.status, home.headers["location"].partition("?")[0]) == (
            302,
            "/errors/accounts/login/",
        )
        assert get(port, "/errors").headers["location"].endswith("/errors/")
        assert get(port, "/errors/health/live").json() == {"status": "ok"}
        assert get(port, "/errors/metrics").status == 404
        assert get(port, "/elsewhere").status == 418
