"""What billed and unbilled costs mean for every face's edits (AT-288, AT-289, RC-286)."""

from __future__ import annotations

from collections.abc import Sequence

from polydesk.tickets.edits import Edit, Recorded
from polydesk.tickets.models import TimeEntry
from polydesk.tickets.rules import refuses
from polydesk.web.sentences import say

from .models import Charge, Expense


@refuses("company")
def billed_charges_pin_the_company(edit: Edit) -> str | None:
    """What was billed belongs to the company it was billed to (AT-288)."""
    if edit.is_new or not edit.changes("company"):
        return None
    billed = Charge.objects.filter(ticket=edit.ticket, billed_at__isnull=False).exists()
    return say("The company cannot change while a billed charge stands on the ticket.") if billed else None


@refuses("company")
def posted_expenses_pin_the_company(edit: Edit) -> str | None:
    """The same of what somebody laid out (AT-288)."""
    if edit.is_new or not edit.changes("company"):
        return None
    posted = Expense.objects.filter(ticket=edit.ticket, posted_at__isnull=False).exists()
    return say("The company cannot change while a posted expense stands on the ticket.") if posted else None


def contracts_stay_with_their_company(recorded: Sequence[Recorded]) -> None:
    """Unposted time and unbilled charges lose the old company's contract lines (AT-289)."""
    moved = [done.edit.ticket.pk for done in recorded if "company" in done.changes and not done.edit.is_new]
    if moved:
        TimeEntry.objects.filter(ticket__in=moved, posted_at=None).update(
            contract=None, contract_service=None, contract_bundle=None
        )
        Charge.objects.filter(ticket__in=moved, billed_at=None).update(contract_service=None, contract_bundle=None)


def expenses_move_to_the_new_company(recorded: Sequence[Recorded]) -> None:
    """They go to the new company and leave the ticket and the old company's project (AT-289)."""
    for done in recorded:
        if "company" in done.changes and not done.edit.is_new:
            Expense.objects.filter(ticket=done.edit.ticket.pk, posted_at=None).update(
                company=done.edit.get("company"), project=None, ticket=None
            )


RULES = (billed_charges_pin_the_company, posted_expenses_pin_the_company)
