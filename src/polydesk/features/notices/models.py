"""The notice, and which of them an actor knows of."""

from __future__ import annotations

from django.db import models
from django.db.models import Q, QuerySet

from polydesk.directory.actors import Actor
from polydesk.directory.models import Company
from polydesk.directory.models.organization import Owned, Stamped


class Notice(Owned, Stamped):
    """An announcement to one company, or to all customers when it names none."""

    company = models.ForeignKey(Company, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    title = models.CharField(max_length=255)
    text = models.TextField(max_length=50_000, blank=True, default="")
    notification_categories = models.JSONField(default=list, blank=True)

    class Meta:
        indexes = (models.Index(fields=["organization", "-id"], name="notice_newest"),)

    def __str__(self) -> str:
        return self.title


def visible(actor: Actor) -> QuerySet[Notice]:
    """Staff know all; a customer those to his company and to everybody. Newest first."""
    found = Notice.objects.filter(organization_id=actor.organization_id).order_by("-id")
    if actor.is_staff:
        return found
    return found.filter(Q(company_id=actor.company_id or 0) | Q(company__isnull=True))
