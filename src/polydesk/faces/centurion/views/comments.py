"""Comments and their threads (centurion.md section 6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction

from polydesk.directory.actors import Actor
from polydesk.features import slashes
from polydesk.tickets import commands, edits
from polydesk.tickets.checks import Rows
from polydesk.tickets.models import Comment, CommentCategory, Ticket

from .. import codes, comment_fields, entries, errors, linking, lists, rules, shapes
from ..auth import FACE
from ..door import Call, Created
from ..entries import Entry
from ..errors import Faults
from ..names import Names
from ..shapes import Invalid

FILTERS = (
    "category",
    "external_system",
    "is_template",
    "organization",
    "parent",
    "source",
    "status",
    "template",
)
NOT_EDITABLE = "Comment Type is not editable"
NO_DEEPER = "Replying to a discussion reply is not possible"
NOT_ALONE = "Notifications need the triage permission."
BY_SYSTEM = "Action comments are written by the system."


def index(call: Call, ticket_id: int, parent_id: int | None = None) -> Any:
    """Top-level comments, oldest first, or the replies to one (CE-256)."""
    ticket = of(call, ticket_id)
    if parent_id is not None:
        found = _replies(call, ticket, parent_id)
    else:
        found = _filtered(call, ticket)
    return lists.answer(call.request, found, lambda page: entries.show(list(page), call.names, call.caller.zone()))


def of(call: Call, ticket_id: int, verb: str = "view") -> Ticket:
    """The ticket that comments stand on: seen by the caller, who holds the permission for comments (CE-113)."""
    ticket = Ticket.objects.filter(pk=ticket_id).first() if 0 < ticket_id < 2**63 else None
    if ticket is None or not call.caller.sees(ticket):
        raise call.missing()
    call.need(call.caller.holds(verb, "comment", ticket.organization_id))
    return ticket


def _replies(call: Call, ticket: Ticket, parent_id: int) -> list[Entry]:
    parent = _comment(call, ticket, parent_id)
    rows = entries.readable(call.caller, ticket).filter(reply_to=parent).order_by("sent_at", "pk")
    return entries.with_durations(ticket, rows)


def _filtered(call: Call, ticket: Ticket) -> list[Entry]:
    query, faults = call.request.GET, Faults()
    asked = lists.filters(query, FILTERS)
    parent = lists.row_id(faults, "parent", asked.pop("parent")) if "parent" in asked else None
    tests = [_test(faults, name, value) for name, value in asked.items()]
    faults.check()
    found = _replies(call, ticket, parent) if parent else entries.top_level(call.caller, ticket, call.names)
    text = lists.search(query).lower()
    if tests or text or query.get("sort") or query.get("ordering"):
        entries.fill(found)
    found = [entry for entry in found if all(test(entry) for test in tests)]
    if text:
        call.names.load()
        found = [entry for entry in found if text in body(entry, call.names).lower()]
    return _sorted(found, query)


def body(entry: Entry, names: Names) -> str:
    """What the comment or line says."""
    return entry.comment.text if entry.comment is not None else entry.line.text(names)  # type: ignore[union-attr]


_ENUMERATIONS = {
    "source": codes.COMMENT_SOURCES,
    "status": codes.COMMENT_STATUSES,
    "external_system": codes.EXTERNAL_SYSTEMS,
}


def _test(faults: Faults, name: str, value: str) -> Callable[[Entry], bool]:
    if name == "is_template":
        wanted: Any = lists.truth(faults, name, value)
        return lambda e: bool(e.comment and e.comment.is_template) == wanted
    if name in _ENUMERATIONS:
        wanted = lists.chosen(faults, name, value, _ENUMERATIONS[name])
        return lambda e: _number(e, name) == wanted
    wanted = lists.row_id(faults, name, value)
    if name == "organization":
        return lambda e: e.ticket.organization_id == wanted
    return lambda e: e.comment is not None and getattr(e.comment, f"{name}_id") == wanted


def _number(entry: Entry, name: str) -> int | None:
    c = entry.comment
    if name == "source":
        return codes.SOURCE_NUMBER.get(c.source, 1) if c else 1
    if name == "status":
        return codes.COMMENT_STATUS_NUMBER.get(c.task_status, 1) if c else 1
    return codes.external_system_number(c.external_system) if c else None


_SORTS: dict[str, Callable[[Entry], Any]] = {
    "id": lambda e: e.id,
    "created": lambda e: e.order,
    "modified": lambda e: (e.comment and e.comment.edited_at) or e.at,
    "comment_type": lambda e: (codes.COMMENT_NUMBER[e.comment.type] if e.comment else 1, e.order),
    "duration": lambda e: (e.duration, e.order),
}


def _sorted(found: list[Entry], query: Any) -> list[Entry]:
    columns = lists.order(query, {name: name for name in _SORTS}, default="")
    for column in reversed([c for c in columns if c]):
        found = sorted(found, key=_SORTS[column.lstrip("-")], reverse=column.startswith("-"))
    return found


def read(call: Call, ticket_id: int, pk: int, parent_id: int | None = None) -> Any:
    """One comment, reply or action line."""
    return _shown(call, find(call, of(call, ticket_id), pk, parent_id))


def find(call: Call, ticket: Ticket, pk: int, parent_id: int | None) -> Entry:
    """The entry with this number on this ticket (and below this comment)."""
    if parent_id is None and (pk >= 2**40):
        line = entries.line_entry(ticket, pk, call.names)
        if line is None:
            raise call.missing()
        return line
    comment = _comment(call, ticket, pk)
    if parent_id is not None and comment.reply_to_id != parent_id:
        raise call.missing()
    return entries.with_durations(ticket, [comment])[0]


def _comment(call: Call, ticket: Ticket, pk: int) -> Comment:
    found: Comment | None = entries.readable(call.caller, ticket).filter(pk=pk).first() if pk < 2**63 else None
    if found is None:
        raise call.missing()
    return found


def _shown(call: Call, entry: Entry) -> Any:
    return entries.show([entry], call.names, call.caller.zone())[0]


def create(call: Call, ticket_id: int, parent_id: int | None = None) -> Any:
    """A comment, task, notification or solution; its author is the caller (CE-103)."""
    ticket = _commented(call, ticket_id, "add")
    parent = _parent(call, ticket, parent_id)
    faults = Faults()
    triage = entries.triages(call.caller, ticket)
    type_ = _type(call.body, triage, faults)
    text = _text(call.body, faults)
    facts = _facts(call, ticket, type_, None, triage, faults)
    faults.check()
    plan = slashes.plan(text, by=_actor(call, ticket), ticket=ticket)
    acting = call.caller.acting(ticket.organization_id)
    # An answer to what is private would give it away on faces that show no threads (RC-177).
    internal = facts.pop("internal", False) or (parent is not None and parent.internal)
    with transaction.atomic():
        outcome = commands.comment(
            ticket,
            plan.text,
            by=acting,
            via=FACE,
            type=type_,
            internal=internal,
            reply_to=parent,
            seconds=plan.seconds,
            facts=facts,
            also=rules.SAVE,
            may_be_empty=plan.has_commands,
        )
        _carry_out(ticket, plan, acting)
    return Created(_shown(call, entries.of_comment(ticket, outcome.comment, plan.seconds)))


def _carry_out(ticket: Ticket, plan: slashes.Plan, acting: Actor) -> None:
    """What a comment's commands do beside booking time on it."""
    slashes.relate(ticket, plan.relations, by=acting, via=FACE)
    if plan.items:
        linking.change(ticket, by=acting, add=plan.items)


