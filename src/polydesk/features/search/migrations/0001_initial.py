"""Saved views, and the table of documents in each database's own form."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import polydesk.features.search.models
from polydesk.web.schema import CreateTables

POSTGRESQL = (
    "CREATE TABLE search_document (ticket_id bigint PRIMARY KEY, public tsvector NOT NULL, search_document tsvector NOT NULL)",
    "CREATE INDEX search_document_public ON search_document USING gin (public)",
    "CREATE INDEX search_document_everything ON search_document USING gin (search_document)",
)
SQLITE = (
    "CREATE VIRTUAL TABLE search_document USING fts5(ticket_id UNINDEXED, public, internal, "
    "tokenize = \"unicode61 remove_diacritics 0\", prefix = '2 3')",
)


def make_table(apps, schema_editor):
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


def drop_table(apps, schema_editor):
    schema_editor.execute("DROP TABLE search_document")


class Migration(migrations.Migration):
    initial = True

    dependencies = [("directory", "0001_initial")]

    operations = [
        CreateTables(
            migrations.CreateModel(
                name="Document",
                fields=[
                    ("ticket_id", models.BigIntegerField(db_column="ticket_id", primary_key=True, serialize=False)),
                    ("public", polydesk.features.search.models.SearchText()),
                    ("everything", polydesk.features.search.models.SearchText(db_column="search_document")),
                ],
                options={"db_table": "search_document", "managed": False},
            ),
            migrations.CreateModel(
                name="View",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    ("version", models.PositiveIntegerField(default=1)),
                    ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                    ("updated_at", models.DateTimeField(auto_now=True)),
                    ("extra", models.JSONField(blank=True, default=dict)),
                    ("name", models.CharField(max_length=80)),
                    ("query", models.CharField(blank=True, default="", max_length=2000)),
                    ("columns", models.JSONField(blank=True, default=list)),
                    ("sort", models.CharField(blank=True, default="", max_length=40)),
                    ("position", models.IntegerField(default=0)),
                    (
                        "organization",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE, related_name="+", to="directory.organization"
                        ),
                    ),
                    (
                        "owner",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="+",
                            to="directory.person",
                        ),
                    ),
                    (
                        "team",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="+",
                            to="directory.team",
                        ),
                    ),
                ],
                options={"ordering": ("position", "id")},
            ),
        ),
        migrations.RunPython(make_table, drop_table),
    ]
