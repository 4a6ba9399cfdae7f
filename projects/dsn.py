"""DSNs: where an SDK sends, and the key inside. Pure.

    scheme://PUBLIC[:SECRET]@HOST[:PORT][/PREFIX...]/PROJECT

Source: ingest contract, section 2.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

_KEY = re.compile(r"[0-9a-f]{1,64}")


@dataclass(frozen=True, slots=True)
class Dsn:
    public_key: str  # small letters, no dashes
    project_id: int
    base_url: str  # scheme://host[:port][/prefix], no slash at the end

    @property
    def envelope_url(self) -> str:
        return f"{self.base_url}/api/{self.project_id}/envelope/"


def build(base_url: str, public_key: str, project_id: int) -> str:
    """The DSN that the product hands out: no secret. base_url: as in the setting BASE_URL."""
    scheme, _, rest = base_url.rstrip("/").partition("://")
    return f"{scheme}://{public_key}@{rest}/{project_id}"


def parse(dsn: str) -> Dsn:
    """Raises ValueError with a sentence for the person who typed it."""
    parts = urlsplit(dsn.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("a DSN looks like https://KEY@errors.example.com/1")
    key = normalize_key(unquote(parts.username or ""))
    if not key:
        raise ValueError("the DSN has no key before the @")
    prefix, _, project = parts.path.rstrip("/").rpartition("/")
    if not project.isascii() or not project.isdigit():
        raise ValueError("the DSN must end in the project's number")
    host = parts.netloc.rpartition("@")[2]
    return Dsn(key, int(project), f"{parts.scheme}://{host}{prefix}")


def normalize_key(key: str) -> str:
    """Small letters, no dashes, since people paste UUIDs; "" if it can be no key."""
    key = key.replace("-", "").lower()
    return key if _KEY.fullmatch(key) else ""
