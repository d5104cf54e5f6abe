"""A token for a name and a password, as Keystone gives one."""

from datetime import timedelta

import pytest
from django.utils import timezone

from polydesk.directory.models import Credential

from .conftest import Api

pytestmark = pytest.mark.django_db

TOKENS = "/identity/v3/auth/tokens"


def asked(name, password):
    user = {"name": name, "password": password, "domain": {"name": "Acme"}}
    identity = {"methods": ["password"], "password": {"user": user}}
    return {"auth": {"identity": identity, "scope": {"domain": {"name": "Acme"}}}}


@pytest.mark.spec("SE-039", "SE-032")
def test_a_password_buys_a_token_for_a_day(desk):
    answer = Api().post(TOKENS, asked("carl", "secret-word-of-carl"))
    assert answer.status == 201 and answer.body["token"]["user"]["name"] == "carl"
    token = answer.headers["X-Subject-Token"]
    assert Api(token, "X-Auth-Token").get("/support/v2/tickets").status == 200
    ends = Credential.objects.latest("pk").expires_at - timezone.now()
    assert timedelta(hours=23) < ends <= timedelta(hours=24)
    Credential.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Api(token, "X-Auth-Token").get("/support/v2/tickets").status == 401
    assert Api().post(TOKENS, asked("carl", "secret-word-of-carl")).status == 201
    assert Credential.objects.count() == 1


@pytest.mark.spec("SE-039", "RS-126")
def test_what_is_wrong_is_not_told_and_cannot_be_tried_for_ever(desk):
    for name, password in (("carl", "wrong"), ("nobody", "secret-word-of-carl"), ("carl", "")):
        answer = Api().post(TOKENS, asked(name, password))
        assert (answer.status, answer.code) == (401, "USER_UNAUTHORIZED")
    for body in ({}, {"auth": 1}, asked(1, 2), asked(None, None)):
        assert Api().post(TOKENS, body).status == 400
    assert Api().post(TOKENS, b"{").status == 400 and Api().get(TOKENS).status == 405
    answers = [Api().post(TOKENS, asked("carl", "wrong")).status for _ in range(30)]
    assert answers[0] == 401 and answers[-1] == 429


@pytest.mark.spec("SE-039", "RS-127")
def test_a_second_factor_is_not_passed_by_the_first_alone(desk):
    from allauth.mfa.models import Authenticator

    Authenticator.objects.create(user=desk.people["carl"].user, type="totp", data={})
    assert Api().post(TOKENS, asked("carl", "secret-word-of-carl")).status == 401
