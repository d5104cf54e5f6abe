"""Children of a ticket: notes, files, checklists, lists, costs, approvals, time, links (section 9)."""

import base64

import pytest

from polydesk.directory.models import Person
from polydesk.features.checklists.models import Item
from polydesk.tickets import commands
from polydesk.tickets.models import Comment, Event, Tag

from .conftest import NOTE, Api, events


def person(name):
    return Person.objects.get(name=name, organization__key="house").pk


@pytest.mark.spec("AT-400", "AT-401", "AT-410", "AT-413", "RC-007", "RC-103", "RC-109", "RC-171", "RC-172", "RC-303")
def test_notes(api, make, world):
    number = make()
    note = api.post(f"Tickets/{number}/Notes", {**NOTE, "noteType": 5, "ticketID": number})["itemId"]
    found = api.get(f"Tickets/{number}/Notes/{note}")["item"]
    assert {k: found[k] for k in ("id", "ticketID", "title", "description", "noteType", "publish")} == {
        "id": note,
        "ticketID": number,
        "title": "Call",
        "description": "Rang back",
        "noteType": 5,
        "publish": 2,
    }
    entry = Comment.objects.get(pk=note)
    assert (entry.internal, entry.format, entry.type) == (True, "plain", "comment")
    for method, where, body in (
        ("patch", f"Tickets/{number}/Notes", {"id": note, "publish": 1}),
        ("patch", f"Tickets/{number}/Notes/{note}", {"title": "Renamed"}),
    ):
        assert api.call(method, where, body) == {"itemId": note}
    found = api.item("TicketNotes", note)
    assert (found["publish"], found["title"], found["noteType"]) == (1, "Renamed", 5)
    before = events(number)
    api.put(f"Tickets/{number}/Notes", found)
    api.patch(f"Tickets/{number}/Notes", found)
    assert events(number) == before
    other = make()
    api.fails("post", f"Tickets/{number}/Notes", {**NOTE, "ticketID": other}, "ticketID")
    api.patch(f"Tickets/{other}/Notes", {"id": note, "title": "x"}, status=500)
    api.delete(f"Tickets/{number}/Notes/{note}", status=405)
    assert [i["id"] for i in api.get(f"Tickets/{number}/Notes")["items"]] == [note]
    task = commands.comment(number, "do it", by=world.actor("anna"), via="web", type="task", internal=True).comment
    found = api.item("TicketNotes", task.pk)
    assert (found["noteType"], found["publish"], found["title"]) == (2, 2, "")


@pytest.mark.spec("AT-046", "AT-411", "AT-412", "AT-048")
def test_what_a_note_needs(api, make):
    from polydesk.tickets.models import Form

    number = make()
    where = f"Tickets/{number}/Notes"
    for field in ("description", "noteType", "publish"):
        api.fails("post", where, {k: v for k, v in NOTE.items() if k != field}, field)
    api.post(where, {k: v for k, v in NOTE.items() if k != "title"})
    for kind in (13, 4, 99):
        api.fails("post", where, {**NOTE, "noteType": kind}, "noteType")
    api.fails("post", where, {**NOTE, "publish": 3}, "publish")
    api.fails("post", where, {**NOTE, "title": "x" * 251}, "title")
    api.fails("post", where, {**NOTE, "description": "x" * 32001}, "description")
    form = Form.objects.get(name="No Queue")
    form.demands = {**form.demands, "note_title": True}
    form.save()
    api.fails("post", where, {**NOTE, "title": ""}, "title")


@pytest.mark.spec("AT-414", "AT-029", "AT-410")
def test_notes_in_the_name_of_a_contact(api, limited, make):
    number = make()
    where = f"Tickets/{number}/Notes"
    chris = {"createdByContactID": person("Chris Child")}
    note = api.post(where, {**NOTE, **chris, "publish": 1})["itemId"]
    found = api.item("TicketNotes", note)
    assert (found["createdByContactID"], found["creatorResourceID"]) == (chris["createdByContactID"], None)
    api.fails("post", where, {**NOTE, **chris}, "createdByContactID")
    for wrong in ("Ian Inactive", "Olga Other"):
        api.fails("post", where, {**NOTE, "publish": 1, "createdByContactID": person(wrong)}, "createdByContactID")
    note = limited.post(where, {**NOTE, **chris})["itemId"]
    assert limited.item("TicketNotes", note)["createdByContactID"] is None


