"""The rules of this face's requests (section 8, scope F in RC section 5.1), passed to every command as `also=`.

A rule about the resulting record refuses only an edit that touches one of its fields (RC-004)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from polydesk.directory.models import Company, PersonJobRole
from polydesk.features.forms.rules import in_force
from polydesk.tickets.edits import Edit
from polydesk.tickets.rules import completes, refuses

from .errors import no_right
from .tables import Tables

if TYPE_CHECKING:
    from .incoming import Incoming


def service_desk_is_on(tables: Tables) -> None:
    """With the module off, tickets can only be read (AT-200)."""
    if is_off(tables, "service_desk"):
        raise no_right("The service desk module is not active.")


def is_off(tables: Tables, module: str) -> bool:
    """Is a module switched off in the organization's settings (RC-213)?"""
    return module in (tables.settings("modules_off", []) or [])  # type: ignore[operator]


def _tables(edit: Edit) -> Tables:
    tables: Tables = edit.facts["autotask"].tables
    return tables


@completes
def what_was_read_is_known(edit: Edit) -> None:
    """The category in force was read with the request's tables; the rules need not read it again."""
    edit.batch.rows.keep(edit.facts["form"])


@refuses()
def what_the_body_got_wrong(edit: Edit) -> Iterator[tuple[str, str]]:
    """Faults found while reading the body are told together with those of the rules (AT-040)."""
    for text in edit.facts.get("faults", ()):
        yield "", text


# --- 8.1, 8.2: modules and types --------------------------------------------------------------------------------


@refuses("form")
def rma_needs_its_module(edit: Edit) -> str | None:
    """With the RMA module off nothing becomes an RMA ticket (AT-201)."""
    form = edit.row("form") if edit.changes("form") else None
    if form is not None and form.is_rma and is_off(_tables(edit), "rma"):
        return "The RMA module is not active."
    return None


@refuses("kind")
def changes_need_their_module(edit: Edit) -> str | None:
    """With change management off nothing becomes a change request; existing ones stay editable (AT-219)."""
    if edit.changes("kind") and edit.get("kind") == "change" and is_off(_tables(edit), "change_management"):
        return "The Change Management module is not active."
    return None


@refuses()
def tied_tickets_stay_incidents(edit: Edit) -> Iterator[tuple[str, str]]:
    """A type that cannot be tied to a problem is named as well as the tie that stands against it (AT-212, AT-216)."""
    if edit.changes("kind") and not edit.changes("problem") and edit.get("problem") and edit.get("kind") != "incident":
        yield "kind", "A ticket that is tied to a problem ticket stays an incident."


# --- 8.3: approval ------------------------------------------------------------------------------------------------

BY_CLIENTS = {"assigned": "requested", "requested": "assigned"}


@refuses("approval_status")
def approval_is_the_systems(edit: Edit) -> str | None:
    """A client sets Requested or Assigned alone, from nothing or from the other of the two (AT-231, AT-232)."""
    if "approval_status" not in edit.asked:
        return None
    wanted, was = edit.values.get("approval_status"), edit.was("approval_status")
    if wanted not in BY_CLIENTS:
        return "Only Requested and Assigned can be set; the system sets the others."
    if was in (None, "not_assigned") or BY_CLIENTS.get(was) == wanted:
        return None
    return "This change of the approval status is made by the system only."


@completes
def quorum_follows_the_type(edit: Edit) -> None:
    """Without a given approval type a change request takes the default one, and another type loses it (AT-233)."""
    if "approval_rule" in edit.given or edit.facts["autotask"].sets("changeApprovalType"):
        return
    if in_force(edit).defaults.get("approval_rule") and edit.changes("form"):
        return  # the category's own value stays (AT-234)
    if edit.get("kind") == "change":
        if edit.get("approval_rule") is None and (edit.is_new or edit.values):
            edit.set("approval_rule", "all_approvers")
    elif not edit.is_new and edit.values:
        edit.set("approval_rule", None)


# --- 8.5: status, priority, issue types, work type ---------------------------------------------------------------


