"""The two tables of the web plumbing: remembered answers and token buckets."""

from django.db import models


class IdempotencyRecord(models.Model):
    """The answer that one caller's key was given, kept for a day (RS-020 … RS-024)."""

    caller = models.CharField(max_length=100)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of method, path and body")
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    created = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="web_idempotency_once")]

    def __str__(self) -> str:
        return f"{self.caller} {self.key}"


class Bucket(models.Model):
    """A token bucket (RS-160): what was left in it when it was last looked at."""

    name = models.CharField(max_length=200, primary_key=True)
    tokens = models.FloatField()
    taken = models.PositiveIntegerField(help_text="what the last statement took out: 0 = it was refused")
    updated = models.FloatField(help_text="Unix seconds")

    def __str__(self) -> str:
        return self.name


class Slot(models.Model):
    """A place for expensive work (RS-163): taken until it is given back, or until its time is over."""

    name = models.CharField(max_length=100, primary_key=True)
    until = models.FloatField(help_text="Unix seconds")

    def __str__(self) -> str:
        return self.name
