"""Where mails go, as the one who runs the desk says it, and whether that works."""

import pytest

from polydesk.server import checking, config
from polydesk.server.config import ConfigError


def mail(url):
    return config.mail({"MAIL_URL": config.BY_NAME["MAIL_URL"].read(url)})


@pytest.mark.spec("PL-004")
@pytest.mark.parametrize(
    ("url", "backend", "host", "port", "tls", "ssl"),
    [
        ("", "console", "", 0, False, False),
        ("console:", "console", "", 0, False, False),
        ("smtp://mail.example", "smtp", "mail.example", 587, True, False),
        ("smtp://mail.example:25?tls=off", "smtp", "mail.example", 25, False, False),
        ("smtps://mail.example", "smtp", "mail.example", 465, False, True),
        ("file:///var/spool/my%20mails", "filebased", "", 0, False, False),
    ],
)
def test_one_address_says_it_all(url, backend, host, port, tls, ssl):
    found = mail(url)
    assert found["EMAIL_BACKEND"] == f"django.core.mail.backends.{backend}.EmailBackend"
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == (host, port)
    assert (found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (tls, ssl)
    assert found["EMAIL_FILE_PATH"] == ("/var/spool/my mails" if backend == "filebased" else None)


def test_user_and_password_may_hold_anything():
    found = mail("smtp://desk%40house.example:p%3Aw%2F%40@mail.example")
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("desk@house.example", "p:w/@")


@pytest.mark.spec("PL-004")
@pytest.mark.parametrize(
    "url",
    [
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://mail.example:99999",
        "smtp://mail.example:0",
        "smtps://mail.example?tls=off",
        "smtp://mail.example?tls=maybe",
        "file:relative",
        "file://host/folder",
    ],
)
def test_a_wrong_address_stops_the_start_with_a_sentence_that_keeps_the_secret(url):
    with pytest.raises(ConfigError) as refused:
        config.load({"POLYDESK_MAIL_URL": url, "POLYDESK_DATA_DIR": "/nonexistent"})
    assert "POLYDESK_MAIL_URL" in str(refused.value) and url not in str(refused.value)


def test_the_check_says_whether_the_server_takes_mails(sink, settings, db):
    assert list(checking.mail()) == [] and checking.all_is_well("mail") == "the server takes mails"
    settings.EMAIL_PORT = 1
    [finding] = checking.mail()
    assert finding.startswith("no mail can be sent: ConnectionRefusedError")
    settings.POLYDESK_MAIL_URL = ""
    assert list(checking.mail()) == [] and checking.all_is_well("mail").startswith("off")
