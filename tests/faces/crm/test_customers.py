"""Customers and ticket activities (crm.md sections 7 and 8)."""

import datetime as dt

import pytest
from django.utils import timezone

from polydesk.directory.models import Company
from polydesk.tickets import commands
from polydesk.tickets.models import Event

pytestmark = pytest.mark.django_db


@pytest.mark.spec("CR-070", "CR-072", "CR-073")
def test_a_customer_lives_and_is_dropped_but_keeps_its_tickets(crm):
    made = crm.post("/customers/", name="Dial Ltd", email="ops@dial.example", accountNumber="C1", CRMReference="R1")
    assert made == {
        "id": made["id"], "name": "Dial Ltd", "email": "ops@dial.example", "accountNumber": "C1", "CRMReference": "R1",
        "active": True,
    }  # fmt: skip
    assert crm.get(f"/customers/{made['id']}") == made and made in crm.get("/customers")
    ticket = crm.post("/tickets/", subject="x", customerID=int(made["id"]))
    assert crm.patch(f"/customers/{made['id']}/", name="Dial PLC") == made | {"name": "Dial PLC"}
    assert crm("PATCH", f"/customers/{made['id']}", made).json() == made
    assert crm("DELETE", f"/customers/{made['id']}").status_code == 204
    assert crm("DELETE", f"/customers/{made['id']}").status_code == 204
    assert crm.get(f"/customers/{made['id']}")["active"] is False
    assert crm.get(f"/customers/{made['id']}/tickets/") == [ticket]
    assert crm.patch(f"/customers/{made['id']}", active=True)["active"] is True


@pytest.mark.spec("CR-071")
def test_customers_are_found_by_number_reference_flags_and_time(crm, world):
    one = crm.post("/customers/", name="One", accountNumber="C1", CRMReference="R1")
    crm("DELETE", f"/customers/{world.beta.pk}")

    def names(query):
        return [customer["name"] for customer in crm.get(f"/customers/?{query}")]

    assert names("accountNumber=C1") == ["One"] == names("CRMReference=R1")
    assert names("accountNumber=c1") == [] == names("accountNumber=") == names("CRMReference=x")
    assert names("") == ["Acme", "Beta", "One"] == names("active=1&dropped=true") == names("active=0")
    assert names("active") == ["Acme", "One"] == names("active=true") and names("dropped=1") == ["Beta"]
    assert names(f"idAfter={world.beta.pk}") == ["One"] and names("limit=1") == ["Acme"]
    ahead = (timezone.now() + dt.timedelta(hours=1)).isoformat().replace("+", "%2B")
    Company.objects.filter(pk=one["id"]).update(created_at=timezone.now() + dt.timedelta(hours=2))
    assert names(f"createdSince={ahead}") == ["One"] and names(f"updatedSince={ahead}") == []


@pytest.mark.spec("CR-072", "CR-068")
def test_what_is_wrong_with_a_customer_is_told_together(crm):
    assert crm.faults("POST", "/customers/") == {"name"}
    crm.post("/customers/", name="One", accountNumber="C1", CRMReference="R1")
    wrong = {"name": " ", "email": "x", "accountNumber": "C1", "CRMReference": "R1", "active": "maybe"}
    assert crm.faults("POST", "/customers/", **wrong) == set(wrong)
    assert crm.faults("POST", "/customers/", name="x" * 256, accountNumber="9" * 61) == {"name", "accountNumber"}
    assert Company.objects.filter(name="One").count() == 1


