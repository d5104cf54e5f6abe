"""What can set an automation off: questions about one event, which ask no database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from polydesk.tickets.fields import FIELDS
from polydesk.tickets.models import Event
from polydesk.tickets.rules.lifecycle import DONE

from . import recipe

SILENT = frozenset({"merge", "undo", "remove", "restore", "purge", "erase", "automation_stopped"})
"""Verbs that move or take back what has happened, and what says that there is an end to it."""
WATCHED = (
    "status",
    "priority",
    "assignee",
    "assigned_teams",
    "category",
    "queue",
    "urgency",
    "impact",
    "kind",
    "company",
)
"""Fields whose change can be waited for by name, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that an event may be."""

    name: Any
    is_it: Callable[[Event], bool]


def happens(when: recipe.Event, event: Event) -> bool:
    """Is this one of the events that it waits for?"""
    if event.verb in SILENT or event.via == "import":
        return False
    return any(HAPPENINGS[key].is_it(event) and (key != "changed" or _changes(event, when)) for key in when.of)


def _changes(event: Event, when: recipe.Event) -> bool:
    if not when.field:
        return True
    before, after = event.changes.get(when.field, (None, None))
    if before == after:
        return False
    if when.to == "":
        return True
    return when.to in after and when.to not in (before or ()) if isinstance(after, list) else after == when.to


def _is_changed(event: Event) -> bool:
    return event.verb != "create" and any(n in FIELDS and FIELDS[n].group != "derived" for n in event.changes)


def _entries(event: Event) -> Iterator[dict[str, Any]]:
    """What was written, but for the opening message."""
    return (entry for entry in event.changes.get("+comment", ()) if entry.get("type") != "opening")


def _replies(side: str) -> Callable[[Event], bool]:
    return lambda event: any(not e.get("internal") and e.get("side") == side for e in _entries(event))


def _moves(into: tuple[str, ...], *, back: bool = False) -> Callable[[Event], bool]:
    def moved(event: Event) -> bool:
        before, after = event.changes.get("phase", (None, None))
        if event.verb == "create" or before == after:
            return False
        return before in DONE and after not in DONE if back else after in into

    return moved


HAPPENINGS: dict[str, Happening] = {
    "created": Happening(_("A ticket is opened"), lambda event: event.verb == "create"),
    "changed": Happening(_("A field changes"), _is_changed),
    "customer_replied": Happening(_("The customer replies"), _replies("customer")),
    "agent_replied": Happening(_("An agent replies"), _replies("staff")),
    "note_added": Happening(_("A note is written"), lambda event: any(e.get("internal") for e in _entries(event))),
    "solved": Happening(_("It is solved"), _moves(("solved",))),
    "closed": Happening(_("It is closed"), _moves(("closed", "dropped"))),
    "reopened": Happening(_("It is reopened"), _moves((), back=True)),
    "late": Happening(_("A promise of the service level is missed"), lambda event: event.verb == "sla_breached"),
    "rated": Happening(_("The customer rates it"), lambda event: "+rating" in event.changes),
}
