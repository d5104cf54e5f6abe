"""Addresses, methods, keys, bodies: what is true of every request (crm.md sections 1, 2 and 6)."""

import datetime as dt

import pytest
from django.utils import timezone

from polydesk.directory.models import Credential
from polydesk.tickets.models import Event, Ticket
from polydesk.web.failpoints import armed

from .conftest import Crm, key

pytestmark = pytest.mark.django_db


@pytest.mark.spec("CR-001", "CR-010", "CR-014")
def test_every_address_answers_with_and_without_its_slash_and_to_head_and_options(crm, world):
    ticket = crm.post("/tickets", subject="One", customerID=world.acme.pk)["id"]
    for path in (
        "/tickets",
        f"/tickets/{ticket}",
        f"/customers/{world.acme.pk}/tickets",
        "/customers",
        "/presetValues",
    ):
        for address in (path, path + "/"):
            assert crm("GET", address).status_code == 200
            head = crm("HEAD", address)
            assert (head.status_code, head.content) == (200, b"")
            options = crm("OPTIONS", address)
            assert options.status_code == 204 and "GET" in options["Allow"]
    assert crm("PATCH", f"/tickets/{ticket}/", {"subject": "Two"}).json()["subject"] == "Two"
    assert crm("DELETE", f"/tickets/{ticket}/").status_code == 204


@pytest.mark.spec("CR-011", "CR-030")
def test_any_character_comes_back_as_it_was_sent(crm):
    text = "Zoë 東京 🛠 \u202e ‘quoted’ <b>&amp;\n\ttab"
    answer = crm("POST", "/tickets/", {"subject": "日本語 ✓", "ticketContent": text})
    assert answer["Content-Type"] == "application/json"
    assert answer.json()["ticketContent"] == text and answer.json()["subject"] == "日本語 ✓"
    assert "東京" in answer.content.decode()


@pytest.mark.spec("CR-013", "CR-060", "RS-148", "RS-149")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/customers/1/tickets/"),
        ("DELETE", "/tickets/"),
        ("PATCH", "/tickets/"),
        ("POST", "/presetValues/"),
        ("DELETE", "/ticketActivities/1"),
        ("PATCH", "/tickets/1/ticketActivities/"),
    ],
)
def test_a_method_that_an_address_lacks_is_told_with_those_it_has(crm, method, path):
    answer = crm(method, path, {})
    assert answer.status_code == 405 and "GET" in answer["Allow"]
    assert answer.json()["error"]


@pytest.mark.spec("CR-015", "CR-016", "CR-060")
def test_a_request_without_a_good_key_learns_and_changes_nothing(crm, world):
    ticket = crm.post("/tickets/", subject="One")["id"]
    revoked, ended = key(world.anna), key(world.anna, expires_at=timezone.now() - dt.timedelta(seconds=1))
    Credential.objects.filter(prefix=revoked[:8]).update(revoked_at=timezone.now())
    other_face = Crm("")
    bad = (
        "",
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        f"Basic {crm.key}",
        crm.key,
        f"Bearer {revoked}",
        f"Bearer {ended}",
    )
    for header in bad:
        for method, path in (("GET", "/tickets/"), ("DELETE", f"/tickets/{ticket}"), ("GET", "/nowhere")):
            answer = other_face(method, path, Authorization=header)
            assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer"), header
            assert answer.json().keys() == {"error"}
    assert Ticket.objects.filter(pk=ticket, deleted_at__isnull=True).exists()
    assert crm("GET", "/tickets/", Authorization=f"bearer {crm.key}").status_code == 200


@pytest.mark.spec("CR-017", "RC-191")
def test_changes_are_recorded_under_the_user_of_the_key(crm, bob, world):
    ticket = crm.post("/tickets/", subject="One")["id"]
    bob.patch(f"/tickets/{ticket}", status="Open")
    events = Event.objects.filter(ticket_id=ticket).order_by("number")
    assert [(e.actor_id, e.via) for e in events] == [(world.anna.pk, "crm"), (world.bob.pk, "crm")]


@pytest.mark.spec("CR-018", "RC-011", "RC-271")
def test_a_key_sees_its_own_organization_and_customers_get_nothing(crm, world):
    ticket = crm.post("/tickets/", subject="One", customerID=world.acme.pk)["id"]
    stranger = Crm(key(world.olga))
    for method in ("GET", "PATCH", "DELETE"):
        assert stranger(method, f"/tickets/{ticket}", {"subject": "Mine"}).status_code == 404
    assert stranger.get("/tickets/") == [] and stranger("GET", f"/customers/{world.acme.pk}").status_code == 404
    assert stranger.faults("POST", "/tickets/", subject="x", customerID=world.acme.pk) == {"customerID"}
    for person in (world.carl, world.rita):
        answer = Crm(key(person))("GET", "/tickets/")
        assert answer.status_code == 403 and answer.json()["error"]


