"""Reading a ticket's story from its events, all at once or one after the other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from polydesk.tickets.models import Event

from .clock import Stamp, Step, Story

LOOKED_AT = frozenset({"status", "phase", "priority_level", "sla", "created_at", "deleted_at", "+comment"})


def of(events: Iterable[Event]) -> Story | None:
    """The story that a ticket's events tell, oldest first; None without any."""
    story, assignee = None, None
    for event in events:
        if "assignee" in event.changes:
            assignee = event.changes["assignee"][1]
        story = follow(story, event, assignee)
    return story


def follow(story: Story | None, event: Event, assignee: int | None) -> Story:
    """The story with one more event."""
    changes = event.changes
    story = story or Story(started=_moment(changes.get("created_at")) or event.at)
    if not story.steps or "status" in changes:
        _step(story, event, changes)
    elif "created_at" in changes:
        story.started = _moment(changes["created_at"]) or story.started
    if story.responded is None and any(is_response(entry) for entry in changes.get("+comment", ())):
        story.responded = Stamp(event.at, event.actor_id, assignee)
    return story


def _step(story: Story, event: Event, changes: dict[str, Any]) -> None:
    """An import tells when the ticket was closed; everything else happens when it is written."""
    closed = _moment(changes.get("closed_at"))
    at = max(closed or event.at, story.started) if story.steps or closed else story.started
    before = story.steps[-1] if story.steps else Step(at, "", "new")
    status = changes["status"][1] if "status" in changes else before.status
    phase = changes["phase"][1] if "phase" in changes else before.phase
    story.steps.append(Step(at, status, phase, event.actor_id))


def is_response(entry: dict[str, Any]) -> bool:
    """A public word of the staff to the customer; the opening message and notes of the desk are none."""
    return bool(
        entry.get("side") == "staff" and not entry.get("internal") and entry.get("type") not in ("opening", "task")
    )


def dump(story: Story) -> dict[str, Any]:
    """The story as the row keeps it."""
    said = story.responded
    return {
        "steps": [[step.at.isoformat(), step.status, step.phase, step.by] for step in story.steps],
        "responded": [said.at.isoformat(), said.by, said.assignee] if said else None,
    }


def load(started: dt.datetime, kept: dict[str, Any]) -> Story:
    """The story that a row keeps."""
    said = kept["responded"]
    return Story(
        started,
        [Step(dt.datetime.fromisoformat(at), status, phase, by) for at, status, phase, by in kept["steps"]],
        Stamp(dt.datetime.fromisoformat(said[0]), said[1], said[2]) if said else None,
    )


def _moment(change: list[Any] | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(change[1]) if change and change[1] else None
