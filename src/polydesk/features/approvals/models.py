"""Boards, and the approvers of a ticket with their votes."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from polydesk.directory.models import Person
from polydesk.directory.models.organization import Owned, Stamped
from polydesk.tickets.models import Ticket


class Board(Owned, Stamped):
    """A named group of people who approve changes."""

    name = models.CharField(max_length=100)
    is_active = models.BooleanField(default=True)
    members = models.ManyToManyField(Person, blank=True, related_name="+")

    def __str__(self) -> str:
        return self.name


class Approver(models.Model):
    """Somebody who is asked about a ticket; `approved` is null until the vote."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="approvers")
    person = models.ForeignKey(Person, on_delete=models.RESTRICT, related_name="+")
    is_member = models.BooleanField(default=False)
    """Asked because of the board; such a one stays as long as the board does."""
    approved = models.BooleanField(null=True)
    note = models.TextField(blank=True, default="")
    voted_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=["ticket", "person"], name="approver_once"),)
