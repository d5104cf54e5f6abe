"""Charges and RMA credits of tickets (AT-443, AT-445)."""

from __future__ import annotations

from typing import Any

from django.db.models import BooleanField, Case, DecimalField, F, Q, QuerySet, Value, When

from polydesk.features.charges import billing
from polydesk.features.charges.models import Charge, Credit
from polydesk.features.forms.standard import ensure_default

from ..children import VIA, author, below, of_visible, parent_ticket, ticket_of
from ..errors import NOTHING_TO_UPDATE, Failure
from ..fields import Entity, Field, identity
from ..incoming import Incoming, stored
from ..rows import take_parent
from ..tables import Tables


def charges(tables: Tables) -> QuerySet[Charge]:
    return of_visible(Charge.objects.all(), tables)


def credits_(tables: Tables) -> QuerySet[Credit]:
    return of_visible(Credit.objects.all(), tables)


def _amount(tables: Tables) -> Any:
    return F("price") * F("quantity") + Value(0, output_field=DecimalField(max_digits=30, decimal_places=8))


def _billed(tables: Tables) -> Any:
    billed = Q(billed_at__isnull=False)
    return Case(When(billed, then=Value(True)), default=Value(False), output_field=BooleanField())


def _facts(incoming: Incoming) -> dict[str, Any]:
    """The given values as columns of the line."""
    facts = {}
    for name, value in incoming.given.items():
        field = incoming.entity.names[name.lower()]
        if field.column and field.column != "ticket_id":
            kept = stored(field, value, incoming)
            if kept is None and field.type in ("decimal", "boolean"):
                continue
            facts[field.column] = kept
    return facts


def _checked(incoming: Incoming) -> None:
    incoming.check_lengths()
    incoming.check_ranges()
    incoming.check_picklists()
    incoming.check_references(skip=("ticketID",))
    incoming.refuse()


def _create(model: Any, *required: str) -> Any:
    def create(call: Any, incoming: Incoming) -> int:
        actor = author(call)
        take_parent(call, incoming, "ticketID")
        ticket = ticket_of(call, incoming)
        if model is Credit and not (ticket.form or ensure_default(call.tables.organization_id)).is_rma:
            raise Failure("ticketID: credits are for tickets of the RMA category only.")
        incoming.check_required(*required)
        _checked(incoming)
        line = billing.add(ticket, model(**_facts(incoming)), by=actor, via=VIA)
        return int(line.pk)

    return create


def _update(rows: Any, *required: str) -> Any:
    def update(call: Any, incoming: Incoming) -> int:
        from ..views.reading import find

        actor = author(call)
        line = below(rows(call.tables).filter(pk=incoming.id).first(), call)
        shown = find(call.entity, call.tables, line.pk)
        if shown is None:
            raise Failure(NOTHING_TO_UPDATE)
        incoming.given.pop("ticketID", None)
        incoming.drop_unchanged(shown)
        incoming.check_required(*required, new=False)
        _checked(incoming)
        billing.change(line, by=actor, via=VIA, **_facts(incoming))
        return int(line.pk)

    return update


def _delete(rows: Any) -> Any:
    def delete(call: Any, number: int) -> int:
        actor = author(call)
        billing.remove(below(rows(call.tables).filter(pk=number).first(), call), by=actor, via=VIA)
        return number

    return delete


NEEDED = ("name", "chargeType", "unitQuantity", "datePurchased")

CHARGES = Entity(
    name="TicketCharges",
    fields=(
        identity(),
        parent_ticket(),
        Field("name", "string", "name", length=100, required=True),
        Field("description", "string", "description", length=2000),
        Field("notes", "string", "notes", length=2000),
        Field("chargeType", column="type", required=True, picklist="chargeType"),
        Field("status", column="status", picklist="chargeStatus"),
        Field("unitQuantity", "decimal", "quantity", required=True),
        Field("unitPrice", "decimal", "price"),
        Field("unitCost", "decimal", "cost"),
        Field("billableAmount", "decimal", read_only=True, expression=_amount),
        Field("isBillableToCompany", "boolean", "is_billable"),
        Field("isBilled", "boolean", read_only=True, expression=_billed),
        Field("datePurchased", "datetime", "purchased_on", required=True, day=True),
        Field("purchaseOrderNumber", "string", "purchase_order", length=50),
        Field("billingCodeID", column="work_type_id", reference="BillingCodes"),
        Field("productID", column="product_id", reference="Products"),
        Field("contractServiceID", "long", "contract_service_id", reference="ContractServices"),
        Field("contractServiceBundleID", "long", "contract_bundle_id", reference="ContractServiceBundles"),
        Field("createDate", "datetime", "created_at", read_only=True),
        Field("creatorResourceID", column="created_by_id", reference="Resources", read_only=True),
    ),
    rows=charges,
    parent="Tickets",
    path="Charges",
    parent_field="ticketID",
    create=_create(Charge, *NEEDED),
    update=_update(charges, *NEEDED),
    delete=_delete(charges),
)

CREDITS = Entity(
    name="TicketRmaCredits",
    fields=(
        identity(),
        parent_ticket(),
        Field("creditAmount", "decimal", "amount", required=True),
        Field("creditDetails", "string", "details", length=500),
        Field("internalCurrencyCreditAmount", "decimal", read_only=True, expression=lambda t: F("amount") + Value(0)),
    ),
    rows=credits_,
    parent="Tickets",
    path="RmaCredits",
    parent_field="ticketID",
    create=_create(Credit, "creditAmount"),
    update=_update(credits_, "creditAmount"),
    delete=_delete(credits_),
)
ENTITIES = (CHARGES, CREDITS)
