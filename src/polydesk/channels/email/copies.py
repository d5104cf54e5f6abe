"""Whom a mail copies (RS-072): who may take part follows the ticket, the others wait there for staff.

Being copied gives nobody a right but to read this one ticket, and only to people of the ticket's own company, to staff,
to whom proven staff copied, or to anybody where the mailbox says so."""

from __future__ import annotations

from collections.abc import Collection

from polydesk.directory import actors
from polydesk.directory.models import Membership, Person
from polydesk.features.mailboxes import copied, people
from polydesk.features.mailboxes.copied import Copy
from polydesk.features.mailboxes.models import Mailbox, Message
from polydesk.features.notifications.addresses import is_address
from polydesk.tickets import commands
from polydesk.tickets.models import Event, Ticket

from . import judging, senders
from .mail import Mail

MOST = 20
"""People whom one mail brings; the others stand in its record."""
MOST_WAITING = 50


def keep(message: Message, mail: Mail, ticket: Ticket, *, by_staff: bool = False) -> None:
    """Inside the transaction that writes the mail. `by_staff`: somebody of the staff who proved himself copied them."""
    box, own = message.mailbox, judging.own_addresses()
    if box.copies == Mailbox.NOBODY or judging.machine(mail, own):
        return
    named = [Copy(name, address) for name, address in mail.copied if address != mail.sender]
    named = [copy for copy in named if is_address(copy.address) and not judging.is_nobody(copy.address, own)]
    found = named[:MOST]
    known = people.of(ticket.organization_id, [copy.address for copy in found])
    joining, waiting, unproven = _sorted(ticket, found, known, by_staff=by_staff, anybody=box.copies == Mailbox.ANYBODY)
    watchers = list(dict.fromkeys([*ticket.watchers, *joining, *unproven]))
    reached = {person.pk for those in known.values() for person in those} & set(watchers)
    message.copies = {"reached": sorted(reached | set(unproven))} if reached or unproven else {}
    if left_out := [copy.address for copy in named[MOST:]]:
        message.copies["left_out"] = left_out
    waiting = [*copied.waiting(ticket), *waiting][:MOST_WAITING]
    marks = copied.marks(waiting, [*copied.unproven(ticket), *unproven])
    system = actors.system(ticket.organization_id)
    commands.edit(ticket.pk, {"watchers": watchers, "extra": marks}, by=system, via=copied.KEY)


def _sorted(
    ticket: Ticket, found: list[Copy], known: dict[str, list[Person]], *, by_staff: bool, anybody: bool
) -> tuple[list[int], list[Copy], list[int]]:
    """Who joins, who waits, and who joins by the mail's word alone."""
    everybody = [person for those in known.values() for person in those]
    staff = people.members_of(ticket.organization_id, everybody, side=Membership.STAFF)
    off = people.switched_off(ticket.organization_id, [copy.address for copy in found if copy.address not in known])
    before = {copy.address for copy in copied.waiting(ticket)}
    joining, waiting, unproven = [], [], []
    for copy in found:
        those = known.get(copy.address, [])
        if any(senders.takes_part(person, ticket) for person in those) or copy.address in off:
            continue
        near = [person for person in those if person.pk in staff or _is_of_company(person, ticket)]
        if near:
            joining.append(near[0].pk)
        elif by_staff or anybody:
            person = those[0] if those else copied.contact(ticket, copy)
            (joining if by_staff else unproven).append(person.pk)
        elif copy.address not in before:
            waiting.append(copy)
    return joining, waiting, unproven


def _is_of_company(person: Person, ticket: Ticket) -> bool:
    return person.company_id is not None and person.company_id == ticket.company_id


def passed_over(event: Event, ticket: Ticket) -> Collection[int]:
    """Who gets no mail of ours about what came by mail: whom its sender copied has it already. What customers write
    goes to nobody who is there by a mail's word alone and never wrote or signed in himself: else strangers could have
    us mail to strangers (RS-069)."""
    unproven = set(copied.unproven(ticket)) if event.side == Membership.CUSTOMER else set()
    if unproven:
        wrote = Message.objects.filter(person__in=unproven, state=Message.TAKEN)
        unproven -= set(wrote.values_list("person_id", flat=True))
        unproven -= set(Person.objects.filter(pk__in=unproven, user__isnull=False).values_list("pk", flat=True))
    if event.via != copied.KEY:
        return unproven
    entry = event.comment_id if event.verb != "create" else None
    came = Message.objects.filter(ticket=ticket, comment_id=entry).values_list("copies", flat=True)
    return unproven.union(*(copies.get("reached", ()) for copies in came))
