"""The translation table: tickets, comments and votes in the shapes of both families, with exact key sets
(SE-055 … SE-065, RC section 2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from polydesk.directory.models import Product
from polydesk.tickets import queries
from polydesk.tickets.checks import line
from polydesk.tickets.fields import FIELDS
from polydesk.tickets.models import Attachment, Comment, Ticket

from .statements import Seen

ACCESS_LEVELS = ("all_users", "account_users", "project_users")
LONGEST_SUMMARY = 255
LONGEST_COMMENT = 50_000
LONGEST_PROJECT = 64

# Every core status by its phase, also those that an administrator adds (SE-055, RC-123 … RC-139).
STATUS_OF_PHASE = {
    "new": "in_progress",
    "open": "in_progress",
    "waiting": "in_progress",
    "solved": "resolved",
    "closed": "closed",
    "dropped": "closed",
}
STATUS_NAMES = {
    "in_progress": {"en": "Open", "ru": "Открыт"},
    "resolved": {"en": "Resolved", "ru": "Решен"},
    "closed": {"en": "Closed", "ru": "Закрыт"},
}
NOT_IN_CURRENT_LISTS = ("is_closed_by_system", "split_from_ticket_number")
NOT_IN_CLASSIC_LISTS = ("splitted_from_ticket_number",)


def current(tickets: Iterable[Ticket | Seen], *, listed: bool = False) -> list[dict[str, Any]]:
    """Tickets of the current family: 22 keys, 20 in lists (SE-060, SE-061). One statement, for products."""
    tickets = list(tickets)
    keys = product_keys({number for ticket in tickets for number in ticket.products})
    return [_without(_current(ticket, keys), NOT_IN_CURRENT_LISTS if listed else ()) for ticket in tickets]


def _current(ticket: Ticket | Seen, products: Mapping[int, str]) -> dict[str, Any]:
    own, rating, awaited = kept(ticket), ticket.rating, queries.awaiting(ticket)
    return {
        "access_level": ticket.access,
        "categories": categories(ticket),
        "created_at": moment(ticket.created_at),
        "is_await_client": awaited == "customer",
        "is_await_support": awaited == "staff",
        "is_can_be_voted": ticket.channel != "mailing",
        "is_client_read": ticket.unread == 0,  # type: ignore[attr-defined]
        "is_closed_by_system": ticket.is_closed and ticket.closed_by_system,
        "is_from_mailing": ticket.channel == "mailing",
        "keystone_projects": ticket.access_projects,
        "notice_id": own.get("notice_id"),
        "notification_categories": own.get("notification_categories", []),
        "number": ticket.pk,
        "products": [products[number] for number in ticket.products if number in products],
        "split_from_ticket_number": str(ticket.split_from_id) if ticket.split_from_id else None,
        "status": status(ticket),
        "summary": summary(ticket),
        "unread_comments_count": ticket.unread,  # type: ignore[attr-defined]
        "updated_at": moment(ticket.public_active_at),
        "vote_created_at": rating["at"] if rating else None,
        "vote_score": rating["score"] if rating else None,
        "vote_type": rating["scale"] if rating else "plus_minus",
    }


def classic(ticket: Ticket | Seen, *, listed: bool = False) -> dict[str, Any]:
    """A ticket of the classic family: 16 keys, 15 in lists (SE-063, SE-064)."""
    found = {
        "closed_at": moment(ticket.closed_at) if ticket.is_closed else None,
        "created_at": moment(ticket.created_at),
        "is_client_author": ticket.author_side == "customer",  # type: ignore[attr-defined]
        "is_client_read": ticket.unread == 0,  # type: ignore[attr-defined]
        "is_closed": ticket.is_closed,
        "is_resolved": status(ticket) != "in_progress",
        "number": ticket.pk,
        "status": STATUS_NAMES[status(ticket)],
        "status_key": status(ticket),
        "summary": summary(ticket),
        "updated_at": moment(ticket.public_active_at),
        "vote": vote(ticket.rating),
        "access_level": ticket.access,
        "keystone_projects": ticket.access_projects,
        "notice_id": kept(ticket).get("notice_id"),
        "splitted_from_ticket_number": ticket.split_from_id,
    }
    return _without(found, NOT_IN_CLASSIC_LISTS if listed else ())


def comment(row: Comment, ticket: Ticket) -> dict[str, Any]:
    """A comment: 12 keys (SE-065). `row.files` are its files (finding.with_files)."""
    by_client = row.side == "customer"
    return {
        "files": [file_uuid(file) for file in row.files],  # type: ignore[attr-defined]
        "body": queries.text_of(row, ticket),
        "id": row.pk,
        "is_client_author": by_client,
        "is_client_read": by_client or row.read_at is not None,
        "sent_at": moment(row.sent_at),
        "splitted_at": moment(row.moved_at),
        "splitted_to_ticket_number": row.moved_to_id,
        "vote": vote(row.rating),
        "ticket_number": row.ticket_id,
        "client_author_id": str(row.author_id) if by_client and row.author_id else None,
        "admin_author": None if by_client else {"name": row.author.name if row.author else "Support"},
    }


def vote(rating: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A vote: 3 keys, its score as given (SE-057, RC-185 … RC-188)."""
    if not rating:
        return None
    return {"comment": rating["text"] or None, "created_at": rating["at"], "score": rating["score"]}


def status(ticket: Ticket | Seen) -> str:
    """The nearest of the three keys."""
    return STATUS_OF_PHASE[ticket.phase]


def kept(ticket: Ticket | Seen) -> dict[str, Any]:
    """What this face alone knows of the ticket (RC-069)."""
    found: dict[str, Any] = ticket.extra.get("selectel", {})
    return found


def summary(ticket: Ticket | Seen) -> str:
    """As it was given, while it still says what the engine keeps in one line (SE-044, RC-007)."""
    given: str = kept(ticket).get("summary", "")
    return given if given and as_title(given) == ticket.title else ticket.title


def as_title(text: str) -> str:
    """The engine's form of a summary."""
    return line(FIELDS["title"], text)


def categories(ticket: Ticket | Seen) -> list[str]:
    """The keys given at creation, else that of the ticket's category when customers may see it (RC-163)."""
    given: list[str] | None = kept(ticket).get("categories")
    if given is not None:
        return given
    row = ticket.category
    return [row.key or str(row.pk)] if row is not None and row.for_customers else []


def product_keys(numbers: Iterable[int]) -> dict[int, str]:
    """Product keys by id."""
    numbers = list(numbers)
    if not numbers:
        return {}
    return {pk: key or str(pk) for pk, key in Product.objects.filter(pk__in=numbers).values_list("pk", "key")}


def file_uuid(file: Attachment) -> str:
    """The name by which clients know a file: that of its upload, also where it hangs a second time (SE-154)."""
    return str(file.extra.get("selectel", {}).get("uuid") or file.uuid)


def moment(value: dt.datetime | None) -> str | None:
    """RFC 3339 in UTC with `Z` (SE-050)."""
    return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z") if value else None


def _without(shape: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    for name in names:
        del shape[name]
    return shape
