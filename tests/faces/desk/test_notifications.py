"""The page of notifications, the count beside it, and choosing what to be told."""

import pytest

from polydesk.features.notifications import preferences
from polydesk.features.notifications.models import Notification, Wording
from polydesk.jobs.testing import drain
from polydesk.tickets import commands
from polydesk.web.testing import count_statements

from .conftest import signed_in

pytestmark = pytest.mark.django_db


def text(answer):
    assert answer.status_code in (200, 302, 422), answer.content[:2000]
    return answer.content.decode()


@pytest.fixture
def told(world, tess):
    """Max gives Tess the ticket and asks her something."""
    ticket = world.tickets[0]
    drain()
    Notification.objects.all().delete()
    commands.assign(ticket, world.max.pk, by=world.by, via="web")
    commands.assign(ticket, world.tess.pk, by=world.as_max, via="web")
    commands.comment(ticket, "Please look, @tess: <b>urgent</b>", by=world.as_max, via="web", internal=True)
    drain()
    return ticket


def test_what_happened_stands_on_the_page_and_its_number_beside_it(world, tess, told):
    page = text(tess.get("/notifications"))
    assert "Max Kowalski gave this to you." in page and "Max Kowalski mentioned you." in page
    assert "Please look, @tess: &lt;b&gt;urgent&lt;/b&gt;" in page
    assert f'href="/t/{told.pk}#entry-' in page
    assert '<span class="name cut">Notifications</span><span class="count">2</span>' in page
    assert "Max Kowalski" not in text(signed_in(world.max).get("/notifications")).split('class="scroll"')[1]


def test_they_are_read_one_by_one_all_at_once_and_by_looking_at_the_ticket(world, tess, told):
    first = Notification.objects.filter(person=world.tess).last()
    answer = tess.post("/notifications/read", {"notification": first.pk, "next": "/notifications?show=unread"})
    assert answer["Location"] == "/notifications?show=unread"
    assert "mentioned you" not in text(tess.get("/notifications?show=unread"))
    tess.post("/notifications/read", {"notification": first.pk, "read": "no"})
    assert "mentioned you" in text(tess.get("/notifications?show=unread"))
    tess.post("/notifications/read")
    assert "You have read everything." in text(tess.get("/notifications?show=unread"))
    Notification.objects.update(read_at=None)
    tess.get(f"/t/{told.pk}")
    page = text(tess.get("/notifications?show=unread"))
    assert "You have read everything." in page and 'class="count">2</span>' not in page.split("Inbox")[0]
    signed_in(world.max).post("/notifications/read", {"notification": first.pk, "read": "no"})
    first.refresh_from_db()
    assert first.read_at is not None, "nobody marks another's"


def test_what_the_reader_may_not_see_any_more_is_not_listed(world, tess, told):
    type(told).objects.filter(pk=told.pk).update(deleted_at=told.created_at)
    page = text(tess.get("/notifications"))
    assert "Nothing yet." in page and '<span class="count">2</span>' not in page.split("Inbox")[0]


def test_many_follow_by_pages_and_cost_the_same_statements(world, tess, told, monkeypatch):
    from polydesk.faces.desk.views import notifications

    monkeypatch.setattr(notifications, "PAGE", 2)
    tess.get("/notifications")
    with count_statements() as few:
        page = text(tess.get("/notifications"))
    assert 'rel="next"' not in page
    for n in range(3):
        commands.comment(told, f"More {n}", by=world.as_max, via="web")
    drain()
    with count_statements() as many:
        page = text(tess.get("/notifications"))
    assert len(many) == len(few) <= 26, many.sql
    assert "More 2" in page and 'rel="next"' in page
    assert "More 0" in text(tess.get(f"/notifications?before={Notification.objects.order_by('-id')[1].pk}"))


def test_people_choose_what_they_are_told(world, tess):
    assert "sends no mails yet" in text(tess.get("/notifications/choices"))
    tess.post("/notifications/choices", {"inbox-message": "on", "mail-mention": "on"})
    ways = preferences.of_one(world.tess.pk)
    assert ways["message"] == (True, False) and ways["mention"] == (False, True) and ways["note"] == (False, False)
    assert '<input type="checkbox" name="mail-mention" aria-label="Somebody mentions me: By mail" checked>' in text(
        tess.get("/notifications/choices")
    )


@pytest.mark.parametrize(
    "address", ["/notifications?before=x", "/notifications?before=99999999999999999999", "/notifications?show=%00"]
)
def test_odd_addresses_never_fail(tess, address):
    assert tess.get(address).status_code < 500
    assert tess.post("/notifications/read", {"notification": "9" * 30}).status_code == 302


@pytest.mark.spec("RS-088")
def test_administrators_write_the_texts_of_mails(world, tess):
    sent = {"what": "message", "language": "", "subject": "News\nof {{ticket.title}}", "body": "{{sentence}}"}
    assert "{{organization.name}}" in text(tess.get("/admin/texts/new"))
    assert tess.post("/admin/texts/new", sent)["Location"] == "/admin/texts"
    assert "A message on a ticket of mine" in text(tess.get("/admin/texts"))
    row = Wording.objects.get(organization=world.acme)
    assert (row.subject, row.body) == ("News of {{ticket.title}}", "{{sentence}}")
    assert "There is a text for this already." in text(tess.post("/admin/texts/new", sent))
    assert "Choose one of the list." in text(tess.post("/admin/texts/new", {**sent, "what": "gossip"}))
    assert signed_in(world.max).get("/admin/texts").status_code == 403
