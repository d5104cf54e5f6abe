"""The organization's code tables as this face shows them, each read at most once per request (RC sections 3 and 4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from django.utils import timezone

from polydesk.directory.actors import Actor
from polydesk.directory.models import Membership, Organization, SlaPolicy
from polydesk.features.approvals.models import Board
from polydesk.tickets.kinds import PRIORITIES, STATUSES
from polydesk.tickets.models import Category, CustomField, Form, Priority, Queue, Status
from polydesk.web.statements import Both, fetch_all

ADDED = 100
"""Rows that administrators add stand at this number plus their own (RC-348)."""

STANDARD_FORM = 3
"""The system category that clients know by number (AT-128)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a picklist: its number here, its label, and the core value it stands for."""

    code: int
    label: str
    stored: Any = None
    active: bool = True
    system: bool = False
    default: bool = False
    parent: int | None = None


# RC-124 … RC-139: number, label, offered to clients.
STATUS_CODES: Mapping[str, tuple[int, str, bool]] = {
    "new": (1, "New", True),
    "closed": (5, "Complete", True),
    "waiting_customer": (7, "Waiting Customer", True),
    "in_progress": (8, "In Progress", True),
    "waiting_materials": (9, "Waiting Materials", True),
    "scheduled": (10, "Scheduled", True),
    "escalated": (11, "Escalate", True),
    "waiting_supplier": (12, "Waiting Vendor", True),
    "assigned": (13, "Assigned", True),
    "open": (14, "Open", True),
    "on_hold": (15, "On Hold", True),
    "solved": (16, "Solved", True),
    "draft": (17, "Draft", False),
    "planned": (18, "Assigned (Planned)", False),
    "accepted": (19, "Accepted", False),
    "under_observation": (20, "Under Observation", False),
    "evaluation": (21, "Evaluation", False),
    "approvals": (22, "Approvals", False),
    "testing": (23, "Testing", False),
    "qualification": (24, "Qualification", False),
    "applied": (25, "Applied", False),
    "review": (26, "Review", False),
    "cancelled": (27, "Cancelled", False),
    "refused": (28, "Refused", False),
    "invalid": (29, "Invalid", False),
}
SYSTEM_STATUSES = ("new", "closed", "waiting_customer")

# RC-155
PRIORITY_CODES: Mapping[str, tuple[int, str]] = {
    "high": (1, "High"),
    "normal": (2, "Medium"),
    "low": (3, "Low"),
    "major": (4, "Critical"),
    "very_high": (5, "Very High"),
    "very_low": (6, "Very Low"),
}

KINDS = (
    Entry(1, "Service Request", "request", default=True, system=True),
    Entry(2, "Incident", "incident", system=True),
    Entry(3, "Problem", "problem", system=True),
    Entry(4, "Change Request", "change", system=True),
    Entry(5, "Alert", "alert", system=True),
)
CHANNELS = (
    Entry(1, "Other", "other", default=True),
    Entry(2, "Phone", "phone"),
    Entry(3, "Email", "email"),
    Entry(4, "Client Portal", "portal"),
    Entry(5, "In Person", "agent"),
    Entry(6, "Chat", "chat"),
    Entry(7, "API", "api"),
    Entry(8, "Monitoring Alert", "monitoring"),
    Entry(9, "Mailing", "mailing"),
    Entry(10, "Import", "import"),
)
APPROVAL_STATES = (
    Entry(1, "Not Assigned", "not_assigned", system=True),
    Entry(2, "Assigned", "assigned", system=True),
    Entry(3, "Requested", "requested", system=True),
    Entry(4, "Partially Approved", "partially_approved", system=True),
    Entry(5, "Approved", "approved", system=True),
    Entry(6, "Rejected", "rejected", system=True),
)
APPROVAL_RULES = (
    Entry(1, "All approvers must approve", "all_approvers", default=True),
    Entry(2, "One approver must approve", "one_approver"),
)


def plain(*labels: str, first: int = 1) -> tuple[Entry, ...]:
    """A picklist whose numbers are stored as they are."""
    return tuple(Entry(code, label, code) for code, label in enumerate(labels, first))


STATIC: Mapping[str, tuple[Entry, ...]] = {
    "ticketType": KINDS,
    "source": CHANNELS,
    "changeApprovalStatus": APPROVAL_STATES,
    "changeApprovalType": APPROVAL_RULES,
    "personType": plain("Resource", "Contact"),
    "rmaStatus": plain("Requested", "Approved", "Received", "Repaired", "Returned", "Denied"),
    "rmaType": plain("Repair", "Replacement", "Credit"),
    "rating": plain("Very Bad", "Bad", "Fair", "Good", "Very Good"),
    "apiVendor": plain("Polydesk"),
    "noteType": (
        Entry(1, "General", 1, default=True),
        Entry(2, "Task", 2),
        Entry(3, "Notification", 3),
        Entry(4, "Solution", 4, active=False),
        Entry(5, "Call", 5),
        Entry(6, "Meeting", 6),
        Entry(13, "Workflow", 13, active=False, system=True),
    ),
    "publish": (
        Entry(1, "All Autotask Users", False, default=True, system=True),
        Entry(2, "Internal Users Only", True, system=True),
    ),
    "companyType": plain("Customer", "Lead", "Prospect", "Dead", "Cancelation", "Vendor", "Partner"),
    "licenseType": plain(
        "Professional", "Essential", "Time & Attendance", "Dashboard User", "Co-managed", "Contractor", "API User"
    ),
    "contractType": plain(
        "Time & Materials", "Fixed Price", "Block Hours", "Retainer", "Incident", "Recurring Service"
    ),
    "contractStatus": plain("Inactive", "Active", first=0),
    "roleType": plain("Standard", "Service Desk", first=0),
    "chargeType": plain("Operational", "Capitalized"),
    "chargeStatus": plain("Pending", "In Progress", "Delivered", "Cancelled"),
    "useType": (
        Entry(1, "Work Type", "work_type", default=True),
        Entry(2, "Expense", "expense"),
        Entry(3, "Material", "material"),
        Entry(4, "Service", "service"),
    ),
    "timeEntryType": plain("Ticket", "Task", "Regular", first=1),
    "projectStatus": plain("New", "In Progress", "On Hold", "Complete", first=1),
    "opportunityStatus": plain("Active", "Lost", "Closed", "Not Ready To Buy", first=1),
    "udfType": (Entry(1, "Ticket", 1, default=True),),
    "udfDataType": (
        Entry(1, "Text (Single Line)", "text", default=True),
        Entry(2, "Text (Multi Line)", "long_text"),
        Entry(3, "Number", "number"),
        Entry(4, "Date/Time", "datetime"),
        Entry(5, "List", "choice"),
        Entry(6, "Integer", "integer"),
        Entry(7, "Yes/No", "boolean"),
        Entry(8, "Date", "date"),
        Entry(9, "Several of a list", "choices"),
        Entry(10, "Person", "person"),
    ),
}


class Codes:
    """Core value → number. A core value that nobody listed shows as `other`; null shows as `null`."""

    def __init__(self, pairs: Mapping[Any, int | None], *, null: int | None = None, other: int | None = None) -> None:
        self.shown = dict(pairs)
        self.null = null
        self.other = other

    def show(self, stored: Any) -> int | None:
        """What this face shows for a core value."""
        return self.null if stored is None else self.shown.get(stored, self.other)


class Tables:
    """Everything a request looks up about its organization."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.organization_id = actor.organization_id
        self._picklists: dict[str, list[Entry]] = {}
        self._codes: dict[str, Codes] = {}

    def picklist(self, name: str) -> list[Entry]:
        """The entries of a picklist in order."""
        if name not in self._picklists:
            built = _BUILT.get(name)
            self._picklists[name] = built(self) if built else list(STATIC[name])
        return self._picklists[name]

    def stored(self, name: str, code: int) -> Entry | None:
        """The entry with this number."""
        return next((entry for entry in self.picklist(name) if entry.code == code), None)

    def codes(self, name: str) -> Codes:
        """How stored values of this sort are shown."""
        if name not in self._codes:
            self._codes[name] = self._make_codes(name)
        return self._codes[name]

    def _make_codes(self, name: str) -> Codes:
        rows = self._rows
        if name == "issue":
            return Codes({pk: self._path(pk)[0] for pk in rows["category"]})
        if name == "sub_issue":
            return Codes({pk: (self._path(pk)[1:2] or [None])[0] for pk in rows["category"]})
        if name == "priority":
            built_in = {key: code for key, (code, _) in PRIORITY_CODES.items()}
            return Codes(_with_added(built_in, rows["priority"]), null=built_in["normal"], other=built_in["normal"])
        if name == "status":
            built_in = {key: code for key, (code, _, _) in STATUS_CODES.items()}
            return Codes(_with_added(built_in, rows["status"]), other=built_in["open"])
        if name == "ticketCategory":
            shown = {pk: int(row.text) if row.text else ADDED + pk for pk, row in rows["form"].items()}
            default = next((pk for pk, row in rows["form"].items() if row.number), None)
            return Codes(shown, null=shown[default] if default else None)
        entries = {entry.stored: entry.code for entry in self.picklist(name)}
        return Codes(entries, other=1) if name == "ticketType" else Codes(entries)

    def _path(self, pk: int) -> list[int]:
        """From the root of the category tree down to this node."""
        path: list[int] = []
        node: int | None = pk
        while node is not None and node not in path:
            path.append(node)
            node = self._rows["category"][node].number if node in self._rows["category"] else None
        return path[::-1]

    @cached_property
    def _rows(self) -> dict[str, dict[int, _Row]]:
        """All that showing tickets needs of the organization, by sort and id, in one statement (PL-304)."""
        found: dict[str, dict[int, _Row]] = {sort: {} for sort in _SORTS}
        for sort, pk, text, name, number in fetch_all(_OF_ORGANIZATION, [self.organization_id] * len(_SORTS)):
            found[sort][pk] = _Row(text, name, number)
        return found

    @cached_property
    def organization(self) -> Organization:
        return Organization.objects.get(pk=self.organization_id)

    @cached_property
    def categories(self) -> dict[int, Category]:
        rows = Category.objects.filter(organization_id=self.organization_id).order_by("position", "id")
        return {row.pk: row for row in rows}

    @cached_property
    def forms(self) -> list[Form]:
        return list(Form.objects.filter(organization_id=self.organization_id).order_by("position", "id"))

    @cached_property
    def default_form(self) -> Form | None:
        return next((form for form in self.forms if form.is_default), None)

    @cached_property
    def custom_fields(self) -> list[CustomField]:
        return list(CustomField.objects.filter(organization_id=self.organization_id).order_by("position", "id"))

    @property
    def today(self) -> dt.date:
        return timezone.now().astimezone(dt.UTC).date()

    @property
    def staff(self) -> Any:
        """Ids of the people who are resources, as a subquery (RC-190)."""
        return Membership.objects.filter(organization_id=self.organization_id, side="staff").values("person_id")

    @cached_property
    def staff_ids(self) -> frozenset[int]:
        """The same, read: to show a page of rows."""
        return frozenset(self._rows["staff"])

    @cached_property
    def comanaged_ids(self) -> frozenset[int]:
        """People who are co-managed resources."""
        return frozenset(self._rows["comanaged"])

    @property
    def shown_fields(self) -> list[tuple[str, str]]:
        """Name and key of the user-defined fields that are shown, in their order."""
        rows = sorted(self._rows["udf"].items(), key=lambda pair: (pair[1].number, pair[0]))
        return [(row.name, row.text) for _, row in rows]

    def settings(self, name: str, default: object = None) -> object:
        """A setting of this face in the organization."""
        own = self.organization.setting("autotask", {})
        return own.get(name, default) if isinstance(own, dict) else default


