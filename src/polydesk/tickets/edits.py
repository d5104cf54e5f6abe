"""The one write path: lock → complete → refuse → write → remember (PL-020, RS-002).

A `Batch` is one transaction's worth of edits. The usual command makes a batch of one; an import puts a thousand edits
through the same rules and writes them with a few statements. Whoever asks, every ticket is written by `Batch.flush`
and every edit that changes something leaves exactly one event (PL-021)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, connection, models, transaction

from polydesk.directory.actors import Actor
from polydesk.directory.models import Organization
from polydesk.web import moments
from polydesk.web.failpoints import failpoint
from polydesk.web.statements import fetch_one

from . import chain, checks, rules
from .checks import Wrong, normalise
from .fields import FIELDS, PUBLIC, Field
from .kinds import CLOSED_PHASES
from .models import AccessProject, Comment, Event, Participant, Ticket, TicketItem, TicketTag
from .refusals import Missing, Refusal, Refused, Stale, refuse
from .rules.base import Rule
from .statements import writing

PEOPLE_LISTS = {
    "assigned_people": ("assigned", "person_id"),
    "assigned_teams": ("assigned", "team_id"),
    "watchers": ("watching", "person_id"),
    "watching_teams": ("watching", "team_id"),
    "suppliers": ("supplier", "company_id"),
}
COLUMN_OF = {name: declared.column for name, declared in FIELDS.items()}
LISTS = (*PEOPLE_LISTS, "tags", "items", "access_projects")


def now() -> dt.datetime:
    """This moment to the millisecond, as every stamp of the engine is kept."""
    moment = moments.now()
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@dataclass(slots=True)
class Part:
    """Something an edit writes beside the ticket's own fields: a comment, files, time, a relation.

    `rows` are inserted in order; `write` runs after them for anything else; `describe` says what the event keeps."""

    name: str
    describe: Callable[[], Any]
    rows: Sequence[models.Model] = ()
    write: Callable[[], None] | None = None
    public: bool = False
    counts_as_edit: bool = False
    is_activity: bool = True
    """Somebody did something: moves the stamps of activity (AT-333). A mark of the clock does not."""


@dataclass(slots=True)
class Edit:
    """One proposed set of values with its before and after; rules look at it and complete it."""

    ticket: Ticket
    actor: Actor
    verb: str
    via: str
    at: dt.datetime
    batch: Batch
    cause: str = ""
    is_new: bool = False
    values: dict[str, Any] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()
    """The fields that the request itself named with a new value; rules add others to `values`."""
    given: frozenset[str] = frozenset()
    """All fields that the request named, changed or not: a default never replaces a given null (RC-009)."""
    parts: list[Part] = field(default_factory=list)
    faults: list[Refusal] = field(default_factory=list)
    comment: Comment | None = None
    """The entry that this edit adds, for rules that look at it."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What a face or command tells its own rules (`also=`) beside the values."""

    def get(self, name: str) -> Any:
        """The value that the field will have."""
        return self.values[name] if name in self.values else self.was(name)

    def was(self, name: str) -> Any:
        """The stored value; the empty one on a new ticket."""
        return getattr(self.ticket, COLUMN_OF[name])

    def changes(self, *names: str) -> bool:
        """Does the edit change one of these fields?"""
        return not self.values.keys().isdisjoint(names)

    def set(self, name: str, value: Any) -> None:
        """Complete a field; setting what is stored takes it out of the edit."""
        if value == self.was(name):
            self.values.pop(name, None)
        else:
            self.values[name] = value

    def row(self, name: str) -> Any:
        """The row that a reference field will point at."""
        return self.batch.rows.get(FIELDS[name].model, self.get(name))

    def rows(self, name: str) -> list[Any]:
        """The rows that a list of references will hold."""
        wanted = self.get(name)
        self.batch.rows.load(FIELDS[name].model, wanted)
        return [self.batch.rows.get(FIELDS[name].model, i) for i in wanted]

    def add(self, part: Part) -> None:
        """Write something beside the fields in the same step."""
        self.parts.append(part)

    def ask(self, values: Mapping[str, Any]) -> None:
        """Take the caller's values: what differs from the stored ones becomes part of the edit (RC-002)."""
        self.given = frozenset(values)
        referred: dict[Field, list[int]] = {}
        for name, value in values.items():
            declared = FIELDS[name]
            try:
                stored = self._merged(declared, normalise(declared, value))
            except Wrong as wrong:
                self.faults.append(Refusal(wrong.rule, name, str(wrong)))
                continue
            if stored == self.was(name):
                continue
            self.values[name] = stored
            if declared.model:
                ids = stored if declared.type == "references" else [stored]
                new = [i for i in ids if i is not None and i not in self._stored_ids(declared)]
                if new:
                    referred[declared] = new
        self.faults += checks.unknown_rows(self.batch.rows, referred)
        for refusal in self.faults:
            self.values.pop(refusal.field, None)
        self.asked = frozenset(self.values)

    def _merged(self, declared: Field, value: Any) -> Any:
        if declared.type != "json" or not isinstance(value, dict):
            return value
        merged = {**self.was(declared.name)}
        for key, part in value.items():
            if declared.name == "extra" and isinstance(part, dict):
                part = {k: v for k, v in {**merged.get(key, {}), **part}.items() if v is not None}
            if part is None or part == {}:
                merged.pop(key, None)
            else:
                merged[key] = part
        return merged

    def _stored_ids(self, declared: Field) -> Sequence[int]:
        stored = self.was(declared.name)
        return stored if declared.type == "references" else [stored]

    def settle(self, also: Iterable[Rule] = ()) -> None:
        """Let every rule complete in order, then ask all that refuse, and raise all reasons at once (PL-023)."""
        listed = (*rules.installed(), *also, *rules.deriving())
        for rule in listed:
            if rule.completing is not None:
                rule.completing(self)
        self.ask_rules(listed)

    def ask_rules(self, listed: Iterable[Rule]) -> None:
        """Raise every reason that one of these rules has against the edit."""
        refusals = [*self.faults]
        for rule in listed:
            if rule.refusing is not None and (answer := rule.refusing(self)):
                refusals += rule.reasons(answer)
        if refusals:
            raise Refused(dict.fromkeys(refusals))

    @property
    def is_empty(self) -> bool:
        """Nothing to write and nothing to remember."""
        return not self.values and not self.parts

    def is_public(self) -> bool:
        """May a customer know that something happened (RC-084)?"""
        if any(part.public for part in self.parts) or self.is_new:
            return True
        shown = (PUBLIC - {"status"}) & self.values.keys()
        return bool(shown) or ("status" in self.values and self._seen_status_changes())

    def _seen_status_changes(self) -> bool:
        return seen_status(self.was("phase"), self.was("status")) != seen_status(self.get("phase"), self.get("status"))


