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
try:
    client.update("Tickets", {"id": number, "problemTicketId": number})
except Exception as error:
    seen["refused"] = type(error).__name__
sys.stdout.write(json.dumps(seen) + "\n")
