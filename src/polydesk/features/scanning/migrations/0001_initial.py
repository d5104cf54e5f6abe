"""The scanner's verdicts."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies: list[tuple[str, str]] = []

    operations = [
        migrations.CreateModel(
            name="Verdict",
            fields=[
                ("sha256", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("clean", models.BooleanField()),
                ("said", models.CharField(blank=True, default="", max_length=255)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
    ]
