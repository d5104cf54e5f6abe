"""Addresses, discovery, credentials, limits and the shape of failures (sections 1, 2, 3, 12)."""

import json

import pytest
from django.test import Client

from polydesk.faces.autotask import demo

from .conftest import Api


@pytest.mark.spec("AT-001", "AT-002", "AT-011")
def test_addresses_match_in_any_case_with_doubled_and_trailing_slashes(api, make):
    number = make()
    for path in (
        f"/ATServicesRest/V1.0/tickets/{number}",
        f"/atservicesrest/v1.0//Tickets/{number}/",
        f"/atservicesrest/1.0/TICKETS/{number}",
        f"/AtServicesRest/v1.0/Tickets//{number}//",
    ):
        assert api.get(path)["item"]["id"] == number
    assert api.patch("/ATSERVICESREST/V1.0/Tickets/", {"ID": number, "TITLE": "Renamed"}) == {"itemId": number}
    found = api.post(
        "/atservicesrest/v1.0/TICKETS/QUERY", {"Filter": [{"OP": "EQ", "Field": "TITLE", "Value": "RENAMED"}]}
    )
    assert [i["id"] for i in found["items"]] == [number]


@pytest.mark.spec("AT-003", "AT-004", "AT-005", "AT-006")
def test_discovery_needs_no_credentials(api):
    client = Client()
    found = client.get(
        f"/atservicesrest/v1.0/zoneInformation?user={demo.API_USER}", headers={"host": "desk.example:81"}
    )
    assert found.json() == {
        "zoneName": "Polydesk",
        "url": "http://desk.example:81/atservicesrest/",
        "webUrl": "http://desk.example:81/",
        "ci": 1,
        "dataBaseType": "Production",
        "ciLevel": 1,
    }
    for query in ("?user=nobody@example.com", ""):
        answer = client.get(f"/atservicesrest/v1.0/zoneInformation{query}")
        assert answer.status_code == 500
        assert answer.json() == {"errors": ["Zone information could not be determined"]}
    assert client.get("/ATServicesRest/VersionInformation").json() == {"apiVersions": ["v1.0"]}
    for word in ("v1.0", "1.0", "V1.0"):
        assert client.get(f"/atservicesrest/{word}/zoneInformation?user={demo.API_USER}").status_code == 200


@pytest.mark.spec("AT-007", "AT-008", "AT-009", "AT-010", "AT-127")
def test_version_threshold_and_modules(api):
    assert {"majorVersion", "minorVersion", "build", "customerType"} <= set(api.get("Version"))
    assert set(api.get("ThresholdInformation")) == {
        "externalRequestThreshold",
        "requestThresholdTimeframe",
        "currentTimeframeRequestCount",
    }
    assert {"key": 1, "value": True} in api.get("Modules")["modules"]
    answer = Client().get("/atservicesrest/v1.0/Version", headers=api.headers)
    assert answer["Content-Type"] == "application/json; charset=utf-8"


@pytest.mark.spec("AT-020", "AT-021", "AT-022")
def test_each_wrong_or_missing_header_is_401_alike(api, house):
    bodies = set()
    for name in api.headers:
        for value in (None, "", "wrong"):
            headers = {k: v for k, v in api.headers.items() if k != name} | ({} if value is None else {name: value})
            answer = Client().post("/atservicesrest/v1.0/Companies/query", "{}", "application/json", headers=headers)
            assert answer.status_code == 401
            bodies.add(answer.content)
    assert len(bodies) == 1
    assert api.get("Version", headers={"USERNAME": api.headers["UserName"].upper()})
    person = demo.api_user(house.house, demo.API_USER)
    person.is_active = False
    person.save()
    api.get("Version", status=401)


@pytest.mark.spec("AT-040", "AT-042", "AT-043", "AT-045", "AT-082", "AT-106", "AT-476")
def test_unknown_addresses_methods_and_broken_bodies_fail_in_the_dialect(api, make):
    number = make()
    for method, path, status in (
        ("get", "Nothing/query", 404),
        ("get", "Nothing", 404),
        ("get", "Expenses/1", 404),
        ("delete", f"Tickets/{number}", 405),
        ("get", "Tickets", 405),
        ("post", "TicketNotes", 405),
        ("get", "Tickets/abc", 404),
        ("put", "Tickets/query", 405),
    ):
        api.call(method, path, {} if method in ("post", "put") else None, status=status)
    for body in ("{", "[1]", '"text"', "", "nul", '{"a": NaN}', "\ud800".encode("utf-8", "surrogatepass")):
        api.call("post", "Tickets", body, status=500, raw=True)
    assert "No matching records found" in api.delete(f"Tickets/{number}/ChecklistItems/1", status=500)[0]
    api.patch("Tickets", {"id": 10**9, "title": "x"}, status=500)
    api.fails("patch", "Tickets", {"title": "x"}, "id")
    api.post("Tickets/999999/Notes", {"description": "x", "noteType": 1, "publish": 1}, status=500)