def category_of(incoming: Incoming, shown: dict[str, Any]) -> int | None:
    """The node that issue and sub-issue name together (RC-160, AT-267, AT-268)."""
    given = incoming.given
    issue = given.get("issueType", shown.get("issueType"))
    sub = given.get("subIssueType", shown.get("subIssueType"))
    if sub is None:
        return issue
    if issue is None:
        incoming.faults.append("subIssueType: needs an issueType as well.")
        return None
    node = incoming.tables.categories.get(sub)
    if node is None or node.parent_id != issue:
        incoming.faults.append("subIssueType: does not belong to the issueType.")
    return sub


@refuses("work_type")
def work_type_may_be_demanded(edit: Edit) -> str | None:
    """Where the system setting demands one; off as shipped (AT-269)."""
    if not _tables(edit).settings("work_type_required") or not (edit.is_new or edit.changes("work_type")):
        return None
    return None if edit.get("work_type") else "A work type is required."


# --- 8.6: company and what belongs to it ---------------------------------------------------------------------------


@refuses("company")
def company_is_active(edit: Edit) -> str | None:
    """A new ticket names an active company (AT-292)."""
    company = edit.row("company") if edit.is_new else None
    return "The company is inactive." if company is not None and not company.is_active else None


@refuses("requester")
def contact_belongs_to_the_company(edit: Edit) -> str | None:
    """To the ticket's company or its parent (AT-280)."""
    contact = edit.row("requester") if edit.changes("requester", "company") else None
    if contact is None or _is_resource(contact):
        return None
    return None if contact.company_id in _own_and_parent(edit) else "The contact belongs to another company."


@refuses("requester")
def contact_is_active(edit: Edit) -> str | None:
    """A newly chosen contact is active (AT-281)."""
    contact = edit.row("requester") if edit.changes("requester") else None
    return "An inactive contact cannot be chosen." if contact is not None and not contact.is_active else None


@refuses("site")
def site_belongs_to_the_company(edit: Edit) -> str | None:
    """A place of the ticket's company; a request with another company gives a fitting one or null (AT-282, AT-289).

    The core would clear a stored place that the request does not mention (RC-152); this face refuses first."""
    if edit.changes("company") and "site" not in edit.asked:
        site = edit.batch.rows.get("directory.Site", edit.was("site"))
    else:
        site = edit.row("site") if edit.changes("site", "company") else None
    return _foreign(edit, "site", site, "location")


@refuses("asset")
def asset_belongs_to_the_company(edit: Edit) -> str | None:
    """A newly chosen one; an unchanged foreign one may stay unless the company changes (AT-283, AT-289)."""
    asset = edit.row("asset") if edit.changes("asset", "company") else None
    if asset is None or asset.company_id == edit.get("company"):
        return None
    return "The configuration item belongs to another company."


@refuses("contract")
def contract_belongs_to_the_company(edit: Edit) -> str | None:
    """Of the company or its parent (AT-284)."""
    contract = edit.row("contract") if edit.changes("contract", "company") else None
    if contract is None or contract.company_id in _own_and_parent(edit):
        return None
    return "The contract belongs to another company."


@refuses()
def sales_and_projects_belong_to_the_company(edit: Edit) -> Iterator[tuple[str, str]]:
    """Opportunity and project are the company's own (AT-286, AT-287)."""
    for name in ("opportunity", "project"):
        row = edit.row(name) if edit.changes(name, "company") else None
        if row is not None and row.company_id != edit.get("company"):
            yield name, "It belongs to another company."


def _foreign(edit: Edit, name: str, row: Any, word: str) -> str | None:
    if row is None or row.company_id == edit.get("company"):
        return None
    return f"The {word} belongs to another company."


def _is_resource(person: Any) -> bool:
    return getattr(person, "side", None) == "staff"


def _own_and_parent(edit: Edit) -> set[int | None]:
    company: Company | None = edit.row("company")
    return {company.pk, company.parent_id} - {None} if company else {None}  # type: ignore[return-value]