@pytest.mark.spec("AT-413", "RC-177", "RC-407")
def test_internal_notes_are_not_for_everybody(api, house, make):
    from polydesk.directory.models import Membership, Role
    from polydesk.faces.autotask import demo

    number = make()
    note = api.post(f"Tickets/{number}/Notes", NOTE)["itemId"]
    public = api.post(f"Tickets/{number}/Notes", {**NOTE, "publish": 1})["itemId"]
    reader = Person.objects.get(name="Sam Second")
    role = Role.objects.create(organization=house.house, key="viewer", name="Viewer", rights=["view:*"])
    Membership.objects.filter(person=reader).update(role=role)
    viewer = Api(demo.issue(reader))
    assert viewer.item("TicketNotes", note) is None
    assert viewer.ids("TicketNotes", {"op": "eq", "field": "ticketID", "value": number}) == [public]


FILE = {"attachmentType": "FILE_ATTACHMENT", "fullPath": "a.txt", "title": "a.txt", "publish": 1, "data": "aGVsbG8="}


@pytest.mark.spec("AT-420", "AT-421", "AT-423", "AT-424", "AT-425", "AT-426", "RC-095")
def test_attachments(api, make):
    number = make()
    where = f"Tickets/{number}/Attachments"
    file = api.post(where, FILE)["itemId"]
    link = api.post(where, {"attachmentType": "URL", "fullPath": "https://a.example/x", "title": "x", "publish": "2"})[
        "itemId"
    ]
    [found] = api.get(f"{where}/{file}")["items"]
    assert base64.b64decode(found["data"]) == b"hello"
    assert (found["fullPath"], found["fileSize"], found["publish"], found["parentID"]) == ("a.txt", 5, 1, number)
    shown = api.item("TicketAttachments", file)
    assert shown["data"] is None and shown["attachmentType"] == "FILE_ATTACHMENT" and shown["creatorType"] == 1
    assert api.item("TicketAttachments", link)["fullPath"] == "https://a.example/x"
    assert [i["id"] for i in api.get(where)["items"]] == [file, link]
    for wrong, field in (
        ({"data": "no base64!"}, "data"),
        ({"data": ""}, "data"),
        ({"data": None}, "data"),
        ({"fullPath": "virus.EXE"}, "fullPath"),
        ({"attachmentType": "STONE"}, "attachmentType"),
        ({"publish": None}, "publish"),
    ):
        api.fails("post", where, {**FILE, **wrong}, field)
    for field in ("creatorType", "data", "fileSize"):
        api.fails("post", "TicketAttachments/query", {"filter": [{"op": "exist", "field": field}]}, field)
    api.fails("post", "AttachmentInfo/query", {"filter": [{"op": "eq", "field": "fileSize", "value": 5}]}, "fileSize")
    api.patch(where, {"id": file, "title": "x"}, status=405)
    assert api.delete(f"{where}/{file}") == {"itemId": file}
    assert (
        api.get(f"{where}/{file}")["items"] == []
        and "No matching records" in api.delete(f"{where}/{file}", status=500)[0]
    )


@pytest.mark.spec("AT-426", "AT-427", "AT-448")
def test_attachments_of_notes_and_time_entries(api, make):
    number = make()
    note = api.post(f"Tickets/{number}/Notes", NOTE)["itemId"]
    role = api.find("Roles", "name", "Technician")
    body = {"ticketID": number, "resourceID": person("Tess Technician"), "roleID": role, "hoursWorked": 1}
    entry = api.post("TimeEntries", body)["itemId"]
    of_ticket = api.post(f"Tickets/{number}/Attachments", FILE)["itemId"]
    of_note = api.post(f"TicketNotes/{note}/Attachments", FILE)["itemId"]
    of_time = api.post(f"TimeEntries/{entry}/Attachments", FILE)["itemId"]
    assert api.get(f"TicketNotes/{note}/Attachments/{of_note}")["items"][0]["data"] == "aGVsbG8="
    assert api.get(f"TimeEntries/{entry}/Attachments/{of_time}")["items"][0]["parentID"] == entry
    assert [i["id"] for i in api.get(f"Tickets/{number}/Attachments")["items"]] == [of_ticket]
    info = {"op": "eq", "field": "ticketID", "value": number}
    assert api.ids("AttachmentInfo", info) == [of_ticket, of_note, of_time]
    api.delete(f"TicketNotes/{note}/Attachments/{of_note}")
    api.delete(f"TimeEntries/{entry}/Attachments/{of_time}")
    assert api.ids("AttachmentInfo", info) == [of_ticket]


