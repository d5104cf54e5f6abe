"""An incident event log of ServiceNow, replayed: one ticket per incident, one event per row that changes something.

Rows carry the whole state after each update; the engine sees what differs. People, times and the order are the
source's own. What cannot be taken is reported with its line; the rest of the row still counts."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from polydesk.directory.actors import Actor
from polydesk.directory.models import Organization
from polydesk.tickets import edits
from polydesk.tickets.checks import Rows
from polydesk.tickets.commands.fields import create_in
from polydesk.tickets.edits import Batch
from polydesk.tickets.models import Event, Ticket
from polydesk.tickets.refusals import Refused
from polydesk.tickets.rules.base import Rule

from .people import Cast
from .source import Progress, Report, Row, Summary, Table

SYSTEM = "servicenow"
INCIDENTS_PER_BATCH = 100
UNKNOWN = ("?", "")

STATES = {
    "New": "new",
    "Active": "in_progress",
    "Awaiting User Info": "waiting_customer",
    "Awaiting Vendor": "waiting_supplier",
    "Awaiting Problem": "on_hold",
    "Awaiting Evidence": "on_hold",
    "Resolved": "solved",
    "Closed": "closed",
    "-100": "on_hold",
}
"""RC-341. The source's word is kept in `extra` where it says more than the status."""
COARSE_STATES = ("Awaiting Problem", "Awaiting Evidence", "-100")
PRIORITIES = {"1": "major", "2": "high", "3": "normal", "4": "low"}
SCALE = {"1": 4, "2": 3, "3": 2}
"""Impact and urgency: 1 high, 2 medium, 3 low (RC-157)."""
CHANNELS = {
    "Phone": "phone",
    "IVR": "phone",
    "Email": "email",
    "Self service": "portal",
    "Direct opening": "agent",
}
KEPT = (
    "made_sla",
    "location",
    "u_symptom",
    "knowledge",
    "u_priority_confirmation",
    "notify",
    "problem_id",
    "rfc",
    "caused_by",
    "closed_code",
    "resolved_by",
    "reassignment_count",
)
"""What the core has no word for, kept as it came under `extra.servicenow`."""
REQUIRED = ("number", "incident_state", "sys_updated_at")


def replay(
    path: Path, organization: Organization, *, report: Report | None = None, progress: Progress | None = None
) -> Summary:
    """Import the log at `path` into `organization`; raises ValueError when the file is no such log.

    Resumable and idempotent: an incident that is there already goes on after the rows it has taken. Flat in memory."""
    summary = Summary()
    started = time.monotonic()
    table = Table(path)
    missing = [name for name in REQUIRED if name not in table.columns]
    if missing:
        raise ValueError(f"{path.name} is no incident event log: it lacks the column {', '.join(missing)}")
    rows = Rows(organization.pk)
    importer = _Importer(organization, rows, summary, report)
    for incidents in _portions(_incidents(table, importer)):
        importer.take(incidents)
        summary.seconds = time.monotonic() - started
        if progress:
            progress(table.position, table.size)
    table.close()
    summary.seconds = time.monotonic() - started
    return summary


def _incidents(table: Iterable[Row], importer: _Importer) -> Iterator[tuple[str, list[Row]]]:
    """Rows of one incident stand together in the log; a row without a number belongs to none."""

    def numbered() -> Iterator[Row]:
        for row in table:
            importer.summary.rows += 1
            if row.values.get("number", "?") in UNKNOWN:
                importer.problem(row, "it names no incident", refused=True)
            else:
                yield row

    for number, group in groupby(numbered(), key=lambda row: row.values["number"]):
        yield number, list(group)


def _portions(incidents: Iterator[tuple[str, list[Row]]]) -> Iterator[list[tuple[str, list[Row]]]]:
    portion: list[tuple[str, list[Row]]] = []
    for incident in incidents:
        portion.append(incident)
        if len(portion) == INCIDENTS_PER_BATCH:
            yield portion
            portion = []
    if portion:
        yield portion


