"""Who is at a ticket: a row that lapses by itself, because a closed window says no goodbye."""

from __future__ import annotations

from django.db import models


class Presence(models.Model):
    """One person at one ticket, until `until`; writing as long as `writing_until` is ahead."""

    organization_id = models.BigIntegerField()
    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey("directory.Person", on_delete=models.CASCADE, related_name="+")
    until = models.DateTimeField()
    writing_until = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["ticket", "person"], name="live_presence_once"),)
        indexes = (models.Index(fields=["organization_id", "until"], name="live_presence_now"),)
