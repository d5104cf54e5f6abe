"""CRM words and the engine's words side by side, both ways (crm.md section 3 and 4, RC sections 2 to 4)."""

from __future__ import annotations

from polydesk.tickets.kinds import PRIORITIES, STATUSES

# JSON name -> the core's field. `id` and `createdDate` are read only; `ticketContent` is the newest public message.
CORE_NAME = {
    "customerID": "company",
    "ticketType": "category",
    "status": "status",
    "ticketPriority": "priority",
    "customerEmail": "requester",
    "subject": "title",
    "ticketContent": "description",
    "owner": "assignee",
    "users": "assigned_people",
    "departments": "assigned_teams",
    "ticketSuppliers": "suppliers",
    "createdDate": "created_at",
    "ticketFollowupDate": "follow_up_on",
    "ticketActionRequiredDate": "action_due_on",
    "id": "id",
}
CRM_NAME = {core: crm for crm, core in CORE_NAME.items()} | {"text": "ticketContent"}
# The names under which people know them (seed), for the text of activities.
SHOWN_AS = {
    "customerID": "Customer",
    "ticketType": "Ticket Type",
    "status": "Ticket Status",
    "ticketPriority": "Ticket Priority",
    "customerEmail": "Customer's Email Address",
    "subject": "Subject",
    "ticketContent": "Content",
    "owner": "Owned By",
    "users": "Users",
    "departments": "Departments",
    "ticketSuppliers": "Suppliers",
    "createdDate": "Date",
    "ticketFollowupDate": "Followup Required",
    "ticketActionRequiredDate": "Action Required",
    "id": "Ticket ID",
}
# Other spellings that clients send (CR-045).
INPUT_NAMES = {"ticketFollowup": "ticketFollowupDate", "ticketActionRequired": "ticketActionRequiredDate"}

# Statuses in the list, in its order: the position is the preset id (CR-047, RC-348).
LISTED_STATUSES = ("new", "open", "assigned", "waiting_customer", "on_hold", "solved", "closed")
STATUS_LABELS = {key: status.label for key, status in STATUSES.items()} | {
    "planned": "Assigned (Planned)",
    "in_progress": "In Progress",
    "waiting_customer": "Waiting",
    "waiting_supplier": "Waiting Supplier",
    "waiting_materials": "Waiting Materials",
    "on_hold": "On Hold",
    "solved": "Resolved",
}

# Priorities in the list (CR-049) and the label of each level (RC-155).
LISTED_PRIORITIES = ("low", "normal", "high", "very_high")
LEVEL_LABELS = {1: "Low", 2: "Low", 3: "Normal", 4: "High", 5: "Urgent", 6: "Urgent", None: "Normal"}
PRIORITY_LABELS = {key: LEVEL_LABELS[row.level] for key, row in PRIORITIES.items()}

SHIPPED_TYPES = (("sales", "Sales"), ("billing", "Billing"), ("technical_support", "Technical Support"))
"""Categories in the list as shipped (CR-048): key and label."""

# The ids of rows that an administrator adds start beyond the shipped positions (RC-348).
ADDED_FROM = 100


def same(one: str, other: str) -> bool:
    """Do two labels say the same (CR-046)?"""
    return one.strip().casefold() == other.strip().casefold()
