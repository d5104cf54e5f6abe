"""Automations of the demo: the three that everybody asks for first, to be looked at and switched on."""

from __future__ import annotations

from polydesk.directory.demo import Desk

from . import recipe
from .models import Automation, Version
from .starters import STARTERS


def furnish(desk: Desk) -> None:
    """For House, all off: the demo's stories are told by its people alone. What is there already is left alone."""
    for position, starter in enumerate(STARTERS.values()):
        made = recipe.written(starter.make(desk.support.pk))
        facts = {"position": position, "recipe": made, "is_timed": made["when"]["by"] == "time"}
        row, is_new = Automation.objects.get_or_create(organization=desk.house, name=str(starter.name), defaults=facts)
        if is_new:
            Version.objects.create(automation=row, number=1, name=row.name, recipe=made)
