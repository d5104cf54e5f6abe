"""The mails: what stands in them, whom they reach, and what becomes of those that cannot be delivered."""

import datetime as dt
import re
from email.utils import parseaddr

import pytest
from django.utils import timezone

from polydesk.directory import founding
from polydesk.directory.models import Membership, Person
from polydesk.features.notifications import addresses, letters, preferences, telling, wording
from polydesk.features.notifications.models import Notification, Wording
from polydesk.jobs.models import Job
from polydesk.jobs.testing import drain
from polydesk.tickets import commands
from polydesk.tickets.models import Comment, Status, Ticket
from polydesk.tickets.refusals import Denied
from polydesk.web.testing import count_statements

pytestmark = pytest.mark.django_db
# Line breaks in every spelling, and what a mail program may take for one.
NASTY = "Evil\r\nBcc: thief@evil.example\n\0\x0b\x0c\x1b\x85\u2028\u2029\u202eend"
HEADER_CORPUS = [
    NASTY,
    "x\r\nSubject: other\r\n\r\nbody",
    "=?utf-8?q?=0d=0aBcc:_thief@evil.example?=",
    'a" <thief@evil.example>, "b',
    "thief@evil.example, second@evil.example",
    "<thief@evil.example>",
    "Ünïcödé " * 60,
]


def by(world, login):
    return {"by": world.actor(login), "via": "test"}


@pytest.fixture
def ticket(world):
    made = world.ticket(
        title="Printer down", assignee=world.bob, watchers=[world.mona.pk], requester=world.carl, company=world.acme
    )
    drain()
    Notification.objects.all().delete()
    return made


def answered(world, ticket, text="It is **back**"):
    commands.comment(ticket, text, **by(world, "bob"))
    drain()


@pytest.mark.spec("RS-027", "RS-067", "RS-074")
def test_a_mail_has_what_machines_need_and_people_read(world, ticket, sink):
    sink.got.clear()
    answered(world, ticket, "It is **back** <script>alert(1)</script> & fine")
    mail = {m.recipients[0]: m for m in sink.got}["carl@acme.example"]
    message = mail.message
    assert (mail.sender, mail.recipients) == ("", ["carl@acme.example"])
    assert message["Auto-Submitted"] == "auto-generated" and message["X-Auto-Response-Suppress"] == "All"
    assert parseaddr(message["From"]) == ("House", "desk@polydesk.example")
    assert (message["To"], message["Reply-To"]) == ("carl@acme.example", "desk@house.example")
    assert message["List-Id"] == "<house.polydesk.example>"
    assert message["References"] == message["In-Reply-To"] == f"<ticket.{ticket.pk}@polydesk.example>"
    assert message["Subject"] == f"[House #{ticket.pk}] Printer down"
    text = message.get_body(("plain",)).get_content()
    assert "Bob Builder wrote a message." in text and "It is **back** <script>" in text
    assert f"/portal/requests/{ticket.pk}/" in text and "You get this because you asked for it." in text
    html = message.get_body(("html",)).get_content()
    assert "<strong>back</strong>" in html and "<script" not in html and "&lt;script&gt;" in html
    assert f'<a href="http://localhost:8000/portal/requests/{ticket.pk}/"' in html
    watcher = {m.recipients[0]: m for m in sink.got}["mona@house.example"].message
    assert f"http://localhost:8000/t/{ticket.pk}" in watcher.get_body(("plain",)).get_content().split()
    assert watcher["References"] == message["References"] and watcher["Message-ID"] != message["Message-ID"]


@pytest.mark.spec("RS-027", "RS-041", "RS-042")
def test_every_try_has_the_same_message_id_and_a_failing_address_delays_only_itself(world, ticket, sink):
    sink.got.clear()
    sink.refused["RCPT carl@acme.example"] = "451 later"
    answered(world, ticket)
    assert [m.recipients for m in sink.got] == [["mona@house.example"]]
    commands.comment(ticket, "And once more", **by(world, "bob"))
    drain()
    assert [m.recipients for m in sink.got] == [["mona@house.example"]] * 2
    sink.refused.clear()
    sink.refusals.append("451 greylisted")
    drain(ahead=dt.timedelta(seconds=10))
    drain(ahead=dt.timedelta(minutes=10))
    tries = [m.message for m in sink.got if m.recipients == ["carl@acme.example"]]
    texts = [m.get_body(("plain",)).get_content() for m in tries]
    assert len(tries) == 3 and tries[0]["Message-ID"] == tries[1]["Message-ID"] != tries[2]["Message-ID"]
    assert "back" in texts[1] and "once more" in texts[2], "in order"
    assert set(Notification.objects.values_list("mail", flat=True)) == {"sent"}


