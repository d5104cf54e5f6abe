"""A few requests at once, and one of each organization when there are several (RS-164)."""

import threading
import time

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from polydesk.web.turns import LONG, Queue, Turns

pytestmark = pytest.mark.spec("RS-164")
UNKNOWN, LOUD, QUIET = 0, 1, 2


class Clock:
    """Stands still until it is moved."""

    now = 100.0

    def __call__(self):
        return self.now

    def move(self, seconds):
        self.now += seconds


class Asked(threading.Thread):
    """A request that waits for its turn."""

    def __init__(self, queue, whose):
        super().__init__(daemon=True)
        self.queue, self.whose, self.turn = queue, whose, None
        self.answered = threading.Event()
        waiting = sum(map(len, queue.lines.values()))
        self.start()
        while not self.answered.is_set() and sum(map(len, queue.lines.values())) == waiting:
            time.sleep(0.001)

    def run(self):
        self.turn = self.queue.enter(self.whose)
        self.answered.set()

    def has_come(self, within=10.0):
        return self.answered.wait(within)

    def waits(self):
        return not self.has_come(within=2.5 * LONG)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def queue(clock):
    return Queue(places=2, most=4, clock=clock)


def test_an_organization_alone_has_every_place(queue):
    first, _second = queue.enter(LOUD), queue.enter(LOUD)
    third = Asked(queue, LOUD)
    assert third.waits()
    queue.leave(first)
    assert third.has_come()


def test_somebody_else_s_request_waits_for_nobody_while_there_is_one_place(clock):
    queue = Queue(places=1, most=9, clock=clock)
    first = queue.enter(LOUD)
    assert Asked(queue, LOUD).waits()
    assert Asked(queue, QUIET).has_come()
    queue.leave(first)


def test_the_lines_of_several_organizations_take_turns(queue):
    first, second = queue.enter(LOUD), queue.enter(LOUD)
    loud, quiet, third = (Asked(queue, whose) for whose in (LOUD, QUIET, 3))
    queue.leave(first)
    assert quiet.has_come() and loud.waits()
    queue.leave(second)
    assert loud.has_come() and third.waits()
    queue.leave(loud.turn)
    assert third.has_come()


def test_in_company_one_request_follows_the_other_and_half_of_the_time_is_left(queue, clock):
    queue.leave(queue.enter(QUIET))
    first, second = queue.enter(LOUD), Asked(queue, LOUD)
    assert second.waits(), "the other place is for others"
    clock.move(0.04)
    queue.leave(first)
    clock.move(0.03)
    assert second.waits(), "what it took is its pause"
    queue.leave(queue.enter(QUIET))
    clock.move(0.02)
    assert second.has_come()


@pytest.mark.spec("RS-161")
def test_while_the_database_does_not_answer_all_ask_it_within_moments(queue, clock):
    queue.most = 100
    asked, moments = [Asked(queue, LOUD) for _ in range(40)], 0
    while not all(one.answered.is_set() for one in asked):
        moments += 1
        clock.move(2 * LONG)
        time.sleep(1.5 * LONG)
    assert moments <= 20


def test_what_takes_long_does_not_hold_the_next_one_for_ever(queue, clock):
    queue.leave(queue.enter(QUIET))
    queue.enter(LOUD)
    second = Asked(queue, LOUD)
    assert second.waits()
    clock.move(2 * LONG)
    assert second.has_come()


def test_who_finds_too_many_of_its_own_waiting_is_told_to_come_again(queue):
    running = [queue.enter(LOUD) for _ in range(2)]
    waiting = [Asked(queue, LOUD) for _ in range(4)]
    assert queue.enter(LOUD) is None
    for turn in running:
        queue.leave(turn)
    for one in waiting:
        assert one.has_come()
        queue.leave(one.turn)
    assert queue.running == [] and queue.lines == {}


def test_a_refused_request_is_answered_503_in_the_words_of_its_face(clock):
    door = Turns(lambda request: HttpResponse())
    door.queue = Queue(places=1, most=0, clock=clock)
    held = door.queue.enter(UNKNOWN)
    refused = door(RequestFactory().get("/api/v1/tickets", headers={"Authorization": "Bearer x"}))
    assert refused.status_code == 503 and int(refused["Retry-After"]) > 0
    assert refused["Content-Type"] == "application/problem+json"
    assert door(RequestFactory().get("/healthz")).status_code == 200
    door.queue.leave(held)


@pytest.mark.django_db
def test_a_credential_is_remembered_with_its_organization(world):
    class Actor:
        organization_id = 7

    def answer(request):
        request.actor = Actor()
        return HttpResponse()

    door = Turns(answer)
    for _ in range(2):
        door(RequestFactory().get("/api/v1/tickets", headers={"Authorization": "Bearer x"}))
    assert list(door.known.values()) == [7] and "Bearer x" not in str(door.known)
    assert door.queue.latest[0] == 7