class _Importer:
    def __init__(self, organization: Organization, rows: Rows, summary: Summary, report: Report | None) -> None:
        self.organization = organization
        self.rows = rows
        self.cast = Cast(organization, SYSTEM, rows)
        self.summary = summary
        self.report = report

    def problem(self, row: Row, reason: str, *, refused: bool = False) -> None:
        """Nothing is dropped silently (PL-151)."""
        if refused:
            self.summary.refused += 1
        else:
            self.summary.noted += 1
        text = f"line {row.line}: {reason}"
        if len(self.summary.first_problems) < 20:
            self.summary.first_problems.append(text)
        if self.report:
            self.report(row.line, reason, refused)

    def take(self, incidents: list[tuple[str, list[Row]]]) -> None:
        """One transaction: all of these incidents, or none of them."""
        with edits.begin(self.organization.pk, self.rows) as batch:
            known = self._known(batch, [number for number, _ in incidents])
            rows = [row.values for _, found in incidents for row in found]
            self.cast.make(
                contacts=set(_names(rows, "Caller", "caller_id")),
                staff={*_names(rows, "Updater", "sys_updated_by"), *_names(rows, "Resolver", "assigned_to")},
            )
            for number, found in incidents:
                self._replay(batch, number, found, known.get(number))
            done = batch.flush()
            self.summary.events += len(done)

    def _known(self, batch: Batch, numbers: list[str]) -> dict[str, Ticket]:
        tickets = Ticket.objects.filter(
            organization=self.organization, external_system=SYSTEM, external_ref__in=numbers
        ).order_by("pk")
        for number in numbers:
            self.rows.answer(("external_pair", SYSTEM, number), False)
        return {str(t.external_ref): t for t in tickets.select_for_update()}

    def _replay(self, batch: Batch, number: str, rows: list[Row], ticket: Ticket | None) -> None:
        taken = ticket.extra.get(SYSTEM, {}).get("rows", 0) if ticket else 0
        self.summary.known += min(taken, len(rows))
        previous = self._last_moment(ticket) if ticket and taken < len(rows) else None
        for position, row in enumerate(rows[taken:], taken + 1):
            if row.fault:
                self.problem(row, row.fault)
            moment = self._moment(row, "sys_updated_at") or previous
            if moment is None:
                moment = self._moment(row, "opened_at") or edits.now()
                self.problem(row, "it has no readable time")
            if previous and moment < previous:
                self.problem(row, f"its time {moment:%Y-%m-%d %H:%M} runs backwards; kept as it is")
            previous = moment
            ticket = self._step(batch, number, row, position, moment, ticket)

    @staticmethod
    def _last_moment(ticket: Ticket) -> dt.datetime | None:
        return Event.objects.filter(ticket_id=ticket.pk).order_by("-number").values_list("at", flat=True).first()

    def _step(
        self, batch: Batch, number: str, row: Row, position: int, moment: dt.datetime, ticket: Ticket | None
    ) -> Ticket | None:
        actor = self._actor(row.values.get("sys_updated_by", "?"))
        values = self._values(row, ticket)
        count = row.values.get("reopen_count", "")
        facts = {"reopen_count": int(count)} if count.isascii() and count.isdigit() else {}
        told = (_count_is_told(facts["reopen_count"]),) if facts else ()
        try:
            if ticket is None:
                values |= {"external_system": SYSTEM, "external_ref": number, "channel": self._channel(row)}
                values["created_at"] = self._moment(row, "opened_at") or moment
                values.setdefault("extra", {}).setdefault(SYSTEM, {})["rows"] = position
                edit = create_in(batch, "incident", values, by=actor, via="import", also=told, at=moment, facts=facts)
                self.summary.tickets += 1
                return edit.ticket
            edit = batch.edit(ticket, actor, verb="edit", via="import", at=moment)
            edit.facts.update(facts)
            edit.ask(values)
            edit.settle(told)
            if not edit.is_empty:
                edit.ask({"extra": {SYSTEM: {**edit.get("extra").get(SYSTEM, {}), "rows": position}}})
                batch.record(edit)
        except Refused as refused:
            self.problem(row, str(refused), refused=True)
        return ticket

    def _actor(self, name: str) -> Actor:
        """The source's own person, with every right: it happened."""
        person = self.cast.person(f"Updater {name}") if name not in UNKNOWN else None
        return Actor(
            organization_id=self.organization.pk,
            person_id=person.pk if person else None,
            side="staff" if person else "system",
            name=person.name if person else "system",
            rights=frozenset({"*"}),
        )

    def _values(self, row: Row, ticket: Ticket | None) -> dict[str, Any]:
        values = row.values
        found: dict[str, Any] = {}
        self._take_state(row, ticket, found)
        for column, field, table in (
            ("priority", "priority", PRIORITIES),
            ("impact", "impact", SCALE),
            ("urgency", "urgency", SCALE),
        ):
            said = values.get(column, "?")[:1]
            if said in table:
                found[field] = table[said]  # type: ignore[index]
            elif said not in UNKNOWN:
                self.problem(row, f"unknown {column} “{values[column]}”")
        self._take_people(values, found)
        if ticket is None or "title" not in found:
            found["title"] = self._title(values)
        category = [f"{label} {values[c]}" for c, label in (("category", "Category"), ("subcategory", "Subcategory"))
                    if values.get(c, "?") not in UNKNOWN]  # fmt: skip
        found["category"] = self.cast.category(*category)
        cmdb = values.get("cmdb_ci", "?")
        found["asset"] = self.cast.asset(f"CI {cmdb}") if cmdb not in UNKNOWN else None
        vendor = values.get("vendor", "?")
        found["suppliers"] = [self.cast.supplier(f"Vendor {vendor}")] if vendor not in UNKNOWN else []
        kept = {name: values[name] for name in KEPT if values.get(name, "?") not in UNKNOWN}
        if values.get("incident_state") in COARSE_STATES:
            kept["state"] = values["incident_state"]
        before = ticket.extra.get(SYSTEM, {}) if ticket else {}
        cleared = dict.fromkeys(name for name in before if name not in kept and name != "rows")
        found["extra"] = {SYSTEM: {**cleared, **kept}}
        return found

    def _take_state(self, row: Row, ticket: Ticket | None, found: dict[str, Any]) -> None:
        said = row.values.get("incident_state", "?")
        if said in STATES:
            found["status"] = STATES[said]
            if said == "Closed":
                found["closed_at"] = self._moment(row, "closed_at")
                if found["closed_at"] is None:
                    del found["closed_at"]
            if said == "-100":
                self.problem(row, "the state -100 is broken in the source; taken as on hold")
        else:
            self.problem(row, f"unknown state “{said}”; the ticket keeps the one it has")

    def _take_people(self, values: dict[str, str], found: dict[str, Any]) -> None:
        caller = values.get("caller_id", "?")
        found["requester"] = self.cast.person(f"Caller {caller}") if caller not in UNKNOWN else None
        assigned = values.get("assigned_to", "?")
        found["assignee"] = self.cast.person(f"Resolver {assigned}") if assigned not in UNKNOWN else None
        group = values.get("assignment_group", "?")
        found["assigned_teams"] = [self.cast.team(f"Group {group}")] if group not in UNKNOWN else []

    @staticmethod
    def _title(values: dict[str, str]) -> str:
        symptom, category = values.get("u_symptom", "?"), values.get("category", "?")
        words = [f"Symptom {symptom}" if symptom not in UNKNOWN else "Incident"]
        if category not in UNKNOWN:
            words.append(f"in category {category}")
        return " ".join([*words, f"(INC{values['number']})"])

    @staticmethod
    def _channel(row: Row) -> str:
        return CHANNELS.get(row.values.get("contact_type", "?"), "other")

    def _moment(self, row: Row, column: str) -> dt.datetime | None:
        """`D/M/YYYY HH:MM` without a zone, taken as UTC; None when it is unknown or no time."""
        said = row.values.get(column, "?")
        if said in UNKNOWN:
            return None
        try:
            day, _, clock = said.partition(" ")
            date, month, year = day.split("/")
            hour, minute = clock.split(":")
            return dt.datetime(int(year), int(month), int(date), int(hour), int(minute), tzinfo=dt.UTC)
        except ValueError:
            self.problem(row, f"{column}: “{said}” is no time")
            return None


def _names(rows: Iterable[dict[str, str]], word: str, column: str) -> Iterator[str]:
    return (f"{word} {row[column]}" for row in rows if row.get(column, "?") not in UNKNOWN)


def _count_is_told(count: int) -> Rule:
    """The source counts the reopenings itself (PL-152)."""
    return Rule("reopenings_are_told", completing=lambda edit: edit.set("reopen_count", count))


__all__ = ["replay"]
