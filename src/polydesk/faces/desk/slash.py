"""Commands written in a message: `/assign tess`, `/status solved`."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext as _

from polydesk.directory.actors import Actor
from polydesk.tickets.models import Ticket
from polydesk.tickets.refusals import refuse

from .vocabulary import Vocabulary

LINE = re.compile(r"^/(\w+)(?:[ \t]+(.*))?$")


def take(text: str, vocabulary: Vocabulary, actor: Actor, ticket: Ticket) -> tuple[str, dict[str, Any]]:
    """The text without its commands, and the values that they ask for; lines inside code are no commands."""
    values: dict[str, Any] = {}
    kept, in_code = [], False
    for line in text.splitlines():
        in_code ^= line.lstrip().startswith("```")
        match = LINE.match(line.strip())
        if in_code or match is None or match[1] not in COMMANDS:
            kept.append(line)
            continue
        field, meaning = COMMANDS[match[1]]
        values[field] = meaning((match[2] or "").strip(), vocabulary, actor)
    return ("\n".join(kept).strip() if values else text), values


def _status(word: str, vocabulary: Vocabulary, actor: Actor) -> str:
    return _one(word, {k: vocabulary.status(k) for k in vocabulary.statuses}, "status")


def _priority(word: str, vocabulary: Vocabulary, actor: Actor) -> str:
    return _one(word, {k: vocabulary.priority(k) for k in vocabulary.priorities}, "priority")


def _assignee(word: str, vocabulary: Vocabulary, actor: Actor) -> int | None:
    if word in ("me", ""):
        return actor.person_id
    if word in ("nobody", "none"):
        return None
    return int(_one(word.lstrip("@"), {str(k): name for k, name in vocabulary.agents.items()}, "assignee"))


def _team(word: str, vocabulary: Vocabulary, actor: Actor) -> list[int]:
    return [int(_one(word, {str(k): name for k, name in vocabulary.teams.items()}, "team"))]


def _one(word: str, known: dict[str, str], field: str) -> str:
    """The only one whose key or name begins so."""
    low = word.casefold()
    if low in known:
        return low
    exact = [key for key, name in known.items() if name.casefold() == low]
    near = exact or [key for key, name in known.items() if low and low in name.casefold()]
    if len(near) != 1:
        raise refuse("unknown", field, _("“%(word)s” names nothing, or several.") % {"word": word})
    return near[0]


COMMANDS: dict[str, tuple[str, Any]] = {
    "status": ("status", _status),
    "assign": ("assignee", _assignee),
    "priority": ("priority", _priority),
    "team": ("assigned_teams", _team),
    "close": ("status", lambda word, vocabulary, actor: "closed"),
    "solve": ("status", lambda word, vocabulary, actor: "solved"),
    "wait": ("status", lambda word, vocabulary, actor: "waiting_customer"),
}
