"""The five ticket routes: list, create, read, change, delete (centurion.md sections 3 to 5, 9, 12, 13)."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from polydesk.directory.models import Organization, Person, Project
from polydesk.features import slashes
from polydesk.tickets import commands
from polydesk.tickets.kinds import STATUSES
from polydesk.tickets.models import Ticket
from polydesk.tickets.rules import Rule

from .. import codes, fields, linking, lists, objects, rules, shapes, statements
from ..auth import FACE
from ..door import Call, Created
from ..errors import Faults

SORTS = {
    "id": "pk",
    "title": "title",
    "created": "created_at",
    "modified": "edited_at",
    "priority": "priority_level",
    "urgency": "urgency",
    "impact": "impact",
    "status": "shown_status",
    "organization": "organization_id",
    "project": "project_id",
    "milestone": "milestone_id",
    "category": "category_id",
    "parent_ticket": "parent_id",
    "opened_by": "requester_id",
    "estimate": "estimate",
    "duration": "time_spent",
    "external_ref": "external_ref",
    "external_system": "external_system",
    "date_closed": "closed_at",
    "planned_start_date": "planned_start",
    "planned_finish_date": "planned_finish",
    "real_start_date": "real_start",
    "real_finish_date": "real_finish",
}
FILTERS = (
    "category",
    "external_system",
    "impact",
    "milestone",
    "organization",
    "parent_ticket",
    "priority",
    "project",
    "status",
    "urgency",
    "is_deleted",
)


# What no answer of this face tells and what costs to read.
NOT_SHOWN = (
    "resolution",
    "fields",
    "products",
    "suppliers",
    "tags",
    "access_projects",
    "items",
    "change_plan",
    "rating",
    "extra",
)


# Reading


def index(call: Call, kind: str, project_id: int | None = None) -> Any:
    """Tickets of one type; project tasks only of their project (CE-227)."""
    call.need(call.caller.reaches(kind))
    if project_id is not None:
        _project(call, project_id)
    if way := _plain(call, project_id):
        plain = statements.Plain(call.caller, _listed_under(kind), way)
        return lists.answer(call.request, plain, lambda found: show(call, found))
    rows, faults = listed(call, kind, project_id)
    faults.check()
    numbers = rows.values_list("pk", flat=True)
    return lists.answer(call.request, numbers, lambda found: show(call, statements.some(found)))


def _plain(call: Call, project_id: int | None) -> str:
    """The direction of a list that asks for nothing but an order by number; else nothing."""
    query = call.request.GET
    if project_id is not None or lists.filters(query, FILTERS) or lists.search(query):
        return ""
    return {("pk",): "ASC", ("-pk",): "DESC"}.get(tuple(map(str, lists.order(query, SORTS))), "")


def listed(call: Call, kind: str, project_id: int | None) -> tuple[QuerySet[Ticket], Faults]:
    """The rows of a list after its filters, search and order."""
    query, faults = call.request.GET, Faults()
    asked = lists.filters(query, FILTERS)
    deleted = lists.truth(faults, "is_deleted", asked.pop("is_deleted")) if "is_deleted" in asked else False
    rows = call.caller.tickets(deleted=bool(deleted)).filter(kind__in=_listed_under(kind))
    if project_id is not None:
        rows = rows.filter(project_id=project_id)
    for name, value in asked.items():
        rows = _filtered(rows, name, value, kind, faults)
    if text := lists.search(query):
        rows = rows.filter(Q(title__icontains=text) | Q(description__icontains=text))
    columns = lists.order(query, SORTS)
    if any("shown_status" in column for column in columns):
        rows = rows.annotate(shown_status=_status_number())
    return rows.defer(*NOT_SHOWN).order_by(*columns), faults


def _listed_under(kind: str) -> tuple[str, ...]:
    """Alerts are incidents here (RC-150)."""
    return ("incident", "alert") if kind == "incident" else (kind,)


def _filtered(rows: QuerySet[Ticket], name: str, value: str, kind: str, faults: Faults) -> QuerySet[Ticket]:
    """Compare what the face shows, not what is stored (RC-111)."""
    if name == "status":
        number = lists.chosen(faults, name, value, codes.STATUS)
        if number is None:
            return rows
        keys, phases = codes.statuses_shown_as(number)
        return rows.filter(Q(status__in=keys) | Q(phase__in=phases) & ~Q(status__in=STATUSES))
    if name in ("urgency", "impact", "priority"):
        number = lists.chosen(faults, name, value, codes.PRIORITY if name == "priority" else codes.SCALE)
        return rows.filter(**{"priority_level" if name == "priority" else name: number})
    if name == "external_system":
        number = lists.chosen(faults, name, value, codes.EXTERNAL_SYSTEMS)
        shown = Q(external_ref__regex=r"^-?[0-9]{1,18}$") | Q(external_ref__isnull=True)
        return rows.filter(shown, external_system=codes.EXTERNAL_SYSTEMS[number][1] if number else None)
    number = lists.row_id(faults, name, value)
    return rows.filter(**{f"{'parent' if name == 'parent_ticket' else name}_id": number})


def _status_number() -> Case:
    by_key = [When(status=key, then=Value(codes.status_number(key))) for key in STATUSES]
    by_phase = [When(phase=phase, then=Value(codes.status_number("", phase))) for phase in codes.PHASES]
    return Case(*by_key, *by_phase, output_field=IntegerField())


def show(call: Call, found: Any) -> list[dict[str, Any]]:
    """Tickets as the face shows them."""
    return objects.tickets(list(found), call.names, call.caller.zone())


def read(call: Call, kind: str, pk: int, project_id: int | None = None) -> Any:
    """One ticket; a deleted one for holders of delete or purge (CE-191)."""
    found = statements.one(call.caller, _listed_under(kind), pk) if 0 < pk < 2**63 else None
    if found is None or project_id not in (None, found.project_id):
        raise call.missing()
    return show(call, [found])[0]


def find(call: Call, kind: str, pk: int, project_id: int | None = None, *, by: tuple[str, ...] = ("view",)) -> Ticket:
    """The ticket on this very route, if the caller sees it or holds one of the permissions `by` (CE-076, CE-226)."""
    rows = Ticket.objects.filter(pk=pk, kind__in=_listed_under(kind))
    if project_id is not None:
        rows = rows.filter(project_id=project_id)
    ticket = rows.first() if 0 < pk < 2**63 else None
    if ticket is None or not _reached(call, ticket, by):
        raise call.missing()
    return ticket


def _reached(call: Call, ticket: Ticket, by: tuple[str, ...]) -> bool:
    if call.caller.sees(ticket):
        return True
    if ticket.deleted_at is not None:
        return False
    return any(call.caller.holds(verb, ticket.kind, ticket.organization_id) for verb in by if verb != "view")


def _project(call: Call, project_id: int) -> Project:
    """The project of the URL; unknown and invisible are one answer (CE-054)."""
    project = Project.objects.filter(pk=project_id).first() if 0 < project_id < 2**63 else None
    if project is None or call.caller.actor(project.organization_id) is None:
        raise call.missing()
    return project


# Writing


def create(call: Call, kind: str, project_id: int | None = None) -> Any:
    """A new ticket, or an import (CE-090, CE-091, CE-140); the type is that of the URL (CE-003)."""
    call.need(call.caller.holds_anywhere("add", kind) or call.caller.holds_anywhere("import", kind))
    project = _project(call, project_id) if project_id is not None else None
    faults = Faults()
    organization_id = _organization(call, kind, faults)
    if project is not None and organization_id is not None and organization_id != project.organization_id:
        raise call.missing()
    role = _role(call, kind, organization_id) if organization_id is not None else "add"
    values = rules.wanted(
        call.body, role=role, kind=kind, ticket=None, faults=faults, project_of_url=project is not None
    )
    _required(call.body, role, faults)
    faults.check()
    assert organization_id is not None
    with transaction.atomic():
        ticket = _make(call, kind, organization_id, role, values, project)
    return Created(show(call, [ticket])[0])


def _organization(call: Call, kind: str, faults: Faults) -> int | None:
    """Whose ticket it will be; anything that the caller may not create in is one answer (CE-202)."""
    sent = call.body.get("organization")
    if sent in shapes.EMPTY:
        faults.add("organization", "This field may not be null." if "organization" in call.body else _REQUIRED)
        return None
    try:
        organization_id = shapes.reference(sent)
    except shapes.Invalid as error:
        faults.add("organization", str(error))
        return None
    call.need(any(call.caller.holds(verb, kind, organization_id) for verb in ("add", "import")))
    is_global: bool | None = organization_id in call.caller.everybodys
    if call.caller.is_superuser:
        rows = Organization.objects.filter(pk=organization_id)
        is_global = rows.values_list("is_global", flat=True).first()
        call.need(is_global is not None)
    if is_global:
        faults.add("organization", shapes.unknown(organization_id))
        return None
    return organization_id


def _role(call: Call, kind: str, organization_id: int) -> str:
    role = rules.creating(call.caller, organization_id, kind, call.body)
    call.need(role is not None)
    return role or ""


_REQUIRED = "This field is required."


def _required(body: dict[str, Any], role: str, faults: Faults) -> None:
    for name in ("title", "description", *(("opened_by",) if role == "import" else ())):
        if name not in body or (name == "opened_by" and body[name] in shapes.EMPTY and name not in faults):
            faults.add(name, _REQUIRED)


def _make(
    call: Call, kind: str, organization_id: int, role: str, values: dict[str, Any], project: Project | None
) -> Ticket:
    actor = call.caller.acting(organization_id, f"delete:{kind}")
    opener = values.get("opened_by") or call.caller.person_id
    core: dict[str, Any] = {"priority": "very_low", "urgency": 1, "impact": 1, "channel": "api"}
    core |= fields.to_core(values, None) | {"requester": opener, "company": _company(call, opener, organization_id)}
    core["watchers"] = list(dict.fromkeys([opener, *core.get("watchers", [])]))
    if project is not None:
        core["project"] = project.pk
    if role == "import" and "status" in values:
        also: tuple[Rule, ...] = rules.IMPORT
    else:
        also = rules.SAVE
    plan = slashes.plan(core["description"], by=_reader(call, organization_id))
    core |= {"description": plan.text, "items": plan.items}
    ticket = commands.create(kind, core, by=actor, via=FACE, also=(slashes.booking(plan.seconds), *also))
    slashes.relate(ticket, plan.relations, by=actor, via=FACE)
    if values.get("is_deleted"):
        ticket = commands.remove(ticket, by=actor, via=FACE).ticket
    return ticket


def _company(call: Call, person_id: int, organization_id: int) -> int | None:
    """The requester's company, when it is one of this organization (RC-300); asked only when there may be one."""
    actor = call.caller.actor(organization_id)
    if person_id == call.caller.person_id and actor is not None and actor.company_id is None:
        return None
    companies = Person.objects.filter(pk=person_id, company__organization_id=organization_id, company__is_active=True)
    return companies.values_list("company_id", flat=True).first()


