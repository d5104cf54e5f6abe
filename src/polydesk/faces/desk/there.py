"""Which of the things that a ticket may have it has: one statement, so that what is not there costs none of its own."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from django.db.models import Model

from polydesk.features.approvals.models import Approver
from polydesk.features.checklists.models import Item
from polydesk.features.sla.models import Clock
from polydesk.features.vault.models import Use
from polydesk.tickets.models import Attachment, CustomField, Relation, Ticket
from polydesk.web.statements import fetch_one

from .models import Draft, Held


class There(NamedTuple):
    """`held` and `draft` are the reader's own; `custom` are fields that the organization defined."""

    attachments: bool
    secrets: bool
    clock: bool
    checklist: bool
    approvers: bool
    relations: bool
    family: bool
    held: bool
    draft: bool
    custom: bool


def of(ticket: Ticket, person_id: int | None) -> There:
    facts = {"ticket": ticket.pk, "person": person_id, "organization": ticket.organization_id}
    found = fetch_one(_statement(), facts)
    assert found is not None
    return There(*map(bool, found))


@cache
def _statement() -> str:
    his = "ticket_id = %(ticket)s"
    own = f"{his} AND person_id = %(person)s"
    relatives = ("parent_id", "problem_id", "merged_into_id", "split_from_id")
    asked = (
        _any((Attachment, his)),
        _any((Use, his)),
        _any((Clock, his)),
        _any((Item, his)),
        _any((Approver, his)),
        _any(*((Relation, f"{end} = %(ticket)s") for end in ("source_id", "target_id"))),
        _any(*((Ticket, f"{column} = %(ticket)s") for column in relatives)),
        _any((Held, own)),
        _any((Draft, own)),
        _any((CustomField, "organization_id = %(organization)s AND is_active")),
    )
    return f"SELECT {', '.join(asked)}"


def _any(*asked: tuple[type[Model], str]) -> str:
    """Each by its own index: an OR over columns would read the whole table."""
    return " OR ".join(
        f"EXISTS (SELECT 1 FROM {model._meta.db_table} WHERE {condition})"  # noqa: S608 (constants of this module)
        for model, condition in asked
    )
