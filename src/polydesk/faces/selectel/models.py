"""Notices: announcements of the desk that clients open tickets from (SE-104). Nobody else knows them."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from polydesk.directory.models import Company
from polydesk.directory.models.organization import Owned


class Notice(Owned):
    """An announcement to one account, or to all of the organization when it names none."""

    company = models.ForeignKey(Company, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    title = models.CharField(max_length=255)
    text = models.TextField(blank=True, default="")
    notification_categories = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.title
