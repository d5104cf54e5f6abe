"""Products and the assets that tickets speak about (RC-042, RC-058, CE-170)."""

from __future__ import annotations

from django.db import models

from .organization import Owned, Stamped

ASSET_TYPES = (
    ("device", "Device"),
    ("software", "Software"),
    ("service", "Service"),
    ("operating_system", "Operating system"),
    ("cluster", "Cluster"),
    ("config_group", "Config group"),
    ("feature_flag", "Feature flag"),
)


class Product(Owned, Stamped):
    """Something sold or supported; named in several languages (RC-166)."""

    key = models.CharField(max_length=100, blank=True, default="")
    name = models.CharField(max_length=200)
    names = models.JSONField(default=dict, blank=True)
    description = models.TextField(blank=True, default="")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="children")
    position = models.IntegerField(default=0)
    is_active = models.BooleanField(default=True)
    is_serialized = models.BooleanField(default=False)
    is_eligible_for_rma = models.BooleanField(default=False)

    class Meta:
        indexes = (models.Index(fields=["organization", "key"], name="product_key"),)

    def __str__(self) -> str:
        return self.name


class Asset(Owned, Stamped):
    """A device, software, service … that tickets can be linked to (CE-170, CE-173; Autotask ConfigurationItems)."""

    type = models.CharField(max_length=30, choices=ASSET_TYPES, default="device")
    name = models.CharField(max_length=200)
    company = models.ForeignKey("Company", null=True, blank=True, on_delete=models.SET_NULL, related_name="assets")
    site = models.ForeignKey("Site", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    contact = models.ForeignKey("Person", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    product = models.ForeignKey(Product, null=True, blank=True, on_delete=models.SET_NULL, related_name="assets")
    contract = models.ForeignKey("Contract", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    sla = models.ForeignKey("SlaPolicy", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    serial_number = models.CharField(max_length=100, blank=True, default="")
    reference_number = models.CharField(max_length=100, blank=True, default="")
    notes = models.TextField(blank=True, default="")
    installed_on = models.DateField(null=True, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        indexes = (models.Index(fields=["organization", "type", "name"], name="asset_type_name"),)

    def __str__(self) -> str:
        return self.name
