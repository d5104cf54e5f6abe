"""Tickets read and written: shapes, replacement, empty values, user-defined fields, metadata (sections 4 to 7)."""

import pytest

from polydesk.tickets import commands
from polydesk.tickets.kinds import KINDS, STATUSES
from polydesk.tickets.models import CustomField, Ticket

from .conftest import events


@pytest.mark.spec("AT-060", "AT-140", "AT-141", "AT-142", "AT-143", "AT-013", "RC-300")
def test_a_ticket_has_all_fields_of_the_table(api, make):
    item = api.item("Tickets", make())
    fields = api.get("Tickets/entityInformation/fields")["fields"]
    assert sorted(item) == sorted([f["name"] for f in fields] + ["userDefinedFields"])
    assert len(fields) == 74
    assert {u["name"] for u in item["userDefinedFields"]} == {"Conf Text", "Conf Number", "Conf List"}
    assert item["monitorID"] is item["monitorTypeID"] is item["rmmAlertID"] is item["apiVendorID"] is None
    assert item["createDate"].endswith("Z")


@pytest.mark.spec("AT-100", "AT-101", "AT-102", "AT-103", "AT-049", "AT-012", "AT-104", "RC-018")
def test_patch_changes_what_is_present_and_put_replaces_the_rest(api, make):
    number = make(description="text", purchaseOrderNumber="PO", estimatedHours=2, source=2)
    api.patch(
        f"Tickets/{number}", {"title": "New", "noSuchField": 1, "createDate": "2001-01-01", "userDefinedFields": []}
    )
    found = api.item("Tickets", number)
    assert (found["title"], found["description"], found["source"]) == ("New", "text", 2)
    assert not found["createDate"].startswith("2001")
    api.patch("Tickets", {"id": str(number), "purchaseOrderNumber": None, "estimatedHours": ""})
    found = api.item("Tickets", number)
    assert (found["purchaseOrderNumber"], found["estimatedHours"]) == ("", None)
    errors = api.put("Tickets", {"id": number, "title": "Only"}, status=500)
    assert {n for n in ("companyID", "status", "priority") if any(n in e for e in errors)} == {
        "companyID",
        "status",
        "priority",
    }
    base = {
        k: found[k] for k in ("companyID", "title", "status", "priority", "ticketCategory", "source", "dueDateTime")
    }
    api.put("Tickets", {"id": number, **base})
    found = api.item("Tickets", number)
    assert (found["description"], found["source"], found["ticketNumber"][:1]) == ("", 2, "T")
    api.fails("patch", f"Tickets/{number}", {"id": number + 1, "title": "x"}, "id")
    api.fails("post", "Tickets", {**base, "id": 7}, "id")
    api.post("Tickets", {**base, "id": 0})


