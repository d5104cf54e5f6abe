"""Categories, their fields, topics and products, by key and in several languages (SE-160 … SE-173, RC-163, RC-166)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from polydesk.directory.models import Product
from polydesk.tickets.models import Category, CustomField

SORTS = ("view_priority", "id", "key")


def categories(organization_id: int) -> list[Category]:
    """What customers may choose from, inactive ones too."""
    return list(Category.objects.filter(organization_id=organization_id, for_customers=True))


def category(organization_id: int, key: str) -> Category | None:
    """One category by its shown key."""
    return by_key(categories(organization_id)).get(key)


def products(organization_id: int) -> QuerySet[Product]:
    """Products that a ticket can name."""
    return Product.objects.filter(organization_id=organization_id, is_active=True)


def by_key(rows: Iterable[Any]) -> dict[str, Any]:
    """Rows by shown key; one that an administrator gave no key is known by its id."""
    return {key_of(row): row for row in rows}


def key_of(row: Any) -> str:
    """The shown key."""
    return str(row.key or row.pk)


def ordered(rows: Iterable[Any], sort_by: str, order: str) -> list[Any]:
    """By the administrators' order, by id or by key; ties by id in the same direction."""
    value = {"view_priority": lambda r: r.position, "id": lambda r: r.pk, "key": key_of}[sort_by]
    return sorted(rows, key=lambda row: (value(row), row.pk), reverse=order == "desc")


def fields_of(rows: Iterable[Category]) -> dict[str, CustomField]:
    """The fields that these categories ask for, in their order."""
    keys = list(dict.fromkeys(key for row in rows for key in row.fields))
    organizations = {row.organization_id for row in rows}
    found = CustomField.objects.filter(organization_id__in=organizations, key__in=keys, is_active=True) if keys else ()
    known = {field.key: field for field in found}
    return {key: known[key] for key in keys if key in known}


def values_of(field: CustomField) -> list[dict[str, Any]]:
    """The values that a field offers; none for free text."""
    return [
        {"key": key, "localizations": localised(str(choice.get("label") or key), choice.get("names"))}
        for key, choice in choices(field).items()
    ]


def choices(field: CustomField) -> dict[str, Mapping[str, Any]]:
    """What may be chosen, by key."""
    rows = [choice if isinstance(choice, dict) else {"value": choice} for choice in field.choices]
    return {str(row["value"]): row for row in rows}


def topics(organization_id: int) -> list[tuple[Category, Category | None]]:
    """Topics with their subtopics: one pair for each, a topic without any once (SE-171)."""
    rows = topic_rows(organization_id)
    roots = [row for row in rows if row.parent_id is None]
    pairs: list[tuple[Category, Category | None]] = []
    for root in roots:
        children: Sequence[Category | None] = [row for row in rows if row.parent_id == root.pk] or [None]
        pairs += [(root, child) for child in children]
    return pairs


def topic_rows(organization_id: int) -> list[Category]:
    """Active topics and subtopics in their order."""
    rows = Category.objects.filter(organization_id=organization_id, is_topic=True, is_active=True)
    return list(rows.order_by("position", "id"))


def localised(name: str, names: Any) -> dict[str, str]:
    """A name in its languages, English and Russian at least; the English one stands in for a missing Russian one."""
    found = {str(language): str(text) for language, text in names.items()} if isinstance(names, dict) else {}
    return {"en": name, "ru": found.get("en", name), **found}


def english_and_russian(row: Category) -> dict[str, str]:
    """Just these two, as the classic family has them."""
    names = localised(row.name, row.names)
    return {"en": names["en"], "ru": names["ru"]}
