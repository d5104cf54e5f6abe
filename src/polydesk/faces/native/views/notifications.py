"""Notifications: what the caller was told, reading it, choosing what to be told, and the texts of mails (RS-088)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta

from polydesk.faces.native import lists, shapes
from polydesk.faces.native.fields import Ref
from polydesk.faces.native.wire import Call, Reply
from polydesk.features.notifications import inbox, preferences, wording
from polydesk.features.notifications.models import Notification, Wording
from polydesk.tickets.refusals import Missing
from polydesk.web.problems import Problem


class NotificationQuery(lists.ListQuery, forbid_unknown_fields=True, kw_only=True):
    """Parameters of the list."""

    show: Annotated[Literal["all", "unread"], Meta(description="Everything, or what is not read yet.")] = "all"
    ticket: Annotated[
        Annotated[int, Meta(ge=1, le=2**63 - 1)] | None, Meta(description="Only those of this ticket.")
    ] = None


def listing(call: Call) -> Reply:
    """What the caller was told, newest first."""
    found = inbox.listed(call.actor, unread=call.query.show == "unread", ticket=call.query.ticket)
    rows, links = lists.rows(call, found.order_by(), descending=True)
    total = lists.count(call, lambda most: found[:most].count())
    return Reply(lists.Page(_shown(call, rows), links, total))


def read(call: Call, id: int) -> Reply:
    """One notification."""
    return Reply(_shown(call, [_one(call, id)])[0])


def change(call: Call, id: int) -> Reply:
    """It is read, or unread again."""
    row = _one(call, id)
    if call.body.read is not UNSET:
        inbox.mark(call.actor, [row.pk], read=call.body.read)
    return read(call, id)


def mark_all(call: Call) -> Reply:
    """All are read, or those of one ticket, or up to the one that was seen last."""
    body = call.body
    marked = inbox.mark(call.actor, ticket=body.ticket, through=body.through)
    return Reply(shapes.Marked(marked))


def ways(call: Call) -> Reply:
    """What the caller wants to be told, in the inbox and by mail."""
    return Reply(_ways(preferences.of_one(_person(call))))


def choose(call: Call) -> Reply:
    """Change what the caller wants to be told."""
    wanted = {
        what: {name: value for name in way.__struct_fields__ if (value := getattr(way, name)) is not UNSET}
        for what in call.body.__struct_fields__
        if (way := getattr(call.body, what)) is not UNSET
    }
    return Reply(_ways(preferences.choose(_person(call), wanted)))


def texts(call: Call) -> Reply:
    """The organization's own texts of mails."""
    _staff(call)
    found = Wording.objects.filter(organization_id=call.actor.organization_id)
    rows, links = lists.rows(call, found)
    total = lists.count(call, lambda most: found[:most].count())
    return Reply(lists.Page([_text(row) for row in rows], links, total))


def write_text(call: Call, kind: str) -> Reply:
    """Write the organization's own text for one kind of news; an empty part is as shipped."""
    if kind not in wording.LABELS:
        raise Missing
    body = call.body
    row = wording.change(call.actor, kind, subject=body.subject, body=body.body, language=body.language)
    return Reply(shapes.NotificationText(0, kind, body.language, "", "") if row is None else _text(row))


def _person(call: Call) -> int:
    if call.actor.person_id is None:
        raise Missing
    return call.actor.person_id


def _staff(call: Call) -> None:
    if not call.actor.is_staff:
        raise Problem("forbidden", "This is for staff.")


def _one(call: Call, id: int) -> Notification:
    row = inbox.listed(call.actor).filter(pk=id).first() if id < 2**63 else None
    if row is None:
        raise Missing
    return row


def _ways(found: dict[str, preferences.Ways]) -> Any:
    return shapes.Ways(**{what: shapes.Way(way.inbox, way.mail) for what, way in found.items()})


def _text(row: Wording) -> shapes.NotificationText:
    return shapes.NotificationText(row.version, row.what, row.language, row.subject, row.body)


def _shown(call: Call, rows: Sequence[Notification]) -> list[shapes.Notification]:
    return [
        shapes.Notification(
            id=item.row.pk,
            what=item.row.what,
            reason=item.row.reason,
            sentence=item.sentence,
            excerpt=item.excerpt,
            ticket=Ref(item.ticket.pk, item.ticket.title),
            comment=item.row.comment_id,
            event=item.row.event_id,
            actor=Ref(item.row.actor_id, item.actor or None) if item.row.actor_id else None,
            created_at=item.row.created_at,
            read_at=item.row.read_at,
        )
        for item in inbox.items(call.actor, rows)
    ]
