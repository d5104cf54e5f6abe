"""Canned replies and macros through the API: who sees and keeps them, and what they do on a ticket."""

from __future__ import annotations

import pytest

from polydesk.tickets.models import Event, Tag

pytestmark = [pytest.mark.django_db, pytest.mark.spec("PL-101", "PL-202")]


@pytest.mark.spec("RS-088")
def test_canned_replies(api, world):
    made = api.anna.post("/canned-replies", {"name": "Serial", "shortcut": "sn", "body": "{{agent.name}}: {{7*7}}?"})
    assert made.status_code == 201 and made.json()["owner"]["name"] == "Anna Agent"
    where = made["Location"]
    assert [r["name"] for r in api.anna.get("/canned-replies").json()["items"]] == ["Serial"]
    assert api.bob.get(where).status_code == 404 and api.carl.get("/canned-replies").status_code == 403
    ticket = api.anna.ticket()
    filled = api.anna.get(f"/tickets/{ticket['id']}/canned-replies/{made.json()['id']}")
    assert filled.json() == {"text": "Anna Agent: ?"}
    assert api.anna.patch(where, {"name": "Serial number"}, If_Match='"1"')["ETag"] == '"2"'
    assert api.anna.patch(where, {"name": "Stale"}, If_Match='"1"').status_code == 412
    assert api.anna.post("/canned-replies", {"name": "x", "body": "x", "for_everybody": True}).status_code == 403
    shared = api.mona.post("/canned-replies", {"name": "Ours", "body": "x", "for_everybody": True})["Location"]
    assert api.anna.get(shared).status_code == 200 and api.anna.delete(shared).status_code == 403
    assert api.anna.delete(where).status_code == 204 and api.anna.get(where).status_code == 404


@pytest.mark.spec("PL-021")
def test_macros(api, world):
    tag = Tag.objects.create(organization=world.house, name="warranty")
    foreign = Tag.objects.create(organization=world.other, name="theirs")
    body = {"name": "Ordered", "values": {"priority": "high", "assignee": "me"}, "add_tags": [tag.pk], "text": "Done."}
    made = api.anna.post("/macros", body)
    assert made.status_code == 201 and made.json()["values"] == body["values"]
    for wrong in (
        {"values": {"organization": 1}},
        {"values": {}, "add_tags": [], "text": ""},
        {"add_tags": [foreign.pk]},
    ):
        answer = api.anna.post("/macros", body | wrong)
        assert answer.status_code == 422 and answer.json()["errors"][0]["field"] in ("values", "add_tags")
    ticket = api.anna.ticket()
    where, before = f"/tickets/{ticket['id']}/macros/{made.json()['id']}", Event.objects.count()
    preview = api.anna.get(where).json()
    assert preview["changes"]["priority"] == ["normal", "high"] and preview["text"] == "Done."
    assert Event.objects.count() == before and preview["errors"] == []
    assert api.bob.get(where).status_code == 404
    assert api.anna.post(where, {}, If_Match='"99"').status_code == 412
    done = api.anna.post(where, {}, If_Match=f'"{preview["version"]}"')
    assert (done.status_code, done.json()["priority"], done.json()["assignee"]["name"]) == (200, "high", "Anna Agent")
    event = Event.objects.latest("pk")
    assert Event.objects.count() == before + 1 and set(preview["changes"]) <= set(event.changes)
    assert api.anna.post(f"/tickets/{ticket['id']}/undo", {"event": event.pk}).status_code == 200
    assert api.anna.get(f"/tickets/{ticket['id']}").json()["priority"] == "normal"
    assert api.anna.patch(made["Location"], {"values": {"priority": "low"}}).json()["version"] == 2
    assert api.anna.delete(made["Location"]).status_code == 204


@pytest.mark.spec("SE-104")
def test_notices(api, world):
    body = {"title": "Maintenance", "notification_categories": ["maintenance"], "company": world.beta.pk}
    assert api.anna.post("/notices", body).status_code == 403
    made = api.mona.post("/notices", body)
    assert made.status_code == 201 and made.json()["company"]["name"] == "Beta"
    where = made["Location"]
    assert api.anna.get(where).status_code == 200 and api.carl.get(where).status_code == 404, "Carl is of Acme"
    assert api.mona.patch(where, {"company": None}, If_Match='"1"')["ETag"] == '"2"'
    assert [n["title"] for n in api.carl.get("/notices").json()["items"]] == ["Maintenance"]
    assert api.carl.patch(where, {"title": "x"}).status_code == 403
    assert api.mona.patch(where, {"company": 987654}).status_code == 422
    assert api.mona.delete(where).status_code == 204 and api.mona.get(where).status_code == 404
