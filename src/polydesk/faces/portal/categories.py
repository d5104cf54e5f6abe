"""What may be asked for: the organization's categories for customers, in the reader's words."""

from __future__ import annotations

from dataclasses import dataclass, field

from polydesk.tickets.models import Category

from . import words

KINDS = ("request", "incident")


@dataclass(slots=True)
class Group:
    """A top category with what stands beneath it; both are plain words that can be chosen."""

    row: Category
    name: str
    below: list[tuple[Category, str]] = field(default_factory=list)


def offered(organization_id: int) -> list[Category]:
    """Active ones for customers that a customer's kind of ticket may use."""
    rows = Category.objects.filter(organization_id=organization_id, is_active=True, for_customers=True, is_abuse=False)
    return [row for row in rows.order_by("position", "name", "id") if kind_of(row)]


def kind_of(row: Category | None) -> str:
    """The kind that a request in this category becomes; "" when customers open none of its kinds (RC-236)."""
    if row is None or not row.kinds:
        return KINDS[0]
    return next((kind for kind in KINDS if kind in row.kinds), "")


def chosen(organization_id: int, number: str) -> Category | None:
    """The offered category with this number."""
    if not number.isdecimal() or len(number) > 18:
        return None
    return next((row for row in offered(organization_id) if row.pk == int(number)), None)


def groups(organization_id: int) -> list[Group]:
    """Top categories in order; what hangs below one at any depth stands under it. One query."""
    rows = offered(organization_id)
    known = {row.pk: row for row in rows}
    found = {row.pk: Group(row, name(row)) for row in rows if row.parent_id not in known}
    for row in rows:
        if row.pk not in found:
            top = row
            while top.parent_id in known:
                top = known[top.parent_id]
            found[top.pk].below.append((row, name(row)))
    return list(found.values())


def name(row: Category) -> str:
    """In the reader's language where the organization has said it."""
    return str(row.names.get(words.language()) or row.name)
