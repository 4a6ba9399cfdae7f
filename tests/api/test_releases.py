"""Releases as build tools make them, and what they upload."""

import gzip
import hashlib
import io
import struct
import zipfile

import orjson
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from api import bundles
from api.models import ArtifactBundle
from api.store import Store, StoreError, StoreFull
from projects import deletion
from projects.models import Project, Release, Role, Team
from tests.api.conftest import Api, NewApi
from tests.factories import NOW, join, make_issue, make_project, make_user

pytestmark = pytest.mark.django_db

ONE = "/organizations/bugsink/releases/shop%401.0/"


def test_a_release_from_new_to_deployed(api: Api, project: Project) -> None:
    new = {"version": "shop@1.0", "projects": [project.slug]}
    assert api.post("/organizations/bugsink/releases/", new).data["shortVersion"] == "1.0"
    api.post("/organizations/bugsink/releases/", new, status=200)
    commit = {"id": "a" * 40, "message": "Mend", "timestamp": "2026-02-04T11:30:15.123456789+02:00"}
    told = api.put(ONE, {"commits": [commit], "dateReleased": "2026-02-04T12:00:00Z"}).data
    assert told["lastCommit"]["dateCreated"] == "2026-02-04T09:30:15.123456Z"
    assert (told["commitCount"], told["dateReleased"]) == (1, "2026-02-04T12:00:00Z")
    assert [each["id"] for each in api.get(f"{ONE}commits/").data] == ["a" * 40]
    api.post(f"{ONE}deploys/", {"environment": "production"})
    api.post(f"{ONE}deploys/", {}, status=400)
    assert api.get(f"{ONE}deploys/").data[0]["environment"] == "production"
    found = api.get(f"/projects/bugsink/{project.slug}/releases/").data
    assert [(each["version"], each["deployCount"]) for each in found] == [("shop@1.0", 1)]
    archived = {"version": "shop@1.0", "projects": [], "status": "archived"}
    assert (
        api.post("/organizations/bugsink/releases/", archived, status=200).data["status"]
        == "archived"
    )
    api.delete(ONE)
    api.delete(ONE, status=404)


def test_the_release_before_tells_its_commits(api: Api, project: Project) -> None:
    for version in ("shop@1.0", "shop@1.1"):
        api.post(f"/projects/bugsink/{project.slug}/releases/", {"version": version})
    before = "/organizations/bugsink/releases/shop@1.1/previous-with-commits/"
    assert api.get(before).data == {}
    api.put(ONE, {"refs": [{"repository": "shop", "commit": "b" * 40}]})
    assert api.get(before).data["lastCommit"]["id"] == "b" * 40


@pytest.mark.parametrize("version", ["feature/x", "1.0 beta", "1.0+7", "commits", "ü"])
def test_versions_may_be_odd(api: Api, project: Project, version: str) -> None:
    from urllib.parse import quote

    path = f"/projects/bugsink/{project.slug}/releases/"
    api.post(path, {"version": version})
    for safe in ("", "/"):
        assert api.get(f"{path}{quote(version, safe=safe)}/").data["version"] == version


@pytest.mark.parametrize("version", ["", " ", ".", "latest", "a\nb", "x" * 251])
def test_no_version_is_400(api: Api, project: Project, version: str) -> None:
    api.post(f"/projects/bugsink/{project.slug}/releases/", {"version": version}, status=400)


def test_unknown_projects_are_400(api: Api, project: Project) -> None:
    path = "/organizations/bugsink/releases/"
    api.post(path, {"version": "1", "projects": ["nothing"]}, status=400)
    api.post(path, {"version": "1", "projects": []}, status=400)
    api.post(path, {"version": "1", "projects": [project.pk]})


def test_one_version_of_several_projects_is_one_release(api: Api, project: Project) -> None:
    other = make_project("Other")
    slugs = [project.slug, other.slug]
    api.post("/organizations/bugsink/releases/", {"version": "1", "projects": slugs})
    (found,) = api.get("/organizations/bugsink/releases/?query=1").data
    assert sorted(each["slug"] for each in found["projects"]) == sorted(slugs)


