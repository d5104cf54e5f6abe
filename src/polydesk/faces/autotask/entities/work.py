"""Time entries (AT-448)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import BooleanField, Case, F, IntegerField, QuerySet, Value, When

from polydesk.tickets import commands
from polydesk.tickets.models import Ticket, TimeEntry
from polydesk.tickets.refusals import Missing

from .. import values
from ..children import VIA, author, below, of_visible, parent_ticket, ticket_of
from ..errors import unknown_reference
from ..fields import Entity, Field, identity
from ..incoming import Incoming
from ..tables import Tables

LONGEST = 24 * 3600


def rows(tables: Tables) -> QuerySet[TimeEntry]:
    """The time booked on visible tickets."""
    return of_visible(TimeEntry.objects.all(), tables)


def _free(tables: Tables) -> Any:
    return Case(When(is_billable=True, then=Value(False)), default=Value(True), output_field=BooleanField())


def _to_bill(tables: Tables) -> Any:
    return Case(When(is_billable=True, then=F("seconds")), default=Value(0), output_field=IntegerField())


CORE = {
    "resourceID": "person_id",
    "roleID": "role_id",
    "startDateTime": "started_at",
    "endDateTime": "ended_at",
    "summaryNotes": "summary",
    "internalNotes": "internal_note",
    "billingCodeID": "work_type_id",
    "contractID": "contract_id",
    "contractServiceID": "contract_service_id",
    "contractServiceBundleID": "contract_bundle_id",
}
TEXTS = ("summaryNotes", "internalNotes")


def create(call: Any, incoming: Incoming) -> int:
    """Resource, ticket and, for tickets, role are required; the contract comes from the ticket when not given."""
    actor = author(call)
    incoming.check_required("resourceID", "ticketID", "roleID")
    given = incoming.given
    ticket = _ticket(call, incoming)
    if given.get("hoursWorked") is None and None in (given.get("startDateTime"), given.get("endDateTime")):
        incoming.faults.append("hoursWorked: hours, or a start and an end, are needed.")
    facts, seconds = _facts(incoming)
    incoming.refuse()
    assert ticket
    if facts.get("contract_id") is None:
        facts["contract_id"] = ticket.contract_id
    facts["worked_on"] = given["dateWorked"].date() if given.get("dateWorked") else _day(given)
    done = commands.add_time(ticket, seconds or 0, by=actor, via=VIA, **facts)
    return int(done.time.pk)


def _ticket(call: Any, incoming: Incoming) -> Ticket | None:
    """The ticket that the body names; another one is a fault of the body like any (AT-047)."""
    try:
        return ticket_of(call, incoming)
    except Missing:
        if incoming.given.get("ticketID") is not None:
            incoming.faults.append(unknown_reference("ticketID", "Tickets"))
        return None


def update(call: Any, incoming: Incoming) -> int:
    """While it is not posted; it stays on its ticket."""
    from ..views.reading import find

    actor = author(call)
    entry = below(rows(call.tables).filter(pk=incoming.id).first(), call)
    incoming.drop_unchanged(find(ENTITY, call.tables, entry.pk) or {})
    if "ticketID" in incoming.given:
        incoming.faults.append("ticketID: a time entry cannot move to another ticket.")
    incoming.check_required("resourceID", "roleID", new=False)
    facts, seconds = _facts(incoming, entry)
    if incoming.given.get("dateWorked"):
        facts["worked_on"] = incoming.given["dateWorked"].date()
    if seconds is not None:
        facts["seconds"] = seconds
    incoming.refuse()
    if facts:
        commands.edit_time(entry, by=actor, via=VIA, **facts)
    return int(entry.pk)


def delete(call: Any, number: int) -> int:
    """While it is not posted."""
    actor = author(call)
    commands.remove_time(below(rows(call.tables).filter(pk=number).first(), call), by=actor, via=VIA)
    return number


def _facts(incoming: Incoming, entry: TimeEntry | None = None) -> tuple[dict[str, Any], int | None]:
    """The given values as columns, and the seconds worked: the hours, else from start to end."""
    incoming.check_lengths()
    people = incoming.check_references(skip=("ticketID",))
    given = incoming.given
    facts = {CORE[n]: ("" if v is None and n in TEXTS else v) for n, v in given.items() if n in CORE}
    if given.get("isNonBillable") is not None:
        facts["is_billable"] = not given["isNonBillable"]
    contract = people.get("contractID")
    if contract is not None and not contract.is_active:
        incoming.faults.append(unknown_reference("contractID", "Contracts"))
    start = facts.get("started_at", entry.started_at if entry else None)
    end = facts.get("ended_at", entry.ended_at if entry else None)
    seconds = values.seconds(given["hoursWorked"]) if given.get("hoursWorked") is not None else None
    if start and end and end < start:
        incoming.faults.append("endDateTime: lies before the startDateTime.")
    elif seconds is None and start and end and ("started_at" in facts or "ended_at" in facts):
        seconds = round((end - start).total_seconds())
    if seconds is not None and not 0 <= seconds <= LONGEST:
        incoming.faults.append("hoursWorked: must be between 0 and 24.")
    return facts, seconds


def _day(given: dict[str, Any]) -> dt.date | None:
    return given["startDateTime"].date() if given.get("startDateTime") else None


ENTITY = Entity(
    name="TimeEntries",
    fields=(
        identity(),
        parent_ticket(required=True),
        Field("taskID", constant=None, read_only=True),
        Field("resourceID", column="person_id", reference="Resources", required=True),
        Field("roleID", column="role_id", reference="Roles"),
        Field("dateWorked", "datetime", "worked_on", day=True),
        Field("startDateTime", "datetime", "started_at"),
        Field("endDateTime", "datetime", "ended_at"),
        Field("hoursWorked", "decimal", "seconds", hours=True),
        Field("hoursToBill", "decimal", read_only=True, hours=True, expression=_to_bill),
        Field("offsetHours", "decimal", constant=0, read_only=True),
        Field("summaryNotes", "string", "summary", length=32000),
        Field("internalNotes", "string", "internal_note", length=32000),
        Field("isNonBillable", "boolean", expression=_free),
        Field("showOnInvoice", "boolean", "is_billable", read_only=True),
        Field("billingCodeID", column="work_type_id", reference="BillingCodes"),
        Field("contractID", column="contract_id", reference="Contracts"),
        Field("contractServiceID", "long", "contract_service_id", reference="ContractServices"),
        Field("contractServiceBundleID", "long", "contract_bundle_id", reference="ContractServiceBundles"),
        Field("createDateTime", "datetime", "created_at", read_only=True),
        Field("creatorUserID", column="created_by_id", reference="Resources", read_only=True),
        Field("lastModifiedDateTime", "datetime", "updated_at", read_only=True),
        Field("lastModifiedUserID", column="updated_by_id", reference="Resources", read_only=True),
        Field("timeEntryType", constant=1, picklist="timeEntryType", read_only=True),
        Field("billingApprovalDateTime", "datetime", "posted_at", read_only=True),
    ),
    rows=rows,
    create=create,
    update=update,
    delete=delete,
)
ENTITIES = (ENTITY,)
