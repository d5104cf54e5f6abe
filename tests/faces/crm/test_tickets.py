"""The fifteen fields: what they show, how they are written, what is refused (crm.md sections 3, 4 and 6)."""

import datetime as dt

import pytest
from django.utils import timezone

from polydesk.directory import founding
from polydesk.directory.models import Company, Person, Team
from polydesk.tickets import commands
from polydesk.tickets.kinds import KINDS, STATUSES
from polydesk.tickets.models import Category, Comment, Event, Priority, Status, Ticket
from polydesk.web.testing import count_statements

from .conftest import Crm, key

pytestmark = pytest.mark.django_db

KEYS = [
    "customerID", "ticketType", "status", "ticketPriority", "customerEmail", "subject", "ticketContent", "owner",
    "users", "departments", "ticketSuppliers", "createdDate", "ticketFollowupDate", "ticketActionRequiredDate", "id",
]  # fmt: skip


def stamps(ticket_id):
    ticket = Ticket.objects.get(pk=ticket_id)
    events = Event.objects.filter(ticket_id=ticket_id).count()
    return ticket.version, ticket.edited_at, ticket.active_at, ticket.public_active_at, events


@pytest.mark.spec(
    "CR-021", "CR-022", "CR-023", "CR-024", "CR-025", "CR-026", "CR-027", "CR-028", "CR-029", "CR-030", "CR-031",
    "CR-032", "CR-033", "CR-034", "CR-035", "CR-050", "RC-009", "RC-021",
)  # fmt: skip
def test_a_bare_ticket_has_all_fifteen_keys_and_this_apis_defaults(crm):
    ticket = crm.post("/tickets/", subject="Bare")
    assert list(ticket) == KEYS
    assert ticket == {
        "customerID": None, "ticketType": None, "status": "New", "ticketPriority": "Normal", "customerEmail": "",
        "subject": "Bare", "ticketContent": "", "owner": None, "users": "", "departments": "", "ticketSuppliers": "",
        "createdDate": timezone.localdate().isoformat(), "ticketFollowupDate": None, "ticketActionRequiredDate": None,
        "id": ticket["id"],
    }  # fmt: skip
    assert ticket["id"].isdigit() and crm.get(f"/tickets/{ticket['id']}") == ticket


@pytest.mark.spec(
    "CR-021", "CR-022", "CR-023", "CR-024", "CR-025", "CR-026", "CR-027", "CR-028", "CR-029", "CR-030", "CR-031",
    "CR-033", "CR-034", "CR-045", "RC-300", "RC-405",
)  # fmt: skip
def test_every_field_keeps_what_was_written_to_it(crm, world):
    sent = {
        "customerID": world.acme.pk, "ticketType": "Billing", "status": "Waiting", "ticketPriority": "Urgent",
        "customerEmail": "carl@acme.example", "subject": "S" * 255, "ticketContent": "Text", "owner": "bob",
        "users": "anna, bob", "departments": "Support", "ticketSuppliers": "BT, Openreach",
        "ticketFollowupDate": "2027-03-01", "ticketActionRequiredDate": "1999-12-31", "mood": "bad",
    }  # fmt: skip
    ticket = crm.post("/tickets/", **sent)
    del sent["mood"]
    assert {name: ticket[name] for name in sent} == sent and list(ticket) == KEYS
    stored = Ticket.objects.get(pk=ticket["id"])
    assert (stored.kind, stored.channel, stored.description_format) == ("request", "api", "plain")
    assert (stored.requester, stored.status, stored.priority) == (world.carl, "waiting_customer", "very_high")


@pytest.mark.spec("CR-005", "CR-006", "CR-007")
@pytest.mark.parametrize("method", ["PATCH", "PUT", "POST"])
def test_an_update_touches_only_what_is_sent(crm, method):
    ticket = crm.post("/tickets/", subject="One", ticketContent="Text", users="anna", ticketFollowupDate="2027-01-02")
    answer = crm(method, f"/tickets/{ticket['id']}", {"ticketPriority": "low"})
    assert answer.status_code == 200 and answer.json() == ticket | {"ticketPriority": "Low"}