@pytest.mark.spec("CR-019")
def test_a_reading_key_writes_nothing(crm, world):
    ticket = crm.post("/tickets/", subject="One")["id"]
    reader = Crm(key(world.anna, read_only=True))
    assert reader.get(f"/tickets/{ticket}")["subject"] == "One"
    for method in ("POST", "PATCH", "PUT", "DELETE"):
        assert reader(method, f"/tickets/{ticket}", {"subject": "Two"}).status_code == 403
    assert reader("POST", "/customers/", {"name": "New"}).status_code == 403
    assert reader.get(f"/tickets/{ticket}")["subject"] == "One"


@pytest.mark.spec("CR-020")
def test_no_cookie_is_set_and_no_csrf_token_asked_for(crm):
    answer = crm("POST", "/tickets/", {"subject": "One"})
    assert answer.status_code == 201 and not answer.cookies


@pytest.mark.spec("CR-012", "CR-062", "RS-146")
@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'"subject"', "application/json", 400),
        (b"", "application/json", 400),
        (b"", "", 400),
        (b'{"subject": "x", "subject": "y"}', "application/json", 400),
        (b'{"subject": NaN}', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"<ticket/>", "application/xml", 415),
        (b"subject=x", "text/plain", 415),
        (b"x" * (1024 * 1024 + 1), "application/json", 413),
        (b'{"subject": "x"}', "application/json; charset=utf-8", 201),
        (b"subject=x&unknown=1", "application/x-www-form-urlencoded", 201),
    ],
)
def test_what_is_no_body_is_refused_in_the_shape_of_this_api(crm, body, kind, status):
    answer = crm("POST", "/tickets/", body, kind=kind)
    assert answer.status_code == status, answer.content
    assert answer.json().keys() >= ({"error"} if status >= 400 else {"id"})


@pytest.mark.spec("CR-061")
@pytest.mark.parametrize(
    "path", ["/tickets/999999", "/tickets/abc", "/tickets/1.5", "/tickets/-1", "/tickets/" + "9" * 30, "/customers/0",
             "/customers/x/tickets/", "/customers/424242/tickets", "/nothing", "/tickets/1/nothing", "/",
             "/ticketActivities/77"]
)  # fmt: skip
def test_what_is_not_there_is_404(crm, path):
    answer = crm("GET", path)
    assert answer.status_code == 404 and answer.json()["error"]


@pytest.mark.spec("CR-062")
def test_an_update_without_a_body_changes_nothing(crm):
    ticket = crm.post("/tickets/", subject="One")
    assert crm("PATCH", f"/tickets/{ticket['id']}").json() == ticket
    assert crm("PATCH", f"/tickets/{ticket['id']}", b"[1]").status_code == 400


@pytest.mark.spec("CR-069", "RS-148")
def test_a_fault_of_the_server_tells_nothing(crm):
    ticket = crm.post("/tickets/", subject="One")["id"]
    with armed("edit.before_ticket:raise"):
        answer = crm("PATCH", f"/tickets/{ticket}", {"subject": "Two"})
    assert answer.status_code == 500 and answer.json().keys() == {"error"}
    assert not any(word in answer.content.decode() for word in ("Traceback", "File", "SELECT", "failpoint", "/src/"))
    assert crm.get(f"/tickets/{ticket}")["subject"] == "One"


@pytest.mark.spec("RC-203", "RS-160")
def test_a_key_that_asks_too_often_is_told_when_to_come_back(crm, settings):
    settings.POLYDESK_RATE_LIMITS = True
    answers = [crm("OPTIONS", "/tickets/") for _ in range(3)]
    assert all("RateLimit" in answer.headers or answer.status_code == 204 for answer in answers)
    answer = crm("GET", "/presetValues/")
    assert "RateLimit-Policy" in answer.headers


@pytest.mark.spec("RS-145", "RC-019")
@pytest.mark.parametrize("text", ["\\u0000", "a\\u0000b", "\\ud800"])
def test_half_characters_and_nul_are_named_with_every_other_fault(crm, text):
    body = f'{{"subject": "{text}", "status": "Sleeping", "ticketContent": "{text}"}}'
    answer = crm("POST", "/tickets/", body)
    assert answer.status_code == 400 and answer.json()["fields"].keys() == {"subject", "status", "ticketContent"}
    form = crm("POST", "/tickets/", "subject=a%00b", kind="application/x-www-form-urlencoded")
    assert form.status_code == 400 and form.json()["fields"].keys() == {"subject"}
