"""Uploads in chunks, and source maps that are put together from them. Source: REST contract, section 5.3."""

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from api import bundles
from api.auth import allow
from api.caller import ApiRequest
from api.errors import ApiError
from api.issues import triable
from api.replies import Detail, answers, nothing, reply
from api.store import CHUNK_BYTES, MAX_FILE_BYTES, StoreError, StoreFull
from projects.models import Role

router = Router(tags=["Uploads"])

CHANGE = allow("project:releases")
PER_REQUEST = 64
MAX_REQUEST = 32 << 20
SHA1 = r"^[0-9a-f]{40}$"


class ChunkOptions(Schema):
    url: str
    chunkSize: int
    chunksPerRequest: int
    maxRequestSize: int
    maxFileSize: int
    maxWait: int
    concurrency: int
    hashAlgorithm: str
    compression: list[str]
    accept: list[str]


class Assemble(Schema):
    checksum: str = Field(pattern=SHA1)
    chunks: list[str] = Field(max_length=MAX_FILE_BYTES // CHUNK_BYTES + 1)
    projects: list[str | int] = Field(default_factory=list, max_length=100)
    version: str | None = Field(None, max_length=250)
    dist: str | None = Field(None, max_length=64)


class Assembled(Schema):
    state: str = Field(description="not_found, ok or error.")
    missingChunks: list[str]
    detail: str | None


@router.get("/organizations/{org}/chunk-upload/", auth=CHANGE, response=answers(ChunkOptions))
def chunk_options(request: ApiRequest, org: str) -> HttpResponse:
    """How to upload."""
    return reply(
        {
            "url": f"{settings.BASE_URL}/api/0/organizations/{settings.ORGANIZATION_SLUG}/chunk-upload/",
            "chunkSize": CHUNK_BYTES,
            "chunksPerRequest": PER_REQUEST,
            "maxRequestSize": MAX_REQUEST,
            "maxFileSize": MAX_FILE_BYTES,
            "maxWait": 60,
            "concurrency": 4,
            "hashAlgorithm": "sha1",
            "compression": ["gzip"],
            # Both must be there, or sentry-cli 2 uploads file by file; debug files are not taken.
            "accept": ["release_files", "artifact_bundles", "artifact_bundles_v2", "sources"],
        }
    )


MULTIPART = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        name: {"type": "array", "items": {"type": "string", "format": "binary"}}
                        for name in ("file", "file_gzip")
                    },
                }
            }
        },
    }
}


@router.post(
    "/organizations/{org}/chunk-upload/",
    auth=CHANGE,
    response=answers(None, 413),
    openapi_extra=MULTIPART,
)
def upload_chunks(request: ApiRequest, org: str) -> HttpResponse:
    """Parts `file_gzip` or `file`; the file name of each is the SHA-1 of its content. Twice is once."""
    if not triable(request.auth, list(request.auth.projects())):
        raise PermissionDenied(f"This needs the role {Role.MEMBER.label} in a project.")
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_REQUEST + (1 << 20):
        raise ApiError(413, f"A request has {MAX_REQUEST} bytes at most.")
    parts = [
        (part, is_gzip)
        for field, is_gzip in (("file", False), ("file_gzip", True))
        for part in request.FILES.getlist(field)
    ]
    if len(parts) > PER_REQUEST:
        raise ApiError(400, f"A request has {PER_REQUEST} chunks at most.")
    store = bundles.store()
    room = store.room()
    for part, is_gzip in parts:
        assert part.file is not None
        try:
            room -= store.add_chunk(part.name or "", part.file, is_gzip=is_gzip, room=room)
        except StoreFull as error:
            raise ApiError(413, str(error)) from error
        except StoreError as error:
            raise ApiError(400, str(error)) from error
    return nothing(200)


@router.post(
    "/organizations/{org}/artifactbundle/assemble/", auth=CHANGE, response=answers(Assembled)
)
def assemble_bundle(request: ApiRequest, org: str, body: Assemble) -> HttpResponse:
    """Names the chunks that are missing; once they are there, the bundle is checked and kept."""
    if not body.projects:
        raise ApiError(400, "Whose source maps are these? projects.")
    if any(len(name) != 40 or not set(name) <= set("0123456789abcdef") for name in body.chunks):
        raise ApiError(400, "chunks: SHA-1 sums, 40 small hex digits each.")
    projects = request.auth.each_project([str(each) for each in body.projects], Role.MEMBER)
    try:
        missing = bundles.assemble(
            body.checksum,
            body.chunks,
            projects,
            version=body.version or "",
            dist=body.dist or "",
            now=timezone.now(),
        )
    except StoreError as error:
        return reply({"state": "error", "missingChunks": [], "detail": str(error)})
    state = "not_found" if missing or (not body.chunks and not _is_known(body.checksum)) else "ok"
    return reply({"state": state, "missingChunks": missing, "detail": None})


def _is_known(sha1: str) -> bool:
    return bundles.store().bundle(sha1).exists()


NO_DEBUG_FILES = "Debug files (dSYM, ELF, PDB, ProGuard) are not supported here: native stack traces are shown as sent."
REFUSED: dict[Any, Any] = {frozenset({400, 401, 403, 404}): Detail}


@router.post("/projects/{org}/{project}/files/difs/assemble/", auth=CHANGE, response=REFUSED)
def assemble_debug_files(request: ApiRequest, org: str, project: str) -> HttpResponse:
    """Not supported: 400 that says so."""
    raise ApiError(400, NO_DEBUG_FILES)  # of a 404 sentry-cli says that there is no project


@router.post("/projects/{org}/{project}/files/dsyms/", auth=CHANGE, response=REFUSED)
def upload_debug_file(request: ApiRequest, org: str, project: str) -> HttpResponse:
    """Not supported: 400 that says so."""
    raise ApiError(400, NO_DEBUG_FILES)  # of a 404 sentry-cli says that there is no project
