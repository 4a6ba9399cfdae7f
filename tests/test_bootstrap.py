"""The SQL that makes the role and the database, on a real server."""

import subprocess
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from tests.system import program

BOOTSTRAP = Path(__file__).parent.parent / "sql" / "postgresql" / "bootstrap.sql"
PASSWORD = "p@ss/w:rd?#%'\"\\"

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db]


def test_makes_role_and_database_and_can_be_run_again() -> None:
    psql = program("psql")
    if psql is None:
        pytest.skip("psql is not installed")
    values = connection.get_connection_params()
    where = {
        name: values[name] for name in ("host", "port", "user", "password") if values.get(name)
    }
    for _ in range(2):
        subprocess.run(
            [psql, "-v", "ON_ERROR_STOP=1", "-v", f"password={PASSWORD}", "-q", "-f", BOOTSTRAP,
             psycopg.conninfo.make_conninfo(dbname="postgres", **where)],
            check=True,
            capture_output=True,
        )  # fmt: skip
    try:
        login = where | {"user": "bugsink", "password": PASSWORD}
        with psycopg.connect(dbname="bugsink", **login) as made:
            made.execute("CREATE TABLE t (x int)")
    finally:
        with psycopg.connect(dbname="postgres", autocommit=True, **where) as clean:
            clean.execute("DROP DATABASE IF EXISTS bugsink")
            clean.execute("DROP ROLE IF EXISTS bugsink")
