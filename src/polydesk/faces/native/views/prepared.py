"""What people prepare: canned replies and macros, and using them on a ticket (PL-101, PL-202)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import QuerySet
from msgspec import UNSET

from polydesk.directory.actors import Actor
from polydesk.directory.models import Person, Team
from polydesk.faces.native import lists, rules, shapes, showing
from polydesk.faces.native.fields import RefIn
from polydesk.faces.native.wire import Call, Reply
from polydesk.features.macros import applying
from polydesk.features.macros import finding as finding_macros
from polydesk.features.macros.models import Macro
from polydesk.features.replies import finding as finding_replies
from polydesk.features.replies.models import CannedReply
from polydesk.tickets import prepared
from polydesk.tickets.refusals import Missing

from .tickets import VIA, current_id, expected, find
from .tickets import shown as shown_ticket

Show = Callable[[Sequence[Any]], list[Any]]


# --- canned replies


def replies(call: Call) -> Reply:
    """The caller's canned replies, his teams' and everybody's."""
    return _listing(call, finding_replies.kept(call.actor), _replies)


def reply(call: Call, id: int) -> Reply:
    """One canned reply."""
    return _shown(_one(finding_replies.kept(call.actor), id), _replies)


def add_reply(call: Call) -> Reply:
    """Write a canned reply."""
    return _add(call, CannedReply(), _replies, "canned-replies")


def change_reply(call: Call, id: int) -> Reply:
    """Change a canned reply."""
    return _change(call, _one(finding_replies.kept(call.actor), id), _replies)


def remove_reply(call: Call, id: int) -> Reply:
    """Forget a canned reply."""
    return _remove(call, _one(finding_replies.kept(call.actor), id))


def fill_reply(call: Call, id: int, reply: int) -> Reply:
    """A canned reply with the ticket's own names in it; nothing is sent."""
    ticket = find(call.actor, id)
    return Reply(shapes.FilledReply(_one(finding_replies.visible(_staff(call)), reply).filled(ticket, call.actor)))


def _replies(rows: Sequence[CannedReply]) -> list[shapes.CannedReply]:
    return _with_readers(shapes.CannedReply, rows)


# --- macros


def macros(call: Call) -> Reply:
    """The caller's macros, his teams' and everybody's."""
    return _listing(call, finding_macros.kept(call.actor), _macros)


def macro(call: Call, id: int) -> Reply:
    """One macro."""
    return _shown(_one(finding_macros.kept(call.actor), id), _macros)


def add_macro(call: Call) -> Reply:
    """Make a macro."""
    return _add(call, Macro(), _macros, "macros")


def change_macro(call: Call, id: int) -> Reply:
    """Change a macro."""
    return _change(call, _one(finding_macros.kept(call.actor), id), _macros)


def remove_macro(call: Call, id: int) -> Reply:
    """Forget a macro."""
    return _remove(call, _one(finding_macros.kept(call.actor), id))


def look_at_macro(call: Call, id: int, macro: int) -> Reply:
    """Exactly what applying it would change now, rules and refusals included; nothing is kept."""
    ticket, row = find(call.actor, id), _usable(call, macro)
    shown = applying.preview(row, ticket, by=call.actor, via=VIA, also=rules.also(row.values))
    return Reply(
        shapes.MacroPreview(
            ticket=ticket.pk,
            version=shown.version,
            changes=shown.changes,
            text=shown.text,
            internal=shown.internal,
            errors=[shapes.Fault(r.field, r.rule, r.message) for r in shown.refusals],
        )
    )


def apply_macro(call: Call, id: int, macro: int) -> Reply:
    """Do it: one event, which one undo takes back."""
    number, row = current_id(call.actor, id), _usable(call, macro)
    applying.apply(row, number, by=call.actor, via=VIA, also=rules.also(row.values), if_version=expected(call, number))
    return shown_ticket(call, number)


def _usable(call: Call, id: int) -> Macro:
    row: Macro = _one(finding_macros.kept(_staff(call)).filter(is_active=True), id)
    return row


def _macros(rows: Sequence[Macro]) -> list[shapes.Macro]:
    return _with_readers(shapes.Macro, rows)


# --- what both share


def _staff(call: Call) -> Actor:
    prepared.require_staff(call.actor)
    return call.actor


def _listing(call: Call, found: QuerySet[Any], show: Show) -> Reply:
    _staff(call)
    found = found.order_by()
    rows, links = lists.rows(call, found)
    return Reply(lists.Page(show(rows), links, lists.count(call, lambda most: found[:most].count())))


def _one(found: QuerySet[Any], id: int) -> Any:
    row = found.filter(pk=id).first() if id < 2**63 else None
    if row is None:
        raise Missing
    return row


def _shown(row: Any, show: Show) -> Reply:
    return Reply(show([row])[0], version=row.version)


def _add(call: Call, row: Any, show: Show, key: str) -> Reply:
    prepared.add(row, given(call.body), by=_staff(call), readers=readers(call.body))
    reply = _shown(row, show)
    reply.headers["Location"] = f"{showing.PREFIX}/{key}/{row.pk}"
    return reply


def _change(call: Call, row: Any, show: Show) -> Reply:
    prepared.change(row, given(call.body), by=_staff(call), expected=call.expected)
    return _shown(row, show)


def _remove(call: Call, row: Any) -> Reply:
    prepared.remove(row, by=_staff(call), expected=call.expected)
    return Reply()


def given(body: Any) -> dict[str, Any]:
    """What a body says of a row itself."""
    names = (name for name in body.__struct_fields__ if name not in ("team", "for_everybody"))
    return {name: value for name in names if (value := getattr(body, name)) is not UNSET}


def readers(body: Any) -> prepared.Readers:
    """For whom a body wants a new row."""
    return prepared.Readers(body.team.id if isinstance(body.team, RefIn) else body.team, body.for_everybody)


def _with_readers(shape: Any, rows: Sequence[Any]) -> list[Any]:
    people = showing.refs(Person, [row.owner_id for row in rows])
    teams = showing.refs(Team, [row.team_id for row in rows])
    plain = [n for n in shape.__struct_fields__ if n not in ("owner", "team")]
    return [
        shape(**{n: getattr(row, n) for n in plain}, owner=people(row.owner_id), team=teams(row.team_id))
        for row in rows
    ]
