"""Checklist items of tickets, and the libraries they can be copied from."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from polydesk.directory.models import Person
from polydesk.directory.models.organization import Owned, Stamped
from polydesk.tickets.models import Ticket


class Item(models.Model):
    """Something to tick off; done when `done_at` is set."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="checklist")
    name = models.CharField(max_length=600)
    is_important = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)
    article_id = models.BigIntegerField(null=True, blank=True)
    done_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.RESTRICT, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("position", "id")

    @property
    def is_done(self) -> bool:
        return self.done_at is not None


class Library(Owned, Stamped):
    """A named list of items to copy onto tickets."""

    name = models.CharField(max_length=100)
    description = models.CharField(max_length=500, blank=True, default="")
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class LibraryItem(models.Model):
    """One item of a library."""

    library = models.ForeignKey(Library, on_delete=models.CASCADE, related_name="items")
    name = models.CharField(max_length=600)
    is_important = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)
    article_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ("position", "id")
