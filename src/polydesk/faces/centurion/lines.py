"""Action comments: what events say in Centurion's words (CE-120 … CE-138, RC-181).

Nothing of this is stored. One event is several lines, one for each changed field and each person or team; a line's
number is drawn from the event's and its place in it, so reading twice gives the same numbers."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from polydesk.features.slashes import in_words
from polydesk.tickets import kinds
from polydesk.tickets.models import Event

from . import codes
from .names import Names

FIRST, PER_EVENT = 2**40, 4096
Text = Callable[[Names], str]


@dataclass(slots=True)
class Line:
    """One action comment. `text` needs the names of people and teams, which are read together beforehand."""

    id: int
    event: Event
    text: Text
    duration: int = 0


@dataclass(slots=True)
class Draft:
    """A line before it has its number; `wants` are (what, id) whose names it tells."""

    text: str | Text
    wants: tuple[tuple[str, int], ...] = ()
    duration: int = 0


def event_of(line_id: int) -> int | None:
    """The event behind a line's number; None for the number of a comment."""
    return (line_id - FIRST) // PER_EVENT if line_id >= FIRST else None


def lines(ticket_id: int, events: Iterable[Event], times: Mapping[int, int], names: Names) -> list[Line]:
    """Every line of a ticket, oldest first. `events` are all of them in order; `times` gives the seconds that each time
    entry of this ticket holds now, so that the sum of durations stays the ticket's (CE-139)."""
    found = []
    state: dict[str, Any] = {}
    for event in events:
        drafts = list(_Telling(ticket_id, event, state, times).drafts())
        for place, draft in enumerate(drafts[:PER_EVENT]):
            for what, number in draft.wants:
                names.want(what, number)
            text = draft.text
            found.append(Line(
                id=FIRST + event.pk * PER_EVENT + place,
                event=event,
                text=text if callable(text) else lambda _, text=text: text,  # type: ignore[misc]
                duration=draft.duration,
            ))  # fmt: skip
        state |= {name: change[1] for name, change in event.changes.items() if not name.startswith("+")}
    return found


_SCALES = {"impact": codes.SCALE, "urgency": codes.SCALE, "priority_level": codes.PRIORITY}
_REFERENCES = {"category": "ticket_category", "project": "project", "milestone": "milestone"}
_DATES = {
    "planned_start": "Planned Start Date",
    "planned_finish": "Planned Finish Date",
    "real_start": "Real Start Date",
    "real_finish": "Real Finish Date",
}
_PEOPLE = (
    ("watchers", "user", "Added @{} as watching", "Removed @{} as watching"),
    ("watching_teams", "team", "Added team @{} as watching", "Removed team @{} as watching"),
)
_RELATED = {"related": "related to", "blocks": "blocking", "blocked_by": "blocked by"}
_SEEN_FROM_THERE = {"blocks": "blocked_by", "blocked_by": "blocks"}


