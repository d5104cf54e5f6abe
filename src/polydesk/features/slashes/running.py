"""What the commands in a text can do on a ticket, and doing it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q

from polydesk.directory.actors import Actor
from polydesk.tickets import commands, items, queries
from polydesk.tickets.commands.entries import book
from polydesk.tickets.commands.joining import EXCLUSIVE
from polydesk.tickets.edits import Edit
from polydesk.tickets.models import Relation, Ticket
from polydesk.tickets.refusals import Refused
from polydesk.tickets.rules import Rule

from .grammar import LONGEST_TIME, RELATIONS, Command, find, rewrite


@dataclass(slots=True)
class Plan:
    """What a text asks for and can be done; `text` is what is left to store."""

    text: str
    seconds: int = 0
    items: list[tuple[str, int]] = field(default_factory=list)
    relations: list[tuple[str, int]] = field(default_factory=list)
    """(relation of the engine, number of the other ticket)"""

    @property
    def has_commands(self) -> bool:
        """Will anything happen beside storing the text?"""
        return bool(self.seconds or self.items or self.relations)


def plan(text: str, *, by: Actor, ticket: Ticket | None = None) -> Plan:
    """Read the commands of a text for this ticket (None: one about to be made). Nothing is written.

    A command that cannot be carried out stays in the text, and nobody minds (CE-153)."""
    found = find(text)
    if not found:
        return Plan(text)
    failed: set[tuple[int, str]] = set()
    made = Plan(text)
    _time(found, ticket, made, failed)
    _items(found, by, made, failed)
    _relations(found, by, ticket, made, failed)
    made.text = rewrite(text, found, failed)
    return made


def _time(found: Iterable[Command], ticket: Ticket | None, made: Plan, failed: set[tuple[int, str]]) -> None:
    spent = ticket.time_spent if ticket else 0
    for command in found:
        if not command.is_time:
            continue
        if spent + made.seconds + command.seconds > LONGEST_TIME:
            failed.add((command.start, ""))
        else:
            made.seconds += command.seconds


def _items(found: Iterable[Command], by: Actor, made: Plan, failed: set[tuple[int, str]]) -> None:
    """An item that is linked already only leaves the text (CE-159)."""
    asked = [(c, r, _item(r)) for c in found if c.verb == "link" for r in c.references]
    known = items.names(by.organization_id, [pair for _, _, pair in asked])
    for command, reference, pair in asked:
        if pair in known:
            made.items.append(pair)
        else:
            failed.add((command.start, reference))
    made.items = list(dict.fromkeys(made.items))


def _item(reference: str) -> tuple[str, int]:
    kind, _, number = reference.removeprefix("$").rpartition("-")
    return kind, int(number)


def _relations(
    found: Iterable[Command], by: Actor, ticket: Ticket | None, made: Plan, failed: set[tuple[int, str]]
) -> None:
    """At most one of the three between two tickets; a second one stays in the text (CE-160, CE-161)."""
    asked = [(c, r, int(r[1:])) for c in found if c.verb in RELATIONS for r in c.references]
    if not asked:
        return
    numbers = {number for _, _, number in asked if 0 < number < 2**63}
    free = set(queries.visible_to(by).filter(pk__in=numbers).values_list("pk", flat=True))
    if ticket is not None:
        free -= {ticket.pk, *_related(ticket)}
    for command, reference, number in asked:
        if number in free:
            free.discard(number)
            made.relations.append((RELATIONS[command.verb], number))
        else:
            failed.add((command.start, reference))


def _related(ticket: Ticket) -> set[int]:
    rows = Relation.objects.filter(Q(source=ticket) | Q(target=ticket), type__in=EXCLUSIVE)
    return {number for pair in rows.values_list("source_id", "target_id") for number in pair}


def booking(seconds: int) -> Rule:
    """A rule for `also=`: book the time of a description in the same edit, credited to the requester (CE-158)."""

    def complete(edit: Edit) -> None:
        if seconds:
            book(edit, seconds, person_id=edit.get("requester") or edit.actor.person_id)

    return Rule("time_in_the_text_is_booked", completing=complete)


def relate(ticket: Ticket, relations: Iterable[tuple[str, int]], *, by: Actor, via: str) -> None:
    """Make the relations of a plan; one that a parallel request made first is there already, which is all we want."""
    for type_, number in relations:
        try:
            commands.link(ticket, number, type_, by=by, via=via)
        except Refused as refused:
            if any(refusal.rule != "relation_once" for refusal in refused.refusals):
                raise
