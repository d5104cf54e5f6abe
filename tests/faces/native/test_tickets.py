"""Tickets through the API: open, read, change, list."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.spec("PL-105", "RC-350", "RC-003")
def test_a_ticket_sent_back_whole_changes_nothing(api, world):
    made = api.anna.ticket(requester=world.carl.pk, company={"id": world.acme.pk, "name": "Acme"})
    read = api.anna.get(f"/tickets/{made['id']}")
    assert read.json() == made
    answer = api.anna.patch(f"/tickets/{made['id']}", made)
    assert (answer.status_code, answer["ETag"], answer.json()) == (200, '"1"', made)
