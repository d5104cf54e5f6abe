"""What stands on a ticket: entries, files, time, ratings, relations, lists of people, checklists, approvals."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from polydesk.directory.models import Asset
from polydesk.tickets.models import Attachment, Event, Tag

from .client import PREFIX

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


def upload(api, path, *sent):
    files = {f"file{n}": SimpleUploadedFile(name, content) for n, (name, content) in enumerate(sent)}
    return api.client.post(PREFIX + path, files, headers={"Authorization": f"Bearer {api.secret}"})


@pytest.mark.spec("PL-101", "RC-100", "RC-290", "RS-030", "RS-031")
def test_an_entry_is_written_changed_and_removed(api):
    where = f"/tickets/{api.anna.ticket()['id']}"
    made = api.anna.post(f"{where}/comments", {"text": "**hello**", "ticket": {"status": "waiting_customer"}})
    assert made.status_code == 201 and api.anna.get(made["Location"]).json() == made.json()
    assert api.anna.get(where).json()["status"] == "waiting_customer"
    place = made["Location"]
    changed = api.anna.patch(place, {"text": "bye"}, If_Match=made["ETag"])
    assert (changed.json()["text"], changed["ETag"]) == ("bye", '"2"')
    assert api.anna.patch(place, {"text": "late"}, If_Match=made["ETag"]).status_code == 412
    assert api.anna.patch(place, {"type": "task"}).status_code == 400
    reply = api.anna.post(f"{where}/comments", {"text": "yes", "reply_to": made.json()["id"]})
    assert reply.json()["reply_to"] == made.json()["id"]
    assert api.bob.delete(place).status_code == 403
    assert api.mona.delete(place).status_code == 204
    assert [c["type"] for c in api.anna.get(f"{where}/comments").json()["items"]] == ["opening"]


@pytest.mark.spec("PL-101", "RC-178")
def test_a_solution_solves(api):
    where = f"/tickets/{api.anna.ticket()['id']}"
    api.anna.post(f"{where}/comments", {"text": "Cable replaced", "type": "solution"})
    ticket = api.anna.get(where).json()
    assert (ticket["status"], ticket["resolution"]) == ("solved", "Cable replaced")
    assert ticket["closes_at"] is None


@pytest.mark.spec("RS-100", "RS-101", "RS-102", "PL-032")
def test_files_come_and_go_through_their_ticket(api, world):
    made = api.anna.ticket(requester=world.carl.pk, company=world.acme.pk)
    where = f"/tickets/{made['id']}"
    sent = upload(
        api.anna, f"{where}/attachments", ("../../e\u202evil.png", PNG), ("page.html", b"<script>alert(1)</script>")
    )
    assert sent.status_code == 201, sent.content
    image, page = sent.json()["items"]
    assert (image["name"], image["content_type"]) == ("evil.png", "image/png")
    for file, shown in ((image, "inline"), (page, "attachment")):
        answer = api.carl.get(file["download"])
        assert answer.status_code == 200 and answer["Content-Disposition"].startswith(shown)
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    for stranger, status in ((api.nobody, 401), (api.olga, 404), (api.rita, 404)):
        assert stranger.get(image["download"]).status_code == status
    raw = api.anna.client.generic(
        "POST",
        f"{PREFIX}{where}/attachments?name=log.txt&internal=true",
        b"line",
        content_type="text/plain",
        headers={"Authorization": f"Bearer {api.anna.secret}"},
    )
    [log] = raw.json()["items"]
    assert (log["name"], log["content_type"], log["internal"]) == ("log.txt", "text/plain", True)
    assert api.carl.get(log["download"]).status_code == 404
    assert len(api.carl.get(f"{where}/attachments").json()["items"]) == 2
    assert api.anna.delete(f"/attachments/{page['id']}").status_code == 204
    assert api.anna.get(page["download"]).status_code == 404
    assert upload(api.anna, f"{where}/attachments").status_code == 422
    many = [(f"{n}.txt", b"x") for n in range(11)]
    assert upload(api.anna, f"{where}/attachments", *many).status_code == 413


@pytest.mark.spec("RS-103")
def test_a_file_over_the_limit_is_not_kept(api, settings):
    settings.POLYDESK_MAX_FILE_MB = 1
    where = f"/tickets/{api.anna.ticket()['id']}"
    assert upload(api.anna, f"{where}/attachments", ("big", b"x" * (1024 * 1024 + 1))).status_code == 413
    assert not Attachment.objects.exists()


@pytest.mark.spec("PL-101", "RC-095")
def test_an_upload_waits_for_its_entry(api):
    where = f"/tickets/{api.anna.ticket()['id']}"
    [waiting] = upload(api.anna, "/uploads", ("a.txt", b"a")).json()["items"]
    assert api.bob.get(waiting["download"]).status_code == 404
    entry = api.anna.post(f"{where}/comments", {"text": "see file", "attachments": [waiting["id"]]})
    assert [f["name"] for f in entry.json()["attachments"]] == ["a.txt"]
    assert api.anna.post(f"{where}/comments", {"text": "again", "attachments": [waiting["id"]]}).status_code == 422
    link = api.anna.post(f"{where}/links", {"url": "https://example.com/x", "title": "x"})
    assert (link.status_code, link.json()["type"]) == (201, "url")


@pytest.mark.spec("PL-101", "RC-107", "RC-292")
def test_time_is_booked_changed_and_removed(api):
    where = f"/tickets/{api.anna.ticket()['id']}"
    made = api.anna.post(f"{where}/time", {"seconds": 600, "summary": "looked"})
    assert made.status_code == 201 and made.json()["person"]["name"] == "Anna Agent"
    assert api.anna.get(where).json()["time_spent"] == 600
    assert api.anna.patch(made["Location"], {"seconds": 60}).json()["seconds"] == 60
    assert [t["seconds"] for t in api.anna.get(f"{where}/time").json()["items"]] == [60]
    assert api.anna.delete(made["Location"]).status_code == 204
    assert api.anna.get(where).json()["time_spent"] == 0


@pytest.mark.spec("PL-101", "RC-091", "RC-186", "RC-304")
def test_close_with_a_rating_reopen_and_rate_again(api, world):
    made = api.anna.ticket(requester=world.carl.pk, company=world.acme.pk)
    where = f"/tickets/{made['id']}"
    assert api.carl.get(f"{where}/closure").status_code == 404
    closed = api.carl.post(f"{where}/closure", {"rating": {"scale": "five_points", "score": 4}})
    assert (closed.status_code, closed.json()["status"]) == (201, "closed")
    assert api.anna.get(f"{where}/closure").json()["closed_by"]["name"] == "Carl Customer"
    assert api.carl.delete(f"{where}/closure").status_code == 204
    assert api.carl.delete(f"{where}/closure").status_code == 409
    assert api.carl.post(f"{where}/ratings", {"scale": "ten_points", "score": 11}).status_code == 422
    assert api.carl.post(f"{where}/ratings", {"scale": "ten_points", "score": 9}).status_code == 201
    assert [r["score"] for r in api.anna.get(f"{where}/ratings").json()["items"]] == [4, 9]
    rating = api.anna.get(where).json()["rating"]
    assert (rating["score"], rating["previous"]["score"]) == (9, 4)
    message = api.anna.post(f"{where}/comments", {"text": "thank you"}).json()
    assert api.carl.post(f"/comments/{message['id']}/ratings", {"scale": "plus_minus", "score": 1}).status_code == 201


@pytest.mark.spec("PL-101", "RC-056")
def test_relations_are_said_from_both_sides(api):
    a, b = api.anna.ticket(), api.anna.ticket()
    made = api.anna.post(f"/tickets/{a['id']}/relations", {"ticket": b["id"], "type": "blocks"})
    assert made.json()["type"] == "blocks"
    [other] = api.anna.get(f"/tickets/{b['id']}/relations").json()["items"]
    assert (other["type"], other["ticket"]) == ("blocked_by", {"id": a["id"], "name": a["title"]})
    assert api.anna.post(f"/tickets/{b['id']}/relations", {"ticket": a["id"]}).status_code == 409
    assert api.anna.delete(f"/tickets/{b['id']}/relations/{made.json()['id']}").status_code == 204
    assert api.anna.get(f"/tickets/{a['id']}/relations").json()["items"] == []


@pytest.mark.spec("PL-101", "RC-046", "RC-047", "RC-049", "RC-058")
def test_people_teams_tags_and_things_come_and_go_one_by_one(api, world):
    where = f"/tickets/{api.anna.ticket()['id']}"
    asset = Asset.objects.create(organization=world.house, name="Printer 7", type="device")
    for part, number in (
        ("assignees", world.bob.pk),
        ("teams", world.support.pk),
        ("watchers", world.mona.pk),
        ("suppliers", world.beta.pk),
    ):
        for _ in range(2):
            added = api.anna.post(f"{where}/{part}", {"id": number})
            assert added.status_code == 200 and [i["id"] for i in added.json()] == [number], added.content
        assert api.anna.delete(f"{where}/{part}/{number}").status_code == 204
        assert api.anna.delete(f"{where}/{part}/{number}").status_code == 404
        assert api.anna.get(f"{where}/{part}").json() == []
    assert api.anna.post(f"{where}/tags", {"name": "vip"}).json()[0]["name"] == "vip"
    assert api.anna.post(f"{where}/tags", {"name": "vip"}).json()[0]["id"] == Tag.objects.get().pk
    assert api.anna.post(f"{where}/items", {"kind": "device", "id": asset.pk}).json() == [
        {"kind": "device", "id": asset.pk, "name": "Printer 7"}
    ]
    assert api.anna.delete(f"{where}/items/device/{asset.pk}").status_code == 204
    assert api.carl.get(f"{where}/watchers").status_code in (403, 404)


@pytest.mark.spec("PL-101", "PL-029", "RC-312", "RC-315")
def test_split_and_undo(api):
    made = api.anna.ticket()
    where = f"/tickets/{made['id']}"
    entry = api.anna.post(f"{where}/comments", {"text": "And my phone is broken"}).json()
    split = api.anna.post(f"{where}/split", {"comments": [entry["id"]], "title": "Phone"})
    assert split.status_code == 201 and split.json()["split_from"]["id"] == made["id"]
    assert split.json()["description"] == "And my phone is broken"
    api.anna.patch(where, {"priority": "high"})
    undone = api.anna.post(f"{where}/undo", {})
    assert undone.status_code == 200 and undone.json()["event"]["verb"] == "undo"
    assert api.anna.get(where).json()["priority"] == "normal"
    first = Event.objects.filter(ticket_id=made["id"]).order_by("number").first()
    assert api.anna.post(f"{where}/undo", {"event": first.pk}).status_code == 409


@pytest.mark.spec("PL-101")
def test_checklists_approvals_and_saved_queries(api, world):
    made = api.anna.ticket(kind="change")
    where = f"/tickets/{made['id']}"
    item = api.anna.post(f"{where}/checklist", {"name": "Tell everybody"})
    assert item.status_code == 201
    assert api.anna.patch(f"/checklist/{item.json()['id']}", {"done": True}).json()["done_by"]["name"] == "Anna Agent"
    assert api.anna.delete(f"/checklist/{item.json()['id']}").status_code == 204
    asked = api.anna.post(f"{where}/approvals", {"person": world.bob.pk})
    assert asked.status_code == 201
    place = f"/approvals/{asked.json()['id']}"
    assert api.anna.call("PUT", f"{place}/vote", {"approved": True}).status_code == 403
    assert api.bob.call("PUT", f"{place}/vote", {"approved": True}).json()["approved"] is True
    assert api.anna.delete(place).status_code == 204
    view = api.anna.post("/views", {"name": "Mine", "query": "is:open assignee:me"})
    assert view.status_code == 201 and api.bob.get(view["Location"]).status_code == 404
    assert api.anna.post("/views", {"name": "Bad", "query": "status:"}).status_code == 422
    assert api.anna.post("/views", {"name": "All", "for_everybody": True}).status_code == 403
    assert api.anna.patch(view["Location"], {"name": "My own"}, If_Match='"1"')["ETag"] == '"2"'
    assert api.anna.delete(view["Location"]).status_code == 204
