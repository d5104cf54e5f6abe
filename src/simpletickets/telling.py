"""Mails of a project that wants them: owners are told at solved, staff when a ticket is given to them (ST-051)."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings as project
from django.urls import reverse

from polydesk.directory.actors import Actor
from polydesk.directory.models import Person
from polydesk.features.notifications.house import House, adopt
from polydesk.tickets.models import Ticket

from . import settings
from .people import Visitor, email_of

TOLD = {("solved", "requester"), ("assignment", "assignee")}


def switch_on() -> None:
    """The project's people, pages and mail settings stand for those of Polydesk's server."""
    adopt(
        House(
            sends_mail=lambda: bool(settings.ST_NOTIFICATIONS),
            actors=_actors,
            page=_page,
            sender=lambda: project.DEFAULT_FROM_EMAIL,
            has_inbox=False,
            tells=lambda what, reason: (what, reason) in TOLD,
        )
    )


def _actors(people: Iterable[Person], organization_id: int) -> dict[int, Actor]:
    """People are what their user is in the project, with his address, in its language and zone."""
    found = {}
    for person in people:
        if person.user is None or not getattr(person.user, "is_active", True):
            continue
        person.email = email_of(person.user)
        person.language = person.language or project.LANGUAGE_CODE
        person.time_zone = person.time_zone or project.TIME_ZONE
        visitor = Visitor(person.user)
        found[person.pk] = visitor.as_staff() if visitor.works else visitor.as_owner()
    return found


def _page(actor: Actor, ticket: Ticket) -> str:
    """A project does not know its own address, unless it says so."""
    site: str = settings.ST_SITE_URL
    return site.rstrip("/") + reverse("TicketUpdate", args=(ticket.pk,)) if site else ""
