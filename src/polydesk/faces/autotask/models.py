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