@pytest.mark.spec("AT-009")
def test_the_body_is_json_whatever_its_media_type_says(api, make):
    number = make()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/json"):
        body = json.dumps({"id": number, "title": kind})
        answer = Client().patch("/atservicesrest/v1.0/Tickets", body, kind, headers=api.headers)
        assert answer.json() == {"itemId": number}


@pytest.mark.spec("AT-023", "AT-024", "AT-044")
def test_the_security_level_decides_what_is_seen_and_written(house, api, make):
    from polydesk.directory.models import Person

    tess = Person.objects.get(name="Tess Technician")
    mine = make(assignedResourceID=tess.pk, assignedResourceRoleID=api.find("Roles", "name", "Technician"))
    other = make()
    user = demo.api_user(house.house, demo.API_USER)

    def level(**tickets):
        return Api(demo.issue(user, security_level={"tickets": tickets}))

    for view in ("none", "mine_companies"):
        hidden = level(view=view)
        assert hidden.item("Tickets", mine) is None
        assert hidden.ids("Tickets") == []
        assert hidden.post("Tickets/query/count", {"filter": []}) == {"queryCount": 0}
        hidden.patch("Tickets", {"id": mine, "title": "x"}, status=500)
    own = Api(demo.issue(tess, security_level={"tickets": {"view": "mine"}}))
    assert own.ids("Tickets") == [mine] and own.item("Tickets", other) is None
    assert "adequate permissions" in level(add=False).post("Tickets", {"title": "x"}, status=403)[0]
    assert "adequate permissions" in level(edit=False).patch("Tickets", {"id": mine, "title": "x"}, status=403)[0]


@pytest.mark.spec("AT-025", "AT-026", "AT-027")
def test_an_impersonated_resource_is_the_author(api, house, make, limited):
    from polydesk.directory.models import Person

    tess, ina = (Person.objects.get(name=n).pk for n in ("Tess Technician", "Ina Inactive"))
    as_tess = {"ImpersonationResourceId": str(tess)}
    user = demo.api_user(house.house, demo.API_USER).pk
    item = api.item("Tickets", make())
    assert (item["creatorResourceID"], item["impersonatorCreatorResourceID"]) == (user, None)
    body = {k: item[k] for k in ("companyID", "title", "status", "priority", "ticketCategory")}
    number = api.post("Tickets", body, headers=as_tess)["itemId"]
    item = api.item("Tickets", number)
    assert (item["creatorResourceID"], item["impersonatorCreatorResourceID"]) == (tess, user)
    note = api.post(f"Tickets/{number}/Notes", {"description": "x", "noteType": 1, "publish": 1}, headers=as_tess)[
        "itemId"
    ]
    api.patch(f"Tickets/{number}/Notes", {"id": note, "description": "y"}, headers=as_tess)
    found = api.item("TicketNotes", note)
    assert found["creatorResourceID"] == tess
    assert found["impersonatorCreatorResourceID"] == found["impersonatorUpdaterResourceID"] == user
    for wrong in (str(ina), "999999", "abc"):
        before = api.post("Tickets/query/count", {"filter": []})
        api.post("Tickets", body, headers={"ImpersonationResourceId": wrong}, status=403)
        assert api.post("Tickets/query/count", {"filter": []}) == before
    limited.post("Tickets", body, headers=as_tess, status=403)
    assert api.get('Tickets/query?search={"filter":[]}', headers={"ImpersonationResourceId": "999999"})["items"]


@pytest.mark.spec("RC-271", "AT-044")
def test_another_organization_is_not_seen(world, api, make):
    stranger = Api(demo.issue(world.olga))
    number = make()
    assert stranger.item("Tickets", number) is None
    assert stranger.ids("Tickets") == []
    stranger.patch("Tickets", {"id": number, "title": "x"}, status=500)
    company = api.find("Companies", "companyName", "Conformance Child")
    assert stranger.item("Companies", company) is None
    stranger.fails("post", "Tickets", {"companyID": company, "title": "x", "status": 1, "priority": 1}, "companyID")


@pytest.mark.spec("RC-012")
def test_a_refusal_is_no_server_error_in_the_log(api, caplog, monkeypatch):
    caplog.set_level("INFO")
    api.post("Tickets", {"title": "No company"}, status=500)
    api.post("Tickets/query", {}, status=500)
    api.call("post", "Tickets", "{", status=500, raw=True)
    assert [r for r in caplog.records if r.levelname in ("WARNING", "ERROR") or "Server Error" in r.getMessage()] == []
    requests = [r.msg for r in caplog.records if r.name == "polydesk.request"]
    assert [(line["status"], line["refused"]) for line in requests] == [(500, True)] * 3

    monkeypatch.setattr("polydesk.faces.autotask.limits.count", lambda actor: 1 / 0)
    api.client.raise_request_exception = False
    answer = api.client.get("/atservicesrest/v1.0/Tickets/1", headers=api.headers)
    assert (answer.status_code, list(answer.json())) == (500, ["errors"])
    [fault] = [r for r in caplog.records if r.levelname == "ERROR"]
    assert fault.name == "django.request" and fault.exc_info
    assert "refused" not in [r.msg for r in caplog.records if r.name == "polydesk.request"][-1]
