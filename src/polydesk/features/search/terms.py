"""What each field of a query means, compiled to a filter; only names listed here are ever looked up (RS-090).

`created<7d` reads as people say it: younger than seven days; with a calendar date it compares dates."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, reduce
from operator import and_, or_
from typing import Any

from django.apps import apps
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from polydesk.directory.actors import Actor
from polydesk.directory.models import Company, Milestone, Person, Project, SlaPolicy, Team
from polydesk.tickets import kinds
from polydesk.tickets.models import (
    Attachment,
    Category,
    Comment,
    CustomField,
    Participant,
    Priority,
    Queue,
    Relation,
    Tag,
    TicketItem,
    TicketTag,
)
from polydesk.tickets.models import Status as StatusRow
from polydesk.tickets.statements.visible import NOTHING, Condition, Walk
from polydesk.web.sentences import say
from polydesk.web.statements import fetch_one, vendor

from . import words
from .language import All, AnyOf, Node, Not, QueryError, Term, Text
from .models import Document, Number, Wanted, Words

COMPARE = {":": "exact", "=": "exact", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
SPAN = re.compile(r"(\d{1,5})(h|d|w|m|y)")
SPAN_HOURS = {"h": 1, "d": 24, "w": 168, "m": 730, "y": 8760}
NONE = Q(pk__in=())
FEW = 3_000
"""Documents that PostgreSQL reads and sorts within about five milliseconds."""


def compile(node: Node, actor: Actor) -> Q:
    """The filter that a parsed query means for this actor; QueryError points at what is unknown."""
    match node:
        case All(nodes):
            texts = [n for n in nodes if isinstance(n, Text)]
            others = [compile(n, actor) for n in nodes if not isinstance(n, Text)]
            return reduce(and_, others + ([_text(texts, actor)] if texts else []))
        case AnyOf(nodes):
            return reduce(or_, (compile(n, actor) for n in nodes))
        case Not(inner):
            return ~compile(inner, actor)
        case Text():
            return _text([node], actor)
        case Term():
            return _term(node, actor)


def _text(texts: list[Text], actor: Actor) -> Q:
    """All words of one level are looked for in one go; a lone number also finds the ticket with that number."""
    wanted, number = _spoken(texts, actor)
    if wanted is None:
        return NONE
    column = "everything" if actor.is_staff else "public"
    matching = Q(pk__in=Document.objects.filter(**{f"{column}__matches": wanted}).values(number=Number("pk")))
    return matching if number is None else matching | Q(pk=number)


def _spoken(texts: list[Text], actor: Actor) -> tuple[Wanted | None, int | None]:
    """What the texts look for: words in a document of the actor's organization, and the ticket that a lone number may
    mean."""
    spoken = tuple(Words(tuple(found), prefix=text.prefix) for text in texts if (found := words.split(text.text)))
    wanted = Wanted(spoken, actor.organization_id) if spoken else None
    number = texts[0].text.lstrip("#") if len(texts) == 1 else ""
    return wanted, int(number) if number.isascii() and number.isdigit() and len(number) < 19 else None


def plain_words(node: Node, actor: Actor) -> Condition | None:
    """The same filter as a static condition, where a query is nothing but words; None where it is more (PL-302)."""
    texts = [node] if isinstance(node, Text) else list(node.nodes) if isinstance(node, All) else []
    if not texts or not all(isinstance(text, Text) for text in texts):
        return None
    wanted, number = _spoken(texts, actor)
    if wanted is None:
        return NOTHING
    column = "search_document" if actor.is_staff else "public"
    if vendor() == "postgresql":
        id_, (match, values) = "ticket_id", wanted.for_postgresql(column)
    else:
        id_, match, values = "rowid", f"{column} MATCH %s", (wanted.for_sqlite(),)
    found = f"SELECT {id_} FROM search_document WHERE {match}"  # noqa: S608 - listed columns
    if number is not None:
        return Condition(f"(t.id IN ({found}) OR t.id = %s)", (*values, number))
    return Condition(f"t.id IN ({found})", values, partial(_walk, match, found, values))


def _walk(match: str, found: str, values: tuple[str, ...]) -> Walk | None:
    """SQLite reads what a word has found from the newest on. PostgreSQL must sort it before, which pays while it is
    little; of a common word it does better to look at the newest tickets one by one."""
    if vendor() == "sqlite":
        return Walk(f"search_document w CROSS JOIN tickets_ticket t ON t.id = w.rowid AND w.{match}", "w.rowid")
    planned = fetch_one(f"EXPLAIN (FORMAT JSON) {found}", values)
    if planned is None or planned[0][0]["Plan"]["Plan Rows"] >= FEW:
        return None
    newest = f"({found} ORDER BY ticket_id {{down}}) w"
    return Walk(f"{newest} JOIN tickets_ticket t ON t.id = w.ticket_id", "w.ticket_id")


def _term(term: Term, actor: Actor) -> Q:
    if term.field.startswith("field."):
        return _custom(term, actor)
    field = FIELDS.get(ALIASES.get(term.field, term.field))
    if field is None:
        raise QueryError(say("There is no field “%(field)s”", field=term.field), term.column)
    if actor.side == "customer" and not field.for_customers:
        raise QueryError(say("There is no field “%(field)s”", field=term.field), term.column)
    if term.op not in (":", "=", "!=") and not field.ordered:
        raise QueryError(
            say("%(field)s cannot be compared with %(operator)s", field=term.field, operator=term.op), term.column
        )
    op = ":" if term.op == "!=" else term.op
    found = reduce(or_, (field.compile(term, op, value, actor) for value in term.values))
    return ~found if term.op == "!=" else found


@dataclass(frozen=True, slots=True)
class Searchable:
    """A field of the language. `compile(term, op, value, actor)` gives its filter."""

    compile: Callable[[Term, str, str, Actor], Q]
    help: str
    ordered: bool = False
    for_customers: bool = True


# What a customer is shown of a status, and so all that he may ask for (RS-091, edits.seen_status).
SEEN = {
    "open": Q(phase__in=("new", "open", "waiting")),
    "waiting": Q(status="waiting_customer"),
    "solved": Q(phase="solved"),
    "closed": Q(phase__in=("closed", "dropped")),
}


def _status(term: Term, op: str, value: str, actor: Actor) -> Q:
    key = value.lower().replace(" ", "_").replace("-", "_")
    if actor.side == "customer":
        if key not in SEEN:
            raise QueryError(say("status is one of %(names)s", names=", ".join(SEEN)), term.value_column)
        return SEEN[key]
    if op == ":":
        if key == "open":
            return Q(phase__in=("new", "open", "waiting"))
        if key in ("closed", "done"):
            return Q(phase__in=("closed", "dropped") if key == "closed" else ("solved", "closed", "dropped"))
        if key == "waiting":
            return Q(phase="waiting")
    if key in kinds.STATUSES:
        return Q(status=key)
    row = StatusRow.objects.filter(_named(value) | Q(key=key), organization_id=actor.organization_id).first()
    if row is None:
        raise QueryError(say("There is no status “%(value)s”", value=value), term.value_column)
    return Q(status=row.key)


def _phase(term: Term, op: str, value: str, actor: Actor) -> Q:
    if value.lower() not in ("new", "open", "waiting", "solved", "closed", "dropped"):
        raise QueryError(say("There is no phase “%(value)s”", value=value), term.value_column)
    return Q(phase=value.lower())


def _kind(term: Term, op: str, value: str, actor: Actor) -> Q:
    key = value.lower().replace(" ", "_").replace("-", "_")
    if key not in kinds.KINDS:
        raise QueryError(say("There is no kind “%(value)s”", value=value), term.value_column)
    return Q(kind=key)


def _priority(term: Term, op: str, value: str, actor: Actor) -> Q:
    if value.lower() == "none":
        return Q(priority__isnull=True)
    key = value.lower().replace(" ", "_").replace("-", "_")
    level = kinds.PRIORITIES[key].level if key in kinds.PRIORITIES else None
    if level is None:
        row = Priority.objects.filter(_named(value) | Q(key=key), organization_id=actor.organization_id).first()
        if row is None:
            raise QueryError(say("There is no priority “%(value)s”", value=value), term.value_column)
        key, level = row.key, row.level
    return Q(priority=key) if op in (":", "=") else Q(**{f"priority_level__{COMPARE[op]}": level})


def _number(column: str) -> Callable[[Term, str, str, Actor], Q]:
    def compile_number(term: Term, op: str, value: str, actor: Actor) -> Q:
        if value.lower() == "none":
            return Q(**{f"{column}__isnull": True})
        plain = value.lstrip("#")
        if not (plain.isascii() and plain.isdigit() and len(plain) < 19):
            raise QueryError(say("%(field)s needs a whole number", field=term.field), term.value_column)
        return Q(**{f"{column}__{COMPARE[op]}": int(plain)})

    return compile_number


def _person(*columns: str, participants: str = "") -> Callable[[Term, str, str, Actor], Q]:
    def compile_person(term: Term, op: str, value: str, actor: Actor) -> Q:
        if value.lower() == "none":
            return reduce(and_, (Q(**{f"{c}__isnull": True}) for c in columns))
        people = _people(value, actor)
        found = reduce(or_, (Q(**{f"{c}__in": people}) for c in columns), NONE)
        if participants:
            rows = Participant.objects.filter(ticket=OuterRef("pk"), part=participants, person__in=people)
            found |= Q(Exists(rows))
        return found

    return compile_person


def _people(value: str, actor: Actor) -> Any:
    if value.lower() == "me":
        return [actor.person_id] if actor.person_id else []
    people = Person.objects.filter(
        Q(organization_id=actor.organization_id) | Q(memberships__organization_id=actor.organization_id)
    )
    if value.isascii() and value.isdigit() and len(value) < 19:
        return people.filter(pk=int(value)).values("pk")
    return people.filter(Q(login__iexact=value) | Q(email__iexact=value) | Q(name__icontains=value)).values("pk")


def _team(term: Term, op: str, value: str, actor: Actor) -> Q:
    rows = Participant.objects.filter(ticket=OuterRef("pk"), part="assigned", team__isnull=False)
    if value.lower() == "none":
        return ~Q(Exists(rows))
    if value.lower() in ("mine", "my"):
        return Q(Exists(rows.filter(team_id__in=actor.team_ids)))
    return Q(Exists(rows.filter(team__in=_rows(Team.objects.all(), value, actor))))


def _tag(term: Term, op: str, value: str, actor: Actor) -> Q:
    rows = TicketTag.objects.filter(ticket=OuterRef("pk"))
    if value.lower() == "none":
        return ~Q(Exists(rows))
    named = Tag.objects.filter(organization_id=actor.organization_id, name__iexact=value).values("pk")
    return Q(Exists(rows.filter(tag__in=named)))


def _row(column: str, model: Any, name: str = "name") -> Callable[[Term, str, str, Actor], Q]:
    def compile_row(term: Term, op: str, value: str, actor: Actor) -> Q:
        if value.lower() == "none":
            return Q(**{f"{column}__isnull": True})
        return Q(**{f"{column}__in": _rows(model.objects.all(), value, actor, name)})

    return compile_row


def _rows(rows: QuerySet[Any], value: str, actor: Actor, name: str = "name") -> Any:
    rows = rows.filter(organization_id=actor.organization_id)
    if value.isascii() and value.isdigit() and len(value) < 19:
        return rows.filter(pk=int(value)).values("pk")
    return rows.filter(**{f"{name}__icontains": value}).values("pk")


def _named(value: str) -> Q:
    return Q(name__iexact=value)


def _word(column: str, allowed: Any) -> Callable[[Term, str, str, Actor], Q]:
    def compile_word(term: Term, op: str, value: str, actor: Actor) -> Q:
        if value.lower() not in allowed:
            raise QueryError(
                say("%(field)s is one of %(names)s", field=term.field, names=", ".join(allowed)), term.value_column
            )
        return Q(**{column: value.lower()})

    return compile_word


def _contains(column: str) -> Callable[[Term, str, str, Actor], Q]:
    return lambda term, op, value, actor: Q(**{f"{column}__{'iexact' if op == '=' else 'icontains'}": value})


def _moment(column: str, *, ahead: bool = False) -> Callable[[Term, str, str, Actor], Q]:
    def compile_moment(term: Term, op: str, value: str, actor: Actor) -> Q:
        if value.lower() == "none":
            return Q(**{f"{column}__isnull": True})
        if value.lower() == "any":
            return Q(**{f"{column}__isnull": False})
        span = SPAN.fullmatch(value.lower())
        if span:
            return _by_span(column, op, dt.timedelta(hours=int(span[1]) * SPAN_HOURS[span[2]]), ahead)
        return _by_day(term, column, op, value, actor)

    return compile_moment


def _by_span(column: str, op: str, span: dt.timedelta, ahead: bool) -> Q:
    now = timezone.now()
    if ahead:  # due<1d: due within the next day, overdue ones included
        return Q(**{f"{column}__{COMPARE[op] if op != ':' else 'lte'}": now + span})
    younger = op in (":", "=", "<", "<=")
    return Q(**{f"{column}__{'gte' if younger else 'lt'}": now - span})


def _by_day(term: Term, column: str, op: str, value: str, actor: Actor) -> Q:
    zone = timezone.get_current_timezone()
    try:
        if value.lower() in ("today", "yesterday", "tomorrow"):
            shift = {"today": 0, "yesterday": -1, "tomorrow": 1}[value.lower()]
            day = timezone.localdate() + dt.timedelta(days=shift)
        elif "T" in value:
            moment = dt.datetime.fromisoformat(value)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
            return Q(**{f"{column}__{'gte' if op in (':', '=') else COMPARE[op]}": moment})
        else:
            day = dt.date.fromisoformat(value)
        start = dt.datetime.combine(day, dt.time.min, tzinfo=zone)
        end = start + dt.timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise QueryError(
            say("%(field)s needs a date, or a span such as 7d", field=term.field), term.value_column
        ) from error
    return {
        ":": Q(**{f"{column}__gte": start, f"{column}__lt": end}),
        "=": Q(**{f"{column}__gte": start, f"{column}__lt": end}),
        "<": Q(**{f"{column}__lt": start}),
        "<=": Q(**{f"{column}__lt": end}),
        ">": Q(**{f"{column}__gte": end}),
        ">=": Q(**{f"{column}__gte": start}),
    }[op]


def _day(column: str) -> Callable[[Term, str, str, Actor], Q]:
    def compile_day(term: Term, op: str, value: str, actor: Actor) -> Q:
        if value.lower() in ("none", "any"):
            return Q(**{f"{column}__isnull": value.lower() == "none"})
        try:
            day = timezone.localdate() if value.lower() == "today" else dt.date.fromisoformat(value)
        except ValueError as error:
            raise QueryError(say("%(field)s needs a date", field=term.field), term.value_column) from error
        return Q(**{f"{column}__{COMPARE[op]}": day})

    return compile_day


SOON = dt.timedelta(hours=4)


def _sla(term: Term, op: str, value: str, actor: Actor) -> Q:
    """A policy by its name, or where the clocks stand; what no policy covers has its own due time."""
    word, now = value.lower(), timezone.now()
    if word not in CLOCKS or not apps.is_installed("polydesk.features.sla"):
        return _row("sla", SlaPolicy)(term, op, value, actor)
    return CLOCKS[word](now)


_OPEN = Q(phase__in=("new", "open", "waiting"))
_UNCOVERED = Q(clock__isnull=True)
CLOCKS: dict[str, Callable[[dt.datetime], Q]] = {
    "breached": lambda now: Q(clock__due__lt=now) | Q(clock__met=False) | (_UNCOVERED & _OPEN & Q(due_at__lt=now)),
    "soon": lambda now: (
        Q(clock__due__gte=now, clock__due__lt=now + SOON)
        | (_UNCOVERED & _OPEN & Q(due_at__gte=now, due_at__lt=now + SOON))
    ),
    "paused": lambda now: Q(clock__paused_at__isnull=False) & _OPEN,
    "met": lambda now: Q(clock__met=True),
}


def _is(term: Term, op: str, value: str, actor: Actor) -> Q:
    word = value.lower()
    meanings: dict[str, Callable[[], Q]] = {
        "open": lambda: Q(phase__in=("new", "open", "waiting")),
        "closed": lambda: Q(phase__in=("closed", "dropped")),
        "solved": lambda: Q(phase="solved"),
        "unassigned": lambda: Q(assignee__isnull=True),
        "assigned": lambda: Q(assignee__isnull=False),
        "overdue": lambda: Q(due_at__lt=timezone.now(), phase__in=("new", "open", "waiting")),
        "merged": lambda: Q(merged_into__isnull=False),
        "deleted": lambda: Q(deleted_at__isnull=False),
        "mine": lambda: Q(assignee_id=actor.person_id),
        "reopened": lambda: Q(reopen_count__gt=0),
        "rated": lambda: Q(rating__isnull=False),
    }
    if word not in meanings:
        raise QueryError(say("is: knows %(names)s", names=", ".join(meanings)), term.value_column)
    return meanings[word]()


def _has(term: Term, op: str, value: str, actor: Actor) -> Q:
    files = Attachment.objects.filter(ticket=OuterRef("pk"), deleted_at__isnull=True)
    entries = Comment.objects.filter(ticket=OuterRef("pk"), deleted_at__isnull=True).exclude(type="opening")
    if not actor.is_staff:
        files, entries = files.filter(internal=False), entries.filter(internal=False).exclude(type="task")
    meanings = {
        "attachment": lambda: Q(Exists(files)),
        "comment": lambda: Q(Exists(entries)),
        "relation": lambda: Q(Exists(Relation.objects.filter(Q(source=OuterRef("pk")) | Q(target=OuterRef("pk"))))),
        "item": lambda: Q(Exists(TicketItem.objects.filter(ticket=OuterRef("pk")))),
        "parent": lambda: Q(parent__isnull=False),
        "due": lambda: Q(due_at__isnull=False),
    }
    if value.lower() not in meanings:
        raise QueryError(say("has: knows %(names)s", names=", ".join(meanings)), term.value_column)
    return meanings[value.lower()]()


def _custom(term: Term, actor: Actor) -> Q:
    key = term.field.removeprefix("field.")
    definition = CustomField.objects.filter(organization_id=actor.organization_id, key=key).first()
    if definition is None or (actor.side == "customer" and not definition.for_customers):
        raise QueryError(say("There is no custom field “%(key)s”", key=key), term.column)
    found = reduce(or_, (_custom_value(term, definition, value) for value in term.values))
    return ~found if term.op == "!=" else found


def _custom_value(term: Term, definition: CustomField, value: str) -> Q:
    path = f"fields__{definition.key}"
    if value.lower() == "none":
        return ~Q(fields__has_key=definition.key)
    if definition.type in ("integer", "number", "person"):
        try:
            number = float(value) if "." in value else int(value)
        except ValueError as error:
            raise QueryError(say("%(field)s needs a number", field=definition.name), term.value_column) from error
        suffix = COMPARE.get(term.op, "exact")
        return Q(**{path if suffix == "exact" else f"{path}__{suffix}": number})
    if definition.type == "boolean":
        return Q(**{path: value.lower() in ("true", "yes", "1")})
    return Q(**{f"{path}__icontains": value})


FIELDS: dict[str, Searchable] = {
    "status": Searchable(_status, "status:open (any open phase), status:on_hold, status=open (exactly Open)"),
    "phase": Searchable(_phase, "phase:waiting", for_customers=False),
    "kind": Searchable(_kind, "kind:incident"),
    "priority": Searchable(
        _priority, "priority:high, priority>=high, priority:none", ordered=True, for_customers=False
    ),
    "urgency": Searchable(_number("urgency"), "urgency>=4", ordered=True, for_customers=False),
    "impact": Searchable(_number("impact"), "impact>=4", ordered=True, for_customers=False),
    "id": Searchable(_number("id"), "id:42, id>1000", ordered=True),
    "assignee": Searchable(_person("assignee"), "assignee:me, assignee:none, assignee:anna", for_customers=False),
    "assigned": Searchable(
        _person("assignee", participants="assigned"), "assigned:me (in any part)", for_customers=False
    ),
    "requester": Searchable(_person("requester"), "requester:ada@acme.example"),
    "creator": Searchable(_person("creator"), "creator:me", for_customers=False),
    "watcher": Searchable(_person(participants="watching"), "watcher:me", for_customers=False),
    "team": Searchable(_team, "team:support, team:mine, team:none", for_customers=False),
    "company": Searchable(_row("company", Company), "company:acme"),
    "category": Searchable(_row("category", Category), "category:hardware"),
    "queue": Searchable(_row("queue", Queue), "queue:dispatch", for_customers=False),
    "project": Searchable(_row("project", Project), "project:move", for_customers=False),
    "milestone": Searchable(_row("milestone", Milestone), "milestone:beta", for_customers=False),
    "sla": Searchable(_sla, "sla:gold (a policy), sla:breached, sla:soon, sla:paused, sla:met", for_customers=False),
    "tag": Searchable(_tag, "tag:vip", for_customers=False),
    "channel": Searchable(_word("channel", tuple(kinds.CHANNELS)), "channel:email", for_customers=False),
    "title": Searchable(_contains("title"), "title:printer"),
    "external": Searchable(_contains("external_id"), "external:AB-17", for_customers=False),
    "po": Searchable(_contains("purchase_order"), "po:4711", for_customers=False),
    "parent": Searchable(_number("parent"), "parent:12", for_customers=False),
    "problem": Searchable(_number("problem"), "problem:12", for_customers=False),
    "reopened": Searchable(_number("reopen_count"), "reopened>=2", ordered=True, for_customers=False),
    "created": Searchable(_moment("created_at"), "created<7d, created>=2026-01-31", ordered=True),
    "updated": Searchable(_moment("public_active_at"), "updated<1d", ordered=True),
    "active": Searchable(_moment("active_at"), "active<1d", ordered=True, for_customers=False),
    "solved": Searchable(_moment("solved_at"), "solved<7d", ordered=True),
    "closed": Searchable(_moment("closed_at"), "closed<7d", ordered=True),
    "due": Searchable(_moment("due_at", ahead=True), "due<1d, due<=today", ordered=True),
    "planned": Searchable(_moment("planned_start"), "planned:today", ordered=True, for_customers=False),
    "followup": Searchable(_day("follow_up_on"), "followup<=today", ordered=True, for_customers=False),
    "is": Searchable(_is, "is:open, is:unassigned, is:overdue, is:merged, is:deleted"),
    "has": Searchable(_has, "has:attachment, has:comment"),
}
ALIASES = {
    "state": "status",
    "type": "kind",
    "number": "id",
    "customer": "company",
    "owner": "assignee",
    "author": "creator",
}

__all__ = ["FIELDS", "Searchable", "compile"]
