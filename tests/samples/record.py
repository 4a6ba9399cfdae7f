"""Records what real clients send, for tests/ingest/test_recorded.py.

    python -m tests.samples.record CLIENTS [NAME...]

CLIENTS is a directory with the clients installed in it, each with its own package manager:
    sentry-python-2, sentry-python-1, raven-python    virtual environments: sentry-sdk, sentry-sdk<2, raven
    sentry-node, sentry-node-7, raven-node            npm: @sentry/node, @sentry/node@7, raven
    sentry-browser                                    npm: @sentry/browser, esbuild, raven-js
    sentry-cli                                        npm: @sentry/cli
Chromium and curl are the system's. A server on loopback answers as the product does; nothing else is reached. What
names the machine (host, paths) is replaced by as many other characters, so that the lengths in envelopes stay true.
"""

import base64
import binascii
import functools
import getpass
import gzip
import http.server
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parent
SENDERS = SAMPLES / "senders"
PORT, PAGES_PORT = 49123, 49124
KEY = "c0ffee00" * 4
DSN = f"http://{KEY}@127.0.0.1:{PORT}/7"
MAX_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class Request:
    line: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")


# --- the server -------------------------------------------------------------------------------


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    recorded: list[Request]

    def _take(self) -> None:
        body = self._read()
        cors = [
            ("Access-Control-Allow-Origin", "*"),
            ("Access-Control-Expose-Headers", "X-Sentry-Error, X-Sentry-Rate-Limits, Retry-After"),
        ]
        if self.command == "OPTIONS":
            cors += [
                ("Access-Control-Allow-Methods", "GET, POST, OPTIONS"),
                ("Access-Control-Allow-Headers", "content-type, x-sentry-auth, content-encoding"),
            ]
        if "/api/" in self.path:
            self.recorded.append(Request(self.requestline, tuple(self.headers.items()), body))
        answer = b'{"id":"11111111222233334444555555555555"}'
        self.send_response(200)
        for name, value in (("Content-Type", "application/json"), *cors):
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_OPTIONS = _take

    def _read(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def log_message(self, format: str, *args: Any) -> None:
        return


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that is closed hangs up."""


@contextmanager
def recording() -> Iterator[list[Request]]:
    recorded: list[Request] = []
    handler = type("Handler", (_Handler,), {"recorded": recorded})
    server = _Server(("127.0.0.1", PORT), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield recorded
    finally:
        server.shutdown()
        server.server_close()


# --- what names the machine --------------------------------------------------------------------


def _layers(request: Request) -> list[tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]]:
    """How to undo and redo what is around a body's text."""
    encoding = request.header("content-encoding")
    if encoding == "gzip":
        return [(gzip.decompress, functools.partial(gzip.compress, mtime=0))]
    if encoding == "deflate":
        return [(zlib.decompress, zlib.compress)]
    if encoding == "br":
        import brotli

        return [(brotli.decompress, brotli.compress)]
    try:
        zlib.decompress(base64.b64decode(request.body, validate=True))
    except (binascii.Error, ValueError, zlib.error):
        return []
    return [(base64.b64decode, base64.b64encode), (zlib.decompress, zlib.compress)]


def without_machine(request: Request, places: list[str]) -> Request:
    """places: paths and names, to be replaced by others of the same length."""
    layers = _layers(request)
    body = request.body
    for undo, _ in layers:
        body = undo(body)
    line, headers = request.line, "\0".join(f"{k}\0{v}" for k, v in request.headers)
    for place in sorted(places, key=len, reverse=True):
        if place.startswith('"'):
            other = '"' + "x" * (len(place) - 2) + '"'
        else:
            other = ("/srv/" + "x" * len(place))[: len(place)]
        body = body.replace(place.encode(), other.encode())
        line, headers = line.replace(place, other), headers.replace(place, other)
    for _, redo in reversed(layers):
        body = redo(body)
    flat = headers.split("\0")
    pairs = list(zip(flat[::2], flat[1::2], strict=True))
    length = [(k, str(len(body)) if k.lower() == "content-length" else v) for k, v in pairs]
    return Request(line, tuple(length), body)


def item_types(request: Request) -> str:
    """`event`, `transaction+attachment` ... for the name of the file."""
    body = request.body
    for undo, _ in _layers(request):
        body = undo(body)
    path = request.line.split()[1].partition("?")[0].rstrip("/").split("/")
    if request.line.startswith("OPTIONS"):
        return "preflight"
    if path[-1] != "envelope":
        return path[3]
    found, position = [], body.find(b"\n") + 1
    while 0 < position < len(body):
        end = body.find(b"\n", position)
        header = json.loads(body[position : end if end >= 0 else None] or b"{}")
        if "type" in header:
            found.append(str(header["type"]))
        if end < 0:
            break
        size = header.get("length")
        position = body.find(b"\n", end + 1) + 1 if size is None else end + size + 2
    return "+".join(dict.fromkeys(found)) or "empty"


def write(directory: Path, requests: list[Request], places: list[str]) -> None:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    for number, request in enumerate(requests, 1):
        clean = without_machine(request, places)
        head = "\r\n".join([clean.line, *(f"{k}: {v}" for k, v in clean.headers)])
        whole = head.encode("latin-1") + b"\r\n\r\n" + clean.body
        name = f"{number:02}-{item_types(request)}"[:80]
        if len(whole) > MAX_BYTES:
            print(f"  {name}: {len(whole)} bytes, left out")
            continue
        (directory / f"{name}.http").write_bytes(whole)
        print(f"  {name}: {len(whole)} bytes")


# --- the clients --------------------------------------------------------------------------------


def run(*command: str | Path, cwd: Path | None = None, **environment: str) -> str:
    # Nothing of the developer's environment may end up in a sample.
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=kept | {"HOME": "/nonexistent"} | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    if done.returncode not in (0, 3):
        print(done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout


def npm_version(place: Path, package: str) -> str:
    text = (place / "node_modules" / package / "package.json").read_text()
    return str(json.loads(text)["version"])


def python_version(place: Path, package: str) -> str:
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    return run(place / "bin" / "python", "-c", code).strip()


def in_chromium(script: str, *, policy: str = "") -> str:
    """Runs a script on a page of another origin than the server's. Returns the browser's version."""
    from playwright.sync_api import sync_playwright

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_script = self.path == "/app.js"
            content = script if is_script else '<title>Shop</title><script src="/app.js"></script>'
            self.send_response(200)
            kind = "text/javascript" if is_script else "text/html"
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            if policy:
                self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = _Server(("127.0.0.1", PAGES_PORT), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with sync_playwright() as playwright:
            chromium = shutil.which("chromium") or "chromium"
            browser = playwright.chromium.launch(
                executable_path=chromium, args=["--no-sandbox"], headless=True
            )
            page = browser.new_page()
            page.goto(f"http://127.0.0.1:{PAGES_PORT}/cart?item=7")
            page.wait_for_timeout(4000)
            page.goto("about:blank")
            page.wait_for_timeout(500)
            version = browser.version
            browser.close()
            return version
    finally:
        server.shutdown()
        server.server_close()


def bundle(place: Path, sender: str) -> str:
    """A sender for browsers as one script."""
    entry = place / sender
    shutil.copy(SENDERS / sender, entry)
    return run(
        place / "node_modules" / ".bin" / "esbuild",
        entry,
        "--bundle",
        "--format=iife",
        f'--define:DSN="{DSN}"',
        cwd=place,
    )


def clients(root: Path) -> dict[str, Callable[[], tuple[str, str]]]:
    """Name -> what makes it send; that returns the sample's directory, as SDK and version."""

    def python(name: str, package: str, sender: str, sdk: str) -> tuple[str, str]:
        place = root / name
        shutil.copy(SENDERS / sender, place / sender)
        run(place / "bin" / "python", place / sender, DSN, cwd=place)
        return sdk, python_version(place, package)

    def node(name: str, package: str, sender: str, sdk: str) -> tuple[str, str]:
        place = root / name
        shutil.copy(SENDERS / sender, place / sender)
        run("node", place / sender, DSN, cwd=place)
        return sdk, npm_version(place, package)

    def browser(package: str, sender: str) -> tuple[str, str]:
        place = root / "sentry-browser"
        in_chromium(bundle(place, sender))
        return package.rpartition("/")[2].replace("browser", "sentry-browser"), npm_version(
            place, package
        )

    def policy() -> tuple[str, str]:
        report = f"http://127.0.0.1:{PORT}/api/7/security/?sentry_key={KEY}&sentry_release=web%401"
        rules = f"script-src 'self'; img-src 'self'; report-uri {report}"
        script = "const i = new Image(); i.src = 'http://images.example/x.png'; document.body || 0;"
        script += "try { eval('1') } catch (e) {}"
        version = in_chromium(script, policy=rules)
        return "chromium-csp", version.partition(".")[0]

    def cli() -> tuple[str, str]:
        place = root / "sentry-cli"
        run("sh", SENDERS / "cli.sh", place / "node_modules" / ".bin" / "sentry-cli", cwd=place,
            SENTRY_DSN=DSN, TMPDIR=str(place))  # fmt: skip
        return "sentry-cli", npm_version(place, "@sentry/cli")

    def curl() -> tuple[str, str]:
        place = root / "curl"
        place.mkdir(exist_ok=True)
        run("sh", SENDERS / "curl.sh", f"http://127.0.0.1:{PORT}/api/7", KEY, cwd=place)
        return "curl", run("curl", "--version").split()[1]

    return {
        "sentry-python-2": lambda: python("sentry-python-2", "sentry-sdk", "sdk.py", "sentry-python"),
        "sentry-python-1": lambda: python("sentry-python-1", "sentry-sdk", "sdk.py", "sentry-python"),
        "raven-python": lambda: python("raven-python", "raven", "raven_client.py", "raven-python"),
        "sentry-node": lambda: node("sentry-node", "@sentry/node", "node.mjs", "sentry-node"),
        "sentry-node-7": lambda: node("sentry-node-7", "@sentry/node", "node7.cjs", "sentry-node"),
        "raven-node": lambda: node("raven-node", "raven", "raven.cjs", "raven-node"),
        "sentry-browser": lambda: browser("@sentry/browser", "browser.mjs"),
        "raven-js": lambda: browser("raven-js", "ravenjs.mjs"),
        "chromium-csp": policy,
        "sentry-cli": cli,
        "curl": curl,
    }  # fmt: skip


def main(arguments: list[str]) -> int:
    root = Path(arguments[0]).resolve()
    known = clients(root)
    # Names as JSON strings: a short one may stand anywhere.
    names = [f'"{name}"' for name in (socket.gethostname(), getpass.getuser())]
    places = [str(root), str(Path.home()), str(SAMPLES.parent.parent), *names]
    for name in arguments[1:] or known:
        with recording() as recorded:
            sdk, version = known[name]()
        print(f"{sdk} {version}")
        write(SAMPLES / sdk / version, recorded, places)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
