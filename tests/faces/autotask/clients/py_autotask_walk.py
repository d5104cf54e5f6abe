"""What a desk does with py-autotask; only the API address is Polydesk's. Prints what it saw as JSON."""

import json
import sys

from py_autotask import AutotaskClient
from py_autotask.auth import AutotaskAuth

base, user, secret, code = sys.argv[1:]
AutotaskAuth.ZONE_INFO_URL = f"{base}v1.0/zoneInformation"
client = AutotaskClient.create(username=user, secret=secret, integration_code=code)


def one(entity, field, value):
    return client.query(entity, filters=[{"op": "eq", "field": field, "value": value}]).items[0]


seen = {}
company = one("Companies", "companyName", "Conformance Child")["id"]
category = next(
    v["value"]
    for f in client.get_field_info("Tickets")["fields"]
    if f["name"] == "ticketCategory"
    for v in f["picklistValues"]
    if v["label"] == "No Queue"
)
draft = {"companyID": company, "title": "From Python", "status": 1, "priority": 2, "ticketCategory": int(category)}
number = client.create_entity("Tickets", draft).item_id
seen["zone"] = client.auth.api_url
seen["title"] = client.get("Tickets", number)["title"]
client.update("Tickets", {"id": number, "title": "Renamed"})
seen["renamed"] = client.get("Tickets", number)["title"]
seen["found"] = one("Tickets", "title", "RENAMED")["id"] == number
seen["different"] = len(client.query("Tickets", filters=[{"op": "ne", "field": "id", "value": number}]).items)
seen["missing"] = client.get("Tickets", 99999999)
seen["count"] = client.count("Tickets")
child = client.create_child_entity(
    "Tickets", number, "Notes", {"title": "t", "description": "d", "noteType": 1, "publish": 1}
)
seen["note"] = client.get("TicketNotes", child.item_id)["description"]
client.update_child_entity("Tickets", number, "Notes", {"id": child.item_id, "description": "Changed"})
seen["changed"] = client.get("TicketNotes", child.item_id)["description"]
item = client.create_child_entity(
    "Tickets", number, "ChecklistItems", {"itemName": "Cable", "isImportant": True}
).item_id
client.update_child_entity("Tickets", number, "ChecklistItems", {"id": item, "isCompleted": True})
seen["checklist"] = one("TicketChecklistItems", "ticketID", number)["isCompleted"]
seen["gone"] = client.delete_child_entity("Tickets", number, "ChecklistItems", item)
file = {"attachmentType": "FILE_ATTACHMENT", "fullPath": "a.txt", "title": "a", "publish": 1, "data": "aGVsbG8="}
attached = client.create_child_entity("Tickets", number, "Attachments", file).item_id
seen["file"] = client.query("AttachmentInfo", filters=[{"op": "eq", "field": "id", "value": attached}]).items[0][
    "title"
]
seen["gone too"] = client.delete_child_entity("Tickets", number, "Attachments", attached)

# This client reads the first page itself; past it, its users go on by the address or from the last id.
found = client.query("Tickets", filters=[{"op": "eq", "field": "title", "value": "one of many"}], max_records=500)
rest = client.session.get(found.page_details.next_page_url).json()
last = [
    {"op": "eq", "field": "title", "value": "one of many"},
    {"op": "gt", "field": "id", "value": found.items[-1]["id"]},
]
seen["pages"] = [len(found.items), len(rest["items"]), client.query("Tickets", filters=last).items == rest["items"]]


def refused(function, *args):
    try:
        function(*args)
    except Exception as error:
        return type(error).__name__


wrong = AutotaskClient.create(username=user, secret="wrong", integration_code=code)
seen["refused"] = [
    refused(client.update, "Tickets", {"id": number, "problemTicketId": number}),
    refused(client.create_entity, "Tickets", {"title": "No company"}),
    refused(client.query, "Surveys"),
    refused(wrong.count, "Tickets"),
]
sys.stdout.write(json.dumps(seen) + "\n")
