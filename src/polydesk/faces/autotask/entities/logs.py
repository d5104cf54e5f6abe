"""What happened: history, deleted tickets, links to changes, service level results (AT-447, AT-449, AT-450)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import F, QuerySet

from polydesk.tickets import commands
from polydesk.tickets.models import Event, Relation, Ticket

from .. import auth, values
from ..children import VIA, author, below, of_visible
from ..errors import unknown_reference
from ..fields import Entity, Field, identity
from ..incoming import Incoming
from ..numbers import ticket_number
from ..sla import RESULT_FIELDS
from ..tables import Tables
from .tickets import REFUSED_NAMES

FIRST_LINE = 2**40
LINES_PER_EVENT = 4096
NOT_TOLD = ("description_format", "resolution_format", "phase", "priority_level", "extra", "final", "shared", "access")

# --- history -------------------------------------------------------------------------------------------------------


def history(tables: Tables, asked: Any) -> Iterable[dict[str, Any]]:
    """The lines of one or a few tickets; ids share the number space of all renderings (RC-101, RC-181)."""
    events = Event.objects.filter(organization_id=tables.organization_id)
    if isinstance(asked, int):
        events = events.filter(pk=(asked - FIRST_LINE) // LINES_PER_EVENT)
    else:
        events = events.filter(ticket_id__in=[n for n in asked or () if n is not None])
    seen = set(auth.visible(tables.actor).filter(pk__in=events.values("ticket_id")).values_list("pk", flat=True))
    for event in events.order_by("id"):
        if event.ticket_id in seen:
            yield from _lines(event)


def _lines(event: Event) -> Iterable[dict[str, Any]]:
    told = [
        _line_of_field(name, change)
        for name, change in event.changes.items()
        if not name.startswith("+") and name not in NOT_TOLD
    ]
    if event.verb == "create":
        told = [("Created", "The ticket was created.")]
    told += [_line_of_part(name[1:], part) for name, parts in event.changes.items() if name[0] == "+" for part in parts]
    for n, (action, detail) in enumerate(told or [(event.verb.replace("_", " ").title(), "")]):
        yield {
            "id": FIRST_LINE + event.pk * LINES_PER_EVENT + n,
            "ticketID": event.ticket_id,
            "resourceID": event.actor_id,
            "date": values.show_moment(event.at),
            "action": action,
            "detail": detail,
        }


def _line_of_field(name: str, change: list[Any]) -> tuple[str, str]:
    wire = REFUSED_NAMES.get(name, (name, ""))[0]
    return f"{wire} changed", f"{_short(change[0])} -> {_short(change[1])}"


def _line_of_part(name: str, part: Any) -> tuple[str, str]:
    words = name.replace("_", " ").capitalize()
    about = (part.get("name") or part.get("text") or part.get("id") or "") if isinstance(part, dict) else ""
    return words, _short(about)


def _short(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= 200 else f"{text[:199]}…"


HISTORY = Entity(
    name="TicketHistory",
    fields=(
        identity(),
        Field("ticketID", reference="Tickets", read_only=True),
        Field("resourceID", reference="Resources", read_only=True),
        Field("date", "datetime", read_only=True),
        Field("action", "string", length=100, read_only=True),
        Field("detail", "string", length=1000, read_only=True),
    ),
    listed=history,
    needs="ticketID",
    parent="Tickets",
    path="History",
    parent_field="ticketID",
)

# --- deleted tickets -----------------------------------------------------------------------------------------------


def deleted(tables: Tables) -> QuerySet[Ticket]:
    """Removed, not purged (RC-413)."""
    return Ticket.objects.filter(organization_id=tables.organization_id, deleted_at__isnull=False)


DELETED = Entity(
    name="DeletedTicketLogs",
    fields=(
        identity(),
        Field("ticketID", column="id", reference="Tickets", read_only=True),
        Field("ticketNumber", "string", length=50, read_only=True, expression=ticket_number),
        Field("ticketTitle", "string", "title", length=255, read_only=True),
        Field("deletedByResourceID", column="deleted_by_id", reference="Resources", read_only=True),
        Field("deletedDateTime", "datetime", "deleted_at", read_only=True),
    ),
    rows=deleted,
)

# --- links between changes and what caused them ----------------------------------------------------------------


def links(tables: Tables) -> QuerySet[Relation]:
    """Relations of the type `change`; the change is the target."""
    return of_visible(of_visible(Relation.objects.filter(type="change"), tables, "source"), tables, "target")


def create_link(call: Any, incoming: Incoming) -> int:
    """A change request and an incident or problem (AT-449)."""
    actor = author(call)
    names = ("changeRequestTicketID", "problemOrIncidentTicketID")
    incoming.check_required(*names)
    incoming.refuse()
    wanted = [incoming.given[name] for name in names]
    found = {t.pk: t for t in auth.visible(call.actor).filter(pk__in=[n for n in wanted if 0 < n < 2**63])}
    for name, number in zip(names, wanted, strict=True):
        if number not in found:
            incoming.faults.append(unknown_reference(name, "Tickets"))
    incoming.refuse()
    change, cause = (found[number] for number in wanted)
    if change.kind != "change":
        incoming.faults.append("changeRequestTicketID: the ticket must be a change request.")
    if cause.kind not in ("incident", "problem"):
        incoming.faults.append("problemOrIncidentTicketID: the ticket must be an incident or a problem.")
    incoming.refuse()
    return int(commands.link(cause, change, "change", by=actor, via=VIA).pk)


def delete_link(call: Any, number: int) -> int:
    """The tickets stay."""
    actor = author(call)
    commands.unlink(below(links(call.tables).filter(pk=number).first(), call), by=actor, via=VIA)
    return number


LINKS = Entity(
    name="ChangeRequestLinks",
    fields=(
        identity(),
        Field("changeRequestTicketID", column="target_id", reference="Tickets", required=True),
        Field("problemOrIncidentTicketID", column="source_id", reference="Tickets", required=True),
    ),
    rows=links,
    create=create_link,
    delete=delete_link,
)

# --- service level results ------------------------------------------------------------------------------------------

RESULTS = Entity(
    name="ServiceLevelAgreementResults",
    fields=(
        identity(),
        Field("ticketID", column="id", reference="Tickets", read_only=True),
        Field(
            "serviceLevelAgreementName",
            "string",
            length=100,
            read_only=True,
            expression=lambda tables: F("sla__name"),
        ),
        *RESULT_FIELDS,
    ),
    rows=lambda tables: auth.visible(tables.actor).filter(sla__isnull=False),
)

ENTITIES = (HISTORY, DELETED, LINKS, RESULTS)