@pytest.mark.spec("RS-046")
def test_an_address_that_is_refused_for_good_is_given_up_and_a_dead_server_is_asked_for_days(world, ticket, sink):
    sink.refused["RCPT carl@acme.example"] = "550 no such user"
    answered(world, ticket)
    assert Notification.objects.get(person=world.carl).mail == "failed"
    [dead] = Job.objects.dead()
    assert dead.error == "The mail was not taken: SMTPRecipientsRefused."
    sink.refusals += ["554 no"] * 20
    answered(world, ticket)
    waited = 0
    while Job.objects.waiting().filter(kind="notification.mail").exists():
        waited += drain(ahead=dt.timedelta(days=2))
    assert set(Notification.objects.filter(mail="failed").values_list("person", flat=True)) == {
        world.mona.pk,
        world.carl.pk,
    }
    assert waited == 9


@pytest.mark.spec("RS-067")
def test_a_server_that_wants_a_sender_gets_the_desks(world, ticket, sink):
    sink.refused["MAIL "] = "550 a sender, please"
    answered(world, ticket)
    assert sink.got and {m.sender for m in sink.got} == {"desk@polydesk.example"}


@pytest.mark.spec("RS-074")
def test_no_value_breaks_out_of_its_header_and_no_name_becomes_a_recipient(world, sink):
    for evil in HEADER_CORPUS:
        sink.got.clear()
        stays_in_its_header(world, sink, evil.replace("\0", ""))  # which PostgreSQL stores nowhere


def stays_in_its_header(world, sink, evil):
    world.house.name = evil[:120]
    world.house.save()
    for person in (world.carl, world.bob):
        person.name = evil[:200]
        person.save()
    made = world.ticket(title=evil[:255], requester=world.carl, company=world.acme, assignee=world.bob)
    commands.comment(made, evil + " @mona", **by(world, "anna"))
    drain()
    assert {tuple(m.recipients) for m in sink.got} == {
        ("carl@acme.example",),
        ("bob@house.example",),
        ("mona@house.example",),
    }
    allowed = {
        "content-type", "mime-version", "subject", "from", "to", "date", "message-id", "in-reply-to", "references",
        "list-id", "auto-submitted", "x-auto-response-suppress", "reply-to",
    }  # fmt: skip
    for mail in sink.got:
        head = mail.content.split(b"\r\n\r\n")[0]
        assert {k.lower() for k in mail.message} <= allowed, head
        assert not re.search(rb"(?im)^(bcc|cc|subject: other)", head)
        assert all(len(line) < 998 for line in head.split(b"\r\n"))
        assert mail.message["To"] == mail.recipients[0]
        assert parseaddr(mail.message["From"])[1] == "desk@polydesk.example"


@pytest.mark.spec("RS-074")
def test_what_is_no_single_address_gets_no_mail(world, ticket, sink):
    for address in ["", "a@b.example, c@d.example", "a@b.example\nBcc: c@d.example", "x <a@b.example>", "nobody"]:
        type(world.carl).objects.filter(pk=world.carl.pk).update(email=address)
        sink.got.clear()
        answered(world, ticket)
        assert [m.recipients for m in sink.got] == [["mona@house.example"]]


@pytest.mark.spec("RS-074")
def test_control_characters_never_stand_in_a_header():
    assert addresses.header(NASTY) == "Evil Bcc: thief@evil.example end"
    assert addresses.header("  a\tb  ") == "a b" and addresses.header("=?utf-8?q?=0a?=") == "= ?utf-8?q?=0a?="


@pytest.mark.spec("RS-088")
def test_an_organizations_own_text_knows_listed_names_and_nothing_else(world, ticket, mails):
    subject = "{{organization.name}}: {{ticket.title}}{{7*7}}\n{{ 7*7 }}"
    body = (
        "Dear {{ person.name }}, {{actor.name}} says: {{comment.text}}|{{7*7}}|{{ticket}}|{{ticket.__class__}}|"
        "{{person.user.password}}|{{person.email}}|{{settings.SECRET_KEY}}|{% now 'Y' %}|{{ticket.number}}|${7*7}|{{}}"
        "{{link|safe}}|{{{link}}}"
    )
    wording.change(world.actor("mona"), "message", subject=subject, body=body)
    mails.clear()
    answered(world, ticket, "All well {{person.user.password}} {{organization.name}}")
    mail = {m.to[0]: m for m in mails}["carl@acme.example"]
    assert mail.subject == "House: Printer down"
    link = f"http://localhost:8000/portal/requests/{ticket.pk}/"
    said = "All well {{person.user.password}} {{organization.name}}"
    assert mail.body == (
        f"Dear Carl Customer, Bob Builder says: {said}||||||||{{% now 'Y' %}}|{ticket.pk}|${{7*7}}||{{{link}}}\n"
    ).replace("||||||||{%", "|||||||{%")
    html = mail.alternatives[0].content
    assert "49" not in html.replace(str(ticket.pk), "") and "password}} {{organization.name}}" in html
    wording.change(world.actor("mona"), "message")
    assert not Wording.objects.exists()
    with pytest.raises(Denied):
        wording.change(world.actor("anna"), "message", body="x")


