"""What stands on a ticket: entries, files, time, ratings, relations, history."""

from __future__ import annotations

from typing import Annotated, Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from msgspec import UNSET, Meta, Struct

from polydesk.faces.native import errors, fields, lists, rules, showing
from polydesk.faces.native.fields import RefIn
from polydesk.faces.native.wire import Call, Reply
from polydesk.features import slashes
from polydesk.tickets import commands, queries
from polydesk.tickets.checks import Rows
from polydesk.tickets.commands import NewFile, NewLink
from polydesk.tickets.models import Attachment, Comment, Rating, Relation, Ticket, TimeEntry
from polydesk.tickets.refusals import Missing, Stale
from polydesk.web import bodies, files
from polydesk.web.problems import Problem

from .tickets import VIA, expected, find

FILES_AT_ONCE = 10


class UploadQuery(Struct, forbid_unknown_fields=True):
    """How a file that is sent raw is called."""

    name: Annotated[
        Annotated[str, Meta(max_length=255)] | None, Meta(description="Name of a file that is sent as the body itself.")
    ] = None
    internal: Annotated[bool, Meta(description="For staff only.")] = False
    comment: Annotated[
        Annotated[int, Meta(ge=1, le=2**63 - 1)] | None, Meta(description="The entry that the file belongs to.")
    ] = None


# --- entries


def comments(call: Call, id: int) -> Reply:
    """The entries that the caller may read, oldest first."""
    ticket = find(call.actor, id)
    rows, links = lists.rows(call, queries.comments(call.actor, ticket).order_by())
    total = lists.count(call, lambda most: queries.comments(call.actor, ticket).order_by()[:most].count())
    return Reply(lists.Page(showing.comments(call.actor, ticket, rows), links, total))


def add_comment(call: Call, id: int) -> Reply:
    """Write an entry, and set fields of the ticket in the same step."""
    body, ticket = call.body, find(call.actor, id)
    values = _values(body.ticket)
    plan = rules.spoken(call.actor, ticket.kind, body.text, body.format, ticket)
    if plan.items:
        values["items"] = [*values.get("items", ticket.items), *map(list, plan.items)]
    with transaction.atomic():
        outcome = commands.add_comment(
            ticket.pk,
            plan.text,
            by=call.actor,
            via=VIA,
            type=body.type,
            internal=body.internal,
            format=body.format,
            reply_to=body.reply_to,
            files=_waiting(call, body.attachments),
            seconds=body.seconds + plan.seconds,
            values=values,
            also=rules.also(values) if values else (),
            if_version=expected(call, ticket.pk),
            may_be_empty=plan.has_commands,
        )
        slashes.relate(ticket, plan.relations, by=call.actor, via=VIA)
    reply = _comment(call, outcome.ticket, outcome.comment)
    reply.headers["Location"] = f"{showing.PREFIX}/comments/{outcome.comment.pk}"
    return reply


def _values(given: dict[str, Any]) -> dict[str, Any]:
    if not given:
        return {}
    try:
        body = bodies.parse_as(bodies.encode(given), fields.TicketChange)
    except bodies.BadBody as bad:
        raise Problem(
            "malformed" if any(e["rule"] == "unknown" for e in bad.errors) else "validation",
            bad.message,
            errors=[{**e, "field": f"ticket.{e['field']}"} for e in bad.errors],
        ) from None
    if read_only := fields.read_only_given(body):
        raise errors.fault(f"ticket.{next(iter(read_only))}", "read_only", "This member cannot be written.")
    return fields.values_of(body)


def comment(call: Call, id: int) -> Reply:
    """One entry."""
    row, ticket = _entry(call, id)
    return _comment(call, ticket, row)


def _comment(call: Call, ticket: Ticket, row: Comment) -> Reply:
    return Reply(showing.comments(call.actor, ticket, [row])[0], version=row.version)