@pytest.mark.spec("CR-036", "RC-331", "RC-356", "RC-357")
def test_customer_and_address_fill_each_other_on_create(crm, world):
    acme = world.acme.pk
    only_id = crm.post("/tickets/", subject="x", customerID=str(acme))
    assert (only_id["customerID"], only_id["customerEmail"]) == (acme, "ops@acme.example")
    of_company = crm.post("/tickets/", subject="x", customerEmail="OPS@acme.example")
    assert (of_company["customerID"], of_company["customerEmail"]) == (acme, "ops@acme.example")
    of_contact = crm.post("/tickets/", subject="x", customerEmail="carl@acme.example")
    assert (of_contact["customerID"], of_contact["customerEmail"]) == (acme, "carl@acme.example")
    rita = crm.post("/tickets/", subject="x", customerEmail="rita@house.example")
    assert (rita["customerID"], rita["customerEmail"]) == (None, "rita@house.example")
    unknown = crm.post("/tickets/", subject="x", customerEmail="who@else.example")
    assert (unknown["customerID"], unknown["customerEmail"]) == (None, "who@else.example")
    again = crm.post("/tickets/", subject="x", customerEmail="Who@else.example")
    assert Ticket.objects.get(pk=again["id"]).requester_id == Ticket.objects.get(pk=unknown["id"]).requester_id


@pytest.mark.spec("CR-036", "RC-331")
def test_a_contact_is_looked_for_in_the_company_then_its_parent_then_made(crm, world):
    branch = Company.objects.create(organization=world.house, name="Acme North", parent=world.acme)
    found = crm.post("/tickets/", subject="x", customerID=branch.pk, customerEmail="carl@acme.example")
    assert found["customerID"] == branch.pk
    assert Ticket.objects.get(pk=found["id"]).requester == world.carl
    made = crm.post("/tickets/", subject="x", customerID=world.beta.pk, customerEmail="carl@acme.example")
    person = Ticket.objects.get(pk=made["id"]).requester
    assert (person.company, person.email, person == world.carl) == (world.beta, "carl@acme.example", False)
    both = crm.post("/tickets/", subject="x", customerEmail="carl@acme.example")  # two companies know him now
    assert (both["customerID"], both["customerEmail"]) == (None, "carl@acme.example")


@pytest.mark.spec("CR-036", "CR-064", "RC-309")
def test_customer_and_address_change_and_clear(crm, world):
    ticket = crm.post("/tickets/", subject="x", customerID=world.acme.pk)["id"]
    moved = crm.patch(f"/tickets/{ticket}", customerID=world.beta.pk)
    assert (moved["customerID"], moved["customerEmail"]) == (world.beta.pk, "ops@acme.example")
    new = crm.patch(f"/tickets/{ticket}", customerEmail="new@beta.example")
    assert Person.objects.get(email="new@beta.example").company == world.beta and new["customerID"] == world.beta.pk
    cleared = crm.patch(f"/tickets/{ticket}", customerID=None, customerEmail="")
    assert (cleared["customerID"], cleared["customerEmail"]) == (None, "")
    filled = crm.patch(f"/tickets/{ticket}", customerEmail="ops@acme.example")
    assert filled["customerID"] == world.acme.pk


@pytest.mark.spec("CR-064", "RC-048", "RC-283")
@pytest.mark.parametrize("value", ["x", 1.5, True, [1], 424242, 2**70, "9" * 25, -1, 0])
def test_what_is_no_customer_is_refused(crm, value):
    assert crm.faults("POST", "/tickets/", subject="x", customerID=value) == {"customerID"}


@pytest.mark.spec("CR-064", "RC-048")
def test_suppliers_and_dropped_customers_are_not_chosen_and_addresses_must_be_some(crm, world):
    supplier = Company.objects.create(organization=world.house, name="BT", is_supplier=True, is_customer=False)
    assert crm.faults("POST", "/tickets/", subject="x", customerID=supplier.pk) == {"customerID"}
    Company.objects.filter(pk=world.beta.pk).update(is_active=False)
    assert crm.faults("POST", "/tickets/", subject="x", customerID=world.beta.pk) == {"customerID"}
    for email in ("nobody", 7, "a@b", "x" * 300 + "@a.example", ["a@b.example"]):
        assert crm.faults("POST", "/tickets/", subject="x", customerEmail=email) == {"customerEmail"}


