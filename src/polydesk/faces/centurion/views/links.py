"""Linked items and related tickets (centurion.md sections 7.3 and 8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from polydesk.tickets import commands, items
from polydesk.tickets.models import Relation, Ticket, TicketItem

from .. import codes, errors, linking, lists, shapes
from ..auth import FACE
from ..door import Call, Created
from ..errors import Faults
from ..objects import moment
from ..shapes import Field, Invalid

DERIVED = 2**42
"""Links and relations that stand on the ticket's row itself are numbered from here."""

LINK_FIELDS = {
    field.name: field
    for field in (
        Field("id", "Integer", "ID", "ID of the item", read_only=True),
        Field("display_name", "String", "Name", read_only=True),
        Field("item", "Integer", "Item ID", "Item that this link is for", required=True, null=False),
        Field("item_type", "Choice", "Item Type", "Python Model location for linked item", required=True, null=False,
              choices={number: label for number, (label, _, _) in codes.ITEM_TYPES.items()}),
        Field("ticket", "Relationship", "Ticket", "Ticket the item will be linked to", to="ticket"),
        Field("organization", "Relationship", "Organization", "Organization this belongs to", to="organization",
              read_only=True),
        Field("created", "DateTime", "Created", "Date and time of creation", read_only=True),
        Field("_urls", "GenericField", " Urls", read_only=True),
    )
}  # fmt: skip
RELATION_FIELDS = {
    field.name: field
    for field in (
        Field("id", "Integer", "ID", "ID of the item", read_only=True),
        Field("display_name", "String", "Name", read_only=True),
        Field("to_ticket_id", "Relationship", "To Ticket", "To Ticket", to="ticket", read_only=True),
        Field("from_ticket_id", "Relationship", "From Ticket", "From Ticket", to="ticket", read_only=True),
        Field("how_related", "Choice", "How Related", "How is the ticket related", read_only=True,
              choices={number: label for number, (label, _) in codes.RELATIONS.items()}),
        Field("organization", "Relationship", "Organization", "Organization this belongs to", to="organization",
              read_only=True),
        Field("_urls", "GenericField", " Urls", read_only=True),
    )
}  # fmt: skip


def of(call: Call, ticket_id: int, verb: str, thing: str) -> Ticket:
    """The ticket of the address, seen by the caller, who holds the permission."""
    ticket = Ticket.objects.filter(pk=ticket_id).first() if 0 < ticket_id < 2**63 else None
    if ticket is None or not call.caller.sees(ticket):
        raise call.missing()
    call.need(call.caller.holds(verb, thing, ticket.organization_id))
    if verb != "view" and ticket.deleted_at is not None:
        raise call.missing()
    return ticket


# Linked items


@dataclass(slots=True)
class Link:
    """A thing on a ticket: a row of its list, or the primary asset."""

    id: int
    ticket: Ticket
    kind: str
    item: int
    created: Any = None


def links_of(ticket: Ticket) -> list[Link]:
    """Every thing that Centurion has a word for (RC-058)."""
    rows = TicketItem.objects.filter(ticket=ticket, kind__in=codes.ITEM_NUMBER)
    found = [Link(row.pk, ticket, row.kind, row.item_id, row.created_at) for row in rows]
    if ticket.asset_id and not any(link.kind != "kb" and link.item == ticket.asset_id for link in found):
        asset = ticket.asset
        found.append(Link(DERIVED + ticket.pk, ticket, asset.type, asset.pk, ticket.created_at))
    return found


def list_links(call: Call, ticket_id: int) -> Any:
    """`core/ticket/{id}/linked_item`"""
    ticket = of(call, ticket_id, "view", "item_link")
    return lists.answer(call.request, links_of(ticket), lambda page: show_links(call, page))


def show_links(call: Call, found: Sequence[Link]) -> list[dict[str, Any]]:
    """CE-239."""
    by_organization: dict[int, list[tuple[str, int]]] = {}
    for link in found:
        by_organization.setdefault(link.ticket.organization_id, []).append((link.kind, link.item))
        call.names.want("ticket", link.ticket.pk)
        call.names.want("organization", link.ticket.organization_id)
    named = {o: items.names(o, pairs) for o, pairs in by_organization.items()}
    call.names.load()
    zone = call.caller.zone()
    return [
        {
            "id": link.id,
            "display_name": f"${link.kind}-{link.item}",
            "item": _item(call, link, named[link.ticket.organization_id]),
            "item_type": codes.ITEM_NUMBER[link.kind],
            "ticket": call.names.show("ticket", link.ticket.pk),
            "organization": call.names.show("organization", link.ticket.organization_id),
            "created": moment(link.created, zone),
            "_urls": {"_self": call.url(f"core/ticket/{link.ticket.pk}/linked_item/{link.id}")},
        }
        for link in found
    ]


