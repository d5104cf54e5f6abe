"""What only the workplace keeps: drafts of answers, answers held back, and what an agent has read."""

from __future__ import annotations

from django.db import models


class Draft(models.Model):
    """What somebody has typed and not sent yet (PL-202)."""

    person = models.ForeignKey("directory.Person", on_delete=models.CASCADE, related_name="+")
    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="+")
    mode = models.CharField(max_length=10, default="reply")
    text = models.TextField()
    files = models.JSONField(default=list)
    """Stored bytes that were attached before: name, size, sha256, content_type."""
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["person", "ticket"], name="desk_draft_once"),)


class Held(models.Model):
    """A reply that was sent and can still be taken back: the job `desk.send` writes it when it is due (PL-205)."""

    organization_id = models.BigIntegerField()
    person = models.ForeignKey("directory.Person", on_delete=models.CASCADE, related_name="+")
    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="+")
    text = models.TextField()
    then = models.CharField(max_length=60, blank=True, default="")
    files = models.JSONField(default=list)
    due = models.DateTimeField()
    failed = models.TextField(blank=True, default="")
    """Why it could not be sent; it then waits to be put back into the composer."""


class Seen(models.Model):
    """The newest public message that an agent has had before his eyes on a ticket."""

    person = models.ForeignKey("directory.Person", on_delete=models.CASCADE, related_name="+")
    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="+")
    message = models.BigIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["person", "ticket"], name="desk_seen_once"),)
