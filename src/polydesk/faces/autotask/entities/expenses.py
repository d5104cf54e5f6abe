"""Expense items: what a resource laid out, for a ticket or a company (AT-288, AT-289)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from polydesk.features.charges.models import Expense
from polydesk.tickets.refusals import Missing

from .. import auth
from ..errors import Failure, unknown_reference
from ..fields import Entity, Field, identity
from ..incoming import Incoming
from ..rows import creator, owned, updater


def _belongs_together(row: Expense, given: Mapping[str, Any], incoming: Incoming) -> None:
    """The ticket's company is the expense's, and its project is of that company."""
    if row.posted_at is not None:
        incoming.faults.append("billingApprovalDateTime: a posted expense cannot be changed.")
    if given.get("ticketID") is not None:
        ticket = auth.visible(incoming.tables.actor).filter(pk=given["ticketID"]).first()
        if ticket is None:
            incoming.faults.append(unknown_reference("ticketID", "Tickets"))
        elif "companyID" not in given:
            row.company_id = ticket.company_id
        elif row.company_id != ticket.company_id:
            incoming.faults.append("companyID: the ticket belongs to another company.")
    if not incoming.faults and row.project is not None and row.project.company_id != row.company_id:
        incoming.faults.append("projectID: the project belongs to another company.")


def _delete(call: Any, number: int) -> int:
    auth.may_administer(call.actor)
    row = Expense.objects.filter(organization_id=call.tables.organization_id, pk=number).first()
    if row is None:
        raise Missing
    if row.posted_at is not None:
        raise Failure("billingApprovalDateTime: a posted expense cannot be deleted.")
    row.delete()
    return number


ENTITY = Entity(
    name="ExpenseItems",
    fields=(
        identity(),
        Field("billingApprovalDateTime", "datetime", "posted_at", read_only=True),
        Field("companyID", column="company_id", reference="Companies", null=0),
        Field("description", "string", "description", length=128, required=True),
        Field("expenseCurrencyExpenseAmount", "decimal", "amount", required=True),
        Field("expenseDate", "datetime", "spent_on", required=True, day=True),
        Field("isBillableToCompany", "boolean", "is_billable"),
        Field("projectID", column="project_id", reference="Projects"),
        Field("resourceID", column="person_id", reference="Resources"),
        Field("taskID", constant=None, reference="Tasks", read_only=True),
        Field("ticketID", column="ticket_id", reference="Tickets"),
    ),
    rows=owned(Expense),
    create=creator(Expense, also=_belongs_together),
    update=updater(owned(Expense), also=_belongs_together),
    delete=_delete,
)

ENTITIES = (ENTITY,)
