"""sql/00-init-extensions.sql on a server of its own, and the product as its role: past a pooler, with TLS."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
import pytest

from tests.deploy.test_nginx import certificate
from tests.net import free_port
from tests.servers import ROOT, NewServer, wait_for
from tests.system import program
from tests.wire import new_event_id, send
from tests.with_postgres import Cluster, cluster, run_as

BOOTSTRAP = ROOT / "sql" / "00-init-extensions.sql"
PASSWORD = "p@s s/w:rd?#%&=+'\"\\;$HOME[]{}!é"

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def fresh() -> Iterator[Cluster]:
    """A cluster that nobody has used."""
    with cluster() as own:
        yield own


def bootstrap(
    own: Cluster, *arguments: str, check: bool = True, **environment: str
) -> subprocess.CompletedProcess[str]:
    psql = program("psql")
    if psql is None:
        pytest.skip("psql is not installed")
    return subprocess.run(
        [psql, "-X", *arguments, "-f", BOOTSTRAP, own.url()],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=check,
    )


def url_of(own: Cluster, *, port: int | None = None, query: str = "") -> str:
    return (
        f"postgres://bugsink:{quote(PASSWORD, safe='')}@127.0.0.1:{port or own.port}/bugsink{query}"
    )


def test_makes_role_and_database_and_can_be_run_again(fresh: Cluster) -> None:
    bootstrap(fresh, "-v", "bugsink_password=another")
    with psycopg.connect(fresh.url("bugsink")) as admin:
        admin.execute("CREATE TABLE kept (x int)")
    bootstrap(fresh, BUGSINK_PASSWORD=PASSWORD)  # as a container's entry point does
    with psycopg.connect(fresh.url("bugsink")) as admin:
        admin.execute("DROP TABLE kept")
        extensions = {row[0] for row in admin.execute("SELECT extname FROM pg_extension")}
        (available,) = admin.execute(
            "SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_trgm'"
        ).fetchone() or (0,)
    assert ("pg_trgm" in extensions) == bool(available)
    with psycopg.connect(url_of(fresh)) as made:
        made.execute("CREATE TABLE t (x int)")
        made.execute("DROP TABLE t")
        (rights,) = made.execute(
            "SELECT (rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls)::text "
            "FROM pg_roles WHERE rolname = current_user"
        ).fetchone() or ("",)
    assert rights == "(f,f,f,f,f)"


def test_nobody_else_gets_in(fresh: Cluster) -> None:
    bootstrap(fresh, BUGSINK_PASSWORD=PASSWORD)
    with psycopg.connect(fresh.url(), autocommit=True) as admin:
        admin.execute("DROP ROLE IF EXISTS neighbour")
        admin.execute("CREATE ROLE neighbour LOGIN PASSWORD 'x'")
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(f"postgres://neighbour:x@127.0.0.1:{fresh.port}/bugsink")


def test_the_password_is_in_no_log_and_kept_as_a_verifier(fresh: Cluster) -> None:
    with psycopg.connect(fresh.url(), autocommit=True) as admin:
        admin.execute("ALTER SYSTEM SET log_statement = 'all'")
        admin.execute("SELECT pg_reload_conf()")
    bootstrap(fresh, BUGSINK_PASSWORD="not-for-the-log")
    assert "not-for-the-log" not in fresh.log()
    with psycopg.connect(fresh.url()) as admin:
        (kept,) = admin.execute(
            "SELECT rolpassword FROM pg_authid WHERE rolname = 'bugsink'"
        ).fetchone() or ("",)
    assert kept.startswith("SCRAM-SHA-256$")


def test_without_a_password_nothing_is_made(fresh: Cluster) -> None:
    done = bootstrap(fresh, "-v", "bugsink_role=nobody_yet", check=False, BUGSINK_PASSWORD="")
    assert done.returncode != 0
    assert "A password is needed" in done.stderr
    with psycopg.connect(fresh.url()) as admin:
        found = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = 'nobody_yet'").fetchone()
    assert found is None


def test_an_administrator_who_is_no_superuser_may_run_it(fresh: Cluster) -> None:
    with psycopg.connect(fresh.url(), autocommit=True) as admin:
        admin.execute("CREATE ROLE manager LOGIN CREATEDB CREATEROLE PASSWORD 'm'")
        if admin.info.server_version >= 160000:
            pytest.skip("from PostgreSQL 16 on a manager may only touch roles of his own")
    psql = program("psql")
    assert psql is not None
    names = ("-v", "bugsink_role=managed", "-v", "bugsink_database=managed")
    done = subprocess.run(
        [psql, "-X", *names, "-v", "bugsink_password=x", "-f", BOOTSTRAP,
         f"postgres://manager:m@127.0.0.1:{fresh.port}/postgres"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


@contextmanager
def pooled(own: Cluster, directory: Path) -> Iterator[int]:
    """pgbouncer in transaction mode before the cluster; yields its port."""
    pgbouncer = program("pgbouncer")
    if pgbouncer is None:
        pytest.skip("pgbouncer is not installed")
    directory.mkdir()
    port = free_port()
    (directory / "users").write_text('"bugsink" "' + PASSWORD.replace('"', '""') + '"\n')
    (directory / "ini").write_text(
        f"[databases]\nbugsink = host=127.0.0.1 port={own.port}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = scram-sha-256\nauth_file = {directory}/users\n"
        "pool_mode = transaction\ndefault_pool_size = 4\nmax_client_conn = 100\n"
    )
    user, arguments = run_as()
    if user is not None:
        for path in (directory, *directory.iterdir()):
            shutil.chown(path, user)
        for path in directory.parents:
            if path.is_relative_to("/tmp") and path != Path("/tmp"):
                path.chmod(0o755)
    with open(directory.parent / "pgbouncer.log", "wb") as log:
        process = subprocess.Popen(
            [pgbouncer, directory / "ini"], stdout=log, stderr=log, cwd="/", **arguments
        )
    try:
        yield port
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.long
def test_serves_through_pgbouncer_in_transaction_mode(
    fresh: Cluster, new_server: NewServer, tmp_path: Path
) -> None:
    bootstrap(fresh, BUGSINK_PASSWORD=PASSWORD)
    with pooled(fresh, tmp_path / "pool") as port:
        url = url_of(fresh, port=port)
        wait_for(lambda: _connects(url), "pgbouncer to listen")
        server = new_server(DATABASE_URL=url, WORKERS="2")
        dsn = server.create_project("Pooled")
        for number in range(30):
            assert send(dsn, {"message": f"pooled {number % 3}"}, new_event_id()).status == 200
        server.wait_for_events(30)
        assert server.count("issues_issue") >= 1
        server.command("backup", str(tmp_path / "backup"))
        assert server.command("doctor", check=False).returncode == 0
        assert server.stop() == 0
        assert "prepared statement" not in server.output()


def test_connects_over_tls_that_is_verified(
    fresh: Cluster, new_server: NewServer, tmp_path: Path
) -> None:
    bootstrap(fresh, BUGSINK_PASSWORD=PASSWORD)
    pem, key = certificate(tmp_path)
    fresh.use_tls(pem, key)
    verified = f"?sslmode=verify-full&sslrootcert={quote(str(pem), safe='/')}"
    server = new_server(DATABASE_URL=url_of(fresh, query=verified), start=False)
    code = (
        "from django.db import connection as c; c.ensure_connection(); "
        "print(c.connection.pgconn.ssl_in_use)"
    )
    assert server.command("shell", "--no-imports", "-c", code).stdout.strip() in ("True", "1")
    # Another authority's certificate is refused, in a sentence without the password.
    (tmp_path / "other").mkdir()
    other, _ = certificate(tmp_path / "other")
    stranger = url_of(fresh, query=f"?sslmode=verify-full&sslrootcert={other}")
    refused = new_server(DATABASE_URL=stranger, start=False)
    done = refused.command("migrate", check=False)
    assert done.returncode != 0
    assert "certificate verify failed" in done.stderr
    assert PASSWORD not in done.stderr
    assert quote(PASSWORD, safe="") not in done.stderr


def _connects(url: str) -> bool:
    try:
        psycopg.connect(urlsplit(url).geturl(), connect_timeout=2).close()
        return True
    except psycopg.OperationalError:
        return False
