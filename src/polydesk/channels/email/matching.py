"""To which ticket a mail belongs: by what only we could have written, or by a message we received there. A number in
the subject never joins (RS-070)."""

from __future__ import annotations

from dataclasses import dataclass

from polydesk.directory.actors import Actor
from polydesk.directory.models import Person
from polydesk.features.mailboxes.models import Mailbox, Message
from polydesk.features.notifications import threads
from polydesk.tickets import queries
from polydesk.tickets.models import Ticket

from . import replies, senders
from .mail import Mail

MOST_REFERENCES = 100


@dataclass(frozen=True)
class Match:
    """`ticket` and `person`: the mail is this person's entry there. `near`: it answers that ticket, but its sender
    takes no part in it. `is_verified`: the sender answers to an address that we gave to him alone (RS-071)."""

    ticket: Ticket | None = None
    person: Person | None = None
    actor: Actor | None = None
    near: Ticket | None = None
    is_verified: bool = False

    @property
    def is_staff(self) -> bool:
        return self.actor is not None and self.actor.is_staff


def match(box: Mailbox, mail: Mail) -> Match:
    """Where the mail belongs."""
    people = senders.known(box.organization_id, mail.sender)
    near: Ticket | None = None
    for ticket, holder, is_address in _claims(box, mail):
        near = near or ticket
        for person in people:
            actor = senders.actor(person, box.organization_id)
            if actor is None or not _may_join(person, actor, ticket, by_thread=holder is None):
                continue
            return Match(ticket, person, actor, is_verified=is_address and person.pk == holder)
    return Match(near=near)


def ticket_of(box: Mailbox, mail: Mail) -> Ticket | None:
    """The ticket that a machine's mail is about: an identifier or address of ours proves it, whoever sends it."""
    return next((ticket for ticket, holder, _ in _claims(box, mail) if holder is not None), None)


def _claims(box: Mailbox, mail: Mail) -> list[tuple[Ticket, int | None, bool]]:
    """Tickets that the mail says it answers, the surest first: (ticket, whom our mail was for, by its address?)."""
    found: list[tuple[int, int | None, bool]] = []
    if token := replies.read(box, mail.recipients):
        found.append((*token, True))
    references = mail.references[:MOST_REFERENCES]
    found += [(*ours, False) for reference in references if (ours := threads.read(reference))]
    received = dict(
        Message.objects.filter(
            organization_id=box.organization_id, message_id__in=references, ticket__isnull=False
        ).values_list("message_id", "ticket_id")
    )
    found += [(received[reference], None, False) for reference in references if reference in received]
    tickets = Ticket.objects.filter(organization_id=box.organization_id).in_bulk([number for number, _, _ in found])
    claims = []
    for number, holder, is_address in found:
        ticket = _living(tickets.get(number))
        if ticket is not None:
            claims.append((ticket, holder, is_address))
    return claims


def _living(ticket: Ticket | None) -> Ticket | None:
    """A merged ticket leads to its target (PL-028); a deleted one leads nowhere."""
    for _ in range(10):
        if ticket is None or ticket.deleted_at is not None:
            return None
        if ticket.merged_into_id is None:
            return ticket
        ticket = Ticket.objects.filter(pk=ticket.merged_into_id, organization_id=ticket.organization_id).first()
    return None


def _may_join(person: Person, actor: Actor, ticket: Ticket, *, by_thread: bool) -> bool:
    if not queries.can_see(actor, ticket):
        return False
    return senders.takes_part(person, ticket) or (actor.is_staff and not by_thread)
