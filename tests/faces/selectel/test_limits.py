"""Limits per account and minute: what counts, for whom, and over several processes."""

import pytest

from polydesk.tickets.models import Comment, Ticket
from polydesk.web import limits
from polydesk.web.models import Bucket

from .conftest import Api, token, wish

pytestmark = pytest.mark.django_db

CURRENT, CLASSIC = "/support/v2/tickets", "/support/tickets"
CLASSIC_BODY = {"summary": "x", "comment_body": "x"}


def check_refused(answer):
    assert (answer.status, answer.code) == (429, "RATE_LIMIT_EXCEEDED")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60


@pytest.mark.spec("SE-037", "SE-038", "SE-078", "RC-203")
def test_tickets_are_limited_per_account_whichever_family_opens_them(desk, carl, bert, anna, settings):
    settings.POLYDESK_SE_LIMIT_TICKETS = 3
    cora = Api(token(desk.people["cora"]))
    assert carl.post(CURRENT, wish()).status == cora.post(CLASSIC, CLASSIC_BODY).status == 200
    for _ in range(5):
        assert carl.post(CURRENT, wish(summary="")).status == 400
        assert carl.post(CURRENT, wish(products=["x"])).status == 404
    assert carl.post(CLASSIC, CLASSIC_BODY).status == 200
    limits.forget()  # what a process keeps in memory: another process knows only the database
    for answer in (carl.post(CURRENT, wish()), cora.post(CURRENT, wish()), carl.post(CLASSIC, CLASSIC_BODY)):
        check_refused(answer)
    assert Ticket.objects.count() == 3
    assert carl.post(CURRENT, wish(summary="")).status == 400
    assert bert.post(CURRENT, wish()).status == anna.post(CURRENT, wish()).status == 200
    Bucket.objects.update(updated=0)
    assert carl.post(CURRENT, wish()).status == 200


@pytest.mark.spec("SE-037", "SE-038", "SE-140")
def test_comments_and_files_have_limits_of_their_own(carl, settings):
    settings.POLYDESK_SE_LIMIT_COMMENTS, settings.POLYDESK_SE_LIMIT_FILES = 2, 1
    number, closed = carl.open(), carl.open()
    carl.post(f"{CLASSIC}/{closed}/close")
    file = carl.upload().body["uuid"]
    carl.comment(number)
    assert carl.post(f"{CLASSIC}/{closed}/comments", {"body": "x"}).code == "TICKET_CLOSED"
    carl.comment(number, files=[file])
    check_refused(carl.post(f"{CLASSIC}/{number}/comments", {"body": "x"}))
    assert Comment.objects.count() == 2
    check_refused(carl.upload())
    assert carl.upload("run.exe").code == "FILE_NOT_ALLOWED"
    assert carl.post(f"{CLASSIC}/{closed}/reopen", {"body": "x"}).status == 200
    assert carl.post(CURRENT, wish(comment_body="x")).status == 200


@pytest.mark.spec("SE-038")
def test_the_shipped_limits_and_switching_them_off(carl, settings):
    from polydesk.server.options import SETTINGS

    shipped = {setting.name: setting.default for setting in SETTINGS if setting.name.startswith("SE_LIMIT")}
    assert shipped == {"SE_LIMIT_TICKETS": 60, "SE_LIMIT_COMMENTS": 300, "SE_LIMIT_FILES": 120}
    settings.POLYDESK_SE_LIMIT_TICKETS = 0
    assert all(carl.post(CURRENT, wish()).status == 200 for _ in range(3))
