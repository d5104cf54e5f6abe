"""The fields that a request in a category asks for: shown as inputs, read from forms, told on a request."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from polydesk.tickets.models import Category, CustomField, Ticket
from polydesk.tickets.offers import offered
from polydesk.tickets.rules.filing import fits

PREFIX = "field."
NOT_FOR_FORMS = ("person",)
TYPES = {
    "long_text": "textarea",
    "integer": "number",
    "number": "number",
    "date": "date",
    "datetime": "datetime-local",
    "choice": "select",
    "boolean": "checkbox",
    "choices": "checkboxes",
}


@dataclass(slots=True)
class Input:
    """One field of a form as a template needs it."""

    name: str
    label: str
    type: str
    help: str
    required: bool
    choices: list[tuple[str, str]]
    value: Any = ""
    error: str = ""


def of(category: Category | None) -> list[CustomField]:
    """The active fields that the category asks for, in its order."""
    if category is None or not category.fields:
        return []
    rows = CustomField.objects.filter(
        organization_id=category.organization_id, key__in=category.fields, is_active=True
    ).exclude(type__in=NOT_FOR_FORMS)
    known = {row.key: row for row in rows}
    return [known[key] for key in category.fields if key in known]


def shown(field: CustomField, posted: QueryDict | None = None, error: str = "") -> Input:
    made = Input(
        PREFIX + field.key,
        field.name,
        TYPES.get(field.type, "text"),
        field.help,
        field.is_required,
        [(str(value), label) for value, label in offered(field)],
        error=error,
    )
    if posted is None:
        made.value = field.default if field.default is not None else [] if field.type == "choices" else ""
    else:
        made.value = posted.getlist(made.name) if field.type == "choices" else posted.get(made.name, "")
    return made


def read(fields: list[CustomField], posted: QueryDict) -> tuple[dict[str, Any], dict[str, str]]:
    """The values that were typed, and a sentence for every field that cannot be taken so."""
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for field in fields:
        value = _value(field, posted)
        if value in (None, "", []):
            if field.is_required:
                wrong[field.key] = _("We need this to begin.")
        elif fits(field, value):
            values[field.key] = value
        else:
            wrong[field.key] = _("This does not fit here.")
    return values, wrong


def told(ticket: Ticket, category: Category | None) -> list[tuple[str, str]]:
    """What the request says in the fields that customers know: those of its category and those made for them."""
    if not ticket.fields:
        return []
    asked = category.fields if category else []
    rows = CustomField.objects.filter(organization_id=ticket.organization_id, key__in=list(ticket.fields))
    known = [row for row in rows.order_by("position", "id") if row.for_customers or row.key in asked]
    return [(row.name, _said(row, ticket.fields[row.key])) for row in known if row.type not in NOT_FOR_FORMS]


def _said(field: CustomField, value: Any) -> str:
    labels = {str(value): label for value, label in offered(field)}
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return ", ".join(labels.get(str(one), str(one)) for one in value)
    return "" if value is None else labels.get(str(value), str(value))


def _value(field: CustomField, posted: QueryDict) -> Any:
    name = PREFIX + field.key
    text = posted.get(name, "").strip()
    chosen = {str(value): value for value, _label in offered(field)}
    match field.type:
        case "boolean":
            return name in posted or None
        case "choices":
            return [chosen.get(word, word) for word in posted.getlist(name) if word]
        case "choice":
            return chosen.get(text, text)
        case "integer" | "number":
            return _number(text, whole=field.type == "integer")
    return text


def _number(text: str, *, whole: bool) -> Any:
    """A number, else the text itself, which fits no number's field."""
    try:
        number = int(text) if whole else float(text.replace(",", "."))
    except ValueError:
        return text
    return number if math.isfinite(number) else text
