"""A notification comment sends word to the subscribers."""

import pytest
from django.contrib.auth.models import User

from polydesk.features.notifications.models import Notification
from polydesk.jobs.testing import drain

from .conftest import A

pytestmark = pytest.mark.django_db
VIEW = tuple(f"view:{kind}" for kind in ("request", "incident"))


@pytest.mark.spec("CE-108")
def test_word_reaches_the_subscribers_in_the_desk_and_by_mail(desk, tri, settings, mailoutbox):
    settings.POLYDESK_MAIL_URL = "console:"
    people = {}
    for login in ("sub", "member", "other", "stranger"):
        rights = VIEW if login != "stranger" else ()
        people[login] = desk.caller(login, *rights, user=User.objects.create_user(login)).person
    team = desk.join(people["member"], *VIEW)
    ticket = desk.ticket(subscribed_users=[people["sub"].pk, people["stranger"].pk], subscribed_teams=[team.pk])
    where = f"{A}/core/ticket/{ticket['id']}/comments"
    drain()
    Notification.objects.all().delete()
    mailoutbox.clear()
    made = tri.post(where, {"comment_type": 4, "body": "We are down at noon"})
    assert made.status_code == 201
    assert not mailoutbox, "nothing is sent from the request"
    drain()
    told = {n.person_id: n for n in Notification.objects.all()}
    assert set(told) == {people["sub"].pk, people["member"].pk}, "who may not see it is told nothing"
    assert {(n.what, n.reason, n.comment_id, n.shown) for n in told.values()} == {
        ("word", "watching", made.data["id"], True)
    }
    assert {m.to[0] for m in mailoutbox} == {"sub@desk.example", "member@desk.example"}
    assert all("We are down at noon" in m.body for m in mailoutbox)


@pytest.mark.spec("CE-108")
def test_without_triage_no_word_is_sent(desk, tri):
    watcher = desk.caller("sub", *VIEW, user=User.objects.create_user("sub")).person
    req = desk.role("requester")
    ticket = desk.ticket(req, subscribed_users=[watcher.pk])
    drain()
    Notification.objects.all().delete()
    answer = req.post(f"{A}/core/ticket/{ticket['id']}/comments", {"comment_type": 4, "body": "x"})
    assert answer.status_code == 400 and list(answer.data) == ["comment_type"]
    drain()
    assert not Notification.objects.exists()