@pytest.mark.spec("CR-037", "RC-033", "RC-177", "RC-303")
def test_content_is_the_newest_public_message(crm, world):
    ticket = crm.post("/tickets/", subject="x", ticketContent="First")["id"]
    assert crm.patch(f"/tickets/{ticket}", ticketContent="Second")["ticketContent"] == "Second"
    commands.comment(int(ticket), "Between us", by=world.actor("anna"), via="test", internal=True)
    assert crm.get(f"/tickets/{ticket}")["ticketContent"] == "Second"
    commands.comment(int(ticket), "**Third**", by=world.actor("bob"), via="test")
    assert crm.get(f"/tickets/{ticket}")["ticketContent"] == "**Third**"
    entry = Comment.objects.get(ticket=ticket, text="Second")
    assert (entry.internal, entry.author, entry.format, entry.type) == (False, world.anna, "plain", "comment")
    assert Ticket.objects.get(pk=ticket).description == "First"


@pytest.mark.spec("CR-037", "RC-276")
def test_content_and_fields_change_in_one_step(crm):
    ticket = crm.post("/tickets/", subject="x", ticketContent="First")["id"]
    crm.patch(f"/tickets/{ticket}", ticketContent="Done", status="Resolved", subject="y")
    assert Event.objects.filter(ticket_id=ticket).count() == 2
    assert crm.faults("PATCH", f"/tickets/{ticket}", ticketContent="More", status="Sleeping") == {"status"}
    assert Comment.objects.filter(ticket=ticket).count() == 2
    assert crm.faults("PATCH", f"/tickets/{ticket}", ticketContent="x" * 200_001) == {"ticketContent"}


@pytest.mark.spec("CR-037")
@pytest.mark.parametrize("empty", ["", None, "  "])
def test_an_empty_content_says_nothing_new(crm, empty):
    ticket = crm.post("/tickets/", subject="x", ticketContent="First")["id"]
    assert crm.patch(f"/tickets/{ticket}", ticketContent=empty)["ticketContent"] == "First"
    assert Comment.objects.filter(ticket=ticket).count() == 1


@pytest.mark.spec("CR-038", "CR-039", "RC-002", "RC-003", "RC-005", "RC-402")
def test_writing_back_the_whole_object_changes_nothing(crm, world):
    ticket = crm.post(
        "/tickets/", subject="x", ticketContent="First", customerID=world.acme.pk, users="bob, anna", owner="bob",
        departments="Support", ticketSuppliers="BT", ticketType="Sales", ticketFollowupDate="2027-01-01",
    )  # fmt: skip
    before = stamps(ticket["id"])
    for method in ("PATCH", "PUT", "POST"):
        answer = crm(method, f"/tickets/{ticket['id']}", ticket)
        assert answer.status_code == 200 and answer.json() == ticket
    ignored = crm("PATCH", f"/tickets/{ticket['id']}", {"id": "99", "createdDate": "1999-01-01"})
    assert ignored.json() == ticket and stamps(ticket["id"]) == before
    assert crm.get(f"/tickets/?updatedSince={(timezone.now() + dt.timedelta(seconds=1)).isoformat()}") == []


@pytest.mark.spec("CR-032", "CR-039")
def test_the_created_date_is_that_of_the_servers_zone(crm, settings):
    ticket = crm.post("/tickets/", subject="x")["id"]
    Ticket.objects.filter(pk=ticket).update(created_at=dt.datetime(2026, 2, 20, 23, 30, tzinfo=dt.UTC))
    assert crm.get(f"/tickets/{ticket}")["createdDate"] == "2026-02-20"
    settings.TIME_ZONE = "Asia/Tokyo"
    assert crm.get(f"/tickets/{ticket}")["createdDate"] == "2026-02-21"