def seen_status(phase: str, status: str) -> str:
    """What a customer sees of a status: whose turn it is, solved or closed (RC-084)."""
    if phase in CLOSED_PHASES:
        return "closed"
    return phase if phase == "solved" else "waiting" if status == "waiting_customer" else "open"


@dataclass(slots=True)
class Recorded:
    """An edit that has been written, with its event: what listeners in the same transaction get."""

    edit: Edit
    event: Event
    changes: dict[str, Any]


Listener = Callable[[Sequence[Recorded]], None]
_listeners: dict[Listener, str] = {}


def listen(listener: Listener, *, where: str = "") -> Listener:
    """Run `listener` inside the writing transaction for every batch: search rows, due times, outbox jobs.

    `where` is for those whom few organizations have anything for: a query that finds a row where organization %s has.
    All such questions are asked in one statement, so that another one costs a write nothing."""
    _listeners.setdefault(listener, where)
    return listener


def _listening(organization_id: int) -> list[Listener]:
    asked = [where for where in _listeners.values() if where]
    if not asked:
        return list(_listeners)
    text = "SELECT " + ", ".join(f"EXISTS ({where})" for where in asked)
    answers = iter(fetch_one(text, [organization_id] * len(asked)) or ())
    return [listener for listener, where in _listeners.items() if not where or next(answers)]


