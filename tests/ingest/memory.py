"""What a door needs, in memory: one key and a spool. Imports nothing that needs a database."""

from ingest.spool import Record
from projects.ref import ProjectRef

PROJECT = 7
KEY = "c0ffee00" * 4


class MemoryKeys:
    def get(self, public_key: str) -> ProjectRef | None:
        return ProjectRef(PROJECT) if public_key == KEY else None


class MemorySpool:
    def __init__(self) -> None:
        self.records: list[Record] = []

    def append(self, record: Record) -> None:
        self.records.append(record)

    def is_full(self) -> bool:
        return False