def test_texts_are_in_the_language_of_their_reader(world, ticket, mails, monkeypatch):
    Wording.objects.create(
        organization=world.house, what="message", language="de", subject="Nachricht zu {{ticket.title}}"
    )
    Wording.objects.create(organization=world.house, what="message", subject="News of {{ticket.title}}")
    for person, language in ((world.carl, "de"), (world.mona, "ru")):
        person.language = language
        person.save()
    Wording.objects.update(body="{{ticket.status}}")
    mails.clear()
    answered(world, ticket)
    assert {m.to[0]: (m.subject, m.body) for m in mails} == {
        "carl@acme.example": ("Nachricht zu Printer down", "Wir arbeiten daran\n"),
        "mona@house.example": ("News of Printer down", "Новая\n"),
    }
    assert '<html lang="de">' in {m.to[0]: m for m in mails}["carl@acme.example"].alternatives[0].content
    Status.objects.create(organization=world.house, key="new", name="Fresh in", phase="new")
    mails.clear()
    answered(world, ticket)
    assert {m.to[0]: m.body for m in mails}["mona@house.example"] == "Fresh in\n", "as the organization calls it"


def test_a_contact_who_cannot_sign_in_is_told_by_mail_of_his_own_requests(world, ticket, mails):
    contact = Person.objects.create(
        organization=world.house, name="Cora", email="cora@acme.example", company=world.acme
    )
    former = founding.add_person(world.house, "Fred Former", role="customer", email="fred@acme.example")
    Membership.objects.filter(person=former).update(is_active=False)
    commands.edit(ticket, {"requester": contact, "watchers": [former.pk]}, **by(world, "bob"))
    drain()
    mails.clear()
    answered(world, ticket)
    assert [m.to for m in mails] == [["cora@acme.example"]]
    assert not Notification.objects.get(person=contact, mail="sent", what="message").shown
    commands.edit(ticket, {"requester": world.carl}, **by(world, "bob"))
    answered(world, ticket)
    assert mails[-1].to == ["carl@acme.example"]


def test_without_the_setting_nobody_is_mailed(world, ticket, mailoutbox):
    answered(world, ticket)
    assert mailoutbox == [] and set(Notification.objects.values_list("mail", flat=True)) == {""}
    assert not Notification.objects.filter(person__user=None).exists()


def test_what_the_reader_may_not_see_any_more_is_not_sent(world, ticket, mails):
    mails.clear()
    outcome = commands.comment(ticket, "Oh", **by(world, "bob"))
    from polydesk.jobs import running, worker

    worker.perform(running.claim("test", now=timezone.now()))
    Comment.objects.filter(pk=outcome.comment.pk).update(internal=True)
    drain()
    assert [m.to for m in mails] == [["mona@house.example"]]
    assert Notification.objects.get(person=world.carl).mail == "withheld"


def test_people_choose_against_mail(world, ticket, mails):
    preferences.choose(world.carl.pk, {"message": {"mail": False}})
    mails.clear()
    answered(world, ticket)
    assert [m.to for m in mails] == [["mona@house.example"]]
    commands.comment(ticket, "internal", internal=True, **by(world, "bob"))
    drain()
    assert len(mails) == 1, "notes are told in the inbox alone, as shipped"


def test_a_mail_to_the_requester_moves_the_stamp_of_the_ticket(world, ticket, mails):
    Ticket.objects.update(customer_notified_at=None)
    answered(world, ticket)
    stamped = Ticket.objects.get(pk=ticket.pk)
    assert stamped.customer_notified_at is not None and stamped.version == ticket.version + 1


def test_a_solved_ticket_says_until_when_it_can_be_reopened(world, ticket, mails):
    world.house.settings = {"auto_close_hours": {"incident": 5}}
    world.house.save()
    mails.clear()
    commands.edit(ticket, {"status": "solved", "resolution": "New fuser"}, **by(world, "bob"))
    drain()
    sent = {m.to[0]: m.body for m in mails}
    assert "New fuser" in sent["carl@acme.example"] and "(5 hours left)" in sent["carl@acme.example"]
    assert "left)" not in sent["mona@house.example"]
    assert letters.span(dt.timedelta(seconds=5)) == "1 minute" and letters.span(dt.timedelta(days=3)) == "3 days"


@pytest.mark.spec("RS-165")
def test_ten_thousand_people_are_one_job_in_the_transaction_and_batches_after_it(world, mails, monkeypatch):
    """Here with fewer people; the number of statements in the transaction does not depend on it."""
    monkeypatch.setattr(telling, "AT_ONCE", 7)
    people = [
        founding.add_person(world.house, f"Watcher {n}", role="agent", email=f"w{n}@house.example", login=f"w{n}")
        for n in range(30)
    ]
    made = world.ticket(watchers=[p.pk for p in people])
    drain()
    mails.clear()
    Notification.objects.all().delete()
    costs = []
    for watchers in ([people[0].pk], [p.pk for p in people]):
        commands.edit(made, {"watchers": watchers}, **by(world, "anna"))
        with count_statements() as counted:
            commands.comment(made, "Hear all", **by(world, "anna"))
        costs.append(len(counted))
        assert Job.objects.waiting().count() == 1
        drain()
    assert costs[0] == costs[1]
    assert Notification.objects.filter(mail="sent").count() == 31 == len(mails)
    assert len({m.extra_headers["Message-ID"] for m in mails}) == 31
