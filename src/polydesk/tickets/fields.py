"""The engine's own vocabulary: every field of a ticket with its type, limits, reference and who may write it.

Answers RC section 2. `group` says which right an edit of the field needs (RC-195, RC-196, RC-199):
`content`, `triage`, `sharing` (customers decide it as well), `import`, or `derived` for what no request writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Type = Literal[
    "text",
    "long_text",
    "integer",
    "boolean",
    "datetime",
    "date",
    "key",
    "reference",
    "references",
    "words",
    "pairs",
    "json",
    "texts",
]
Group = Literal["content", "triage", "sharing", "import", "derived"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `model` names the referred rows; `limit` is a length for texts; `low`/`high` bound integers."""

    name: str
    type: Type
    label: str
    group: Group = "triage"
    model: str = ""
    limit: int = 0
    low: int | None = None
    high: int | None = None
    nullable: bool = True
    for_customers: bool = False

    @property
    def column(self) -> str:
        """The attribute of Ticket that holds the stored value."""
        return f"{self.name}_id" if self.type == "reference" else self.name

    @property
    def empty(self) -> object:
        """What "not set" is for this field."""
        if self.type in ("references", "words", "pairs", "texts"):
            return []
        if self.nullable:
            return None
        return {"json": {}, "boolean": False, "integer": 0}.get(self.type, "")


LONG = 200_000

_FIELDS = (
    Field("kind", "key", "Kind", nullable=False, for_customers=True),
    Field("company", "reference", "Company", model="directory.Company", for_customers=True),
    Field("site", "reference", "Site", model="directory.Site"),
    Field("requester", "reference", "Requester", model="directory.Person", for_customers=True),
    Field("status", "key", "Status", nullable=False, for_customers=True),
    Field("title", "text", "Title", group="content", limit=255, nullable=False, for_customers=True),
    Field("description", "long_text", "Description", group="content", limit=LONG, nullable=False, for_customers=True),
    Field("description_format", "key", "Format of the description", group="content", nullable=False),
    Field("resolution", "long_text", "Resolution", limit=LONG, nullable=False, for_customers=True),
    Field("resolution_format", "key", "Format of the resolution", nullable=False),
    Field("priority", "key", "Priority"),
    Field("urgency", "integer", "Urgency", group="content", low=1, high=5),
    Field("impact", "integer", "Impact", low=1, high=5),
    Field("category", "reference", "Category", model="tickets.Category", for_customers=True),
    Field("fields", "json", "Custom fields", group="content", nullable=False, for_customers=True),
    Field("form", "reference", "Form", model="tickets.Form"),
    Field("queue", "reference", "Queue", model="tickets.Queue"),
    Field("products", "references", "Products", model="directory.Product", for_customers=True),
    Field("assignee", "reference", "Assignee", model="directory.Person"),
    Field("assignee_role", "reference", "Role of the assignee", model="directory.JobRole"),
    Field("assigned_people", "references", "Assigned people", model="directory.Person"),
    Field("assigned_teams", "references", "Assigned teams", model="directory.Team"),
    Field("suppliers", "references", "Suppliers", model="directory.Company"),
    Field("watchers", "references", "Watchers", model="directory.Person"),
    Field("watching_teams", "references", "Watching teams", model="directory.Team"),
    Field("tags", "references", "Tags", model="tickets.Tag"),
    Field("access", "key", "Access", group="sharing", nullable=False, for_customers=True),
    Field("access_projects", "words", "Access projects", group="sharing", for_customers=True),
    Field("shared", "boolean", "Shared with the customer", nullable=False),
    Field("parent", "reference", "Parent", group="content", model="tickets.Ticket"),
    Field("problem", "reference", "Problem", model="tickets.Ticket"),
    Field("asset", "reference", "Asset", model="directory.Asset"),
    Field("items", "pairs", "Items"),
    Field("project", "reference", "Project", model="directory.Project"),
    Field("milestone", "reference", "Milestone", model="directory.Milestone"),
    Field("contract", "reference", "Contract", model="directory.Contract"),
    Field("contract_service", "reference", "Contract service", model="directory.ContractService"),
    Field("contract_bundle", "reference", "Contract bundle", model="directory.ContractBundle"),
    Field("work_type", "reference", "Work type", model="directory.WorkType"),
    Field("opportunity", "reference", "Opportunity", model="directory.Opportunity"),
    Field("purchase_order", "text", "Purchase order", limit=50, nullable=False),
    Field("external_system", "text", "External system", group="import", limit=30),
    Field("external_ref", "text", "External reference", group="import", limit=100),
    Field("external_id", "text", "External id", limit=50, nullable=False),
    Field("channel", "key", "Channel", nullable=False),
    Field("change_plan", "texts", "Change plan"),
    Field("approval_board", "integer", "Approval board"),
    Field("approval_status", "key", "Approval status"),
    Field("approval_rule", "key", "Approval rule"),
    Field("due_at", "datetime", "Due", for_customers=True),
    Field("planned_start", "datetime", "Planned start"),
    Field("planned_finish", "datetime", "Planned finish"),
    Field("real_start", "datetime", "Real start"),
    Field("real_finish", "datetime", "Real finish"),
    Field("follow_up_on", "date", "Follow up"),
    Field("action_due_on", "date", "Action required"),
    Field("estimate", "integer", "Estimate", low=0, high=2_147_483_647),
    Field("sla", "reference", "Service level", model="directory.SlaPolicy"),
    Field("final", "boolean", "Closed is final", nullable=False),
    Field("extra", "json", "Known to one face alone", nullable=False),
    Field("created_at", "datetime", "Created", group="import", nullable=False, for_customers=True),
    Field("closed_at", "datetime", "Closed", group="import", for_customers=True),
    # what the engine derives; no request writes these
    Field("creator", "reference", "Created by", group="derived", model="directory.Person"),
    Field("creator_side", "key", "Side of the creator", group="derived", nullable=False),
    Field("impersonator", "reference", "Acting for the creator", group="derived", model="directory.Person"),
    Field("phase", "key", "Phase", group="derived", nullable=False, for_customers=True),
    Field("priority_level", "integer", "Priority level", group="derived"),
    Field("split_from", "reference", "Split from", group="derived", model="tickets.Ticket"),
    Field("merged_into", "reference", "Merged into", group="derived", model="tickets.Ticket"),
    Field("solved_at", "datetime", "Solved", group="derived", for_customers=True),
    Field("closed_by", "reference", "Closed by", group="derived", model="directory.Person"),
    Field("closed_by_system", "boolean", "Closed by a rule", group="derived", nullable=False),
    Field("reopen_count", "integer", "Times reopened", group="derived", nullable=False),
    Field("time_spent", "integer", "Time spent", group="derived", nullable=False),
    Field("rating", "json", "Rating", group="derived", for_customers=True),
    Field("customer_notified_at", "datetime", "Customer notified", group="derived"),
    Field("deleted_at", "datetime", "Deleted", group="derived"),
    Field("deleted_by", "reference", "Deleted by", group="derived", model="directory.Person"),
)

FIELDS: dict[str, Field] = {field.name: field for field in _FIELDS}
WRITABLE: dict[str, Field] = {name: field for name, field in FIELDS.items() if field.group != "derived"}

# Stamps that move by the event and are neither edited nor part of one (RC-082 … RC-084).
STAMPS = ("edited_at", "active_at", "active_by", "public_active_at", "latest_message", "latest_side", "version")

# Changes that a customer may know of (RC-084).
PUBLIC = frozenset({"title", "description", "resolution", "access", "access_projects", "rating", "status"})
