"""Addresses, methods, tokens, the order of checks and the shape of errors."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import clear_url_caches
from django.utils import timezone

from polydesk.directory.models import Credential
from polydesk.faces.selectel import urls

from .conftest import Api, token, wish

pytestmark = pytest.mark.django_db

# Every address with its methods and what a good request is answered (SE-001 … SE-020).
ADDRESSES = [
    ("POST", "/support/v2/tickets", wish()),
    ("GET", "/support/v2/tickets", None),
    ("GET", "/support/v2/tickets/count", None),
    ("GET", "/support/v2/tickets/{open}", None),
    ("PATCH", "/support/v2/tickets/{open}", {"access_level": "all_users", "keystone_projects": []}),
    ("PUT", "/support/v2/tickets/{open}", {"access_level": "all_users", "keystone_projects": []}),
    ("POST", "/support/tickets/{closed}/reopen", {"body": "Again"}),
    ("POST", "/support/tickets/{open}/close", None),
    ("POST", "/support/tickets/{open}/rate", {"score": 7}),
    ("POST", "/support/tickets/{open}/vote", {"score": 7}),
    ("POST", "/support/tickets", {"summary": "new test ticket", "comment_body": "my first comment"}),
    ("GET", "/support/tickets", None),
    ("GET", "/support/tickets/{open}", None),
    ("PATCH", "/support/tickets/{open}", {"access_level": "account_users"}),
    ("PUT", "/support/tickets/{open}", {}),
    ("POST", "/support/tickets/{open}/comments", {"body": "My second comment"}),
    ("GET", "/support/tickets/{open}/comments", None),
    ("GET", "/support/comments/{comment}", None),
    ("POST", "/support/comments/{comment}/rate", {"score": 1}),
    ("POST", "/support/comments/{comment}/vote", {"score": -1}),
    ("GET", "/support/topics", None),
    ("GET", "/support/v2/categories", None),
    ("GET", "/support/v2/categories/technical_issue/fields", None),
    ("GET", "/support/v2/products", None),
    ("POST", "/support/v2/secrets", {"title": "Root", "value": "s3cret"}),
    ("GET", "/files/public/files/extensions", None),
]


@pytest.fixture
def rows(carl, anna):
    """An open ticket with a comment of support, and a closed one."""
    number, closed = carl.open(comment_body="It is slow"), carl.open()
    comment = anna.comment(number, "We look at it")["id"]
    assert carl.post(f"/support/tickets/{closed}/close").status == 200
    return {"open": number, "closed": closed, "comment": comment}


def deprecated(method: str, path: str) -> bool:
    last = path.removeprefix("/support/").split("/")
    return (
        path.startswith("/support/")
        and not path.startswith("/support/v2")
        and len(last) <= 2
        and (last[0] in ("tickets", "topics"))
    )


@pytest.mark.spec(
    "SE-001", "SE-002", "SE-003", "SE-004", "SE-005", "SE-006", "SE-007", "SE-008", "SE-009", "SE-010", "SE-011",
    "SE-012", "SE-013", "SE-014", "SE-015", "SE-016", "SE-017", "SE-018", "SE-019", "SE-020", "SE-021", "SE-022",
    "SE-023", "SE-024", "SE-025", "SE-026", "SE-027", "PL-015"
)  # fmt: skip
def test_every_address_answers_200_in_each_of_its_spellings(carl, rows):
    for method, address, body in ADDRESSES:
        shared = address.startswith("/support/") and any(
            part in address for part in ("/close", "/reopen", "/rate", "/vote", "comments")
        )
        spellings = [address, address + "/"]
        if address.startswith("/support/") and not address.startswith("/support/v2"):
            spellings.append(address.replace("/support/", "/support/v1/"))
        if shared:
            spellings.append(address.replace("/support/", "/support/v2/"))
        for spelling in spellings:
            path = spelling.format(**rows)
            answer = carl.send(method, path, body)
            assert answer.status == 200, (method, path, answer.body)
            assert answer.headers["Content-Type"].startswith("application/json")
            plain = path.replace("/support/v1/", "/support/").rstrip("/")
            assert answer.headers.get("Deprecation") == ("true" if deprecated(method, plain) else None), path
            put_back(carl, rows, path)


def put_back(carl, rows, path):
    if "/close" in path:
        assert carl.post(f"/support/tickets/{rows['open']}/reopen", {"body": "Again"}).status == 200
    if "/reopen" in path:
        assert carl.post(f"/support/tickets/{rows['closed']}/close").status == 200


@pytest.mark.spec("SE-026")
def test_the_prefixes_are_settings(settings, carl):
    settings.POLYDESK_SE_PREFIX, settings.POLYDESK_SE_PREFIX_V2 = "/helpdesk/", "helpdesk/two"
    from polydesk.faces.selectel import prefixes

    found = urls.at(prefixes.current(), urls.CURRENT) + urls.at(prefixes.classic(), urls.CLASSIC)
    names = {str(pattern.pattern) for pattern in found}
    assert {"^helpdesk/two/tickets/?$", "^helpdesk/topics/?$"} <= names
    clear_url_caches()


@pytest.mark.spec("SE-030", "SE-032")
def test_either_header_takes_any_token_and_the_first_decides(desk, carl):
    for header in ("X-Token", "X-Auth-Token"):
        assert Api(carl.token, header).get("/support/topics").status == 200
    both = {"X-Token": carl.token, "X-Auth-Token": "unknown"}
    assert Api().get("/support/topics", headers=both).status == 401
    assert Api().get("/support/topics", headers={**both, "X-Auth-Token": carl.token}).status == 200
    assert not Credential.objects.filter(digest=carl.token).exists()


@pytest.mark.spec("SE-031", "SE-032", "RC-294")
@pytest.mark.parametrize("kind", ["none", "unknown", "empty", "revoked", "expired", "another face's", "gone user's"])
def test_without_a_valid_token_everything_is_401_before_any_other_check(desk, kind):
    from polydesk.directory import actors

    made = {
        "none": lambda: "",
        "unknown": lambda: "pd_nobody",
        "empty": lambda: " ",
        "revoked": lambda: token(desk.people["carl"]),
        "expired": lambda: token(desk.people["carl"], expires_at=timezone.now() - timedelta(seconds=1)),
        "another face's": lambda: actors.issue(desk.people["carl"], "crm")[1],
        "gone user's": lambda: token(desk.people["cora"]),
    }
    api = Api(made[kind]())
    if kind == "revoked":
        Credential.objects.update(revoked_at=timezone.now())
    if kind == "gone user's":
        desk.people["cora"].memberships.update(is_active=False)
    for method, path in (
        ("GET", "/support/v2/tickets/9999"),
        ("DELETE", "/support/tickets"),
        ("POST", "/support/v2/tickets"),
        ("GET", "/support/nothing/here"),
        ("GET", "/support"),
        ("GET", "/files/public/files/x"),
    ):
        answer = api.send(method, path, b"{", content_type="text/plain")
        assert (answer.status, answer.code) == (401, "USER_UNAUTHORIZED"), path


@pytest.mark.spec("SE-028", "SE-040")
def test_a_method_that_an_address_does_not_have_is_405_with_allow(carl):
    for method, path, allowed in (
        ("DELETE", "/support/v2/tickets/1", "GET, PATCH, PUT"),
        ("PATCH", "/support/tickets", "GET, POST"),
        ("GET", "/support/tickets/1/close", "POST"),
        ("OPTIONS", "/support/topics", "GET"),
        ("POST", "/support/v2/tickets/count", "GET"),
        ("PUT", "/files/public/files", "POST"),
    ):
        answer = carl.send(method, path)
        assert (answer.status, answer.code, answer.headers["Allow"]) == (405, "METHOD_NOT_ALLOWED", allowed), path
    assert carl.send("HEAD", "/support/topics").status == 200


@pytest.mark.spec("SE-024", "SE-040")
def test_an_unknown_address_is_404_in_the_faces_shape(carl):
    for path in ("/support", "/support/", "/support/v2/topics", "/support/v3/tickets", "/files/public/files/a/b"):
        answer = carl.get(path)
        assert (answer.status, answer.code) == (404, "NOT_FOUND"), path
        assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.spec("SE-041", "SE-048")
def test_the_first_failing_check_answers(desk, carl, bert, settings):
    """Token, address, object, right, body, fields, references, state, limit: each hides all that come after."""
    settings.POLYDESK_SE_LIMIT_COMMENTS = 1
    number, closed = carl.open(), carl.open()
    carl.comment(number)
    carl.post(f"/support/tickets/{closed}/close")
    reader = Api(token(desk.people["carl"], read_only=True))
    unknown = "497f6eca-6276-4993-bfeb-53cbbbba6f08"
    path = f"/support/tickets/{closed}/comments"
    plain = {"content_type": "text/plain"}
    checks = [
        (Api("x").post(path, b"{", **plain), 401, "USER_UNAUTHORIZED"),
        (reader.send("DELETE", path, b"{", **plain), 405, "METHOD_NOT_ALLOWED"),
        (Api(token(desk.people["bert"], read_only=True)).post(path, b"{", **plain), 404, "TICKET_NOT_FOUND"),
        (reader.post(path, b"{", **plain), 403, "REQUEST_FORBIDDEN"),
        (carl.post(path, b"{", **plain), 415, "UNSUPPORTED_MEDIA_TYPE"),
        (carl.post(path, b"{"), 400, "REQUEST_VALIDATION_FAILED"),
        (carl.post(path, {"body": "", "files": [unknown]}), 400, "REQUEST_VALIDATION_FAILED"),
        (carl.post(path, {"body": "x", "files": [unknown]}), 404, "FILE_NOT_FOUND"),
        (carl.post(path, {"body": "x"}), 400, "TICKET_CLOSED"),
        (carl.post(f"/support/tickets/{number}/comments", {"body": "x"}), 429, "RATE_LIMIT_EXCEEDED"),
    ]
    for answer, status, code in checks:
        assert (answer.status, answer.code) == (status, code), answer.body


@pytest.mark.spec("SE-036", "RC-191")
def test_a_token_that_may_only_read_writes_nothing(desk, carl, rows):
    reader = Api(token(desk.people["carl"], read_only=True))
    for method, path, body in ADDRESSES:
        if method == "GET":
            assert reader.get(path.format(**rows)).status == 200, path
        else:
            answer = reader.send(method, path.format(**rows), body)
            assert (answer.status, answer.code) == (403, "REQUEST_FORBIDDEN"), path
    assert reader.upload().code == "REQUEST_FORBIDDEN"


@pytest.mark.spec("SE-040", "RC-017")
def test_a_validation_failure_names_every_field(carl):
    answer = carl.post("/support/v2/tickets", {"summary": 5, "files": ["x"], "access_level": "everyone"})
    assert answer.status == 400 and answer.code == "REQUEST_VALIDATION_FAILED"
    assert answer.faults == {
        "summary", "files.0", "access_level", "categories", "keystone_projects", "products", "secrets"
    }  # fmt: skip
    assert set(answer.body) == {"code", "message", "errors"}
    path = f"/support/v2/tickets/{carl.open()}"
    assert carl.patch(path, {"access_level": "x"}).faults == {"access_level", "keystone_projects"}
    assert all(set(error) == {"field", "message"} for error in answer.body["errors"])


@pytest.mark.spec("SE-042")
def test_bodies_that_are_no_json_object(carl):
    path = "/support/tickets"
    for body, status in ((b'{"a":', 400), (b"[]", 400), (b'"x"', 400), (b"null", 400), (b"\xff", 400), (b"NaN", 400)):
        assert carl.post(path, body).status == status
    assert carl.post(path, b"<x/>", content_type="application/xml").code == "UNSUPPORTED_MEDIA_TYPE"
    form = Client().post(path, {"summary": "x"}, headers={"X-Token": carl.token})
    assert form.status_code == 415
    number = carl.open()
    assert carl.post(f"/support/tickets/{number}/close", b"", content_type="text/plain").status == 200
    assert carl.post(f"/support/tickets/{number}/reopen", b" ").faults == {"body"}


@pytest.mark.spec("SE-048", "SE-040", "RS-146")
def test_what_the_plumbing_refuses_has_the_faces_shape(carl):
    assert carl.post("/support/tickets", b" " * (1024 * 1024 + 1)).code == "REQUEST_TOO_LARGE"
    assert carl.get("/support/tickets?q=" + "x" * 9000).code == "REQUEST_VALIDATION_FAILED"
