"""Automations of House, kept by its administrator."""

from __future__ import annotations

import pytest

from polydesk.features.automation import keeping
from polydesk.features.automation.recipe import Recipe, Then


@pytest.fixture
def automate(world):
    return lambda *args, **facts: automation(world, *args, **facts)


def automation(world, when, condition="", *, name="Escalate VIP", on=True, position=0, **then):
    """One that is on, unless it is not to be."""
    mona = world.actor("mona")
    row = keeping.keep(None, by=mona, name=name, recipe=Recipe(when, condition, Then(**then)), position=position)
    if on:
        keeping.switch(row, True, by=mona)
    row.refresh_from_db()
    return row
