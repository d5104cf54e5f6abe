"""The types of messages, and which of them an event is (RS-044)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

TYPES: dict[str, str] = {
    "ticket.created": "A ticket was opened.",
    "ticket.updated": "Fields or parts of a ticket were changed in a way that has no type of its own.",
    "ticket.assigned": "Somebody else works on it, or nobody any more.",
    "ticket.solved": "It was solved.",
    "ticket.closed": "It was closed or dropped.",
    "ticket.reopened": "It was solved or closed and is open again.",
    "ticket.merged": "It took another ticket in, or was merged into one.",
    "ticket.sla_breached": "A target of its service level passed unreached.",
    "ticket.deleted": "It was deleted; it may come back.",
    "ticket.restored": "It came back.",
    "ticket.purged": "It was destroyed for good.",
    "comment.created": "A message, note, task or solution was written.",
    "comment.updated": "An entry was changed.",
    "comment.deleted": "An entry was taken away.",
    "attachment.created": "Files or links were added.",
    "attachment.deleted": "A file or link was taken away.",
    "time.created": "Time was booked.",
    "time.updated": "Booked time was corrected.",
    "time.deleted": "Booked time was taken away.",
    "rating.created": "A score was given.",
    "relation.created": "Two tickets were tied together.",
    "relation.deleted": "Such a tie was undone.",
    "endpoint.tested": "Somebody wants to see whether messages arrive.",
}
PARTS = {
    "+comment": "comment.created",
    "+comment_edit": "comment.updated",
    "+comment_removed": "comment.deleted",
    "+attachment": "attachment.created",
    "+attachment_removed": "attachment.deleted",
    "+time": "time.created",
    "+time_edit": "time.updated",
    "+time_removed": "time.deleted",
    "+rating": "rating.created",
    "+relation": "relation.created",
    "+relation_removed": "relation.deleted",
}
_BY_VERB = {
    "create": "ticket.created",
    "remove": "ticket.deleted",
    "restore": "ticket.restored",
    "purge": "ticket.purged",
    "sla_breached": "ticket.sla_breached",
}
_FOLLOWS = frozenset({"time_spent", "rating"})
"""Fields that merely follow from a part that has a type of its own."""
_DONE = ("solved", "closed", "dropped")


def candidates(verb: str, changes: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """What an event is, by area: a ticket's types from the most special to `ticket.updated`; an endpoint gets the first
    that it wants."""
    found = [tuple(_of_ticket(verb, changes))]
    for part, name in PARTS.items():
        if any(entry.get("type") != "opening" for entry in changes.get(part, ())):
            found.append((name,))
    return [names for names in found if names]


def _of_ticket(verb: str, changes: Mapping[str, Any]) -> Iterable[str]:
    if verb in _BY_VERB:
        yield _BY_VERB[verb]
        return
    if any(name.startswith(("+merged", "+unmerged")) for name in changes):
        yield "ticket.merged"
    before, after = changes.get("phase", (None, None))
    if after in ("closed", "dropped"):
        yield "ticket.closed"
    elif after == "solved":
        yield "ticket.solved"
    elif before in _DONE:
        yield "ticket.reopened"
    if "assignee" in changes:
        yield "ticket.assigned"
    if changes.keys() - PARTS.keys() - _FOLLOWS:
        yield "ticket.updated"


def wanted(patterns: Iterable[str], names: Iterable[str]) -> str | None:
    """The first of these types that the patterns name."""
    patterns = list(patterns)
    for name in names:
        if not patterns or name in patterns or f"{name.partition('.')[0]}.*" in patterns:
            return name
    return None


def unknown(patterns: Iterable[str]) -> list[str]:
    """Patterns that name no type."""
    areas = {f"{name.partition('.')[0]}.*" for name in TYPES}
    return [pattern for pattern in patterns if pattern not in TYPES and pattern not in areas]
