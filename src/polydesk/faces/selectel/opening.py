"""Opening a ticket: what both families' requests become before the one command (SE-070 … SE-078, SE-100 … SE-105)."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from polydesk.directory.actors import Actor
from polydesk.features import vault
from polydesk.features.notices import models as notices
from polydesk.features.notices.models import Notice
from polydesk.tickets import commands
from polydesk.tickets.models import Category, CustomField, Ticket

from . import catalogue, fields, finding, limits, rules, storage
from .auth import FACE, is_client
from .errors import Failure, invalid, missing

_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_WHOLE = re.compile(r"-?\d{1,18}")


@dataclass(slots=True)
class Wish:
    """A ticket as a request asks for it; every value has its type, none has been looked up."""

    summary: str
    comment: str = ""
    access: str = "all_users"
    projects: list[str] = field(default_factory=list)
    files: list[uuid.UUID] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    category_fields: list[tuple[str, list[str]]] = field(default_factory=list)
    body_values: dict[str, Any] | None = None
    products: list[str] = field(default_factory=list)
    secrets: list[int] = field(default_factory=list)
    topic: str | None = None
    notice: int | None = None


def create(actor: Actor, wish: Wish) -> Ticket:
    """The new ticket; nothing of it when anything is refused (SE-078)."""
    with transaction.atomic():
        found = _look_up(actor, wish)
        files = storage.take(actor, wish.files)
        secrets = _secrets(actor, wish.secrets)
        limits.charge("TICKETS", actor)
        ticket = commands.create(
            "request",
            _values(actor, wish, found),
            by=actor,
            via=FACE,
            files=files,
            also=(rules.project_users_needs_a_project, vault.hang(secrets)),
        )
    return finding.again(ticket.pk)


@dataclass(slots=True)
class _Found:
    """What the request's keys stand for."""

    categories: list[Category] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    products: list[Any] = field(default_factory=list)
    notice: Notice | None = None
    text: str = ""


def _look_up(actor: Actor, wish: Wish) -> _Found:
    """Rows by key: values that cannot be first, things that do not exist after (SE-041)."""
    found = _Found()
    unknown: list[Failure] = []
    if wish.categories:
        rows = catalogue.by_key(catalogue.categories(actor.organization_id))
        found.categories = [rows[key] for key in wish.categories if key in rows]
        unknown += _unknown("category", "categories", wish.categories, rows)
    elif wish.topic is not None:
        topics = catalogue.by_key(catalogue.topic_rows(actor.organization_id))
        found.categories = [topics[wish.topic]] if wish.topic in topics else []
        unknown += [] if found.categories else [missing("topic", [("topic_key", "There is no such topic.")])]
    if wish.products:
        products = catalogue.by_key(catalogue.products(actor.organization_id))
        found.products = [products[key] for key in wish.products if key in products]
        unknown += _unknown("product", "products", wish.products, products)
    if wish.notice is not None:
        found.notice = notices.visible(actor).filter(pk=wish.notice).first()
        unknown += [] if found.notice else [missing("notice", [("notice_id", "There is no such notice.")])]
    _check_categories(wish, found)
    if unknown:
        raise unknown[0]
    return found


def _unknown(what: str, name: str, keys: Sequence[str], rows: Mapping[str, Any]) -> list[Failure]:
    errors = [(f"{name}.{n}", f"There is no such {what}.") for n, key in enumerate(keys) if key not in rows]
    return [missing(what, errors)] if errors else []


def _check_categories(wish: Wish, found: _Found) -> None:
    """Inactive categories, values of fields and variables of the template; 400 for all that is wrong."""
    faults = {
        f"categories.{n}": "This category is no longer offered."
        for n, key in enumerate(wish.categories)
        if any(catalogue.key_of(row) == key and not row.is_active for row in found.categories)
    }
    if len(found.categories) >= len(wish.categories):  # fields of an unknown category cannot be judged
        found.fields, wrong = _field_values(wish, catalogue.fields_of(found.categories) if wish.category_fields else {})
        faults |= wrong
    found.text, missing_values = _text(wish, found.categories)
    faults |= missing_values
    if faults:
        raise invalid(faults.items())


