"""Who is told of what: pure functions from an event and its ticket to people, with the reason for each.

`calls` answers in teams and names too, since it asks no database; `resolve` makes people of them, one line for each:
the weightiest. Whether somebody may know of it is not decided here (`audience`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from polydesk.tickets.models import Event, Ticket

WHATS = (
    "approval",
    "stopped",
    "called",
    "mention",
    "assignment",
    "solved",
    "reopened",
    "word",
    "message",
    "note",
    "breach",
    "opened",
)
"""Kinds of news, the weightiest first: of one event a person hears the first that concerns him."""
REASONS = ("approver", "called", "mentioned", "assignee", "team", "requester", "watching")
FOR_STAFF = frozenset({"assignment", "note", "breach", "called", "stopped"})

SILENT = frozenset({"merge", "split", "undo", "remove", "restore", "purge", "erase", "link", "unlink", "rate"})
"""Verbs that move or take back what people were told when it happened."""
DONE = ("solved", "closed", "dropped")

Address = tuple[str, int | str]
"""("person", id), ("team", id), ("board", id) or ("name", login)."""


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody, or a team, is to be told."""

    to: Address
    what: str
    reason: str
    comment: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """One person is to be told."""

    person: int
    what: str
    reason: str
    comment: int | None = None


def calls(event: Event, ticket: Ticket) -> Iterator[Call]:
    """Everybody whom the event concerns; people may come several times."""
    if event.verb in SILENT or event.via == "import" or event.cause == "split":
        return
    yield from _approvals(event)
    yield from _called(event)
    yield from _assignments(event)
    yield from _entries(event, ticket)
    if event.verb == "create":
        yield from _opening(event, ticket)
    else:
        yield from _phases(event, ticket)
    if event.verb == "sla_breached":
        yield from (Call(to, "breach", reason) for to, reason in workers(ticket))


def concerns_others(event: Event, ticket: Ticket) -> bool:
    """Is there anybody to tell beside those who did it? Asked in the writing transaction."""
    doers = _doers(event)
    return any(call.to[0] != "person" or call.to[1] not in doers for call in calls(event, ticket))


def resolve(
    event: Event, found: Iterable[Call], members: Mapping[Address, Sequence[int]], people: Mapping[str, int]
) -> list[Told]:
    """One line for each person, without those who did it; `members` of teams and boards and `people` by
    login are given."""
    told: dict[int, Told] = {}
    for call in found:
        for person in _people(call.to, members, people):
            now = Told(person, call.what, call.reason, call.comment)
            before = told.get(person)
            if before is None:
                told[person] = now
            elif WHATS.index(now.what) < WHATS.index(before.what):
                told[person] = Told(person, now.what, now.reason, now.comment or before.comment)
            elif before.comment is None and now.comment is not None:
                told[person] = Told(person, before.what, before.reason, now.comment)
    for doer in _doers(event):
        told.pop(doer, None)
    return sorted(told.values(), key=lambda one: one.person)


def workers(ticket: Ticket) -> Iterator[tuple[Address, str]]:
    """Who works on it; the teams while nobody does."""
    people = [pk for pk in (ticket.assignee_id, *ticket.assigned_people) if pk is not None]
    yield from ((("person", pk), "assignee") for pk in people)
    if not people:
        yield from ((("team", pk), "team") for pk in ticket.assigned_teams)


def followers(ticket: Ticket) -> Iterator[tuple[Address, str]]:
    """Everybody who takes part: who works on it, who asked, who watches."""
    yield from workers(ticket)
    if ticket.requester_id is not None:
        yield ("person", ticket.requester_id), "requester"
    yield from ((("person", pk), "watching") for pk in ticket.watchers)
    yield from ((("team", pk), "watching") for pk in ticket.watching_teams)


# Not in addresses of mail or web, nor in code.
_MENTION = re.compile(r"(?<![\w@./+-])@([\w][\w.@+-]{0,253})")
_CODE = re.compile(r"(```|~~~).*?(\1|\Z)|`[^`\n]+`", re.DOTALL)


def mentioned(text: str) -> list[str]:
    """The names that a text calls with `@`, each once."""
    if "@" not in text:
        return []
    found = (match.rstrip(".-+@_") for match in _MENTION.findall(_CODE.sub(" ", text)))
    return list(dict.fromkeys(name for name in found if name))


def _doers(event: Event) -> set[int]:
    return {pk for pk in (event.actor_id, event.impersonator_id) if pk is not None}


def _people(to: Address, members: Mapping[Address, Sequence[int]], people: Mapping[str, int]) -> Sequence[int]:
    kind, key = to
    if kind == "person":
        return (key,)  # type: ignore[return-value]
    if kind == "name":
        return (people[key],) if key in people else ()  # type: ignore[index]
    return members.get(to, ())


def _approvals(event: Event) -> Iterator[Call]:
    for entry in event.changes.get("+approver", ()):
        if entry.get("approved") is None:
            yield Call(("person", entry["person"]), "approval", "approver")
    board = event.changes.get("approval_board", (None, None))[1]
    if board is not None:
        yield Call(("board", board), "approval", "approver")


def _called(event: Event) -> Iterator[Call]:
    """Whom an automation calls to the ticket, as its event says."""
    for told in event.changes.get("+told", ()):
        yield from (Call(("person", pk), told["what"], "called") for pk in told["people"])
        yield from (Call(("team", pk), told["what"], "called") for pk in told["teams"])


def _assignments(event: Event) -> Iterator[Call]:
    changes = event.changes
    if changes.get("assignee", (None, None))[1] is not None:
        yield Call(("person", changes["assignee"][1]), "assignment", "assignee")
    for name, kind, reason in (("assigned_people", "person", "assignee"), ("assigned_teams", "team", "team")):
        before, after = changes.get(name, ((), ()))
        yield from (Call((kind, pk), "assignment", reason) for pk in after or () if pk not in (before or ()))


def _entries(event: Event, ticket: Ticket) -> Iterator[Call]:
    for entry in event.changes.get("+comment", ()):
        if entry.get("type") == "opening":
            continue
        pk = entry["id"]
        yield from (Call(("name", name), "mention", "mentioned", pk) for name in mentioned(entry.get("text", "")))
        yield from (Call(to, _what(entry), reason, pk) for to, reason in followers(ticket))


def _what(entry: Mapping[str, Any]) -> str:
    if entry.get("internal") or entry.get("type") == "task":
        return "note"
    return "word" if entry.get("type") == "notification" else "message"


def _opening(event: Event, ticket: Ticket) -> Iterator[Call]:
    text = event.changes.get("description", ("", ""))[1] or ""
    yield from (Call(("name", name), "mention", "mentioned") for name in mentioned(text))
    yield from (Call(to, "opened", reason) for to, reason in followers(ticket) if reason in ("requester", "watching"))


def _phases(event: Event, ticket: Ticket) -> Iterator[Call]:
    before, after = event.changes.get("phase", ("", ""))
    if (before in DONE) == (after in DONE):
        return
    what = "solved" if after in DONE else "reopened"
    yield from (Call(to, what, reason) for to, reason in followers(ticket))
