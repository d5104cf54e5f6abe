"""Verbs that are more than a change of fields, each with an address of its own (PL-101, PL-106)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction

from polydesk.directory.models import Person
from polydesk.faces.native import errors, fields, rules, shapes, showing
from polydesk.faces.native.fields import RefIn
from polydesk.faces.native.wire import Call, Reply
from polydesk.tickets import access, commands, queries
from polydesk.tickets.models import Event, Tag, Ticket
from polydesk.tickets.refusals import Denied, Missing, refuse
from polydesk.web import bodies
from polydesk.web.problems import Problem, document

from .tickets import VIA, current_id, expected, find, shown


def close(call: Call, id: int) -> Reply:
    """Close a ticket."""
    number, body = current_id(call.actor, id), call.body
    given = (body.rating.scale, body.rating.score, body.rating.text) if body.rating else None
    outcome = commands.close(
        number,
        by=call.actor,
        via=VIA,
        status=body.status,
        rating=given,
        also=rules.also({"status": body.status}),
        if_version=expected(call, number),
    )
    return Reply(_closure(call, outcome.ticket))


def closure(call: Call, id: int) -> Reply:
    """How a closed or solved ticket was closed."""
    ticket = find(call.actor, id)
    if ticket.is_open:
        raise Missing
    return Reply(_closure(call, ticket))


def reopen(call: Call, id: int) -> Reply:
    """Bring a solved or closed ticket back (RC-143)."""
    number = current_id(call.actor, id)
    commands.reopen(number, by=call.actor, via=VIA, if_version=expected(call, number))
    return Reply()


def _closure(call: Call, ticket: Ticket) -> shapes.Closure:
    people = showing.refs(Person, [ticket.closed_by_id])
    return shapes.Closure(
        ticket=ticket.pk,
        status=ticket.status if call.actor.is_staff else showing.seen(ticket.organization_id, ticket.status),
        closed_at=ticket.closed_at,
        closed_by=people(ticket.closed_by_id),
        solved_at=ticket.solved_at,
    )


def merge(call: Call, id: int) -> Reply:
    """Other tickets go into this one (RC-311)."""
    target = current_id(call.actor, id)
    sources = [given.id if isinstance(given, RefIn) else given for given in call.body.tickets]
    commands.merge(sources, target, by=call.actor, via=VIA)
    return shown(call, target)


def split(call: Call, id: int) -> Reply:
    """A new ticket from chosen entries (RC-312)."""
    number, body = current_id(call.actor, id), call.body
    made = commands.split(number, body.comments, by=call.actor, via=VIA, title=body.title, kind=body.kind)
    reply = shown(call, made.pk)
    reply.headers["Location"] = f"{showing.PREFIX}/tickets/{made.pk}"
    return reply


def undo(call: Call, id: int) -> Reply:
    """Undo an event of this ticket, the newest when none is named (PL-029)."""
    ticket = queries.get(call.actor, id)
    if not call.actor.is_staff:
        raise Problem("forbidden", "Undoing is for staff.")
    theirs = Event.objects.filter(ticket_id=ticket.pk)
    wanted = call.body.event
    event = theirs.filter(pk=wanted).first() if wanted else theirs.order_by("-number").first()
    if event is None:
        raise errors.fault("event", "unknown", "There is no such event on this ticket.", "validation")
    done = commands.undo(event, by=call.actor, via=VIA)
    made = showing.events(call.actor, [done.event])[0] if done.event else None
    return Reply(shapes.Undone(done.ticket.pk, made, done.left))


# --- participants, tags, items: one list of the ticket each

LISTS = {
    "assignees": "assigned_people",
    "teams": "assigned_teams",
    "watchers": "watchers",
    "watching-teams": "watching_teams",
    "suppliers": "suppliers",
}


def parts(name: str) -> Callable[..., Reply]:
    """Who is on a ticket in one of its lists."""

    def view(call: Call, id: int) -> Reply:
        row = shown(call, id, fields.choice(call.actor, _readable(call, [name]))).value
        return Reply(getattr(row, name))

    return view


def _readable(call: Call, names: list[str]) -> list[str]:
    if any(name not in fields.members(call.actor) for name in names):
        raise Problem("forbidden", "This is for staff.")
    return names


def add_part(name: str) -> Callable[..., Reply]:
    """Add somebody to a list of the ticket; who is there already stays where he is."""

    def view(call: Call, id: int) -> Reply:
        return _change_list(call, id, name, lambda old: [*old, call.body.id])

    return view


def remove_part(name: str) -> Callable[..., Reply]:
    """Take somebody out of a list of the ticket."""

    def view(call: Call, id: int, part: int) -> Reply:
        def without(old: list[Any]) -> list[Any]:
            if part not in old:
                raise Missing
            return [i for i in old if i != part]

        _change_list(call, id, name, without)
        return Reply()

    return view


def add_item(call: Call, id: int) -> Reply:
    """Link a thing."""
    pair = [call.body.kind, call.body.id]
    return _change_list(call, id, "items", lambda old: old if pair in old else [*old, pair])


def remove_item(call: Call, id: int, kind: str, item: int) -> Reply:
    """Unlink a thing."""

    def without(old: list[Any]) -> list[Any]:
        if [kind, item] not in old:
            raise Missing
        return [pair for pair in old if pair != [kind, item]]

    _change_list(call, id, "items", without)
    return Reply()


def add_tag(call: Call, id: int) -> Reply:
    """Put a tag on a ticket; a name that is new becomes a tag."""
    body, ticket = call.body, find(call.actor, id)
    if (body.id is None) == (body.name is None):
        raise errors.fault("id", "required", "Give either an id or a name.", "validation")
    with transaction.atomic():
        number = body.id or _tag(call, ticket, body.name)
        return _change_list(call, id, "tags", lambda old: [*old, number])


def _tag(call: Call, ticket: Ticket, name: str) -> int:
    answer = access.may(call.actor, "triage", kind=ticket.kind, ticket=ticket)
    if not answer:
        raise Denied(answer.reason)
    if not name.strip():
        raise refuse("required", "name", "The name is required.")
    return Tag.objects.get_or_create(organization_id=call.actor.organization_id, name=name.strip())[0].pk


def _change_list(call: Call, id: int, name: str, change: Callable[[list[Any]], list[Any]]) -> Reply:
    """Read, change and write one list with the ticket held, so that two additions at once both stay."""
    _readable(call, [name])
    number = current_id(call.actor, id)
    with transaction.atomic():
        ticket = Ticket.objects.select_for_update().get(pk=number)
        wanted = list(change(list(getattr(ticket, name))))
        rules.edit(call.actor, number, {name: wanted}, if_version=expected(call, number))
    return Reply(getattr(shown(call, number, fields.choice(call.actor, [name])).value, name))


# --- bulk


def bulk(call: Call) -> Reply:
    """Up to 500 operations, each with its own result; with `atomic` all or none (PL-106).

    More than a hundred need a place for expensive work (RS-163)."""
    results: list[shapes.BulkResult] = []
    try:
        with transaction.atomic():
            for operation in call.body.operations:
                results.append(_one(call, operation))
                if call.body.atomic and results[-1].problem is not None:
                    raise _Stop
    except _Stop:
        failed = results[-1]
        undone = shapes.BulkResult(status=424, problem=None)
        results = [undone] * (len(results) - 1) + [failed]
        results += [undone] * (len(call.body.operations) - len(results))
    done = sum(result.status < 300 for result in results)
    return Reply(shapes.BulkResults(results, done, len(results) - done))


def is_large(body: shapes.Bulk) -> bool:
    """Does it need a place of its own (RS-163)?"""
    return len(body.operations) > 100


class _Stop(Exception):
    """One operation of an atomic bulk failed."""


def _one(call: Call, operation: shapes.BulkOperation) -> shapes.BulkResult:
    try:
        with transaction.atomic():
            return _ACTS[operation.act](call, operation)
    except errors.REFUSALS as refusal:
        problem = errors.problem_of(refusal)
        return shapes.BulkResult(
            status=problem.status, ticket=operation.ticket, problem=document(call.request, problem)
        )


def _result(ticket: Ticket, status: int = 200) -> shapes.BulkResult:
    return shapes.BulkResult(status=status, ticket=ticket.pk, version=ticket.version)


def _target(call: Call, operation: shapes.BulkOperation) -> int:
    if operation.ticket is None:
        raise errors.fault("ticket", "required", "Say which ticket.", "validation")
    return current_id(call.actor, operation.ticket)


def _given(operation: shapes.BulkOperation, shape: Any) -> Any:
    try:
        return bodies.parse_as(bodies.encode(operation.values), shape)
    except bodies.BadBody as bad:
        raise errors.problem_of(bad) from None


def _bulk_create(call: Call, operation: shapes.BulkOperation) -> shapes.BulkResult:
    return _result(rules.create(call.actor, _given(operation, fields.NewTicket)), 201)


def _bulk_edit(call: Call, operation: shapes.BulkOperation) -> shapes.BulkResult:
    body = _given(operation, fields.TicketChange)
    if read_only := fields.read_only_given(body):
        raise errors.fault(next(iter(read_only)), "read_only", "This member cannot be written.")
    number = _target(call, operation)
    return _result(
        rules.edit(call.actor, number, fields.values_of(body), if_version=_version(call, number, operation)).ticket
    )


def _bulk_comment(call: Call, operation: shapes.BulkOperation) -> shapes.BulkResult:
    body, number = _given(operation, shapes.NewComment), _target(call, operation)
    if body.ticket or body.attachments:
        raise errors.fault("values", "unknown", "In bulk a comment has no fields or files beside it.", "validation")
    outcome = commands.add_comment(
        number,
        body.text,
        by=call.actor,
        via=VIA,
        type=body.type,
        internal=body.internal,
        format=body.format,
        reply_to=body.reply_to,
        seconds=body.seconds,
        if_version=_version(call, number, operation),
    )
    return _result(outcome.ticket, 201)


def _bulk_close(call: Call, operation: shapes.BulkOperation) -> shapes.BulkResult:
    body, number = _given(operation, shapes.NewClosure), _target(call, operation)
    version = _version(call, number, operation)
    also = rules.also({"status": body.status})
    return _result(
        commands.close(number, by=call.actor, via=VIA, status=body.status, also=also, if_version=version).ticket
    )


def _bulk_reopen(call: Call, operation: shapes.BulkOperation) -> shapes.BulkResult:
    number = _target(call, operation)
    version = _version(call, number, operation)
    return _result(commands.reopen(number, by=call.actor, via=VIA, if_version=version).ticket)


def _bulk_remove(call: Call, operation: shapes.BulkOperation) -> shapes.BulkResult:
    number = _target(call, operation)
    version = _version(call, number, operation)
    return _result(commands.remove(number, by=call.actor, via=VIA, if_version=version).ticket)


def _version(call: Call, number: int, operation: shapes.BulkOperation) -> int | None:
    """The version an operation names; a customer's is one that he may know of (RS-115)."""
    if operation.version is None or call.actor.is_staff:
        return operation.version
    ticket = find(call.actor, number)
    return ticket.version if queries.history(call.actor, ticket).count() == operation.version else -1


_ACTS: dict[str, Callable[[Call, shapes.BulkOperation], shapes.BulkResult]] = {
    "create": _bulk_create,
    "edit": _bulk_edit,
    "comment": _bulk_comment,
    "close": _bulk_close,
    "reopen": _bulk_reopen,
    "remove": _bulk_remove,
}
