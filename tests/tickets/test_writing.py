"""Static INSERTs, UPDATEs and the lock mean what the ORM means."""

import datetime as dt
import uuid

import pytest

from polydesk.tickets.models import Attachment, Comment, Ticket, TimeEntry
from polydesk.tickets.statements import writing

pytestmark = pytest.mark.django_db

MOMENT = dt.datetime(2026, 3, 1, 12, 30, 15, 250000, tzinfo=dt.UTC)


def columns(row):
    fresh = type(row).objects.get(pk=row.pk)
    return {f.attname: getattr(fresh, f.attname) for f in row._meta.concrete_fields if not f.primary_key}


def twins(world):
    ticket = world.ticket()
    common = {"author": world.anna, "text": "Ünï “code” 'quoted'", "sent_at": MOMENT, "extra": {"a": [1, None, "ü"]}}
    return [
        lambda: Comment(ticket=ticket, rating=None, **common),
        lambda: Comment(ticket=ticket, rating={"score": 5}, planned_start=MOMENT, internal=True, **common),
        lambda: Attachment(
            organization=world.house, name="a.txt", size=2**40, created_at=MOMENT, uuid=uuid.UUID(int=7)
        ),
        lambda: TimeEntry(ticket=ticket, seconds=61, worked_on=dt.date(2026, 2, 28), created_at=MOMENT),
        lambda: Ticket(
            organization=world.house,
            kind="request",
            status="new",
            phase="new",
            title="t",
            watchers=[1, 2],
            follow_up_on=dt.date(2026, 2, 28),
            due_at=MOMENT,
            created_at=MOMENT,
            edited_at=MOMENT,
            active_at=MOMENT,
            public_active_at=MOMENT,
            fields={"x": 1.5, "y": True},
        ),
    ]


@pytest.mark.spec("PL-304")
def test_rows_are_stored_as_the_orm_stores_them(world):
    for make in twins(world):
        ours, orms = make(), make()
        writing.insert([ours])
        stored = columns(ours)
        type(ours).objects.filter(pk=ours.pk).delete()
        orms.save(force_insert=True)
        expected = columns(orms)
        for skip in ("updated_at",):
            stored.pop(skip, None), expected.pop(skip, None)
        assert stored == expected


@pytest.mark.spec("PL-304")
def test_many_rows_get_their_ids_in_order(world):
    ticket = world.ticket()
    rows = [Comment(ticket=ticket, text=str(n)) for n in range(60)]
    writing.insert(rows)
    assert [Comment.objects.get(pk=row.pk).text for row in rows] == [str(n) for n in range(60)]


@pytest.mark.spec("PL-304")
def test_an_update_and_the_lock_see_what_the_orm_sees(world):
    ticket = world.ticket(due_at=MOMENT, follow_up_on=dt.date(2026, 1, 2), watchers=[world.bob.pk], shared=False)
    ticket.title, ticket.fields, ticket.due_at = "Other", {"a": {"b": [1]}}, None
    writing.update(ticket, ["title", "fields", "due_at"])
    locked = writing.lock(ticket.pk, world.house.pk)
    fresh = Ticket.objects.get(pk=ticket.pk)
    assert all(getattr(locked, f.attname) == getattr(fresh, f.attname) for f in Ticket._meta.concrete_fields)
    assert (locked.title, locked.due_at, locked.fields) == ("Other", None, {"a": {"b": [1]}})
    assert writing.lock(ticket.pk, world.other.pk) is None
