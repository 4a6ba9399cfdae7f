"""The spool directory: which file belongs to whom, and which is not to be trusted any more.

0.spool  0.spool-wal  0.spool-shm   a spool, as SQLite keeps it
0.bodies/                           bodies that are too large for a row
0.lock                              locked by the process that appends, or by whoever makes sure that nobody does
claim.lock                          locked for as long as it takes to open or claim one
0.damaged                           nobody appends any more; gone when the file is set aside
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO


def claim(directory: Path) -> tuple[Path, IO[str]]:
    """The first spool file that no living process appends to, and the lock that says so.

    Files are reused after a restart, so that there are never more than processes at one time. Damaged ones are not.
    """
    with turn(directory):
        for number in range(10_000):
            path = directory / f"{number}.spool"
            lock = lock_file(path.with_suffix(".lock"))
            if lock is not None:
                if not is_marked(path):
                    return path, lock
                lock.close()
    raise OSError(f"no free spool file in {directory}")


@contextlib.contextmanager
def turn(directory: Path) -> Iterator[None]:
    """Waits for its turn. Without it a reader that holds a lock for a moment would look like one that appends."""
    with _opened(directory / "claim.lock") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def mark_of(path: Path) -> Path:
    return path.with_suffix(".damaged")


def mark_damaged(path: Path, reason: str) -> None:
    """From now on nobody appends to this file. The mark outlives the process; ingest.spools takes it away."""
    with contextlib.suppress(FileExistsError), open(mark_of(path), "x") as file:
        file.write(reason)


def is_marked(path: Path) -> bool:
    return mark_of(path).exists()


def marked_files(directory: Path) -> Iterator[Path]:
    """The spools that are damaged and not yet set aside; the file itself may be missing."""
    yield from (path.with_suffix(".spool") for path in sorted(directory.glob("*.damaged")))


def unmark(path: Path) -> None:
    mark_of(path).unlink(missing_ok=True)


def lock_file(path: Path) -> IO[str] | None:
    """An exclusive lock that ends with the process; None if another holds it."""
    file = _opened(path)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def _opened(path: Path) -> IO[str]:
    return open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+")


def spool_files(directory: Path) -> Iterator[Path]:
    """All spools of this machine, those of dead processes too; the file itself may be missing where a log is left."""
    with contextlib.suppress(FileNotFoundError):
        logs = (path.with_suffix(".spool") for path in directory.glob("*.spool-wal"))
        yield from sorted({*directory.glob("*.spool"), *logs})
