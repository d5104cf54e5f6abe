"""Endpoints, what was sent to them, and each try that failed (RS-040 … RS-048)."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from polydesk.directory.models import Person
from polydesk.directory.models.organization import Owned, Stamped


class Endpoint(Owned, Stamped):
    """An address that is told of events. It is told what its owner may see, at the time of sending (RS-048)."""

    owner = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=100, blank=True, default="")
    url = models.CharField(max_length=500)
    format = models.CharField(max_length=20, default="standard")
    types = models.JSONField(default=list, blank=True)
    """Event types, each a name or `area.*`; empty means all."""
    internal_notes = models.BooleanField(default=False)
    """Asked for by an administrator; without it nothing internal leaves."""
    secret = models.TextField()
    """Sealed: it must be readable to sign."""
    former_secret = models.TextField(blank=True, default="")
    former_until = models.DateTimeField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_because = models.CharField(max_length=200, blank=True, default="")
    failures = models.PositiveIntegerField(default=0)
    """Failed tries since the last success."""
    failing_since = models.DateTimeField(null=True, blank=True)
    slow_until = models.DateTimeField(null=True, blank=True)
    """It asked for time (429, 502, 504): nothing is sent before."""
    sequence = models.PositiveBigIntegerField(default=0)

    class Meta:
        indexes = (models.Index(fields=["organization"], name="webhook_active", condition=models.Q(is_active=True)),)

    def __str__(self) -> str:
        return self.name or self.url

    @property
    def group(self) -> str:
        """The job group: at most two of its deliveries run at once (RS-047)."""
        return f"webhook:{self.pk}"


def _message_id() -> str:
    return f"msg_{uuid.uuid4().hex}"


class Delivery(models.Model):
    """One message for one endpoint. `withheld`: the owner may not see it (any more)."""

    WAITING, DELIVERED, DEAD, WITHHELD = "waiting", "delivered", "dead", "withheld"
    STATES = ((WAITING, "Waiting"), (DELIVERED, "Delivered"), (DEAD, "Given up"), (WITHHELD, "Withheld"))

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    message_id = models.CharField(max_length=40, default=_message_id, unique=True)
    type = models.CharField(max_length=40)
    event_id = models.BigIntegerField(null=True)
    """Not a foreign key: deliveries are forgotten sooner, and a test message has none."""
    ticket_id = models.BigIntegerField(null=True)
    subject = models.JSONField(null=True, blank=True)
    """What a face's own message is about, when it is no ticket's event (`outbox.tell`)."""
    state = models.CharField(max_length=10, choices=STATES, default=WAITING)
    created_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveIntegerField(default=0)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    """The last answer's status; null without one."""
    error = models.CharField(max_length=300, blank=True, default="")
    sequence = models.PositiveBigIntegerField(null=True, blank=True)
    """Rising per endpoint in the order of sending, for formats that number their messages."""

    class Meta:
        ordering = ("id",)
        indexes = (
            models.Index(fields=["endpoint", "state", "-id"], name="webhook_delivery_state"),
            models.Index(fields=["created_at"], name="webhook_delivery_created"),
        )


class Attempt(models.Model):
    """A try that failed. What the remote side answered is for administrators alone (RS-057)."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField(default=timezone.now)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    error = models.CharField(max_length=300)
    payload = models.TextField(blank=True, default="")
    answer = models.TextField(blank=True, default="")

    class Meta:
        ordering = ("id",)