def _item(call: Call, link: Link, named: dict[tuple[str, int], str]) -> dict[str, Any]:
    name = named.get((link.kind, link.item))
    if name is None:
        return {}
    return {
        "id": link.item,
        "display_name": name,
        "name": name,
        "url": call.url(item_path(link.kind, link.item, link.ticket.organization_id)),
    }


def item_path(kind: str, number: int, organization_id: int) -> str:
    """Where a thing stands."""
    where = codes.ITEM_TYPES[codes.ITEM_NUMBER[kind]][2].format(organization=organization_id)
    return f"{where}/{number}"


def read_link(call: Call, ticket_id: int, pk: int) -> Any:
    """One link."""
    return show_links(call, [_link(call, of(call, ticket_id, "view", "item_link"), pk)])[0]


def _link(call: Call, ticket: Ticket, pk: int) -> Link:
    for link in links_of(ticket):
        if link.id == pk:
            return link
    raise call.missing()


def create_link(call: Call, ticket_id: int) -> Any:
    """Link a thing (CE-292); the ticket of the address counts."""
    ticket = of(call, ticket_id, "add", "item_link")
    kind, number = _wanted(call, ticket)
    linking.change(ticket, by=call.caller.acting(ticket.organization_id), add=[(kind, number)])
    row = TicketItem.objects.get(ticket=ticket, kind=kind, item_id=number)
    return Created(show_links(call, [Link(row.pk, ticket, kind, number, row.created_at)])[0])


def _wanted(call: Call, ticket: Ticket, but: Link | None = None) -> tuple[str, int]:
    faults, found = Faults(), {}
    for name in ("item", "item_type"):
        if name not in call.body:
            if but is None:
                faults.add(name, "This field is required.")
            continue
        try:
            read = shapes.reference if name == "item" else _type
            found[name] = read(call.body[name])
        except Invalid as error:
            faults.add(name, str(error))
    faults.check()
    kind = codes.ITEM_TYPES[found["item_type"]][1] if "item_type" in found else but.kind  # type: ignore[union-attr]
    number = found.get("item", but.item if but else 0)
    if but is not None and (kind, number) == (but.kind, but.item):
        return kind, number
    if not items.names(ticket.organization_id, [(kind, number)]):
        raise errors.invalid({"item": [shapes.unknown(number)]})
    if any((link.kind, link.item) == (kind, number) for link in links_of(ticket)):
        sentence = "The fields item, item_type, ticket must make a unique set."
        raise errors.invalid({"non_field_errors": [sentence]})
    return kind, number


def _type(value: Any) -> int:
    return int(shapes.read(LINK_FIELDS["item_type"], value))


def change_link(call: Call, ticket_id: int, pk: int) -> Any:
    """Point a link at another thing."""
    ticket = of(call, ticket_id, "change", "item_link")
    link = _link(call, ticket, pk)
    kind, number = _wanted(call, ticket, but=link)
    if (kind, number) == (link.kind, link.item):
        return show_links(call, [link])[0]
    linking.change(
        ticket,
        by=call.caller.acting(ticket.organization_id),
        add=[(kind, number)],
        remove=[(link.kind, link.item)],
        values={"asset": None} if link.id >= DERIVED else None,
    )
    row = TicketItem.objects.get(ticket=ticket, kind=kind, item_id=number)
    return show_links(call, [Link(row.pk, ticket, kind, number, row.created_at)])[0]


def delete_link(call: Call, ticket_id: int, pk: int) -> Any:
    """Unlink a thing."""
    ticket = of(call, ticket_id, "delete", "item_link")
    link = _link(call, ticket, pk)
    linking.change(
        ticket,
        by=call.caller.acting(ticket.organization_id),
        remove=[(link.kind, link.item)],
        values={"asset": None} if link.id >= DERIVED else None,
    )


