"""Who a sender is here, and as whom he acts: an address alone gives no right (RS-071, RS-072)."""

from __future__ import annotations

from dataclasses import replace

from polydesk.directory import actors, founding
from polydesk.directory.actors import Actor
from polydesk.directory.models import Membership, Organization, Person
from polydesk.features.mailboxes import people
from polydesk.features.notifications.house import house
from polydesk.tickets.models import Ticket

from .mail import Mail


def known(organization_id: int, address: str) -> list[Person]:
    """Active people of this address in the organization: members first, then contacts, the eldest first."""
    return people.of(organization_id, [address]).get(address.lower(), [])


def new(organization: Organization, mail: Mail) -> Person:
    """A contact for an address that nobody has; its company is said by staff, never by a mail."""
    name = mail.sender_name or mail.sender.partition("@")[0]
    return founding.add_person(organization, name[:200], email=mail.sender)


def actor(person: Person, organization_id: int) -> Actor | None:
    """What the person is here; None for somebody who may not act any more."""
    return house().actors([person], organization_id).get(person.pk)


def as_customer(one: Actor, kind: str) -> Actor:
    """The same person with a customer's rights: own requests, and opening new ones."""
    if one.side == Membership.CUSTOMER:
        return replace(one, rights=one.rights | {f"add:{kind}"})
    return actors.as_customer(one, frozenset({f"add:{kind}"}))


def takes_part(person: Person, ticket: Ticket) -> bool:
    """Requester, author, watcher, or somebody who works on it (RS-070)."""
    return person.pk in {
        ticket.requester_id,
        ticket.creator_id,
        ticket.assignee_id,
        *ticket.watchers,
        *ticket.assigned_people,
    }