def test_a_release_that_issues_speak_of_stays(api: Api, project: Project) -> None:
    release = Release.objects.create(project=project, version="shop@1.0")
    make_issue(project, first_release=release)
    assert api.get(ONE).data["newGroups"] == 1
    api.delete(ONE, status=400)


# --- uploads -------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path, monkeypatch: pytest.MonkeyPatch) -> Store:
    found = Store(tmp_path / "uploads", max_bytes=64 << 20)
    monkeypatch.setattr(bundles, "store", lambda: found)
    return found


def bundle(**manifest: object) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("manifest.json", orjson.dumps({"files": {"files/a.js": {}}} | manifest))
    return b"SYSB" + struct.pack("<I", 2) + file.getvalue()


def sha1(content: bytes) -> str:
    return hashlib.sha1(content).hexdigest()


def send(api: Api, content: bytes, name: str = "", field: str = "file_gzip") -> int:
    body = gzip.compress(content) if field == "file_gzip" else content
    return (
        Client()
        .post(
            "/api/0/organizations/bugsink/chunk-upload/",
            {field: SimpleUploadedFile(name or sha1(content), body)},
            headers={"Authorization": f"Bearer {api.token}"},
        )
        .status_code
    )


def assemble(api: Api, content: bytes, project: Project, parts: tuple[bytes, ...] = ()) -> object:
    body = {
        "checksum": sha1(content),
        "chunks": [sha1(part) for part in parts or (content,)],
        "projects": [project.slug],
    }
    answer = api.post("/organizations/bugsink/artifactbundle/assemble/", body, status=200).data
    return answer["state"], answer["missingChunks"]


def test_a_bundle_is_uploaded_in_chunks_and_kept(api: Api, project: Project, store: Store) -> None:
    content = bundle(release="shop@1.0", debug_id="d")
    parts = content[:50], content[50:]
    names = [sha1(part) for part in parts]
    assert assemble(api, content, project, parts) == ("not_found", names)
    assert send(api, parts[0]) == 200
    assert assemble(api, content, project, parts) == ("not_found", names[1:])
    assert send(api, parts[1], field="file") == 200
    assert send(api, parts[1]) == 200
    for _ in range(2):
        assert assemble(api, content, project, parts) == ("ok", [])
    kept = ArtifactBundle.objects.get()
    assert (kept.version, kept.files, kept.size) == ("shop@1.0", 1, len(content))
    assert store.bundle(kept.sha1).read_bytes() == content


def test_what_is_wrong_is_refused(api: Api, project: Project, store: Store) -> None:
    assert send(api, b"abc", name="0" * 40) == 400
    assert send(api, b"abc", name="../../etc/x") == 400
    assert send(api, b"x" * (3 << 20)) == 400
    for content in (b"no bundle", bundle()[:-30]):
        assert send(api, content) == 200
        assert assemble(api, content, project)[0] == "error"  # type: ignore[index]
    content = bundle()
    assert send(api, content) == 200
    path = "/organizations/bugsink/artifactbundle/assemble/"
    wrong = {"checksum": "0" * 40, "chunks": [sha1(content)], "projects": [project.slug]}
    assert api.post(path, wrong, status=200).data["state"] == "error"
    api.post(path, wrong | {"chunks": ["../x"]}, status=400)
    api.post(path, wrong | {"projects": []}, status=400)
    assert not ArtifactBundle.objects.exists()


def test_there_is_a_limit_and_an_end(tmp_path) -> None:
    small = Store(tmp_path, max_bytes=5000)
    with pytest.raises(ValueError, match="no more room"):
        small.add_chunk(sha1(b"x" * 5001), io.BytesIO(b"x" * 5001), is_gzip=False)
    small.add_chunk(sha1(b"x"), io.BytesIO(b"x"), is_gzip=False)
    assert small.size() == 4096  # a small file takes a block, too
    with pytest.raises(ValueError, match="no more room"):
        small.add_chunk(sha1(b"y"), io.BytesIO(b"y"), is_gzip=False)
    assert small.sweep() == 0
    assert small.sweep(now=4e9) == 1
    assert small.missing([sha1(b"x")]) == [sha1(b"x")]


