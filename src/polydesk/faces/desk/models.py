"""What only the workplace keeps: drafts of answers, and what an agent has read."""

from __future__ import annotations

from django.db import models


class Draft(models.Model):
    """What somebody has typed and not sent yet (PL-202)."""

    person = models.ForeignKey("directory.Person", on_delete=models.CASCADE, related_name="+")
    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="+")
    mode = models.CharField(max_length=10, default="reply")
    text = models.TextField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["person", "ticket"], name="desk_draft_once"),)


class Seen(models.Model):
    """The newest public message that an agent has had before his eyes on a ticket."""

    person = models.ForeignKey("directory.Person", on_delete=models.CASCADE, related_name="+")
    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="+")
    message = models.BigIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["person", "ticket"], name="desk_seen_once"),)
