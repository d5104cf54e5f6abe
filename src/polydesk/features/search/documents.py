"""The document of a ticket, kept in step inside the writing transaction.

A new comment is appended; anything else that touches the words rebuilds the row. Internal entries go to a column that
customers' searches never look at (RS-115)."""

# ruff: noqa: S608 - texts are made of constants; values are bound
from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from django.db.models import QuerySet

from polydesk.directory.models import Company, Person
from polydesk.tickets.edits import Recorded
from polydesk.tickets.models import Comment, Ticket
from polydesk.web.statements import Both, run, vendor

from . import words

SPOKEN = frozenset(
    {
        "title",
        "description",
        "resolution",
        "fields",
        "requester",
        "company",
        "external_id",
        "purchase_order",
        "external_ref",
    }
)
REWRITING = frozenset({"+comment_edit", "+comment_removed", "+merged", "+merged_into", "+unmerged", "+split_off"})

# On PostgreSQL `search_document` holds public and internal words together; on SQLite the column of that name is the
# whole FTS5 row, and internal words have a column of their own.
CHUNK = 25


@lru_cache(maxsize=CHUNK)
def _insert(rows: int) -> Both:
    on_postgres, on_sqlite = "(%s, %s::tsvector, %s::tsvector || %s::tsvector)", "(%s, %s, %s, %s)"
    return Both(
        f"INSERT INTO search_document (ticket_id, public, search_document) VALUES {', '.join([on_postgres] * rows)} "
        "ON CONFLICT (ticket_id) DO UPDATE SET public = excluded.public, search_document = excluded.search_document",
        "INSERT OR REPLACE INTO search_document (rowid, ticket_id, public, internal) "
        f"VALUES {', '.join([on_sqlite] * rows)}",
    )


APPEND = Both(
    "UPDATE search_document SET public = public || %s::tsvector, "
    "search_document = search_document || %s::tsvector || %s::tsvector WHERE ticket_id = %s",
    "UPDATE search_document SET public = public || ' ' || %s, internal = internal || ' ' || %s WHERE rowid = %s",
)
DELETE = Both("DELETE FROM search_document WHERE ticket_id = %s", "DELETE FROM search_document WHERE rowid = %s")


def keep_in_step(recorded: Sequence[Recorded]) -> None:
    """A listener of tickets.edits: bring the documents of all changed tickets in line."""
    rebuild: dict[int, Ticket] = {}
    for one in recorded:
        ticket = one.edit.ticket
        if one.event.verb == "purge":
            run(DELETE, (one.event.ticket_id,))
        elif ticket.pk in rebuild:
            continue
        elif one.edit.is_new and len(recorded) == 1:
            _write([_document(ticket, _facts(ticket, one.edit.row("requester"), one.edit.row("company")), [])])
        elif one.edit.is_new or SPOKEN & one.changes.keys() or REWRITING & one.changes.keys():
            rebuild[ticket.pk] = ticket
        elif one.edit.comment is not None:
            append(ticket.pk, one.edit.comment)
    if rebuild:
        rebuild_all(rebuild.values())


def rebuild_all(tickets: Iterable[Ticket]) -> None:
    """Write the documents of these tickets anew. Three queries and one write for each 25."""
    tickets = list(tickets)
    people = Person.objects.in_bulk({t.requester_id for t in tickets if t.requester_id})
    companies = Company.objects.in_bulk({t.company_id for t in tickets if t.company_id})
    entries: dict[int, list[Comment]] = {}
    spoken = Comment.objects.filter(ticket_id__in=[t.pk for t in tickets], deleted_at__isnull=True)
    for entry in (
        spoken.exclude(type="opening").only("ticket_id", "text", "internal", "type", "deleted_at").order_by("id")
    ):
        entries.setdefault(entry.ticket_id, []).append(entry)
    documents = []
    for ticket in tickets:
        facts = _facts(ticket, people.get(ticket.requester_id or 0), companies.get(ticket.company_id or 0))
        documents.append(_document(ticket, facts, entries.get(ticket.pk, [])))
    _write(documents)


def rebuild_every(tickets: QuerySet[Ticket]) -> int:
    """All documents of a large set, in steps; how many."""
    done, last = 0, 0
    while found := list(tickets.filter(pk__gt=last).order_by("pk")[:500]):
        rebuild_all(found)
        done, last = done + len(found), found[-1].pk
    return done


def _facts(ticket: Ticket, requester: Person | None, company: Company | None) -> str:
    """The ticket's own words: what stands on its row, and who it is for."""
    spoken = [
        ticket.title,
        ticket.description,
        ticket.resolution,
        ticket.external_id,
        ticket.purchase_order,
        ticket.external_ref or "",
        *(str(value) for value in ticket.fields.values() if isinstance(value, str | int)),
    ]
    if requester:
        spoken += [requester.name, requester.email, requester.login or ""]
    if company:
        spoken.append(company.name)
    return " ".join(spoken)


def _document(ticket: Ticket, facts: str, entries: Sequence[Comment]) -> tuple[Any, ...]:
    """What is written of one ticket, in the order of the columns."""
    public = words.split(" ".join([str(ticket.pk), facts, *(e.text for e in entries if e.is_public)]))
    public.append(words.mark(ticket.organization_id))
    internal = words.split(" ".join(e.text for e in entries if not e.is_public))
    if vendor() == "postgresql":
        vector = words.as_vector(public)
        return ticket.pk, vector, vector, words.as_vector(internal)
    return ticket.pk, ticket.pk, " ".join(public), " ".join(internal)


def _write(documents: Sequence[tuple[Any, ...]]) -> None:
    """Replace documents."""
    for start in range(0, len(documents), CHUNK):
        chunk = documents[start : start + CHUNK]
        run(_insert(len(chunk)), [value for document in chunk for value in document])


def append(ticket_id: int, entry: Comment) -> None:
    """Add one new entry to its ticket's document."""
    spoken = words.split(entry.text)
    public, internal = (spoken, []) if entry.is_public else ([], spoken)
    if vendor() == "postgresql":
        vector = words.as_vector(public)
        run(APPEND, (vector, vector, words.as_vector(internal), ticket_id))
    else:
        run(APPEND, (" ".join(public), " ".join(internal), ticket_id))
