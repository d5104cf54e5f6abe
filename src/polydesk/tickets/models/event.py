"""The one row that remembers an edit: history, audit, feed, undo and time travel (PL-021, PL-022, RS-170).

The chain covers `facts` (who, when, what verb) and the digest of the values, never the values themselves: `changes`
and `salt` can be erased without breaking it (RS-174). The salt keeps a digest of a short value from being guessed."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone

from polydesk.web.moments import Moment


class CurrentTransaction(models.Func):
    """The id of the writing transaction on PostgreSQL; 0 on SQLite, where writers are serial and ids already tell."""

    output_field = models.BigIntegerField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:
        """The 64-bit id, which never wraps."""
        return "(pg_current_xact_id()::text::bigint)", []

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, tuple[str | int, ...]]:
        """A constant."""
        return "0", ()


class Event(models.Model):
    """One command on one ticket. Rows are only ever added; erasing empties `changes` and `salt`."""

    organization_id = models.BigIntegerField()
    ticket_id = models.BigIntegerField()
    """Not a foreign key: the tombstone of a purged ticket outlives it (PL-031)."""
    number = models.PositiveIntegerField()
    """1, 2, 3 … within the ticket; equal to the version the ticket has after it."""
    verb = models.CharField(max_length=30)
    actor_id = models.BigIntegerField(null=True)
    side = models.CharField(max_length=10, default="staff")
    impersonator_id = models.BigIntegerField(null=True)
    via = models.CharField(max_length=20)
    cause = models.CharField(max_length=120, blank=True, default="")
    """Why it happened when nobody asked for it directly: a rule, an automation, `event:17` that it undoes."""
    at = Moment(default=timezone.now)
    public = models.BooleanField(default=False)
    """A customer may know of it (RC-084)."""
    comment_id = models.BigIntegerField(null=True)
    changes = models.JSONField(default=dict)
    """field -> [before, after]; parts that are not fields stand under `+comment`, `+attachment`, `+time` …"""
    salt = models.CharField(max_length=32, blank=True, default="")
    values_digest = models.CharField(max_length=64)
    previous = models.CharField(max_length=64, blank=True, default="")
    digest = models.CharField(max_length=64)
    tx = models.BigIntegerField(db_default=CurrentTransaction())
    """PostgreSQL's transaction id, so that the feed can be read in commit-safe order (PL-107)."""
    erased_at = Moment(null=True)

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=["ticket_id", "number"], name="event_number_once"),)
        indexes = (
            models.Index(fields=["organization_id", "tx", "id"], name="event_feed"),
            models.Index(fields=["organization_id", "at"], name="event_at"),
        )