class _Row(NamedTuple):
    text: str
    name: str
    number: int | None


def _with_added(built_in: Mapping[str, int], rows: Mapping[int, _Row]) -> dict[str, int]:
    return {**built_in, **{row.text: ADDED + pk for pk, row in rows.items() if row.text not in built_in}}


_SORTS = {
    "status": "SELECT 'status', id, key, '', 0 FROM tickets_status",
    "priority": "SELECT 'priority', id, key, '', 0 FROM tickets_priority",
    "form": "SELECT 'form', id, {form}, '', CASE WHEN is_default THEN 1 ELSE 0 END FROM tickets_form",
    "category": "SELECT 'category', id, '', '', parent_id FROM tickets_category",
    "udf": "SELECT 'udf', id, key, name, position FROM tickets_customfield",
    "staff": "SELECT 'staff', person_id, '', '', 0 FROM directory_membership",
    "comanaged": "SELECT 'comanaged', id, '', '', 0 FROM directory_person",
}
_ONLY = {"udf": " AND is_active", "staff": " AND side = 'staff'", "comanaged": " AND is_comanaged"}
_FORM_CODE = Both("extra->'autotask'->>'id'", "json_extract(extra, '$.autotask.id')")
_PARTS = [f"{text} WHERE organization_id = %s{_ONLY.get(sort, '')}" for sort, text in _SORTS.items()]
_OF_ORGANIZATION = Both(*(" UNION ALL ".join(_PARTS).format(form=code) for code in _FORM_CODE))


