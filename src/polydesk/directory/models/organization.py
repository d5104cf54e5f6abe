"""The tenant: one desk with its own people, customers and tickets (RC-023, RC-158)."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from polydesk.web.moments import Moment


class Organization(models.Model):
    """A tenant. Nothing of one organization is seen, counted or named in another (RC-271)."""

    name = models.CharField(max_length=120)
    key = models.SlugField(max_length=60, unique=True)
    email = models.EmailField(blank=True, default="")
    time_zone = models.CharField(max_length=60, default="UTC")
    language = models.CharField(max_length=12, default="en")
    is_global = models.BooleanField(default=False)
    """Shares its categories with everyone for reading (CE-204)."""
    is_demo = models.BooleanField(default=False)
    settings = models.JSONField(default=dict, blank=True)
    extra = models.JSONField(default=dict, blank=True)
    created_at = Moment(default=timezone.now)
    updated_at = Moment(auto_now=True)

    def __str__(self) -> str:
        return self.name

    def setting(self, name: str, default: object = None) -> object:
        """The organization's own value of a setting, else `default`."""
        return self.settings.get(name, default)


class Owned(models.Model):
    """A row that belongs to exactly one organization (RS-110)."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")

    class Meta:
        abstract = True


class Stamped(models.Model):
    """Integer version and the two stamps of an editable row (RS-030). `extra` holds what one face alone knows."""

    version = models.PositiveIntegerField(default=1)
    created_at = Moment(default=timezone.now)
    updated_at = Moment(auto_now=True)
    extra = models.JSONField(default=dict, blank=True)

    class Meta:
        abstract = True
