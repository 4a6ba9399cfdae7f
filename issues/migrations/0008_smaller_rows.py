from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def keep_outside(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """PostgreSQL would look in vain for something to compress in what zstandard has left."""
    if editor.connection.vendor == "postgresql":
        for table in ("issues_eventpayload", "issues_attachmentdata", "issues_payloadexemplar"):
            editor.execute(f"ALTER TABLE {table} ALTER COLUMN data SET STORAGE EXTERNAL")


class Migration(migrations.Migration):
    dependencies = [("issues", "0007_regroup_steps")]

    operations = [
        migrations.RemoveConstraint("issuetag", "issue_tag_unique"),
        migrations.RemoveIndex("issuetag", "issue_tag_search"),
        migrations.AddConstraint(
            "issuetag",
            models.UniqueConstraint(
                fields=("project_id", "key", "value", "grouphash_id"), name="issue_tag_unique"
            ),
        ),
        migrations.AddIndex(
            "issuetag", models.Index(fields=["grouphash_id", "key"], name="issue_tag_of_hash")
        ),
        migrations.AlterField("eventpayload", "dictionary", models.IntegerField(default=0)),
        migrations.CreateModel(
            "PayloadExemplar",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("project_id", models.BigIntegerField()),
                ("grouphash_id", models.BigIntegerField(db_index=True)),
                ("hash", models.CharField(max_length=32)),
                ("dictionary", models.SmallIntegerField()),
                ("data", models.BinaryField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["project_id", "hash"], name="payload_exemplar_of_hash")
                ]
            },
        ),
        migrations.RunPython(keep_outside, migrations.RunPython.noop),
    ]
