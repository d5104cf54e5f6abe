"""What every request passes: caller, scope, limits, shapes of errors, bodies, idempotency, ETags."""

import contextlib
import datetime as dt
import gzip
import json
import sqlite3

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from polydesk.directory import actors
from polydesk.directory.models import Credential
from polydesk.tickets.models import Event, Ticket
from polydesk.web import limits
from polydesk.web.problems import KINDS
from tests import worlds

from .client import Api, token

pytestmark = pytest.mark.django_db


def problem(answer, status, kind):
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert set(body) >= {"type", "title", "status", "detail", "instance", "request_id"}
    assert (body["type"], body["status"]) == (f"/problems/{kind}", status)
    return body


@pytest.mark.spec("PL-102", "RS-147", "RS-148")
@pytest.mark.parametrize(
    "header",
    [None, "Bearer", "Bearer nonsense", "Basic YTpi", "pd_x", "Bearer \udcff".encode("utf-8", "replace").decode()],
)
def test_without_a_good_key_nobody_comes_in(api, header):
    answer = api.nobody.get("/tickets", **({} if header is None else {"Authorization": header}))
    problem(answer, 401, "unauthenticated")
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.spec("PL-102", "RS-130")
def test_a_key_ends_when_it_expires_or_is_revoked(api, world):
    soon = token(world.anna, expires_at=timezone.now() + dt.timedelta(hours=1))
    past = token(world.anna, expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert Api(soon).get("/me").status_code == 200
    problem(Api(past).get("/me"), 401, "unauthenticated")
    Credential.objects.filter(digest__isnull=False).update(revoked_at=timezone.now())
    problem(Api(soon).get("/me"), 401, "unauthenticated")


@pytest.mark.spec("PL-102")
@pytest.mark.parametrize(
    "scopes, reads, writes, reads_companies",
    [
        ([], 200, 201, 200),
        (["read"], 200, 403, 200),
        (["write"], 200, 201, 200),
        (["tickets:read"], 200, 403, 403),
        (["tickets"], 200, 201, 403),
        (["companies"], 403, 403, 200),
    ],
)
def test_a_key_reaches_as_far_as_its_scopes(api, world, scopes, reads, writes, reads_companies):
    mine = Api(token(world.anna, scopes=scopes))
    assert mine.get("/tickets").status_code == reads
    assert mine.get("/events").status_code == reads
    assert mine.post("/tickets", {"title": "x", "description": "y"}).status_code == writes
    assert mine.get("/companies").status_code == reads_companies
    assert mine.get("/me").status_code == 200


@pytest.mark.spec("PL-102")
def test_administration_needs_the_right_and_the_scope(api, world):
    body = {"name": "Second line"}
    problem(api.anna.post("/teams", body), 403, "forbidden")
    problem(Api(token(world.mona, scopes=["write"])).post("/teams", body), 403, "forbidden")
    assert Api(token(world.mona, scopes=["admin"])).post("/teams", body).status_code == 201
    problem(Api(token(world.mona, read_only=True)).post("/teams", body), 403, "forbidden")


@pytest.mark.spec("PL-102", "RS-135")
def test_a_browser_session_works_and_writes_only_with_its_csrf_token(api, world):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(world.anna.user, "django.contrib.auth.backends.ModelBackend")
    assert browser.get("/api/v1/me").json()["login"] == "anna"
    body = json.dumps({"title": "x", "description": ""})
    problem(browser.post("/api/v1/tickets", body, content_type="application/json"), 403, "forbidden")
    from django.conf import settings
    from django.middleware.csrf import _get_new_csrf_string

    browser.cookies[settings.CSRF_COOKIE_NAME] = secret = _get_new_csrf_string()
    answer = browser.post("/api/v1/tickets", body, content_type="application/json", headers={"X-CSRFToken": secret})
    assert answer.status_code == 201, answer.content
    api.anna.client.cookies.clear()
    assert api.anna.post("/tickets", {"title": "x", "description": ""}).status_code == 201


@pytest.mark.spec("RS-149", "RS-148")
def test_methods_types_and_forms_that_do_not_fit(api):
    answer = api.anna.call("PUT", "/tickets", {})
    problem(answer, 405, "method")
    assert answer["Allow"] == "GET, POST, HEAD, OPTIONS"
    assert api.nobody.call("OPTIONS", "/tickets")["Allow"] == answer["Allow"]
    problem(api.anna.get("/nothing/here"), 404, "not-found")
    problem(api.anna.get("/tickets", Accept="text/html"), 406, "not-acceptable")
    assert api.anna.get("/tickets", Accept="text/html, application/*;q=0.5").status_code == 200
    wrong = api.anna.client.generic(
        "POST",
        "/api/v1/tickets",
        "title=x",
        content_type="text/plain",
        headers={"Authorization": f"Bearer {api.anna.secret}"},
    )
    problem(wrong, 415, "media-type")
    overridden = api.anna.call("POST", "/tickets", {"title": "x", "description": ""}, X_HTTP_Method_Override="DELETE")
    assert overridden.status_code == 201
    head = api.anna.call("HEAD", "/tickets")
    assert (head.status_code, head.content) == (200, b"")


BAD_BODIES = [
    ("", 400, "malformed"),
    ("{", 400, "malformed"),
    ("[]", 422, "validation"),
    ('{"title": NaN}', 400, "malformed"),
    ('{"title": "a", "title": "b"}', 400, "malformed"),
    ('{"title": ' + "[" * 100 + "]" * 100 + "}", 400, "malformed"),
    ('{"title": "' + "x" * (1024 * 1024) + '"}', 413, "too-large"),
    ('{"title": "' + "x" * 256 + '", "description": ""}', 422, "validation"),
    ('{"title": "\\ud800", "description": ""}', 422, "validation"),
    ('{"title": "x", "description": "", "estimate": 99999999999999999999}', 422, "validation"),
    ('{"title": "x", "description": "", "due_at": "2026-01-01T00:00:00"}', 422, "validation"),
    ('{"title": "x", "description": "", "due_at": "2016-12-31T23:59:60Z"}', 422, "validation"),
    ('{"title": "x", "description": "", "due_at": "0001-01-01T00:00:00+14:00"}', 422, "validation"),
    ('{"title": "x", "description": "", "nonsense": 1}', 400, "malformed"),
    ('{"title": "x", "description": "", "id": 7}', 400, "malformed"),
    ('{"title": "x", "description": "", "assignee": 987654321}', 422, "validation"),
    ('{"title": "   ", "description": ""}', 422, "validation"),
    ('{"title": "x", "description": "", "kind": "poem"}', 422, "validation"),
    ('{"title": "x", "description": "", "status": "cancelled"}', 422, "validation"),
]


@pytest.mark.spec("RS-146", "RS-151", "RS-137", "RC-015", "RC-122", "RS-112")
@pytest.mark.parametrize("body, status, kind", BAD_BODIES, ids=range(len(BAD_BODIES)))
def test_a_bad_body_is_refused_in_its_own_way_and_leaves_nothing(api, body, status, kind):
    answer = api.anna.client.generic(
        "POST",
        "/api/v1/tickets",
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {api.anna.secret}"},
    )
    problem(answer, status, kind)
    assert not Ticket.objects.exists()


@pytest.mark.spec("RS-090", "RS-146", "PL-104")
@pytest.mark.parametrize(
    "query, field",
    [
        ("nonsense=1", "nonsense"),
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=x", "limit"),
        ("sort=secret", "sort"),
        ("cursor=abc", "cursor"),
        ("fields=title,password", "fields"),
        ("include=people", "include"),
        ("assignee=99999999999999999999", "assignee"),
        ("assignee=x", "assignee"),
        ("created_after=2026-01-01T00:00:00", "created_after"),
        ("title=%00", "title"),
        ("limit=1&limit=2", "limit"),
        ("q=status%3A", "q"),
    ],
)
def test_a_bad_parameter_is_refused_by_name(api, query, field):
    body = problem(api.anna.get(f"/tickets?{query}"), 400, "malformed")
    assert body["errors"][0]["field"] == field
    if field == "q":
        assert body["column"] >= 1


@pytest.mark.spec("RS-146")
def test_too_long_an_address_or_header_is_refused(api):
    problem(api.anna.get("/tickets?q=" + "x" * 9000), 414, "too-large")
    problem(api.anna.get("/tickets", X_Long="x" * 20_000), 431, "too-large")


@pytest.mark.spec("RS-020", "RS-021", "RS-024", "PL-105", "PL-025")
def test_one_effect_per_key(api):
    body = {"title": "Printer", "description": "dead"}
    first = api.anna.post("/tickets", body, Idempotency_Key="k-1")
    again = api.anna.post("/tickets", body, Idempotency_Key="k-1")
    assert (first.status_code, first["ETag"], first["Location"]) == (
        201,
        '"1"',
        f"/api/v1/tickets/{first.json()['id']}",
    )
    assert (again.status_code, again["Idempotency-Replayed"], again.json()) == (201, "true", first.json())
    problem(api.anna.post("/tickets", {**body, "title": "Other"}, Idempotency_Key="k-1"), 422, "idempotency-mismatch")
    assert api.bob.post("/tickets", body, Idempotency_Key="k-1").json()["id"] != first.json()["id"]
    assert Ticket.objects.count() == 2
    for key in ("", "x" * 256, "ü"):
        problem(api.anna.post("/tickets", body, Idempotency_Key=key), 400, "malformed")


@pytest.mark.spec("RS-020", "RS-023")
def test_every_write_keeps_its_answer_also_a_refusal(api):
    made = api.anna.ticket()
    where = f"/tickets/{made['id']}"
    for method, path, body in (
        ("PATCH", where, {"priority": "high"}),
        ("POST", f"{where}/comments", {"text": "once"}),
        ("PATCH", where, {"title": " "}),
        ("DELETE", f"{where}/closure", None),
        ("POST", f"{where}/closure", {}),
    ):
        answers = [api.anna.call(method, path, body, Idempotency_Key=f"{method} {path} {body}"[:200]) for _ in range(2)]
        assert answers[0].status_code == answers[1].status_code
        assert answers[1].get("Idempotency-Replayed") == "true"
    assert Event.objects.filter(ticket_id=made["id"]).count() == 4


@pytest.mark.spec("RS-030", "RS-031", "PL-105")
def test_no_lost_update(api, settings):
    made = api.anna.ticket()
    where = f"/tickets/{made['id']}"
    first = api.anna.patch(where, {"priority": "high"}, If_Match='"1"')
    assert (first.status_code, first["ETag"]) == (200, '"2"')
    stale = problem(api.anna.patch(where, {"priority": "low"}, If_Match='"1"'), 412, "stale")
    assert stale["current_version"] == 2
    problem(api.anna.delete(where, If_Match='W/"2"'), 412, "stale")
    assert api.anna.patch(where, {"impact": 3}).json()["priority"] == "high"
    assert api.anna.get(where, If_None_Match='"3"').status_code == 304
    assert api.anna.get(where, If_None_Match='W/"1", "3"').status_code == 304
    assert api.anna.get(where, If_None_Match='"2"').status_code == 200
    settings.POLYDESK_REQUIRE_IF_MATCH = True
    problem(api.anna.patch(where, {"impact": 2}), 428, "precondition-required")


@pytest.mark.spec("PL-105")
def test_prefer_minimal_and_gzip(api):
    made = api.anna.post("/tickets", {"title": "x", "description": "y"}, Prefer="return=minimal")
    assert (made.status_code, made.content, made["Preference-Applied"]) == (201, b"", "return=minimal")
    changed = api.anna.patch(made["Location"], {"impact": 2}, Prefer="return=minimal")
    assert (changed.status_code, changed["ETag"]) == (204, '"2"')
    small = api.anna.get(made["Location"], Accept_Encoding="gzip")
    assert small["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(small.content)) == api.anna.get(made["Location"]).json()


@pytest.mark.spec("PL-109", "RS-160")
def test_too_many_requests_are_told_when_to_come_back(api, settings):
    settings.POLYDESK_RATE_LIMITS = "on"
    settings.POLYDESK_API_RATE = 3
    limits.forget()
    answers = [api.anna.get("/me") for _ in range(4)]
    assert [a.status_code for a in answers] == [200, 200, 200, 429]
    assert answers[0]["RateLimit-Policy"] == '"native";q=3;w=60'
    problem(answers[3], 429, "rate-limited")
    assert int(answers[3]["Retry-After"]) >= 1
    assert api.bob.get("/me").status_code == 200
    limits.forget()


@pytest.mark.spec("RS-145", "RS-147")
def test_a_fault_of_ours_tells_nothing(api, monkeypatch):

    monkeypatch.setattr("polydesk.tickets.queries.get", lambda *a: 1 / 0)
    api.anna.client.raise_request_exception = False
    made = api.anna.ticket()
    body = problem(api.anna.get(f"/tickets/{made['id']}/comments"), 500, "internal")
    assert "division" not in json.dumps(body)


@pytest.mark.spec("RS-149")
def test_cross_origin_calls_are_not_invited(api):
    answer = api.anna.call("OPTIONS", "/tickets", Origin="https://evil.example", Access_Control_Request_Method="POST")
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_every_problem_has_a_status():
    assert all(400 <= status < 600 for status, _ in KINDS.values())


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL locks rows, and nobody else writes this one")
@pytest.mark.django_db(transaction=True)
@pytest.mark.spec("RS-161", "PL-102")
def test_reading_waits_for_no_writer_though_the_key_was_never_used(transactional_db, settings):
    settings.POLYDESK_RATE_LIMITS = "off"
    world = worlds.build()
    _credential, secret = actors.issue(world.people["anna"], "native")
    with contextlib.closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert Api(secret).get("/tickets").status_code == 200
        other.execute("ROLLBACK")