def _field_values(wish: Wish, known: Mapping[str, CustomField]) -> tuple[dict[str, Any], dict[str, str]]:
    """Values as custom fields keep them, and what is wrong with others (SE-075)."""
    kept: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for n, (key, values) in enumerate(wish.category_fields):
        definition = known.get(key)
        if definition is None:
            faults[f"category_fields.{n}.key"] = "None of the categories has this field."
        elif key in kept:
            faults[f"category_fields.{n}.key"] = "This field is given twice."
        else:
            try:
                kept[key] = _field_value(definition, values)
            except ValueError as wrong:
                kept[key] = None
                faults[f"category_fields.{n}.values"] = str(wrong)
    return {key: value for key, value in kept.items() if value is not None}, faults


def _field_value(definition: CustomField, values: list[str]) -> Any:
    offered = catalogue.choices(definition)
    if offered and any(value not in offered for value in values):
        raise ValueError("The field does not offer this value.")
    if definition.type == "choices":
        return values
    if definition.type in ("text", "long_text"):
        return "\n".join(values)
    if len(values) != 1:
        raise ValueError("The field takes one value.")
    return _typed(definition.type, values[0])


def _typed(kind: str, value: str) -> Any:
    """A value that clients send as text in the type of its field."""
    if kind in ("integer", "person"):
        if not _WHOLE.fullmatch(value):
            raise ValueError("This must be a whole number.")
        return int(value)
    if kind == "number":
        return _number(value)
    if kind == "boolean":
        if value not in ("true", "false"):
            raise ValueError("This must be true or false.")
        return value == "true"
    return value


def _number(value: str) -> float:
    found = json.loads(value) if re.fullmatch(r"-?\d{1,18}(\.\d{1,18})?", value) else None
    if found is None:
        raise ValueError("This must be a number.")
    return float(found)


def _text(wish: Wish, categories: Sequence[Category]) -> tuple[str, dict[str, str]]:
    """The first comment: the category's template with its variables, then the request's own words (SE-076)."""
    template = next((row.template["body"] for row in categories if row.template.get("body")), "")
    if not template or wish.body_values is None:
        return wish.comment, {}
    values = wish.body_values
    faults = {
        f"body_values.{name}": "The template needs a string or a number here."
        for name in _VARIABLE.findall(template)
        if not isinstance(values.get(name), str | int | float) or isinstance(values.get(name), bool)
    }
    if faults:
        return "", faults
    rendered = _VARIABLE.sub(lambda match: str(values[match[1]]), template)
    return (f"{rendered}\n\n{wish.comment}" if wish.comment else rendered), {}


def _secrets(actor: Actor, numbers: Sequence[int]) -> list[Any]:
    """Secrets of the account; the same one twice counts once."""
    own = vault.own(actor, [number for number in numbers if 0 < number < 2**63]) if numbers else {}
    unknown = [(f"secrets.{n}", "There is no such secret.") for n, number in enumerate(numbers) if number not in own]
    if unknown:
        raise missing("secret", unknown)
    return [own[number] for number in dict.fromkeys(numbers)]


def _values(actor: Actor, wish: Wish, found: _Found) -> dict[str, Any]:
    """The engine's words; support opens tickets for nobody (RC-300, RC-342)."""
    client = is_client(actor)
    return {
        "title": wish.summary,
        "description": found.text,
        "description_format": "plain",
        "requester": actor.person_id if client else None,
        "company": actor.company_id if client else None,
        "channel": "portal",
        "access": wish.access,
        "access_projects": wish.projects,
        "category": found.categories[0] if found.categories else None,
        "products": found.products,
        "fields": found.fields,
        "extra": {FACE: _kept(wish, found)},
    }


def _kept(wish: Wish, found: _Found) -> dict[str, Any]:
    """What only this face tells again (RC-069, RC-163)."""
    kept: dict[str, Any] = {}
    if wish.categories:
        kept["categories"] = list(dict.fromkeys(wish.categories))
    if found.notice is not None:
        kept["notice_id"] = found.notice.pk
        kept["notification_categories"] = list(found.notice.notification_categories)
    if fields.as_title(wish.summary) != wish.summary:
        kept["summary"] = wish.summary
    return kept