@pytest.mark.spec("CR-040", "RC-044", "RC-142", "RC-241")
def test_an_owner_is_written_in_four_forms_and_read_as_login(crm, world):
    ticket = crm.post("/tickets/", subject="x", users="anna")["id"]
    for form in ("bob", "BOB ", "bob@house.example", "Bob Builder", world.bob.pk, str(world.bob.pk)):
        assert crm.patch(f"/tickets/{ticket}", owner=form)["owner"] == "bob"
        assert crm.patch(f"/tickets/{ticket}", owner=None)["owner"] is None
    assert crm.patch(f"/tickets/{ticket}", owner="bob")["users"] == "anna"
    assert crm.patch(f"/tickets/{ticket}", owner="")["owner"] is None
    for nobody in ("carl", "rita@house.example", "Nobody", world.carl.pk, 0, True, ["bob"], world.olga.pk, "olga"):
        assert crm.faults("PATCH", f"/tickets/{ticket}", owner=nobody) == {"owner"}


@pytest.mark.spec("CR-041", "CR-042", "RC-046", "RC-047", "RC-353")
def test_users_and_departments_are_lists_as_text(crm, world):
    Team.objects.create(organization=world.house, name="Field, North")
    ticket = crm.post("/tickets/", subject="x", users=" bob ,Anna Agent, bob")["id"]
    assert crm.get(f"/tickets/{ticket}")["users"] == "bob, anna"
    assert crm.patch(f"/tickets/{ticket}", users=["mona", "anna"])["users"] == "mona, anna"
    assert crm.patch(f"/tickets/{ticket}", users="anna,mona@house.example")["users"] == "anna, mona"
    assert crm.patch(f"/tickets/{ticket}", users="")["users"] == ""
    teams = crm.patch(f"/tickets/{ticket}", departments="support, Field, North")
    assert teams["departments"] == "Support, Field, North"
    assert Ticket.objects.get(pk=ticket).assigned_teams == [t.pk for t in Team.objects.order_by("id")]
    assert crm.patch(f"/tickets/{ticket}", departments=["Field, North"])["departments"] == "Field, North"
    assert crm.patch(f"/tickets/{ticket}", departments=None)["departments"] == ""


@pytest.mark.spec("CR-041", "RC-002", "RC-283")
def test_a_former_agent_may_stay_where_he_stands(crm, world):
    ticket = crm.post("/tickets/", subject="x", users="bob", owner="bob")["id"]
    Person.objects.filter(pk=world.bob.pk).update(is_active=False)
    assert crm.patch(f"/tickets/{ticket}", users="bob, anna", owner="bob")["users"] == "bob, anna"
    assert crm.faults("POST", "/tickets/", subject="x", owner="bob", users="bob") == {"owner", "users"}


@pytest.mark.spec("CR-043", "RC-048")
def test_an_unknown_supplier_becomes_one_and_is_no_customer(crm, world):
    ticket = crm.post("/tickets/", subject="x", ticketSuppliers="Openreach, BT, openreach")
    assert ticket["ticketSuppliers"] == "Openreach, BT"
    again = crm.post("/tickets/", subject="x", ticketSuppliers=["bt", "Smith, Jones & Co"])
    assert again["ticketSuppliers"] == "BT, Smith, Jones & Co"
    assert Company.objects.filter(is_supplier=True, organization=world.house).count() == 3
    assert not {"BT", "Openreach"} & {customer["name"] for customer in crm.get("/customers/")}
    assert crm.patch(f"/tickets/{again['id']}", ticketSuppliers="Smith, Jones & Co, BT") == again | {
        "ticketSuppliers": "Smith, Jones & Co, BT"
    }


