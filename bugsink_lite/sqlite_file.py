"""The SQLite file: made so that it can shrink when events leave."""

import sqlite3
from typing import Any


class Connection(sqlite3.Connection):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # It can be chosen only while there is no page, before WAL writes the first; and said later, it takes the write
        # lock each time.
        if not self.execute("PRAGMA page_count").fetchone()[0]:
            self.execute("PRAGMA auto_vacuum=INCREMENTAL")