@pytest.mark.spec("AT-422", "RC-013", "RC-204")
def test_attachment_limits(api, make):
    number = make()
    where = f"Tickets/{number}/Attachments"
    big = base64.b64encode(b"x" * 7_000_000).decode()
    api.post(where, {**FILE, "data": big})
    assert any("10000000" in e for e in api.post(where, {**FILE, "data": big}, status=500))
    over = base64.b64encode(b"x" * 7_000_001).decode()
    assert any("7000000" in e for e in api.post(where, {**FILE, "data": over}, status=500))


@pytest.mark.spec("AT-430", "AT-431", "AT-432", "RC-212")
def test_checklists(api, make):
    number, other = make(), make()
    where = f"Tickets/{number}/ChecklistItems"
    first = api.post(where, {"itemName": "Check cable", "isImportant": True})["itemId"]
    second = api.post(where, {"itemName": "Check switch", "isCompleted": True})["itemId"]
    one, two = (api.item("TicketChecklistItems", n) for n in (first, second))
    assert (one["position"], two["position"]) == (0, 1) and one["isImportant"] is True
    assert two["isCompleted"] is True and two["completedByResourceID"] and two["completedDateTime"]
    api.patch(where, {"id": first, "isCompleted": True, "position": None})
    api.patch(where, {"id": second, "isCompleted": False})
    one, two = (api.item("TicketChecklistItems", n) for n in (first, second))
    assert one["completedDateTime"] and one["position"] == 0
    assert (two["completedByResourceID"], two["completedDateTime"]) == (None, None)
    api.fails("patch", where, {"id": first, "ticketID": other}, "ticketID")
    api.fails("post", where, {"itemName": ""}, "itemName")
    api.fails("post", where, {"itemName": "x" * 601}, "itemName")
    before = events(number)
    api.put(where, api.item("TicketChecklistItems", first))
    assert events(number) == before
    library = api.post("ChecklistLibraries", {"name": "Onboarding"})["itemId"]
    for n in range(3):
        api.post(f"ChecklistLibraries/{library}/ChecklistItems", {"itemName": f"Step {n}", "position": n})
    api.post(f"Tickets/{number}/ChecklistLibraries", {"checklistLibraryID": library})
    names = [i["itemName"] for i in api.get(where)["items"]]
    assert names == ["Check cable", "Check switch", "Step 0", "Step 1", "Step 2"]
    api.delete(f"{where}/{second}")
    Item.objects.bulk_create(Item(ticket_id=number, name=str(n), position=n) for n in range(36))
    api.fails("post", where, {"itemName": "The 41st"}, "40")
    api.fails("post", f"Tickets/{number}/ChecklistLibraries", {"checklistLibraryID": library}, "40")
    api.fails("post", f"Tickets/{number}/ChecklistLibraries", {"checklistLibraryID": 999}, "checklistLibraryID")


@pytest.mark.spec("AT-441", "RC-049")
def test_additional_contacts(api, make):
    number = make(contactID=person("Chris Child"))
    where = f"Tickets/{number}/AdditionalContacts"
    pat = api.post(where, {"contactID": person("Pat Parent")})["itemId"]
    assert api.get(f"{where}/{pat}")["item"]["contactID"] == person("Pat Parent")
    for wrong in ("Pat Parent", "Chris Child", "Olga Other", "Ian Inactive", "Tess Technician"):
        api.fails("post", where, {"contactID": person(wrong)}, "contactID")
    api.delete(f"{where}/{pat}")
    assert api.get(where)["items"] == []


@pytest.mark.spec("AT-442", "RC-058")
def test_additional_configuration_items(api, make):
    plain, with_sla, other = (
        api.find("ConfigurationItems", "referenceTitle", n) for n in ("CI plain", "CI with SLA", "CI other")
    )
    number = make(configurationItemID=plain)
    where = f"Tickets/{number}/AdditionalConfigurationItems"
    added = api.post(where, {"configurationItemID": with_sla})["itemId"]
    assert api.item("TicketAdditionalConfigurationItems", added)["configurationItemID"] == with_sla
    for wrong in (plain, with_sla, other, 10**7):
        api.fails("post", where, {"configurationItemID": wrong}, "configurationItemID")
    api.delete(f"{where}/{added}")
    assert api.get(where)["items"] == []


