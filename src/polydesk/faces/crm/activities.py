"""Ticket activities: each event of a ticket as this API shows it (CR-074, CR-075, RC-097, RC-170 … RC-176).

An activity is one event: what was written with it stands in `activityText` or `commentText`, what changed in
`updateText`. Its id comes from the number space of action lines (RC-101), so it rises with time and
`idAfter` follows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from polydesk.directory.actors import Actor
from polydesk.tickets import access
from polydesk.tickets.fields import FIELDS
from polydesk.tickets.models import Comment, Event, Ticket

from . import reading
from .fields import CRM_NAME, SHOWN_AS
from .reading import Names

LINES_FROM, LINES_PER_EVENT = 2**40, 4096
TYPES = {
    "create": "Created",
    "comment": "Activity",
    "remove": "Deleted",
    "restore": "Restored",
    "merge": "Merged",
    "attach": "Attachment",
    "time": "Time",
}
UNSAID = {"extra", "phase", "priority_level", "version", "description_format", "resolution_format", "created_at"}


@dataclass(frozen=True, slots=True)
class Activity:
    """An event with the id it has in this API."""

    id: int
    event: Event


def events(actor: Actor) -> QuerySet[Event]:
    """The events of the tickets that this face shows, with what must be known of their tickets."""
    ticket = reading.visible(actor).filter(pk=OuterRef("ticket_id"))
    return Event.objects.filter(Exists(ticket), organization_id=actor.organization_id).annotate(
        ticket_kind=Subquery(Ticket.objects.filter(pk=OuterRef("ticket_id")).values("kind")[:1])
    )


def changed_since(found: QuerySet[Event], moment: Any) -> QuerySet[Event]:
    """What happened, or what was edited later, at or after a moment."""
    edited = Comment.objects.filter(pk=OuterRef("comment_id"), edited_at__gte=moment)
    return found.filter(Q(at__gte=moment) | Exists(edited))


def event_id(activity_id: int) -> int:
    """The event behind an activity's id, 0 when there can be none."""
    number, line = divmod(activity_id - LINES_FROM, LINES_PER_EVENT)
    return number if line == 0 and 0 < number < 2**40 else 0


def after(activity_id: int) -> int:
    """The greatest event id that is not beyond an activity's id."""
    return max(0, (activity_id - LINES_FROM) // LINES_PER_EVENT)


def objects(actor: Actor, found: Sequence[Event]) -> list[dict[str, Any]]:
    """The activity objects of some events. At most three statements."""
    comments = _comments(found)
    people = {i for e in found for i in _ids(e, "assignee", "assigned_people")} | {
        e.actor_id for e in found if e.actor_id
    }
    names = Names(actor.organization_id).look_up(
        people=people,
        teams={i for e in found for i in _ids(e, "assigned_teams")},
        suppliers={i for e in found for i in _ids(e, "suppliers")},
        statuses={i for e in found for i in e.changes.get("status", ()) if i},
        priorities={i for e in found for i in e.changes.get("priority", ()) if i},
    )
    return [_object(actor, event, comments.get(event.comment_id or 0), names) for event in found]


def _comments(found: Iterable[Event]) -> dict[int, tuple[str, str, bool]]:
    """Type, text and visibility of the entries; the opening message says the description (RC-100)."""
    ids = [e.comment_id for e in found if e.comment_id]
    rows = Comment.objects.filter(pk__in=ids, deleted_at__isnull=True).annotate(
        said=Coalesce(
            Subquery(
                Ticket.objects.filter(pk=OuterRef("ticket_id")).values("description")[:1],
            ),
            F("text"),
        )
    )
    found_rows = rows.values_list("id", "type", "internal", "text", "said")
    return {i: (kind, said if kind == "opening" else text, internal) for i, kind, internal, text, said in found_rows}


def _ids(event: Event, *fields: str) -> list[int]:
    found: list[int] = []
    for name in fields:
        for side in event.changes.get(name, ()):
            found += side if isinstance(side, list) else [side] if side else []
    return found


def _object(actor: Actor, event: Event, entry: tuple[str, str, bool] | None, names: Names) -> dict[str, Any]:
    kind, text, internal = entry or ("", "", False)
    hidden = internal or kind == "task"
    if hidden and not (actor.is_superuser or access.holds(actor, "triage", event.ticket_kind)):  # type: ignore[attr-defined]
        text = ""
    return {
        "id": str(LINES_FROM + event.pk * LINES_PER_EVENT),
        "ticketID": str(event.ticket_id),
        "createdDate": reading.day_of(event.at),
        "ticketActivityType": "Note" if hidden else TYPES.get(event.verb, "Update"),
        "activityUser": names.people.get(event.actor_id or 0, "system"),
        "containsPersonalData": False,
        "activityText": "" if hidden else text,
        "sendContentByEmail": False,
        "commentText": text if hidden else "",
        "updateText": _update_text(event, names),
        "sendUpdateByEmail": False,
        "activityDepartments": reading.joined(_after(event, "assigned_teams"), names.teams),
        "activityUsers": reading.joined(_after(event, "assigned_people"), names.people),
        "activitySuppliers": reading.joined(_after(event, "suppliers"), names.suppliers),
        "standardTicketAttachments": ", ".join(
            part["name"] for part in event.changes.get("+attachment", ()) if not part.get("internal") or hidden
        ),
    }


def _after(event: Event, name: str) -> list[int]:
    return list(event.changes.get(name, ((), ()))[1])


def _update_text(event: Event, names: Names) -> str:
    """What changed, in one line per field."""
    if event.verb == "create":
        return "Ticket created"
    lines = []
    for name, change in event.changes.items():
        if name.startswith("+") or name in UNSAID:
            continue
        label = SHOWN_AS.get(CRM_NAME.get(name, ""), FIELDS[name].label)
        before, after = (_said(name, side, names) for side in change)
        lines.append(f"{label}: {before} → {after}" if before or after else label)
    return "\n".join(lines)


def _said(name: str, value: Any, names: Names) -> str:
    match name:
        case "status":
            return names.status(value) if value else ""
        case "priority":
            return names.priority(value, 3)
        case "title" | "follow_up_on" | "action_due_on":
            return value or ""
        case "assignee":
            return names.people.get(value, "")
        case "assigned_people":
            return reading.joined(value or (), names.people)
        case "assigned_teams":
            return reading.joined(value or (), names.teams)
        case "suppliers":
            return reading.joined(value or (), names.suppliers)
    return ""
