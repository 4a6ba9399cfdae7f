import pytest

from ingest.routes import Route, find

KEY = "c0ffee00" * 4
ID = "9ec79c33ec9942ab8353589fcb2e04dc"


@pytest.mark.parametrize("prefix", ["", "/errors", "/a/b"])
@pytest.mark.parametrize("slash", ["", "/", "//"])
@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/api/7/envelope", Route("envelope", "7")),
        ("/api/7/store", Route("store", "7")),
        ("/api/store", Route("store", "")),
        ("/api//7//security", Route("security", "7")),
        ("/api/7/csp-report", Route("security", "7")),
        ("/api/7/nel", Route("nel", "7")),
        ("/api/7/minidump", Route("minidump", "7")),
        (f"/api/7/unreal/{KEY}", Route("unreal", "7")),
        (f"/api/7/cron/nightly/{KEY}", Route("cron", "7", slug="nightly", key=KEY)),
        ("/api/7/cron/nightly", Route("cron", "7", slug="nightly")),
        (f"/api/7/events/{ID}/attachments", Route("attachments", "7", event_id=ID)),
        ("/api/7/integration/otlp/v1/logs", Route("otlp_logs", "7")),
        ("/api/7/otlp/v1/traces", Route("otlp_traces", "7")),
        ("/api/7/logs", Route("logs", "7")),
        ("/api/7//logs//pino", Route("logs", "7", format="pino")),
        ("/api/shop/minidump", Route("minidump", "shop")),
    ],
)
def test_finds_the_endpoint(path: str, route: Route, prefix: str, slash: str) -> None:
    assert find(prefix + path + slash) == route


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api/7/",
        "/api/7/envelopes/",
        "/api/7/otlp/v1/metrics",
        "/api/7/cron/",
        "/api/7/cron/a/b/c",
        "/api/0/projects/o/p/events/",
        f"/api/0/projects/org/shop/events/{ID}/attachments/",
        "/projects/shop/settings/security/",
        "/accounts/login/",
        "/api" + "/" * 5000,
    ],
)
def test_leaves_the_other_paths_alone(path: str) -> None:
    assert find(path) is None