@pytest.mark.spec("CR-033", "CR-034", "CR-044", "CR-045", "CR-066")
def test_dates_are_plain_days(crm):
    ticket = crm.post(
        "/tickets/", subject="x", ticketFollowupDate="2020-02-29T23:59:59+09:00", ticketActionRequired="2026-05-06"
    )
    assert (ticket["ticketFollowupDate"], ticket["ticketActionRequiredDate"]) == ("2020-02-29", "2026-05-06")
    cleared = crm.patch(f"/tickets/{ticket['id']}", ticketFollowupDate=None, ticketActionRequiredDate="")
    assert (cleared["ticketFollowupDate"], cleared["ticketActionRequiredDate"]) == (None, None)
    both = crm.patch(f"/tickets/{ticket['id']}", ticketFollowup="2026-01-01 10:00")
    assert both["ticketFollowupDate"] == "2026-01-01"
    for wrong in ("2026-02-30", "tomorrow", 20260101, "01/02/2026", "2026-1-1", "0000-01-01", "2026-01-01T25:00", []):
        assert crm.faults("PATCH", f"/tickets/{ticket['id']}", ticketFollowupDate=wrong) == {"ticketFollowupDate"}
    assert crm.faults("PATCH", f"/tickets/{ticket['id']}", ticketActionRequired="soon") == {"ticketActionRequired"}


@pytest.mark.spec("CR-046", "CR-047", "CR-048", "CR-049", "CR-053", "RC-348")
def test_presets_are_written_by_label_or_id(crm, world):
    lists = crm.get("/presetValues/")
    assert [row["name"] for row in lists["status"]] == [
        "New", "Open", "Assigned", "Waiting", "On Hold", "Resolved", "Closed",
    ]  # fmt: skip
    assert [row["name"] for row in lists["ticketPriority"]] == ["Low", "Normal", "High", "Urgent"]
    assert [row["name"] for row in lists["ticketType"]] == ["Sales", "Billing", "Technical Support"]
    assert {row["name"] for row in lists["owner"]} == {"anna", "bob", "mona"}
    assert lists["departments"] == [{"id": world.support.pk, "name": "Support"}]
    ticket = crm.post("/tickets/", subject="x")["id"]
    for name in ("ticketType", "status", "ticketPriority"):
        for row in lists[name]:
            for form in (row["id"], str(row["id"]), f" {row['name'].upper()} "):
                assert crm.patch(f"/tickets/{ticket}", **{name: form})[name] == row["name"]


@pytest.mark.spec("CR-046", "CR-063", "RC-018")
def test_what_is_in_no_list_is_refused(crm):
    wrong = {"ticketType": "Gossip", "status": "Sleeping", "ticketPriority": "Whenever", "owner": "nobody",
             "users": "anna, nobody", "departments": "Attic"}  # fmt: skip
    ticket = crm.post("/tickets/", subject="x")["id"]
    assert crm.faults("POST", "/tickets/", subject="x", **wrong) == set(wrong)
    assert crm.faults("PATCH", f"/tickets/{ticket}", **wrong) == set(wrong)
    for empty in (None, ""):
        assert crm.faults("PATCH", f"/tickets/{ticket}", status=empty, ticketPriority=empty, subject=empty) == {
            "status", "ticketPriority", "subject",
        }  # fmt: skip
    odd = {"ticketType": 99, "status": 1.5, "ticketPriority": True, "users": {"a": 1}, "departments": 3}
    assert crm.faults("PATCH", f"/tickets/{ticket}", **odd) == set(odd)


@pytest.mark.spec("CR-051", "RC-136", "RC-138", "RC-308")
def test_any_status_may_follow_any_other(crm):
    ticket = crm.post("/tickets/", subject="x")["id"]
    labels = [row["name"] for row in crm.get("/presetValues/")["status"]]
    for before in labels:
        for after in labels:
            crm.patch(f"/tickets/{ticket}", status=before)
            assert crm.patch(f"/tickets/{ticket}", status=after)["status"] == after
    crm.patch(f"/tickets/{ticket}", status="Closed")
    assert Ticket.objects.get(pk=ticket).closed_at
    crm.patch(f"/tickets/{ticket}", status="New")
    assert Ticket.objects.get(pk=ticket).closed_at is None


