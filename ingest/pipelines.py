"""The pipelines of log shippers, ready for a project: files of deploy/ with its address and key in them."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

# Beside the rooms, in the checkout and in the wheel.
DEPLOY = Path(__file__).resolve().parent.parent / "deploy"


@dataclass(frozen=True, slots=True)
class Shipper:
    """file: below deploy/, "" where there is none. place: where it goes on the machine with the logs."""

    key: str
    label: str
    file: str
    place: str


SHIPPERS = (
    Shipper("logstash", "Logstash", "logstash/bugsink.conf", "/etc/logstash/conf.d/bugsink.conf"),
    Shipper("vector", "Vector", "vector/bugsink.yaml", "/etc/vector/bugsink.yaml"),
    Shipper(
        "fluent-bit", "Fluent Bit", "fluent-bit/bugsink.conf", "/etc/fluent-bit/fluent-bit.conf"
    ),
    Shipper("rsyslog", "rsyslog", "rsyslog/bugsink.conf", "/etc/rsyslog.d/bugsink.conf"),
    Shipper("ship-logs", "Without a shipper", "", ""),
    Shipper("curl", "curl", "", ""),
)
_COMMAND = """bugsink-lite ship-logs --dsn {dsn} \\
  --environment production --positions /var/lib/bugsink-lite/ship-logs.json \\
  '/var/log/app/*.log' '/var/log/redis/*.log' '/var/log/postgresql/*.log'"""
_CURL = """curl -u {key}:x -H 'Content-Type: text/plain' \\
  --data-binary @/var/log/app/app.log {base}/api/{project}/logs/"""


def chosen(key: str | None) -> Shipper:
    return next((shipper for shipper in SHIPPERS if shipper.key == key), SHIPPERS[0])


def text(shipper: Shipper, *, base_url: str, project_id: int, key: str, dsn: str) -> str:
    """base_url: with a path prefix, without a slash at its end."""
    if shipper.key == "ship-logs":
        return _COMMAND.format(dsn=dsn)
    if shipper.key == "curl":
        return _CURL.format(key=key, base=base_url, project=project_id)
    parts = urlsplit(base_url)
    prefix = parts.path.rstrip("/")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    found = _source(shipper.file)
    # The comments that say what to change have been followed.
    lines = [line for line in found.split("\n") if "To be changed:" not in line]
    found = "\n".join(lines)
    secure = parts.scheme == "https"
    words = {
        "ERRORS_URL": base_url,
        "PREFIXapi": f"{prefix.removeprefix('/')}/api" if prefix else "api",
        "PREFIX/api": f"{prefix}/api",
        "api/PROJECT": f"api/{project_id}",
        '"KEY"': f'"{key}"',
        "http_User         KEY": f"http_User         {key}",
        "Host              HOST": f"Host              {parts.hostname or ''}",
        "Port              443": f"Port              {port}",
        "tls               On": f"tls               {'On' if secure else 'Off'}",
        'server="HOST" serverport="443" useHttps="on"': (
            f'server="{parts.hostname or ""}" serverport="{port}" useHttps="{"on" if secure else "off"}"'
        ),
    }
    for word, value in words.items():
        found = found.replace(word, value)
    return found


@cache
def _source(file: str) -> str:
    return (DEPLOY / file).read_text()
