"""The rules of native requests alone, and the two commands that they always go with (RC-122, RC-140, RC-168)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from polydesk.directory.actors import Actor
from polydesk.features import slashes
from polydesk.features.checklists.rules import checklist_is_done
from polydesk.tickets import access, commands
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
    choosing = (status_is_offered, checklist_is_done)
    return choosing if "status" in values else (*choosing, status_follows_assignment)


def create(actor: Actor, body: Any) -> Ticket:
    """Open a ticket from a NewTicket; commands in its description run (RC-183)."""
    values = fields.values_of(body)
    kind = values.pop("kind", "request")
    if not actor.is_staff:
        values = _of_customer(actor, values)
    values.setdefault("channel", "api")
    plan = spoken(actor, kind, values.get("description", ""), values.get("description_format"))
    if not plan.has_commands:
        return commands.create(kind, values, by=actor, via=VIA, also=also(values))
    values["description"] = plan.text
    values["items"] = [*values.get("items", []), *map(list, plan.items)]
    with transaction.atomic():
        rules = (*also(values), slashes.booking(plan.seconds))
        ticket = commands.create(kind, values, by=actor, via=VIA, also=rules)
        slashes.relate(ticket, plan.relations, by=actor, via=VIA)
        ticket.refresh_from_db()
        return ticket


def edit(actor: Actor, ticket: int, values: dict[str, Any], *, if_version: int | None = None) -> Outcome:
    """Change fields of a ticket; commands in a new description run."""
    rules, text = also(values), values.get("description")
    if not text or not slashes.find(text):
        return commands.edit(ticket, values, by=actor, via=VIA, also=rules, if_version=if_version)
    with transaction.atomic():
        row = Ticket.objects.select_for_update().get(pk=ticket)
        plan = spoken(actor, row.kind, text, values.get("description_format", row.description_format), row)
        if text != row.description and plan.has_commands:
            values["description"] = plan.text
            values["items"] = [*values.get("items", row.items), *map(list, plan.items)]
            rules = (*rules, slashes.booking(plan.seconds))
        else:
            plan.relations = []
        outcome = commands.edit(ticket, values, by=actor, via=VIA, also=rules, if_version=if_version)
        slashes.relate(row, plan.relations, by=actor, via=VIA)
        return outcome


def spoken(actor: Actor, kind: str, text: str, format: str | None, ticket: Ticket | None = None) -> slashes.Plan:
    """What the commands in a text of staff ask for; the text of others and plain text is literal."""
    if format == "plain" or not slashes.find(text) or not access.may(actor, "triage", kind=kind, ticket=ticket):
        return slashes.Plan(text)
    return slashes.plan(text, by=actor, ticket=ticket)


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
