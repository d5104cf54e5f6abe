"""A role that asks for a second factor, and every way in (RS-132); where forms lead afterwards (RS-136)."""

from __future__ import annotations

import json
from urllib.parse import urljoin, urlsplit

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from polydesk.directory import actors, founding
from polydesk.directory.models import Role
from polydesk.server import people

PASSWORD = "plain-spoken-otter"
HTML = {"Accept": "text/html"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(db):
    house = founding.found("Example", "example")
    ada = people.add(house, "ada", "Ada", password=PASSWORD, email="ada@x.example", role="agent")
    role = Role.objects.get(organization=house, key="agent")
    role.extra = {"second_factor": True}
    role.save()
    return ada


def by_session(ada) -> Client:
    client = Client(headers=HTML)
    client.force_login(ada.user)
    return client


@pytest.mark.spec("RS-132")
@pytest.mark.parametrize("path", ["/", "/?view=all", "/t/1", "/admin", "/portal/", "/tickets/", "/profile", "/reports"])
def test_without_one_every_page_leads_to_setting_it_up(ada, path):
    answer = by_session(ada).get(path)
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/2fa/")


@pytest.mark.spec("RS-132")
def test_programs_with_the_session_are_refused_too(ada):
    client = by_session(ada)
    for method, path in (("get", "/api/v1/me"), ("post", "/api/v1/tickets"), ("post", "/new"), ("get", "/api/v2/")):
        answer = getattr(client, method)(path, headers={"Accept": "application/json"})
        assert answer.status_code == 403, path
    fragment = client.get("/", headers={"HX-Request": "true"})
    assert fragment["HX-Redirect"] == "/accounts/2fa/"


@pytest.mark.spec("RS-132")
def test_password_doors_of_the_faces_stay_shut(ada):
    body = {
        "auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "ada", "password": PASSWORD}}}}
    }
    token = Client().post("/identity/v3/auth/tokens", json.dumps(body), content_type="application/json")
    assert token.status_code == 401
    form = Client().post("/api/v2/auth/login/", {"username": "ada", "password": PASSWORD})
    assert form.status_code == 403 and "session" not in form.cookies


@pytest.mark.spec("RS-132")
def test_with_one_the_pages_open_and_a_role_without_demand_asks_nothing(ada):
    TOTP.activate(ada.user, generate_totp_secret())
    assert by_session(ada).get("/").status_code == 200
    bob = people.add(ada.organization, "bob", "Bob", password=PASSWORD, email="bob@x.example", role="manager")
    assert by_session(bob).get("/").status_code == 200


@pytest.mark.spec("RS-132")
def test_a_new_password_does_not_lead_past_it(ada, mailoutbox):
    TOTP.activate(ada.user, generate_totp_secret())
    client = Client(headers=HTML)
    client.post("/accounts/password/reset/", {"email": "ada@x.example"})
    link = next(word for word in mailoutbox[0].body.split() if "/reset/key/" in word)
    form = client.get("/" + link.split("/", 3)[3], follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": "another-spoken-otter", "password2": "another-spoken-otter"})
    assert client.get("/")["Location"].startswith("/accounts/login/")
    first = client.post("/accounts/login/", {"login": "ada", "password": "another-spoken-otter"})
    assert first["Location"].startswith("/accounts/2fa/authenticate/")
    assert client.get("/")["Location"].startswith("/accounts/login/")


@pytest.mark.spec("RS-132")
def test_a_key_is_no_way_round_for_who_is_not_signed_in(ada):
    assert actors.by_secret("native", PASSWORD) is None
    basic = Client().get("/api/v1/me", headers={"Authorization": "Basic YWRhOnBsYWluLXNwb2tlbi1vdHRlcg=="})
    assert basic.status_code == 401


AWAY = (
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "\\\\evil.example",
    "http:evil.example",
    "javascript:alert(1)",
    "https:///evil.example",
    " //evil.example",
    "/\t/evil.example",
    "%2f%2fevil.example",
)


@pytest.mark.spec("RS-136")
@pytest.mark.parametrize("where", AWAY)
def test_redirects_stay_here(db, where):
    house = founding.found("Example", "example")
    bob = people.add(house, "bob", "Bob", password=PASSWORD, email="bob@x.example", role="manager")
    client = Client()
    answers = [client.post(f"/accounts/login/?next={where}", {"login": "bob", "password": PASSWORD, "next": where})]
    client.force_login(bob.user)
    answers += [
        client.post("/set", {"theme": "dark", "next": where}),
        client.post("/bulk", {"do": "edit", "next": where}),
        client.post("/bulk/macro", {"next": where}),
        client.post("/undo/999999", {"next": where}),
        client.post("/accounts/logout/", {"next": where}),
    ]
    for answer in answers:
        assert answer.status_code in (302, 404)
        target = urljoin("http://here.example/accounts/login/", answer.get("Location", "/").replace("\\", "/"))
        assert urlsplit(target)[:2] == ("http", "here.example"), (answer.request["PATH_INFO"], target)