def edit_comment(call: Call, id: int) -> Reply:
    """Change an entry's text, format or visibility."""
    body = call.body
    with transaction.atomic():
        row, ticket = _expected_entry(call, id)
        changed = {n: v for n in ("text", "internal", "format") if (v := getattr(body, n)) is not UNSET}
        outcome = commands.edit_comment(row, by=call.actor, via=VIA, **changed)
    return _comment(call, ticket, outcome.comment)


def remove_comment(call: Call, id: int) -> Reply:
    """Take an entry away."""
    with transaction.atomic():
        row, _ = _expected_entry(call, id)
        commands.remove_comment(row, by=call.actor, via=VIA)
    return Reply()


def rate_comment(call: Call, id: int) -> Reply:
    """Give an entry a score."""
    row, ticket = _entry(call, id)
    body = call.body
    commands.rate(ticket.pk, scale=body.scale, score=body.score, text=body.text, comment=row.pk, by=call.actor, via=VIA)
    return Reply(showing.ratings(list(Rating.objects.filter(comment=row).order_by("-id")[:1]))[0])


def _entry(call: Call, id: int) -> tuple[Comment, Ticket]:
    """An entry that the caller may read, and its ticket."""
    found = Comment.objects.filter(pk=id).select_related("ticket").first() if id < 2**63 else None
    if found is None:
        raise Missing
    ticket = queries.get(call.actor, found.ticket_id)
    if not queries.comments(call.actor, ticket).filter(pk=id).exists():
        raise Missing
    return found, ticket


def _expected_entry(call: Call, id: int) -> tuple[Comment, Ticket]:
    """The same, held until the end of the transaction and at the version that If-Match names."""
    row, ticket = _entry(call, id)
    if call.expected is not None:
        Ticket.objects.select_for_update().get(pk=ticket.pk)
        row.refresh_from_db()
        if row.version != call.expected:
            raise Stale(row.version)
    return row, ticket


# --- files


def attachments(call: Call, id: int) -> Reply:
    """The files of a ticket that the caller may read."""
    ticket = find(call.actor, id)
    found = queries.attachments(call.actor, ticket).order_by()
    rows, links = lists.rows(call, found)
    return Reply(lists.Page(showing.attachments(rows), links, lists.count(call, lambda most: found[:most].count())))


def attach(call: Call, id: int) -> Reply:
    """Put files on a ticket: a form with several, or one as the body itself."""
    ticket = find(call.actor, id)
    entry = None
    if call.query.comment is not None:
        entry, theirs = _entry(call, call.query.comment)
        if theirs.pk != ticket.pk:
            raise Missing
    sent = _sent(call)
    commands.attach(ticket.pk, sent, by=call.actor, via=VIA, comment=entry)
    rows = list(queries.attachments(call.actor, ticket).order_by("-id")[: len(sent)])[::-1]
    return Reply(lists.Page(showing.attachments(rows), lists.Links(None, None)))


def attach_link(call: Call, id: int) -> Reply:
    """Put a link on a ticket."""
    ticket, body = find(call.actor, id), call.body
    link = NewLink(url=body.url, type=body.type, title=body.title, internal=body.internal)
    commands.attach(ticket.pk, [link], by=call.actor, via=VIA)
    row = Attachment.objects.filter(ticket=ticket, type=body.type, url=body.url).order_by("-id").first()
    return Reply(showing.attachments([row] if row else [])[0])


def upload(call: Call) -> Reply:
    """Keep files until an entry takes them; what nobody takes is swept after a day."""
    rows = [commands.upload(file, by=call.actor) for file in _sent(call)]
    return Reply(lists.Page(showing.attachments(rows), lists.Links(None, None)))


def attachment(call: Call, id: int) -> Reply:
    """What is known of a file."""
    return Reply(showing.attachments([_file(call, id)])[0])


def download(call: Call, id: int) -> HttpResponseBase:
    """The bytes of a file, so that nothing in them can run (RS-100, RS-101)."""
    row = _file(call, id)
    if row.type != "file":
        raise Missing
    try:
        return files.download_response(row.sha256, row.name, row.content_type, even_held=call.actor.is_admin)
    except FileNotFoundError:
        raise Missing from None


