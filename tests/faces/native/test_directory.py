"""The directory through the API: rows with versions, who may write them, keys, people."""

import pytest

from polydesk.directory.models import Credential, Membership, TeamMember
from polydesk.faces.native import rows
from polydesk.web import tokens

from .client import Api

pytestmark = pytest.mark.django_db


@pytest.mark.spec("PL-101", "RS-030", "RS-031", "RC-350")
def test_a_row_is_made_read_changed_and_sent_back(api, world):
    made = api.anna.post("/companies", {"name": "Gamma", "number": "G-1", "parent": world.acme.pk})
    assert (made.status_code, made["ETag"], made.json()["parent"]["name"]) == (201, '"1"', "Acme")
    place = made["Location"]
    assert api.anna.patch(place, made.json())["ETag"] == '"1"'
    assert api.anna.patch(place, {"city": "Riga"}, If_Match='"1"')["ETag"] == '"2"'
    stale = api.anna.patch(place, {"city": "Oslo"}, If_Match='"1"')
    assert (stale.status_code, stale.json()["current_version"]) == (412, 2)
    assert api.anna.patch(place, {"version": 9}).status_code == 400
    assert api.anna.patch(place, {"extra": {}}).status_code == 400
    assert api.anna.get(place, If_None_Match='"2"').status_code == 304
    assert [c["name"] for c in api.anna.get("/companies?name=gam&count=exact").json()["items"]] == ["Gamma"]


@pytest.mark.spec("RS-137")
@pytest.mark.parametrize(
    "body, status",
    [
        ({}, 422),
        ({"name": ""}, 422),
        ({"name": "x", "email": "nobody"}, 422),
        ({"name": "x" * 256}, 422),
        ({"name": "x\u0000"}, 422),
        ({"name": "x", "owner": 987654321}, 422),
        ({"name": "x", "organization": 2}, 400),
    ],
)
def test_bad_rows_are_refused_by_field(api, body, status):
    answer = api.anna.post("/companies", body)
    assert answer.status_code == status and answer.json()["errors"], answer.content


@pytest.mark.spec("RC-284")
def test_a_tree_stays_a_tree(api, world):
    answer = api.anna.patch(f"/companies/{world.acme.pk}", {"parent": world.acme.pk})
    assert (answer.status_code, answer.json()["errors"][0]["rule"]) == (422, "circle")


@pytest.mark.spec("RS-138", "PL-251")
@pytest.mark.parametrize("resource", rows.RESOURCES, ids=lambda r: r.key)
def test_who_reads_and_writes_which_rows(api, resource):
    assert api.anna.get(f"/{resource.key}").status_code == 200
    assert api.carl.get(f"/{resource.key}").status_code == (200 if resource.customers else 403)
    if resource.writers == "nobody":
        assert api.mona.post(f"/{resource.key}", {}).status_code == 405
        return
    body = {"name": "x", "key": "x", "phase": "open", "level": 3}
    sent = {n: v for n, v in body.items() if n in resource.columns.split()}
    assert api.carl.post(f"/{resource.key}", sent).status_code in (403, 422)
    if resource.writers == "admin":
        assert api.anna.post(f"/{resource.key}", sent).status_code in (403, 422)
    assert api.mona.post(f"/{resource.key}", sent).status_code in (201, 422)


@pytest.mark.spec("RS-115", "PL-251")
def test_a_customer_sees_himself_and_his_company_alone(api, world):
    assert [c["name"] for c in api.carl.get("/companies").json()["items"]] == ["Acme"]
    assert [c["name"] for c in api.carl.get("/contacts").json()["items"]] == ["Carl Customer"]
    assert api.carl.get(f"/companies/{world.beta.pk}").status_code == 404
    assert api.carl.get("/users").status_code == 403


