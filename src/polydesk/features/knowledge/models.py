"""The article, and how tickets name it."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models

from polydesk.directory.models.organization import Owned, Stamped


class Article(Owned, Stamped):
    """A page of the knowledge base. `is_public` ones are shown to customers."""

    title = models.CharField(max_length=200)
    text = models.TextField(blank=True, default="")
    summary = models.TextField(blank=True, default="")
    is_public = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    author = models.ForeignKey("directory.Person", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    released_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("title", "id")
        indexes = (models.Index(fields=["organization", "title"], name="article_title"),)

    def __str__(self) -> str:
        return self.title


def names(organization_id: int, ids: Iterable[int]) -> dict[int, str]:
    """Titles of the articles that exist in the organization."""
    rows = Article.objects.filter(organization_id=organization_id, pk__in=ids)
    return dict(rows.values_list("pk", "title"))
