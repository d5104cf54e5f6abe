"""Requests at once: no limit is passed together, no act done twice, no file lost."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.test import Client

from polydesk.tickets.models import Event, Ticket

from .conftest import Api, wish

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(api, times, path, body=None):
    """Statuses and codes of the same request sent by several clients at once."""

    def one(_):
        try:
            answer = Api(api.token, http=Client()).post(path, body)
            return answer.status, answer.body.get("code", "")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        return sorted(pool.map(one, range(times)))


@pytest.mark.spec("SE-037", "SE-038")
def test_the_limit_holds(carl, settings):
    settings.POLYDESK_SE_LIMIT_TICKETS = 4
    answers = at_once(carl, 8, "/support/v2/tickets", wish())
    assert answers == [(200, "")] * 4 + [(429, "RATE_LIMIT_EXCEEDED")] * 4
    assert Ticket.objects.count() == 4


@pytest.mark.spec("SE-123", "SE-131", "SE-154", "RS-034")
def test_a_ticket_is_closed_and_reopened_once_and_a_file_hangs_on_every_comment(carl):
    number, file = carl.open(), carl.upload().body["uuid"]
    assert at_once(carl, 4, f"/support/tickets/{number}/close") == [(200, "")] + [(400, "TICKET_CLOSED")] * 3
    answers = at_once(carl, 4, f"/support/tickets/{number}/reopen", {"body": "x", "files": [file]})
    assert answers == [(200, "")] + [(400, "TICKET_NOT_CLOSED")] * 3
    assert Event.objects.filter(ticket_id=number).count() == 3
    assert at_once(carl, 4, f"/support/tickets/{number}/comments", {"files": [file]}) == [(200, "")] * 4
    assert [comment["files"] for comment in carl.comments(number)] == [[file]] * 5