@pytest.mark.spec("CR-074", "CR-075", "RC-097", "RC-101", "RC-170", "RC-171", "RC-172", "RC-175")
def test_activities_tell_the_history(crm, world):
    ticket = crm.post("/tickets/", subject="x", ticketContent="First", users="anna, bob", ticketSuppliers="BT")["id"]
    crm.patch(f"/tickets/{ticket}", ticketContent="Second", status="Open")
    note = commands.comment(int(ticket), "Between us", by=world.actor("bob"), via="test", internal=True)
    crm.patch(f"/tickets/{ticket}", owner="bob", ticketPriority="High")
    told = crm.get(f"/tickets/{ticket}/ticketActivities/")
    assert told == crm.get("/ticketActivities") and [int(a["id"]) for a in told] == sorted(int(a["id"]) for a in told)
    assert all(int(a["id"]) < 2**53 for a in told)
    assert told[0].keys() >= {
        "ticketActivityType", "activityUser", "containsPersonalData", "activityText", "sendContentByEmail",
        "commentText", "updateText", "sendUpdateByEmail", "activityDepartments", "activityUsers", "activitySuppliers",
        "standardTicketAttachments", "id",
    }  # fmt: skip
    assert [(a["activityUser"], a["activityText"], a["commentText"]) for a in told] == [
        ("anna", "First", ""), ("anna", "Second", ""), ("bob", "", "Between us"), ("anna", "", ""),
    ]  # fmt: skip
    assert (told[0]["activityUsers"], told[0]["activitySuppliers"]) == ("anna, bob", "BT")
    assert "Ticket Status: New → Open" in told[1]["updateText"]
    assert "Owned By:  → bob" in told[3]["updateText"] and "Ticket Priority: Normal → High" in told[3]["updateText"]
    assert crm.get(f"/ticketActivities/{told[1]['id']}") == told[1]
    assert crm.get(f"/ticketActivities/{note.comment.pk}") == told[2]
    assert crm("PATCH", f"/ticketActivities/{told[1]['id']}", {}).status_code == 405


@pytest.mark.spec("CR-074")
def test_activities_page_and_follow(crm, world):
    ticket = crm.post("/tickets/", subject="x", ticketContent="First")["id"]
    first = crm.get("/ticketActivities/")[-1]["id"]
    assert crm.get(f"/ticketActivities/?idAfter={first}") == []
    crm.patch(f"/tickets/{ticket}", ticketContent="Second")
    assert [a["activityText"] for a in crm.get(f"/ticketActivities/?idAfter={first}")] == ["Second"]
    old = timezone.now() - dt.timedelta(days=2)
    Event.objects.update(at=old)
    since = (old + dt.timedelta(days=1)).isoformat().replace("+", "%2B")
    assert (
        crm.get(f"/ticketActivities/?updatedSince={since}") == [] == crm.get(f"/ticketActivities/?createdSince={since}")
    )
    entry = Event.objects.get(verb="comment").comment_id
    commands.edit_comment(entry, by=world.actor("anna"), via="test", text="Better")
    assert "Better" in [a["activityText"] for a in crm.get(f"/ticketActivities/?updatedSince={since}")]


@pytest.mark.spec("CR-048", "CR-053", "PL-005", "PL-012")
def test_a_furnished_desk_and_the_demo_ship_the_ticket_types(world):
    from polydesk.directory.demo import Desk
    from polydesk.faces.crm import demo
    from polydesk.server import furniture

    from .conftest import Crm

    furniture.furnish(world.house)
    people = world.people | {"agent": world.anna, "customer": world.carl, "other_agent": world.olga}
    desk = Desk(world.house, world.other, people, world.acme, world.beta, world.support)
    for _ in range(2):
        demo.furnish(desk)
    keys = demo.credentials(desk)
    assert keys.keys() == {"agent", "read_only", "customer", "other_org"} and demo.house(desk).keys() == {"anna", "bob"}
    for key in (keys["agent"], keys["read_only"], keys["other_org"]):
        listed = [row["name"] for row in Crm(key).get("/presetValues/")["ticketType"]]
        assert listed == ["Sales", "Billing", "Technical Support"]
    assert Crm(keys["customer"])("GET", "/tickets/").status_code == 403
    assert Crm(keys["read_only"])("POST", "/tickets/", {"subject": "x"}).status_code == 403
