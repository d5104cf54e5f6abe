"""Tickets: the table of section 7, both ways. Here alone the two vocabularies of a ticket stand side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    DateTimeField,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    TextField,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import Exact, GreaterThan, LessThan

from polydesk.directory.models import Person
from polydesk.features.forms.rules import FORM_RULES
from polydesk.features.forms.standard import ensure_default
from polydesk.tickets import commands
from polydesk.tickets.models import CustomField, Form, Participant
from polydesk.tickets.rules.base import Rule

from .. import auth, rules, values
from ..errors import NOTHING_TO_UPDATE, Failure, missing, unknown_reference
from ..fields import Entity, Field, identity, udf_field
from ..incoming import Incoming, refer
from ..numbers import prefix_day, show_number, ticket_number
from ..sla import PAUSED, clock
from ..statements import rows_of
from ..tables import Tables
from ..values import Wrong, parse

VIA = "autotask"
OWN = "autotask"


def _contact(tables: Tables) -> Any:
    """The requester when he is no resource (RC-026)."""
    staff = Q(requester_id__in=tables.staff)
    return Case(When(staff, then=None), default=F("requester_id"), output_field=IntegerField())


def _resource(column: str) -> Any:
    """A person of staff side; a customer is no resource (RC-347)."""

    def build(tables: Tables) -> Any:
        staff = Q(**{f"{column}__in": tables.staff})
        return Case(When(staff, then=F(column)), default=None, output_field=IntegerField())

    return build


def _when_customer(tables: Tables) -> Any:
    return Case(When(creator_side="customer", then=F("creator_id")), default=None, output_field=IntegerField())


def _impersonator(tables: Tables) -> Any:
    """The API user behind an impersonated resource (AT-025)."""
    return Case(When(creator_side="staff", then=F("impersonator_id")), default=None, output_field=IntegerField())


def _comanaged(tables: Tables) -> Any:
    """Is the primary or a secondary resource co-managed (AT-315)?"""
    listed = Participant.objects.filter(ticket=OuterRef("pk"), part="assigned", person__is_comanaged=True)
    return Case(
        When(Q(assignee__is_comanaged=True) | Exists(listed), then=Value(True)),
        default=Value(False),
        output_field=BooleanField(),
    )


def _last_actor(tables: Tables) -> Any:
    staff = Q(active_by_id__in=tables.staff) | Q(active_by_id__isnull=True)
    return Case(When(staff, then=Value(1)), default=Value(2), output_field=IntegerField())


def _plan(n: int) -> Any:
    def build(tables: Tables) -> Any:
        return Coalesce(KeyTextTransform(n, "change_plan"), Value(""), output_field=TextField())

    return build


def _completed(tables: Tables) -> Any:
    """Only while closed: an import may give a closing time to an open ticket (RC-087)."""
    closed = Q(phase__in=("closed", "dropped"))
    return Case(When(closed, then=F("closed_at")), default=None, output_field=DateTimeField())


def _creator_type(tables: Tables) -> Any:
    return Case(When(creator_side="customer", then=Value(2)), default=Value(1), output_field=IntegerField())


def _on_five(*path: str) -> Any:
    """A rating on the dialect's scale of 1 to 5 (RC-185 … RC-188)."""
    place: Any = "rating"
    for part in path:
        place = KeyTransform(part, place)
    score = Cast(KeyTextTransform("score", place), IntegerField())
    return Case(
        When(Exact(KeyTextTransform("scale", place), "ten_points"), then=(score + 1) / 2),
        When(Exact(KeyTextTransform("scale", place), "plus_minus"), then=2 * score + 3),
        default=score,
        output_field=IntegerField(),
    )


def _current(tables: Tables) -> Any:
    return _on_five()


def _previous(tables: Tables) -> Any:
    return _on_five("previous")


def _trend(tables: Tables) -> Any:
    """1 falling, 2 steady, 3 rising; null with fewer than two ratings."""
    now, before = _on_five(), _on_five("previous")
    return Case(
        When(GreaterThan(now, before), then=Value(3)),
        When(LessThan(now, before), then=Value(1)),
        When(Exact(now, before), then=Value(2)),
        default=None,
        output_field=IntegerField(),
    )


