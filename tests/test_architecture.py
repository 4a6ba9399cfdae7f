"""Imports point one way: the table of docs/architecture.md as data, checked against the code."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).parent.parent
ANY_ROOM = ("projects", "ingest", "issues", "alerts", "api", "bugsink_lite")

# Room -> what it may import of the others; a name covers what lies below it.
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "projects": (),
    "ingest": ("projects.keys", "projects.ref", "projects.dsn"),
    "issues": ("projects", "ingest.items", "ingest.lenient"),
    "alerts": ("projects", "issues"),
    "api": ("projects", "issues", "alerts", "ingest.outcomes"),
}
# Modules off the hot path that may import more than their room.
EXCEPTIONS: dict[str, tuple[str, ...]] = {
    "ingest/pages.py": ("projects",),
    "ingest/doctor_pages.py": ("projects",),
    "ingest/log_pages.py": ("projects",),
    "ingest/log_reports.py": ("projects.sql",),
    "ingest/losses.py": ("projects.sql",),
    "ingest/outcomes.py": ("projects.sql",),
    "ingest/sdks.py": ("projects.sql",),
}
# The project package knows every room, but only where it wires them or speaks of the whole installation.
WIRING = tuple(
    f"bugsink_lite/{name}.py"
    for name in (
        *("background", "backlog", "clerk", "demo/fill", "first_run", "greeting", "janitor"),
        *("notices", "server", "stats", "system"),
        *("telemetry", "urls", "worker", "wsgi"),
        *("backup/make", "backup/restore", "checkup", "metrics", "probes", "forwarded", "settings"),
    )
)
# Between the bytes of a request and its record on disk: no Django, hence no query.
HOT_PATH = (
    "ingest/accept.py",
    "ingest/own_spool.py",
    "ingest/spool.py",
    "ingest/spool_files.py",
    "ingest/sqlite_pages.py",
)

# What the architecture marks as pure: standard library, other pure modules and parsers; no Django, no clock, no disk,
# no network. Modules whose docstring ends its first line with "Pure." join them.
MUST_BE_PURE = (
    "projects/ref.py",
    "projects/dsn.py",
    "ingest/auth.py",
    "ingest/checkins.py",
    "ingest/checks.py",
    "ingest/compression.py",
    "ingest/decoders",
    "ingest/envelope.py",
    "ingest/items.py",
    "ingest/legacy.py",
    "ingest/lenient.py",
    "ingest/minidump.py",
    "ingest/otlp.py",
    "ingest/reasons.py",
    "ingest/routes.py",
    "ingest/security.py",
    "issues/compress.py",
    "issues/stored.py",
    "issues/grouping",
    "issues/identity.py",
    "issues/parameterize.py",
    "issues/payload",
    "issues/scrub",
    "issues/states.py",
    "issues/frames.py",
    "issues/source.py",
    "issues/sparklines.py",
    "issues/text.py",
    "issues/values.py",
    "issues/highlight.py",
    "issues/trail.py",
    "issues/http_request.py",
    "issues/contexts.py",
    "issues/why.py",
    "issues/paging.py",
    "issues/search/query.py",
    "projects/platforms.py",
    "ingest/snippets",
    "issues/titles.py",
    "issues/words.py",
)
IMPURE_LIBRARIES = {
    *("django", "allauth", "psycopg", "sqlite3", "gunicorn", "environ", "sentry_sdk", "whitenoise"),
    *("asyncio", "glob", "http", "io", "logging", "multiprocessing", "os", "pathlib", "random"),
    *("secrets", "shutil", "signal", "socket", "ssl", "subprocess", "tempfile", "time"),
}
# The clock is an argument; so are new random ids.
IMPURE_CALLS = {
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today"),
    *("open", "uuid.uuid1", "uuid.uuid4", "uuid4", "uuid1"),
}


def modules(place: str) -> list[Path]:
    path = ROOT / place
    return [path] if path.suffix == ".py" else sorted(path.rglob("*.py"))


def calls_itself_pure(path: Path) -> bool:
    docstring = ast.get_docstring(ast.parse(path.read_bytes())) or ""
    return docstring.partition("\n")[0].endswith("Pure.")


PURE = tuple(
    sorted(
        {
            *MUST_BE_PURE,
            *(
                path.relative_to(ROOT).as_posix()
                for room in MAY_IMPORT
                for path in modules(room)
                if calls_itself_pure(path)
                and not any(path.is_relative_to(ROOT / place) for place in MUST_BE_PURE)
            ),
        }
    )
)


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    package = path.parent.relative_to(ROOT).parts
    return imports_of(ast.parse(path.read_bytes()), ".".join(package))


def imports_of(tree: ast.AST, package: str) -> Iterator[str]:
    """Every imported name, absolute and in full: `from a import b` is a.b. Also inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base] if base else above)
            yield from (f"{base}.{alias.name}" for alias in node.names)


