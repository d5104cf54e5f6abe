"""Who may know of it: nobody is told of a ticket or an entry that he may not see (RC-177, RC-192)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from polydesk.directory.actors import Actor
from polydesk.directory.models import Person, TeamMember
from polydesk.tickets import queries
from polydesk.tickets.models import Comment, Event, Ticket

from .house import house
from .news import FOR_STAFF, Address, Call, Told


def members_of(calls: Iterable[Call], ticket: Ticket) -> dict[Address, list[int]]:
    """The people of the teams and of the board that are called. One query for teams, one for a board."""
    teams = {call.to[1] for call in calls if call.to[0] == "team"}
    found: dict[Address, list[int]] = {}
    rows = TeamMember.objects.filter(team__in=teams, team__organization_id=ticket.organization_id, team__is_active=True)
    for team, person in rows.values_list("team_id", "person_id") if teams else ():
        found.setdefault(("team", team), []).append(person)
    for to in {call.to for call in calls if call.to[0] == "board" and call.to[1] == ticket.approval_board}:
        found[to] = _asked_members(ticket)
    return found


def _asked_members(ticket: Ticket) -> list[int]:
    """Whom the board's step still waits for; nobody where the site has no approvals."""
    approvers = getattr(ticket, "approvers", None)
    if approvers is None:
        return []
    return list(approvers.filter(is_member=True, approved=None).values_list("person_id", flat=True))


def named(calls: Iterable[Call]) -> dict[str, int]:
    """The people who are called by login, as it was spelt. One query, none without names."""
    names = {str(call.to[1]) for call in calls if call.to[0] == "name"}
    spelt = {name: [name, name.lower()] for name in names}
    wanted = {one for forms in spelt.values() for one in forms}
    known = dict(Person.objects.filter(login__in=wanted).values_list("login", "pk")) if names else {}
    return {name: known[form] for name, forms in spelt.items() for form in forms if form in known}


def admitted(
    told: Sequence[Told], event: Event, ticket: Ticket, entries: dict[int, Comment]
) -> Iterator[tuple[Told, Person, Actor]]:
    """Those of a batch who may know, with the person and how he acts. Four queries at most, however many they are."""
    people = Person.objects.filter(pk__in=[one.person for one in told], is_active=True, is_system=False)
    found = {person.pk: person for person in people}
    known = house().actors(found.values(), ticket.organization_id)
    for one in told:
        actor = known.get(one.person)
        if actor is not None and may_know(actor, one.what, ticket, event.public, entries.get(one.comment or 0)):
            yield one, found[one.person], actor


def may_know(actor: Actor, what: str, ticket: Ticket, is_public: bool, entry: Comment | None) -> bool:
    """Does this reader see the ticket, and the entry that it is about?"""
    if not queries.can_see(actor, ticket) or ticket.deleted_at is not None:
        return False
    if not actor.is_staff and (what in FOR_STAFF or not (is_public or what == "approval")):
        return False
    return entry is None or may_read(actor, ticket, entry)


def may_read(actor: Actor, ticket: Ticket, entry: Comment) -> bool:
    """The question of `queries.comments` about one row in hand."""
    if entry.ticket_id != ticket.pk or entry.deleted_at is not None:
        return False
    if entry.is_public or queries.reads_internal(actor, ticket):
        return True
    by_side = actor.side == "customer" and actor.reads_by == "side"
    return not by_side and (not entry.internal or entry.author_id == actor.person_id)
