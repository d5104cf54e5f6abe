"""What the caller was told, by the API."""

import pytest

from polydesk.features.notifications.models import Notification, Wording
from polydesk.jobs.testing import drain
from polydesk.web.testing import count_statements

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(api, world):
    """Anna gives Bob two tickets, the second for Carl, and writes a note and a message on it."""
    api.anna.ticket(assignee=world.bob.pk)
    second = api.anna.ticket(assignee=world.bob.pk, requester=world.carl.pk, company=world.acme.pk)
    api.anna.post(f"/tickets/{second['id']}/comments", {"text": "Not for Carl", "internal": True})
    api.anna.post(f"/tickets/{second['id']}/comments", {"text": "Hello  both"})
    drain()
    return second["id"]


def whats(answer):
    assert answer.status_code == 200, answer.content
    return [item["what"] for item in answer.json()["items"]]


@pytest.mark.spec("PL-101")
def test_everybody_reads_what_he_was_told(api, world, told):
    page = api.bob.get("/notifications?count=exact").json()
    assert [item["what"] for item in page["items"]] == ["message", "note", "assignment", "assignment"]
    assert page["count"] == {"value": 4, "more": False}
    first = page["items"][0]
    assert first["ticket"]["id"] == told and first["actor"] == {"id": world.anna.pk, "name": "Anna Agent"}
    assert (first["sentence"], first["excerpt"]) == ("Anna Agent wrote a message.", "Hello both")
    assert (first["reason"], first["read_at"]) == ("assignee", None)
    assert whats(api.carl.get("/notifications")) == ["message", "opened"]
    assert whats(api.anna.get("/notifications")) == [] == whats(api.olga.get("/notifications"))
    assert api.anna.get(f"/notifications/{first['id']}").status_code == 404
    assert api.bob.get(f"/notifications/{first['id']}").json() == first


@pytest.mark.spec("PL-101", "PL-104")
def test_pages_follow_by_key_and_narrow(api, told):
    first = api.bob.get("/notifications?limit=3").json()
    second = api.bob.get(first["links"]["next"]).json()
    assert len(first["items"]) == 3 and len(second["items"]) == 1 and second["links"]["next"] is None
    assert whats(api.bob.get(f"/notifications?ticket={told}")) == ["message", "note", "assignment"]
    assert api.bob.get("/notifications?show=some").status_code == 400


def test_reading_one_some_and_all(api, world, told):
    newest = api.bob.get("/notifications").json()["items"][0]
    place = f"/notifications/{newest['id']}"
    assert api.bob.patch(place, {"read": True}).json()["read_at"] is not None
    assert whats(api.bob.get("/notifications?show=unread")) == ["note", "assignment", "assignment"]
    assert api.bob.patch(place, {"read": False}).json()["read_at"] is None
    assert api.anna.patch(place, {"read": True}).status_code == 404
    assert api.bob.post("/notifications/read", {"through": newest["id"] - 1, "ticket": told}).json() == {"count": 2}
    assert api.bob.post("/notifications/read").json() == {"count": 2}
    assert whats(api.bob.get("/notifications?show=unread")) == []
    assert Notification.objects.filter(person=world.carl, read_at=None).count() == 2


def test_choosing_what_to_be_told(api, told):
    ways = api.bob.get("/notification-choices").json()
    assert ways["note"] == {"inbox": True, "mail": False} and ways["message"] == {"inbox": True, "mail": True}
    changed = api.bob.patch("/notification-choices", {"message": {"mail": False}})
    assert changed.json() == {**ways, "message": {"inbox": True, "mail": False}}
    assert api.bob.patch("/notification-choices", {"gossip": {"mail": False}}).status_code == 400
    assert api.anna.get("/notification-choices").json() == ways


@pytest.mark.spec("RS-088")
def test_texts_are_written_by_administrators(api, world):
    text = {"subject": "News: {{ticket.title}}", "body": "{{sentence}}", "language": "de"}
    assert api.anna.call("PUT", "/notification-texts/message", text).status_code == 403
    made = api.mona.call("PUT", "/notification-texts/message", text)
    assert made.status_code == 200 and made.json() == {"version": 1, "what": "message", **text}
    assert api.mona.call("PUT", "/notification-texts/gossip", text).status_code == 404
    assert [row["subject"] for row in api.anna.get("/notification-texts").json()["items"]] == [text["subject"]]
    assert (
        api.carl.get("/notification-texts").status_code == 403
        and api.olga.get("/notification-texts").json()["items"] == []
    )
    assert api.mona.call("PUT", "/notification-texts/message", {"language": "de"}).json()["version"] == 0
    assert not Wording.objects.exists()


@pytest.mark.spec("PL-304")
def test_the_list_costs_four_statements(api, told):
    api.bob.get("/me")
    with count_statements() as ran:
        assert api.bob.get("/notifications").status_code == 200
    assert len(ran) <= 4, ran.sql