def _left(tables: Tables) -> Any:
    """Seconds of the estimate that are not worked yet, never below 0 (AT-335, RC-358)."""
    left = F("estimate") - F("time_spent")
    return Case(
        When(estimate__isnull=True, then=None),
        When(time_spent__gte=F("estimate"), then=Value(0)),
        default=left,
        output_field=IntegerField(),
    )


# --- the same of a row that was read, for pages of many (the filters' test holds both equal) -------------------------


def _resource_in(column: str) -> Any:
    return {"expression": _resource(column), "reads": (column,), "show": _show_resource}


def _show_resource(tables: Tables, person: int | None) -> Any:
    return person if person in tables.staff_ids else None


def _show_contact(tables: Tables, person: int | None) -> Any:
    return None if person in tables.staff_ids else person


def _show_completed(tables: Tables, closed: str | None, phase: str) -> Any:
    return closed if phase in ("closed", "dropped") else None


def _show_when_customer(tables: Tables, creator: int | None, side: str) -> Any:
    return creator if side == "customer" else None


def _show_creator_type(tables: Tables, side: str) -> int:
    return 2 if side == "customer" else 1


def _show_impersonator(tables: Tables, impersonator: int | None, side: str) -> Any:
    return impersonator if side == "staff" else None


def _show_comanaged(tables: Tables, assignee: int | None, others: list[int] | None) -> bool:
    return not tables.comanaged_ids.isdisjoint((assignee, *(others or ())))


def _show_last_actor(tables: Tables, person: int | None) -> int:
    return 1 if person is None or person in tables.staff_ids else 2


def _show_left(tables: Tables, estimate: int | None, spent: int) -> Any:
    return None if estimate is None else values.hours(max(0, estimate - spent))


def _show_plan(n: int) -> Any:
    return lambda tables, plan: plan[n] if plan and len(plan) > n else ""


