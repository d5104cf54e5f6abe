"""What the installation says: who its people are, where a ticket's page is, whether mail goes out.

Polydesk's server is the one described here; a host project that has only the engine adopts its own (ST-051)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.conf import settings
from django.urls import NoReverseMatch

from polydesk.directory import actors
from polydesk.directory.actors import Actor
from polydesk.directory.models import Membership, Person
from polydesk.tickets.models import Ticket

from .news import WHATS

Actors = Callable[[Iterable[Person], int], dict[int, Actor]]


@dataclass(frozen=True)
class House:
    """`actors`: people as they act in an organization, those who may not act left out. `page`: the absolute address of
    a ticket's page for this reader, or nothing. `tells`: may this kind of news go to somebody for this reason?"""

    sends_mail: Callable[[], bool]
    actors: Actors
    page: Callable[[Actor, Ticket], str]
    sender: Callable[[], str]
    choices: Callable[[Actor], str] = lambda actor: ""
    """The address where this reader chooses what he is told, or nothing."""
    has_inbox: bool = True
    tells: Callable[[str, str], bool] = lambda what, reason: what in WHATS


_pages: dict[str, Callable[[int], str]] = {}
_choices: dict[str, Callable[[], str]] = {}


def page_for(side: str, path: Callable[[int], str], choices: Callable[[], str] | None = None) -> None:
    """A face says where people of this side look at tickets, and where they choose what they are told."""
    _pages[side] = path
    if choices is not None:
        _choices[side] = choices


def _address(path: Callable[[], str] | None) -> str:
    if path is None:
        return ""
    try:
        return f"{settings.POLYDESK_BASE_URL}{path()}"
    except NoReverseMatch:  # the face is switched off
        return ""


def _page(actor: Actor, ticket: Ticket) -> str:
    path = _pages.get(actor.side)
    return _address((lambda: path(ticket.pk)) if path else None)


def _actors(people: Iterable[Person], organization_id: int) -> dict[int, Actor]:
    """Members as they are; a contact who cannot sign in and never could is a customer who sees his own requests."""
    everybody = list(people)
    found = actors.of_all(everybody, organization_id)
    contacts = [
        person
        for person in everybody
        if person.pk not in found and person.user_id is None and person.organization_id == organization_id
    ]
    if contacts:
        former = set(Membership.objects.filter(person__in=contacts).values_list("person_id", flat=True))
        found |= {person.pk: _contact(person) for person in contacts if person.pk not in former and person.is_active}
    return found


def _contact(person: Person) -> Actor:
    return Actor(
        organization_id=person.organization_id,
        person_id=person.pk,
        side=Membership.CUSTOMER,
        name=person.name,
        email=person.email,
        company_id=person.company_id,
        sees_company=False,
    )


SERVER = House(
    sends_mail=lambda: bool(getattr(settings, "POLYDESK_MAIL_URL", "")),
    actors=_actors,
    page=_page,
    sender=lambda: settings.DEFAULT_FROM_EMAIL,
    choices=lambda actor: _address(_choices.get(actor.side)),
)
_adopted = [SERVER]


def house() -> House:
    """The one in force."""
    return _adopted[-1]


def adopt(other: House) -> None:
    """A host project describes itself."""
    _adopted[1:] = [other]