def _reader(call: Call, organization_id: int) -> Any:
    """For looking up what commands name: with the caller's own rights, nothing lent."""
    actor = call.caller.actor(organization_id)
    assert actor is not None
    return actor


def replace(call: Call, kind: str, pk: int, project_id: int | None = None) -> Any:
    """PUT: all that PATCH does, with the required fields demanded (CE-291)."""
    return change(call, kind, pk, project_id, whole=True)


def change(call: Call, kind: str, pk: int, project_id: int | None = None, *, whole: bool = False) -> Any:
    """Edit what differs from what is shown; delete and bring back by `is_deleted` (CE-193)."""
    ticket = find(call, kind, pk, project_id, by=("change", "triage", "delete"))
    role = rules.changing(call.caller, ticket)
    deletes = call.caller.holds("delete", ticket.kind, ticket.organization_id) and "is_deleted" in call.body
    call.need(role is not None or deletes)
    faults = Faults()
    if whole:
        for name in ("title", "description", "organization"):
            if name not in call.body:
                faults.add(name, _REQUIRED)
    wanted = _deleted(call, ticket, faults) if deletes else None
    values = {}
    if role is not None:
        _stays(call.body, ticket, faults)
        of_url = ticket.kind == "project_task"
        values = rules.wanted(
            call.body, role=role, kind=ticket.kind, ticket=ticket, faults=faults, project_of_url=of_url
        )
    values.pop("is_deleted", None)
    faults.check()
    with transaction.atomic():
        ticket = _edit(call, ticket, values, wanted)
    return show(call, [ticket])[0]