def list_item_tickets(call: Call, kind: str, item_id: int) -> Any:
    """`core/{kind}/{item}/item_ticket`: the visible tickets that a thing is linked to (CE-172, CE-219)."""
    if kind not in codes.ITEM_NUMBER:
        raise errors.detail(404, errors.NOT_FOUND)
    call.need(call.caller.holds_anywhere("view", "item_link"))
    organizations = None if call.caller.is_superuser else call.caller.where("view", "item_link")
    tickets = call.caller.tickets()
    if organizations is not None:
        tickets = tickets.filter(organization_id__in=organizations)
    rows = TicketItem.objects.filter(kind=kind, item_id=item_id if item_id < 2**63 else 0)
    rows = rows.filter(ticket__in=tickets).select_related("ticket").order_by("pk")
    return lists.answer(
        call.request,
        rows,
        lambda page: show_links(call, [Link(r.pk, r.ticket, r.kind, r.item_id, r.created_at) for r in page]),
    )


# Related tickets


@dataclass(slots=True)
class Tie:
    """From one ticket to another: a relation, or what a merge or split left on the row."""

    id: int
    source: int
    target: int
    how: int
    organization_id: int
    relation: Relation | None = None


def ties_of(call: Call, ticket: Ticket) -> list[Tie]:
    """Both sides' relations to tickets that the caller sees (CE-293, RC-056, RC-057, RC-311)."""
    return ties(ticket, call.caller.tickets())


def ties(ticket: Ticket, visible: Any) -> list[Tie]:
    """Relations of a ticket to tickets among `visible`."""
    rows = list(Relation.objects.filter(Q(source=ticket) | Q(target=ticket)))
    merged = list(Ticket.objects.filter(merged_into=ticket).values_list("pk", flat=True))
    split = list(Ticket.objects.filter(split_from=ticket).values_list("pk", flat=True))
    found = [
        Tie(r.pk, r.source_id, r.target_id, codes.RELATION_NUMBER.get(r.type, 1), ticket.organization_id, r)
        for r in rows
    ]
    pairs = [(pk, ticket.pk) for pk in merged + split]
    pairs += [(ticket.pk, other) for other in (ticket.merged_into_id, ticket.split_from_id) if other]
    found += [Tie(DERIVED + source, source, target, 1, ticket.organization_id) for source, target in pairs]
    others = {tie.target if tie.source == ticket.pk else tie.source for tie in found}
    seen = set(visible.filter(pk__in=others).values_list("pk", flat=True)) if others else set()
    return [tie for tie in found if {tie.source, tie.target} - {ticket.pk} <= seen]


def list_relations(call: Call, ticket_id: int) -> Any:
    """`core/ticket/{id}/related_ticket`"""
    ticket = of(call, ticket_id, "view", "relation")
    return lists.answer(call.request, ties_of(call, ticket), lambda page: _show_ties(call, ticket, page))


def _show_ties(call: Call, ticket: Ticket, found: Sequence[Tie]) -> list[dict[str, Any]]:
    """CE-238."""
    for tie in found:
        call.names.want("ticket", tie.source, tie.target)
        call.names.want("organization", tie.organization_id)
    call.names.load()
    return [
        {
            "id": tie.id,
            "display_name": f"#{tie.source}",
            "to_ticket_id": call.names.show("ticket", tie.target),
            "from_ticket_id": call.names.show("ticket", tie.source),
            "how_related": tie.how,
            "organization": call.names.show("organization", tie.organization_id),
            "_urls": {"_self": call.url(f"core/ticket/{ticket.pk}/related_ticket/{tie.id}")},
        }
        for tie in found
    ]


def read_relation(call: Call, ticket_id: int, pk: int) -> Any:
    """One relation, from either side."""
    ticket = of(call, ticket_id, "view", "relation")
    return _show_ties(call, ticket, [_tie(call, ticket, pk)])[0]


def _tie(call: Call, ticket: Ticket, pk: int) -> Tie:
    for tie in ties_of(call, ticket):
        if tie.id == pk:
            return tie
    raise call.missing()


def delete_relation(call: Call, ticket_id: int, pk: int) -> Any:
    """Take a relation away, from either side; what a merge or split left is undone there."""
    ticket = of(call, ticket_id, "delete", "relation")
    tie = _tie(call, ticket, pk)
    if tie.relation is None:
        raise errors.forbidden()
    commands.unlink(tie.relation, by=call.caller.acting(ticket.organization_id), via=FACE)
