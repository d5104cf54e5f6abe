"""What a form fills in and asks for, on requests that know forms (RC-216, RC-218, RC-219).

A demand refuses only an edit that touches a field it speaks of (RC-004)."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from polydesk.tickets.edits import Edit
from polydesk.tickets.fields import FIELDS
from polydesk.tickets.models import Form
from polydesk.tickets.rules import completes, refuses

from .standard import ensure_default


def in_force(edit: Edit) -> Form:
    """The form of the ticket after the edit, else the system default."""
    chosen: Form | None = edit.row("form")
    if chosen is not None:
        return chosen
    if "default_form" not in edit.facts:
        edit.facts["default_form"] = ensure_default(edit.batch.organization_id)
    default: Form = edit.facts["default_form"]
    return default


@completes
def form_is_chosen(edit: Edit) -> None:
    """Without a form a new ticket gets the caller's own default, else the system's (AT-250)."""
    if edit.is_new and edit.get("form") is None and not any(f.field == "form" for f in edit.faults):
        edit.set("form", edit.facts.get("own_form") or in_force(edit).pk)


@completes
def form_fills_in(edit: Edit) -> None:
    """A new ticket takes the form's value of every field that the request did not give (AT-252, AT-253)."""
    if edit.is_new:
        for name, value in in_force(edit).defaults.items():
            if name in FIELDS and name != "kind" and name not in edit.given:
                edit.set(name, value)


@completes
def form_sets_the_quorum(edit: Edit) -> None:
    """A newly applied form that carries an approval rule sets it, whatever the kind (AT-234)."""
    rule = in_force(edit).defaults.get("approval_rule") if edit.changes("form") else None
    if rule and "approval_rule" not in edit.given:
        edit.set("approval_rule", rule)


@completes
def form_sets_the_due_time(edit: Edit) -> None:
    """A form with day and time makes a new ticket's due time; an alert's even over a given one (AT-261, AT-263)."""
    if edit.is_new and ("due_at" not in edit.given or edit.facts.get("from_monitoring")):
        due = due_at(in_force(edit), edit)
        if due is not None:
            edit.set("due_at", due)


def due_at(form: Form, edit: Edit) -> dt.datetime | None:
    """So many days after creation at the time of day, in the organization's time zone; None unless both are set."""
    due: dict[str, Any] = form.defaults.get("due") or {}
    if due.get("days") is None or not due.get("time"):
        return None
    zone = ZoneInfo(edit.facts.get("time_zone") or "UTC")
    created = edit.get("created_at") or edit.at
    day = created.astimezone(zone).date() + dt.timedelta(days=due["days"])
    return dt.datetime.combine(day, dt.time.fromisoformat(due["time"]), tzinfo=zone).astimezone(dt.UTC)


@completes
def returned_goods_are_changes(edit: Edit) -> None:
    """A ticket on an RMA form is always a change (AT-222)."""
    if edit.changes("form", "kind") and in_force(edit).is_rma:
        edit.set("kind", "change")


@completes
def returned_goods_have_a_contact(edit: Edit) -> None:
    """Without a requester the asset's contact is taken (AT-301)."""
    if edit.is_new and edit.get("requester") is None and in_force(edit).is_rma:
        asset = edit.row("asset")
        if asset is not None and asset.contact_id:
            edit.set("requester", asset.contact_id)


@refuses("queue")
def queue_is_demanded(edit: Edit) -> str | None:
    """Always, never, or when nobody is assigned (AT-260)."""
    if not edit.is_new and not edit.changes("queue", "assignee", "form"):
        return None
    demand = in_force(edit).demands.get("queue", "never")
    if edit.get("queue") is not None or demand == "never":
        return None
    if demand == "always":
        return "The ticket's category requires a queue."
    if edit.get("assignee") is None:
        return "The ticket's category requires a queue when nobody is assigned (assignedResourceID)."
    return None


@refuses("due_at")
def due_time_is_demanded(edit: Edit) -> str | None:
    """Only a form with both due date and due time lets a new ticket go without (AT-262)."""
    if edit.is_new and edit.get("due_at") is None and not any(f.field == "due_at" for f in edit.faults):
        return "A due date and time is required, since the ticket's category does not have both configured."
    return None


@refuses("asset")
def returned_goods_are_eligible(edit: Edit) -> str | None:
    """An RMA ticket names an asset whose product may be returned (AT-300)."""
    if not (edit.is_new or edit.changes("form", "asset")) or not in_force(edit).is_rma:
        return None
    asset = edit.row("asset")
    if asset is None:
        return "A ticket for returned goods needs a configuration item."
    eligible = asset.product is not None and asset.product.is_eligible_for_rma
    return None if eligible else "The product of this configuration item is not eligible for RMA."


@refuses()
def returned_goods_keep_their_facts(edit: Edit) -> list[tuple[str, str]]:
    """Company and asset of an existing RMA ticket do not change (AT-257)."""
    was = edit.was("form")
    if edit.is_new or was is None or edit.changes("form"):
        return []
    if not edit.changes("company", "asset") or not in_force(edit).is_rma:
        return []
    return [(n, "This cannot be changed on an RMA ticket.") for n in ("company", "asset") if edit.changes(n)]


FORM_RULES = (
    form_is_chosen,
    form_fills_in,
    form_sets_the_quorum,
    form_sets_the_due_time,
    returned_goods_are_changes,
    returned_goods_have_a_contact,
    queue_is_demanded,
    due_time_is_demanded,
    returned_goods_are_eligible,
    returned_goods_keep_their_facts,
)
