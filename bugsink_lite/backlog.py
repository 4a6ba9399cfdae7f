"""What waits in the spools of this process's data directory."""

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings

from ingest.spool import SpoolDamaged, SpoolReader
from ingest.spool_files import is_marked, spool_files


@dataclass(frozen=True, slots=True)
class Backlog:
    """bytes: as spooled. oldest_at: since when the record waits that has waited longest. damaged: files."""

    records: int = 0
    bytes: int = 0
    oldest_at: datetime | None = None
    files: int = 0
    damaged: int = 0


def backlog() -> Backlog:
    records = size = files = damaged = 0
    oldest: list[float] = []
    for path in spool_files(settings.SPOOL_DIR):
        files += 1
        try:
            with closing(SpoolReader(path)) as reader:
                count, length = reader.backlog()
                since = reader.oldest()
        except SpoolDamaged:
            damaged += 1
            continue
        damaged += is_marked(path)
        records, size = records + count, size + length
        oldest += [] if since is None else [since]
    oldest_at = datetime.fromtimestamp(min(oldest), UTC) if oldest else None
    return Backlog(records, size, oldest_at, files, damaged)