@pytest.mark.spec("RS-130", "PL-014")
def test_keys_are_shown_once_listed_and_revoked(api, world):
    made = api.anna.post("/tokens", {"name": "sync", "scopes": ["tickets:read"]})
    assert made.status_code == 201 and made.json()["secret"].startswith("pd_")
    assert Credential.objects.get(pk=made.json()["id"]).digest == tokens.digest(made.json()["secret"])
    other = Api(made.json()["secret"])
    assert other.get("/tickets").status_code == 200
    listed = api.anna.get("/tokens")
    assert made.json()["secret"] not in listed.content.decode() and "digest" not in listed.content.decode()
    assert api.bob.get(made["Location"]).status_code == 404
    assert api.bob.get("/tokens?all=true").status_code == 403
    assert len(api.mona.get("/tokens?all=true").json()["items"]) >= 2
    assert api.anna.delete(made["Location"]).status_code == 204
    assert other.get("/tickets").status_code == 401


@pytest.mark.spec("RS-138", "RS-130")
def test_a_key_never_reaches_further_than_its_maker(api, world):
    assert api.anna.post("/tokens", {"person": world.mona.pk}).status_code == 403
    assert api.mona.post("/tokens", {"person": world.carl.pk}).status_code == 201
    assert api.mona.post("/tokens", {"person": world.olga.pk}).status_code == 422
    narrow = Api(api.anna.post("/tokens", {"scopes": ["tokens", "tickets:read"]}).json()["secret"])
    assert narrow.post("/tokens", {}).status_code == 403
    assert narrow.post("/tokens", {"scopes": ["write"]}).status_code == 403
    assert narrow.post("/tokens", {"scopes": ["tickets:read"]}).status_code == 201
    assert api.anna.post("/tokens", {"scopes": ["nonsense"]}).status_code == 422
    assert api.anna.post("/tokens", {"expires_at": "2001-01-01T00:00:00Z"}).status_code == 422


@pytest.mark.spec("RS-138", "RS-118")
def test_standing_and_teams_are_for_administrators_and_never_ones_own(api, world):
    place = f"/users/{world.bob.pk}/standing"
    assert api.anna.get(place).status_code == 403
    changed = api.mona.call("PUT", place, {"role_key": "manager", "is_admin": True})
    assert changed.json()["role_key"] == "manager" and Membership.objects.get(person=world.bob).is_admin
    assert api.mona.call("PUT", f"/users/{world.mona.pk}/standing", {"role_key": "agent"}).status_code == 403
    members = f"/teams/{world.support.pk}/members"
    assert api.anna.post(members, {"id": world.bob.pk}).status_code == 403
    assert api.mona.post(members, {"id": world.mona.pk}).status_code == 403
    assert api.mona.post(members, {"id": world.bob.pk}).status_code == 201
    assert {m["id"] for m in api.anna.get(members).json()["items"]} == {world.anna.pk, world.bob.pk}
    assert api.mona.delete(f"{members}/{world.bob.pk}").status_code == 204
    assert not TeamMember.objects.filter(person=world.bob).exists()


@pytest.mark.spec("PL-101")
def test_me_words_and_search(api, world):
    me = api.anna.get("/me").json()
    assert (me["login"], me["side"], me["teams"][0]["name"]) == ("anna", "staff", "Support")
    assert len(api.anna.get("/kinds").json()["items"]) == 8
    assert len(api.anna.get("/statuses").json()["items"]) == 25
    assert [p["level"] for p in api.anna.get("/priorities").json()["items"]] == [1, 2, 3, 4, 5, 6]
    made = api.anna.ticket(title="Zebra printer")
    hits = api.anna.get("/search?q=zebra").json()["items"]
    assert [(h["type"], h["id"]) for h in hits] == [("ticket", made["id"])]
    assert ("company", world.acme.pk) in [(h["type"], h["id"]) for h in api.anna.get("/search?q=acm").json()["items"]]
    assert api.carl.get("/search?q=acm").json()["items"] == []