def form_code(form: Form) -> int:
    """The number under which clients know a form: 3 for the system's own, else 100 plus its row."""
    own = form.extra.get("autotask", {}).get("id")
    return int(own) if own else ADDED + form.pk


def _statuses(tables: Tables) -> list[Entry]:
    rows = list(Status.objects.filter(organization_id=tables.organization_id).order_by("position", "id"))
    added = [Entry(ADDED + r.pk, r.name, r.key, active=r.is_active) for r in rows if r.key not in STATUSES]
    return [
        Entry(code, label, key, active=active, system=key in SYSTEM_STATUSES, default=key == "new")
        for key, (code, label, active) in STATUS_CODES.items()
    ] + added


def _priorities(tables: Tables) -> list[Entry]:
    rows = Priority.objects.filter(organization_id=tables.organization_id).order_by("position", "id")
    added = [Entry(ADDED + r.pk, r.name, r.key, active=r.is_active) for r in rows if r.key not in PRIORITIES]
    return [Entry(code, label, key, default=key == "normal") for key, (code, label) in PRIORITY_CODES.items()] + added


def _rows(rows: Iterable[Any]) -> list[Entry]:
    return [Entry(r.pk, r.name, r.pk, active=getattr(r, "is_active", True)) for r in rows]


def _queues(tables: Tables) -> list[Entry]:
    return _rows(Queue.objects.filter(organization_id=tables.organization_id).order_by("position", "id"))


def _slas(tables: Tables) -> list[Entry]:
    return _rows(SlaPolicy.objects.filter(organization_id=tables.organization_id).order_by("id"))


def _boards(tables: Tables) -> list[Entry]:
    return _rows(Board.objects.filter(organization_id=tables.organization_id).order_by("id"))


def _forms(tables: Tables) -> list[Entry]:
    return [
        Entry(form_code(f), f.name, f.pk, active=f.is_active, system=f.is_rma, default=f.is_default)
        for f in tables.forms
    ]


def _issues(tables: Tables) -> list[Entry]:
    return _rows(row for row in tables.categories.values() if row.parent_id is None)


def _sub_issues(tables: Tables) -> list[Entry]:
    roots = {row.pk for row in tables.categories.values() if row.parent_id is None}
    return [
        Entry(row.pk, row.name, row.pk, active=row.is_active, parent=row.parent_id)
        for row in tables.categories.values()
        if row.parent_id in roots
    ]


_BUILT = {
    "status": _statuses,
    "priority": _priorities,
    "queue": _queues,
    "sla": _slas,
    "changeApprovalBoard": _boards,
    "ticketCategory": _forms,
    "issueType": _issues,
    "subIssueType": _sub_issues,
}