@pytest.mark.spec("CR-052", "RC-243", "RC-120")
def test_an_added_status_is_offered_and_one_that_counts_as_deleted_deletes(crm, world):
    Status.objects.create(organization=world.house, key="with_bt", name="With BT", phase="waiting", in_crm_list=True)
    gone = Status.objects.create(
        organization=world.house, key="spam", name="Spam", phase="dropped", in_crm_list=True, counts_as_deleted=True
    )
    listed = crm.get("/presetValues/")["status"]
    assert {"id": 100 + gone.pk, "name": "Spam"} in listed and len({row["id"] for row in listed}) == len(listed)
    ticket = crm.post("/tickets/", subject="x")["id"]
    assert crm.patch(f"/tickets/{ticket}", status="with bt")["status"] == "With BT"
    assert crm.patch(f"/tickets/{ticket}", status=100 + gone.pk)["status"] == "Spam"
    assert crm("GET", f"/tickets/{ticket}").status_code == 404
    assert Ticket.objects.get(pk=ticket).deleted_at
    elsewhere = world.ticket(status="spam")
    assert crm("GET", f"/tickets/{elsewhere.pk}").status_code == 404
    assert crm("DELETE", f"/tickets/{elsewhere.pk}").status_code == 404 and crm.get("/tickets/") == []


SHOWN = {
    "draft": "Draft", "new": "New", "open": "Open", "assigned": "Assigned", "planned": "Assigned (Planned)",
    "in_progress": "In Progress", "scheduled": "Scheduled", "escalated": "Escalated", "waiting_customer": "Waiting",
    "waiting_supplier": "Waiting Supplier", "waiting_materials": "Waiting Materials", "on_hold": "On Hold",
    "solved": "Resolved", "closed": "Closed",
}  # fmt: skip


@pytest.mark.spec(
    "RC-124", "RC-125", "RC-126", "RC-127", "RC-128", "RC-129", "RC-130", "RC-131", "RC-132", "RC-133", "RC-134",
    "RC-135", "RC-137", "RC-139", "RC-321", "RC-418", "CR-051",
)  # fmt: skip
def test_every_kind_in_every_status_is_shown_and_written_back_without_effect(crm, world):
    Status.objects.create(organization=world.house, key="at_the_lab", name="At the lab", phase="open")
    for kind in KINDS.values():
        for status in (*sorted(kind.allowed), "at_the_lab"):
            ticket = world.ticket(kind=kind.key, status=status, title="x")
            shown = crm.get(f"/tickets/{ticket.pk}")
            own = "At the lab" if status == "at_the_lab" else STATUSES[status].label
            assert shown["status"] == SHOWN.get(status, own)
            assert crm.patch(f"/tickets/{ticket.pk}", **shown) == shown
            assert Event.objects.filter(ticket_id=ticket.pk).count() == 1
    assert crm.faults("PATCH", f"/tickets/{world.ticket().pk}", status="In Progress") == {"status"}


@pytest.mark.spec("RC-155", "RC-412", "CR-049")
def test_priorities_show_the_nearest_label_and_survive_being_written_back(crm, world):
    legacy = {"organization": world.house, "level": 3, "key": "legacy", "name": "Legacy", "is_active": False}
    Priority.objects.create(**legacy)
    vip = Priority.objects.create(organization=world.house, level=5, key="vip", name="VIP")
    table = {"very_low": "Low", "low": "Low", "normal": "Normal", "high": "High", "very_high": "Urgent",
             "major": "Urgent", None: "Normal", "legacy": "Normal", "vip": "VIP"}  # fmt: skip
    for priority, label in table.items():
        ticket = Ticket.objects.get(pk=world.ticket().pk)
        if priority == "legacy":
            Ticket.objects.filter(pk=ticket.pk).update(priority="legacy", priority_level=3)
        else:
            commands.edit(ticket, {"priority": priority}, by=world.actor("anna"), via="test")
        assert crm.get(f"/tickets/{ticket.pk}")["ticketPriority"] == label
        crm.patch(f"/tickets/{ticket.pk}", ticketPriority=label)
        assert Ticket.objects.get(pk=ticket.pk).priority == priority
    ticket = world.ticket(priority="major")
    for label, stored in {
        "Low": "low",
        "Normal": "normal",
        "High": "high",
        "Urgent": "very_high",
        "vip": "vip",
    }.items():
        assert crm.patch(f"/tickets/{ticket.pk}", ticketPriority=label)
        assert Ticket.objects.get(pk=ticket.pk).priority == stored
    assert {"id": 100 + vip.pk, "name": "VIP"} in crm.get("/presetValues/")["ticketPriority"]


