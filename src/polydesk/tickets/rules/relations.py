"""Rules about what a ticket hangs on: parents, problems, companies, projects, contracts (RC-152, RC-279 … RC-287)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from polydesk.directory.models import ContractExclusion
from polydesk.tickets.models import Ticket, TimeEntry
from polydesk.web.sentences import say, word

from .base import completes, refuses

if TYPE_CHECKING:
    from polydesk.tickets.edits import Edit


@completes
def company_takes_its_own_along(edit: Edit) -> None:
    """With another company the site and the contract with its lines are cleared unless given (RC-152)."""
    if edit.is_new or not edit.changes("company"):
        return
    for name in ("site", "contract", "contract_service", "contract_bundle"):
        row = edit.row(name)
        if row is not None and name not in edit.given and _company_of(row) != edit.get("company"):
            edit.set(name, None)
    if edit.get("contract") is None:
        for name in ("contract_service", "contract_bundle"):
            if name not in edit.given:
                edit.set(name, None)


def _company_of(row: object) -> int | None:
    contract = getattr(row, "contract", None)
    return contract.company_id if contract is not None else getattr(row, "company_id", None)


@completes
def project_takes_its_milestone_along(edit: Edit) -> None:
    """A milestone of another project is cleared unless the request gives one (RC-060, RC-152)."""
    if edit.changes("project") and "milestone" not in edit.given:
        milestone = edit.row("milestone")
        if milestone is not None and milestone.project_id != edit.get("project"):
            edit.set("milestone", None)


@completes
def exclusion_follows_the_category(edit: Edit) -> None:
    """A category that the contract excludes moves the ticket to the exclusion contract, or to none (AT-291, RC-287)."""
    if not edit.changes("contract", "category") or edit.get("contract") is None or edit.get("category") is None:
        return
    contract = edit.row("contract")
    if contract and ContractExclusion.objects.filter(contract=contract, category_id=edit.get("category")).exists():
        edit.set("contract", contract.exclusion_contract_id)
        edit.set("contract_service", None)
        edit.set("contract_bundle", None)


@refuses("milestone")
def milestone_belongs_to_the_project(edit: Edit) -> str | None:
    """Judged on the values after the change (RC-284)."""
    if not edit.changes("milestone", "project") or edit.get("milestone") is None:
        return None
    if edit.get("project") is None:
        return say("Milestones require a project")
    milestone = edit.row("milestone")
    same = milestone is None or milestone.project_id == edit.get("project")
    return None if same else say("Milestone must be from the same project")


@refuses()
def contract_lines_belong_to_the_contract(edit: Edit) -> Iterator[tuple[str, str]]:
    """A service or bundle line is one of the contract's; never both at once (AT-285, RC-284)."""
    lines = ("contract_service", "contract_bundle")
    if not edit.changes("contract", *lines):
        return
    for name in lines:
        row = edit.row(name)
        if row is not None and row.contract_id != edit.get("contract"):
            yield name, say("The line does not belong to the contract.")
    if all(edit.get(name) for name in lines):
        yield "contract_bundle", say("A service and a bundle cannot be given at once.")


@refuses("company")
def posted_work_pins_the_company(edit: Edit) -> str | None:
    """Work approved for billing belongs to the company it was done for (AT-288, RC-286)."""
    if edit.is_new or not edit.changes("company"):
        return None
    posted = TimeEntry.objects.filter(ticket=edit.ticket, posted_at__isnull=False).exists()
    return say("The company cannot change while posted work stands on the ticket.") if posted else None


@refuses("parent")
def parents_make_no_circle(edit: Edit) -> str | None:
    """A ticket is never its own ancestor (CE-174, RC-279)."""
    if edit.is_new or not edit.changes("parent") or edit.get("parent") is None:
        return None
    if acyclic(edit.ticket.pk, edit.get("parent")):
        return None
    return say("Adding this ticket will create a circular dependency")


def acyclic(ticket_id: int, parent_id: int | None) -> bool:
    """Is `ticket_id` no ancestor of `parent_id`? Ends on any chain, also a circular one (CE-175)."""
    seen: set[int] = set()
    while parent_id is not None and parent_id not in seen:
        if parent_id == ticket_id:
            return False
        seen.add(parent_id)
        parent_id = Ticket.objects.filter(pk=parent_id).values_list("parent_id", flat=True).first()
    return True


@refuses("problem")
def problems_have_incidents(edit: Edit) -> Iterator[tuple[str, str]]:
    """Only an incident belongs to a problem, no chains, never to itself (AT-211 … AT-218, RC-280)."""
    if not edit.changes("problem", "kind"):
        return
    kind, problem_id = edit.get("kind"), edit.get("problem")
    if problem_id is not None:
        problem = edit.row("problem")
        if kind != "incident":
            yield (
                "problem",
                say(
                    "A %(kind)s cannot be tied to a problem ticket.",
                    kind=word(kind.replace("_", " "), "kind of ticket"),
                ),
            )
        elif problem_id == edit.ticket.pk:
            yield "problem", say("A ticket cannot be its own problem.")
        elif problem is None or problem.kind != "problem":
            yield "problem", say("The ticket named as problem is not a problem.")
        elif problem.problem_id is not None:
            yield "problem", say("The ticket named as problem is itself tied to a problem.")
    if not edit.is_new and edit.was("kind") == "problem" and edit.changes("kind") and _has_incidents(edit.ticket):
        yield "kind", say("A problem with incidents keeps its kind.")


def _has_incidents(problem: Ticket) -> bool:
    return Ticket.objects.filter(problem=problem, deleted_at__isnull=True).exists()


RULES = (
    company_takes_its_own_along,
    project_takes_its_milestone_along,
    exclusion_follows_the_category,
    milestone_belongs_to_the_project,
    contract_lines_belong_to_the_contract,
    posted_work_pins_the_company,
    parents_make_no_circle,
    problems_have_incidents,
)
