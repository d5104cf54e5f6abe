"""The acceptance walk-through of the contract on reliability, word by word."""

import pytest

from polydesk.tickets import chain

pytestmark = pytest.mark.django_db


@pytest.mark.spec("RS-020", "RS-021", "RS-031", "RS-111", "RS-146", "RS-147", "RS-055")
def test_the_walk_through(api):
    a, b = api.anna, api.olga
    # one effect per key
    body = {"title": "Printer", "description": "dead"}
    first = a.post("/tickets", body, Idempotency_Key="k-1")
    number = first.json()["id"]
    assert (first.status_code, first["ETag"], first["Location"]) == (201, '"1"', f"/api/v1/tickets/{number}")
    assert first.json()["version"] == 1
    again = a.post("/tickets", body, Idempotency_Key="k-1")
    assert (again.status_code, again["Idempotency-Replayed"], again.json()["id"]) == (201, "true", number)
    other = a.post("/tickets", {**body, "title": "Other"}, Idempotency_Key="k-1")
    assert other["Content-Type"] == "application/problem+json"
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-mismatch")
    # no lost update
    where = f"/tickets/{number}"
    high = a.patch(where, {"priority": "high"}, If_Match='"1"')
    assert (high.status_code, high["ETag"]) == (200, '"2"')
    stale = a.patch(where, {"priority": "high"}, If_Match='"1"')
    assert (stale.status_code, stale.json()["type"], stale.json()["current_version"]) == (412, "/problems/stale", 2)
    # the other organization learns nothing
    foreign, missing = b.get(where), b.get("/tickets/987654321")
    bodies = [{k: v for k, v in x.json().items() if k not in ("request_id", "instance")} for x in (foreign, missing)]
    assert foreign.status_code == missing.status_code == 404
    assert bodies[0] == bodies[1] and bodies[0]["type"] == "/problems/not-found"
    # bad input
    bad = a.post("/tickets", {"title": "\u0000"})
    found = [(e["field"], e["rule"]) for e in bad.json()["errors"]]
    assert bad.status_code == 422
    assert ("title", "invalid_characters") in found and ("description", "required") in found
    hook = a.post("/webhooks", {"url": "http://127.0.0.1:6379/"})
    assert hook.status_code == 422
    assert [(e["field"], e["rule"]) for e in hook.json()["errors"]] == [("url", "address_not_allowed")]
    # nothing lost
    assert a.get(where).json()["version"] == 2
    assert list(chain.broken()) == []


@pytest.mark.spec("PL-101", "RS-043", "RS-046")
def test_webhooks_are_made_switched_off_and_forgotten(api, settings):
    made = api.anna.post("/webhooks", {"url": "https://93.184.216.34/hook", "types": ["ticket.*"]})
    assert made.status_code == 201 and made.json()["secret"].startswith("whsec_")
    place = made["Location"]
    assert "secret" not in api.anna.get(place).json()
    assert api.bob.get(place).status_code == 404 and api.carl.get("/webhooks").status_code == 403
    assert api.anna.patch(place, {"is_active": False}).json()["is_active"] is False
    assert api.anna.patch(place, {"is_active": True, "name": "Sync"}).json()["name"] == "Sync"
    sent = api.anna.post(f"{place}/test")
    assert sent.json()["type"] == "endpoint.tested"
    assert [d["id"] for d in api.anna.get(f"{place}/deliveries").json()["items"]] == [sent.json()["id"]]
    assert api.anna.post(f"{place}/secret").json()["secret"] != made.json()["secret"]
    assert api.anna.post("/webhooks", {"url": "https://93.184.216.34/", "types": ["nope"]}).status_code == 422
    assert api.anna.delete(place).status_code == 204
