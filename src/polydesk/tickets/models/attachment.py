"""Files and links on a ticket or one of its entries; the bytes are stored once, by SHA-256 (PL-032, RC-095)."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from polydesk.directory.models.organization import Owned
from polydesk.web.moments import Moment

from .comment import Comment, TimeEntry
from .ticket import Ticket, reference


class Attachment(Owned):
    """One file under one name. Without a ticket it is an upload that waits to be attached."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True)
    ticket = models.ForeignKey(Ticket, null=True, blank=True, on_delete=models.CASCADE, related_name="attachments")
    comment = models.ForeignKey(Comment, null=True, blank=True, on_delete=models.SET_NULL, related_name="attachments")
    time_entry = models.ForeignKey(
        TimeEntry, null=True, blank=True, on_delete=models.SET_NULL, related_name="attachments"
    )
    type = models.CharField(max_length=20, default="file")
    """`file`, or `file_link`, `folder_link`, `url` (shown in Autotask, web and native only)."""
    name = models.CharField(max_length=255)
    title = models.CharField(max_length=255, blank=True, default="")
    url = models.TextField(blank=True, default="")
    content_type = models.CharField(max_length=127, blank=True, default="application/octet-stream")
    size = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True, default="", db_index=True)
    internal = models.BooleanField(default=False)
    author = reference("directory.Person")
    side = models.CharField(max_length=10, default="staff")
    impersonator = reference("directory.Person")
    created_at = Moment(default=timezone.now)
    deleted_at = Moment(null=True, blank=True)
    extra = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.name
