"""Tickets: list, open, read, change, delete (PL-104, PL-105, PL-107)."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from polydesk.directory.actors import Actor
from polydesk.faces.native import fields, lists, rules, showing
from polydesk.faces.native.fields import Moment
from polydesk.faces.native.wire import Call, Reply
from polydesk.tickets import commands, queries
from polydesk.tickets.models import Ticket
from polydesk.tickets.refusals import Missing, Stale
from polydesk.tickets.statements import count, one_id

VIA = "native"
MERGES_AT_MOST = 50


class ReadQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """How to show a ticket."""

    fields: Annotated[
        Annotated[str, Meta(max_length=2000)] | None,
        Meta(description="Only these members and `id`, separated by commas; empty means all."),
    ] = None
    include: Annotated[
        Annotated[str, Meta(max_length=200)] | None,
        Meta(description="Sub-resources to send along, separated by commas."),
    ] = None
    as_of: Annotated[Moment | None, Meta(description="The ticket as it was at this moment.")] = None


def listing(call: Call) -> Reply:
    """A page of visible tickets; one statement, two with `q`, one more for a count."""
    actor, query = call.actor, call.query
    narrowed = lists.conditions(actor, query)
    found = lists.searched(actor, query)
    shown = _picture(actor, query.fields, listed=True)
    included = lists.split(query.include, showing.INCLUDES, "include")
    order, down = lists.order(actor, query.sort)
    if found is not None:
        narrowed.append(found)

    def fetch(after: lists.Key | None, forward: bool, limit: int) -> list[tuple[Any, lists.Key]]:
        rows = shown.reading.page(
            actor,
            conditions=narrowed,
            order=order,
            descending=down is forward,
            after=after,
            limit=limit,
            deleted=query.deleted,
        )
        return [(row.row, row.key) for row in rows]

    rows, links = lists.page(call, fetch)
    total = lists.count(call, lambda most: count(actor, narrowed, most=most, deleted=query.deleted)[0])
    items = [_with(shown.show(row, actor), showing.included(call, int(_id(shown, row)), included)) for row in rows]
    return Reply(lists.Page(items, links, total))


def _id(shown: fields.Picture, row: Any) -> Any:
    return row[shown.reading.names.index("id")]


def _picture(actor: Actor, names: str | None, *, listed: bool = False) -> fields.Picture:
    chosen = lists.split(names, fields.members(actor), "fields")
    return fields.choice(actor, chosen) if chosen else fields.picture(actor, listed=listed)


def create(call: Call) -> Reply:
    """Open a ticket."""
    ticket = rules.create(call.actor, call.body)
    reply = shown(call, ticket.pk)
    reply.headers["Location"] = f"/api/v1/tickets/{ticket.pk}"
    return reply


def read(call: Call, id: int) -> Reply:
    """One ticket; a merged one answers with its target (RC-249)."""
    query = call.query
    picture = _picture(call.actor, query.fields)
    included = lists.split(query.include, showing.INCLUDES, "include")
    if query.as_of is not None:
        return Reply(showing.as_of(call, find(call.actor, id), query.as_of, picture.names))
    reply = shown(call, id, picture)
    if included:
        reply.value = _with(reply.value, showing.included(call, reply.value.id, included))
        reply.version = None
    elif query.fields:
        reply.version = None
    return reply


def change(call: Call, id: int) -> Reply:
    """Change fields; what equals the present value is no edit (RC-002, RC-350)."""
    number = current_id(call.actor, id)
    given = fields.read_only_given(call.body)
    if given:
        picture = fields.TICKET if call.actor.is_staff else fields.CUSTOMER_TICKET
        fields.check_written_back(given, _row_of(call.actor, number, picture))
    rules.edit(call.actor, number, fields.values_of(call.body), if_version=expected(call, number))
    return shown(call, number)


def remove(call: Call, id: int) -> Reply:
    """Delete softly."""
    number = current_id(call.actor, id)
    commands.remove(number, by=call.actor, via=VIA, if_version=expected(call, number))
    return Reply()


def restore(call: Call, id: int) -> Reply:
    """Bring a deleted ticket back."""
    commands.restore(id, by=call.actor, via=VIA)
    return shown(call, id)


def purge(call: Call, id: int) -> Reply:
    """Destroy a deleted ticket for good."""
    commands.purge(id, by=call.actor, via=VIA)
    return Reply()


# --- what the other views lean on


def shown(call: Call, id: int, picture: fields.Picture | None = None) -> Reply:
    """The ticket as the caller is shown it, with its version."""
    picture = picture or fields.picture(call.actor)
    ticket = _row_of(call.actor, id, picture)
    reply = Reply(ticket, version=getattr(ticket, "version", None))
    if ticket.id != id:
        reply.headers["Content-Location"] = f"/api/v1/tickets/{ticket.id}"
    return reply


def _row_of(actor: Actor, id: int, picture: fields.Picture) -> Any:
    row = picture.reading.one(actor, id)
    for _ in range(MERGES_AT_MOST):
        if row is None:
            raise Missing
        target = _target(actor, picture, row)
        if target is None:
            break
        row = picture.reading.one(actor, target)
    return picture.show(row, actor)


def _target(actor: Actor, picture: fields.Picture, row: Any) -> int | None:
    """Where a merged ticket went: on the row itself, or asked for when the picture does not say."""
    names = picture.reading.references
    if "merged_into" in names:
        return row[picture.jsons + 2 * names.index("merged_into")]
    if "phase" in picture.reading.plain and row[picture.reading.plain.index("phase")] != "closed":
        return None
    found = one_id(actor, _id(picture, row))
    return found[1] if found else None


def current_id(actor: Actor, id: int) -> int:
    """The number of the visible ticket that a number leads to (RC-249); Missing when there is none."""
    for _ in range(MERGES_AT_MOST):
        found = one_id(actor, id)
        if found is None:
            raise Missing
        if found[1] is None:
            return found[0]
        id = found[1]
    raise Missing


def find(actor: Actor, id: int) -> Ticket:
    """The row of the visible ticket that a number leads to."""
    ticket = queries.get(actor, id)
    for _ in range(MERGES_AT_MOST):
        if ticket.merged_into_id is None:
            return ticket
        ticket = queries.get(actor, ticket.merged_into_id)
    raise Missing


def expected(call: Call, id: int) -> int | None:
    """The version that the engine must find: customers count only what they may know of (RS-115)."""
    given = call.expected
    if given is None or call.actor.is_staff:
        return given
    ticket = find(call.actor, id)
    public = queries.history(call.actor, ticket).count()
    if given != public:
        raise Stale(public)
    return ticket.version


def _with(ticket: Any, more: dict[str, Any]) -> Any:
    if not more:
        return ticket
    return {**{name: getattr(ticket, name) for name in ticket.__struct_fields__}, **more}