def within(name: str, places: tuple[str, ...]) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_rooms_import_only_downwards(room: str) -> None:
    others = tuple(other for other in ANY_ROOM if other != room)
    wrong = [
        f"{relative(path)}: {name}"
        for path in modules(room)
        for name in imports(path)
        if within(name, others)
        and not within(name, MAY_IMPORT[room] + EXCEPTIONS.get(relative(path), ()))
    ]
    assert wrong == []


def test_the_project_package_imports_rooms_only_where_it_wires_them() -> None:
    wrong = [
        f"{relative(path)}: {name}"
        for path in modules("bugsink_lite")
        for name in imports(path)
        if within(name, tuple(MAY_IMPORT)) and relative(path) not in WIRING
    ]
    assert wrong == []


@pytest.mark.parametrize("place", HOT_PATH)
def test_the_hot_path_knows_no_django(place: str) -> None:
    assert [name for name in imports(ROOT / place) if within(name, ("django", "psycopg"))] == []


def test_no_room_knows_the_tests_or_the_benchmark() -> None:
    wrong = [
        f"{relative(path)}: {name}"
        for room in ANY_ROOM
        for path in modules(room)
        for name in imports(path)
        if within(name, ("tests", "bench"))
    ]
    assert wrong == []


def test_models_never_import_views() -> None:
    wrong = [
        f"{relative(path)}: {name}"
        for room in MAY_IMPORT
        for path in modules(room)
        if path.name == "models.py" or path.parent.name == "models"
        for name in imports(path)
        if ".views" in name
    ]
    assert wrong == []


def test_the_list_of_pure_modules_is_true() -> None:
    assert [place for place in MUST_BE_PURE if not (ROOT / place).exists()] == []


@pytest.mark.parametrize("place", PURE)
def test_pure_modules_import_only_pure_ones(place: str) -> None:
    pure = tuple(module_name(path) for listed in PURE for path in modules(listed))
    packages = tuple(name.rpartition(".")[0] for name in pure)
    wrong = []
    for path in modules(place):
        for name in imports(path):
            top = name.partition(".")[0]
            if top in ANY_ROOM:
                # `from issues.payload import x` names either a module or something in a pure package.
                fine = within(name, pure) or (name.rpartition(".")[0] in {*pure, *packages})
                if not fine:
                    wrong.append(f"{relative(path)}: {name}")
            elif top in IMPURE_LIBRARIES:
                wrong.append(f"{relative(path)}: {name}")
    assert wrong == []


@pytest.mark.parametrize("place", PURE)
def test_pure_modules_ask_neither_clock_nor_disk_nor_dice(place: str) -> None:
    wrong = [
        f"{relative(path)}:{node.lineno}: {ast.unparse(node.func)}()"
        for path in modules(place)
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in IMPURE_CALLS
    ]
    assert wrong == []


def test_no_form_of_import_is_overlooked() -> None:
    source = """
import os.path
def f():
    from . import a
    from ..models import Issue as I
    if True:
        from issues.views.deep import b, c
"""
    assert set(imports_of(ast.parse(source), "issues.views")) == {
        "os.path",
        "issues.views.a",
        "issues.models.Issue",
        "issues.views.deep.b",
        "issues.views.deep.c",
    }
