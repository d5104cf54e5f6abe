"""Bringing over the tickets of a database that simpletickets 0.2 has used (ST-013).

Runs after `migrate`, when the engine's tables stand: every row of the old table becomes a ticket of the engine with its
number, dates, people and attachment. The old table keeps its rows under another name, so that nothing is lost and no
second run takes them again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.conf import settings as project
from django.contrib.auth import get_user_model
from django.core.files.storage import default_storage
from django.core.management.color import no_style
from django.db import connections, transaction
from django.utils.dateparse import parse_datetime

from polydesk.directory import actors
from polydesk.tickets import commands, edits
from polydesk.tickets.commands import NewFile
from polydesk.tickets.commands.fields import create_in
from polydesk.tickets.models import Ticket
from polydesk.web import files as stored_files
from polydesk.web import moments

from . import fields, people, settings
from .acts import title_of
from .fields import CLOSED, FACE, NEW, SOLVED

OLD_TABLE, KEPT_TABLE = "simpletickets_ticket", "simpletickets_ticket_0_2"
EMPTY = "..."


def after_migrating(sender: Any, using: str = "default", **kwargs: Any) -> None:
    """Take over what is there; nothing in every other project."""
    if using != "default" or OLD_TABLE not in connections[using].introspection.table_names():
        return
    with transaction.atomic():
        rows = _rows()
        keep_numbers = not Ticket.objects.filter(pk__in=[row["id"] for row in rows]).exists()
        for row in rows:
            _take(row, keep_numbers)
        _settle_table(keep_numbers and bool(rows))
    if kwargs.get("verbosity", 1) and rows:
        kwargs.get("stdout", _Console()).write(f"  {len(rows)} tickets of simpletickets 0.2 taken over\n")


class _Console:
    def write(self, text: str) -> None:
        import sys

        sys.stdout.write(text)


def _rows() -> Sequence[dict[str, Any]]:
    with connections["default"].cursor() as cursor:
        cursor.execute(f"SELECT * FROM {OLD_TABLE} ORDER BY id")  # noqa: S608 - a constant
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _take(row: dict[str, Any], keep_number: bool) -> None:
    """One row: made at its creation, then brought to the state it has, each at its own moment."""
    desk = people.organization()
    system = actors.system(desk.pk)
    created = _moment(row.get("creation_date")) or edits.now()
    users = get_user_model()._default_manager
    owner = users.filter(pk=row.get("user_id")).first()
    description = row.get("description") or EMPTY
    values = {
        "title": title_of(description),
        "description": description,
        "description_format": "plain",
        "resolution_format": "plain",
        "requester": people.person_of(owner) if owner else None,
        "channel": "portal",
        "final": True,
        **fields.written(None, type=row["ticket_type"], severity_=row["severity"]),
    }
    by = people.Visitor(owner).as_owner() if owner else system
    with edits.begin(desk.pk) as batch:
        edit = create_in(
            batch,
            fields.kind(row["ticket_type"]),
            values,
            by=by,
            via=FACE,
            files=_files(row),
            at=created,
            cause="takeover",
        )
        if keep_number:
            edit.ticket.pk = row["id"]
    if row["state"] == NEW and not row.get("staff_id"):
        return
    staff = users.filter(pk=row.get("staff_id")).first()
    changed = _moment(row.get("resolution_date") if row["state"] >= SOLVED else row.get("modification_date")) or created
    worked = {
        "assignee": people.person_of(staff) if staff else None,
        "resolution": row.get("resolution_text") or "",
        **fields.written(edit.ticket, state_=min(row["state"], SOLVED)),
    }
    commands.edit(edit.ticket.pk, worked, by=system, via=FACE, at=changed, cause="takeover")
    if row["state"] == CLOSED:
        closed = changed + settings.ST_DELTA_CLOSE
        commands.edit(edit.ticket.pk, {"status": "closed"}, by=system, via=FACE, at=closed, cause="takeover")


def _moment(value: Any) -> dt.datetime | None:
    """A stored moment: SQLite gives text, in UTC where the project uses time zones."""
    if isinstance(value, str):
        value = parse_datetime(value)
    if value is None or value.tzinfo is not None:
        return value
    aware: dt.datetime = value.replace(tzinfo=dt.UTC) if project.USE_TZ else moments.aware(value)
    return aware


def _files(row: dict[str, Any]) -> list[NewFile]:
    name = row.get("attachment")
    if not name or not default_storage.exists(name):
        return []
    with default_storage.open(name) as old:
        kept = stored_files.store(old.chunks())
    return [NewFile(stored_files.safe_name(name), kept.size, kept.sha256, kept.kind)]


def _settle_table(numbers_were_kept: bool) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(f"ALTER TABLE {OLD_TABLE} RENAME TO {KEPT_TABLE}")
        if numbers_were_kept:
            for statement in connections["default"].ops.sequence_reset_sql(no_style(), [Ticket]):
                cursor.execute(statement)
