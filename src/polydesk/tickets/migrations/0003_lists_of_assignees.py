from django.db import migrations, models

from polydesk.web.schema import AddIndexBesideWriters


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("directory", "0001_initial"),
        ("tickets", "0002_reports_by_time"),
    ]

    operations = [
        AddIndexBesideWriters(
            model_name="ticket",
            index=models.Index(fields=["organization", "assignee", "active_at", "id"], name="ticket_assignee"),
        ),
    ]
