"""One effect per key."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import connections, transaction
from django.test import RequestFactory
from django.utils import timezone

from polydesk.web import idempotency, middleware
from polydesk.web.bodies import json_response
from polydesk.web.failpoints import Failed, armed, failpoint
from polydesk.web.idempotency import form_once, form_token, once
from polydesk.web.models import Bucket, IdempotencyRecord
from polydesk.web.problems import Problem, problem_response


def post(key="k-1", body=None, path="/tickets", **extra):
    headers = {"HTTP_IDEMPOTENCY_KEY": key} if key is not None else {}
    return RequestFactory().post(path, json.dumps(body or {"a": 1}), "application/json", **headers, **extra)


def create(status=201):
    """An effect that can be counted: every call adds a row."""
    failpoint("test.before_effect")
    with transaction.atomic():
        Bucket.objects.create(name=f"effect {form_token()}", tokens=0, taken=0, updated=0)
    failpoint("test.after_effect")
    response = json_response({"n": effects()}, status=status, headers={"Location": "/tickets/1", "ETag": '"1"'})
    response.set_cookie("secret", "x")
    return response


def effects():
    return Bucket.objects.count()


@pytest.mark.spec("RS-020", "PL-025")
@pytest.mark.django_db
def test_a_repeated_request_gets_the_first_answer_and_does_nothing():
    first = once(post(), create, caller="token:1")
    again = once(post(), create, caller="token:1")
    assert effects() == 1
    assert (again.status_code, again.content) == (201, first.content)
    assert again["Idempotency-Replayed"] == "true" and "Idempotency-Replayed" not in first
    assert again["Location"] == "/tickets/1" and again["ETag"] == '"1"' and "Set-Cookie" not in str(again.headers)


@pytest.mark.django_db
def test_without_a_key_every_request_counts():
    once(post(key=None), create, caller="token:1")
    once(post(key=None), create, caller="token:1")
    assert effects() == 2 and not IdempotencyRecord.objects.exists()


@pytest.mark.spec("RS-021", "PL-025")
@pytest.mark.django_db
@pytest.mark.parametrize("other", [{"body": {"a": 2}}, {"path": "/tickets?x=1"}, {"path": "/comments"}])
def test_the_same_key_for_another_request_is_refused(other):
    once(post(), create, caller="token:1")
    with pytest.raises(Problem) as caught:
        once(post(**other), create, caller="token:1")
    assert (caught.value.kind, caught.value.status) == ("idempotency-mismatch", 422)
    assert effects() == 1


@pytest.mark.spec("RS-021")
@pytest.mark.django_db
def test_another_method_is_another_request():
    once(post(), create, caller="token:1")
    put = RequestFactory().put("/tickets", '{"a": 1}', "application/json", HTTP_IDEMPOTENCY_KEY="k-1")
    with pytest.raises(Problem):
        once(put, create, caller="token:1")


@pytest.mark.spec("RS-024")
@pytest.mark.django_db
def test_keys_belong_to_one_caller():
    once(post(), create, caller="token:1")
    assert "Idempotency-Replayed" not in once(post(body={"b": 2}), create, caller="token:2")
    assert effects() == 2


@pytest.mark.spec("RS-023")
@pytest.mark.django_db
@pytest.mark.parametrize(("status", "kept"), [(201, 1), (204, 1), (404, 1), (422, 1), (401, 0), (429, 0)])
def test_answers_that_say_not_now_are_not_remembered(status, kept):
    once(post(), lambda: json_response(None, status=status), caller="token:1")
    assert IdempotencyRecord.objects.count() == kept


@pytest.mark.spec("RS-023", "RS-002")
@pytest.mark.django_db
@pytest.mark.parametrize("place", ["test.before_effect", "test.after_effect"])
def test_after_a_failure_neither_effect_nor_key_exists_and_a_retry_works(place):
    with armed(f"{place}:raise"), pytest.raises(Failed):
        once(post(), create, caller="token:1")
    assert effects() == 0 and not IdempotencyRecord.objects.exists()
    assert once(post(), create, caller="token:1").status_code == 201
    assert effects() == 1


@pytest.mark.spec("RS-023")
@pytest.mark.django_db
def test_an_answer_of_5xx_undoes_its_effect():
    once(post(), lambda: create(status=503), caller="token:1")
    assert effects() == 0 and not IdempotencyRecord.objects.exists()


@pytest.mark.spec("RS-020", "RS-148")
@pytest.mark.django_db
def test_a_raised_refusal_is_remembered_in_its_faces_shape_and_undoes_its_effect(monkeypatch):
    def refuse():
        create()
        raise Problem("validation", "No.")

    with pytest.raises(Problem):  # a path that no face has registered
        once(post(), refuse, caller="token:1")
    monkeypatch.setattr(middleware, "_renderers", {"/tickets": problem_response})
    first, again = (once(post(), refuse, caller="token:1") for _ in range(2))
    assert effects() == 0
    assert first.status_code == again.status_code == 422 and first.content == again.content
    assert again["Idempotency-Replayed"] == "true" and again["Content-Type"] == "application/problem+json"


@pytest.mark.spec("RS-020")
@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "x" * 256, "ü", "a\tb", "a\nb"])
def test_a_key_is_short_printable_ascii(key):
    with pytest.raises(Problem) as caught:
        once(post(key=key), create, caller="token:1")
    assert caught.value.status == 400 and effects() == 0


@pytest.mark.spec("RS-020")
@pytest.mark.django_db
def test_a_key_is_forgotten_after_a_day():
    once(post(), create, caller="token:1")
    IdempotencyRecord.objects.update(created=timezone.now() - timedelta(hours=25))
    once(post(body={"b": 2}), create, caller="token:1")
    assert effects() == 2
    IdempotencyRecord.objects.update(created=timezone.now() - timedelta(hours=25))
    once(post(key="young"), create, caller="token:1")
    assert idempotency.sweep() == 1
    assert IdempotencyRecord.objects.get().key == "young"


@pytest.mark.spec("RS-020", "RS-022")
@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_have_one_effect():
    answers = at_once(50, lambda: once(post(), create, caller="token:1"))
    assert effects() == 1
    fine = [answer for answer in answers if not isinstance(answer, Problem)]
    refused = [answer for answer in answers if isinstance(answer, Problem)]
    assert len(fine) + len(refused) == 50 and len({answer.content for answer in fine}) == 1
    assert {(p.kind, p.status, p.headers["Retry-After"]) for p in refused} <= {("idempotency-in-progress", 409, "1")}
    assert once(post(), create, caller="token:1")["Idempotency-Replayed"] == "true"


@pytest.mark.spec("RS-022")
@pytest.mark.django_db(transaction=True)
def test_while_the_first_one_runs_others_are_refused(monkeypatch):
    begun, go_on = threading.Event(), threading.Event()

    def slow():
        begun.set()
        assert go_on.wait(10)
        return create()

    thread = threading.Thread(target=lambda: closing(lambda: once(post(), slow, caller="token:1")))
    thread.start()
    assert begun.wait(10)
    try:
        with pytest.raises(Problem) as caught:
            once(post(), create, caller="token:1")
        assert caught.value.kind == "idempotency-in-progress"
        if connections["default"].vendor == "postgresql":  # also seen from another process
            monkeypatch.setattr(idempotency, "_running", set())
            with pytest.raises(Problem) as caught:
                once(post(), create, caller="token:1")
            assert caught.value.kind == "idempotency-in-progress"
            monkeypatch.undo()
    finally:
        go_on.set()
        thread.join(10)
    assert effects() == 1


@pytest.mark.spec("RS-025")
@pytest.mark.django_db(transaction=True)
def test_a_double_click_on_a_form_makes_one_object():
    token = form_token()

    def click():
        return form_once(RequestFactory().post("/new", {"title": "x", "once": token}), create, caller="user:1")

    answers = at_once(4, click)
    assert effects() == 1
    assert all(isinstance(answer, Problem) or answer.status_code == 201 for answer in answers)
    form_once(RequestFactory().post("/new", {"title": "x", "once": form_token()}), create, caller="user:1")
    form_once(RequestFactory().post("/new", {"title": "no token"}), create, caller="user:1")
    assert effects() == 3


def at_once(count, act):
    barrier, answers = threading.Barrier(count), []

    def one():
        barrier.wait()
        try:
            answers.append(act())
        except Problem as problem:
            answers.append(problem)

    threads = [threading.Thread(target=lambda: closing(one)) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def closing(act):
    try:
        act()
    finally:
        connections.close_all()
