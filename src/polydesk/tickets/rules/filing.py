"""Rules about what a ticket says: defaults of the core, titles, lists that values come from, custom fields."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.utils.dateparse import parse_datetime

from polydesk.directory.models import Company
from polydesk.tickets import items, kinds
from polydesk.tickets.checks import side_of
from polydesk.tickets.fields import FIELDS
from polydesk.tickets.models import CustomField, Priority, Status, Ticket
from polydesk.tickets.models.ticket import ACCESS
from polydesk.web.sentences import say, word

from .base import completes, refuses

if TYPE_CHECKING:
    from polydesk.tickets.edits import Edit

SHARED_KINDS = ("request", "incident")
ROWS_THAT_AGE = tuple(
    f.name
    for f in FIELDS.values()
    if f.group != "derived" and f.model and f.model != "tickets.Ticket" and f.name not in ("requester", "watchers")
)


@completes
def defaults_of_the_core(edit: Edit) -> None:
    """Exactly these (RC-009); a default of one desk is sent by its face."""
    if not edit.is_new:
        return
    for name, value in (
        ("status", "new"),
        ("priority", "normal"),
        ("channel", "other"),
        ("description_format", "markdown"),
        ("resolution_format", "markdown"),
        ("created_at", edit.at),
    ):
        if name not in edit.given:
            edit.values.setdefault(name, value)
    if "access" not in edit.given:
        company: Company | None = edit.row("company")
        edit.values.setdefault("access", company.default_access if company else "all_users")
    if "shared" not in edit.given:
        edit.values["shared"] = edit.get("kind") in SHARED_KINDS or requester_side(edit) == "customer"


@completes
def creator_is_the_actor(edit: Edit) -> None:
    """Who made it never changes (RC-027); an act on behalf keeps who really acted (RC-028)."""
    if edit.is_new:
        edit.set("creator", edit.actor.person_id)
        edit.set("creator_side", "customer" if edit.actor.side == "customer" else "staff")
        edit.set("impersonator", edit.actor.impersonator_id)


@completes
def kind_takes_the_nearest_status(edit: Edit) -> None:
    """A status that the new kind does not allow becomes the nearest of its phase, unless one is given (RC-151)."""
    if edit.is_new or not edit.changes("kind") or "status" in edit.asked or edit.get("kind") not in kinds.KINDS:
        return
    if not kinds.status_allowed(edit.batch.organization_id, edit.get("kind"), edit.was("status")):
        edit.set("status", kinds.NEAREST[edit.was("phase")])


@completes
def phase_follows_status(edit: Edit) -> None:
    """The phase is what the status stands on."""
    if edit.changes("status"):
        status = kinds.status(edit.batch.organization_id, edit.get("status"))
        if status:
            edit.set("phase", status.phase)


@completes
def level_follows_priority(edit: Edit) -> None:
    """The level orders priorities (RC-156)."""
    if edit.changes("priority"):
        key = edit.get("priority")
        row = kinds.priority(edit.batch.organization_id, key) if key else None
        edit.set("priority_level", row.level if row else None)


@refuses("title")
def title_is_given(edit: Edit) -> str | None:
    """1 to 255 characters, not blank (RC-031, RC-274)."""
    if (edit.is_new or edit.changes("title")) and not edit.get("title").strip():
        return None if _faulty(edit, "title") else say("Title is required.")
    return None


@refuses("kind")
def kind_is_known(edit: Edit) -> str | None:
    """One of the eight (RC-029, CE-002)."""
    if edit.changes("kind") and edit.get("kind") not in kinds.KINDS:
        return say("There is no such kind of ticket.")
    return None


@refuses("status")
def status_belongs_to_kind(edit: Edit) -> str | None:
    """The twelve common statuses for every kind, the others where they belong (RC-121, RC-275)."""
    if not edit.changes("status", "kind") or edit.get("kind") not in kinds.KINDS:
        return None
    key = edit.get("status")
    if not kinds.status_allowed(edit.batch.organization_id, edit.get("kind"), key):
        return say("%(kinds)s have no status “%(key)s”.", kinds=word(kinds.KINDS[edit.get("kind")].plural), key=key)
    return None


@refuses("priority")
def priority_is_known(edit: Edit) -> str | None:
    """A row of this organization (RC-155)."""
    key = edit.get("priority")
    if edit.changes("priority") and key and edit.get("priority_level") is None:
        return say("There is no priority “%(key)s”.", key=key)
    return None


@refuses()
def no_inactive_key_is_newly_chosen(edit: Edit) -> Iterator[tuple[str, str]]:
    """Built-in statuses and priorities are always active; a row that an administrator added may not be (RC-246)."""
    for name, built_in, rows in (("status", kinds.STATUSES, Status), ("priority", kinds.PRIORITIES, Priority)):
        key = edit.get(name)
        if name not in edit.asked or not edit.changes(name) or key is None or key in built_in:
            continue
        if rows.objects.filter(organization_id=edit.batch.organization_id, key=key, is_active=False).exists():
            yield name, say("%(field)s: an inactive row cannot be chosen.", field=word(FIELDS[name].label))


@refuses()
def words_come_from_their_lists(edit: Edit) -> Iterator[tuple[str, str]]:
    """Access level, channel and text format are closed lists."""
    lists = {
        "access": [key for key, _ in ACCESS],
        "channel": kinds.CHANNELS,
        "description_format": ("markdown", "plain"),
        "resolution_format": ("markdown", "plain"),
    }
    for name, allowed in lists.items():
        if edit.changes(name) and edit.get(name) not in allowed:
            yield (
                name,
                say("%(field)s must be one of %(names)s.", field=word(FIELDS[name].label), names=", ".join(allowed)),
            )


@refuses()
def no_inactive_row_is_newly_chosen(edit: Edit) -> Iterator[tuple[str, str]]:
    """An unchanged inactive value stays; a new one must be active; the requester is exempt (RC-246, RC-283, AT-203)."""
    for name in ROWS_THAT_AGE:
        if name not in edit.asked or name not in edit.values:
            continue
        many = FIELDS[name].type == "references"
        old = edit.was(name) if many else []
        rows = edit.rows(name) if many else [edit.row(name)]
        if any(row is not None and row.pk not in old and not getattr(row, "is_active", True) for row in rows):
            yield name, say("%(field)s: an inactive row cannot be chosen.", field=word(FIELDS[name].label))


@refuses("external_ref")
def external_pair_once(edit: Edit) -> str | None:
    """The full pair is unique in the organization (RC-065, RC-282, CE-043)."""
    if not edit.changes("external_system", "external_ref"):
        return None
    system, ref = edit.get("external_system"), edit.get("external_ref")
    if system is None or ref is None:
        return None

    def taken() -> bool:
        owners = Ticket.objects.filter(external_system=system, external_ref=ref).exclude(pk=edit.ticket.pk)
        return owners.filter(organization_id=edit.batch.organization_id).exists()

    return external_pair_taken() if edit.batch.rows.once(("external_pair", system, ref), taken) else None


def external_pair_taken() -> str:
    """The sentence, also for the database's own refusal of two at once."""
    return say("The fields external_system, external_ref must make a unique set.")


