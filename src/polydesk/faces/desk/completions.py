"""What is offered under the caret while writing: `/` commands and canned replies, `@` people, `#` tickets (PL-202).

Each sign has providers, asked in turn until there are enough lines; one more is a function in `PROVIDERS`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from polydesk.directory import actors
from polydesk.directory.actors import Actor
from polydesk.directory.models import Person
from polydesk.features.replies import finding
from polydesk.tickets import queries
from polydesk.tickets.models import Participant, Ticket

from .fields import staff
from .vocabulary import Vocabulary

MOST = 8
# Look-ups by words of a title read only so many of the newest tickets: search proper belongs to the list.
RECENT = 2000
Offer = dict[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed after a sign, by whom, where (None: on no ticket yet), and whether only staff will read it."""

    actor: Actor
    sign: str
    q: str
    ticket: Ticket | None = None
    note: bool = False


def offers(actor: Actor, sign: str, q: str, number: int = 0, *, note: bool = False) -> list[Offer]:
    """At most eight lines: a name, something about it, and what is put into the text."""
    ticket = queries.visible_to(actor).filter(pk=number).first() if number else None
    asked, found = Asked(actor, sign, q, ticket, note), []
    for provider in PROVIDERS.get(sign, ()):
        found += [offer for offer in provider(asked) if offer not in found]
        if len(found) >= MOST:
            break
    return found[:MOST]


def replies(asked: Asked) -> list[Offer]:
    """Canned replies whose shortcut or name begins so; none before the first letter, the commands are shown then."""
    if asked.ticket is None or not asked.q:
        return []
    return [
        {
            "name": f"/{r.shortcut}" if r.shortcut else r.name,
            "about": r.name,
            "insert": r.filled(asked.ticket, asked.actor),
        }
        for r in finding.offered(asked.actor, asked.q, 4)
    ]


def commands(asked: Asked) -> Iterable[Offer]:
    vocabulary = Vocabulary(asked.actor)
    plain = [
        ("/assign ", _("give it to somebody")),
        ("/status ", _("set a status")),
        ("/priority ", _("set a priority")),
        ("/team ", _("give it to a team")),
        ("/close", _("send and close")),
        ("/solve", _("send and solve")),
        ("/wait", _("send and wait for the customer")),
        ("/spend ", _("book time, such as 1h 20m")),
        ("/relate #", _("link another ticket")),
        ("/blocks #", _("say that this blocks another")),
    ]
    full = [(f"/status {k}", vocabulary.status(k)) for k in vocabulary.statuses]
    full += [(f"/priority {k}", vocabulary.priority(k)) for k in vocabulary.priorities]
    full += [(f"/assign {name}", _("assign %(name)s") % {"name": name}) for name in vocabulary.agents.values()]
    begun = f"/{asked.q}".casefold()
    return [
        {"name": insert.strip(), "about": about, "insert": insert}
        for insert, about in (*plain, *full)
        if insert.casefold().startswith(begun)
    ]


def participants(asked: Asked) -> list[Offer]:
    """Customers who take part in the ticket: a note, which they do not read, calls none of them."""
    ticket = asked.ticket
    if ticket is None or asked.note:
        return []
    watching = Participant.objects.filter(ticket=ticket, part="watching", person__isnull=False).values("person_id")
    here = Q(pk__in=[ticket.requester_id, ticket.creator_id]) | Q(pk__in=watching)
    people = Person.objects.filter(here & _named(asked.q), is_active=True, is_system=False)
    return [_person(p) for p in people.exclude(staff(asked.actor.organization_id)).order_by("name")[:MOST]]


def agents(asked: Asked) -> list[Offer]:
    """Staff who may see the ticket."""
    people = Person.objects.filter(staff(asked.actor.organization_id), is_active=True, is_system=False)
    found = list(people.filter(_named(asked.q)).order_by("name").distinct()[: MOST * 2])
    if asked.ticket is None:
        return [_person(p) for p in found]
    known = actors.of_all(found, asked.actor.organization_id)
    return [_person(p) for p in found if p.pk in known and queries.can_see(known[p.pk], asked.ticket)]


def _named(q: str) -> Q:
    return Q(name__icontains=q) | Q(login__istartswith=q) | Q(email__istartswith=q) if q else Q()


def _person(person: Person) -> Offer:
    return {"name": person.name, "about": person.login or person.email, "insert": f"@{person.login or person.name} "}


def tickets(asked: Asked) -> list[Offer]:
    visible, q = queries.visible_to(asked.actor), asked.q
    wanted = Q(title__icontains=q) | (Q(pk=int(q)) if q.isdecimal() and len(q) < 18 else Q(pk__in=()))
    recent = list(visible.order_by("-id").values_list("pk", flat=True)[:RECENT])
    found = visible.filter(wanted, pk__in=recent).order_by("-id").values_list("pk", "title")[:MOST]
    return [{"name": f"#{pk}", "about": title, "insert": f"#{pk} "} for pk, title in found]


PROVIDERS: dict[str, tuple[Callable[[Asked], Iterable[Offer]], ...]] = {
    "/": (replies, commands),
    "@": (participants, agents),
    "#": (tickets,),
}