def _degrees(rating: Any) -> int | None:
    if not rating:
        return None
    score: int = rating["score"]
    return {"ten_points": (score + 1) // 2, "plus_minus": 2 * score + 3}.get(rating["scale"], score)


def _show_current(tables: Tables, rating: Any) -> int | None:
    return _degrees(rating)


def _show_previous(tables: Tables, rating: Any) -> int | None:
    return _degrees((rating or {}).get("previous"))


def _show_trend(tables: Tables, rating: Any) -> int | None:
    now, before = _show_current(tables, rating), _show_previous(tables, rating)
    return None if now is None or before is None else 2 + (now > before) - (now < before)


def _own(name: str, key: str, type_: str = "integer", **facts: Any) -> Field:
    """A value that this face alone knows."""
    return Field(name, type_, "extra", json=(OWN, key), **facts)


def _alert(tables: Tables, extra: Mapping[str, Any] | None) -> str | None:
    """Null, not empty, on every ticket that no monitoring tool made (AT-142)."""
    own = (extra or {}).get(OWN, {}).get("rmm_alert")
    return str(own) if own else None


FIELDS: tuple[Field, ...] = (
    _own("apiVendorID", "vendor", picklist="apiVendor", read_only=True),
    Field("assignedResourceID", column="assignee_id", reference="Resources", core="assignee"),
    Field("assignedResourceRoleID", column="assignee_role_id", reference="Roles", core="assignee_role"),
    Field("billingCodeID", column="work_type_id", reference="BillingCodes", core="work_type"),
    Field("changeApprovalBoard", column="approval_board", picklist="changeApprovalBoard", core="approval_board"),
    Field(
        "changeApprovalStatus",
        column="approval_status",
        picklist="changeApprovalStatus",
        codes="changeApprovalStatus",
        core="approval_status",
    ),
    Field(
        "changeApprovalType",
        column="approval_rule",
        picklist="changeApprovalType",
        codes="changeApprovalType",
        core="approval_rule",
    ),
    *(
        Field(
            f"changeInfoField{n + 1}",
            "string",
            length=8000,
            expression=_plan(n),
            reads=("change_plan",),
            show=_show_plan(n),
            core="change_plan",
        )
        for n in range(5)
    ),
    Field("companyID", column="company_id", required=True, reference="Companies", null=0, core="company"),
    Field("companyLocationID", column="site_id", reference="CompanyLocations", core="site"),
    Field("completedByResourceID", reference="Resources", read_only=True, **_resource_in("closed_by_id")),
    Field(
        "completedDate",
        "datetime",
        expression=_completed,
        reads=("closed_at", "phase"),
        show=_show_completed,
        read_only=True,
    ),
    Field("configurationItemID", column="asset_id", reference="ConfigurationItems", core="asset"),
    Field(
        "contactID",
        reference="Contacts",
        expression=_contact,
        reads=("requester_id",),
        show=_show_contact,
        core="requester",
    ),
    Field("contractID", column="contract_id", reference="Contracts", core="contract"),
    Field(
        "contractServiceBundleID",
        "long",
        column="contract_bundle_id",
        reference="ContractServiceBundles",
        core="contract_bundle",
    ),
    Field("contractServiceID", "long", "contract_service_id", reference="ContractServices", core="contract_service"),
    Field("createDate", "datetime", "created_at", read_only=True),
    Field(
        "createdByContactID",
        reference="Contacts",
        expression=_when_customer,
        reads=("creator_id", "creator_side"),
        show=_show_when_customer,
    ),
    Field("creatorResourceID", column="creator_id", reference="Resources", read_only=True),
    Field(
        "creatorType",
        picklist="personType",
        read_only=True,
        queryable=False,
        expression=_creator_type,
        reads=("creator_side",),
        show=_show_creator_type,
    ),
    Field(
        "currentServiceThermometerRating",
        picklist="rating",
        read_only=True,
        expression=_current,
        reads=("rating",),
        show=_show_current,
    ),
    Field("description", "string", "description", length=8000, core="description"),
    Field("dueDateTime", "datetime", "due_at", core="due_at"),
    Field("estimatedHours", "decimal", "estimate", hours=True, core="estimate"),
    Field("externalID", "string", "external_id", length=50, core="external_id"),
    clock("firstResponseAssignedResourceID", "integer", "response_assignee", reference="Resources"),
    clock("firstResponseDateTime", "datetime", "response_at"),
    clock("firstResponseDueDateTime", "datetime", "response_due"),
    clock("firstResponseInitiatingResourceID", "integer", "response_by", reference="Resources"),
    Field(
        "hoursToBeScheduled",
        "decimal",
        read_only=True,
        hours=True,
        expression=_left,
        reads=("estimate", "time_spent"),
        show=_show_left,
    ),
    identity(),
    Field(
        "impersonatorCreatorResourceID",
        reference="Resources",
        read_only=True,
        expression=_impersonator,
        reads=("impersonator_id", "creator_side"),
        show=_show_impersonator,
    ),
    Field(
        "isAssignedToComanaged",
        "boolean",
        read_only=True,
        expression=_comanaged,
        reads=("assignee_id", "assigned_people"),
        show=_show_comanaged,
    ),
    Field("issueType", column="category_id", picklist="issueType", codes="issue", core="category"),
    _own("isVisibleToComanaged", "visible_to_comanaged", "boolean", null=False),
    Field("lastActivityDate", "datetime", "active_at", read_only=True),
    Field(
        "lastActivityPersonType",
        picklist="personType",
        read_only=True,
        queryable=False,
        expression=_last_actor,
        reads=("active_by_id",),
        show=_show_last_actor,
    ),
    Field("lastActivityResourceID", column="active_by_id", reference="Resources", read_only=True),
    Field("lastCustomerNotificationDateTime", "datetime", "customer_notified_at", read_only=True),
    Field("lastCustomerVisibleActivityDateTime", "datetime", "public_active_at", read_only=True),
    Field("lastTrackedModificationDateTime", "datetime", "edited_at", read_only=True),
    _own("monitorID", "monitor", "long", read_only=True),
    _own("monitorTypeID", "monitor_type", read_only=True),
    Field("opportunityID", column="opportunity_id", reference="Opportunities", core="opportunity"),
    Field(
        "previousServiceThermometerRating",
        picklist="rating",
        read_only=True,
        expression=_previous,
        reads=("rating",),
        show=_show_previous,
    ),
    Field("priority", required=True, column="priority", picklist="priority", codes="priority", core="priority"),
    Field("problemTicketId", column="problem_id", reference="Tickets", core="problem"),
    Field("projectID", column="project_id", reference="Projects", core="project"),
    Field("purchaseOrderNumber", "string", "purchase_order", length=50, core="purchase_order"),
    Field("queueID", column="queue_id", picklist="queue", core="queue"),
    Field("resolution", "string", "resolution", length=32000, core="resolution"),
    clock("resolutionPlanDateTime", "datetime", "plan_at"),
    clock("resolutionPlanDueDateTime", "datetime", "plan_due"),
    clock("resolvedDateTime", "datetime", "resolution_at"),
    clock("resolvedDueDateTime", "datetime", "resolution_due"),
    _own("rmaStatus", "rma_status", picklist="rmaStatus"),
    _own("rmaType", "rma_type", picklist="rmaType"),
    _own("rmmAlertID", "rmm_alert", "string", length=50, read_only=True, reads=("extra",), show=_alert),
    clock("serviceLevelAgreementHasBeenMet", "boolean", "met"),
    Field("serviceLevelAgreementID", column="sla_id", picklist="sla", core="sla"),
    PAUSED,
    Field("serviceThermometerTemperature", read_only=True, expression=_trend, reads=("rating",), show=_show_trend),
    Field("source", column="channel", picklist="source", codes="source", core="channel"),
    Field("status", required=True, column="status", picklist="status", codes="status", core="status"),
    Field(
        "subIssueType",
        column="category_id",
        picklist="subIssueType",
        parent="issueType",
        codes="sub_issue",
        core="category",
    ),
    Field("ticketCategory", column="form_id", picklist="ticketCategory", codes="ticketCategory", core="form"),
    Field(
        "ticketNumber",
        "string",
        length=50,
        expression=ticket_number,
        reads=("id", "created_at", "extra"),
        show=show_number,
    ),
    Field("ticketType", column="kind", picklist="ticketType", codes="ticketType", core="kind"),
    Field("title", "string", "title", length=255, required=True, core="title"),
)

WHEN_EMPTY = {"ticketType": "request", "source": "other"}
"""What a replacement without the field leaves behind, since it is never empty (AT-102)."""
PAIRS = ("issueType", "subIssueType")
SKIPPED = ("createdByContactID", "ticketNumber", "isVisibleToComanaged", "rmaStatus", "rmaType", *PAIRS)


def create(call: Any, incoming: Incoming) -> int:
    """POST /Tickets (AT-100, AT-108): null counts as not supplied (AT-252)."""
    auth.may_write(call.actor, "add")
    rules.service_desk_is_on(call.tables)
    actor = auth.impersonate(call.request, call.actor, verb="add")
    udfs = udfs_in(incoming)
    incoming.given = {name: value for name, value in incoming.given.items() if value is not None}
    contact = _impersonated_contact(call, incoming)
    form = _form_in_force(call, incoming)
    _forget_rma(incoming, form)
    _check(incoming, new=True)
    for name in ("companyID", "title", "status", "priority"):
        field = incoming.entity.names[name.lower()]
        if (
            incoming.given.get(name) in (None, "")
            and field.core not in form.defaults
            and name.lower() not in _faulty(incoming)
        ):
            incoming.faults.append(missing(name))
    core = _to_core(incoming, {})
    kind = core.pop("kind", None) or form.defaults.get("kind") or "request"
    kind = "change" if form.is_rma else kind
    own = _own_values(incoming, form, is_new=True)
    day = prefix_day(incoming.given.get("ticketNumber"), call.tables.today)
    if day:
        own["day"] = day
    if own:
        core["extra"] = {OWN: own}
    if udfs:
        core["fields"] = udfs
    core.setdefault("channel", form.defaults.get("channel", "other"))
    ticket = commands.create(
        kind,
        core,
        by=auth.as_contact(actor, contact) if contact else actor,
        via=VIA,
        also=_also(call),
        facts=_facts(call, incoming, form, contact),
    )
    return int(ticket.pk)


def update(call: Any, incoming: Incoming) -> int:
    """PATCH and PUT /Tickets (AT-101 … AT-105); what equals what is shown is no edit (RC-002)."""
    from ..views.reading import find

    auth.may_write(call.actor, "edit")
    rules.service_desk_is_on(call.tables)
    actor = auth.impersonate(call.request, call.actor, verb="edit")
    shown = find(ENTITY, call.tables, incoming.id) if incoming.id else None
    if shown is None:
        raise Failure(NOTHING_TO_UPDATE)
    for name in ("ticketNumber", "createdByContactID"):
        incoming.given.pop(name, None)
    incoming.drop_unchanged(shown)
    form = _form_in_force(call, incoming, shown)
    _forget_rma(incoming, form)
    _check(incoming, new=False)
    incoming.check_required("companyID", "title", "status", "priority", new=False)
    core = _to_core(incoming, shown)
    own = _own_values(incoming, form, is_new=False)
    if own:
        core["extra"] = {OWN: own}
    udfs = udfs_in(incoming, shown)
    if udfs:
        core["fields"] = udfs
    commands.edit(
        incoming.id or 0,
        core,
        by=actor,
        via=VIA,
        also=_also(call),
        facts=_facts(call, incoming, form, None),
    )
    return int(incoming.id or 0)


def _forget_rma(incoming: Incoming, form: Form) -> None:
    """Of tickets that are no returns these are ignored, whatever they say (AT-302, AT-303)."""
    if not form.is_rma:
        incoming.given.pop("rmaStatus", None)
        incoming.given.pop("rmaType", None)


def _check(incoming: Incoming, *, new: bool) -> None:
    incoming.check_lengths()
    incoming.check_picklists()
    company = incoming.given.get("companyID")
    for name, entity in (("assignedResourceID", "Resources"), ("contactID", "Contacts")):
        value = incoming.given.get(name)
        if value is not None and not _is_one(entity, value, incoming):
            incoming.faults.append(unknown_reference(name, entity))
            del incoming.given[name]
    if company is not None and company < 0:
        incoming.faults.append(unknown_reference("companyID", "Companies"))
        del incoming.given["companyID"]


def _is_one(entity: str, number: int, incoming: Incoming) -> bool:
    return refer(entity, number, incoming.tables.organization_id) is not None


def _faulty(incoming: Incoming) -> set[str]:
    return {fault.split(":")[0].lower() for fault in incoming.faults}


def _form_in_force(call: Any, incoming: Incoming, shown: dict[str, Any] | None = None) -> Form:
    """The given category, else the ticket's, else the API user's own, else the system's (AT-250)."""
    code = incoming.given.get("ticketCategory") or (shown or {}).get("ticketCategory")
    if shown is None and not code:
        code = auth.level(call.actor, "form") or call.actor.limits.get("form")
    entry = call.tables.stored("ticketCategory", code) if code else None
    found = next((f for f in call.tables.forms if entry and f.pk == entry.stored), None)
    return found or call.tables.default_form or ensure_default(call.tables.organization_id)


def _to_core(incoming: Incoming, shown: dict[str, Any]) -> dict[str, Any]:
    """The wire values as core values; faults of pairs are noted (AT-267, AT-268)."""
    core: dict[str, Any] = {}
    plan = [shown.get(f"changeInfoField{n + 1}") or "" for n in range(5)]
    for name, value in incoming.given.items():
        field = incoming.entity.names[name.lower()]
        if name in SKIPPED:
            continue
        if field.core == "change_plan":
            plan[int(name[-1]) - 1] = value or ""
            core["change_plan"] = plan
        elif field.picklist and field.codes and value is not None:
            entry = incoming.tables.stored(field.picklist, value)
            core[field.core] = entry.stored if entry else None
        elif name in WHEN_EMPTY and value is None:
            core[field.core] = WHEN_EMPTY[name]
        elif name == "companyID":
            core["company"] = value or None
        elif field.hours:
            if value is not None and value < 0:
                incoming.faults.append(f"{name}: must not be negative.")
            else:
                core[field.core] = values.seconds(value)
        else:
            core[field.core] = ("" if field.is_text else None) if value is None else value
    if "assignee" in core:  # so that no default role is filled in (AT-310)
        core.setdefault("assignee_role", shown.get("assignedResourceRoleID"))
    for text in ("description", "resolution"):
        if text in core:
            core[f"{text}_format"] = "plain"  # AT-107, RC-182
    if any(name in incoming.given for name in PAIRS):
        core["category"] = rules.category_of(incoming, shown)
    return core


def _own_values(incoming: Incoming, form: Form, *, is_new: bool) -> dict[str, Any]:
    """What this face alone keeps of the request."""
    given, own = incoming.given, {}
    for name, key in (("rmaStatus", "rma_status"), ("rmaType", "rma_type")):
        if name in given:
            own[key] = given[name]
    if is_new and form.is_rma and "rma_status" not in own and form.defaults.get("rma_status"):
        own["rma_status"] = form.defaults["rma_status"]
    if "isVisibleToComanaged" in given:
        own["visible_to_comanaged"] = bool(given["isVisibleToComanaged"])
    elif is_new:
        own["visible_to_comanaged"] = bool(form.defaults.get("visible_to_comanaged", False))
    return own


def _also(call: Any) -> tuple[Rule, ...]:
    return (rules.what_was_read_is_known, *FORM_RULES, *rules.RULES)


def _facts(call: Any, incoming: Incoming, form: Form, contact: Person | None) -> dict[str, Any]:
    """What the rules of this face and of the form look at beside the values."""
    own_code = call.actor.limits.get("form")
    own = call.tables.stored("ticketCategory", own_code) if own_code else None
    return {
        "autotask": incoming,
        "contact": contact,
        "form": form,
        "own_form": own.stored if own else None,
        "time_zone": call.tables.organization.time_zone,
        "from_monitoring": bool(call.actor.limits.get("rmm")),
        "faults": tuple(incoming.faults),
    }


def _impersonated_contact(call: Any, incoming: Incoming) -> Person | None:
    """`createdByContactID`, dropped without the right (AT-029)."""
    value = incoming.given.pop("createdByContactID", None)
    if value is None or not auth.may_impersonate_contacts(call.actor):
        return None
    contact = refer("Contacts", value, call.tables.organization_id)
    if contact is None:
        incoming.faults.append(unknown_reference("createdByContactID", "Contacts"))
    return contact  # type: ignore[no-any-return]


def udfs_in(incoming: Incoming, shown: dict[str, Any] | None = None) -> dict[str, Any]:
    """`userDefinedFields` of the body as values of custom fields, only those that change (AT-105)."""
    raw = incoming.raw.get("userdefinedfields")
    whole = incoming.call.method == "PUT"
    if raw is None and not whole:
        return {}
    now = {u["name"].lower(): u["value"] for u in (shown or {}).get("userDefinedFields", [])}
    defined = {d.name.lower(): d for d in incoming.tables.custom_fields}
    named: dict[str, Any] = dict.fromkeys(now) if whole else {}
    for entry in raw if isinstance(raw, list) else [raw] if raw is not None else []:
        pair = {str(k).lower(): v for k, v in entry.items()} if isinstance(entry, dict) else {}
        if not isinstance(pair.get("name"), str):
            incoming.faults.append("userDefinedFields: a list of objects with name and value is needed.")
            continue
        if pair["name"].lower() not in defined:
            incoming.faults.append(f"userDefinedFields: there is no field {pair['name'][:100]}.")
            continue
        named[pair["name"].lower()] = pair.get("value")
    found: dict[str, Any] = {}
    for name, value in named.items():
        if name not in now or str(value if value is not None else "") != str(
            now[name] if now[name] is not None else ""
        ):
            _take_udf(incoming, defined[name], value, found)
    return found


def _take_udf(incoming: Incoming, defined: CustomField, value: Any, found: dict[str, Any]) -> None:
    field = udf_field(defined)
    if field.read_only:
        return
    try:
        parsed = parse(field.type, value)
    except Wrong as wrong:
        incoming.faults.append(f"{defined.name}: {wrong}.")
        return
    if parsed in (None, ""):
        found[defined.key] = None
    elif defined.type == "datetime":
        found[defined.key] = values.show_moment(parsed)
    elif defined.type == "date":
        found[defined.key] = parsed.date().isoformat()
    elif defined.type == "number":
        found[defined.key] = values.shown(parsed)
    elif defined.type == "choice" and parsed not in _choices(defined):
        incoming.faults.append(f"{defined.name}: Value {parsed} does not exist or is invalid.")
    elif isinstance(parsed, str) and field.length and len(parsed) > field.length:
        incoming.faults.append(f"{defined.name}: must be less than or equal to {field.length} characters.")
    else:
        found[defined.key] = parsed


def _choices(defined: CustomField) -> list[str]:
    return [str(c["value"] if isinstance(c, dict) else c) for c in defined.choices]


ENTITY = Entity(
    name="Tickets",
    fields=FIELDS,
    rows=lambda tables: auth.visible(tables.actor),
    hot=rows_of,
    create=create,
    update=update,
    has_udf=True,
    has_webhooks=True,
)

REFUSED_NAMES = {
    **{f.core: (f.name, f.reference) for f in FIELDS if f.core and f.name not in ("issueType", "changeInfoField2")},
    "category": ("issueType", ""),
    "change_plan": ("changeInfoField1", ""),
    "time_spent": ("hoursWorked", ""),
    "text": ("description", ""),
    "relations": ("problemOrIncidentTicketID", ""),
}
