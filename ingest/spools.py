"""All spools of a data directory, as the one process sees them that digests: opened, dropped, set aside, salvaged."""

import logging
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from ingest import salvage
from ingest.own_spool import OwnReader, Spool
from ingest.spool import SpoolDamaged, SpoolReader
from ingest.spool_files import is_marked, mark_damaged, marked_files, spool_files

logger = logging.getLogger(__name__)

RETRY_SECONDS = 60.0


class Spools:
    """own: this process's spool, None in a process that only digests."""

    def __init__(self, directory: Path, *, own: Spool | None) -> None:
        self._directory = directory
        self._own = own
        self._readers: dict[Path, SpoolReader] = {}
        self._salvage_at = 0.0  # monotonic seconds; infinite when there is nothing to be read

    def readers(self, floor: Callable[[str], int]) -> list[SpoolReader]:
        """Of all spools that are fit to be read. floor: for salvage.salvage; what it raises is passed on."""
        while True:
            self._take_care(floor)
            present = [path for path in spool_files(self._directory) if not is_marked(path)]
            for path in self._readers.keys() - set(present):
                self._readers.pop(path).close()
            if all(self._open(path) for path in present):
                return [self._readers[path] for path in present]

    def _open(self, path: Path) -> bool:
        """Whether it could be opened. If not, it is marked now."""
        own = self._own
        mine = own is not None and own.path == path
        known = self._readers.get(path)
        if known is not None:
            if isinstance(known, OwnReader) == mine:
                return True
            self._readers.pop(path).close()
        try:
            self._readers[path] = OwnReader(own) if own and mine else SpoolReader(path)
        except SpoolDamaged as error:
            self._mark(path, str(error))
            return False
        return True

    def damaged(self, reader: SpoolReader, error: SpoolDamaged) -> None:
        """Nothing more is read from it as it is."""
        self._readers.pop(reader.path, None)
        reader.close()
        self._mark(reader.path, str(error))

    def _mark(self, path: Path, reason: str) -> None:
        logger.error("spool %s is damaged: %s", path, reason)
        mark_damaged(path, reason)
        if self._own is not None and self._own.path == path:
            self._own.renew(reason)

    def _take_care(self, floor: Callable[[str], int]) -> None:
        for path in marked_files(self._directory):
            if path in self._readers:
                self._readers.pop(path).close()
            if salvage.set_aside(path):
                self._salvage_at = 0.0
        if time.monotonic() < self._salvage_at:
            return
        self._salvage_at = float("inf")
        for report in list(salvage.unread(self._directory)):
            try:
                salvage.salvage(self._directory, report, floor)
            except (OSError, sqlite3.Error) as error:
                logger.error("%s cannot be salvaged yet: %s", report.name, error)
                self._salvage_at = time.monotonic() + RETRY_SECONDS
            except BaseException:
                self._salvage_at = 0.0  # the database is away
                raise
        salvage.prune(self._directory, time.time())

    def tidy(self) -> None:
        """When there is nothing to digest. Also for a process that does not digest at the moment."""
        if self._own is not None:
            self._own.tidy()
        for path, reader in list(self._readers.items()):
            try:
                if salvage.is_salvaged(path) and not reader.backlog()[0]:
                    self._readers.pop(path).close()
                    salvage.discard(path)
                elif not isinstance(reader, OwnReader):
                    reader.tidy()
            except SpoolDamaged as error:
                self.damaged(reader, error)
            except (OSError, sqlite3.Error) as error:
                # Housekeeping: it can wait, for instance until the disk has room.
                logger.warning("spool %s cannot be tidied yet: %s", path, error)

    def close(self) -> None:
        for reader in self._readers.values():
            reader.close()
        self._readers.clear()