class Batch:
    """Edits of one organization that are written together; see `begin`."""

    def __init__(self, organization_id: int, rows: checks.Rows | None = None) -> None:
        self.organization_id = organization_id
        self.rows = rows or checks.Rows(organization_id)
        self._recorded: list[tuple[Edit, dict[str, Any]]] = []
        self._before: dict[int, dict[str, Any]] = {}
        self._new: list[Ticket] = []

    def lock(self, ticket_id: int, if_version: int | None = None) -> Ticket:
        """The ticket as it is now, held until the end of the transaction; Missing when the organization has none."""
        ticket = writing.lock(ticket_id, self.organization_id) if 0 < ticket_id < 2**63 else None
        if ticket is None:
            raise Missing
        if if_version is not None and ticket.version != if_version:
            raise Stale(ticket.version)
        return ticket

    def lock_all(self, ticket_ids: Iterable[int]) -> dict[int, Ticket]:
        """Several tickets, locked in ascending order so that nobody deadlocks (RS-036)."""
        wanted = sorted(set(ticket_ids))
        found = {
            t.pk: t
            for t in Ticket.objects.select_for_update()
            .filter(pk__in=wanted, organization_id=self.organization_id)
            .order_by("pk")
        }
        if len(found) != len(wanted):
            raise Missing
        return found

    def lock_links(self) -> None:
        """Hold the organization's row, so that two parallel writes cannot close a circle of links (RS-035)."""
        list(Organization.objects.select_for_update(no_key=True).filter(pk=self.organization_id).values_list("pk"))

    def draft(self, actor: Actor, kind: str, **facts: Any) -> Edit:
        """An edit that makes a new ticket."""
        at = facts.pop("at", None) or now()
        ticket = writing.new(Ticket, organization_id=self.organization_id, **_EMPTY)
        edit = Edit(ticket=ticket, actor=actor, at=at, batch=self, is_new=True, **facts)
        edit.values["kind"] = kind
        return edit

    def edit(self, ticket: Ticket, actor: Actor, **facts: Any) -> Edit:
        """An edit of a locked ticket (or of one that this batch has made)."""
        return Edit(ticket=ticket, actor=actor, at=facts.pop("at", None) or now(), batch=self, **facts)

    def record(self, edit: Edit) -> bool:
        """Take a settled edit: its values move onto the ticket, its event is remembered. False when it is empty."""
        if edit.is_empty:
            return False
        ticket = edit.ticket
        changes = {name: [encode(edit.was(name)), encode(value)] for name, value in sorted(edit.values.items())}
        if edit.is_new:
            self._new.append(ticket)
        else:
            before = self._before.setdefault(id(ticket), {})
            for name in edit.values:
                before.setdefault(name, edit.was(name))
        public = edit.is_public()
        for name, value in edit.values.items():
            setattr(ticket, COLUMN_OF[name], value)
        _stamp(edit, public)
        edit.facts["number"], edit.facts["public"] = ticket.version, public
        self._recorded.append((edit, changes))
        return True

    def flush(self) -> list[Recorded]:
        """Write everything recorded so far: tickets, entries, index rows, events; then tell the listeners."""
        recorded, self._recorded = self._recorded, []
        if not recorded:
            return []
        try:
            failpoint("edit.before_ticket")
            self._insert_tickets()
            failpoint("edit.after_insert")
            self._insert_rows(recorded)
            failpoint("edit.after_rows")
            self._update_tickets(recorded)
            failpoint("edit.after_ticket")
        except IntegrityError as error:
            raise _as_refusal(error) from error
        for edit, _ in recorded:
            for part in edit.parts:
                if part.write:
                    part.write()
        failpoint("edit.after_parts")
        events = self._write_events(recorded)
        failpoint("edit.after_events")
        done = [Recorded(edit, event, event.changes) for (edit, _), event in zip(recorded, events, strict=True)]
        for listener in _listening(self.organization_id):
            listener(done)
        failpoint("edit.after_listeners")
        return done

    def _insert_tickets(self) -> None:
        new, self._new = self._new, []
        if new:
            writing.insert(new)
            _insert_lists([(ticket, name, getattr(ticket, name)) for ticket in new for name in LISTS])
        for ticket in new:
            self._before.pop(id(ticket), None)

    def _insert_rows(self, recorded: Sequence[tuple[Edit, dict[str, Any]]]) -> None:
        """The rows of all parts, model by model, so that a comment has its id before its files and time name it."""
        by_model: dict[type[models.Model], list[models.Model]] = {}
        for edit, _ in recorded:
            for part in edit.parts:
                for row in part.rows:
                    if getattr(row, "ticket_id", 0) is None:
                        row.ticket = edit.ticket  # type: ignore[attr-defined]
                    by_model.setdefault(type(row), []).append(row)
        for _, rows in sorted(by_model.items(), key=lambda pair: _INSERT_ORDER.get(pair[0].__name__, 9)):
            for row in rows:
                _learn_ids(row)
            writing.insert(rows)

    def _update_tickets(self, recorded: Sequence[tuple[Edit, dict[str, Any]]]) -> None:
        for edit, _ in recorded:
            entry = edit.comment
            if entry is not None and entry.is_public and entry.type != "opening":
                edit.ticket.latest_message = entry.pk
                self._before.setdefault(id(edit.ticket), {})
        for ticket in {id(e.ticket): e.ticket for e, _ in recorded if id(e.ticket) in self._before}.values():
            self._update(ticket)

    def _update(self, ticket: Ticket) -> None:
        before = self._before.pop(id(ticket))
        columns = {FIELDS[name].column for name in before} | set(STAMP_COLUMNS)
        writing.update(ticket, columns)
        for name in LISTS:
            if name in before:
                _update_list(ticket, name, before[name])

    def _write_events(self, recorded: Sequence[tuple[Edit, dict[str, Any]]]) -> list[Event]:
        first: dict[int, int] = {}
        for edit, _ in recorded:
            first.setdefault(edit.ticket.pk, edit.facts["number"])
        heads = chain.heads({ticket_id: number - 1 for ticket_id, number in first.items() if number > 1})
        events = []
        for edit, changes in recorded:
            for part in edit.parts:
                changes.setdefault(f"+{part.name}", []).append(part.describe())
            event = writing.new(
                Event,
                organization_id=self.organization_id,
                ticket_id=edit.ticket.pk,
                number=edit.facts["number"],
                verb=edit.verb,
                actor_id=edit.actor.person_id,
                side=edit.actor.side,
                impersonator_id=edit.actor.impersonator_id,
                via=edit.via,
                cause=edit.cause,
                at=edit.at,
                public=edit.facts["public"],
                comment_id=edit.comment.pk if edit.comment is not None else None,
                changes=changes,
            )
            chain.seal(event, heads.get(edit.ticket.pk, ""))
            heads[edit.ticket.pk] = event.digest
            events.append(event)
        writing.insert(events)
        return events