def detach(call: Call, id: int) -> Reply:
    """Take a file off its ticket."""
    row = _file(call, id)
    if row.ticket_id is None:
        row.delete()
    else:
        commands.detach(row, by=call.actor, via=VIA)
    return Reply()


def _file(call: Call, id: int) -> Attachment:
    """A file of a visible ticket, or the caller's own waiting upload."""
    row = Attachment.objects.filter(pk=id, organization_id=call.actor.organization_id).first() if id < 2**63 else None
    if row is None or row.deleted_at is not None:
        raise Missing
    if row.ticket_id is None:
        if row.author_id != call.actor.person_id:
            raise Missing
        return row
    ticket = queries.get(call.actor, row.ticket_id)
    if not queries.attachments(call.actor, ticket).filter(pk=id).exists():
        raise Missing
    return row


def _waiting(call: Call, ids: list[int]) -> list[Attachment]:
    found = {
        row.pk: row
        for row in Attachment.objects.filter(
            pk__in=ids,
            organization_id=call.actor.organization_id,
            author_id=call.actor.person_id,
            ticket__isnull=True,
            deleted_at__isnull=True,
        )
    }
    if len(found) != len(set(ids)):
        raise errors.fault("attachments", "unknown", "There is no such upload.", "validation")
    return [found[i] for i in dict.fromkeys(ids)]


def _sent(call: Call) -> list[NewFile]:
    """The files of a request, stored before any transaction looks at them (RS-011)."""
    request, internal = call.request, call.query.internal
    most = settings.POLYDESK_MAX_FILE_MB * 1024 * 1024
    try:
        if request.content_type == "multipart/form-data":
            sent = [f for name in request.FILES for f in request.FILES.getlist(name)]
            _check_number(sent)
            return [_stored(f.name or "file", f.chunks(), most, internal) for f in sent]
        if not call.query.name:
            raise errors.fault("name", "required", "Name a file that is sent as the body itself.", "validation")
        return [_stored(call.query.name, _raw(request), most, internal)]
    except files.TooLarge as large:
        raise Problem("too-large", str(large)) from None


def _check_number(sent: list[Any]) -> None:
    if not sent:
        raise errors.fault("file", "required", "The form holds no file.", "validation")
    if len(sent) > FILES_AT_ONCE:
        raise Problem("too-large", f"At most {FILES_AT_ONCE} files at once.")


def _raw(request: HttpRequest) -> Any:
    """The body as it comes, unless somebody has read it already."""
    return iter([request.body]) if hasattr(request, "_body") else files.chunks_of(request)  # type: ignore[arg-type]


def _stored(name: str, chunks: Any, most: int, internal: bool) -> NewFile:
    stored = files.store(chunks, limit=most)
    return NewFile(files.safe_name(name), stored.size, stored.sha256, stored.kind, internal=internal)


# --- time


def times(call: Call, id: int) -> Reply:
    """The work booked on a ticket."""
    ticket = _for_staff(call, id)
    found = TimeEntry.objects.filter(ticket=ticket).order_by()
    rows, links = lists.rows(call, found)
    return Reply(lists.Page(showing.times(rows), links, lists.count(call, lambda most: found[:most].count())))


def add_time(call: Call, id: int) -> Reply:
    """Book work."""
    ticket, body = find(call.actor, id), call.body
    facts = {
        "worked_on": body.worked_on,
        "summary": body.summary,
        "started_at": body.started_at,
        "ended_at": body.ended_at,
        "is_billable": body.is_billable,
    }
    if body.person is not None:
        facts["person_id"] = _of_organization(call, "person", "directory.Person", body.person)
    if body.work_type is not None:
        facts["work_type_id"] = _of_organization(call, "work_type", "directory.WorkType", body.work_type)
    outcome = commands.add_time(ticket.pk, body.seconds, by=call.actor, via=VIA, **facts)
    reply = Reply(showing.times([outcome.time])[0])
    reply.headers["Location"] = f"{showing.PREFIX}/time/{outcome.time.pk}"
    return reply