@pytest.mark.spec("RC-162", "RC-336", "CR-022")
def test_a_type_is_the_nearest_listed_category_and_a_finer_one_survives(crm, world):
    network = Category.objects.create(organization=world.house, name="Network", in_crm_list=True)
    vpn = Category.objects.create(organization=world.house, name="VPN", parent=network)
    attic = Category.objects.create(organization=world.house, name="Attic")
    corner = Category.objects.create(organization=world.house, name="Corner", parent=attic)
    ticket = world.ticket(category=vpn)
    assert crm.get(f"/tickets/{ticket.pk}")["ticketType"] == "Network"
    crm.patch(f"/tickets/{ticket.pk}", ticketType="network")
    assert Ticket.objects.get(pk=ticket.pk).category == vpn
    assert crm.patch(f"/tickets/{ticket.pk}", ticketType="Billing")["ticketType"] == "Billing"
    assert crm.patch(f"/tickets/{ticket.pk}", ticketType="")["ticketType"] is None
    hidden = world.ticket(category=corner)
    assert crm.get(f"/tickets/{hidden.pk}")["ticketType"] == "Attic"
    crm.patch(f"/tickets/{hidden.pk}", ticketType="Attic", subject="y")
    assert Ticket.objects.get(pk=hidden.pk).category == corner
    assert crm.faults("PATCH", f"/tickets/{ticket.pk}", ticketType="Attic") == {"ticketType"}


@pytest.mark.spec("CR-026", "CR-065", "RC-016", "RC-274", "RC-414")
def test_the_subject_is_the_one_thing_needed(crm):
    for body in ({}, {"subject": ""}, {"subject": "  "}, {"subject": None}, {"subject": 7}, {"subject": "x" * 256}):
        assert crm.faults("POST", "/tickets/", **body) == {"subject"}
    one = crm.post("/tickets/", subject="Same")["id"]
    assert crm.post("/tickets/", subject="Same")["id"] != one
    for wrong in ("", " ", "x" * 256, 7):
        assert crm.faults("PATCH", f"/tickets/{one}", subject=wrong) == {"subject"}


@pytest.mark.spec("CR-068", "RC-017", "RS-112")
def test_all_faults_are_told_together_and_nothing_is_changed(crm, world):
    wrong = {"customerID": 424242, "customerEmail": "x", "subject": "", "status": "No", "ticketPriority": "No",
             "ticketType": "No", "owner": "No", "users": "No", "departments": "No", "ticketFollowupDate": "No",
             "ticketActionRequiredDate": "No", "ticketContent": 7}  # fmt: skip
    before = Company.objects.count(), Person.objects.count()
    assert crm.faults("POST", "/tickets/", **wrong, ticketSuppliers="Brand New Ltd") == set(wrong)
    ticket = crm.post("/tickets/", subject="x")
    assert crm.faults("PATCH", f"/tickets/{ticket['id']}", **wrong, ticketSuppliers="Brand New Ltd") == set(wrong)
    assert crm.faults("PATCH", f"/tickets/{ticket['id']}", customerEmail="new@x.example", status="No") == {"status"}
    assert (Company.objects.count(), Person.objects.count()) == before
    assert crm.get(f"/tickets/{ticket['id']}") == ticket and Event.objects.count() == 1


