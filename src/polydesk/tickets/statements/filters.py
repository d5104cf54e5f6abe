"""The comparisons by which a list may be narrowed: a listed name, a listed operator, bound values (RS-090)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .columns import SEEN_PHASE, SEEN_STATUS
from .visible import NOTHING, Condition

# Name of the filter -> the column that it compares.
EQUALS: dict[str, str] = {
    "id": "id",
    "kind": "kind",
    "status": "status",
    "phase": "phase",
    "priority": "priority",
    "channel": "channel",
    "access": "access",
    "company": "company_id",
    "site": "site_id",
    "requester": "requester_id",
    "creator": "creator_id",
    "assignee": "assignee_id",
    "category": "category_id",
    "queue": "queue_id",
    "form": "form_id",
    "asset": "asset_id",
    "project": "project_id",
    "milestone": "milestone_id",
    "contract": "contract_id",
    "parent": "parent_id",
    "problem": "problem_id",
    "split_from": "split_from_id",
    "merged_into": "merged_into_id",
    "sla": "sla_id",
    "title": "title",
    "external_system": "external_system",
    "external_ref": "external_ref",
    "external_id": "external_id",
}
# Name of the moment -> the column; each has a filter `<name>_after` (at or after) and `<name>_before` (before).
MOMENTS: dict[str, str] = {
    "created": "created_at",
    "updated": "active_at",
    "edited": "edited_at",
    "due": "due_at",
    "solved": "solved_at",
    "closed": "closed_at",
}
# What a customer may compare in place of status and phase (RS-091).
SEEN: dict[str, str] = {"status": SEEN_STATUS, "phase": SEEN_PHASE}
_THROUGH = {
    "team": "SELECT 1 FROM tickets_participant p WHERE p.ticket_id = t.id AND p.part = 'assigned' AND p.team_id",
    "colleague": "SELECT 1 FROM tickets_participant p WHERE p.ticket_id = t.id AND p.part = 'assigned' AND p.person_id",
    "watcher": "SELECT 1 FROM tickets_participant p WHERE p.ticket_id = t.id AND p.part = 'watching' AND p.person_id",
    "supplier": "SELECT 1 FROM tickets_participant p WHERE p.ticket_id = t.id AND p.part = 'supplier' AND p.company_id",
    "tag": "SELECT 1 FROM tickets_tickettag g WHERE g.ticket_id = t.id AND g.tag_id",
}
THROUGH = tuple(_THROUGH)


def among(name: str, values: Sequence[Any], *, seen: bool = False) -> Condition:
    """The field has one of these values; None stands for "not set"; `seen` compares what a customer sees."""
    if name in _THROUGH:
        return Condition(f"EXISTS ({_THROUGH[name]} {_one_of(len(values))})", tuple(values)) if values else NOTHING
    column = SEEN[name] if seen and name in SEEN else f"t.{EQUALS[name]}"
    given = tuple(value for value in values if value is not None)
    parts = [f"{column} {_one_of(len(given))}"] if given else []
    if None in values:
        parts.append(f"{column} IS NULL")
    return Condition(f"({' OR '.join(parts)})" if len(parts) > 1 else parts[0], given) if parts else NOTHING


def since(name: str, moment: Any) -> Condition:
    """At or after a moment."""
    return Condition(f"t.{MOMENTS[name]} >= %s", (moment,))


def until(name: str, moment: Any) -> Condition:
    """Before a moment."""
    return Condition(f"t.{MOMENTS[name]} < %s", (moment,))


def _one_of(number: int) -> str:
    return "= %s" if number == 1 else f"IN ({', '.join(['%s'] * number)})"
