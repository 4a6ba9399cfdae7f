"""The door: ingest is answered here, everything else by Django."""

import os
from collections.abc import Iterable
from typing import Any

import bugsink_lite  # noqa: F401  # makes the rooms importable

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bugsink_lite.settings")

from django.conf import settings
from django.core.wsgi import get_wsgi_application

pages = get_wsgi_application()

from bugsink_lite import forwarded, logs, probes  # noqa: E402
from ingest import views as ingest_views  # noqa: E402  # its models need the apps


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    path: str = environ.get("PATH_INFO", "")
    prefix: str = settings.PATH_PREFIX
    if prefix and (path == prefix or path.startswith(prefix + "/")):
        # A proxy that hands on the whole path, and one that cuts the prefix off, are served alike.
        environ["PATH_INFO"] = path = path[len(prefix) :] or "/"
    name = logs.request_id_of(environ.get("HTTP_X_REQUEST_ID", ""))
    logs.request_id.set(name)  # until this thread's next request; a context is one thread's
    if ingest_views.is_ingest(path):
        return ingest_views.application(environ, start_response)
    if path in probes.PATHS:
        return probes.application(environ, start_response)
    forwarded.settle(environ, settings.TRUSTED_PROXIES)

    def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
        return start_response(status, [*headers, ("X-Request-ID", name)], *more)

    return pages(environ, start)