_EMPTY: dict[str, Any] = {
    "status": "",
    "phase": "",
    "kind": "",
    "title": "",
    "access": "",
    "channel": "",
    "creator_side": "",
    "shared": None,
    "description_format": "",
    "resolution_format": "",
    "created_at": None,
}
"""What rules of a new ticket fill, and must find unfilled whatever the columns' own defaults are."""
_INSERT_ORDER = {"Comment": 0, "TimeEntry": 1, "Attachment": 2}
STAMP_COLUMNS = (
    "edited_at",
    "active_at",
    "active_by_id",
    "public_active_at",
    "latest_message",
    "latest_side",
    "version",
)


def _learn_ids(row: models.Model) -> None:
    """Take the ids of related rows that have been inserted since this one was built."""
    for column in row._meta.concrete_fields:
        if isinstance(column, models.ForeignKey) and column.is_cached(row):
            related = column.get_cached_value(row)
            if related is not None:
                setattr(row, column.attname, related.pk)


@contextmanager
def begin(organization_id: int, rows: checks.Rows | None = None) -> Iterator[Batch]:
    """One transaction with one batch; what is still recorded at its end is written before the commit.

    `rows` carries what an import has already read from one batch to the next."""
    with transaction.atomic():
        batch = Batch(organization_id, rows)
        yield batch
        batch.flush()


