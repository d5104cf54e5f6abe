"""Notices belong to everybody now: they move to the feature, under the numbers that clients know."""

from django.core.management.color import no_style
from django.db import migrations


def move(apps, schema_editor):
    old, new = apps.get_model("selectel", "Notice"), apps.get_model("notices", "Notice")
    new.objects.bulk_create(
        new(
            id=row.id,
            organization_id=row.organization_id,
            company_id=row.company_id,
            title=row.title,
            text=row.text,
            notification_categories=row.notification_categories,
            created_at=row.created_at,
        )
        for row in old.objects.order_by("id")
    )
    connection = schema_editor.connection
    for statement in connection.ops.sequence_reset_sql(no_style(), [new]):
        schema_editor.execute(statement)


def move_back(apps, schema_editor):
    old, new = apps.get_model("selectel", "Notice"), apps.get_model("notices", "Notice")
    columns = ("id", "organization_id", "company_id", "title", "text", "notification_categories", "created_at")
    old.objects.bulk_create(old(**row) for row in new.objects.values(*columns))


class Migration(migrations.Migration):
    dependencies = [("selectel", "0001_initial"), ("notices", "0001_initial")]

    operations = [
        migrations.RunPython(move, move_back),
        migrations.DeleteModel("Notice"),
    ]