@refuses()
def contact_may_be_impersonated(edit: Edit) -> Iterator[tuple[str, str]]:
    """The contact and its company are active, and the ticket is of that company or a child of it (AT-028)."""
    contact = edit.facts.get("contact")
    if contact is None:
        return
    name = "createdByContactID"
    if not contact.is_active:
        yield "", f"{name}: the contact is inactive."
    company = contact.company
    if company is None or not company.is_active:
        yield "", f"{name}: the contact's company is inactive."
    if contact.company_id not in _own_and_parent(edit):
        yield "", f"{name}: the ticket belongs to another company."


# --- 8.8: assignment -----------------------------------------------------------------------------------------------


@refuses()
def resource_and_role_come_together(edit: Edit) -> Iterator[tuple[str, str]]:
    """Both or none (AT-310)."""
    if not edit.changes("assignee", "assignee_role"):
        return
    if (edit.get("assignee") is None) != (edit.get("assignee_role") is None):
        yield "assignee", "assignedResourceID and assignedResourceRoleID must be set together."


@refuses("assignee_role")
def resource_holds_the_role(edit: Edit) -> str | None:
    """The pair exists and works in a service desk queue (AT-311); an inactive role is not newly chosen (AT-312)."""
    person, role = edit.get("assignee"), edit.get("assignee_role")
    if not edit.changes("assignee", "assignee_role") or person is None or role is None:
        return None
    return pair_fault(person, role)


def pair_fault(person_id: int, role_id: int) -> str | None:
    """What is wrong with a resource in a role."""
    held = PersonJobRole.objects.filter(person_id=person_id, role_id=role_id, is_active=True)
    found = list(held.values_list("queue_id", "role__is_active"))
    if not found:
        return "The resource does not hold this role."
    if all(queue is None for queue, _ in found):
        return "The resource and role are not associated with a service desk queue."
    if not any(active for _, active in found):
        return "An inactive role cannot be chosen."
    return None


@refuses("assignee")
def primary_is_no_secondary(edit: Edit) -> str | None:
    """A listed secondary resource cannot become the primary one (AT-313)."""
    person = edit.get("assignee")
    if not edit.changes("assignee") or person is None or person not in edit.get("assigned_people"):
        return None
    return "The resource is a secondary resource of this ticket already."


@completes
def comanaged_assignees_see_the_ticket(edit: Edit) -> None:
    """Not said and not visible by default, but given to a co-managed resource: visible (AT-316)."""
    if "isVisibleToComanaged" in edit.facts["autotask"].given or not edit.changes("assignee"):
        return
    if _to_comanaged(edit) and not _visible(edit):
        own = {**edit.get("extra").get("autotask", {}), "visible_to_comanaged": True}
        edit.set("extra", {**edit.get("extra"), "autotask": own})


@refuses()
def comanaged_assignees_are_not_shut_out(edit: Edit) -> Iterator[tuple[str, str]]:
    """An explicit false with a co-managed resource is an error (AT-316)."""
    if "isVisibleToComanaged" in edit.facts["autotask"].given and _to_comanaged(edit) and not _visible(edit):
        yield "", "isVisibleToComanaged: must be true while a co-managed resource is assigned."


def _to_comanaged(edit: Edit) -> bool:
    assignee = edit.row("assignee")
    return assignee is not None and assignee.is_comanaged


def _visible(edit: Edit) -> bool:
    return bool(edit.get("extra").get("autotask", {}).get("visible_to_comanaged"))


RULES = (
    what_the_body_got_wrong,
    rma_needs_its_module,
    changes_need_their_module,
    tied_tickets_stay_incidents,
    approval_is_the_systems,
    quorum_follows_the_type,
    work_type_may_be_demanded,
    company_is_active,
    contact_belongs_to_the_company,
    contact_is_active,
    site_belongs_to_the_company,
    asset_belongs_to_the_company,
    contract_belongs_to_the_company,
    sales_and_projects_belong_to_the_company,
    contact_may_be_impersonated,
    resource_and_role_come_together,
    resource_holds_the_role,
    primary_is_no_secondary,
    comanaged_assignees_see_the_ticket,
    comanaged_assignees_are_not_shut_out,
)