def _deleted(call: Call, ticket: Ticket, faults: Faults) -> bool | None:
    try:
        wanted = shapes.read(fields.FIELDS["is_deleted"], call.body["is_deleted"])
    except shapes.Invalid as error:
        faults.add("is_deleted", str(error))
        return None
    return None if wanted == (ticket.deleted_at is not None) else bool(wanted)


def _stays(body: dict[str, Any], ticket: Ticket, faults: Faults) -> None:
    """A ticket stays in its organization (CE-081)."""
    if "organization" not in body:
        return
    try:
        same = shapes.reference(body["organization"]) == ticket.organization_id
    except shapes.Invalid:
        same = False
    if not same:
        faults.add("organization", "cant edit field: organization")


def _edit(call: Call, ticket: Ticket, values: dict[str, Any], deleted: bool | None) -> Ticket:
    actor = call.caller.acting(ticket.organization_id, f"delete:{ticket.kind}")
    if deleted is False:
        ticket = commands.restore(ticket, by=actor, via=FACE).ticket
    if values:
        core = fields.to_core(values, ticket)
        also: tuple[Rule, ...] = rules.SAVE
        relations: list[tuple[str, int]] = []
        if "description" in core:
            plan = slashes.plan(core["description"], by=_reader(call, ticket.organization_id), ticket=ticket)
            core["description"], relations = plan.text, plan.relations
            if plan.items:
                core["items"] = linking.items_of(ticket, add=plan.items)
            also = (slashes.booking(plan.seconds), *also)
        if ticket.description == core.get("description"):
            core.pop("description_format", None)
        ticket = commands.edit(ticket, core, by=actor, via=FACE, also=also).ticket
        slashes.relate(ticket, relations, by=actor, via=FACE)
    if deleted:
        ticket = commands.remove(ticket, by=actor, via=FACE).ticket
    return ticket


def destroy(call: Call, kind: str, pk: int, project_id: int | None = None) -> Any:
    """Delete; a ticket deleted already is purged by holders of purge (CE-190, CE-192)."""
    ticket = find(call, kind, pk, project_id, by=("delete",))
    verb = "delete" if ticket.deleted_at is None else "purge"
    call.need(call.caller.holds(verb, ticket.kind, ticket.organization_id))
    actor = call.caller.acting(ticket.organization_id, f"delete:{ticket.kind}", f"purge:{ticket.kind}")
    if verb == "delete":
        commands.remove(ticket, by=actor, via=FACE)
    else:
        commands.purge(ticket, by=actor, via=FACE)