def test_debug_files_get_a_clear_answer(api: Api, project: Project) -> None:
    path = f"/projects/bugsink/{project.slug}/files/difs/assemble/"
    assert "not supported" in api.post(path, {}, status=400).data["detail"]


def test_bundles_go_with_their_project(api: Api, project: Project, store: Store) -> None:
    content = bundle()
    send(api, content)
    assemble(api, content, project)
    deletion.delete_project(project, by=None, now=NOW)
    project.artifact_bundles.clear()
    bundles.remove_orphans(project.pk)
    assert not store.bundle(sha1(content)).exists()


def damaged() -> bytes:
    """The directory is whole, the deflate stream is not."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", orjson.dumps({"files": {}, "x": "ab" * 500}))
    content = bytearray(file.getvalue())
    content[43:49] = b"\xff" * 6
    return b"SYSB" + struct.pack("<I", 2) + bytes(content)


def packed(method: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("manifest.json", b"{}")
    return b"SYSB" + struct.pack("<I", 2) + file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(damaged(), id="damaged stream"),
        pytest.param(packed(zipfile.ZIP_BZIP2), id="another method"),
        pytest.param(b"SYSB\x02\0\0\0", id="no ZIP"),
    ],
)
def test_what_cannot_be_read_is_not_kept(
    api: Api, project: Project, store: Store, content: bytes
) -> None:
    assert send(api, content) == 200
    assert assemble(api, content, project)[0] == "error"  # type: ignore[index]
    assert not store.bundle(sha1(content)).exists()


def test_a_large_directory_is_not_read(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bundle"
    path.write_bytes(bundle())
    assert bundles.read_manifest(path)["files"]
    monkeypatch.setattr(bundles, "MAX_DIRECTORY", 20)
    with pytest.raises(StoreError, match="directory is too large"):
        bundles.read_manifest(path)


def test_a_fault_leaves_no_file(
    project: Project, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: object) -> None:
        raise MemoryError

    monkeypatch.setattr(bundles, "read_manifest", fail)
    name = sha1(b"x")
    store.add_chunk(name, io.BytesIO(b"x"), is_gzip=False)
    with pytest.raises(MemoryError):
        bundles.assemble(name, [name], [project], version="", dist="", now=NOW)
    assert not store.bundle(name).exists()


def test_room_is_looked_for_before_a_byte_is_written(tmp_path) -> None:
    store = Store(tmp_path, max_bytes=20_000)
    content = b"x" * 9000
    store.add_chunk(sha1(content), io.BytesIO(content), is_gzip=False)
    with pytest.raises(StoreFull):
        store.join(sha1(content * 2), [sha1(content)] * 2)
    with pytest.raises(StoreError, match="A chunk is gone; upload again"):
        store.join(sha1(b"y"), [sha1(b"y")])
    assert not (tmp_path / "bundles").exists()
    assert store.join(sha1(content), [sha1(content)]) == 9000  # its own part counts once


def test_chunks_are_for_who_may_do_something(
    new_api: NewApi, project: Project, team: Team, store: Store
) -> None:
    user = make_user()
    assert send(new_api(user=user), b"x") == 403
    membership = join(team, user, Role.VIEWER)
    assert send(new_api(user=user), b"x") == 403
    membership.role = Role.MEMBER
    membership.save()
    assert send(new_api(user=user), b"x") == 200


@pytest.mark.parametrize(
    "time", ["0001-01-01T00:00:00+14:00", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"]
)
def test_a_time_is_of_these_days(api: Api, project: Project, time: str) -> None:
    body = {"version": "shop@1.0", "projects": [project.slug], "dateReleased": time}
    said = api.post("/organizations/bugsink/releases/", body, status=400).data["detail"]
    assert "no " in said
    assert not Release.objects.exists()
