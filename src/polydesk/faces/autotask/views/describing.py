"""Metadata: what an entity can do, its fields and their picklists (section 6)."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from ..answers import answer
from ..entities import callouts
from ..fields import Field, udf_field
from ..tables import Entry, Tables
from .door import Call


def information(call: Call) -> HttpResponse:
    """Verbs of the entity (AT-120)."""
    entity = call.entity

    def access(verb: object) -> str:
        return "All" if verb else "None"

    return answer(
        {
            "info": {
                "name": entity.name,
                "canCreate": entity.create is not None,
                "canDelete": entity.delete is not None,
                "canQuery": True,
                "canUpdate": entity.update is not None,
                "hasUserDefinedFields": entity.has_udf,
                "supportsWebhookCallouts": entity.has_webhooks,
                "userAccessForCreate": access(entity.create),
                "userAccessForDelete": access(entity.delete),
                "userAccessForQuery": "All",
                "userAccessForUpdate": access(entity.update),
            }
        }
    )


def fields(call: Call) -> HttpResponse:
    """One entry per field of the table (AT-121 … AT-123)."""
    return answer({"fields": [_describe(f, call) for f in call.entity.fields]})


def _describe(field: Field, call: Call) -> dict[str, Any]:
    entries = _entries(field, call)
    return {
        "name": field.name,
        "dataType": field.type,
        "length": field.length if field.type == "string" else 0,
        "isRequired": field.required,
        "isReadOnly": field.read_only,
        "isQueryable": field.queryable,
        "isReference": bool(field.reference),
        "referenceEntityType": field.reference,
        "isPickList": entries is not None,
        "picklistValues": entries,
        "picklistParentValueField": field.parent,
        "isSupportedWebhookField": call.entity.has_webhooks and field.webhook,
    }


def _entries(field: Field, call: Call) -> list[dict[str, Any]] | None:
    if not field.picklist:
        return None
    if field.picklist.startswith("webhookFields:"):
        watched = callouts.watchable(callouts.WATCHED[field.picklist.partition(":")[2]])
        return [_value(Entry(n, f.name), n) for n, f in enumerate(watched, 1)]
    return [_value(entry, n) for n, entry in enumerate(call.tables.picklist(field.picklist), 1)]


def _value(entry: Entry, order: int) -> dict[str, Any]:
    """AT-122"""
    return {
        "value": str(entry.code),
        "label": entry.label,
        "isDefaultValue": entry.default,
        "sortOrder": order,
        "parentValue": "" if entry.parent is None else str(entry.parent),
        "isActive": entry.active,
        "isSystem": entry.system,
    }


def user_defined_fields(call: Call) -> HttpResponse:
    """The organization's own fields (AT-124)."""
    found = [_describe_udf(d, call.tables) for d in call.tables.custom_fields] if call.entity.has_udf else []
    return answer({"fields": found})


def _describe_udf(defined: Any, tables: Tables) -> dict[str, Any]:
    field = udf_field(defined)
    choices = [
        _value(Entry(n, str(c)), n) | {"value": str(c)}
        for n, c in enumerate((c["value"] if isinstance(c, dict) else c for c in defined.choices), 1)
    ]
    return {
        "name": defined.name,
        "label": defined.name,
        "type": field.type,
        "length": field.length,
        "description": defined.help,
        "isRequired": defined.is_required,
        "isReadOnly": field.read_only,
        "isQueryable": True,
        "isReference": False,
        "referenceEntityType": "",
        "isPickList": bool(field.picklist),
        "picklistValues": choices if field.picklist else None,
        "picklistParentValueField": "",
        "defaultValue": "" if defined.default is None else str(defined.default),
        "isSupportedWebhookField": True,
    }
