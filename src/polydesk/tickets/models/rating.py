"""Ratings keep the scale they were given in; earlier ones stay (RC-091, RC-185 … RC-188, RC-295)."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from polydesk.web.moments import Moment

from .comment import Comment
from .ticket import Ticket, reference


class Rating(models.Model):
    """One score for a ticket or one of its entries."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="ratings")
    comment = models.ForeignKey(Comment, null=True, blank=True, on_delete=models.CASCADE, related_name="ratings")
    scale = models.CharField(max_length=20)
    score = models.SmallIntegerField()
    text = models.TextField(blank=True, default="")
    by = reference("directory.Person")
    at = Moment(default=timezone.now)

    class Meta:
        ordering = ("id",)
