"""What holds for requests of this face alone: who may write which field, titles, categories, milestones."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from polydesk.directory import founding
from polydesk.tickets.models import Category, Ticket
from polydesk.tickets.rules import Rule, refuses
from polydesk.tickets.rules.assignment import status_follows_assignment
from polydesk.web.statements import run, vendor

from . import codes, fields, shapes
from .errors import Faults
from .objects import opener
from .shapes import Invalid

if TYPE_CHECKING:
    from polydesk.tickets.edits import Edit

    from .auth import Caller

TITLE_TAKEN = "Ticket with this Title already exists."


def creating(caller: Caller, organization_id: int, kind: str, body: dict[str, Any]) -> str | None:
    """As what the caller makes a ticket there: the strongest set that counts, None without any (CE-082, CE-140)."""
    if caller.is_superuser:
        return "superuser"
    adds = caller.holds("add", kind, organization_id)
    imports = not adds or any(body.get(name) not in shapes.EMPTY for name in fields.IMPORTED)
    if imports and caller.holds("import", kind, organization_id):
        return "import"
    if not adds:
        return None
    return "triage" if caller.holds("triage", kind, organization_id) else "add"


def changing(caller: Caller, ticket: Ticket) -> str | None:
    """As what the caller changes this ticket; import gives no right to (CE-141)."""
    if caller.is_superuser:
        return "superuser"
    for verb in ("triage", "change"):
        if caller.holds(verb, ticket.kind, ticket.organization_id):
            return verb
    return None


def wanted(
    body: dict[str, Any], *, role: str, kind: str, ticket: Ticket | None, faults: Faults, project_of_url: bool = False
) -> dict[str, Any]:
    """What the request really edits: fields the role may not write are ignored (CE-080), what equals the shown value is
    no edit (RC-002), fields foreign to the type are refused (CE-052)."""
    found: dict[str, Any] = {}
    for name, field in fields.FIELDS.items():
        if name not in body or role not in field.writers or (name == "project" and project_of_url):
            continue
        if name == "organization" or (name == "status" and ticket is None and role != "import"):
            continue
        sent = body[name]
        try:
            value = _read(field, sent, kind, ticket)
        except Invalid as error:
            if fields.belongs(name, kind):
                faults.add(name, str(error))
            else:
                faults.add(name, f"cant edit field: {name}")
            continue
        if ticket is not None and same(value, shown(name, ticket)):
            continue
        if not fields.belongs(name, kind):
            if value not in shapes.EMPTY:
                faults.add(name, f"cant edit field: {name}")
            continue
        found[name] = value
    return found


def _read(field: shapes.Field, sent: Any, kind: str, ticket: Ticket | None) -> Any:
    if ticket is not None:
        now = shown(field.name, ticket)
        if isinstance(sent, str | int | bool | None) and same(sent, now):
            return now
        if field.name == "status" and str(sent) == str(now):  # also one that only the system sets (CE-063)
            return now
    return shapes.read(field, sent, fields.choices(field, kind))


def shown(name: str, ticket: Ticket) -> Any:
    """What this face shows of the field."""
    if name == "opened_by":
        return opener(ticket) or founding.service_user(ticket.organization).pk
    return fields.SHOWN[name](ticket)


def same(one: Any, other: Any) -> bool:
    """Is it the same value? Sets of people and teams have no order; moments are told to the millisecond."""
    if isinstance(one, list) and isinstance(other, list):
        return set(one) == set(other)
    if isinstance(one, dt.datetime) and isinstance(other, dt.datetime):
        return one.replace(microsecond=one.microsecond // 1000) == other.replace(microsecond=other.microsecond // 1000)
    return type(one) is type(other) and bool(one == other)


@refuses("title")
def title_is_taken(edit: Edit) -> str | None:
    """Unique in the organization when this face makes or renames a ticket, deleted ones counting (CE-042, RC-016)."""
    if not edit.changes("title"):
        return None
    organization_id, title = edit.batch.organization_id, edit.get("title")
    if vendor() == "postgresql":  # two parallel requests for one title wait for each other; SQLite has one writer
        run("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", (organization_id % 2**31, title))
    taken = Ticket.objects.filter(organization_id=organization_id, title=title).exclude(pk=edit.ticket.pk)
    return TITLE_TAKEN if taken.exists() else None


@refuses("category")
def category_serves_the_type(edit: Edit) -> str | None:
    """A category says by its flags for which types it is (CE-177, RC-161)."""
    category: Category | None = edit.row("category") if edit.changes("category") else None
    if category is None or not category.kinds:
        return None
    kind = edit.get("kind")
    kind = "incident" if kind == "alert" else kind
    if kind in category.kinds:
        return None
    return f"The category is not for {codes.TYPES[codes.TYPE_OF_KIND[kind]][0]} tickets."


@refuses("milestone")
def project_leaves_no_milestone_behind(edit: Edit) -> str | None:
    """The engine would clear the milestone with its project; here the client has to say so (CE-095, RC-233)."""
    if edit.is_new or not edit.changes("project") or "milestone" in edit.given or edit.was("milestone") is None:
        return None
    milestone = edit.batch.rows.get("directory.Milestone", edit.was("milestone"))
    if milestone is None or milestone.project_id == edit.get("project"):
        return None
    if edit.get("project") is None:
        return "Milestones require a project"
    return "Milestone must be from the same project"


SAVE: tuple[Rule, ...] = (
    status_follows_assignment,
    title_is_taken,
    category_serves_the_type,
    project_leaves_no_milestone_behind,
)
"""For every save. The assignment rule runs after the status is set (CE-065, CE-092, RC-140)."""
IMPORT: tuple[Rule, ...] = SAVE[1:]
"""An import that sends a status keeps it (D9)."""
