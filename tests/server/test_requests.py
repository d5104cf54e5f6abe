"""What surrounds every request: security headers, one line in the log, whom to believe, when a sign-in ends."""

import io
import json
import logging
import time

import pytest
from django.contrib.auth import get_user_model
from django.test import override_settings

from polydesk.server import logs
from polydesk.server.middleware import believe_proxy_only

ADDRESSES = ("/healthz", "/accounts/login/", "/nothing/here", "/accounts/password/reset/")


@pytest.mark.spec("RS-087", "PL-210")
@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.django_db
def test_every_answer_has_a_strict_policy(client, address):
    headers = client.get(address).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["form-action"] == "'self'"
    assert policy["base-uri"] == policy["frame-ancestors"] == policy["object-src"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.fixture
def log():
    """The log as the server writes it, into memory."""
    before = logging.getLogger().handlers[:], logging.getLogger().level
    logs.configure("info", "json")
    stream = io.StringIO()
    logging.getLogger().handlers[0].setStream(stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.getLogger().handlers[:], level = before
    logging.getLogger().setLevel(level)


@pytest.mark.spec("RS-173")
@pytest.mark.django_db
def test_a_request_is_one_line_without_anything_secret(client, log):
    client.post(
        "/accounts/login/?next=/hidden-query",
        {"login": "hidden-login", "password": "hidden-password"},
        headers={"authorization": "Bearer hidden-token", "cookie": "session=hidden-cookie"},
    )
    client.get("/tickets-of\r\nx/hidden-path", headers={"x-secret": "hidden-header"})
    lines = [line for line in log() if line["logger"] == "polydesk.request"]
    assert len(lines) == 2
    assert {"timestamp", "request_id", "method", "route", "status", "user", "organization", "ms"} <= set(lines[0])
    assert lines[0]["route"] == "accounts/login/"
    assert "hidden" not in json.dumps(log())


@pytest.mark.spec("RS-173")
def test_control_characters_are_escaped(log):
    logging.getLogger("any").warning("first\nsecond \x1b[31mred\x00")
    assert len(log()) == 1
    assert log()[0]["event"] == "first\nsecond \x1b[31mred\x00"


@pytest.mark.spec("RS-133")
@pytest.mark.parametrize(
    ("sender", "claimed", "proxies", "believed"),
    [
        ("203.0.113.9", "10.0.0.1", (), "203.0.113.9"),
        ("203.0.113.9", "10.0.0.1", ("127.0.0.1",), "203.0.113.9"),
        ("127.0.0.1", "198.51.100.7", ("127.0.0.1",), "198.51.100.7"),
        ("10.1.2.3", "6.6.6.6, 198.51.100.7, 10.9.9.9", ("10.0.0.0/8",), "198.51.100.7"),
        ("127.0.0.1", "", ("127.0.0.1",), "127.0.0.1"),
    ],
)
def test_only_a_trusted_proxy_says_who_the_sender_is(rf, sender, claimed, proxies, believed):
    headers = {"x-forwarded-for": claimed, "x-forwarded-proto": "https", "remote-user": "admin"}
    request = rf.get("/", headers=headers, REMOTE_ADDR=sender)
    with override_settings(POLYDESK_TRUSTED_PROXIES=proxies):
        believe_proxy_only(request)
    assert request.META["REMOTE_ADDR"] == believed
    if believed == sender and sender not in proxies:
        assert "HTTP_X_FORWARDED_PROTO" not in request.META
        assert "HTTP_REMOTE_USER" not in request.META


@pytest.mark.spec("RS-150")
@override_settings(ALLOWED_HOSTS=["desk.example"])
@pytest.mark.parametrize("host", ["evil.example", "desk.example.evil", "desk.example@evil", ""])
def test_a_host_that_is_not_ours_is_400(client, host):
    assert client.get("/healthz", headers={"host": host}).status_code == 400


@pytest.mark.spec("RS-129")
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("pauses", "still_in"),
    [
        ([11.9], True),
        ([12.2], False),
        ([11] * 60, True),
        ([11] * 66, False),
    ],
)
def test_a_sign_in_ends_when_idle_and_in_any_case_after_thirty_days(client, time_machine, pauses, still_in):
    """Hours between requests; twelve hours idle, thirty days in all."""
    client.force_login(get_user_model().objects.create_user("ada"))
    now = time.time()
    client.get("/healthz")
    client.get("/accounts/password/change/")
    for pause in pauses:
        now += pause * 3600
        time_machine.move_to(now, tick=False)
        answer = client.get("/accounts/password/change/")
    assert (answer.status_code == 200 or "login" not in answer.get("Location", "")) is still_in
