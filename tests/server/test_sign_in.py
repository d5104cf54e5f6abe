"""The sign-in page: limits that cannot be got around, and no word about who exists (RS-126, RS-127, RS-129)."""

import threading

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.db import connections
from django.test import Client
from django.utils import timezone

from polydesk.directory import founding
from polydesk.server import people

PAGE = "/accounts/login/"


@pytest.fixture
def ada(transactional_db):
    return people.add(
        founding.found("Example", "example"), "ada", "Ada", password="plain-spoken-otter", email="ada@x.example"
    )


def try_in(login="ada", password="wrong", client=None, address="192.0.2.1"):
    return (client or Client()).post(PAGE, {"login": login, "password": password}, REMOTE_ADDR=address)


def is_in(answer):
    return answer.status_code == 302 and "login" not in answer["Location"]


@pytest.mark.spec("PL-211")
@pytest.mark.parametrize("login", ["ada", "ada@x.example", "ADA@x.example"])
def test_login_or_address_and_password_let_in(ada, login):
    assert is_in(try_in(login, "plain-spoken-otter"))


@pytest.mark.spec("RS-126", "PL-211")
def test_after_ten_wrong_passwords_a_right_one_is_refused_alike(ada):
    for number in range(10):
        assert try_in(address=f"192.0.2.{number}").status_code == 200
    for password in ("wrong", "plain-spoken-otter"):
        locked = try_in(password=password, address="198.51.100.1")
        assert locked.status_code == 429
        assert int(locked["Retry-After"]) > 0
        assert b"Too many" in locked.content


@pytest.mark.spec("RS-126")
def test_one_address_may_not_try_many_logins(ada):
    for number in range(10):
        try_in(f"guess{number}", address="192.0.2.7")
    assert try_in("guess11", address="192.0.2.7").status_code == 429
    assert is_in(try_in(password="plain-spoken-otter", address="192.0.2.8"))


@pytest.mark.spec("RS-126")
def test_right_passwords_use_nothing_up(ada):
    for _ in range(12):
        assert is_in(try_in(password="plain-spoken-otter"))


@pytest.mark.spec("RS-126")
def test_parallel_tries_count_too(ada):
    answers = []

    def tries():
        try:
            answers.extend(try_in().status_code for _ in range(5))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=tries) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(200) <= 10
    assert answers.count(429) >= 30


@pytest.mark.spec("RS-127", "PL-211")
@pytest.mark.parametrize("path", [PAGE, "/accounts/password/reset/"])
def test_a_stranger_does_not_learn_who_exists(ada, path):
    def shown(name):
        form = {"login": name, "password": "wrong", "email": name}
        answer = Client().post(path, form, REMOTE_ADDR=f"192.0.2.{len(name)}")
        # The page repeats what was typed, and a token of its own.
        text = answer.content.decode().replace(name, "NAME")
        return answer.status_code, answer.get("Location"), len(text)

    known, unknown = shown("ada@x.example"), shown("eve@elsewhere.example")
    assert known[:2] == unknown[:2]
    assert known[2] == unknown[2]


@pytest.mark.spec("RS-129")
def test_the_session_gets_another_key_at_sign_in_and_ends_at_sign_out_and_at_a_new_password(ada):
    client = Client()
    client.get(PAGE)
    before = client.session.session_key
    assert is_in(try_in(password="plain-spoken-otter", client=client))
    inside = client.session.session_key
    assert inside != before

    elsewhere = Client()
    elsewhere.cookies["session"] = inside
    assert elsewhere.get("/accounts/password/change/").status_code == 200
    user = get_user_model().objects.get(username="ada")
    user.set_password("another-plain-otter")
    user.save()
    assert elsewhere.get("/accounts/password/change/").status_code == 302

    client = Client()
    try_in(password="another-plain-otter", client=client)
    kept = client.session.session_key
    client.post("/accounts/logout/")
    elsewhere.cookies["session"] = kept
    assert elsewhere.get("/accounts/password/change/").status_code == 302


@pytest.mark.spec("RS-129", "RS-146")
@pytest.mark.parametrize("cookie", ["", "x" * 32, "%00", "a;b", "é" * 8, "' OR 1=1 --", "0" * 5000])
def test_an_odd_cookie_is_nobody_s_session(ada, cookie):
    client = Client()
    assert is_in(try_in(password="plain-spoken-otter", client=client))
    assert client.get("/accounts/password/change/").status_code == 200
    client.cookies["session"] = cookie
    answer = client.get("/accounts/password/change/")
    assert answer.status_code == 302 and "/accounts/login/" in answer["Location"]


def test_a_session_whose_time_is_over_lets_nobody_in(ada):
    client = Client()
    assert is_in(try_in(password="plain-spoken-otter", client=client))
    Session.objects.update(expire_date=timezone.now())
    answer = client.get("/accounts/password/change/")
    assert answer.status_code == 302 and "/accounts/login/" in answer["Location"]


@pytest.mark.spec("RS-125")
def test_nobody_signs_himself_up(ada):
    page = Client().get("/accounts/signup/")
    assert b"password1" not in page.content
    Client().post("/accounts/signup/", {"email": "eve@x.example", "username": "eve", "password1": "plain-spoken-eagle"})
    assert not get_user_model().objects.filter(username="eve").exists()


@pytest.mark.spec("RS-128")
def test_the_link_of_a_reset_has_our_address_whatever_the_request_says(ada, mailoutbox, settings):
    settings.BASE_URL = "https://desk.example"
    Client().post("/accounts/password/reset/", {"email": "ada@x.example"}, headers={"host": "evil.example"})
    assert len(mailoutbox) == 1
    assert "https://desk.example/accounts/password/reset/key/" in mailoutbox[0].body
    assert "evil.example" not in mailoutbox[0].body + mailoutbox[0].subject
