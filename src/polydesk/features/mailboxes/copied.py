"""Who is copied on a ticket: they watch it and get the public answers. Mail brings people there, staff decide about
the others and take copies off (RS-072).

What mail leaves on a ticket or an entry stands under `extra["email"]`; this is the one place that reads it."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from polydesk.directory import founding
from polydesk.directory.actors import Actor
from polydesk.directory.models import Membership, Person
from polydesk.tickets import commands, queries
from polydesk.tickets.models import Comment, Event, Ticket
from polydesk.tickets.refusals import Missing, refuse
from polydesk.web.sentences import say

from . import people

KEY = "email"
"""Of the channel in `extra`, and its name as a door."""


class Copy(NamedTuple):
    """Somebody whom a mail copied and who is not on the ticket."""

    name: str
    address: str


def is_unverified(entry: Comment) -> bool:
    """Did it come by mail in the name of staff, without proof (RS-071)?"""
    return entry.via == KEY and entry.side == Membership.STAFF and _of(entry).get("verified") is False


def waiting(ticket: Ticket) -> list[Copy]:
    """Whom mails copied and staff have not decided about."""
    return [Copy(*pair) for pair in _of(ticket).get("waiting", ())]


def unproven(ticket: Ticket) -> list[int]:
    """People who are on it by a mail's word alone."""
    return list(_of(ticket).get("unproven", ()))


def _of(row: Ticket | Comment) -> dict[str, Any]:
    found = row.extra.get(KEY)
    return found if isinstance(found, dict) else {}


def marks(waiting: list[Copy], unproven: list[int]) -> dict[str, Any]:
    """`extra` of a ticket for an edit."""
    return {KEY: {"waiting": [list(copy) for copy in waiting] or None, "unproven": unproven or None}}


def add(ticket_id: int, address: str, *, by: Actor, via: str, person: Person | None = None) -> Event | None:
    """Somebody gets the public answers from now on; an address that nobody has becomes a contact."""
    if person is None:
        _need_address(address)
    with transaction.atomic():
        ticket = _locked(ticket_id, by)
        if person is None:
            known = people.of(ticket.organization_id, [address]).get(address.lower(), [])
            name = next((copy.name for copy in waiting(ticket) if copy.address == address.lower()), "")
            person = known[0] if known else contact(ticket, Copy(name, address))
        watchers = list(dict.fromkeys([*ticket.watchers, person.pk]))
        left = [copy for copy in waiting(ticket) if copy.address not in (address.lower(), person.email.lower())]
        proven = [one for one in unproven(ticket) if one != person.pk]
        return _edit(ticket, watchers, left, proven, by, via)


def take_off(ticket_id: int, person_id: int, *, by: Actor, via: str) -> Event | None:
    """Somebody is told nothing any more as a copied one."""
    with transaction.atomic():
        ticket = _locked(ticket_id, by)
        if person_id not in ticket.watchers:
            raise Missing
        watchers = [one for one in ticket.watchers if one != person_id]
        proven = [one for one in unproven(ticket) if one != person_id]
        return _edit(ticket, watchers, waiting(ticket), proven, by, via)


def leave_out(ticket_id: int, address: str, *, by: Actor, via: str) -> Event | None:
    """A copied address that is not to take part."""
    with transaction.atomic():
        ticket = _locked(ticket_id, by)
        left = [copy for copy in waiting(ticket) if copy.address != address]
        if len(left) == len(waiting(ticket)):
            raise Missing
        return _edit(ticket, ticket.watchers, left, unproven(ticket), by, via)


def _need_address(text: str) -> None:
    try:
        validate_email(text)
    except ValidationError as error:
        raise refuse("invalid", "address", say("This is no address of mail.")) from error


def _locked(ticket_id: int, by: Actor) -> Ticket:
    """As it is now: two who change its lists at once do not undo each other."""
    queries.get(by, ticket_id)
    return Ticket.objects.select_for_update(of=("self",), no_key=True).get(pk=ticket_id)


def _edit(ticket: Ticket, watchers: list[int], left: list[Copy], proven: list[int], by: Actor, via: str) -> Any:
    return commands.edit(ticket.pk, {"watchers": watchers, "extra": marks(left, proven)}, by=by, via=via).event


def contact(ticket: Ticket, copy: Copy) -> Person:
    """A new one, under the name that the mail gave; its company is said by staff, never by a mail."""
    name = copy.name or copy.address.partition("@")[0]
    return founding.add_person(ticket.organization, name[:200], email=copy.address)
