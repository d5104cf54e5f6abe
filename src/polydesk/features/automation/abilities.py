"""What automations lean on and other features know: finding tickets by a query, and checklists.

Features do not know each other; the server, which knows all, hands these over (`adopt`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import QuerySet

from polydesk.directory.actors import Actor
from polydesk.tickets.edits import Part
from polydesk.tickets.models import Ticket


@dataclass(frozen=True)
class Abilities:
    """`find`: the tickets that a query names, with Refused for one that cannot be read. `checklist`: the items of a
    library as parts of an edit of this ticket."""

    find: Callable[[Actor, str], QuerySet[Ticket]]
    checklist: Callable[[int, Ticket], list[Part]]


_adopted: list[Abilities] = []


def adopt(abilities: Abilities) -> None:
    """The ones in force."""
    _adopted[:] = [abilities]


def find(actor: Actor, query: str) -> QuerySet[Ticket]:
    """The tickets of the actor's organization that a query names."""
    return _adopted[0].find(actor, query)


def checklist(library: int, ticket: Ticket) -> list[Part]:
    """The items of a library, to be added to this ticket."""
    return _adopted[0].checklist(library, ticket)
