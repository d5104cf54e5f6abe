"""The canned reply: one person's, a team's or everybody's."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models

from polydesk.directory.actors import Actor
from polydesk.directory.models import Person, Team
from polydesk.directory.models.organization import Owned, Stamped
from polydesk.tickets import placeholders
from polydesk.tickets.models import Ticket

LONGEST = 50_000


class CannedReply(Owned, Stamped):
    """A text with names to be filled in; `shortcut` is what is typed after `/`."""

    owner = models.ForeignKey(Person, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=100)
    folder = models.CharField(max_length=60, blank=True, default="")
    shortcut = models.CharField(
        max_length=30,
        blank=True,
        default="",
        validators=[RegexValidator(r"\A[a-z0-9_]+\Z", "A shortcut is small letters, digits and _.")],
    )
    body = models.TextField(max_length=LONGEST)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ("folder", "name", "id")
        indexes = (models.Index(fields=["organization", "folder", "name"], name="canned_reply_folder"),)

    def __str__(self) -> str:
        return self.name

    def filled(self, ticket: Ticket, actor: Actor) -> str:
        """The text for this ticket, as this actor would send it."""
        return placeholders.fill(self.body, ticket, actor)