@pytest.mark.spec("AT-446", "AT-475")
def test_tags(api, make, house):
    tag = Tag.objects.create(organization=house.house, name="urgent")
    number = make()
    where = f"Tickets/{number}/TagAssociations"
    added = api.post(where, {"tagID": tag.pk})["itemId"]
    assert api.item("TicketTagAssociations", added)["tagID"] == tag.pk and api.item("Tags", tag.pk)["name"] == "urgent"
    api.fails("post", where, {"tagID": tag.pk}, "tagID")
    api.delete(f"{where}/{added}")
    assert api.get(where)["items"] == []


@pytest.mark.spec("AT-443", "AT-445", "AT-289")
def test_charges_and_credits(api, make):
    number = make()
    where = f"Tickets/{number}/Charges"
    body = {"name": "Cable", "chargeType": 1, "unitQuantity": 2, "unitPrice": "3.5", "datePurchased": "2026-01-02"}
    for field in ("name", "chargeType", "unitQuantity", "datePurchased"):
        api.fails("post", where, {k: v for k, v in body.items() if k != field}, field)
    charge = api.post(where, body)["itemId"]
    found = api.item("TicketCharges", charge)
    assert (found["billableAmount"], found["isBilled"], found["datePurchased"]) == (7, False, "2026-01-02T00:00:00Z")
    api.patch(where, {"id": charge, "unitQuantity": 3})
    assert api.item("TicketCharges", charge)["billableAmount"] == 10.5
    before = events(number)
    api.put(where, api.item("TicketCharges", charge))
    assert events(number) == before
    api.delete(f"{where}/{charge}")
    assert api.item("TicketCharges", charge) is None
    api.fails("post", f"Tickets/{number}/RmaCredits", {"creditAmount": 5}, "ticketID")
    item = api.find("ConfigurationItems", "referenceTitle", "CI rma")
    rma = make(ticketCategory=api.choice("ticketCategory", "RMA"), configurationItemID=item)
    credit = api.post(f"Tickets/{rma}/RmaCredits", {"creditAmount": 5, "creditDetails": "Returned"})["itemId"]
    found = api.item("TicketRmaCredits", credit)
    assert (found["creditAmount"], found["internalCurrencyCreditAmount"], found["creditDetails"]) == (5, 5, "Returned")
    api.patch(f"Tickets/{rma}/RmaCredits", {"id": credit, "creditAmount": 6})
    api.delete(f"Tickets/{rma}/RmaCredits/{credit}")


@pytest.mark.spec("AT-235", "AT-444", "RC-299")
def test_approvals_decide_the_status(api, make, world):
    from polydesk.features.approvals.models import Board

    tess, sam = person("Tess Technician"), person("Sam Second")
    board = Board.objects.get(name="CAB")
    board.members.set([tess])
    change = make(ticketType=4, changeApprovalBoard=board.pk, changeApprovalStatus=3)
    where = f"Tickets/{change}/ChangeRequestApprovals"
    [member] = api.get(where)["items"]
    assert (member["resourceID"], member["isApproved"]) == (tess, None)
    extra = api.post(where, {"resourceID": sam, "isApproved": True, "approveRejectNote": "fine"})["itemId"]
    assert api.item("TicketChangeRequestApprovals", extra)["approveRejectDateTime"]
    assert api.item("Tickets", change)["changeApprovalStatus"] == 4
    api.post(where, {"resourceID": tess, "isApproved": True})
    assert api.item("Tickets", change)["changeApprovalStatus"] == 5
    contact = api.post(where, {"contactID": person("Chris Child"), "isApproved": False})["itemId"]
    assert api.item("Tickets", change)["changeApprovalStatus"] == 6
    api.delete(f"{where}/{contact}")
    assert api.item("Tickets", change)["changeApprovalStatus"] == 5
    api.delete(f"{where}/{member['id']}", status=500)
    for wrong in ({}, {"resourceID": sam, "contactID": person("Chris Child")}, {"resourceID": person("Ina Inactive")}):
        api.fails("post", where, wrong, "resourceID")
    api.fails("post", f"Tickets/{make()}/ChangeRequestApprovals", {"resourceID": sam}, "ticketID")
    other = make(ticketType=4, changeApprovalType=2, changeApprovalBoard=board.pk)
    api.post(f"Tickets/{other}/ChangeRequestApprovals", {"resourceID": sam, "isApproved": True})
    assert api.item("Tickets", other)["changeApprovalStatus"] == 5