def point_at_latest(ticket: Ticket) -> None:
    """Store which public message is the newest after entries moved, vanished or changed sides (RC-033, RC-093)."""
    Ticket.objects.filter(pk=ticket.pk).update(latest_message=ticket.latest_message, latest_side=ticket.latest_side)


def note_customer_told(ticket_id: int, at: dt.datetime) -> None:
    """Store when word last went out to the customer: a stamp, neither an edit nor news of its own (RC-085)."""
    Ticket.objects.filter(pk=ticket_id).update(customer_notified_at=at)


def _stamp(edit: Edit, public: bool) -> None:
    """Move the derived stamps by the event, not by the face (RC-289)."""
    ticket, at = edit.ticket, edit.at
    ticket.version += 1
    if edit.is_new:
        ticket.edited_at = ticket.active_at = ticket.public_active_at = ticket.created_at
        ticket.active_by_id = edit.actor.person_id
    else:
        if edit.values or any(part.counts_as_edit for part in edit.parts):
            ticket.edited_at = at
        if edit.values or any(part.is_activity for part in edit.parts):
            ticket.active_at = at
            ticket.active_by_id = edit.actor.person_id
        if public:
            ticket.public_active_at = at
    if edit.comment is not None and edit.comment.is_public and edit.comment.type != "automation":
        ticket.latest_side = edit.comment.side


def encode(value: Any) -> Any:
    """A value as an event keeps it: JSON with moments in UTC."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, dt.date):
        return value.isoformat()
    return value


def decode(name: str, value: Any) -> Any:
    """The stored form of a value that an event kept."""
    declared = FIELDS[name]
    if value is None:
        return None
    if declared.type == "datetime":
        return dt.datetime.fromisoformat(value)
    if declared.type == "date":
        return dt.date.fromisoformat(value)
    return value


def _list_rows(ticket: Ticket, name: str, values: Sequence[Any]) -> list[models.Model]:
    """The index rows that repeat a list of the ticket's row."""
    if name in PEOPLE_LISTS:
        part, column = PEOPLE_LISTS[name]
        return [Participant(ticket=ticket, part=part, position=i, **{column: v}) for i, v in enumerate(values)]
    if name == "tags":
        return [TicketTag(ticket=ticket, tag_id=v) for v in values]
    if name == "items":
        return [TicketItem(ticket=ticket, kind=kind, item_id=number) for kind, number in values]
    return [AccessProject(ticket=ticket, key=v) for v in values]


def _insert_lists(lists: Iterable[tuple[Ticket, str, Sequence[Any]]]) -> None:
    by_model: dict[type[models.Model], list[models.Model]] = {}
    for ticket, name, values in lists:
        for row in _list_rows(ticket, name, values) if values else ():
            by_model.setdefault(type(row), []).append(row)
    for rows in by_model.values():
        writing.insert(rows)


def _update_list(ticket: Ticket, name: str, before: Sequence[Any]) -> None:
    """Bring the index rows of one list in line; things keep the row (and its id) that they had (CE-239)."""
    after = getattr(ticket, name)
    if name == "items":
        gone = [pair for pair in before if pair not in after]
        for kind, number in gone:
            TicketItem.objects.filter(ticket=ticket, kind=kind, item_id=number).delete()
        TicketItem.objects.bulk_create(_list_rows(ticket, name, [p for p in after if p not in before]))  # type: ignore[arg-type]
        return
    if name in PEOPLE_LISTS:
        part, column = PEOPLE_LISTS[name]
        Participant.objects.filter(ticket=ticket, part=part, **{f"{column}__isnull": False}).delete()
    elif name == "tags":
        TicketTag.objects.filter(ticket=ticket).delete()
    else:
        AccessProject.objects.filter(ticket=ticket).delete()
    _insert_lists([(ticket, name, after)])


def _as_refusal(error: IntegrityError) -> Exception:
    """A constraint that a parallel write broke first, said like the rule that guards it."""
    text = str(error)
    if "ticket_external_pair_once" in text or "external_ref" in text:
        return refuse("external_pair_once", "external_ref", rules.external_pair_taken())
    return error


def on_postgresql() -> bool:
    """Whether the default database is PostgreSQL."""
    return connection.vendor == "postgresql"
