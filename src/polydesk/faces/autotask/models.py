"""Rows that this face alone knows."""

from __future__ import annotations

from django.db import models

from polydesk.directory.models import JobRole, Person
from polydesk.tickets.models import Ticket


class SecondaryRole(models.Model):
    """In which role a further assigned person works on a ticket (AT-440); the engine knows the person alone."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    role = models.ForeignKey(JobRole, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["ticket", "person"], name="autotask_secondary_once"),)


class HourSlot(models.Model):
    """How many requests of an organization came within ten seconds (AT-540). Places are used again after an hour."""

    pk = models.CompositePrimaryKey("organization_id", "place")
    organization_id = models.BigIntegerField()
    place = models.PositiveSmallIntegerField(help_text="the slot's number within the ring")
    slot = models.BigIntegerField(help_text="ten seconds of Unix time")
    used = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.organization_id} {self.slot}: {self.used}"