@dataclass(slots=True)
class _Telling:
    """One event on its ticket, after the state that came before it."""

    ticket_id: int
    event: Event
    state: Mapping[str, Any]
    times: Mapping[int, int]

    def drafts(self) -> Iterator[Draft]:
        """Its lines in order. A creation tells who is on it and what it brought along, not each first value."""
        if self.event.verb != "create":
            yield from self._texts()
        yield from self._status()
        yield from self._assigned()
        if self.event.verb != "create":
            yield from self._values()
        for name, what, joined, left in _PEOPLE:
            yield from self._joined(what, *self._change(name, []), joined, left)
        yield from self._time()
        yield from self._relations()
        yield from self._items()
        if self.event.verb != "create":
            yield from self._others()

    def _changed(self, name: str) -> bool:
        return name in self.event.changes

    def _change(self, name: str, empty: Any = None) -> tuple[Any, Any]:
        """Before and after; both the stored one when this event left it alone."""
        before, after = self.event.changes.get(name) or (self.state.get(name), self.state.get(name))
        return (empty if before is None else before), (empty if after is None else after)

    def _parts(self, name: str) -> list[dict[str, Any]]:
        return list(self.event.changes.get(f"+{name}", ()))

    def _texts(self) -> Iterator[Draft]:
        if self._changed("title"):
            old, new = self._change("title", "")
            yield Draft(f"Title changed ~~{old}~~ to **{new}**")
        if self._changed("description"):
            yield Draft(_difference(*self._change("description", "")))

    def _status(self) -> Iterator[Draft]:
        if not self._changed("status"):
            return
        keys, phases = self._change("status", ""), self._change("phase", "")
        old = 2 if self.event.verb == "create" else codes.status_number(keys[0], phases[0])
        new = codes.status_number(keys[1], phases[1])
        if old != new:
            yield Draft(f"changed status to {codes.status_label(new)}")

    def _assigned(self) -> Iterator[Draft]:
        if self._changed("assignee") or self._changed("assigned_people"):
            assignee, others = self._change("assignee"), self._change("assigned_people", [])
            before, after = (codes.assigned_people(assignee[i], others[i]) for i in (0, 1))
            yield from self._joined("user", before, after, "Assigned @{}", "Unassigned @{}")
        yield from self._joined("team", *self._change("assigned_teams", []), "Assigned team @{}", "Unassigned team @{}")

    def _joined(self, what: str, before: list[int], after: list[int], joined: str, left: str) -> Iterator[Draft]:
        for number in after:
            if number not in before:
                yield _named(joined, what, number)
        for number in before:
            if number not in after:
                yield _named(left, what, number)

    def _values(self) -> Iterator[Draft]:
        for name, labels in _SCALES.items():
            old, new = self._change(name)
            if old != new:
                word = "priority" if name == "priority_level" else name
                yield Draft(f"changed {word} to {labels.get(new, 'None') if new else 'None'}")
        for name, word in _REFERENCES.items():
            if self._changed(name):
                old, new = (f"${word}-{i}" if i else "None" for i in self._change(name))
                yield Draft(f"changed {name} from {old} to {new}")
        for name, word in _DATES.items():
            if self._changed(name):
                old, new = (_moment(value) for value in self._change(name))
                yield Draft(f"changed {word} from _{old}_ to **{new}**")
        if self._changed("parent"):
            old, new = (f"#{i}" if i else "None" for i in self._change("parent"))
            yield Draft(f"Parent ticket changed from {old} to {new}")

    def _time(self) -> Iterator[Draft]:
        for part in self._parts("time"):
            if part["comment"] is None:
                yield Draft(f"added {in_words(part['seconds'])} of time spent", duration=self.times.get(part["id"], 0))
        for part in self._parts("time_edit"):
            if part["before"]["comment"] is None and part["before"]["seconds"] != part["after"]["seconds"]:
                yield Draft(f"changed time spent to {in_words(part['after']['seconds'])}")
        for part in self._parts("time_removed"):
            if part["comment"] is None:
                yield Draft(f"removed {in_words(part['seconds'])} of time spent")

    def _relations(self) -> Iterator[Draft]:
        for part in self._parts("relation"):
            yield Draft(f"added {self._related(part)}")
        for part in self._parts("relation_removed"):
            yield Draft(f"removed {self._related(part)}")
        for part in self._parts("merged_into") + self._parts("split_off"):
            yield Draft(f"added #{self.ticket_id} as related to #{part['ticket']}")
        for part in self._parts("merged"):
            brought = sum(self.times.get(i, 0) for i in part["time"])
            yield Draft(f"added #{self.ticket_id} as related to #{part['source']}", duration=brought)
        if self.event.verb == "create" and self._change("split_from")[1]:
            yield Draft(f"added #{self.ticket_id} as related to #{self._change('split_from')[1]}")

    def _related(self, part: Mapping[str, Any]) -> str:
        """CE-162: told from this ticket's side; relations that Centurion has no word for are told as related."""
        type_ = part["type"] if part["type"] in _RELATED else "related"
        if part["direction"] == "in":
            type_ = _SEEN_FROM_THERE.get(type_, type_)
        return f"#{self.ticket_id} as {_RELATED[type_]} #{part['ticket']}"

    def _items(self) -> Iterator[Draft]:
        before, after = self._change("items", [])
        for kind, number in after:
            if [kind, number] not in before:
                yield Draft(f"linked ${kind}-{number}")
        for kind, number in before:
            if [kind, number] not in after:
                yield Draft(f"unlinked ${kind}-{number}")

    def _others(self) -> Iterator[Draft]:
        """What has no row of its own in the original (CE-138)."""
        if self._changed("estimate"):
            old, new = self._change("estimate", 0)
            if old != new:
                yield Draft(f"changed estimate to {new}")
        if self._changed("requester"):
            new = self._change("requester")[1]
            yield _named("changed opened_by to @{}", "user", new) if new else Draft("changed opened_by to None")
        if self._changed("external_system"):
            number = codes.external_system_number(self._change("external_system")[1])
            yield Draft(f"changed external_system to {codes.EXTERNAL_SYSTEMS[number][0] if number else 'None'}")
        if self._changed("external_ref"):
            yield Draft(f"changed external_ref to {self._change('external_ref')[1]}")
        if self._changed("problem"):
            new = self._change("problem")[1]
            yield Draft(f"changed problem to {f'#{new}' if new else 'None'}")
        if self._changed("kind"):
            new = self._change("kind")[1]
            yield Draft(f"changed ticket_type to {kinds.KINDS[new].label}")
        if self._changed("deleted_at"):
            yield Draft(f"changed is_deleted to {self._change('deleted_at')[1] is not None}")
        if self._changed("organization"):
            old, new = self._change("organization")
            yield Draft(f"Ticket moved from $organization-{old} to $organization-{new}")


def _named(pattern: str, what: str, number: int) -> Draft:
    return Draft(lambda names: pattern.format(names.name(what, number)), ((what, number),))


def _moment(value: Any) -> str:
    """`2026-12-02 09:00:00+00:00`"""
    if not value:
        return "None"
    found = dt.datetime.fromisoformat(str(value)).astimezone(dt.UTC)
    return found.isoformat(sep=" ")


def _difference(old: str, new: str) -> str:
    """CE-122: a unified diff that folds away."""
    compared = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="")
    shown = "\n".join(compared)
    longest = max((len(run) for run in _backticks(shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"<details><summary>Changed the Description</summary>\n\n{fence} diff\n\n{shown}\n\n{fence}\n\n</details>"


def _backticks(text: str) -> list[str]:
    """Runs of backticks: the fence around must be longer than any of them."""
    return ["`" * len(run) for run in "".join(c if c == "`" else " " for c in text).split()]
