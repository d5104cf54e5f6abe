"""Adding and removing things on a ticket: the list is read under the row's lock, so that none is lost."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.db import transaction

from polydesk.directory.actors import Actor
from polydesk.tickets import commands
from polydesk.tickets.models import Ticket

from .auth import FACE

Pair = tuple[str, int]


def items_of(ticket: Ticket, *, add: Iterable[Pair] = (), remove: Collection[Pair] = ()) -> list[Any]:
    """The ticket's things as they will be, its row held until the end of the transaction."""
    held = Ticket.objects.select_for_update().values_list("items", flat=True).get(pk=ticket.pk)
    return [pair for pair in held if tuple(pair) not in remove] + [list(pair) for pair in add]


def change(
    ticket: Ticket, *, by: Actor, add: Iterable[Pair] = (), remove: Collection[Pair] = (), values: Any = None
) -> None:
    """Add and remove things, and set what else belongs to it."""
    with transaction.atomic():
        items = items_of(ticket, add=add, remove=remove)
        commands.edit(ticket, {"items": items, **(values or {})}, by=by, via=FACE)
