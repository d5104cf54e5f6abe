"""What somebody was told, what people want to be told, and an organization's own words for it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from polydesk.directory.models import Person
from polydesk.directory.models.organization import Owned, Stamped
from polydesk.tickets.models import Ticket
from polydesk.web.moments import Moment


class Notification(Owned):
    """One person was told of one event. It keeps no text: what is shown of it is what the person may see by then."""

    WAITING, SENT, FAILED, WITHHELD = "waiting", "sent", "failed", "withheld"
    MAIL = (("", "No mail"), (WAITING, "Waiting"), (SENT, "Sent"), (FAILED, "Given up"), (WITHHELD, "Withheld"))

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    event_id = models.BigIntegerField()
    """Not a foreign key, like `comment_id` and `actor_id`: only looked up, never joined."""
    comment_id = models.BigIntegerField(null=True)
    actor_id = models.BigIntegerField(null=True)
    """Who did it; null for the desk itself."""
    what = models.CharField(max_length=20)
    reason = models.CharField(max_length=20)
    created_at = Moment(default=timezone.now)
    shown = models.BooleanField(default=True)
    """It stands in the inbox; the others are only mailed."""
    read_at = Moment(null=True, blank=True)
    mail = models.CharField(max_length=10, choices=MAIL, blank=True, default="")
    mailed_at = Moment(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["person", "event_id"], name="notification_once"),)
        indexes = (
            models.Index(fields=["person", "organization", "-id"], name="notification_inbox", condition=Q(shown=True)),
            models.Index(
                fields=["person", "organization"],
                name="notification_unread",
                condition=Q(shown=True, read_at__isnull=True),
            ),
            models.Index(fields=["created_at"], name="notification_created"),
        )

    def __str__(self) -> str:
        return f"{self.what} of {self.ticket_id} for {self.person_id}"


class Preference(models.Model):
    """How one person wants to be told; what is not said here is as shipped (`preferences.DEFAULTS`)."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, primary_key=True, related_name="+")
    choices = models.JSONField(default=dict, blank=True)
    """what -> {"inbox": bool, "mail": bool}, the differences alone."""


class Wording(Owned, Stamped):
    """An organization's own subject and body for one kind of news (RS-088). No language: for all languages."""

    what = models.CharField(max_length=20)
    language = models.CharField(max_length=12, blank=True, default="")
    subject = models.CharField(max_length=200, blank=True, default="")
    body = models.TextField(blank=True, default="")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organization", "what", "language"], name="notification_wording_once"),
        )

    def __str__(self) -> str:
        return f"{self.what} {self.language}".strip()
