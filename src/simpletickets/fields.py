"""The package's numbers and the engine's words side by side, both ways (RC-043, RC-123, RC-150, RC-155, RC-343).

A number that the engine cannot say is kept beside the value it was stored with, and shown again while that value is
still the same (RC-007)."""

from __future__ import annotations

from typing import Any, Protocol

from . import settings

NEW, ASSIGNED, IN_PROGRESS, SOLVED, CLOSED = 1, 2, 5, 8, 9
FACE = "simpletickets"

_STATE_OF_STATUS = {"assigned": ASSIGNED, "planned": ASSIGNED, "scheduled": ASSIGNED}
_STATE_OF_PHASE = {"new": NEW, "open": IN_PROGRESS, "waiting": IN_PROGRESS, "solved": SOLVED}
ASSIGNED_STATUSES = tuple(_STATE_OF_STATUS)

_SEVERITY_OF_LEVEL = {1: 1, 2: 1, 3: 2, 4: 5, 5: 8, 6: 9, None: 2}
_PRIORITY_OF_SEVERITY = {
    1: "low",
    2: "normal",
    3: "normal",
    4: "normal",
    5: "high",
    6: "high",
    7: "high",
    8: "very_high",
}

_TYPE_OF_KIND = {"incident": 1, "alert": 1, "problem": 2}
_OTHERS = 9


class Codes(Protocol):
    """What the numbers are read from: a ticket, or a ticket as one of its events left it."""

    kind: str
    status: str
    phase: str
    priority: str | None
    priority_level: int | None
    extra: dict[str, Any]


def choices(setting: str) -> list[tuple[int, Any]]:
    """A list of the site, as forms take it."""
    return [(int(number), label) for number, label in getattr(settings, setting)]


def label(setting: str, number: int) -> str:
    """The site's label of a number, else the number itself (ST-082)."""
    return str(dict(choices(setting)).get(number, number))


def _kept(ticket: Codes, name: str, stored_with: str | None) -> int | None:
    pair = ticket.extra.get(FACE, {}).get(name)
    return pair[0] if pair and pair[1] == stored_with else None


def state(ticket: Codes) -> int:
    """The state that a ticket of any face shows (RC-123)."""
    if ticket.phase in ("closed", "dropped"):
        return CLOSED
    kept = _kept(ticket, "state", ticket.status)
    if kept is not None:
        return kept
    number = _STATE_OF_STATUS.get(ticket.status) or _STATE_OF_PHASE[ticket.phase]
    return in_progress() if number == IN_PROGRESS else number


def in_progress() -> int:
    """The site's word for being worked on; a list without 5 has the lowest between 3 and 7, else 2 (RC-343)."""
    numbers = [number for number, _ in choices("ST_TCKT_STATE")]
    if IN_PROGRESS in numbers:
        return IN_PROGRESS
    return min((n for n in numbers if 3 <= n <= 7), default=ASSIGNED)


def severity(ticket: Codes) -> int:
    """The kept number, else the nearest of the site's list that is not above the priority (RC-155)."""
    kept = _kept(ticket, "severity", ticket.priority)
    if kept is not None:
        return kept
    number = _SEVERITY_OF_LEVEL[ticket.priority_level]
    listed = sorted(n for n, _ in choices("ST_TCKT_SEVERITY"))
    return max((n for n in listed if n <= number), default=listed[0] if listed else number)


def ticket_type(ticket: Codes) -> int:
    """The package's own code; for tickets of other faces by kind, in the site's list (RC-150)."""
    own = ticket.extra.get(FACE, {}).get("ticket_type")
    if own is not None:
        return int(own)
    listed = [number for number, _ in choices("ST_TCKT_TYPE")]
    number = _TYPE_OF_KIND.get(ticket.kind, _OTHERS)
    return number if number in listed or not listed else listed[-1]


def kind(number: int) -> str:
    """What a new ticket of this type is in the engine."""
    return "incident" if number in (1, 2) else "request"


def status_of(number: int) -> str:
    """Where a written state stands in the engine; site-defined ones behave like in progress (ST-043)."""
    return {NEW: "new", ASSIGNED: "assigned", SOLVED: "solved", CLOSED: "closed"}.get(number, "in_progress")


def priority_of(number: int) -> str:
    """The priority behind a severity."""
    return _PRIORITY_OF_SEVERITY.get(number, "low" if number < 1 else "major")


def written(
    ticket: Codes | None, *, type: int | None = None, severity_: int | None = None, state_: int | None = None
) -> dict[str, Any]:
    """The engine's values for numbers that differ from those shown now (RC-002)."""
    values: dict[str, Any] = {}
    own: dict[str, Any] = {}
    if type is not None and (ticket is None or type != ticket_type(ticket)):
        own["ticket_type"] = type
    if severity_ is not None and (ticket is None or severity_ != severity(ticket)):
        values["priority"] = priority_of(severity_)
        own["severity"] = [severity_, values["priority"]]
    if state_ is not None and (ticket is None or state_ != state(ticket)):
        values["status"] = status_of(state_)
        own["state"] = [state_, values["status"]]
    if own:
        values["extra"] = {FACE: own}
    return values
