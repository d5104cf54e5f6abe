"""The query text of a list, `is:open assignee:me priority>=high created<7d "exact words"`, as terms and as a filter."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from polydesk.directory.actors import Actor
from polydesk.tickets import kinds
from polydesk.tickets.models import Participant, TicketTag

TERM = re.compile(
    r'\s*(?:(?P<not>-)?(?P<key>[a-z_]+)(?P<op>>=|<=|:|>|<)(?P<value>"[^"]*"|[^\s"]+)|"(?P<words>[^"]*)"|(?P<word>[^\s"]+))'
)
LATE = Q(due_at__isnull=False, phase__in=kinds.OPEN_PHASES)


class BadQuery(ValueError):
    """The text cannot be read; `column` says where, counted from 1."""

    def __init__(self, message: str, column: int) -> None:
        self.column = column
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Term:
    """One piece of a query text: a filter, or words when `key` is empty."""

    text: str
    key: str
    op: str
    values: tuple[str, ...]
    negated: bool
    column: int


def terms(text: str) -> list[Term]:
    """The pieces of a query text in order."""
    found, at = [], 0
    while text[at:].strip():
        match = TERM.match(text, at)
        if match is None:
            raise BadQuery(_("A quotation mark is missing."), at + 1)
        key, value = match["key"] or "", match["value"]
        plain = (value or "").strip('"')
        values = (plain,) if value and value.startswith('"') else tuple(v for v in plain.split(",") if v)
        if not key:
            values = (match["words"] if match["words"] is not None else match["word"],)
        column = match.start() + len(match.group()) - len(match.group().lstrip()) + 1
        found.append(Term(match.group().strip(), key, match["op"] or "", values, bool(match["not"]), column))
        at = match.end()
    return found


def condition(text: str, actor: Actor) -> Q:
    """The filter that a query text asks for; BadQuery for what it cannot mean."""
    wanted = Q()
    for term in terms(text):
        if not term.key:
            part = _words(term.values[0])
        elif term.key not in KEYS:
            raise BadQuery(_("There is no filter “%(name)s”.") % {"name": term.key}, term.column)
        elif not term.values:
            raise BadQuery(_("The filter “%(name)s” has no value.") % {"name": term.key}, term.column)
        else:
            part = KEYS[term.key](term, actor)
        wanted &= ~part if term.negated else part
    return wanted


def without(text: str, term: Term) -> str:
    """The query text without one of its terms."""
    return " ".join(t.text for t in terms(text) if t.column != term.column)


def _words(words: str) -> Q:
    number = words.lstrip("#")
    if number.isdecimal() and len(number) < 18:
        return Q(pk=int(number)) | Q(title__icontains=words)
    return Q(title__icontains=words)


def _state(term: Term, actor: Actor) -> Q:
    named = {
        "open": Q(phase__in=sorted(kinds.OPEN_PHASES)),
        "closed": Q(phase__in=sorted(kinds.CLOSED_PHASES)),
        "done": Q(phase__in=("solved", "closed", "dropped")),
        "late": LATE & Q(due_at__lt=timezone.now()),
        "unassigned": Q(assignee__isnull=True),
        **{phase: Q(phase=phase) for phase in ("new", "waiting", "solved", "dropped")},
    }
    return _any(term, named.get)


def _any(term: Term, meaning: Callable[[str], Q | None]) -> Q:
    wanted = Q(pk__in=())
    for value in term.values:
        part = meaning(value)
        if part is None:
            raise BadQuery(_("“%(key)s” cannot be “%(value)s”.") % {"key": term.key, "value": value}, term.column)
        wanted |= part
    return wanted


def _status(term: Term, actor: Actor) -> Q:
    return Q(status__in=term.values)


def _kind(term: Term, actor: Actor) -> Q:
    return _any(term, lambda value: Q(kind=value) if value in kinds.KINDS else None)


def _person(column: str) -> Callable[[Term, Actor], Q]:
    def meaning(term: Term, actor: Actor) -> Q:
        def one(value: str) -> Q:
            if value == "me":
                return Q(**{column: actor.person_id})
            if value in ("none", "nobody"):
                return Q(**{f"{column}__isnull": True})
            return _named(column, value, "login", "email")

        return _any(term, one)

    return meaning


def _row(column: str) -> Callable[[Term, Actor], Q]:
    def meaning(term: Term, actor: Actor) -> Q:
        return _any(term, lambda v: Q(**{f"{column}__isnull": True}) if v == "none" else _named(column, v))

    return meaning


def _named(column: str, value: str, *also: str) -> Q:
    """A row by its number, or by (a part of) its name."""
    if value.isdecimal() and len(value) < 18:
        return Q(**{f"{column}_id": int(value)})
    wanted = Q(**{f"{column}__name__icontains": value})
    for name in also:
        wanted |= Q(**{f"{column}__{name}__iexact": value})
    return wanted


def _team(term: Term, actor: Actor) -> Q:
    assigned = Participant.objects.filter(ticket=OuterRef("pk"), part="assigned", team__isnull=False)

    def one(value: str) -> Q:
        if value in ("mine", "my"):
            return Q(Exists(assigned.filter(team_id__in=actor.team_ids)))
        if value == "none":
            return ~Q(Exists(assigned))
        named = Q(team_id=int(value)) if value.isdecimal() else Q(team__name__icontains=value)
        return Q(Exists(assigned.filter(named)))

    return _any(term, one)


def _tag(term: Term, actor: Actor) -> Q:
    return Q(Exists(TicketTag.objects.filter(ticket=OuterRef("pk"), tag__name__in=term.values)))


def _priority(term: Term, actor: Actor) -> Q:
    value = term.values[0]
    if term.op == ":" and value == "none":
        return Q(priority__isnull=True)
    if term.op == ":":
        return Q(priority__in=term.values)
    level = int(value) if value.isdecimal() else getattr(kinds.priority(actor.organization_id, value), "level", None)
    if level is None:
        raise BadQuery(_("There is no priority “%(value)s”.") % {"value": value}, term.column)
    return Q(**{f"priority_level__{COMPARISONS[term.op]}": level})


COMPARISONS = {">": "gt", "<": "lt", ">=": "gte", "<=": "lte"}
UNITS = {"h": dt.timedelta(hours=1), "d": dt.timedelta(days=1), "w": dt.timedelta(weeks=1), "m": dt.timedelta(days=30)}


def _moment(column: str) -> Callable[[Term, Actor], Q]:
    """`created<7d`: less than seven days ago; `due<2026-03-14`: before that day."""

    def meaning(term: Term, actor: Actor) -> Q:
        value = term.values[0]
        if column == "due_at" and value == "none":
            return Q(due_at__isnull=True)
        if age := re.fullmatch(r"(\d{1,4})([hdwm])", value):
            moment = timezone.now() - int(age[1]) * UNITS[age[2]]
            if column == "due_at":
                return LATE & Q(due_at__lt=timezone.now() + int(age[1]) * UNITS[age[2]])
            return Q(**{f"{column}__{'gte' if term.op in ('<', '<=', ':') else 'lt'}": moment})
        try:
            day = timezone.make_aware(dt.datetime.fromisoformat(value)) if len(value) == 10 else None
        except ValueError:
            day = None
        if day is None:
            raise BadQuery(_("“%(value)s” is no time: write 7d, 12h or 2026-03-14.") % {"value": value}, term.column)
        if term.op == ":":
            return Q(**{f"{column}__gte": day, f"{column}__lt": day + UNITS["d"]})
        if term.op in (">", "<="):
            return Q(**{f"{column}__{'gte' if term.op == '>' else 'lt'}": day + UNITS["d"]})
        return Q(**{f"{column}__{COMPARISONS[term.op]}": day})

    return meaning


KEYS: dict[str, Callable[[Term, Actor], Q]] = {
    "is": _state,
    "status": _status,
    "kind": _kind,
    "assignee": _person("assignee"),
    "requester": _person("requester"),
    "company": _row("company"),
    "queue": _row("queue"),
    "category": _row("category"),
    "team": _team,
    "tag": _tag,
    "priority": _priority,
    "created": _moment("created_at"),
    "updated": _moment("active_at"),
    "due": _moment("due_at"),
    "closed": _moment("closed_at"),
}
