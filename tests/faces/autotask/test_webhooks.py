"""Webhooks in the vendor's format, received by a real server (section 11)."""

import base64
import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from polydesk.directory import actors, founding
from polydesk.directory.models import Asset, Company
from polydesk.faces.autotask import demo
from polydesk.faces.autotask.entities.callouts import encode
from polydesk.jobs.testing import drain
from polydesk.tickets import commands

from .conftest import NOTE

SECRET = "a word that both sides know"


@pytest.fixture
def receiver(settings):
    """A server that keeps what it is told; `status` is what it answers."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.got.append((self.path, self.headers["X-Hook-Signature"], body))
            self.send_response(server.status)
            self.end_headers()

        def log_message(self, *args):
            pass

    settings.POLYDESK_WEBHOOKS_ALLOW_PRIVATE = True
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.got, server.status = [], 200
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def hook(api, receiver):
    """Makes a webhook; answers its id."""

    def make(entity="Ticket", **more):
        where = f"http://127.0.0.1:{receiver.server_port}"
        body = {
            "name": "Monitor",
            "webhookUrl": f"{where}/hook",
            "deactivationUrl": f"{where}/gone",
            "secretKey": SECRET,
            "isActive": True,
            "isSubscribedToCreateEvents": True,
            "isSubscribedToUpdateEvents": True,
            "isSubscribedToDeleteEvents": True,
            "sendThresholdExceededNotification": False,
            **more,
        }
        return api.post(f"{entity}Webhooks", body)["itemId"]

    return make


def watch(api, number, name, entity="Ticket", **flags):
    field = api.choice("fieldID", name, f"{entity}WebhookFields")
    body = {"fieldID": field, "isSubscribedField": True, "isDisplayAlwaysField": False, **flags}
    return api.post(f"{entity}Webhooks/{number}/Fields", body)["itemId"]


def told(receiver):
    drain()
    found, receiver.got[:] = list(receiver.got), []
    for _, signature, body in found:
        digest = hmac.new(SECRET.encode(), body, hashlib.sha1).digest()
        assert signature == "sha1=" + base64.b64encode(digest).decode()
    return [(path, json.loads(body)) for path, _, body in found]


@pytest.mark.spec("AT-500", "AT-501", "AT-502", "AT-503", "AT-504", "AT-505", "AT-507", "AT-509")
def test_callouts_tell_the_watched_fields(api, house, make, hook, receiver):
    number = hook()
    first = make()
    assert told(receiver) == []
    assert api.item("TicketWebhooks", number)["isReady"] is False
    watch(api, number, "title")
    watch(api, number, "status", isDisplayAlwaysField=True)
    udf = api.find("UserDefinedFieldDefinitions", "name", "Conf Text")
    body = {"udfFieldID": udf, "isSubscribedField": True, "isDisplayAlwaysField": False}
    api.post(f"TicketWebhooks/{number}/UdfFields", body)
    found = api.item("TicketWebhooks", number)
    assert found["isReady"] is True and found["secretKey"] == ""
    second = make(title="Tür <b> & 'x' \"y\" \\ ` + 😀")
    [(path, message)] = told(receiver)
    assert path == "/hook"
    assert (message["Action"], message["EntityType"], message["Id"]) == ("Create", "Ticket", second)
    assert message["Fields"] == {"title": "Tür <b> & 'x' \"y\" \\ ` + 😀", "status": 1, "Conf Text": None}
    assert message["Guid"] == found["webhookGuid"] and message["PersonID"] and message["SequenceNumber"] == 1
    api.patch("Tickets", {"id": first, "purchaseOrderNumber": "not watched"})
    api.post(f"Tickets/{first}/Notes", NOTE)
    assert told(receiver) == []
    api.patch("Tickets", {"id": first, "title": "Watched", "userDefinedFields": [{"name": "Conf Text", "value": "x"}]})
    [(_, message)] = told(receiver)
    assert (message["Action"], message["SequenceNumber"]) == ("Update", 2)
    assert message["Fields"] == {"title": "Watched", "status": 1, "Conf Text": "x"}
    commands.remove(first, by=house.actor("mona"), via="web")
    assert [m["Action"] for _, m in told(receiver)] == ["Delete"]
    api.post(f"TicketWebhooks/{number}/ExcludedResources", {"resourceID": message["PersonID"]})
    api.patch("Tickets", {"id": second, "title": "By the excluded"})
    assert told(receiver) == []
    api.patch("TicketWebhooks", {"id": number, "isActive": False})
    assert told(receiver) == [("/gone", {"Action": "Deactivated", "Guid": found["webhookGuid"]})]
    api.patch("TicketWebhooks", {"id": number, "isActive": True, "name": "Renamed"})
    api.delete(f"TicketWebhooks/{number}")
    assert [path for path, _ in told(receiver)] == ["/gone"]
    assert api.query("TicketWebhooks") == []


@pytest.mark.spec("AT-500", "AT-501", "AT-502", "AT-509", "AT-045")
def test_what_a_webhook_needs(api, house, hook, settings):
    for field in (
        "name",
        "webhookUrl",
        "deactivationUrl",
        "secretKey",
        "isActive",
        "sendThresholdExceededNotification",
    ):
        with pytest.raises(AssertionError, match=field):
            hook(**{field: None})
    number = hook()
    field = watch(api, number, "title")
    api.fails("post", f"TicketWebhooks/{number}/Fields", {"fieldID": 9999, "isSubscribedField": True}, "fieldID")
    where = f"TicketWebhooks/{number}/Fields"
    api.patch(where, {"id": field, "isSubscribedField": False})
    assert api.item("TicketWebhookFields", field)["isSubscribedField"] is False
    assert api.item("TicketWebhooks", number)["isReady"] is False
    api.delete(f"{where}/{field}")
    assert api.get(where)["items"] == []
    api.fails("post", f"TicketWebhooks/{number}/ExcludedResources", {"resourceID": 10**7}, "resourceID")
    settings.POLYDESK_WEBHOOKS_ALLOW_PRIVATE = False
    with pytest.raises(AssertionError, match="webhookUrl"):
        hook(webhookUrl="http://127.0.0.1/hook")
    public = {"webhookUrl": "https://example.com/hook", "isActive": False}
    for wrong in ("http://127.0.0.1/gone", "nonsense"):
        with pytest.raises(AssertionError, match="deactivationUrl"):
            hook(**public, deactivationUrl=wrong)


@pytest.mark.spec("AT-506")
def test_failures_are_logged(api, house, make, hook, receiver):
    number = hook()
    watch(api, number, "title")
    receiver.status = 500
    make()
    told(receiver)
    [failure] = api.query("WebhookEventErrorLogs")
    assert failure["sequenceNumber"] == 1 and "500" in failure["errorMessage"] and "Create" in failure["payload"]


@pytest.mark.spec("AT-505", "AT-508")
def test_notes_are_told(api, house, make, hook, receiver):
    number = hook("TicketNote")
    watch(api, number, "description", "TicketNote")
    ticket = make()
    internal = api.post(f"Tickets/{ticket}/Notes", NOTE)["itemId"]
    api.patch(f"Tickets/{ticket}/Notes", {"id": internal, "description": "Still inside"})
    note = api.post(f"Tickets/{ticket}/Notes", {**NOTE, "publish": 1})["itemId"]
    api.patch(f"Tickets/{ticket}/Notes", {"id": note, "description": "Changed"})
    messages = [m for _, m in told(receiver)]
    assert [(m["Action"], m["EntityType"], m["Id"]) for m in messages] == [
        ("Create", "TicketNote", note),
        ("Update", "TicketNote", note),
    ]
    assert messages[1]["Fields"] == {"description": "Changed"}
    assert api.item("TicketNoteWebhooks", number)["isReady"] is True

    anna = house.actor("anna")
    written = commands.comment(ticket, "By another face", by=anna, via="web").comment
    messages = [m for _, m in told(receiver)]
    commands.remove_comment(written, by=house.actor("mona"), via="web")
    messages += [m for _, m in told(receiver)]
    assert [(m["Action"], m["Id"], m["PersonID"]) for m in messages] == [
        ("Create", written.pk, anna.person_id),
        ("Delete", written.pk, house.people["mona"].pk),
    ]
    excluded = f"TicketNoteWebhooks/{number}/ExcludedResources"
    row = api.post(excluded, {"resourceID": anna.person_id})["itemId"]
    api.post(excluded, {"resourceID": house.people["mona"].pk})
    again = commands.comment(ticket, "By an excluded one", by=anna, via="web").comment
    as_anna = {"ImpersonationResourceId": str(anna.person_id)}
    api.post(f"Tickets/{ticket}/Notes", {**NOTE, "publish": 1}, headers=as_anna)
    commands.remove_comment(again, by=house.actor("mona"), via="web")
    assert told(receiver) == []
    api.delete(f"{excluded}/{row}")
    api.post(excluded, {"resourceID": api.find("Resources", "email", demo.API_USER)})
    api.post(f"Tickets/{ticket}/Notes", {**NOTE, "publish": 1}, headers=as_anna)
    assert told(receiver) == []


@pytest.mark.spec("AT-505", "AT-508")
def test_companies_contacts_and_items_are_told_whoever_writes_them(api, house, hook, receiver, client):
    company = api.find("Companies", "companyName", "Conformance Child")
    tess = api.find("Resources", "firstName", "Tess")
    assert api.get("Companies/entityInformation")["info"]["supportsWebhookCallouts"] is True
    numbers = {}
    for entity, name in (("Company", "companyName"), ("Contact", "lastName"), ("ConfigurationItem", "referenceTitle")):
        numbers[entity] = hook(entity)
        watch(api, numbers[entity], name, entity)
        watch(api, numbers[entity], "isActive", entity, isSubscribedField=False, isDisplayAlwaysField=True)
        assert api.item(f"{entity}Webhooks", numbers[entity])["isReady"] is True
    assert told(receiver) == []

    made = api.post(
        "Companies", {"companyName": "New", "companyType": 1, "phone": "1", "ownerResourceID": tess, "isActive": True}
    )["itemId"]
    person = {"firstName": "Nora", "lastName": "New", "isActive": 1}
    contact = api.post(f"Companies/{made}/Contacts", person)["itemId"]
    item = api.post("ConfigurationItems", {"companyID": company, "referenceTitle": "Router", "isActive": True})[
        "itemId"
    ]
    messages = [m for _, m in told(receiver)]
    assert [(m["Action"], m["EntityType"], m["Id"], m["Fields"]) for m in messages] == [
        ("Create", "Company", made, {"companyName": "New", "isActive": True}),
        ("Create", "Contact", contact, {"lastName": "New", "isActive": 1}),
        ("Create", "ConfigurationItem", item, {"referenceTitle": "Router", "isActive": True}),
    ]
    me = messages[0]["PersonID"]
    assert me and messages[0]["Guid"] == api.item("CompanyWebhooks", numbers["Company"])["webhookGuid"]

    api.patch("Companies", {"id": made, "phone": "2"})
    api.patch("Companies", {"id": made, "companyName": "Newer"})
    api.patch(f"Companies/{made}/Contacts", {"id": contact, "lastName": "Newer", "title": "Boss"})
    row = Company.objects.get(pk=made)
    row.name = "By another face"
    row.save()
    Asset.objects.get(pk=item).delete()
    founding.add_person(house.house, "A Resource", role="agent")
    messages = [m for _, m in told(receiver)]
    assert [(m["Action"], m["EntityType"], m["Id"], m["PersonID"]) for m in messages] == [
        ("Update", "Company", made, me),
        ("Update", "Contact", contact, me),
        ("Update", "Company", made, None),
        ("Delete", "ConfigurationItem", item, None),
    ]
    assert messages[2]["Fields"] == {"companyName": "By another face", "isActive": True}
    assert [m["SequenceNumber"] for m in messages if m["EntityType"] == "Company"] == [2, 3]

    api.post(f"CompanyWebhooks/{numbers['Company']}/ExcludedResources", {"resourceID": me})
    api.patch("Companies", {"id": made, "companyName": "Excluded"})
    api.post(
        f"ContactWebhooks/{numbers['Contact']}/UdfFields", {"udfFieldID": 1, "isSubscribedField": True}, status=500
    )
    native = {"authorization": f"Bearer {actors.issue(house.people['mona'], 'native')[1]}"}
    mona = house.people["mona"].pk

    def rename(name):
        body = json.dumps({"name": name})
        answer = client.patch(f"/api/v1/companies/{made}", body, "application/json", headers=native)
        assert answer.status_code == 200, answer.content

    rename("By the native API")
    assert [(m["PersonID"], m["Fields"]["companyName"]) for _, m in told(receiver)] == [(mona, "By the native API")]
    api.post(f"CompanyWebhooks/{numbers['Company']}/ExcludedResources", {"resourceID": mona})
    rename("By an excluded one")
    assert told(receiver) == []
    api.delete(f"ContactWebhooks/{numbers['Contact']}")
    assert [path for path, _ in told(receiver)] == ["/gone"]


@pytest.mark.spec("AT-504")
def test_the_body_escapes_what_clients_escape_again():
    found = encode({"a": "&<>'\"\\`+é😀\n", "n": [1, None, True]})
    assert (
        found == rb'{"a":"\u0026\u003C\u003E\u0027\u0022\u005C\u0060\u002B\u00E9\uD83D\uDE00\u000A","n":[1,null,true]}'
    )
    assert json.loads(found)["a"] == "&<>'\"\\`+é😀\n"
