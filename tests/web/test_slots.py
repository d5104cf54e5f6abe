"""Expensive work has places: one per person, four per organization; they are given back (RS-163)."""

import time

import pytest

from polydesk.directory import actors
from polydesk.web import slots
from polydesk.web.models import Slot
from polydesk.web.problems import Problem

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.spec("RS-163")]


def test_a_second_export_of_a_person_is_refused_until_the_first_has_ended(client, world):
    key = actors.issue(world.anna, "native")[1]

    def export():
        return client.get("/api/v1/tickets.csv", headers={"Authorization": f"Bearer {key}"})

    first, second = export(), export()
    assert (first.status_code, second.status_code) == (200, 409)
    assert int(second["Retry-After"]) > 0 and second["Content-Type"] == "application/problem+json"
    b"".join(first.streaming_content)
    first.close()
    assert export().status_code == 200


def test_an_organization_has_four_places_and_another_has_its_own():
    running = [slots.held([b"x"], person=person, organization=1) for person in range(slots.PER_ORGANIZATION)]
    with pytest.raises(Problem) as refused:
        slots.held([b"x"], person=99, organization=1)
    assert refused.value.status == 409
    assert not Slot.objects.filter(name="person:1:99").exists()
    assert list(slots.held([b"x"], person=100, organization=2)) == [b"x"]
    running[0].close()
    slots.held([b"x"], person=99, organization=1)


def test_a_place_of_a_killed_process_is_free_again_after_a_while():
    slots.held([b"x"], person=1, organization=1)
    Slot.objects.update(until=time.time() - 1)
    slots.held([b"x"], person=1, organization=1)


def bulk(client, key, count):
    operations = [{"act": "create", "values": {"title": "t", "description": "d", "kind": "nothing"}}] * count
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": f"bulk {count}"}
    return client.post("/api/v1/tickets/bulk", {"operations": operations}, "application/json", headers=headers)


def test_many_changes_at_once_wait_for_the_export_of_the_same_person(client, world):
    key = actors.issue(world.anna, "native")[1]
    export = client.get("/api/v1/tickets.csv", headers={"Authorization": f"Bearer {key}"})
    assert bulk(client, key, 100).status_code == 200
    refused = bulk(client, key, 101)
    assert refused.status_code == 409 and int(refused["Retry-After"]) > 0
    export.close()
    assert bulk(client, key, 101).status_code == 200
    assert not Slot.objects.exists()
