"""The brand of an organization: one row, none for the looks as shipped."""

from __future__ import annotations

from django.db import models

from polydesk.directory.models import Organization

from .colours import Accent, accent


class Brand(models.Model):
    """`name` is what customers read in place of the organization's; `accent` is `#rrggbb` or empty."""

    organization = models.OneToOneField(Organization, on_delete=models.CASCADE, primary_key=True, related_name="+")
    name = models.CharField(max_length=120, blank=True, default="")
    accent = models.CharField(max_length=7, blank=True, default="")
    logo = models.BinaryField(null=True, blank=True)
    """In the row: a logo has no ticket whose file it could be."""
    logo_type = models.CharField(max_length=20, blank=True, default="")
    version = models.PositiveIntegerField(default=1)
    """Part of the addresses of logo and style, so that browsers keep them until they change."""

    @property
    def colours(self) -> Accent | None:
        """The accent for light and dark pages; None for the one as shipped."""
        return accent(self.accent) if self.accent else None


def of(organization_id: int) -> Brand | None:
    """The brand without the bytes of its logo. One query."""
    return Brand.objects.defer("logo").filter(organization_id=organization_id).first()
