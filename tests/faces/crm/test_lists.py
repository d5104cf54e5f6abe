"""Lists, their parameters and paging (crm.md section 5)."""

import datetime as dt

import pytest
from django.utils import timezone

from polydesk.faces.crm import lists
from polydesk.tickets import commands
from polydesk.tickets.models import Ticket
from polydesk.web.testing import count_statements

from .conftest import read

pytestmark = pytest.mark.django_db


def ids(tickets):
    return [ticket["id"] for ticket in tickets]


@pytest.fixture
def five(crm, world):
    return [
        crm.post("/tickets/", subject=f"T{n}", customerID=world.acme.pk if n % 2 else world.beta.pk)["id"]
        for n in range(5)
    ]


@pytest.mark.spec("CR-003", "CR-004", "CR-054", "CR-055", "CR-058", "RC-111")
def test_lists_are_bare_arrays_by_rising_id(crm, world, five):
    assert ids(crm.get("/tickets/")) == five == sorted(five, key=int)
    assert ids(crm.get(f"/customers/{world.acme.pk}/tickets/")) == five[1::2]
    assert ids(crm.get(f"/tickets/?idAfter={five[2]}")) == five[3:]
    assert ids(crm.get(f"/customers/{world.acme.pk}/tickets?idAfter={five[1]}")) == five[3:4]
    assert ids(crm.get("/tickets/?idAfter=-3&unknown=1")) == five
    assert crm.get(f"/tickets/?idAfter={'9' * 40}") == []
    assert crm.get("/tickets/")[0] == crm.get(f"/tickets/{five[0]}")


@pytest.mark.spec("CR-055", "CR-059")
def test_paging_by_the_last_id_sees_each_ticket_once_while_others_come_and_go(crm, five):
    seen = ids(crm.get("/tickets/?limit=2"))
    crm("DELETE", f"/tickets/{five[1]}")
    crm("DELETE", f"/tickets/{five[3]}")
    late = crm.post("/tickets/", subject="late")["id"]
    while page := ids(crm.get(f"/tickets/?limit=2&idAfter={seen[-1]}")):
        seen += page
    assert seen == [*five[:3], five[4], late]


@pytest.mark.spec("CR-056", "CR-057", "CR-058", "CR-059", "RC-083", "RC-407")
def test_created_and_updated_since(crm, world, five):
    start = timezone.now().replace(microsecond=0) - dt.timedelta(days=10)
    for n, number in enumerate(five):
        moment = start + dt.timedelta(days=n)
        Ticket.objects.filter(pk=number).update(created_at=moment, active_at=moment)
    since = (start + dt.timedelta(days=2)).isoformat()
    assert ids(crm.get(f"/tickets/?createdSince={since.replace('+', '%2B')}")) == five[2:]
    assert ids(crm.get(f"/tickets/?createdSince={since}")) == five[2:]  # the + arrives as a blank
    assert ids(crm.get(f"/tickets/?createdSince={since}&updatedSince={since}&idAfter={five[3]}")) == five[4:]
    assert ids(crm.get(f"/customers/{world.acme.pk}/tickets/?updatedSince={since}")) == five[3:4]
    recent = f"/tickets/?updatedSince={(timezone.now() - dt.timedelta(minutes=1)).isoformat()}"
    assert crm.get(recent) == []
    crm.patch(f"/tickets/{five[0]}", ticketFollowupDate="2027-01-01")
    commands.comment(int(five[1]), "Between us", by=world.actor("anna"), via="test", internal=True)
    assert ids(crm.get(recent)) == five[:2]


@pytest.mark.spec("CR-059", "RC-014")
@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2026-02-20", "2026-02-20T00:00:00+01:00"),
        ("2026-02-20T10:00", "2026-02-20T10:00:00+01:00"),
        ("2026-02-20 10:00:01", "2026-02-20T10:00:01+01:00"),
        ("2026-02-20T10:00:01.5Z", "2026-02-20T10:00:01.500000+00:00"),
        ("2026-02-20T10:00:01-05:30", "2026-02-20T10:00:01-05:30"),
        ("2026-02-20T10:00 02:00", "2026-02-20T10:00:00+02:00"),
    ],
)
def test_datetimes_are_read_in_every_documented_form(settings, said, meant):
    settings.TIME_ZONE = "Europe/Berlin"
    from polydesk.faces.crm import times

    assert times.moment(said) == dt.datetime.fromisoformat(meant)


@pytest.mark.spec("CR-067", "CR-059")
@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("idAfter=x", "idAfter"), ("idAfter=1.5", "idAfter"), ("idAfter=", "idAfter"), ("limit=0", "limit"),
        ("limit=1001", "limit"), ("limit=many", "limit"), ("createdSince=soon", "createdSince"),
        ("updatedSince=2026-02-30", "updatedSince"), ("createdSince=2026-01-01T10:00:60Z", "createdSince"),
        ("updatedSince=0001-01-01T00:00%2B14:00", "updatedSince"), ("createdSince=20260101", "createdSince"),
    ],
)  # fmt: skip
def test_a_faulty_parameter_is_named(crm, world, query, fault):
    for path in ("/tickets/", f"/customers/{world.acme.pk}/tickets/", "/customers/", "/ticketActivities/"):
        assert crm.faults("GET", f"{path}?{query}") == {fault}


@pytest.mark.spec("CR-067", "CR-068")
def test_all_faulty_parameters_are_named_together(crm):
    assert crm.faults("GET", "/tickets/?idAfter=x&limit=x&createdSince=x&updatedSince=x") == {
        "idAfter", "limit", "createdSince", "updatedSince",
    }  # fmt: skip


@pytest.mark.spec("CR-059", "PL-304")
def test_a_long_list_is_complete_and_sent_in_pieces(crm, world, five, monkeypatch):
    whole = crm.get("/tickets/")
    with count_statements() as short:
        crm.get("/tickets/")
    monkeypatch.setattr(lists, "CHUNK", 2)
    answer = crm("GET", "/tickets/")
    assert answer.streaming and answer["Content-Type"] == "application/json"
    with count_statements() as ran:
        assert read(answer) == whole
    assert len(ran) <= 2 * 3 and len(short) <= 4
    monkeypatch.setattr(lists, "CHUNK", 5)
    assert crm.get("/tickets/") == whole
    assert ids(crm.get("/tickets/?limit=5")) == five and ids(crm.get("/tickets/?limit=3")) == five[:3]
    crm("DELETE", f"/tickets/{five[0]}")
    assert ids(crm.get("/tickets/")) == five[1:]
