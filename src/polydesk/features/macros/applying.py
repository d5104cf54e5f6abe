"""What a macro would do on a ticket, and doing it: the preview is a rehearsal of the very command, taken back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from polydesk.directory.actors import Actor
from polydesk.tickets import commands, placeholders, queries
from polydesk.tickets.models import Ticket
from polydesk.tickets.refusals import Denied, Refusal, Refused, refuse
from polydesk.tickets.rules.base import Rule
from polydesk.web.sentences import say

from .models import ME, Macro


@dataclass(slots=True)
class Preview:
    """What would happen: fields with before and after, what the rules complete included; the text as it would be
    written; and what stands against it."""

    ticket: Ticket
    version: int
    changes: dict[str, list[Any]] = field(default_factory=dict)
    text: str = ""
    internal: bool = False
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def is_possible(self) -> bool:
        """Nothing stands against it."""
        return not self.refusals

    @property
    def is_empty(self) -> bool:
        """Nothing would change."""
        return self.is_possible and not self.changes and not self.text


class _Rehearsed(Exception):
    """Carries what the rehearsal did out of the transaction that it takes back."""

    def __init__(self, done: commands.Outcome) -> None:
        self.done = done


def preview(macro: Macro, ticket: Ticket, *, by: Actor, via: str, also: Iterable[Rule] = ()) -> Preview:
    """Exactly what `apply` would do now; nothing is kept."""
    shown = Preview(ticket, ticket.version, text=_text(macro, ticket, by), internal=macro.internal)
    try:
        with transaction.atomic():
            raise _Rehearsed(apply(macro, ticket.pk, by=by, via=via, also=also))
    except _Rehearsed as rehearsed:
        event = rehearsed.done.event
        changes = event.changes if event else {}
        shown.changes = {name: change for name, change in changes.items() if not name.startswith("+")}
    except Refused as refused:
        shown.refusals = list(refused.refusals)
    except Denied as denied:
        shown.refusals = [Refusal("denied", "", denied.reason)]
    return shown


def apply(
    macro: Macro, ticket: Ticket | int, *, by: Actor, via: str, also: Iterable[Rule] = (), if_version: int | None = None
) -> commands.Outcome:
    """One command and so one event, which one undo takes back; a macro of other kinds is refused."""
    row = ticket if isinstance(ticket, Ticket) else queries.get(by, ticket)
    if macro.kinds and row.kind not in macro.kinds:
        raise refuse("kind", "kind", say("“%(name)s” is not for tickets of this kind.", name=macro.name))
    values, text = _values(macro, row, by), _text(macro, row, by)
    facts: dict[str, Any] = {"by": by, "via": via, "also": also, "if_version": if_version, "cause": f"macro:{macro.pk}"}
    if text:
        outcome: commands.Outcome = commands.comment(row.pk, text, internal=macro.internal, values=values, **facts)
        return outcome
    return commands.edit(row.pk, values, **facts)


def _values(macro: Macro, ticket: Ticket, by: Actor) -> dict[str, Any]:
    values = dict(macro.values)
    if values.get("assignee") == ME:
        values["assignee"] = by.person_id
    if macro.add_tags or macro.remove_tags:
        kept = [tag for tag in ticket.tags if tag not in macro.remove_tags]
        values["tags"] = [*kept, *(tag for tag in macro.add_tags if tag not in kept)]
    return values


def _text(macro: Macro, ticket: Ticket, by: Actor) -> str:
    return placeholders.fill(macro.text, ticket, by).strip()