def _commented(call: Call, ticket_id: int, verb: str) -> Ticket:
    """A ticket whose comments are written: not a deleted one."""
    ticket = of(call, ticket_id, verb)
    if ticket.deleted_at is not None:
        raise call.missing()
    return ticket


def _actor(call: Call, ticket: Ticket) -> Any:
    actor = call.caller.actor(ticket.organization_id)
    assert actor is not None
    return actor


def _parent(call: Call, ticket: Ticket, parent_id: int | None) -> Comment | None:
    """Replies are one level deep (CE-111)."""
    sent = call.body.get("parent")
    if parent_id is None and sent in shapes.EMPTY:
        return None
    if parent_id is None:
        try:
            parent_id = shapes.reference(sent)
        except Invalid as error:
            raise errors.invalid({"parent": [str(error)]}) from error
        if not entries.readable(call.caller, ticket).filter(pk=parent_id).exists():
            raise errors.invalid({"parent": [shapes.unknown(parent_id)]})
    parent = _comment(call, ticket, parent_id)
    if parent.reply_to_id is not None:
        raise errors.invalid({"parent": NO_DEEPER})
    return parent


def _type(body: dict[str, Any], triage: bool, faults: Faults) -> str:
    """CE-104, CE-106, CE-108."""
    if body.get("comment_type") in shapes.EMPTY:
        faults.add("comment_type", "This field is required.")
        return "comment"
    try:
        number = shapes.choice(body["comment_type"], codes.COMMENT_TYPES)
    except Invalid as error:
        faults.add("comment_type", str(error))
        return "comment"
    if number == 1:
        faults.add("comment_type", BY_SYSTEM)
    if number == 4 and not triage:
        faults.add("comment_type", NOT_ALONE)
    return codes.COMMENT_KEYS.get(number, "comment")


