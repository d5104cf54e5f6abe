"""Requests and articles that the reader may see, and the search over both (PL-251)."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils import timezone

from polydesk.directory.actors import Actor
from polydesk.features import search
from polydesk.features.knowledge.models import Article
from polydesk.tickets import queries
from polydesk.tickets.models import Ticket
from polydesk.tickets.refusals import Missing

MOST_FOUND = 8
MOST_WORDS = 8
PAGE = 25


def request(actor: Actor, number: int) -> Ticket:
    """One request; the number of a merged one leads to where it went (RC-249)."""
    ticket = queries.get(actor, number)
    seen = {ticket.pk}
    while ticket.merged_into_id and ticket.merged_into_id not in seen:
        ticket = queries.get(actor, ticket.merged_into_id)
        seen.add(ticket.pk)
    return ticket


def requests(actor: Actor) -> QuerySet[Ticket]:
    """Newest first, without those that went into another."""
    return queries.visible_to(actor).filter(merged_into__isnull=True).exclude(status="draft").order_by("-id")


def own(actor: Actor) -> QuerySet[Ticket]:
    return requests(actor).filter(queries.mine(actor))


def of_colleagues(actor: Actor) -> QuerySet[Ticket]:
    """What others of the company asked, where the membership shows it."""
    return requests(actor).exclude(queries.mine(actor))


def search_requests(actor: Actor, text: str) -> list[Ticket]:
    """Every word as it was typed: the box is no query language."""
    wanted = " ".join('"{}"'.format(word.replace("\\", "").replace('"', "")) for word in _words(text))
    try:
        found = search.tickets(actor, wanted)
    except search.QueryError:
        return []
    rows = found.filter(merged_into__isnull=True).exclude(status="draft").select_related("organization")
    return list(rows[:MOST_FOUND]) if wanted else []


def articles(organization_id: int) -> QuerySet[Article]:
    """Public articles that are out and not expired."""
    now = timezone.now()
    return Article.objects.filter(
        Q(released_at__isnull=True) | Q(released_at__lte=now),
        Q(expires_at__isnull=True) | Q(expires_at__gt=now),
        organization_id=organization_id,
        is_public=True,
        is_active=True,
    )


def search_articles(organization_id: int, text: str) -> list[Article]:
    """Articles with every word in title, summary or text; those with the first word in the title come first."""
    found, words = articles(organization_id), _words(text)
    for word in words:
        found = found.filter(Q(title__icontains=word) | Q(summary__icontains=word) | Q(text__icontains=word))
    rows = list(found.order_by("title", "id")[: MOST_FOUND * 4]) if words else []
    rows.sort(key=lambda row: words[0].casefold() not in row.title.casefold())
    return rows[:MOST_FOUND]


def article(organization_id: int, number: int) -> Article:
    row = articles(organization_id).filter(pk=number).first()
    if row is None:
        raise Missing
    return row


def _words(text: str) -> list[str]:
    """At most eight, without the marks around them."""
    words = (word.strip("\"'?!.,;:()\\") for word in text[:200].split())
    return [word for word in words if word][:MOST_WORDS]
