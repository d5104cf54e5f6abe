"""Files and links of tickets, notes and time entries (AT-420 … AT-427)."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import re
from collections.abc import Callable
from pathlib import PurePath
from typing import Any

from django.db.models import Case, CharField, F, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone

from polydesk.tickets import commands
from polydesk.tickets.commands import NewFile, NewLink
from polydesk.tickets.models import Attachment, Comment, TimeEntry
from polydesk.tickets.refusals import Missing
from polydesk.web import files

from ..children import (
    VIA,
    author,
    author_kind,
    below,
    contact_author,
    customer_author,
    of_visible,
    staff_author,
    staff_impersonator,
    ticket_of,
    without_internal,
)
from ..errors import Failure
from ..fields import Entity, Field, identity
from ..incoming import Incoming
from ..tables import Tables
from .notes import notes

LARGEST = 7_000_000
MOST_AT_ONCE = 10_000_000
SPAN = dt.timedelta(minutes=5)
TYPES = {"FILE_ATTACHMENT": "file", "FILE_LINK": "file_link", "FOLDER_LINK": "folder_link", "URL": "url"}
FORBIDDEN = re.compile(
    r"\.(ade|adp|bat|chm|cmd|com|cpl|dll|exe|hta|ins|isp|jar|jse?|lib|lnk|mde|ms[cipt]|pif|ps1|scr|sct|shb|sys"
    r"|vb[es]?|vxd|ws[cfh])",
    re.IGNORECASE,
)
OF_TICKET = Q(comment=None) | Q(comment__type="opening")


def attachments(tables: Tables) -> QuerySet[Attachment]:
    """Every file and link of visible tickets."""
    return without_internal(of_visible(Attachment.objects.filter(deleted_at=None), tables), tables)


def of_tickets(tables: Tables) -> QuerySet[Attachment]:
    return attachments(tables).filter(OF_TICKET, time_entry=None)


def of_notes(tables: Tables) -> QuerySet[Attachment]:
    return attachments(tables).exclude(OF_TICKET)


def of_time(tables: Tables) -> QuerySet[Attachment]:
    return attachments(tables).exclude(time_entry=None)


def _type(tables: Tables) -> Any:
    pairs = (When(type=ours, then=Value(theirs)) for theirs, ours in TYPES.items())
    return Case(*pairs, default=Value("FILE_ATTACHMENT"), output_field=CharField())


def _path(tables: Tables) -> Any:
    return Case(When(type="file", then=F("name")), default=F("url"), output_field=CharField())


def _note(tables: Tables) -> Any:
    return Case(When(comment__type="opening", then=None), default=F("comment_id"), output_field=IntegerField())


def _parent(tables: Tables) -> Any:
    return Case(
        When(time_entry__isnull=False, then=F("time_entry_id")),
        When(OF_TICKET, then=F("ticket_id")),
        default=F("comment_id"),
        output_field=IntegerField(),
    )


FIELDS = (
    identity(),
    Field("parentID", "long", read_only=True, expression=_parent),
    Field("ticketID", column="ticket_id", reference="Tickets", read_only=True),
    Field("ticketNoteID", reference="TicketNotes", read_only=True, expression=_note),
    Field("timeEntryID", column="time_entry_id", reference="TimeEntries", read_only=True),
    Field("parentAttachmentID", "long", constant=None, read_only=True),
    Field("opportunityID", constant=None, reference="Opportunities", read_only=True),
    Field("title", "string", "title", length=255, required=True),
    Field("fullPath", "string", length=255, required=True, expression=_path),
    Field("contentType", "string", "content_type", length=100, read_only=True),
    Field("fileSize", "long", "size", read_only=True, queryable=False),
    Field("attachmentType", "string", length=30, required=True, expression=_type),
    Field("publish", column="internal", picklist="publish", codes="publish", required=True),
    Field("attachDate", "datetime", "created_at", read_only=True),
    Field("attachedByResourceID", reference="Resources", read_only=True, expression=staff_author),
    Field("attachedByContactID", reference="Contacts", expression=customer_author),
    Field("creatorType", picklist="personType", read_only=True, queryable=False, expression=author_kind),
    Field("impersonatorCreatorResourceID", reference="Resources", read_only=True, expression=staff_impersonator),
    Field("data", "string", constant=None, read_only=True, queryable=False),
)


def _create(owner: Callable[[Any], dict[str, Any]]) -> Callable[[Any, Incoming], int]:
    def create(call: Any, incoming: Incoming) -> int:
        actor = author(call)
        facts = owner(call)
        ticket = facts.pop("ticket")
        incoming.given.setdefault("title", incoming.given.get("fullPath"))
        incoming.check_required("attachmentType", "fullPath", "publish")
        incoming.check_lengths()
        incoming.check_picklists()
        kind = TYPES.get(str(incoming.given.get("attachmentType")).upper())
        if kind is None and incoming.given.get("attachmentType"):
            incoming.faults.append("attachmentType: Value does not exist or is invalid.")
        incoming.refuse()
        internal = incoming.given["publish"] == 2
        actor = contact_author(call, actor, ticket, incoming, "attachedByContactID", not internal)
        file = _file(incoming, internal, call) if kind == "file" else _link(incoming, kind or "url", internal)
        row = commands.upload(file, by=actor)  # type: ignore[arg-type]
        if facts.get("time_entry"):
            row.time_entry = facts["time_entry"]
            row.save(update_fields=["time_entry"])
        commands.attach(ticket, [row], by=actor, via=VIA, **facts)
        return int(row.pk)

    return create


def _file(incoming: Incoming, internal: bool, call: Any) -> NewFile:
    given = incoming.given
    name = files.safe_name(given["fullPath"])
    if FORBIDDEN.fullmatch(PurePath(name).suffix):
        raise Failure(f"fullPath: files of the type {PurePath(name).suffix} are not allowed.")
    content = _decoded(incoming.raw.get("data"))
    if len(content) > LARGEST:
        raise Failure(f"data: a file may have at most {LARGEST} bytes.")
    if _recent(call) + len(content) > MOST_AT_ONCE:
        raise Failure(f"data: at most {MOST_AT_ONCE} bytes can be attached within five minutes.")
    stored = files.store([content], limit=LARGEST)
    return NewFile(
        name=name,
        size=stored.size,
        sha256=stored.sha256,
        content_type=stored.kind,
        title=given.get("title") or name,
        internal=internal,
        extra={"autotask": {"counted": True}},
    )


def _decoded(data: Any) -> bytes:
    try:
        content = base64.b64decode(data, validate=True) if isinstance(data, str) else b""
    except (binascii.Error, ValueError):
        raise Failure("data: this is not base64.") from None
    if not content:
        raise Failure("data: a file attachment needs its content as base64.")
    return content


def _recent(call: Any) -> int:
    """Bytes that this face took in within the last minutes."""
    newest = Attachment.objects.filter(organization_id=call.tables.organization_id).order_by("-id")[:500]
    since = timezone.now() - SPAN
    return sum(a.size for a in newest if a.created_at > since and a.extra.get("autotask", {}).get("counted"))


def _link(incoming: Incoming, kind: str, internal: bool) -> NewLink:
    given = incoming.given
    return NewLink(url=given["fullPath"], type=kind, title=given.get("title") or "", internal=internal)


def _delete(rows: Callable[[Tables], QuerySet[Attachment]], column: str) -> Callable[[Any, int], int]:
    def delete(call: Any, number: int) -> int:
        actor = author(call)
        row = below(rows(call.tables).filter(pk=number).first(), call, column)
        commands.detach(row, by=actor, via=VIA)
        return number

    return delete


def _get(name: str, rows: Callable[[Tables], QuerySet[Attachment]], column: str) -> Callable[..., dict[str, Any]]:
    """Below the parent the only answer that carries the content (AT-424)."""

    def get(tables: Tables, number: int, parent_id: int | None) -> dict[str, Any]:
        from ..views.reading import find

        shown = find(BY_NAME[name], tables, number)
        if parent_id is None:
            return {"item": shown}
        row = rows(tables).filter(pk=number, **{column: parent_id}).first()
        if row is None or shown is None:
            return {"items": []}
        return {"items": [{**shown, "data": _content(row)}]}

    return get


def _content(row: Attachment) -> str | None:
    if row.type != "file":
        return None
    files.check_is_free(row.sha256)
    with files.open_stored(row.sha256) as file:
        return base64.b64encode(file.read()).decode()


def _on_ticket(call: Any) -> dict[str, Any]:
    return {"ticket": ticket_of(call)}


def _on_note(call: Any) -> dict[str, Any]:
    note: Comment | None = notes(call.tables).filter(pk=call.number("parent_id")).select_related("ticket").first()
    if note is None:
        raise Missing
    return {"ticket": note.ticket, "comment": note}


def _on_time(call: Any) -> dict[str, Any]:
    entries = of_visible(TimeEntry.objects.select_related("ticket"), call.tables)
    entry = entries.filter(pk=call.number("parent_id")).first()
    if entry is None:
        raise Missing
    return {"ticket": entry.ticket, "time_entry": entry}


def _entity(name: str, parent: str, field: str, column: str, rows: Any, owner: Any) -> Entity:
    return Entity(
        name=name,
        fields=FIELDS,
        rows=rows,
        parent=parent,
        path="Attachments",
        parent_field=field,
        create=_create(owner),
        delete=_delete(rows, column),
        get=_get(name, rows, column),
    )


INFO = Entity(
    name="AttachmentInfo",
    fields=tuple(f for f in FIELDS if f.name not in ("data",)),
    rows=attachments,
)

ENTITIES = (
    _entity("TicketAttachments", "Tickets", "ticketID", "ticket_id", of_tickets, _on_ticket),
    _entity("TicketNoteAttachments", "TicketNotes", "ticketNoteID", "comment_id", of_notes, _on_note),
    _entity("TimeEntryAttachments", "TimeEntries", "timeEntryID", "time_entry_id", of_time, _on_time),
    INFO,
)
BY_NAME = {entity.name: entity for entity in ENTITIES}
