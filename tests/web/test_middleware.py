"""Every error in the shape of the face whose path it is."""

import json

import pytest
from django.http import HttpResponse
from django.test import Client

from polydesk.web import middleware
from polydesk.web.middleware import register_errors
from polydesk.web.problems import KINDS, Problem, problem_response

pytestmark = pytest.mark.spec("RS-148")


@pytest.fixture(autouse=True)
def faces(settings, monkeypatch):
    settings.ROOT_URLCONF = "tests.web.urls"
    monkeypatch.setattr(middleware, "_renderers", {})
    register_errors("/shaped/", problem_response)
    register_errors("/shaped/inner", lambda request, problem: HttpResponse(f"inner {problem.status}", status=418))


@pytest.fixture
def client():
    return Client(raise_request_exception=False)


@pytest.mark.spec("RS-147", "PL-103", "RS-145", "RS-149")
@pytest.mark.parametrize(
    ("how", "status", "kind"),
    [
        ("missing", 404, "not-found"),
        ("forbidden", 403, "forbidden"),
        ("suspicious", 400, "malformed"),
        ("database", 503, "unavailable"),
        ("bug", 500, "internal"),
        ("stale", 412, "stale"),
        ("fields", 422, "validation"),
        ("limited", 429, "rate-limited"),
    ],
)
def test_what_a_view_raises_is_a_problem_document(client, how, status, kind):
    response = client.get(f"/shaped/fail/{how}")
    document = json.loads(response.content)
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    assert document["type"] == f"/problems/{kind}" and document["status"] == status
    assert document["title"] and document["detail"] and document["instance"] == f"/shaped/fail/{how}"
    assert document["request_id"] == response["X-Request-Id"]
    assert "secret" not in response.content.decode() and "Traceback" not in response.content.decode()


def test_members_errors_and_headers_are_passed_on(client):
    assert json.loads(client.get("/shaped/fail/stale").content)["current_version"] == 3
    errors = json.loads(client.get("/shaped/fail/fields").content)["errors"]
    assert errors == [{"field": "title", "rule": "too_long", "message": "At most 5."}]
    assert client.get("/shaped/fail/limited")["Retry-After"] == "7"
    assert client.get("/shaped/fail/database")["Retry-After"] == "5"


def test_an_unhandled_exception_is_loud_in_tests_and_logs(caplog):
    with pytest.raises(RuntimeError, match="secret"):
        Client().get("/shaped/fail/bug")


def test_unknown_paths_are_shaped(client):
    for path in ("/shaped", "/shaped/", "/shaped/nothing/here"):
        response = client.get(path)
        assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.spec("RS-149")
def test_a_wrong_method_names_the_right_ones(client):
    response = client.get("/shaped/echo", HTTP_X_HTTP_METHOD_OVERRIDE="POST")
    assert response.status_code == 405 and response["Allow"] == "POST"
    assert json.loads(response.content)["type"] == "/problems/method"


@pytest.mark.spec("RS-146", "RS-149")
@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [("{", "application/json", 400), ('{"a":"\\u0000"}', "application/json", 422), ("a=1", "text/plain", 415),
     ('"' + "a" * 1024 * 1024 + '"', "application/json", 413)],
)  # fmt: skip
def test_bad_bodies_are_shaped(client, body, kind, status):
    response = client.post("/shaped/echo", body, content_type=kind)
    assert response.status_code == status == json.loads(response.content)["status"]


@pytest.mark.spec("RS-146")
def test_over_long_queries_and_headers_are_refused_in_shape(client):
    assert client.get("/shaped/own?" + "a" * 8192).status_code == 409
    response = client.get("/shaped/own?" + "a" * 8193)
    assert response.status_code == 414 and json.loads(response.content)["type"] == "/problems/too-large"
    response = client.get("/shaped/own", HTTP_X_LONG="a" * 16_500)
    assert response.status_code == 431 and json.loads(response.content)["type"] == "/problems/too-large"
    assert client.get("/plain/page?" + "a" * 8193).status_code == 414


@pytest.mark.spec("RS-150")
def test_a_foreign_host_is_refused_in_shape(client, settings):
    settings.ALLOWED_HOSTS = ["desk.example"]
    response = client.get("/shaped/own", headers={"host": "evil.example"})
    assert response.status_code == 400 and json.loads(response.content)["type"] == "/problems/malformed"
    assert client.get("/plain/page", headers={"host": "evil.example"}).status_code == 400
    assert client.get("/plain/page", headers={"host": "desk.example"}).status_code == 200


def test_a_faces_own_words_are_left_alone(client):
    assert json.loads(client.get("/shaped/own").content) == {"my": "words"}
    assert client.get("/shaped/page").content == b"<p>Try again</p>"


def test_the_longest_prefix_shapes(client):
    response = client.get("/shaped/inner/fail/stale")
    assert (response.status_code, response.content) == (418, b"inner 412")
    assert client.get("/shaped/innermost")["Content-Type"] == "application/problem+json"


def test_paths_without_a_face_stay_djangos(client):
    assert client.get("/plain/fail/missing")["Content-Type"].startswith("text/html")
    assert client.get("/shapeless").status_code == 404


@pytest.mark.spec("RS-147")
def test_every_kind_of_problem_has_a_4xx_or_5xx_and_a_title():
    assert all(400 <= status < 600 and title for status, title in KINDS.values())
    assert {Problem.of_status(status).status for status in range(400, 600)} == set(range(400, 600))
    assert Problem.of_status(414).kind == "too-large" and Problem.of_status(409).kind == "conflict"
    assert Problem.of_status(422).kind == "validation" and Problem.of_status(502).kind == "internal"
