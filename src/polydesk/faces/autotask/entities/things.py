"""Configuration items and products (AT-468, AT-469, AT-475)."""

from __future__ import annotations

from polydesk.directory.models import Asset, Product
from polydesk.directory.models.things import ASSET_TYPES

from ..fields import Entity, Field, identity
from ..rows import creator, owned, updater

ITEMS = Entity(
    name="ConfigurationItems",
    has_webhooks=True,
    fields=(
        identity(),
        Field("companyID", column="company_id", required=True, reference="Companies"),
        Field("productID", column="product_id", reference="Products"),
        Field("isActive", "boolean", "is_active"),
        Field("contactID", column="contact_id", reference="Contacts"),
        Field("companyLocationID", column="site_id", reference="CompanyLocations"),
        Field("contractID", column="contract_id", reference="Contracts"),
        Field("serviceLevelAgreementID", column="sla_id", picklist="sla"),
        Field("serialNumber", "string", "serial_number", length=100),
        Field("referenceNumber", "string", "reference_number", length=50),
        Field("referenceTitle", "string", "name", length=200),
        Field("notes", "string", "notes", length=5000),
        Field("installDate", "datetime", "installed_on", day=True),
        Field("configurationItemType", constant=None, read_only=True),
        Field("createDate", "datetime", "created_at", read_only=True),
        Field("lastModifiedTime", "datetime", "updated_at", read_only=True),
    ),
    rows=owned(Asset),
    create=creator(Asset),
    update=updater(owned(Asset)),
)

PRODUCTS = Entity(
    name="Products",
    fields=(
        identity(),
        Field("name", "string", "name", length=100, required=True),
        Field("description", "string", "description", length=2000),
        Field("isActive", "boolean", "is_active"),
        Field("isEligibleForRma", "boolean", "is_eligible_for_rma"),
        Field("isSerialized", "boolean", "is_serialized"),
        Field("productBillingCodeID", constant=None, reference="BillingCodes", read_only=True),
    ),
    rows=owned(Product),
    create=creator(Product),
    update=updater(owned(Product)),
)

CATEGORIES = Entity(
    name="ConfigurationItemCategories",
    fields=(
        identity(),
        Field("name", "string", length=50, read_only=True),
        Field("isActive", "boolean", read_only=True),
    ),
    listed=lambda tables, asked: [
        {"id": n, "name": label, "isActive": True} for n, (_, label) in enumerate(ASSET_TYPES, 1)
    ],
)

ENTITIES = (ITEMS, PRODUCTS, CATEGORIES)
