"""What only the workplace keeps: saved views, drafts of answers, and what an agent has read."""

from __future__ import annotations

from django.db import models

from polydesk.directory.models.organization import Owned


class View(Owned):
    """A saved list: its query text and order, for one person or one team (PL-201)."""

    owner = models.ForeignKey("directory.Person", on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey("directory.Team", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    query = models.TextField(blank=True, default="")
    sort = models.CharField(max_length=20, blank=True, default="")

    class Meta:
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name


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
