"""Customers and suppliers, and their places (RC-024, RC-025, RC-048)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from polydesk.web.moments import Moment

from .organization import Owned, Stamped


class Company(Owned, Stamped):
    """A customer, supplier or both; a tree inside one organization."""

    name = models.CharField(max_length=255)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="children")
    is_customer = models.BooleanField(default=True)
    is_supplier = models.BooleanField(default=False)
    number = models.CharField(max_length=60, blank=True, default="")
    reference = models.CharField(max_length=100, blank=True, default="")
    email = models.EmailField(blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    website = models.CharField(max_length=255, blank=True, default="")
    address = models.CharField(max_length=255, blank=True, default="")
    city = models.CharField(max_length=80, blank=True, default="")
    state = models.CharField(max_length=80, blank=True, default="")
    postal_code = models.CharField(max_length=20, blank=True, default="")
    country = models.CharField(max_length=80, blank=True, default="")
    owner = models.ForeignKey("Person", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    sla = models.ForeignKey("SlaPolicy", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    default_access = models.CharField(max_length=20, default="all_users")
    is_active = models.BooleanField(default=True)
    dropped_at = Moment(null=True, blank=True)
    active_at = Moment(null=True, blank=True)

    class Meta:
        verbose_name_plural = "companies"
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "number"], condition=~Q(number=""), name="company_number_once"
            ),
            models.UniqueConstraint(
                fields=["organization", "reference"], condition=~Q(reference=""), name="company_reference_once"
            ),
        )
        indexes = (models.Index(fields=["organization", "name"], name="company_name"),)

    def __str__(self) -> str:
        return self.name


class Site(Owned, Stamped):
    """A place of a company (RC-025)."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="sites")
    name = models.CharField(max_length=100)
    address = models.CharField(max_length=255, blank=True, default="")
    city = models.CharField(max_length=80, blank=True, default="")
    state = models.CharField(max_length=80, blank=True, default="")
    postal_code = models.CharField(max_length=20, blank=True, default="")
    country = models.CharField(max_length=80, blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    is_active = models.BooleanField(default=True)
    is_primary = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name