@pytest.mark.spec("RC-001", "RC-002", "RC-003", "RC-402", "RC-418", "AT-041", "RC-120", "RC-123", "RC-298")
def test_writing_back_what_was_read_changes_nothing_whatever_the_kind_and_status(api, world, house):
    system = world.actor("mona")
    made = []
    for kind in KINDS:
        for status in STATUSES:
            if KINDS[kind].allows(status):
                values = {
                    "title": f"{kind} {status}",
                    "status": status,
                    "priority": None if status == "open" else "major",
                }
                made.append(commands.create(kind, values, by=system, via="native").pk)
    items = {i["id"]: i for i in api.query("Tickets", {"op": "in", "field": "id", "value": made})}
    assert sorted(items) == made
    for item in items.values():
        assert item["companyID"] == 0 and item["status"] and item["priority"] in (2, 4) and item["ticketType"]
    for number in made[:: max(1, len(made) // 40)]:
        before = Ticket.objects.filter(pk=number).values().get()
        assert api.item("Tickets", number) == items[number]
        api.patch("Tickets", items[number])
        api.put("Tickets", items[number])
        assert events(number) == 1 and Ticket.objects.filter(pk=number).values().get() == before


@pytest.mark.spec("RC-111", "RC-155", "RC-322", "RC-323", "AT-061")
def test_filters_compare_what_is_shown(api, world, make):
    null = commands.create(
        "issue", {"title": "x", "priority": None, "company": None}, by=world.actor("mona"), via="native"
    ).pk
    assert null in api.ids("Tickets", {"op": "eq", "field": "priority", "value": 2})
    assert null in api.ids("Tickets", {"op": "eq", "field": "companyID", "value": 0})
    assert null not in api.ids("Tickets", {"op": "gt", "field": "companyID", "value": 0})
    assert null in api.ids("Tickets", {"op": "eq", "field": "ticketType", "value": 1})
    assert null in api.ids("Tickets", {"op": "eq", "field": "ticketCategory", "value": 3})
    assert api.item("Companies", 0)["companyName"] == "House"
    assert api.query("Companies", {"op": "lte", "field": "id", "value": 0})[0]["id"] == 0
    company = api.find("Companies", "companyName", "Conformance Child")
    api.patch("Tickets", {"id": null, "companyID": company})
    api.patch("Tickets", {"id": null, "companyID": 0})
    assert api.item("Tickets", null)["companyID"] == 0
    api.fails("patch", "Tickets", {"id": null, "companyID": None}, "companyID")


@pytest.mark.spec("AT-046", "AT-047", "AT-048", "AT-040", "AT-050", "RC-010", "RC-017")
def test_all_faults_of_a_request_are_told_at_once(api, make):
    errors = api.post(
        "Tickets", {"description": "x" * 8001, "queueID": 999, "contactID": 10**7, "estimatedHours": "much"}, status=500
    )
    for field in ("companyID", "title", "status", "priority", "description", "queueID", "contactID", "estimatedHours"):
        assert any(field in e for e in errors), (field, errors)
    assert "Reference value on field: contactID of type: Contacts does not exist or is invalid." in errors
    before = api.post("Tickets/query/count", {})
    assert before == api.post("Tickets/query/count", {"filter": []})


@pytest.mark.spec("AT-105", "AT-609", "RC-039")
def test_user_defined_fields(api, make):
    number = make(userDefinedFields=[{"name": "Conf Text", "value": "abc"}, {"name": "conf number", "value": "2.5"}])

    def shown():
        return {u["name"]: u["value"] for u in api.item("Tickets", number)["userDefinedFields"]}

    assert shown() == {"Conf Text": "abc", "Conf Number": "2.5", "Conf List": None}
    api.patch("Tickets", {"id": number, "userDefinedFields": [{"name": "Conf List", "value": "Red"}]})
    assert shown() == {"Conf Text": "abc", "Conf Number": "2.5", "Conf List": "Red"}
    for name, value in (("Conf Number", "many"), ("Conf List", "Blue"), ("No such", "x")):
        api.fails("patch", "Tickets", {"id": number, "userDefinedFields": [{"name": name, "value": value}]}, name)
    before = events(number)
    api.put("Tickets", api.item("Tickets", number))
    assert events(number) == before
    item = api.item("Tickets", number)
    item["userDefinedFields"] = []
    api.put("Tickets", item)
    assert shown() == {"Conf Text": None, "Conf Number": None, "Conf List": None}
    tracked = api.item("Tickets", number)["lastTrackedModificationDateTime"]
    api.patch("Tickets", {"id": number, "userDefinedFields": [{"name": "Conf Number", "value": 7}]})
    assert api.item("Tickets", number)["lastTrackedModificationDateTime"] >= tracked


@pytest.mark.spec("AT-120", "AT-121", "AT-122", "AT-123", "AT-124", "AT-128", "AT-106")
def test_metadata(api, house):
    info = api.get("Tickets/entityInformation")["info"]
    assert info["canDelete"] is False and info["userAccessForDelete"] == "None"
    assert all(
        info[n] for n in ("canCreate", "canUpdate", "canQuery", "hasUserDefinedFields", "supportsWebhookCallouts")
    )
    fields = {f["name"]: f for f in api.get("Tickets/entityInformation/fields")["fields"]}
    assert {n for n, f in fields.items() if not f["isQueryable"]} == {"creatorType", "lastActivityPersonType"}
    statuses = {e["label"]: e for e in fields["status"]["picklistValues"]}
    assert [statuses[n]["value"] for n in ("New", "Complete", "Waiting Customer")] == ["1", "5", "7"]
    assert {n for n, e in statuses.items() if e["isSystem"]} == {"New", "Complete", "Waiting Customer"}
    assert statuses["Testing"]["isActive"] is False
    printer = next(e for e in fields["subIssueType"]["picklistValues"] if e["label"] == "Printer")
    hardware = next(e for e in fields["issueType"]["picklistValues"] if e["label"] == "Hardware")
    assert printer["parentValue"] == hardware["value"] and hardware["parentValue"] == ""
    assert fields["subIssueType"]["picklistParentValueField"] == "issueType"
    assert fields["title"]["length"] == 255 and fields["priority"]["length"] == 0
    assert fields["title"]["picklistValues"] is None and fields["title"]["referenceEntityType"] == ""
    assert fields["companyID"]["referenceEntityType"] == "Companies" and fields["companyID"]["isRequired"]
    udfs = {f["name"]: f for f in api.get("Tickets/entityInformation/userDefinedFields")["fields"]}
    assert [udfs[n]["type"] for n in ("Conf Text", "Conf Number", "Conf List")] == ["string", "double", "string"]
    assert [e["value"] for e in udfs["Conf List"]["picklistValues"]] == ["Red", "Green"]
    assert "fields" in api.get("Tickets/1/Notes/entityInformation/fields")


@pytest.mark.spec("AT-125", "AT-474")
def test_at_most_three_hundred_user_defined_fields(api, house):
    kind = api.choice("dataType", "Number", "UserDefinedFieldDefinitions")
    made = api.post("UserDefinedFieldDefinitions", {"name": "Conf More", "dataType": kind})["itemId"]
    assert api.item("UserDefinedFieldDefinitions", made)["dataType"] == kind
    api.fails("post", "UserDefinedFieldDefinitions", {"name": "conf more", "dataType": kind}, "name")
    listed = CustomField.objects.get(key="conf_list").pk
    item = api.post(f"UserDefinedFields/{listed}/ListItems", {"valueForDisplay": "Blue"})["itemId"]
    assert api.item("UserDefinedFieldListItems", item)["valueForExport"] == "Blue"
    CustomField.objects.bulk_create(
        CustomField(organization=house.house, key=f"f{n}", name=f"F{n}") for n in range(296)
    )
    api.fails("post", "UserDefinedFieldDefinitions", {"name": "One too many", "dataType": kind}, "300")


@pytest.mark.spec("RC-124", "RC-139", "AT-203", "RC-410", "RC-348")
def test_inactive_statuses_are_shown_and_kept_but_not_chosen(api, world):
    number = commands.create("change", {"title": "x", "status": "testing"}, by=world.actor("mona"), via="centurion").pk
    found = api.item("Tickets", number)
    assert (found["ticketType"], found["status"]) == (4, 23)
    api.patch("Tickets", {"id": number, "status": 23, "title": "A new title"})
    api.fails("patch", "Tickets", {"id": number, "status": 24}, "status")
    api.patch("Tickets", {"id": number, "status": 7})
    assert Ticket.objects.get(pk=number).status == "waiting_customer"


@pytest.mark.spec("RC-310", "RC-409")
def test_closed_for_good_stays_closed(api, world):
    number = commands.create("incident", {"title": "x", "final": True}, by=world.actor("mona"), via="web").pk
    api.patch("Tickets", {"id": number, "status": 5})
    api.fails("patch", "Tickets", {"id": number, "status": 1}, "status")
    api.patch("Tickets", {"id": number, "purchaseOrderNumber": "PO"})
    assert api.item("Tickets", number)["status"] == 5


@pytest.mark.spec("AT-450", "RC-094", "RC-305", "RC-306", "RC-358", "RC-413")
def test_deleted_tickets_are_missing_and_logged(api, world, make):
    number = make()
    commands.remove(number, by=world.actor("mona"), via="web")
    assert api.item("Tickets", number) is None
    assert number not in api.ids("Tickets")
    api.patch("Tickets", {"id": number, "title": "x"}, status=500)
    [log] = api.query("DeletedTicketLogs", {"op": "eq", "field": "ticketID", "value": number})
    assert log["ticketTitle"] == "Printer down" and log["deletedByResourceID"] == world.mona.pk
    commands.restore(number, by=world.actor("mona"), via="web")
    assert api.item("Tickets", number)["title"] == "Printer down"
    assert api.query("DeletedTicketLogs") == []


@pytest.mark.spec("AT-320", "AT-321", "AT-322", "AT-331", "AT-450", "RC-090", "RC-288")
def test_service_levels(api, house, make):
    from polydesk.directory.models import ContractService, SlaPolicy
    from polydesk.features.sla.models import Target

    slas = {p.name: p.pk for p in SlaPolicy.objects.filter(organization=house.house)}
    for policy in slas.values():
        promised = {"response": 60, "plan": 120, "resolution": 240}
        Target.objects.update_or_create(policy_id=policy, level=0, defaults=promised)
    contract = api.find("Contracts", "contractName", "Contract SLA")
    line = ContractService.objects.get(contract_id=contract).pk
    plain = api.find("ConfigurationItems", "referenceTitle", "CI plain")
    with_sla = api.find("ConfigurationItems", "referenceTitle", "CI with SLA")
    category = api.choice("ticketCategory", "SLA Category")
    for fields, wanted in (
        ({"configurationItemID": with_sla, "contractID": contract, "contractServiceID": line}, "Asset SLA"),
        ({"configurationItemID": plain, "contractID": contract, "contractServiceID": line}, "Service SLA"),
        ({"contractID": contract, "ticketCategory": category}, "Contract SLA"),
        ({"ticketCategory": category}, "Category SLA"),
        ({"ticketCategory": category, "serviceLevelAgreementID": slas["Asset SLA"]}, "Asset SLA"),
        ({}, None),
    ):
        number = make(**fields)
        assert api.item("Tickets", number)["serviceLevelAgreementID"] == slas.get(wanted), (fields, wanted)
    number = make(ticketCategory=category)
    found = api.item("Tickets", number)
    assert found["firstResponseDueDateTime"] and found["resolutionPlanDueDateTime"] and found["resolvedDueDateTime"]
    assert (
        found["serviceLevelAgreementHasBeenMet"] is None and found["serviceLevelAgreementPausedNextEventHours"] is None
    )
    api.patch("Tickets", {"id": number, "status": 7})
    paused = api.item("Tickets", number)["serviceLevelAgreementPausedNextEventHours"]
    assert paused is not None and 0.9 < paused <= 4
    api.patch("Tickets", {"id": number, "status": 5})
    found = api.item("Tickets", number)
    assert found["serviceLevelAgreementPausedNextEventHours"] is None and found["resolvedDateTime"]
    [result] = api.query("ServiceLevelAgreementResults", {"op": "eq", "field": "ticketID", "value": number})
    assert result["serviceLevelAgreementName"] == "Category SLA" and result["isResolutionMet"] is True


@pytest.mark.spec("RC-401", "RC-022", "RC-104")
def test_a_ticket_born_here_is_the_same_in_the_core(api, house, world):
    category = api.choice("ticketCategory", "No Queue")
    body = {"companyID": world.acme.pk, "contactID": world.carl.pk, "title": "Printer down"}
    number = api.post(
        "Tickets", {**body, "description": "No paper light", "status": 1, "priority": 1, "ticketCategory": category}
    )["itemId"]
    ticket = Ticket.objects.get(pk=number)
    assert (ticket.kind, ticket.status, ticket.priority, ticket.requester_id) == (
        "request",
        "new",
        "high",
        world.carl.pk,
    )
    assert (ticket.access, ticket.shared, ticket.channel) == ("all_users", True, "other")
    opening = ticket.comments.get()
    assert (opening.type, opening.side, opening.author_id) == ("opening", "customer", world.carl.pk)
    assert api.query("TicketNotes", {"op": "eq", "field": "ticketID", "value": number}) == []


@pytest.mark.spec("RC-405", "RC-140", "RC-045", "RC-219")
def test_a_ticket_of_another_face_is_edited_with_its_gaps(api, house, world):
    values = {
        "title": "t" * 200,
        "status": "assigned",
        "priority": "very_high",
        "company": world.acme.pk,
        "assignee": world.bob.pk,
    }
    ticket = commands.create(
        "request", {**values, "assigned_people": [world.anna.pk, world.bob.pk]}, by=world.actor("bob"), via="crm"
    )
    found = api.item("Tickets", ticket.pk)
    assert (found["title"], found["status"], found["priority"]) == ("t" * 200, 13, 5)
    assert (found["queueID"], found["dueDateTime"], found["ticketCategory"]) == (None, None, 3)
    secondary = api.query("TicketSecondaryResources", {"op": "eq", "field": "ticketID", "value": ticket.pk})
    assert [s["resourceID"] for s in secondary] == [world.anna.pk]
    api.patch("Tickets", {"id": ticket.pk, "purchaseOrderNumber": "PO-7"})
    gone = {"id": ticket.pk, "assignedResourceID": None, "assignedResourceRoleID": None}
    api.fails("patch", "Tickets", gone, "queueID")
