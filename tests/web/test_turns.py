"""A few requests at once, and one of each organization when there are several (RS-164)."""

import threading
import time

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from polydesk.web import turns
from polydesk.web.turns import Queue, Turns

pytestmark = pytest.mark.spec("RS-164")
LOUD, QUIET = 1, 2


@pytest.fixture
def queue():
    return Queue(places=2, most=4)


def come(queue, whose, count, seconds=0.02):
    """So many requests of one organization at once, each working for so long; how many are worked on at a time."""
    at_once, most, refused, lock = 0, [0], [], threading.Lock()

    def one():
        nonlocal at_once
        turn = queue.enter(whose)
        if turn is None:
            refused.append(1)
            return
        with lock:
            at_once += 1
            most.append(at_once)
        time.sleep(seconds)
        with lock:
            at_once -= 1
        queue.leave(turn)

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads, most, refused


def all_gone(threads):
    for thread in threads:
        thread.join()


def test_an_organization_alone_has_every_place(queue):
    threads, most, refused = come(queue, LOUD, 6)
    all_gone(threads)
    assert max(most) == 2 and not refused


def test_the_lines_of_several_organizations_take_turns():
    queue, order = Queue(places=1, most=9), []
    first = queue.enter(LOUD)

    def one(whose):
        turn = queue.enter(whose)
        order.append(whose)
        queue.leave(turn)

    threads = [threading.Thread(target=one, args=(whose,)) for whose in (LOUD, LOUD, LOUD, QUIET)]
    for thread in threads:
        thread.start()
        time.sleep(0.01)
    queue.leave(first)
    all_gone(threads)
    assert order.index(QUIET) <= 1


def test_in_company_one_request_follows_the_other_and_half_of_the_time_is_left(queue):
    queue.leave(queue.enter(QUIET))
    began = time.monotonic()
    threads, most, refused = come(queue, LOUD, 5, seconds=0.04)
    time.sleep(0.01)
    asked = time.monotonic()
    queue.leave(queue.enter(QUIET))
    assert time.monotonic() - asked < 0.03
    all_gone(threads)
    assert max(most) == 1 and not refused
    assert time.monotonic() - began >= 0.04 * 9


@pytest.mark.spec("RS-161")
def test_while_the_database_does_not_answer_all_ask_it_within_moments(queue):
    queue.most = 100
    began = time.monotonic()
    threads, most, _ = come(queue, LOUD, 40, seconds=turns.LONG * 10)
    all_gone(threads)
    assert max(most) > 30 and time.monotonic() - began < turns.LONG * 20


def test_what_takes_long_does_not_hold_the_next_one_for_ever(queue):
    queue.leave(queue.enter(QUIET))
    threads, most, _ = come(queue, LOUD, 2, seconds=turns.LONG * 2)
    all_gone(threads)
    assert max(most) == 2


def test_who_finds_too_many_of_its_own_waiting_is_told_to_come_again(queue):
    threads, _, refused = come(queue, LOUD, 9, seconds=turns.LONG / 2)
    all_gone(threads)
    assert 1 <= len(refused) <= 3
    assert queue.running == [] and queue.lines == {}


def test_a_refused_request_is_answered_503_in_the_words_of_its_face():
    door = Turns(lambda request: HttpResponse())
    door.queue.most = 0
    held = [door.queue.enter(QUIET) for _ in range(door.queue.places)]
    refused = door(RequestFactory().get("/api/v1/tickets", headers={"Authorization": "Bearer x"}))
    assert refused.status_code == 503 and int(refused["Retry-After"]) > 0
    assert refused["Content-Type"] == "application/problem+json"
    assert door(RequestFactory().get("/healthz")).status_code == 200
    for turn in held:
        door.queue.leave(turn)


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
