"""Pages of another origin send and read the answer, as a browser allows it: preflights and exposed headers are real."""

import http.server
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.servers import Server
from tests.wire import Dsn

FETCH = """async ([url, options]) => {
  const answer = await fetch(url, options);
  return {status: answer.status, error: answer.headers.get('X-Sentry-Error'), text: await answer.text()};
}"""
REPORT = (
    '{"csp-report":{"effective-directive":"img-src","blocked-uri":"https://evil.example/x.png"}}'
)


class _Blank(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b'<!doctype html><title>Shop</title><link rel="icon" href="data:,">')

    def log_message(self, format: str, *args: Any) -> None:
        return


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    """The address of a page that is not the product's."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Blank)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def dsn(server: Server) -> Dsn:
    return server.create_project("From elsewhere")


def fetch(page: Page, server: Server, path: str, **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(FETCH, [server.url + path, options])
    return found


def test_a_page_of_another_origin_may_send_and_hears_what_was_wrong(
    page: Page, server: Server, dsn: Dsn, elsewhere: str
) -> None:
    page.goto(elsewhere)
    before = server.count("issues_event")
    base, query = f"/api/{dsn.project_id}", f"?sentry_key={dsn.key}"
    # Without a preflight, as current SDKs send.
    plain = fetch(page, server, f"{base}/store/{query}", method="POST", body='{"message":"plain"}')
    # With one: content type and header are not on the browser's safe list.
    headers = {"Content-Type": "application/json", **dsn.auth}
    asked = fetch(
        page, server, f"{base}/store/", method="POST", headers=headers, body='{"message":"asked"}'
    )
    report = fetch(
        page,
        server,
        f"{base}/security/{query}",
        method="POST",
        headers={"Content-Type": "application/csp-report"},
        body=REPORT,
    )
    check_in = fetch(page, server, f"{base}/cron/nightly/{dsn.key}/?status=ok")
    assert [plain["status"], asked["status"], report["status"], check_in["status"]] == [
        *(200, 200, 200, 202)
    ]
    server.wait_for_events(before + 3)


def test_a_page_of_another_origin_reads_why_it_was_refused(
    browser: Browser, server: Server, dsn: Dsn, elsewhere: str
) -> None:
    # A page of its own: the browser writes every 400 to the console, which the fixture `page` takes for trouble.
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(elsewhere)
        path = f"/api/{dsn.project_id}/store/?sentry_key={dsn.key}"
        refused = fetch(page, server, path, method="POST", body="{oops")
        assert refused["status"] == 400
        assert "not JSON" in refused["error"]
        unknown = fetch(page, server, "/api/7/envelope/?sentry_key=" + "0" * 32, method="POST")
        assert unknown["status"] == 403
        assert "no project has the key" in unknown["error"]
