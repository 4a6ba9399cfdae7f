"""gunicorn, set up from our settings, in this process."""

import gc
import os
import resource
import socket
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.urls import get_resolver
from gunicorn.app.base import BaseApplication

from bugsink_lite import allocator, background
from bugsink_lite.arbiter import Arbiter, Logger
from bugsink_lite.notify import Notifier, has_sockets
from bugsink_lite.worker import Worker
from ingest import meter
from issues.payload import agents

MOST_CONNECTIONS = 1000
OTHER_FILES = 128  # spools, databases, logs, modules being imported


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no type hints
    def __init__(self, notifier: Notifier) -> None:
        self._notifier = notifier
        super().__init__()

    def run(self) -> None:
        # Before the fork: what the processes count stands in memory that they share.
        meter.share(2 * settings.WORKERS + 2)
        allocator.tune()
        Arbiter(self, self._notifier).run()

    def load_config(self) -> None:
        host = f"[{settings.BIND}]" if ":" in settings.BIND else settings.BIND
        shared_memory = Path("/dev/shm")
        options: dict[str, Any] = {
            "bind": [f"{host}:{settings.PORT}"],
            "worker_class": Worker,
            "workers": settings.WORKERS,
            "threads": settings.THREADS,
            "worker_connections": most_connections(),
            # Loaded once, before the fork: workers share the memory of the code.
            "preload_app": True,
            "timeout": 60,
            "graceful_timeout": settings.GRACEFUL_SECONDS,
            # Longer than a proxy's, so that the proxy is the one who closes idle connections.
            "keepalive": 75,
            "limit_request_line": 8190,
            "forwarded_allow_ips": settings.FORWARDED_ALLOW_IPS,
            # The heartbeat file must not wait for a busy disk.
            "worker_tmp_dir": str(shared_memory) if os.access(shared_memory, os.W_OK) else None,
            "control_socket_disable": True,
            "loglevel": settings.LOG_LEVEL.lower(),
            "proc_name": "bugsink-lite",
            "logger_class": Logger,
            "pre_fork": _takes_place,
            "post_worker_init": _started,
            "worker_exit": lambda server, worker: background.stop(),
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        # Before the fork: the expressions that tell browsers apart take 0.2 s and some memory to load.
        agents.contexts_of("Mozilla/5.0")
        # A page that cannot be imported stops the start, not the first visitor.
        get_resolver().url_patterns  # noqa: B018
        from bugsink_lite.wsgi import application

        return application


def _takes_place(arbiter: Any, worker: Any) -> None:
    """The first place at the meter that no living worker has."""
    taken = {living.meter_place for living in arbiter.WORKERS.values()}
    worker.meter_place = next(place for place in range(len(taken) + 1) if place not in taken)


def _started(worker: Any) -> None:
    meter.take_place(worker.meter_place)
    # An event is a thousand small objects that live for milliseconds: looking for cycles among them every 700
    # allocations costs an eighth of the digest. What was loaded before the fork is never garbage.
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    background.start()


def most_connections() -> int:
    """Of one process at a time; more wait in the system's queue. Each takes a descriptor, and so do other things."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return max(min(MOST_CONNECTIONS, allowed - OTHER_FILES), allowed // 4)


def check_address() -> None:
    """Say at once what gunicorn would say after ten seconds of trying."""
    if has_sockets():
        return  # opened by the service manager, who listens there already
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            settings.BIND, settings.PORT, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise CommandError(
            f"{settings.BIND}:{settings.PORT} cannot be listened on: {error.strerror}. "
            "BIND and PORT choose another address."
        ) from error


def serve(notifier: Notifier | None = None) -> None:
    """Runs until it is stopped; ends the process. Raises CommandError when the address cannot be had."""
    os.umask(0o077)
    check_address()
    Server(notifier or Notifier.taken()).run()
