"""The rules of native requests alone, and the two commands that they always go with (RC-122, RC-140, RC-168)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from polydesk.directory.actors import Actor
from polydesk.tickets import commands
from polydesk.tickets.commands import Outcome
from polydesk.tickets.models import Category, Ticket
from polydesk.tickets.rules.assignment import status_follows_assignment
from polydesk.tickets.rules.base import Rule
from polydesk.tickets.rules.lifecycle import status_is_offered
from polydesk.web.problems import FieldError

from . import errors, fields

VIA = "native"


def also(values: Mapping[str, Any]) -> tuple[Rule, ...]:
    """People choose from the kind's list; the status follows the assignment when the request gives none."""
    return (status_is_offered,) if "status" in values else (status_is_offered, status_follows_assignment)


def create(actor: Actor, body: Any) -> Ticket:
    """Open a ticket from a NewTicket."""
    values = fields.values_of(body)
    kind = values.pop("kind", "request")
    if not actor.is_staff:
        values = _of_customer(actor, values)
    values.setdefault("channel", "api")
    return commands.create(kind, values, by=actor, via=VIA, also=also(values))


def edit(actor: Actor, ticket: int, values: Mapping[str, Any], *, if_version: int | None = None) -> Outcome:
    """Change fields of a ticket."""
    return commands.edit(ticket, values, by=actor, via=VIA, also=also(values), if_version=if_version)


def _of_customer(actor: Actor, values: dict[str, Any]) -> dict[str, Any]:
    """A customer opens his own requests, for his own company; the rest is for staff to decide (RS-137)."""
    own = {"requester": actor.person_id, "company": actor.company_id}
    faults = [
        FieldError(field=name, rule="read_only", message="This member is for staff.")
        for name, value in values.items()
        if name not in fields.CUSTOMER_WRITES and not (name in own and value == own[name])
    ]
    category = values.get("category")
    if category is not None and not _is_offered(actor, category):
        faults.append(FieldError(field="category", rule="unknown", message="There is no such category."))
        raise errors.refused(faults, "validation")
    if faults:
        raise errors.refused(faults)
    return {**values, **own}


def _is_offered(actor: Actor, category: int) -> bool:
    return Category.objects.filter(organization_id=actor.organization_id, pk=category, for_customers=True).exists()
