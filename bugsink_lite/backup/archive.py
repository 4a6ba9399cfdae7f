"""The file: a tar archive, compressed with zstd, that ends with a manifest.

    secret-key                              data directory
    spool/0.spool/00000000 ...              SQLite files, copied whole, in pieces
    spool/0.bodies/...                      bodies that lie beside them
    sqlite/00000000 ...                     the database file in pieces, or
    postgresql/<table>/00000000 ...         each table as COPY writes it, in pieces
    uploads/bundles/ab/<sha1>/00000000 ...  what builds uploaded, in pieces
    manifest.json                           what it is, and length and SHA-256 of all that comes before

The manifest comes last: a file that was cut off has none. Older ones hold spool/0.spool in one piece.
"""

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import zstandard

FORMAT = 1
MANIFEST = "manifest.json"
PIECE_BYTES = 8 << 20
_NAME = re.compile(
    r"secret-key|sqlite/\d{8}|postgresql/[a-z0-9_]{1,63}/\d{8}"
    r"|spool/(?:[\w-]{1,200}\.spool|quarantine\.sqlite3)(?:/\d{8})?"
    r"|spool/[\w-]{1,200}\.bodies/[0-9a-f]{32}"
    r"|uploads/bundles/[0-9a-f]{2}/[0-9a-f]{40}/\d{8}",
    re.ASCII,
)
MAX_MEMBER = 2 << 30  # a row of PostgreSQL, or a body, is in one piece


class BackupError(Exception):
    """For the person who asked: a sentence."""


@dataclass(slots=True)
class Manifest:
    """engine: sqlite or postgresql. made_at: ISO 8601, UTC. migrations: applied, as (app, name).

    columns: of each table of PostgreSQL. members: name -> (bytes, SHA-256).
    """

    product: str
    made_at: str
    engine: str
    migrations: list[tuple[str, str]]
    columns: dict[str, list[str]] = field(default_factory=dict)
    members: dict[str, tuple[int, str]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes of all members."""
        return sum(size for size, _ in self.members.values())

    def dump(self) -> bytes:
        return json.dumps(
            {
                "format": FORMAT,
                "product": self.product,
                "made_at": self.made_at,
                "engine": self.engine,
                "migrations": self.migrations,
                "columns": self.columns,
                "members": self.members,
            }
        ).encode()

    @classmethod
    def load(cls, data: bytes) -> "Manifest":
        try:
            value = json.loads(data)
            if value["format"] != FORMAT:
                raise BackupError(f"this version reads format {FORMAT}, not {value['format']}")
            return cls(
                product=str(value["product"]),
                made_at=str(value["made_at"]),
                engine=str(value["engine"]),
                migrations=[(str(app), str(name)) for app, name in value["migrations"]],
                columns={t: [str(c) for c in found] for t, found in value["columns"].items()},
                members={name: (int(n), str(d)) for name, (n, d) in value["members"].items()},
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BackupError(f"the manifest cannot be read: {error}") from error


class Writer:
    """Used with `with`. Nothing is complete before finish()."""

    def __init__(self, file: IO[bytes], manifest: Manifest) -> None:
        self.manifest = manifest
        compressor = zstandard.ZstdCompressor(level=3, write_checksum=True)
        self._stream = compressor.stream_writer(file, closefd=False)
        self._tar = tarfile.open(fileobj=self._stream, mode="w|")  # noqa: SIM115  # __exit__ closes it

    def __enter__(self) -> "Writer":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._add(MANIFEST, self.manifest.dump())
            self._tar.close()
            self._stream.close()  # type: ignore[no-untyped-call]

    def add(self, name: str, data: bytes) -> None:
        self.manifest.members[name] = (len(data), hashlib.sha256(data).hexdigest())
        self._add(name, data)

    def add_file(self, folder: str, path: Path) -> int:
        """In pieces, at least one. Returns bytes."""
        size = 0
        with open(path, "rb") as file:
            for number in count():
                piece = file.read(PIECE_BYTES)
                if number and not piece:
                    break
                self.add(f"{folder}/{number:08}", piece)
                size += len(piece)
        return size

    def _add(self, name: str, data: bytes) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(data), 0o600
        self._tar.addfile(info, io.BytesIO(data))


def members(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of everything, the manifest last. Raises BackupError for what no backup holds."""
    try:
        with (
            open(path, "rb") as file,
            zstandard.ZstdDecompressor().stream_reader(file) as stream,
            tarfile.open(fileobj=stream, mode="r|") as tar,
        ):
            for info in tar:
                is_known = info.name == MANIFEST or _NAME.fullmatch(info.name)
                if not info.isreg() or not is_known or info.size > MAX_MEMBER:
                    raise BackupError(f"{path} holds {info.name!r}, which no backup does")
                content = tar.extractfile(info)
                assert content is not None  # a regular file
                yield info.name, content.read()
    except (tarfile.TarError, zstandard.ZstdError, EOFError) as error:
        raise BackupError(f"{path} is damaged, cut off or no backup: {error}") from error
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror or error}") from error


def verify(path: Path, progress: Any) -> Manifest:
    """Read all of it, and hold it against its manifest. progress: add(bytes). Raises BackupError."""
    found: dict[str, tuple[int, str]] = {}
    manifest = None
    for name, data in members(path):
        if manifest is not None:
            raise BackupError(f"{path} goes on behind its manifest")
        if name == MANIFEST:
            manifest = Manifest.load(data)
            continue
        if name in found:
            raise BackupError(f"{path} holds {name} twice")
        found[name] = (len(data), hashlib.sha256(data).hexdigest())
        progress.add(len(data))
    if manifest is None:
        raise BackupError(f"{path} has no manifest: it was cut off")
    for name in sorted(found.keys() | manifest.members.keys()):
        if found.get(name) != manifest.members.get(name):
            raise BackupError(f"{path} is damaged: {name} is not what was written")
    return manifest
