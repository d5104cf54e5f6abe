"""What people do with tickets here: each act is one command of the engine (ST-031 … ST-047)."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import Http404

from polydesk.directory import actors
from polydesk.directory.actors import Actor
from polydesk.directory.models import Person
from polydesk.tickets import commands
from polydesk.tickets.edits import now
from polydesk.tickets.refusals import Denied, Missing, Refused

from . import fields, files, people
from .fields import FACE
from .models import Ticket, UnchangedSave
from .people import Visitor
from .rules import assigned_is_no_longer_new, only_in, taken_by_nobody_yet

OPEN = ("new", "open", "waiting")
_ASSIGNING = (assigned_is_no_longer_new,)
LONGEST_TITLE = 100
DEFAULT_TYPE = DEFAULT_SEVERITY = 2


def create(
    visitor: Visitor, *, description: str, ticket_type: int, severity: int, attachment: UploadedFile[Any] | None = None
) -> Ticket:
    """A new ticket of the visitor; closed is final on it, for every face (ST-031, ST-038, RC-310)."""
    return _create(visitor.as_owner(), visitor.person, description, ticket_type, severity, attachment)


def _create(
    by: Actor, owner: Person | None, description: str, ticket_type: int, severity: int, attachment: Any = None
) -> Ticket:
    values = {
        "title": title_of(description),
        "description": description,
        "description_format": "plain",
        "resolution_format": "plain",
        "requester": owner,
        "channel": "portal",
        "final": True,
        **fields.written(None, type=ticket_type, severity_=severity),
    }
    kept = [files.stored(attachment)] if attachment else []
    made = commands.create(fields.kind(ticket_type), values, by=by, via=FACE, files=kept)
    return Ticket.objects.get(pk=made.pk)


def title_of(description: str) -> str:
    """The first line that says something, cut at a word (RC-031)."""
    line = next((line.strip() for line in description.splitlines() if line.strip()), "…")
    if len(line) <= LONGEST_TITLE:
        return line
    cut = line[: LONGEST_TITLE - 1]
    return (cut.rsplit(None, 1)[0] if " " in cut else cut) + "…"


def open_as_staff(visitor: Visitor, ticket: Ticket) -> Ticket:
    """Opening a new ticket that nobody has takes it; who comes second does not find it any more (ST-039, ST-040)."""
    if not visitor.is_staff or ticket.phase != "new" or ticket.assignee_id is not None:
        return ticket
    try:
        commands.edit(
            ticket.pk,
            {"assignee": visitor.person.pk, "status": "assigned"},
            by=visitor.as_staff(),
            via=FACE,
            also=(taken_by_nobody_yet,),
        )
    except (Refused, Missing) as late:
        raise Http404 from late
    return Ticket.objects.get(pk=ticket.pk)


def edit_as_owner(visitor: Visitor, ticket: Ticket, *, description: str, ticket_type: int, severity: int) -> None:
    """The owner changes a new ticket, or brings a solved one back (ST-032, ST-046)."""
    values = {"description": description, **fields.written(ticket, type=ticket_type, severity_=severity)}
    with _refusals_are_403():
        if ticket.phase == "solved":
            commands.reopen(ticket.pk, by=visitor.as_owner(), via=FACE, values=values, also=(only_in("solved"),))
            return
        _edit(ticket, values, visitor.as_owner(), (only_in("new"),))


def edit_as_staff(
    visitor: Visitor,
    ticket: Ticket,
    *,
    staff: Any,
    ticket_type: int,
    severity: int,
    state: int,
    resolution_text: str,
) -> None:
    """Staff assign, hand over, work on and solve a ticket that is not solved yet (ST-033, ST-041 … ST-044)."""
    values: dict[str, Any] = {
        "resolution": resolution_text,
        **fields.written(ticket, type=ticket_type, severity_=severity, state_=state),
    }
    if staff is not None:
        values["assignee"] = people.person_of(staff).pk
    elif ticket.assignee_id is None:
        values["assignee"] = visitor.person.pk
    with _refusals_are_403():
        _edit(ticket, values, visitor.as_staff(), (only_in(*OPEN), assigned_is_no_longer_new))


def _edit(ticket: Ticket, values: dict[str, Any], by: Actor, also: Any) -> None:
    outcome = commands.edit(ticket.pk, values, by=by, via=FACE, also=also)
    if not outcome.changed:
        UnchangedSave.objects.create(ticket_id=ticket.pk, by_id=by.person_id, at=now(), version=outcome.ticket.version)


def delete(visitor: Visitor, ticket: Ticket) -> None:
    """The owner takes back what nobody has looked at yet (ST-032)."""
    with _refusals_are_403(), transaction.atomic():
        locked = Ticket.objects.select_for_update().filter(pk=ticket.pk).first()
        if locked is None or locked.phase != "new":
            raise PermissionDenied
        commands.remove(ticket.pk, by=visitor.as_owner(), via=FACE)


class _refusals_are_403:
    """What the engine refuses was not allowed in this state; a ticket that vanished meanwhile is 404 (ST-021)."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, refusal: Any, trace: Any) -> None:
        if isinstance(refusal, Refused | Denied):
            raise PermissionDenied(str(refusal)) from refusal
        if isinstance(refusal, Missing):
            raise Http404 from refusal


def save(ticket: Ticket) -> None:
    """What a program of the project assigned to a ticket, by the desk itself (ST-098)."""
    asked = ticket._pending
    system = actors.system(people.organization().pk if ticket.pk is None else ticket.organization_id)
    with transaction.atomic():
        if ticket.pk is None:
            owner = people.person_of(asked["user"]) if asked.get("user") else None
            by = Visitor(asked["user"]).as_owner() if owner else system
            made = _create(
                by,
                owner,
                ticket.description,
                asked.get("ticket_type", DEFAULT_TYPE),
                asked.get("severity", DEFAULT_SEVERITY),
            )
            ticket.pk = made.pk
            ticket._state.adding, ticket._state.db = False, made._state.db
            if asked.keys() & {"staff", "state", "resolution_text"}:
                commands.edit(made.pk, _changes(made, asked, made.description), by=system, via=FACE, also=_ASSIGNING)
        else:
            stored = Ticket.objects.get(pk=ticket.pk)
            _edit(stored, _changes(stored, asked, ticket.description), system, _ASSIGNING)
    ticket.refresh_from_db()


def _changes(stored: Ticket, asked: dict[str, Any], description: str) -> dict[str, Any]:
    values: dict[str, Any] = {
        "description": description,
        **fields.written(
            stored, type=asked.get("ticket_type"), severity_=asked.get("severity"), state_=asked.get("state")
        ),
    }
    if "user" in asked:
        values["requester"] = people.person_of(asked["user"]).pk if asked["user"] else None
    if "staff" in asked:
        values["assignee"] = people.person_of(asked["staff"]).pk if asked["staff"] else None
    if "resolution_text" in asked:
        values["resolution"] = asked["resolution_text"]
    return values


def remove_by_program(ticket: Ticket) -> None:
    """Deleted by a program of the project, by the desk itself."""
    commands.remove(ticket.pk, by=actors.system(ticket.organization_id), via=FACE)
