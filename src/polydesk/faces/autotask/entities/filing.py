"""Ticket categories, user-defined fields, tags, checklist libraries (AT-125, AT-432, AT-471 … AT-475)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import F, IntegerField
from django.db.models.functions import Coalesce
from django.utils.text import slugify

from polydesk.features.checklists.models import Library, LibraryItem
from polydesk.tickets.models import CustomField, Form, Tag

from .. import auth, values
from ..errors import NOTHING_TO_UPDATE, Failure
from ..fields import Entity, Field, identity
from ..incoming import Incoming
from ..rows import creator, owned, updater
from ..tables import ADDED, Tables, form_code
from .customers import kept_number

MOST_UDFS = 300
ITEMS_PER_FIELD = 10_000


# --- ticket categories -------------------------------------------------------------------------------------------


def _form_number(tables: Tables) -> Any:
    return Coalesce(kept_number("id"), F("id") + ADDED, output_field=IntegerField())


def update_form(call: Any, incoming: Incoming) -> int:
    """Name, nickname, colour and activity; the RMA category is fixed (AT-471)."""
    auth.may_administer(call.actor)
    form = next((f for f in call.tables.forms if form_code(f) == incoming.id), None)
    if form is None:
        raise Failure(NOTHING_TO_UPDATE)
    if form.is_rma:
        raise Failure("id: the RMA category cannot be edited.")
    incoming.check_lengths()
    incoming.check_required("name", new=False)
    if incoming.given.get("isActive") is False and form.is_default:
        incoming.faults.append("isActive: the default category cannot be inactive.")
    incoming.refuse()
    given = incoming.given
    form.name = given.get("name", form.name)
    form.nickname = given.get("nickname", form.nickname) or ""
    if given.get("isActive") is not None:
        form.is_active = given["isActive"]
    if "displayColorRgb" in given:
        form.extra = {**form.extra, "autotask": {**form.extra.get("autotask", {}), "color": given["displayColorRgb"]}}
    form.version += 1
    form.save()
    return int(incoming.id or 0)


TICKET_CATEGORIES = Entity(
    name="TicketCategories",
    fields=(
        Field("id", "long", required=True, read_only=True, expression=_form_number),
        Field("name", "string", "name", length=30, required=True),
        Field("nickname", "string", "nickname", length=3),
        Field("isActive", "boolean", "is_active"),
        Field("isApiOnly", "boolean", "is_api_only", read_only=True),
        Field("isGlobalDefault", "boolean", "is_default", read_only=True),
        Field("displayColorRgb", column="extra", json=("autotask", "color"), null=0),
    ),
    rows=owned(Form),
    update=update_form,
)


def _defaults(tables: Tables, asked: Any) -> Iterable[dict[str, Any]]:
    def code(picklist: str, stored: Any) -> int | None:
        return None if stored is None else tables.codes(picklist).show(stored)

    for form in tables.forms:
        has = form.defaults
        category = has.get("category")
        yield {
            "id": form_code(form),
            "ticketCategoryID": form_code(form),
            "title": has.get("title", ""),
            "description": has.get("description", ""),
            "resolution": has.get("resolution", ""),
            "purchaseOrderNumber": has.get("purchase_order", ""),
            "status": code("status", has.get("status")),
            "priority": code("priority", has.get("priority")),
            "queueID": has.get("queue"),
            "sourceID": code("source", has.get("channel")),
            "ticketTypeID": code("ticketType", has.get("kind")),
            "issueTypeID": code("issue", category),
            "subIssueTypeID": code("sub_issue", category),
            "serviceLevelAgreementID": has.get("sla"),
            "workTypeID": has.get("work_type"),
            "estimatedHours": values.hours(has.get("estimate")),
        }


FIELD_DEFAULTS = Entity(
    name="TicketCategoryFieldDefaults",
    fields=(
        identity(),
        Field("ticketCategoryID", reference="TicketCategories", read_only=True),
        Field("title", "string", length=255, read_only=True),
        Field("description", "string", length=8000, read_only=True),
        Field("resolution", "string", length=32000, read_only=True),
        Field("purchaseOrderNumber", "string", length=50, read_only=True),
        Field("status", picklist="status", read_only=True),
        Field("priority", picklist="priority", read_only=True),
        Field("queueID", picklist="queue", read_only=True),
        Field("sourceID", picklist="source", read_only=True),
        Field("ticketTypeID", picklist="ticketType", read_only=True),
        Field("issueTypeID", picklist="issueType", read_only=True),
        Field("subIssueTypeID", picklist="subIssueType", parent="issueTypeID", read_only=True),
        Field("serviceLevelAgreementID", picklist="sla", read_only=True),
        Field("workTypeID", reference="BillingCodes", read_only=True),
        Field("estimatedHours", "decimal", read_only=True),
    ),
    listed=_defaults,
    parent="TicketCategories",
    path="FieldDefaults",
    parent_field="ticketCategoryID",
)


# --- user-defined fields -----------------------------------------------------------------------------------------


def _take_definition(row: CustomField, given: Mapping[str, Any], incoming: Incoming) -> None:
    defined = incoming.tables.custom_fields
    if row.pk is None:
        if len(defined) >= MOST_UDFS:
            incoming.faults.append(f"udfType: a ticket can have at most {MOST_UDFS} user-defined fields.")
        row.key = _free_key(row.name, {d.key for d in defined})
    elif "dataType" in given:
        incoming.faults.append("dataType: cannot be changed once the field exists.")
    if any(d.name.lower() == row.name.lower() and d.pk != row.pk for d in defined):
        incoming.faults.append("name: another user-defined field has this name.")


def _free_key(name: str, taken: set[str]) -> str:
    stem = slugify(name).replace("-", "_")[:50] or "field"
    return next(k for k in (stem, *(f"{stem}_{n}" for n in range(2, MOST_UDFS + 10))) if k not in taken)


DEFINITIONS = Entity(
    name="UserDefinedFieldDefinitions",
    fields=(
        identity(),
        Field("name", "string", "name", length=45, required=True),
        Field("description", "string", "help", length=128),
        Field("udfType", picklist="udfType", constant=1, read_only=True),
        Field("dataType", column="type", required=True, picklist="udfDataType", codes="udfDataType"),
        Field("isActive", "boolean", "is_active"),
        Field("isRequired", "boolean", "is_required"),
        Field("sortOrder", column="position"),
        Field("defaultValue", "string", constant="", read_only=True),
    ),
    rows=owned(CustomField),
    create=creator(CustomField, also=_take_definition),
    update=updater(owned(CustomField), also=_take_definition),
)


def _list_items(tables: Tables, asked: Any) -> Iterable[dict[str, Any]]:
    for defined in tables.custom_fields:
        if defined.type in ("choice", "choices"):
            for n, choice in enumerate(defined.choices, 1):
                entry = choice if isinstance(choice, dict) else {"value": choice}
                value = str(entry["value"])
                yield {
                    "id": defined.pk * ITEMS_PER_FIELD + n,
                    "udfFieldId": defined.pk,
                    "valueForDisplay": str(entry.get("label", value)),
                    "valueForExport": value,
                    "isActive": bool(entry.get("active", True)),
                }


def create_list_item(call: Any, incoming: Incoming) -> int:
    """One more choice of a list field."""
    defined = _list_field(call, call.number("parent_id"))
    value = incoming.given.get("valueForExport") or incoming.given.get("valueForDisplay")
    incoming.check_lengths()
    incoming.check_required("valueForDisplay")
    if value in [str(c["value"] if isinstance(c, dict) else c) for c in defined.choices]:
        incoming.faults.append("valueForDisplay: this value is in the list already.")
    incoming.refuse()
    defined.choices = [*defined.choices, value]
    defined.save()
    return int(defined.pk * ITEMS_PER_FIELD + len(defined.choices))


def update_list_item(call: Any, incoming: Incoming) -> int:
    """The shown words and activity of a choice; the stored value stays, since tickets hold it."""
    number = incoming.id or 0
    defined = _list_field(call, number // ITEMS_PER_FIELD)
    place = number % ITEMS_PER_FIELD - 1
    if not 0 <= place < len(defined.choices):
        raise Failure(NOTHING_TO_UPDATE)
    incoming.check_lengths()
    incoming.refuse()
    old = defined.choices[place]
    entry = dict(old) if isinstance(old, dict) else {"value": old}
    if incoming.given.get("valueForDisplay"):
        entry["label"] = incoming.given["valueForDisplay"]
    if incoming.given.get("isActive") is not None:
        entry["active"] = incoming.given["isActive"]
    choices = list(defined.choices)
    choices[place] = entry
    defined.choices = choices
    defined.save()
    return number


def _list_field(call: Any, number: int | None) -> CustomField:
    auth.may_administer(call.actor)
    found = next((d for d in call.tables.custom_fields if d.pk == number and d.type in ("choice", "choices")), None)
    if found is None:
        raise Failure(NOTHING_TO_UPDATE)
    return found  # type: ignore[no-any-return]


LIST_ITEMS = Entity(
    name="UserDefinedFieldListItems",
    fields=(
        identity(),
        Field("udfFieldId", reference="UserDefinedFieldDefinitions", read_only=True),
        Field("valueForDisplay", "string", length=128, required=True),
        Field("valueForExport", "string", length=128),
        Field("isActive", "boolean"),
    ),
    listed=_list_items,
    parent="UserDefinedFields",
    path="ListItems",
    parent_field="udfFieldId",
    create=create_list_item,
    update=update_list_item,
)


# --- tags and checklist libraries -----------------------------------------------------------------------------------

TAGS = Entity(
    name="Tags",
    fields=(
        identity(),
        Field("name", "string", "name", length=60, read_only=True),
        Field("label", "string", "name", length=60, read_only=True),
        Field("isActive", "boolean", "is_active", read_only=True),
    ),
    rows=owned(Tag),
)

LIBRARIES = Entity(
    name="ChecklistLibraries",
    fields=(
        identity(),
        Field("name", "string", "name", length=100, required=True),
        Field("description", "string", "description", length=500),
        Field("isActive", "boolean", "is_active"),
    ),
    rows=owned(Library),
    create=creator(Library),
    update=updater(owned(Library)),
)


def _library_rows(tables: Tables) -> Any:
    return LibraryItem.objects.filter(library__organization_id=tables.organization_id)


def _in_own_library(row: LibraryItem, given: Mapping[str, Any], incoming: Incoming) -> None:
    libraries = Library.objects.filter(organization_id=incoming.tables.organization_id, pk=row.library_id)
    if not libraries.exists():
        incoming.faults.append("checklistLibraryID: there is no such library.")


LIBRARY_ITEMS = Entity(
    name="ChecklistLibraryChecklistItems",
    fields=(
        identity(),
        Field("checklistLibraryID", column="library_id", reference="ChecklistLibraries"),
        Field("itemName", "string", "name", length=255, required=True),
        Field("isImportant", "boolean", "is_important"),
        Field("position", column="position"),
        Field("knowledgebaseArticleID", column="article_id"),
    ),
    rows=_library_rows,
    parent="ChecklistLibraries",
    path="ChecklistItems",
    parent_field="checklistLibraryID",
    create=creator(LibraryItem, parent="checklistLibraryID", also=_in_own_library),
)

ICONS = Entity(
    name="ClassificationIcons",
    fields=(
        identity(),
        Field("name", "string", length=50, read_only=True),
        Field("isActive", "boolean", read_only=True),
    ),
    listed=lambda tables, asked: [],
)

ENTITIES = (TICKET_CATEGORIES, FIELD_DEFAULTS, DEFINITIONS, LIST_ITEMS, TAGS, LIBRARIES, LIBRARY_ITEMS, ICONS)