def _text(body: dict[str, Any], faults: Faults) -> str:
    if "body" not in body:
        faults.add("body", "This field is required.")
        return ""
    try:
        return str(shapes.read(comment_fields.FIELDS["body"], body["body"]))
    except Invalid as error:
        faults.add("body", str(error))
        return ""


def _facts(
    call: Call, ticket: Ticket, type_: str, comment: Comment | None, triage: bool, faults: Faults
) -> dict[str, Any]:
    """Everything beside type and text that the caller may set; the rest is ignored (CE-109)."""
    found: dict[str, Any] = {}
    for name, field in comment_fields.FIELDS.items():
        if name in ("comment_type", "body") or name not in call.body:
            continue
        if not field.core or not comment_fields.writable(name, type_, triage=triage):
            continue
        try:
            value = comment_fields.to_core(name, shapes.read(field, call.body[name]))
            if comment is not None and rules.same(value, comment_fields.stored(comment, name)):
                continue
            found[field.core] = _row(field, value, ticket, type_)
        except Invalid as error:
            faults.add(name, str(error))
    if "task_status" in found:
        found["closed_at"] = edits.now() if found["task_status"] == "done" else None
    return found


def _row(field: shapes.Field, value: Any, ticket: Ticket, type_: str) -> Any:
    """The row that a relationship names, of the ticket's own organization (CE-203)."""
    if field.type != "Relationship" or value is None:
        return value
    organization_id, row = ticket.organization_id, None
    match field.to:
        case "user":
            row = Rows(organization_id).get("directory.Person", value)
        case "team":
            row = Rows(organization_id).get("directory.Team", value)
        case "comment_category":
            row = CommentCategory.objects.filter(pk=value, organization_id=organization_id).first()
            if row is not None and row.types and type_ not in row.types:
                raise Invalid("The category is not for comments of this type.")
        case "comment":
            templates = Comment.objects.filter(is_template=True, ticket__organization_id=organization_id)
            row = templates.filter(pk=value, deleted_at__isnull=True).first()
    if row is None:
        raise Invalid(shapes.unknown(value))
    return row


def change(call: Call, ticket_id: int, pk: int, parent_id: int | None = None) -> Any:
    """Edit a comment; its type never changes (CE-105), action lines are not edited at all."""
    ticket = _commented(call, ticket_id, "change")
    entry = find(call, ticket, pk, parent_id)
    comment = entry.comment
    if comment is None:
        raise errors.forbidden()
    _type_stays(call.body, comment)
    faults = Faults()
    facts = _facts(call, ticket, comment.type, comment, entries.triages(call.caller, ticket), faults)
    text = _new_text(call.body, comment, faults)
    faults.check()
    plan = slashes.plan(text, by=_actor(call, ticket), ticket=ticket) if text is not None else slashes.Plan("")
    acting = call.caller.acting(ticket.organization_id)
    with transaction.atomic():
        outcome = commands.edit_comment(
            comment,
            by=acting,
            via=FACE,
            text=None if text is None else plan.text,
            internal=facts.pop("internal", None),
            facts=facts,
            seconds=plan.seconds,
            may_be_empty=plan.has_commands,
        )
        _carry_out(ticket, plan, acting)
    return _shown(call, entries.of_comment(ticket, outcome.comment, entry.duration + plan.seconds))


def _type_stays(body: dict[str, Any], comment: Comment) -> None:
    if "comment_type" in body:
        sent = body["comment_type"]
        if isinstance(sent, bool) or str(sent) != str(codes.COMMENT_NUMBER[comment.type]):
            raise errors.invalid({"comment_type": NOT_EDITABLE})


def _new_text(body: dict[str, Any], comment: Comment, faults: Faults) -> str | None:
    """The text when it differs from what is shown."""
    if "body" not in body or body["body"] == comment.text:
        return None
    return _text(body, faults)


def destroy(call: Call, ticket_id: int, pk: int, parent_id: int | None = None) -> Any:
    """Delete a comment with its replies (CE-113)."""
    ticket = _commented(call, ticket_id, "delete")
    entry = find(call, ticket, pk, parent_id)
    if entry.comment is None:
        raise errors.forbidden()
    commands.remove_comment(entry.comment, by=call.caller.acting(ticket.organization_id), via=FACE)