def _of_organization(call: Call, name: str, model: str, given: int | RefIn) -> int:
    number = given.id if isinstance(given, RefIn) else given
    if Rows(call.actor.organization_id).get(model, number) is None:
        raise errors.fault(name, "unknown", "There is no such row.", "validation")
    return number


def time(call: Call, id: int) -> Reply:
    """One piece of booked work."""
    return Reply(showing.times([_time(call, id)])[0])


def edit_time(call: Call, id: int) -> Reply:
    """Change booked work that is not posted."""
    row = _time(call, id)
    given = {n: v for n in call.body.__struct_fields__ if (v := getattr(call.body, n)) is not UNSET}
    commands.edit_time(row, by=call.actor, via=VIA, **given)
    row.refresh_from_db()
    return Reply(showing.times([row])[0])


def remove_time(call: Call, id: int) -> Reply:
    """Take booked work away."""
    commands.remove_time(_time(call, id), by=call.actor, via=VIA)
    return Reply()


def _time(call: Call, id: int) -> TimeEntry:
    row = TimeEntry.objects.filter(pk=id).first() if id < 2**63 else None
    if row is None:
        raise Missing
    _for_staff(call, row.ticket_id)
    return row


def _for_staff(call: Call, id: int) -> Ticket:
    """A visible ticket, of which a customer may not know this part."""
    ticket = find(call.actor, id)
    if not call.actor.is_staff:
        raise Problem("forbidden", "This is for staff.")
    return ticket


# --- ratings


def ratings(call: Call, id: int) -> Reply:
    """Every score that was given."""
    ticket = find(call.actor, id)
    found = showing.rated(call.actor, ticket).order_by()
    rows, links = lists.rows(call, found)
    return Reply(lists.Page(showing.ratings(rows), links, lists.count(call, lambda most: found[:most].count())))


def rate(call: Call, id: int) -> Reply:
    """Give a score."""
    ticket, body = find(call.actor, id), call.body
    commands.rate(ticket.pk, scale=body.scale, score=body.score, text=body.text, by=call.actor, via=VIA)
    return Reply(showing.ratings(list(Rating.objects.filter(ticket=ticket).order_by("-id")[:1]))[0])


# --- relations


def relations(call: Call, id: int) -> Reply:
    """What the ticket is tied to, as far as the caller may see it."""
    ticket = find(call.actor, id)
    rows, links = lists.rows(call, showing.related(ticket))
    return Reply(lists.Page(showing.relations(call.actor, ticket, rows), links))


def relate(call: Call, id: int) -> Reply:
    """Tie two tickets together."""
    ticket, body = find(call.actor, id), call.body
    other = find(call.actor, _id_of(body.ticket))
    row = commands.link(ticket.pk, other.pk, body.type, by=call.actor, via=VIA)
    return Reply(showing.relations(call.actor, ticket, [row])[0])


def unrelate(call: Call, id: int, relation: int) -> Reply:
    """Take a relation away."""
    ticket = find(call.actor, id)
    found = (
        Relation.objects.filter(Q(source=ticket) | Q(target=ticket)).filter(pk=relation) if relation < 2**63 else None
    )
    row = found.select_related("source", "target").first() if found is not None else None
    if row is None or not showing.relations(call.actor, ticket, [row]):
        raise Missing
    commands.unlink(row, by=call.actor, via=VIA)
    return Reply()


def _id_of(given: int | RefIn) -> int:
    return given.id if isinstance(given, RefIn) else given


# --- history


def events(call: Call, id: int) -> Reply:
    """The ticket's history, oldest first."""
    ticket = find(call.actor, id)
    found = queries.history(call.actor, ticket).order_by()
    rows, links = lists.rows(call, found)
    return Reply(
        lists.Page(showing.events(call.actor, rows), links, lists.count(call, lambda most: found[:most].count()))
    )
