"""What makes searching fast on PostgreSQL; SQLite has it already, or has nothing like it.

Tags are ordered by their bytes, so that what begins alike stands together, and wildcards jump through the index. Free
text has trigrams if the server offers them and lets us: searching works without.
"""

from django.db import migrations, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.utils import DatabaseError

TEXT, INDEX = "issues_issuetext", "issue_text_trigrams"
TAG = "issues_issuetag"


def improve(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f'ALTER TABLE {TAG} ALTER COLUMN "key" TYPE varchar(200) COLLATE "C", '
            'ALTER COLUMN "value" TYPE varchar(200) COLLATE "C"'
        )
        cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")
        if cursor.fetchone() is None:
            return
        try:
            with transaction.atomic(connection.alias):
                cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
                cursor.execute(f"CREATE INDEX {INDEX} ON {TEXT} USING gin (text gin_trgm_ops)")
        except DatabaseError:
            # The role may not create extensions: an administrator can, and add the index (docs/search.md).
            return


def leave(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Back to the database's own order. The extension stays: others may use it."""
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX IF EXISTS {INDEX}")
        cursor.execute(
            f'ALTER TABLE {TAG} ALTER COLUMN "key" TYPE varchar(200) COLLATE "default", '
            'ALTER COLUMN "value" TYPE varchar(200) COLLATE "default"'
        )


class Migration(migrations.Migration):
    dependencies = [("issues", "0010_saved_searches")]

    operations = [migrations.RunPython(improve, leave)]
