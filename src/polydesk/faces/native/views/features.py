"""What features add to tickets: checklists, approvals, saved queries (PL-101)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from msgspec import UNSET

from polydesk.directory import sharing
from polydesk.directory.models import Person, Team
from polydesk.faces.native import errors, lists, shapes, showing
from polydesk.faces.native.fields import Ref, RefIn
from polydesk.faces.native.wire import Call, Reply
from polydesk.features import search, sla
from polydesk.features.approvals import voting
from polydesk.features.approvals.models import Approver
from polydesk.features.checklists import items
from polydesk.features.checklists.models import Item
from polydesk.features.search import keeping
from polydesk.features.search.models import View
from polydesk.tickets import prepared
from polydesk.tickets.checks import Rows
from polydesk.tickets.models import Ticket
from polydesk.tickets.refusals import Missing
from polydesk.web.problems import Problem

from .prepared import given, readers
from .tickets import VIA, find


def _staff_only(call: Call, id: int) -> Ticket:
    ticket = find(call.actor, id)
    if not call.actor.is_staff:
        raise Problem("forbidden", "This is for staff.")
    return ticket


# --- checklists


def checklist(call: Call, id: int) -> Reply:
    """What is to be ticked off on a ticket."""
    ticket = _staff_only(call, id)
    return Reply(lists.Page(_items(list(Item.objects.filter(ticket=ticket))), lists.Links(None, None)))


def add_item(call: Call, id: int) -> Reply:
    """Add something to tick off."""
    ticket, body = _staff_only(call, id), call.body
    row = items.add(ticket.pk, body.name, by=call.actor, via=VIA, done=body.done, is_important=body.is_important)
    return Reply(_items([row])[0])


def change_item(call: Call, id: int) -> Reply:
    """Tick off, or change the words."""
    row, body = _item(call, id), call.body
    given = {n: v for n in body.__struct_fields__ if (v := getattr(body, n)) is not UNSET}
    return Reply(_items([items.change(row, by=call.actor, via=VIA, **given)])[0])


def remove_item(call: Call, id: int) -> Reply:
    """Take something off the list."""
    items.remove(_item(call, id), by=call.actor, via=VIA)
    return Reply()


def _item(call: Call, id: int) -> Item:
    row = Item.objects.filter(pk=id).first() if id < 2**63 else None
    if row is None:
        raise Missing
    _staff_only(call, row.ticket_id)
    return row


def _items(rows: Sequence[Item]) -> list[shapes.Item]:
    people = showing.refs(Person, [row.done_by_id for row in rows])
    return [
        shapes.Item(
            id=row.pk,
            name=row.name,
            is_important=row.is_important,
            position=row.position,
            done=row.is_done,
            done_at=row.done_at,
            done_by=people(row.done_by_id),
        )
        for row in rows
    ]


# --- approvals


def approvals(call: Call, id: int) -> Reply:
    """Who is asked about a change, and the votes."""
    ticket = _staff_only(call, id)
    return Reply(lists.Page(_approvals(list(Approver.objects.filter(ticket=ticket))), lists.Links(None, None)))


def ask(call: Call, id: int) -> Reply:
    """Ask somebody."""
    ticket, given = _staff_only(call, id), call.body.person
    number = given.id if isinstance(given, RefIn) else given
    person = Rows(call.actor.organization_id).get("directory.Person", number)
    if person is None:
        raise errors.fault("person", "unknown", "There is no such person.", "validation")
    return Reply(_approvals([voting.ask(ticket.pk, person, by=call.actor, via=VIA)])[0])


def vote(call: Call, id: int) -> Reply:
    """Say yes or no."""
    row = _approver(call, id)
    if row.person_id != call.actor.person_id:
        raise Problem("forbidden", "Everybody votes for himself.")
    return Reply(_approvals([voting.vote(row, call.body.approved, by=call.actor, via=VIA, note=call.body.note)])[0])


def withdraw(call: Call, id: int) -> Reply:
    """Ask somebody no more."""
    voting.withdraw(_approver(call, id), by=call.actor, via=VIA)
    return Reply()


def _approver(call: Call, id: int) -> Approver:
    row = Approver.objects.filter(pk=id).first() if id < 2**63 else None
    if row is None:
        raise Missing
    _staff_only(call, row.ticket_id)
    return row


def _approvals(rows: Sequence[Approver]) -> list[shapes.Approval]:
    people = showing.refs(Person, [row.person_id for row in rows])
    return [
        shapes.Approval(
            id=row.pk,
            person=people(row.person_id),
            is_member=row.is_member,
            approved=row.approved,
            note=row.note,
            voted_at=row.voted_at,
        )
        for row in rows
    ]


# --- service levels


def sla_of(call: Call, id: int) -> Reply:
    """How a ticket stands by its service level (RC-090)."""
    ticket = _staff_only(call, id)
    clock = sla.clocks([ticket]).get(ticket.pk)
    if clock is None:
        raise Missing
    people = showing.refs(Person, [getattr(clock, f"{which}_by") for which in sla.WHICH])
    promises = {
        which: shapes.Promise(
            due=clock.due_of(which),
            met_at=clock.at_of(which),
            met_by=people(getattr(clock, f"{which}_by")),
            met=clock.met_of(which),
            left=clock.left_of(which),
        )
        for which in sla.WHICH
    }
    policy = Ref(clock.policy_id, clock.policy.name)
    return Reply(shapes.Sla(policy=policy, met=clock.met, paused_at=clock.paused_at, **promises))


# --- saved queries


def views(call: Call) -> Reply:
    """The caller's saved queries, the teams' and everybody's."""
    found = View.objects.filter(sharing.visible(call.actor)).order_by()
    rows, links = lists.rows(call, found)
    return Reply(lists.Page(_shown(rows), links, lists.count(call, lambda most: found[:most].count())))


def view(call: Call, id: int) -> Reply:
    """One saved query."""
    row = _view(call, id)
    return Reply(_shown([row])[0], version=row.version)


def add_view(call: Call) -> Reply:
    """Save a query."""
    with _query_faults():
        row = keeping.add(given(call.body), by=call.actor, readers=readers(call.body))
    reply = Reply(_shown([row])[0], version=row.version)
    reply.headers["Location"] = f"{showing.PREFIX}/views/{row.pk}"
    return reply


def change_view(call: Call, id: int) -> Reply:
    """Change a saved query."""
    row = _view(call, id)
    with _query_faults():
        keeping.change(row, given(call.body), by=call.actor, expected=call.expected)
    return Reply(_shown([row])[0], version=row.version)


def remove_view(call: Call, id: int) -> Reply:
    """Forget a saved query."""
    prepared.remove(_view(call, id), by=call.actor, expected=call.expected)
    return Reply()


def _view(call: Call, id: int) -> View:
    row = View.objects.filter(sharing.visible(call.actor), pk=id).first() if id < 2**63 else None
    if row is None:
        raise Missing
    return row


@contextmanager
def _query_faults() -> Iterator[None]:
    try:
        yield
    except search.QueryError as error:
        problem = errors.fault("query", "syntax", str(error), "validation")
        problem.members["column"] = error.column
        raise problem from None


def _shown(rows: Sequence[View]) -> list[Any]:
    people = showing.refs(Person, [row.owner_id for row in rows])
    teams = showing.refs(Team, [row.team_id for row in rows])
    return [
        shapes.View(
            id=row.pk,
            version=row.version,
            name=row.name,
            query=row.query,
            sort=row.sort,
            columns=row.columns,
            position=row.position,
            owner=people(row.owner_id),
            team=teams(row.team_id),
        )
        for row in rows
    ]
