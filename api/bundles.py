"""Artifact bundles: what `sentry-cli sourcemaps upload` sends, checked and kept. Source: REST contract, section 5.3.

SYSB  version (32 bits, little endian: 2)  ZIP with manifest.json
"""

import zipfile
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.db import transaction

from api.models import ArtifactBundle
from api.store import Store, StoreError
from projects.models import Project

MAGIC = b"SYSB\x02\x00\x00\x00"
MAX_MANIFEST = 8 << 20  # bytes, inflated
MAX_DIRECTORY = 8 << 20  # bytes: it is read as a whole, into an object for each file


@lru_cache(maxsize=1)
def store() -> Store:
    return Store(settings.DATA_DIR / "uploads", max_bytes=settings.UPLOADS_MAX_BYTES)


def assemble(
    sha1: str,
    chunks: Sequence[str],
    projects: Sequence[Project],
    *,
    version: str,
    dist: str,
    now: datetime,
) -> list[str]:
    """The chunks that are missing; none: the bundle is kept. Raises StoreError."""
    known = ArtifactBundle.objects.filter(sha1=sha1).first()
    if known is None or not store().bundle(sha1).exists():
        missing = store().missing(chunks)
        if missing or not chunks:
            return missing
        size = store().join(sha1, chunks)
        try:
            manifest = read_manifest(store().bundle(sha1))
            files = manifest.get("files")
            known, _ = ArtifactBundle.objects.get_or_create(
                sha1=sha1,
                defaults={
                    "size": size,
                    "version": version or _text(manifest, "release", 250),
                    "dist": dist or _text(manifest, "dist", 64),
                    "debug_id": _text(manifest, "debug_id", 64),
                    "files": len(files) if isinstance(files, dict) else 0,
                    "created_at": now,
                },
            )
        except BaseException:
            store().remove_bundle(sha1)
            raise
    known.projects.add(*projects)
    return []


def _text(manifest: dict[str, Any], key: str, length: int) -> str:
    value = manifest.get(key)
    return value.replace("\0", "")[:length] if isinstance(value, str) else ""


def read_manifest(path: Path) -> dict[str, Any]:
    """Raises StoreError."""
    with open(path, "rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise StoreError("This is no artifact bundle.")
        try:
            # The directory of a ZIP is at its end: what stands before it does no harm.
            end = zipfile._EndRecData(file)  # type: ignore[attr-defined]
            if not end:
                raise StoreError("The bundle is no ZIP.")
            if end[zipfile._ECD_SIZE] > MAX_DIRECTORY:  # type: ignore[attr-defined]
                raise StoreError("The bundle's directory is too large.")
            with zipfile.ZipFile(file) as bundle:
                info = bundle.getinfo("manifest.json")
                if info.file_size > MAX_MANIFEST:
                    raise StoreError("The bundle's manifest is too large.")
                if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise StoreError("The bundle's manifest is compressed in an unusual way.")
                with bundle.open(info) as inside:
                    manifest = orjson.loads(inside.read(MAX_MANIFEST))
        except StoreError:
            raise
        except Exception as error:  # what a library says of a damaged file is not to be foreseen
            raise StoreError(f"The bundle cannot be read: {error}"[:200]) from error
    if not isinstance(manifest, dict):
        raise StoreError("The bundle's manifest is not an object.")
    return manifest


def remove_orphans(project_id: int = 0) -> None:
    """Those that no project has any more; called when a project has been deleted."""
    for bundle in ArtifactBundle.objects.filter(projects=None):
        with transaction.atomic():
            bundle.delete()
        store().remove_bundle(bundle.sha1)
