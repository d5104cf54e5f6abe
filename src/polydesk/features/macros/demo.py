"""Macros of the demo: three things that are always done together."""

from __future__ import annotations

from typing import Any

from polydesk.directory.demo import Desk

from .models import Macro

MACROS: tuple[dict[str, Any], ...] = (
    {
        "name": "Wait for the supplier",
        "description": "The part is ordered",
        "values": {"status": "waiting_supplier", "assignee": "me"},
        "text": "Hello {{requester.first_name}}, the part is ordered; we write again when it is here.",
    },
    {
        "name": "Escalate",
        "description": "To the second level, with a note",
        "values": {"status": "escalated", "priority": "high"},
        "text": "Escalated by {{agent.name}}: please take over.",
        "internal": True,
        "kinds": ["incident", "request"],
    },
    {"name": "Take it", "description": "Mine, and begun", "values": {"assignee": "me", "status": "in_progress"}},
)


def furnish(desk: Desk) -> None:
    """For everybody in the first organization; what is there already is left alone."""
    for position, facts in enumerate(MACROS):
        defaults = {**facts, "position": position}
        Macro.objects.get_or_create(organization=desk.house, name=facts["name"], defaults=defaults)
