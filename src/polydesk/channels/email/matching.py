"""To which ticket a mail belongs: by what only we could have written, or by a message we received there. A number in
the subject never joins (RS-070)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

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
    takes no part in it, or our mail is too old (`is_over`, RS-131). `is_verified`: the sender answers to an address
    that we gave to him alone (RS-071)."""

    ticket: Ticket | None = None
    person: Person | None = None
    actor: Actor | None = None
    near: Ticket | None = None
    is_over: bool = False
    is_verified: bool = False

    @property
    def is_staff(self) -> bool:
        return self.actor is not None and self.actor.is_staff


def match(box: Mailbox, mail: Mail) -> Match:
    """Where the mail belongs."""
    people = senders.known(box.organization_id, mail.sender)
    claims = _claims(box, mail)
    for claim in claims:
        for person in people if claim.joins else ():
            actor = senders.actor(person, box.organization_id)
            if actor is None or not _may_join(person, actor, claim.ticket, by_thread=claim.holder is None):
                continue
            return Match(claim.ticket, person, actor, is_verified=claim.proves and person.pk == claim.holder)
    return Match(near=claims[0].ticket, is_over=not claims[0].joins) if claims else Match()


def came_by(ticket_id: int, person_id: int) -> list[str]:
    """The mail that opened the ticket, or the first that came to it, and the last, the reader's own before others'."""
    came = Message.objects.filter(ticket_id=ticket_id, state=Message.TAKEN, person__isnull=False)
    first = list(came.order_by("id").values_list("message_id", flat=True)[:1])
    lately = list(came.order_by("-id").values_list("message_id", "person_id")[:50]) if first else []
    own = [message_id for message_id, person in lately if person == person_id]
    return [*first, *(own or [message_id for message_id, _person in lately])[:1]]


def ticket_of(box: Mailbox, mail: Mail) -> Ticket | None:
    """The ticket that a machine's mail is about: an identifier or address of ours proves it, whoever sends it."""
    return next((claim.ticket for claim in _claims(box, mail) if claim.holder is not None and claim.joins), None)


class _Claim(NamedTuple):
    """A mail says that it answers a ticket: whom our mail was for, whether it still joins, and proves its sender."""

    ticket: Ticket
    holder: int | None = None
    joins: bool = True
    proves: bool = False


def _claims(box: Mailbox, mail: Mail) -> list[_Claim]:
    """The surest first."""
    found: list[tuple[int, int | None, bool, bool]] = []
    if token := replies.read(box, mail.recipients):
        found.append((token.ticket, token.person, token.joins, token.age <= replies.PROVES_FOR))
    references = mail.references[:MOST_REFERENCES]
    ours = (threads.read(reference) for reference in references)
    found += [(one.ticket, one.person, one.joins, False) for one in ours if one]
    received = dict(
        Message.objects.filter(
            organization_id=box.organization_id, message_id__in=references, ticket__isnull=False
        ).values_list("message_id", "ticket_id")
    )
    found += [(received[reference], None, True, False) for reference in references if reference in received]
    tickets = Ticket.objects.filter(organization_id=box.organization_id).in_bulk([number for number, *_ in found])
    living = ((_living(tickets.get(number)), facts) for number, *facts in found)
    return [_Claim(ticket, *facts) for ticket, facts in living if ticket is not None]


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
