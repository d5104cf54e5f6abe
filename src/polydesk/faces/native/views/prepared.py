"""What people prepare: canned replies and macros, and using them on a ticket (PL-101, PL-202)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from msgspec import UNSET

from polydesk.directory import sharing
from polydesk.directory.models import Person, Team
from polydesk.faces.native import errors, lists, rules, shapes, showing
from polydesk.faces.native.fields import RefIn
from polydesk.faces.native.wire import Call, Reply
from polydesk.features.macros import applying
from polydesk.features.macros import finding as finding_macros
from polydesk.features.macros.models import Macro
from polydesk.features.replies import finding as finding_replies
from polydesk.features.replies.models import CannedReply
from polydesk.tickets.checks import Rows
from polydesk.tickets.models import Tag
from polydesk.tickets.refusals import Missing, Stale
from polydesk.web.problems import FieldError, Problem

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


def _staff(call: Call) -> Any:
    if not call.actor.is_staff:
        raise Problem("forbidden", "This is for staff.")
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
    body, actor = call.body, _staff(call)
    team = body.team.id if isinstance(body.team, RefIn) else body.team
    if team is not None and Rows(actor.organization_id).get("directory.Team", team) is None:
        raise errors.fault("team", "unknown", "There is no such team.", "validation")
    if (body.for_everybody or team is not None) and not sharing.may_share(actor, team):
        raise Problem("forbidden", "What is meant for others is written by their own people and by administrators.")
    row.organization_id, row.team_id = actor.organization_id, team
    row.owner_id = None if body.for_everybody or team is not None else actor.person_id
    _take(row, body)
    reply = _shown(row, show)
    reply.headers["Location"] = f"{showing.PREFIX}/{key}/{row.pk}"
    return reply


def _change(call: Call, row: Any, show: Show) -> Reply:
    _require_keeper(call, row)
    before = {n: getattr(row, n) for n in call.body.__struct_fields__}
    if any((v := getattr(call.body, n)) is not UNSET and v != was for n, was in before.items()):
        row.version += 1
        _take(row, call.body)
    return _shown(row, show)


def _remove(call: Call, row: Any) -> Reply:
    _require_keeper(call, row)
    row.delete()
    return Reply()


def _require_keeper(call: Call, row: Any) -> None:
    if not sharing.may_change(_staff(call), row):
        raise Problem("forbidden", "This belongs to others.")
    if call.expected is not None and call.expected != row.version:
        raise Stale(row.version)


def _take(row: Any, body: Any) -> None:
    for name in body.__struct_fields__:
        if name not in ("team", "for_everybody") and (value := getattr(body, name)) is not UNSET:
            setattr(row, name, value)
    for name in ("add_tags", "remove_tags"):
        wanted = set(getattr(row, name, ()))
        known = Tag.objects.filter(organization_id=row.organization_id, pk__in=wanted) if wanted else ()
        if len(wanted) != len(known):
            raise errors.fault(name, "unknown", "There is no such tag.", "validation")
    try:
        row.full_clean()
    except ValidationError as error:
        raise errors.refused(_faults(error), "validation") from None
    row.save()


def _faults(error: ValidationError) -> list[FieldError]:
    found = error.error_dict if hasattr(error, "error_dict") else {"": [error]}
    return [
        FieldError(field="" if name == "__all__" else name, rule="invalid", message=" ".join(problem.messages))
        for name, problems in found.items()
        for problem in problems
    ]


def _with_readers(shape: Any, rows: Sequence[Any]) -> list[Any]:
    people = showing.refs(Person, [row.owner_id for row in rows])
    teams = showing.refs(Team, [row.team_id for row in rows])
    plain = [n for n in shape.__struct_fields__ if n not in ("owner", "team")]
    return [
        shape(**{n: getattr(row, n) for n in plain}, owner=people(row.owner_id), team=teams(row.team_id))
        for row in rows
    ]
