import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("issues", "0008_smaller_rows"),
        ("projects", "0003_grouping_rules"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DeletedIssue",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("project_id", models.BigIntegerField()),
                ("issue_ids", models.JSONField()),
                ("hashes", models.JSONField()),
                ("at", models.DateTimeField(null=True)),
                ("event_pk", models.BigIntegerField(null=True)),
                ("deleted_at", models.DateTimeField()),
                ("number", models.PositiveIntegerField()),
                ("title", models.CharField(max_length=256)),
            ],
        ),
        migrations.CreateModel(
            name="Discard",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("project_id", models.BigIntegerField()),
                ("number", models.PositiveIntegerField()),
                ("title", models.CharField(max_length=256)),
                ("culprit", models.CharField(blank=True, max_length=256)),
                ("level", models.SmallIntegerField()),
                ("event_count", models.BigIntegerField()),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="DiscardedHash",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("project_id", models.BigIntegerField()),
                ("hash", models.CharField(max_length=32)),
            ],
            options={
                "verbose_name_plural": "discarded hashes",
            },
        ),
        migrations.CreateModel(
            name="IssueMark",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("bookmarked_at", models.DateTimeField(null=True)),
                ("subscribed", models.BooleanField(null=True)),
                ("reason", models.CharField(blank=True, max_length=16)),
            ],
        ),
        migrations.CreateModel(
            name="IssueShare",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("token", models.CharField(max_length=43, unique=True)),
                ("created_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="issue",
            name="muted_until_users",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="issue",
            name="muted_window",
            field=models.TextField(blank=True, default=""),
        ),
        migrations.AddField(
            model_name="issue",
            name="priority",
            field=models.SmallIntegerField(
                choices=[(25, "low"), (50, "medium"), (75, "high")], null=True
            ),
        ),
        migrations.AddField(
            model_name="issue",
            name="resolved_after",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="projects.release",
            ),
        ),
        migrations.AddField(
            model_name="issue",
            name="resolved_commit",
            field=models.CharField(blank=True, default="", max_length=64),
        ),
        migrations.AddField(
            model_name="issue",
            name="resolved_in",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="projects.release",
            ),
        ),
        migrations.AddField(
            model_name="issue",
            name="resolved_next",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="issue",
            name="resolved_repository",
            field=models.CharField(blank=True, default="", max_length=200),
        ),
        migrations.AlterField(
            model_name="activity",
            name="kind",
            field=models.CharField(
                choices=[
                    ("first_seen", "first_seen"),
                    ("resolved", "resolved"),
                    ("reopened", "reopened"),
                    ("muted", "muted"),
                    ("unmuted", "unmuted"),
                    ("regressed", "regressed"),
                    ("assigned", "assigned"),
                    ("unassigned", "unassigned"),
                    ("commented", "commented"),
                    ("storm_started", "storm_started"),
                    ("storm_ended", "storm_ended"),
                    ("merged", "merged"),
                    ("unmerged", "unmerged"),
                    ("regrouped", "regrouped"),
                    ("released", "released"),
                    ("priority", "priority"),
                    ("mentioned", "mentioned"),
                    ("shared", "shared"),
                    ("unshared", "unshared"),
                ],
                max_length=16,
            ),
        ),
        migrations.AddIndex(
            model_name="issue",
            index=models.Index(
                condition=models.Q(("muted_until__isnull", False)),
                fields=["muted_until"],
                name="issue_muted_until",
            ),
        ),
        migrations.AddIndex(
            model_name="issue",
            index=models.Index(
                condition=models.Q(("resolved_next", True)),
                fields=["project"],
                name="issue_resolved_next",
            ),
        ),
        migrations.AddField(
            model_name="deletedissue",
            name="actor",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="discard",
            name="actor",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="discardedhash",
            name="discard",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="hashes",
                to="issues.discard",
            ),
        ),
        migrations.AddField(
            model_name="issuemark",
            name="issue",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="marks",
                to="issues.issue",
            ),
        ),
        migrations.AddField(
            model_name="issuemark",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="issueshare",
            name="actor",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="issueshare",
            name="issue",
            field=models.OneToOneField(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="share",
                to="issues.issue",
            ),
        ),
        migrations.AddIndex(
            model_name="deletedissue",
            index=models.Index(fields=["project_id"], name="deleted_issue_of_project"),
        ),
        migrations.AddIndex(
            model_name="discard",
            index=models.Index(fields=["project_id", "-at"], name="discard_of_project"),
        ),
        migrations.AddConstraint(
            model_name="discardedhash",
            constraint=models.UniqueConstraint(
                fields=("project_id", "hash"), name="discarded_hash_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="issuemark",
            constraint=models.UniqueConstraint(fields=("issue", "user"), name="issue_mark_unique"),
        ),
    ]