@refuses("work_type")
def work_type_is_a_work_type(edit: Edit) -> str | None:
    """Billing codes of another use do not stand on tickets (AT-270, RC-285)."""
    row = edit.row("work_type") if edit.changes("work_type") else None
    return say("The billing code is not a work type.") if row is not None and row.use != "work_type" else None


@refuses("items")
def items_exist(edit: Edit) -> str | None:
    """Only things of this organization can be linked (CE-203, RC-271)."""
    if not edit.changes("items"):
        return None
    new = [tuple(pair) for pair in edit.get("items") if pair not in edit.was("items")]
    known = items.names(edit.batch.organization_id, new)
    return say("There is no such item.") if any(pair not in known for pair in new) else None


@refuses()
def custom_fields_fit(edit: Edit) -> Iterator[tuple[str, str]]:
    """A value of a custom field has the type of its definition (RC-039); required ones are asked for by forms."""
    if not edit.changes("fields"):
        return
    old, new = edit.was("fields"), edit.get("fields")
    changed = {key: value for key, value in new.items() if old.get(key) != value}
    if not changed:
        return
    defined = {
        row.key: row for row in CustomField.objects.filter(organization_id=edit.batch.organization_id, key__in=changed)
    }
    for key, value in changed.items():
        definition = defined.get(key)
        if definition is None:
            yield f"fields.{key}", say("There is no custom field “%(key)s”.", key=key)
        elif not fits(definition, value):
            yield (
                f"fields.{key}",
                say(
                    "%(field)s: this is not a value of the type %(type)s.",
                    field=definition.name,
                    type=word(definition.get_type_display()),
                ),
            )


def fits(definition: CustomField, value: Any) -> bool:
    """Is `value` one that this custom field can hold?"""
    match definition.type:
        case "text" | "long_text":
            return isinstance(value, str) and len(value) <= (definition.max_length or 32_000) and "\x00" not in value
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "date":
            return isinstance(value, str) and _parses(dt.date.fromisoformat, value)
        case "datetime":
            return isinstance(value, str) and _parses(parse_datetime, value)
        case "choice":
            return value in _choices(definition)
        case "choices":
            return isinstance(value, list) and all(item in _choices(definition) for item in value)
        case "person":
            return isinstance(value, int) and not isinstance(value, bool)
    return False


def _choices(definition: CustomField) -> list[Any]:
    return [c["value"] if isinstance(c, dict) else c for c in definition.choices]


def _parses(parse: Any, value: str) -> bool:
    try:
        return parse(value) is not None
    except ValueError:
        return False


def _faulty(edit: Edit, name: str) -> bool:
    return any(fault.field == name for fault in edit.faults)


def requester_side(edit: Edit) -> str:
    """The requester's side, `staff` when there is none."""
    person = edit.row("requester")
    return side_of(person) if person is not None else "staff"


RULES = (
    defaults_of_the_core,
    creator_is_the_actor,
    kind_takes_the_nearest_status,
    title_is_given,
    kind_is_known,
    status_belongs_to_kind,
    priority_is_known,
    no_inactive_key_is_newly_chosen,
    words_come_from_their_lists,
    no_inactive_row_is_newly_chosen,
    external_pair_once,
    work_type_is_a_work_type,
    items_exist,
    custom_fields_fit,
)
DERIVING = (phase_follows_status, level_follows_priority)
