"""The ticket monitor: the engine's history, written out in the package's form (ST-052 … ST-061, RC-181)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from django.utils import timezone

from polydesk.directory.models import Person
from polydesk.tickets.models import Event
from polydesk.web.files import safe_name

from . import fields, people
from .models import Ticket, UnchangedSave

CLOSED_PHASES = ("closed", "dropped")
# What the watched fields are read from.
_FOLLOWED = (
    "kind",
    "status",
    "phase",
    "priority",
    "priority_level",
    "extra",
    "assignee",
    "requester",
    "description",
    "resolution",
)


def text(ticket: Ticket) -> str:
    """All lines, oldest first, until the closing."""
    return "".join(f"{line}\n" for line in _lines(ticket))


def file_name(ticket: Ticket) -> str:
    """`{id}-{user}.mon` with unsafe characters replaced (ST-058)."""
    user = people.recorded(ticket.requester) if ticket.requester_id else ""
    return safe_name(f"{ticket.pk}-{re.sub(r'[^A-Za-z0-9._@-]', '_', user)}.mon")


def _lines(ticket: Ticket) -> Iterator[str]:
    yield f"{_date(ticket.created_at)} #### Ticket created ####"
    events = list(Event.objects.filter(ticket_id=ticket.pk).order_by("number"))
    said = list(_changes(ticket, events))
    if ticket.phase in CLOSED_PHASES:  # the monitor ends with the closing (RC-310)
        last = max((n for n, (_, _, closes) in enumerate(said) if closes), default=len(said))
        said = said[: last + 1]
    unchanged = UnchangedSave.objects.filter(ticket_id=ticket.pk).select_related("by__user")
    if ticket.phase in CLOSED_PHASES:
        unchanged = unchanged.filter(version__lt=said[-1][0])
    lines = [((number, 0), line) for number, line, _ in said]
    lines += [((row.version, row.pk), _line(row.at, people.recorded(row.by), "No changes!")) for row in unchanged]
    for _, line in sorted(lines):
        yield line


def _changes(ticket: Ticket, events: list[Event]) -> Iterator[tuple[int, str, bool]]:
    """Each change of a watched field: the number of its event, its line, and whether it closed the ticket."""
    names = _names(events)
    now: dict[str, Any] = {
        "extra": {},
        "priority_level": None,
        "priority": None,
        "phase": "new",
        "status": "new",
        "kind": "",
    }
    shown: dict[str, str] = {}
    for event in events:
        was_open = now["phase"] not in CLOSED_PHASES
        now |= {name: event.changes[name][1] for name in _FOLLOWED if name in event.changes}
        before, shown = shown, _watched(now, names)
        who = names.get(event.actor_id) or "system"
        if event.number == 1:
            yield event.number, _line(event.at, who, f"[TICKET_NUMBER: {ticket.ticket_number}]"), False
            continue
        changed = [f"[{name}: {value}]" for name, value in shown.items() if before.get(name) != value]
        if changed:
            yield event.number, _line(event.at, who, " | ".join(changed)), was_open and now["phase"] in CLOSED_PHASES


def _watched(now: dict[str, Any], names: dict[int | None, str]) -> dict[str, str]:
    codes: Any = SimpleNamespace(**now)
    return {
        "USER": names.get(now.get("requester"), ""),
        "STAFF": names.get(now.get("assignee"), ""),
        "TICKET_TYPE": fields.label("ST_TCKT_TYPE", fields.ticket_type(codes)),
        "SEVERITY": fields.label("ST_TCKT_SEVERITY", fields.severity(codes)),
        "STATE": fields.label("ST_TCKT_STATE", fields.state(codes)),
        "DESCRIPTION": _one_line(now.get("description") or ""),
        "RESOLUTION_TEXT": _one_line(now.get("resolution") or ""),
    }


def _names(events: list[Event]) -> dict[int | None, str]:
    ids = {event.actor_id for event in events}
    for event in events:
        for name in ("requester", "assignee"):
            ids.update(event.changes.get(name, ()))
    rows = Person.objects.filter(pk__in=[i for i in ids if i]).select_related("user")
    return {person.pk: _one_line(people.recorded(person)) for person in rows}


def _line(at: dt.datetime, who: str, what: str) -> str:
    return f"{_date(at)} [user: {who}] {what}"


def _date(at: dt.datetime) -> str:
    """The moment with its zone, to the second."""
    return str(timezone.localtime(at, timezone.get_current_timezone()).replace(microsecond=0))


def _one_line(value: str) -> str:
    r"""Line breaks of every sort as \n, so that an entry stays one line (ST-055)."""
    return "\\n".join(value.splitlines())
