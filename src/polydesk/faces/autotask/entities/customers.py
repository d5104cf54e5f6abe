"""Companies, their contacts and places (AT-460 … AT-462)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast, Coalesce

from polydesk.directory.models import Company, Person, Site

from .. import values
from ..fields import Entity, Field, identity
from ..incoming import Incoming
from ..rows import creator, owned, updater
from ..tables import Tables

VENDOR = 6


def kept_number(key: str) -> Any:
    """A whole number that this face keeps on a row."""
    return Cast(KeyTextTransform(key, KeyTransform("autotask", "extra")), IntegerField())


def _company_type(tables: Tables) -> Any:
    derived = Case(When(is_customer=False, is_supplier=True, then=Value(VENDOR)), default=Value(1))
    return Coalesce(kept_number("company_type"), derived, output_field=IntegerField())


def _take_type(row: Company, given: Mapping[str, Any], incoming: Incoming) -> None:
    kind = given.get("companyType")
    if kind is not None:
        row.is_supplier, row.is_customer = kind == VENDOR, kind != VENDOR
        row.extra = {**row.extra, "autotask": {**row.extra.get("autotask", {}), "company_type": kind}}


def _take_company(row: Company, given: Mapping[str, Any], incoming: Incoming) -> None:
    _take_type(row, given, incoming)
    above, seen = row.parent, {row.pk}
    while above is not None and row.pk is not None:
        if above.pk in seen:
            incoming.faults.append("parentCompanyID: a company cannot stand above itself.")
            return
        seen.add(above.pk)
        above = above.parent


def _house(tables: Tables) -> Iterable[dict[str, Any]]:
    """Company 0: the desk's own house (RC-322)."""
    shown: dict[str, Any] = {f.name: "" if f.is_text else None for f in COMPANIES.fields}
    organization = tables.organization
    moment = values.shown(organization.created_at)
    own = {"companyName": organization.name, "companyType": 1, "isActive": True, "isEnabledForComanaged": False}
    yield {**shown, "id": 0, **own, "createDate": moment, "lastActivityDate": moment}


COMPANIES = Entity(
    name="Companies",
    has_webhooks=True,
    fields=(
        identity(),
        Field("companyName", "string", "name", length=100, required=True),
        Field("companyType", picklist="companyType", required=True, expression=_company_type),
        Field("phone", "string", "phone", length=25, required=True),
        Field("ownerResourceID", column="owner_id", required=True, reference="Resources"),
        Field("isActive", "boolean", "is_active"),
        Field("parentCompanyID", column="parent_id", reference="Companies"),
        Field("companyNumber", "string", "number", length=50),
        Field("address1", "string", "address", length=128),
        Field("city", "string", "city", length=30),
        Field("state", "string", "state", length=40),
        Field("postalCode", "string", "postal_code", length=10),
        Field("webAddress", "string", "website", length=255),
        Field("isEnabledForComanaged", "boolean", "extra", json=("autotask", "comanaged"), null=False),
        Field("createDate", "datetime", "created_at", read_only=True),
        Field("lastActivityDate", "datetime", "updated_at", read_only=True),
    ),
    rows=owned(Company),
    beside=_house,
    create=creator(Company, also=_take_company),
    update=updater(owned(Company), also=_take_company),
)


def contacts(tables: Tables) -> QuerySet[Person]:
    """The people who are no resources (RC-190)."""
    people = Person.objects.filter(organization_id=tables.organization_id, is_system=False, is_superuser=False)
    return people.exclude(pk__in=tables.staff)


def _active(tables: Tables) -> Any:
    return Case(When(is_active=True, then=Value(1)), default=Value(0), output_field=IntegerField())


def _take_person(row: Person, given: Mapping[str, Any], incoming: Incoming) -> None:
    if given.get("isActive") is not None:
        row.is_active = bool(given["isActive"])
    row.name = f"{row.first_name} {row.last_name}".strip()
    site = row.site
    if site is not None and site.company_id != row.company_id:
        incoming.faults.append("companyLocationID: the location belongs to another company.")


CONTACTS = Entity(
    name="Contacts",
    has_webhooks=True,
    fields=(
        identity(),
        Field("companyID", column="company_id", reference="Companies", null=0),
        Field("firstName", "string", "first_name", length=50, required=True),
        Field("lastName", "string", "last_name", length=50, required=True),
        Field("isActive", flag=True, required=True, expression=_active),
        Field("emailAddress", "string", "email", length=254),
        Field("phone", "string", "phone", length=40),
        Field("mobilePhone", "string", "mobile", length=40),
        Field("title", "string", "title", length=50),
        Field("primaryContact", "boolean", "extra", json=("autotask", "primary"), null=False),
        Field("companyLocationID", column="site_id", reference="CompanyLocations"),
        Field("createDate", "datetime", "created_at", read_only=True),
        Field("lastActivityDate", "datetime", "updated_at", read_only=True),
    ),
    rows=contacts,
    parent="Companies",
    path="Contacts",
    parent_field="companyID",
    create=creator(Person, parent="companyID", also=_take_person),
    update=updater(contacts, also=_take_person),
)

LOCATIONS = Entity(
    name="CompanyLocations",
    fields=(
        identity(),
        Field("companyID", column="company_id", reference="Companies"),
        Field("name", "string", "name", length=100, required=True),
        Field("address1", "string", "address", length=128),
        Field("city", "string", "city", length=50),
        Field("state", "string", "state", length=50),
        Field("postalCode", "string", "postal_code", length=20),
        Field("phone", "string", "phone", length=25),
        Field("isActive", "boolean", "is_active"),
        Field("isPrimary", "boolean", "is_primary"),
    ),
    rows=owned(Site),
    parent="Companies",
    path="Locations",
    parent_field="companyID",
    create=creator(Site, parent="companyID"),
    update=updater(owned(Site)),
)

ENTITIES = (COMPANIES, CONTACTS, LOCATIONS)
