"""Which endpoint a path names. Pure. Source: ingest contract, section 1."""

import re
from dataclasses import dataclass

# Any prefix, with and without the slash at the end, repeated slashes as one: a redirect would lose the event.
_PATH = re.compile(
    r"(?:^|/)api/+(?:"
    r"(?:(?P<project>[^/]+)/+)?(?P<plain>envelope|store)"
    r"|(?P<project2>[^/]+)/+(?:"
    r"(?P<other>security|csp-report|nel|minidump)"
    r"|cron/+(?P<slug>[^/]+)(?:/+(?P<key>[^/]+))?"
    r"|(?P<unreal>unreal)(?:/+[^/]+)?"
    r"|(?P<logs>logs)(?:/+(?P<format>[^/]+))?"
    r"|events/+(?P<event_id>[^/]+)/+attachments"
    r"|(?:integration/+)?otlp/+v1/+(?P<signal>logs|traces)"
    r"))/*$"
)
_GET_TOO = frozenset({"cron", "store"})


@dataclass(frozen=True, slots=True)
class Route:
    """kind: envelope, store, security, nel, minidump, unreal, cron, attachments, logs, otlp_logs, otlp_traces.

    project: as written, "" where the path names none. key: the public key in a cron path.
    format: of log lines, as written.
    """

    kind: str
    project: str
    slug: str = ""
    key: str = ""
    event_id: str = ""
    format: str = ""

    @property
    def methods(self) -> tuple[str, ...]:
        return ("GET", "POST") if self.kind in _GET_TOO else ("POST",)


def find(path: str) -> Route | None:
    """None: not an ingest path."""
    if "api/" not in path:
        return None
    match = _PATH.search(path)
    if match is None:
        return None
    if kind := match["plain"]:
        return Route(kind, match["project"] or "")
    project = match["project2"]
    if kind := match["other"]:
        return Route("security" if kind == "csp-report" else kind, project)
    if kind := match["unreal"]:
        return Route(kind, project)
    if kind := match["logs"]:
        return Route(kind, project, format=match["format"] or "")
    if signal := match["signal"]:
        return Route(f"otlp_{signal}", project)
    if event_id := match["event_id"]:
        return Route("attachments", project, event_id=event_id)
    return Route("cron", project, slug=match["slug"], key=match["key"] or "")
