"""Parallel requests: no circle of parents, no two tickets of one title (RS-035, CE-042, CE-174)."""

import threading

import pytest
from django.db import connections

from polydesk.directory.models import Asset
from polydesk.tickets.models import Ticket

from .conftest import REQUEST, A, Api, Desk


@pytest.fixture
def open_desk(transactional_db):
    from polydesk.directory import founding

    return Desk(founding.found("House", "house"), founding.found("Other", "other"))


def together(*calls):
    """Run the calls at once; their answers in order."""
    gate, answers = threading.Barrier(len(calls)), [None] * len(calls)

    def run(number, call):
        try:
            gate.wait(10)
            answers[number] = call()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


@pytest.mark.spec("RS-035", "CE-174", "CE-175", "RC-279")
def test_two_parallel_writes_never_close_a_circle_of_parents(open_desk):
    tri = open_desk.role("triage")
    for _ in range(3):
        a, b = (open_desk.ticket(tri)["id"] for _ in "ab")
        answers = together(
            lambda a=a, b=b: Api(tri.token).patch(f"{REQUEST}/{a}", {"parent_ticket": b}),
            lambda a=a, b=b: Api(tri.token).patch(f"{REQUEST}/{b}", {"parent_ticket": a}),
        )
        assert sorted(x.status_code for x in answers) == [200, 400], [x.data for x in answers]
        refused = next(x for x in answers if x.status_code == 400)
        assert refused.data == {"parent_ticket": ["Adding this ticket will create a circular dependency"]}
        assert Ticket.objects.filter(pk__in=(a, b), parent__isnull=False).count() == 1


@pytest.mark.spec("CE-042", "RS-035")
def test_two_parallel_requests_never_make_one_title_twice(open_desk):
    tri = open_desk.role("triage")
    body = {"title": "Only one", "description": "x", "organization": open_desk.house.pk}
    answers = together(*[lambda: Api(tri.token).post(REQUEST, body)] * 4)
    assert sorted(x.status_code for x in answers) == [201, 400, 400, 400], [x.data for x in answers]
    assert Ticket.objects.filter(title="Only one").count() == 1


@pytest.mark.spec("CE-172", "RS-035")
def test_two_parallel_links_are_both_kept(open_desk):
    tri = open_desk.role("triage")
    assets = [Asset.objects.create(organization=open_desk.house, type="device", name=n).pk for n in "abcd"]
    ticket = open_desk.ticket(tri)["id"]
    where = f"{A}/core/ticket/{ticket}/linked_item"
    comments = f"{A}/core/ticket/{ticket}/comments"
    answers = together(
        *(lambda n=n: Api(tri.token).post(where, {"item": n, "item_type": 3}) for n in assets[:2]),
        *(
            lambda n=n: Api(tri.token).post(comments, {"comment_type": 2, "body": f"/link $device-{n}"})
            for n in assets[2:]
        ),
    )
    assert [x.status_code for x in answers] == [201] * 4, [x.data for x in answers]
    assert sorted(n for _, n in Ticket.objects.get(pk=ticket).items) == assets