@pytest.mark.spec("AT-448", "RC-107", "RC-292", "RC-411")
def test_time_entries(api, make):
    number = make(contractID=api.find("Contracts", "contractName", "Contract SLA"))
    role = api.find("Roles", "name", "Technician")
    body = {"ticketID": number, "resourceID": person("Tess Technician"), "roleID": role, "dateWorked": "2026-03-01"}
    for field in ("ticketID", "resourceID", "roleID"):
        api.fails("post", "TimeEntries", {k: v for k, v in {**body, "hoursWorked": 1}.items() if k != field}, field)
    api.fails("post", "TimeEntries", body, "hoursWorked")
    api.fails("post", "TimeEntries", {**body, "hoursWorked": 1, "ticketID": 999_999}, "ticketID")
    entry = api.post(
        "TimeEntries", {**body, "startDateTime": "2026-03-01T09:00:00Z", "endDateTime": "2026-03-01T09:20:00Z"}
    )["itemId"]
    found = api.item("TimeEntries", entry)
    assert (found["hoursWorked"], found["hoursToBill"], found["contractID"]) == (
        0.3333,
        0.3333,
        api.item("Tickets", number)["contractID"],
    )
    assert found["dateWorked"] == "2026-03-01T00:00:00Z" and found["billingApprovalDateTime"] is None
    api.patch("TimeEntries", {"id": entry, "hoursWorked": 0.5, "isNonBillable": True})
    found = api.item("TimeEntries", entry)
    assert (found["hoursWorked"], found["hoursToBill"], found["isNonBillable"]) == (0.5, 0, True)
    before = events(number)
    api.put("TimeEntries", found)
    assert events(number) == before
    api.fails("patch", "TimeEntries", {"id": entry, "hoursWorked": 25}, "hoursWorked")
    api.fails("patch", "TimeEntries", {"id": entry, "ticketID": make()}, "ticketID")
    assert api.delete(f"TimeEntries/{entry}") == {"itemId": entry}
    posted = api.query("TimeEntries", {"op": "exist", "field": "billingApprovalDateTime"})[0]["id"]
    api.patch("TimeEntries", {"id": posted, "hoursWorked": 2}, status=500)
    api.delete(f"TimeEntries/{posted}", status=500)


@pytest.mark.spec("AT-449", "RC-056", "RC-281")
def test_links_between_changes_and_their_causes(api, make):
    change, incident, plain = make(ticketType=4), make(ticketType=2), make()
    body = {"changeRequestTicketID": change, "problemOrIncidentTicketID": incident}
    link = api.post("ChangeRequestLinks", body)["itemId"]
    assert api.item("ChangeRequestLinks", link) | body == api.item("ChangeRequestLinks", link)
    api.fails("post", "ChangeRequestLinks", body, "problemOrIncidentTicketID")
    api.fails("post", "ChangeRequestLinks", {**body, "changeRequestTicketID": plain}, "changeRequestTicketID")
    api.fails("post", "ChangeRequestLinks", {**body, "problemOrIncidentTicketID": plain}, "problemOrIncidentTicketID")
    assert api.delete(f"ChangeRequestLinks/{link}") == {"itemId": link}
    assert api.query("ChangeRequestLinks") == []


@pytest.mark.spec("PL-021", "RC-276", "AT-050")
def test_every_child_leaves_one_event_and_a_failing_one_none(api, make):
    number = make()
    count = events(number)
    for path, body in (
        ("Notes", NOTE),
        ("Attachments", FILE),
        ("ChecklistItems", {"itemName": "x"}),
        ("Charges", {"name": "x", "chargeType": 1, "unitQuantity": 1, "datePurchased": "2026-01-01"}),
        ("AdditionalContacts", {"contactID": person("Pat Parent")}),
    ):
        api.post(f"Tickets/{number}/{path}", body)
        count += 1
        assert events(number) == count, path
        api.post(f"Tickets/{number}/{path}", {}, status=500)
        assert events(number) == count, path
    assert Event.objects.filter(ticket_id=number).last().via == "autotask"
