"""Sealed secrets, where they hang, and who was shown them."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from polydesk.directory.models import Company, Person
from polydesk.directory.models.organization import Owned
from polydesk.tickets.models import Comment, Ticket


class Secret(Owned):
    """One secret; `sealed` is empty once its value was destroyed."""

    company = models.ForeignKey(Company, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    title = models.CharField(max_length=255)
    sealed = models.TextField(blank=True, default="")
    author = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    view_once = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    destroyed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.title

    def destroy(self) -> None:
        """Forget the value for good; that there was one stays known."""
        self.sealed, self.destroyed_at = "", timezone.now()
        self.save(update_fields=["sealed", "destroyed_at"])


class Use(models.Model):
    """A secret on a message of a ticket."""

    secret = models.ForeignKey(Secret, on_delete=models.CASCADE, related_name="uses")
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    comment = models.ForeignKey(Comment, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)


class Viewing(models.Model):
    """Somebody asked for the value: `shown`, or why not. Rows are only ever added."""

    secret = models.ForeignKey(Secret, on_delete=models.CASCADE, related_name="viewings")
    person_id = models.BigIntegerField(null=True)
    """Not a foreign key: the log outlives the people in it."""
    via = models.CharField(max_length=20)
    at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(max_length=20)

    class Meta:
        ordering = ("id",)