@pytest.mark.spec("CR-008", "CR-009", "RC-270", "RC-305", "RC-306", "RC-413")
def test_a_deleted_ticket_is_gone_and_its_number_stays_taken(crm, world):
    ticket = crm.post("/tickets/", subject="x", customerID=world.acme.pk)["id"]
    answer = crm("DELETE", f"/tickets/{ticket}")
    assert (answer.status_code, answer.content) == (204, b"")
    for method in ("GET", "PATCH", "PUT", "POST", "DELETE"):
        assert crm(method, f"/tickets/{ticket}", {"subject": "y"}).status_code == 404
    assert crm.get("/tickets/") == [] == crm.get(f"/customers/{world.acme.pk}/tickets/")
    assert crm.get("/ticketActivities/") == []
    assert int(crm.post("/tickets/", subject="y")["id"]) > int(ticket)
    commands.restore(int(ticket), by=world.actor("mona"), via="test")
    assert crm.get(f"/tickets/{ticket}")["subject"] == "x"


@pytest.mark.spec("CR-018", "RC-192", "RC-196")
def test_an_agent_who_may_only_look_is_refused(crm, world):
    looker = founding.add_person(world.house, "Vera View", role="requester", side="staff", login="vera")
    ticket = crm.post("/tickets/", subject="x")["id"]
    vera = Crm(key(looker))
    assert vera.get(f"/tickets/{ticket}")["subject"] == "x"
    assert vera("PATCH", f"/tickets/{ticket}", {"status": "Open"}).status_code == 403
    assert vera("DELETE", f"/tickets/{ticket}").status_code == 403
    assert vera("POST", "/customers/", {"name": "x"}).status_code == 403


@pytest.mark.spec("RC-310", "RC-311", "RC-409", "RC-416")
def test_final_and_merged_tickets_do_not_reopen(crm, world):
    final = world.ticket(final=True)
    commands.close(final, by=world.actor("anna"), via="test")
    assert crm.faults("PATCH", f"/tickets/{final.pk}", status="Open") == {"status"}
    assert crm.patch(f"/tickets/{final.pk}", ticketPriority="Urgent")["status"] == "Closed"
    source, target = world.ticket(company=world.acme), world.ticket(company=world.acme)
    commands.merge([source], target, by=world.actor("anna"), via="test")
    merged = crm.get(f"/tickets/{source.pk}")
    assert (merged["id"], merged["status"]) == (str(source.pk), "Closed")
    assert crm.faults("PATCH", f"/tickets/{source.pk}", status="Open") == {"status"}
    assert crm.patch(f"/tickets/{source.pk}", **merged) == merged


@pytest.mark.spec("RC-010", "RC-286", "RC-415")
def test_posted_work_pins_the_customer(crm, world):
    from polydesk.tickets.models import TimeEntry

    ticket = world.ticket(company=world.acme)
    TimeEntry.objects.create(ticket=ticket, seconds=60, worked_on=dt.date.today(), posted_at=timezone.now())
    assert crm.faults("PATCH", f"/tickets/{ticket.pk}", customerID=world.beta.pk) == {"customerID"}


@pytest.mark.spec("RC-151", "RC-182", "RC-183", "RC-417")
def test_text_is_text(crm):
    text = "**now** <b>x</b> /spend 1h $team-1"
    ticket = crm.post("/tickets/", subject="x", ticketContent=text)
    assert ticket["ticketContent"] == text
    stored = Ticket.objects.get(pk=ticket["id"])
    assert (stored.description, stored.description_format, stored.time_spent, stored.items) == (text, "plain", 0, [])


@pytest.mark.spec("PL-304")
def test_each_address_costs_a_fixed_number_of_statements(crm, world):
    ticket = crm.post("/tickets/", subject="x", users="anna", departments="Support", ticketSuppliers="BT", owner="bob",
                      ticketType="Sales", customerID=world.acme.pk, ticketContent="Text")["id"]  # fmt: skip
    for _ in range(8):
        crm.post("/tickets/", subject="y", users="anna, bob", ticketType="Billing")
    for most, call in (
        (4, lambda: crm.get(f"/tickets/{ticket}")),
        (4, lambda: crm.get("/tickets/")),
        (14, lambda: crm.patch(f"/tickets/{ticket}", status="Open", subject="z")),
        (12, lambda: crm.post("/tickets/", subject="y")),
    ):
        call()
        with count_statements() as ran:
            call()
        assert len(ran) <= most, ran.sql
