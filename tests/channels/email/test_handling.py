"""What becomes of a mail: tickets, answers, notes, and what is set aside or held."""

import re

import pytest
from django.core import mail as outgoing
from django.db import DataError
from django.utils import timezone, translation

from polydesk.channels.email import replies
from polydesk.directory import founding
from polydesk.directory.models import Membership, Person
from polydesk.features.mailboxes import boxes, messages, taking
from polydesk.features.mailboxes.models import Message
from polydesk.features.notifications import threads
from polydesk.jobs.models import Job
from polydesk.jobs.testing import drain, run_tick
from polydesk.tickets import commands
from polydesk.tickets.models import Attachment, Comment, Event, Ticket
from polydesk.tickets.refusals import Denied, Missing, Refused

from .posting import mail

pytestmark = pytest.mark.django_db


def by(world, login):
    return {"by": world.actor(login), "via": "test"}


def entries(ticket):
    return list(Comment.objects.filter(ticket=ticket).exclude(type="opening").order_by("id"))


@pytest.fixture
def printer(world, box):
    """Carl's ticket, on which Anna works and which Mona watches."""
    made = world.ticket(
        by="anna", title="Printer down", requester=world.carl, company=world.acme, assignee=world.anna,
        watchers=[world.mona.pk],
    )  # fmt: skip
    drain()
    outgoing.outbox.clear()
    return made


def sent_to(address):
    """Our last mail to an address."""
    return answers_to(address)[-1]


def answers_to(address):
    return [one for one in outgoing.outbox if one.to == [address]]


def told_carl(world, printer):
    """Carl gets our mail about an answer; its Message-ID without brackets."""
    commands.comment(printer, "Is it on?", **by(world, "anna"))
    drain()
    return sent_to("carl@acme.example").extra_headers["Message-ID"]


@pytest.mark.spec("RC-168", "RC-182", "RS-027")
def test_a_mail_of_somebody_we_know_is_a_ticket_of_his_with_its_files(world, box, post):
    got = post("Carl Customer <Carl@ACME.example>", "It is *dead*.\n\nCarl", files=[("log.txt", b"line")])
    ticket = got.ticket
    assert (got.state, got.person, got.comment_id) == (Message.TAKEN, world.carl, None)
    assert (ticket.title, ticket.description, ticket.description_format) == (
        "Printer down",
        "It is *dead*.\n\nCarl",
        "plain",
    )
    assert (ticket.kind, ticket.channel, ticket.requester, ticket.company) == (
        "request",
        "email",
        world.carl,
        world.acme,
    )
    assert ticket.assigned_teams == [world.support.pk]
    opening = Comment.objects.get(ticket=ticket, type="opening")
    assert (opening.author_id, opening.side, opening.via) == (world.carl.pk, "customer", "email")
    file = Attachment.objects.get(ticket=ticket)
    assert (file.name, file.size, file.comment_id) == ("log.txt", 4, opening.pk)
    assert Event.objects.get(ticket_id=ticket.pk, number=1).actor_id == world.carl.pk
    assert messages.raw(got).startswith(b"From: Carl")


@pytest.mark.spec("RS-072")
def test_a_stranger_becomes_a_contact_without_a_company_and_of_no_rights(world, box, post):
    got = post('"Eve, New" <eve@new.example>', "Hello", cc="boss@acme.example")
    eve = Person.objects.get(email="eve@new.example")
    assert (eve.organization, eve.company, eve.user, eve.name) == (world.house, None, None, "Eve, New")
    assert not Membership.objects.filter(person=eve).exists()
    assert got.ticket.requester == eve and got.ticket.company is None
    assert got.ticket.watchers == [], "whom a mail copies becomes nobody here"
    assert not Person.objects.filter(email="boss@acme.example").exists()
    again = post("eve@new.example", "Second")
    assert again.ticket != got.ticket and again.person == eve


@pytest.mark.spec("RS-070", "RS-071")
def test_an_answer_to_our_mail_joins_its_ticket_without_what_it_quotes(world, box, post, printer):
    ours = told_carl(world, printer)
    got = post(
        "carl@acme.example",
        "Yes it is.\n\nOn Sun, 22 Nov 2026 at 10:00, House <noreply@polydesk.example> wrote:\n> Is it on?\n",
        in_reply_to=ours,
        subject="AW: something else",
    )
    entry = entries(printer)[-1]
    assert (got.ticket, got.comment_id, got.is_verified) == (printer, entry.pk, False)
    assert (entry.text, entry.format, entry.author, entry.side) == ("Yes it is.", "plain", world.carl, "customer")
    assert (entry.via, entry.source, entry.internal) == ("email", "email", False)
    assert entry.extra["email"] == {"message": got.pk, "verified": False}


# our mail's proof × sender × where it stands: does it join?
MATRIX = [
    ("identifier", "carl@acme.example", True),
    ("identifier", "anna@house.example", True),
    ("identifier", "bob@house.example", True),  # staff who see the ticket
    ("identifier", "rita@house.example", False),  # a customer who takes no part
    ("identifier", "eve@new.example", False),
    ("address", "carl@acme.example", True),
    ("address", "bob@house.example", True),
    ("address", "eve@new.example", False),
    ("forged identifier", "carl@acme.example", False),
    ("forged address", "carl@acme.example", False),
    ("address of another ticket's proof", "carl@acme.example", False),
    ("thread", "carl@acme.example", True),
    ("thread", "mona@house.example", True),  # watches
    ("thread", "bob@house.example", False),  # staff, but takes no part
    ("thread", "eve@new.example", False),
    ("subject", "carl@acme.example", False),
    ("nothing", "carl@acme.example", False),
]


@pytest.mark.spec("RS-070")
@pytest.mark.parametrize(("proof", "sender", "joins"), MATRIX)
def test_only_what_we_wrote_or_received_joins_and_only_for_those_who_take_part(world, box, post, proof, sender, joins):
    boxes.change(box, by=world.actor("mona"), is_tagged=True)
    first = post("carl@acme.example", "Printer", message_id="<first@acme.example>")
    ticket = first.ticket
    commands.edit(ticket, {"watchers": [world.mona.pk]}, **by(world, "anna"))
    other = world.ticket(requester=world.rita)
    address = replies.address(world.house.pk, ticket.pk, world.carl.pk)
    headers = {
        "identifier": {"in_reply_to": threads.identifier("n", 1, ticket.pk, world.carl.pk, timezone.now())},
        "address": {"to": address},
        "forged identifier": {
            "references": re.sub(
                r"\.[0-9a-f]{24}@",
                f".{'0' * 24}@",
                threads.identifier("n", 1, ticket.pk, world.carl.pk, timezone.now()),
            )
        },
        "forged address": {"to": re.sub(r"[0-9a-f]{20}@", f"{'0' * 20}@", address)},
        "address of another ticket's proof": {
            "to": replies.address(world.house.pk, other.pk, world.carl.pk).replace(f"+r{other.pk}.", f"+r{ticket.pk}.")
        },
        "thread": {"in_reply_to": "<nobody@knows.example>", "references": "<root@x.example> <first@acme.example>"},
        "subject": {"subject": f"Re: [House #{ticket.pk}] Printer down"},
        "nothing": {},
    }[proof]
    got = post(sender, "I add this.", **headers)
    assert got.state == Message.TAKEN
    assert (got.ticket == ticket) is joins
    assert [e.text for e in entries(ticket)] == (["I add this."] if joins else [])
    knows_whose = not joins and proof in ("identifier", "address", "thread")
    notes = [e for e in entries(got.ticket) if e.internal and f"#{ticket.pk}" in e.text]
    assert len(notes) == (1 if knows_whose else 0), "staff learn what it wanted to answer"


@pytest.mark.spec("RS-071", "RC-183")
def test_commands_by_mail_work_for_staff_at_their_own_address_alone(world, box, post, printer):
    boxes.change(box, by=world.actor("mona"), is_tagged=True)
    own = replies.address(world.house.pk, printer.pk, world.anna.pk)
    identifier = threads.identifier("n", 7, printer.pk, world.anna.pk, timezone.now())
    spoofed = post("anna@house.example", "/spend 10m", in_reply_to=identifier)
    assert spoofed.ticket == printer and not spoofed.is_verified
    assert entries(printer)[-1].text == "/spend 10m" and entries(printer)[-1].extra["email"]["verified"] is False
    borrowed = post("mona@house.example", "/spend 10m", to=own)
    assert borrowed.ticket == printer and not borrowed.is_verified
    printer.refresh_from_db()
    assert printer.time_spent == 0 and printer.status != "closed"
    true = post("anna@house.example", "Looked at it\n\n/spend 10m", to=own)
    printer.refresh_from_db()
    assert true.is_verified and printer.time_spent == 600
    assert "/spend" not in entries(printer)[-1].text and entries(printer)[-1].extra["email"]["verified"] is True


@pytest.mark.spec("RC-143", "RC-179", "RC-180")
def test_a_customers_answer_brings_a_solved_or_closed_ticket_back_and_a_final_one_goes_on_anew(
    world, box, post, printer
):
    ours = told_carl(world, printer)
    commands.edit(printer, {"status": "solved", "resolution": "Switched on"}, **by(world, "anna"))
    assert post("carl@acme.example", "No, it is not", in_reply_to=ours).ticket == printer
    printer.refresh_from_db()
    assert printer.status == "assigned"
    commands.close(printer, **by(world, "anna"))
    post("carl@acme.example", "Still not", in_reply_to=ours)
    printer.refresh_from_db()
    assert printer.status == "assigned" and entries(printer)[-1].text == "Still not"
    commands.close(printer, **by(world, "anna"))
    Ticket.objects.filter(pk=printer.pk).update(final=True)
    new = post("carl@acme.example", "Never", in_reply_to=ours).ticket
    printer.refresh_from_db()
    assert new != printer and new.description == "Never" and printer.is_closed
    assert Event.objects.filter(ticket_id=new.pk, verb="link").exists()


@pytest.mark.spec("PL-028")
def test_an_answer_to_a_merged_ticket_reaches_its_target(world, box, post, printer):
    ours = told_carl(world, printer)
    target = world.ticket(title="All printers", requester=world.carl, company=world.acme)
    came = post("carl@acme.example", "Before", in_reply_to=ours)
    commands.merge([printer], target, **by(world, "mona"))
    assert messages.of_entry(world.actor("anna"), target, came.comment_id) == came
    assert messages.of_entry(world.actor("anna"), printer, came.comment_id) is None
    assert post("carl@acme.example", "Any news?", in_reply_to=ours).ticket == target
    commands.remove(target, **by(world, "mona"))
    assert post("carl@acme.example", "Any news now?", in_reply_to=ours).ticket not in (target, printer)


@pytest.mark.spec("RS-066", "RC-177")
@pytest.mark.parametrize(
    ("headers", "becomes"),
    [
        ({"auto_submitted": "auto-replied"}, "aside"),
        ({"return_path": "<>"}, "ticket"),
        ({"auto_submitted": "auto-generated"}, "ticket"),
        ({"precedence": "bulk"}, "ticket"),
        ({"list_id": "<news.example>"}, "ticket"),
    ],
)
def test_what_machines_write_is_never_answered_and_on_a_ticket_it_is_a_note(
    world, box, post, printer, headers, becomes
):
    ours = told_carl(world, printer)
    outgoing.outbox.clear()
    about = post("robot@machine.example", "Beep", in_reply_to=ours, **headers)
    note = entries(printer)[-1]
    assert about.ticket == printer and note.internal and "Beep" in note.text and note.side == "system"
    assert about.reason
    alone = post("robot@machine.example", "Beep", **headers)
    assert (alone.state == Message.ASIDE) is (becomes == "aside") and bool(alone.ticket) is (becomes == "ticket")
    assert answers_to("robot@machine.example") == []


@pytest.mark.spec("RS-066", "RS-068")
def test_our_own_mails_become_nothing(world, box, post, printer):
    for sender in ("desk@house.example", "desk+tag@house.example", "noreply@polydesk.example"):
        got = post(sender, "Loop", in_reply_to=told_carl(world, printer))
        assert (got.state, got.ticket) == (Message.ASIDE, None), sender


@pytest.mark.spec("RS-067", "RS-068", "RS-069")
def test_who_opens_a_ticket_is_told_its_number_in_our_words_alone(world, box, post):
    got = post('"MARK of the sender" <eve@new.example>', "MARK in the text", subject="MARK in the subject")
    [letter] = answers_to("eve@new.example")
    whole = letter.message().as_string()
    assert letter.to == ["eve@new.example"] and f"#{got.ticket_id}" in letter.subject and "MARK" not in whole
    assert letter.extra_headers["Auto-Submitted"] == "auto-replied"
    assert letter.extra_headers["X-Auto-Response-Suppress"] == "All"
    assert letter.extra_headers["In-Reply-To"] == f"<{got.message_id}>"
    assert letter.extra_headers["Reply-To"] == "desk@house.example"
    got.refresh_from_db()
    assert got.answered_at is not None
    answer = post("eve@new.example", "One thing more", in_reply_to=letter.extra_headers["Message-ID"])
    assert answer.ticket == got.ticket and len(answers_to("eve@new.example")) == 1, "an answer is not confirmed"


@pytest.mark.spec("RS-068")
def test_one_address_gets_ten_automatic_answers_in_an_hour_and_a_mailbox_may_be_silent(world, box, post):
    for number in range(12):
        post("eve@new.example", f"Number {number}")
    assert len(answers_to("eve@new.example")) == 10 and Ticket.objects.count() == 12
    boxes.change(box, by=world.actor("mona"), confirms=False)
    post("other@new.example", "Quiet")
    assert answers_to("other@new.example") == []


@pytest.mark.spec("RS-026")
def test_the_same_mail_again_is_the_same_and_another_text_under_its_name_is_held(world, box, post):
    content = mail("carl@acme.example", "Once", message_id="<same@acme.example>")
    first = post.raw(content)
    again = post.raw(b"Received: by another way\r\n" + content)
    assert (again.pk, Ticket.objects.count(), Message.objects.count()) == (first.pk, 1, 1)
    other = post.raw(mail("carl@acme.example", "Twice", message_id="<same@acme.example>"))
    assert (other.state, other.ticket, other.reason) == (Message.HELD, None, taking.OTHER_CONTENT)
    messages.let_in(other, by=world.actor("mona"))
    drain()
    other.refresh_from_db()
    assert other.state == Message.TAKEN and other.ticket.description == "Twice"


@pytest.mark.spec("RS-076")
@pytest.mark.parametrize("bug", [ZeroDivisionError, DataError])
def test_what_cannot_be_taken_in_is_held_with_its_reason_and_the_next_one_is_read(world, box, post, monkeypatch, bug):
    from polydesk.channels.email import writing

    true = writing.open_ticket

    def poisoned(message, *rest):
        if message.subject == "poison":
            raise bug
        return true(message, *rest)

    monkeypatch.setattr(writing, "open_ticket", poisoned)  # a bug, which only a bug could show
    poison, _ = taking.take(box, mail("carl@acme.example", "x", subject="poison"))
    healthy, _ = taking.take(box, mail("carl@acme.example", "x", subject="healthy"))
    waits = 0
    for _ in range(3):
        try:
            drain()
        except bug:
            job = Job.objects.waiting().filter(kind=taking.READ).earliest("id")
            waits += (job.due - job.created).total_seconds()
            Job.objects.waiting().filter(kind=taking.READ).update(due=job.created)
    drain()
    poison.refresh_from_db(), healthy.refresh_from_db()
    assert (poison.state, poison.ticket) == (Message.HELD, None) and bug.__name__ in poison.reason_values["fault"]
    assert healthy.state == Message.TAKEN and waits < 60
    monkeypatch.undo()
    messages.let_in(poison, by=world.actor("mona"))
    drain()
    poison.refresh_from_db()
    assert poison.state == Message.TAKEN


@pytest.mark.spec("RS-076")
def test_a_message_whose_readers_died_is_held_in_the_end(world, box):
    message, _ = taking.take(box, mail("carl@acme.example", "x"))
    Job.objects.filter(kind=taking.READ).update(tries=50)
    drain()
    assert run_tick("email.hold_lost")
    message.refresh_from_db()
    assert message.state == Message.HELD


@pytest.mark.spec("RS-076")
def test_a_rule_that_refuses_and_a_sender_who_left_hold_the_mail(world, box, post):
    Membership.objects.filter(person=world.carl).update(is_active=False)
    left = post("carl@acme.example", "Me again")
    assert (left.state, left.ticket) == (Message.HELD, None) and "may not act" in left.reason
    nobody = post.raw(b"Subject: no sender\r\n\r\nwho am I")
    assert nobody.state == Message.HELD and nobody.reason
    assert not Ticket.objects.exists()


@pytest.mark.spec("RS-075")
def test_too_large_a_message_keeps_its_headers_in_quarantine(world, box, post, monkeypatch):
    monkeypatch.setattr(taking, "LARGEST", 2_000)
    got = post("carl@acme.example", "x" * 3_000)
    assert (got.state, got.ticket, got.reason) == (Message.HELD, None, taking.TOO_LARGE)
    assert got.size <= 2_000


@pytest.mark.spec("RS-074", "RS-077")
def test_hostile_headers_reach_no_title_and_no_mail(world, box, post):
    got = post.raw(
        b"From: =?utf-8?q?Evil=0D=0ABcc:_thief@evil.example?= <eve@new.example>\r\n"
        b"Subject: =?utf-8?b?YQ0KQmNjOiB0aGllZkBldmlsLmV4YW1wbGU=?=\r\nMessage-ID: <x@y>\r\n\r\n\xff\x00text"
    )
    assert got.state == Message.TAKEN
    assert "\n" not in got.ticket.title and "\r" not in got.ticket.requester.name
    [letter] = answers_to("eve@new.example")
    assert letter.recipients() == ["eve@new.example"]


@pytest.mark.spec("RS-113")
def test_a_mailbox_leads_into_its_own_organization_alone(world, box, post):
    theirs = world.ticket(by="olga", title="Theirs")
    got = post(
        "olga@other.example", "Mine", in_reply_to=threads.identifier("n", 1, theirs.pk, world.olga.pk, timezone.now())
    )
    assert got.ticket.organization == world.house and got.person != world.olga
    assert entries(theirs) == []


@pytest.mark.spec("RC-202")
def test_mailboxes_and_messages_are_for_administrators_of_their_organization(world, box, post):
    got = post("carl@acme.example", "Hello")
    for login in ("anna", "carl"):
        with pytest.raises(Denied):
            boxes.listed(world.actor(login))
        with pytest.raises(Denied):
            messages.get(got.pk, by=world.actor(login))
    with pytest.raises(Missing):
        boxes.get(box.pk, by=world.actor("olga"))
    with pytest.raises(Missing):
        messages.get(got.pk, by=world.actor("olga"))
    with pytest.raises(Refused):
        messages.drop(got, by=world.actor("mona"))
    assert messages.of_entry(world.actor("anna"), got.ticket, None) == got
    assert messages.of_entry(world.actor("carl"), got.ticket, None) is None


@pytest.mark.spec("RS-171")
def test_a_mailbox_is_checked_whole_its_password_sealed_and_its_changes_remembered(world, box):
    mona = world.actor("mona")
    with pytest.raises(Refused) as refused:
        boxes.create(by=mona, address="no address", kind="nothing", host="bad host!", port=0, team_id=10**9, folder="")
    assert {one.field for one in refused.value.refusals} == {
        "address",
        "kind",
        "host",
        "login",
        "port",
        "team_id",
        "folder",
    }
    with pytest.raises(Refused):
        boxes.create(by=world.actor("olga"), address="DESK@house.example")
    boxes.change(box, by=mona, password="geheim", host="imap.house.example", login="desk")
    box.refresh_from_db()
    assert "geheim" not in box.password and boxes.password_of(box) == "geheim"
    boxes.change(box, by=mona, name="Desk")
    assert boxes.password_of(box) == "geheim"
    box.last_uid, box.uid_validity = 5, 1
    box.save()
    boxes.change(box, by=mona, host="imap2.house.example")
    assert (box.last_uid, box.uid_validity) == (0, 0)


@pytest.mark.spec("PL-304")
def test_the_bytes_of_old_messages_go_and_their_names_stay(world, box, post):
    import datetime as dt

    from django.utils import timezone

    got = post("carl@acme.example", "Old", message_id="<old@acme.example>")
    Message.objects.update(received_at=timezone.now() - dt.timedelta(days=91))
    assert taking.named([got.sha256]) == {got.sha256}
    run_tick("mailboxes.forget")
    got.refresh_from_db()
    assert got.sha256 == "" and post("carl@acme.example", "Old", message_id="<old@acme.example>").pk == got.pk
    assert Ticket.objects.count() == 1


@pytest.mark.spec("RC-104")
def test_staff_who_write_to_the_mailbox_ask_for_something_themselves(world, box, post):
    ticket = post("bob@house.example", "My chair is broken").ticket
    assert (ticket.requester, ticket.creator) == (world.bob, world.bob)
    member = founding.add_person(world.house, "Dan", email="dan@house.example")
    assert post("dan@house.example", "Hello").ticket.requester == member


@pytest.mark.spec("RS-066", "RS-076")
def test_why_is_said_in_the_readers_language_with_its_values(world, post):
    got = post("shop@acme.example", "Big sale", auto_submitted="auto-replied")
    assert (got.state, got.reason_values) == (Message.ASIDE, {"value": "auto-replied"})
    with translation.override("de"):
        assert "automatisch gesendet (Auto-Submitted: auto-replied)" in messages.in_words(got.reason, got.reason_values)
    bomb = post.raw(b"From: x@y.example\nContent-Type: multipart/mixed; boundary=e\n\n" + b"--e\n\nx\n" * 1100)
    assert bomb.reason_values == {"most": 1000}
    with translation.override("ru"):
        assert "1000" in (said := messages.in_words(bomb.reason, bomb.reason_values)) and "parts" not in said


@pytest.mark.spec("RS-076")
def test_a_message_without_a_sender_becomes_the_ticket_of_whom_somebody_names(world, post):
    mona = world.actor("mona")
    got = post.raw(b"Message-ID: <none@x>\nSubject: Who am I\n\nHelp\n")
    assert got.state == Message.HELD and messages.needs_requester(got)
    with pytest.raises(Refused):
        messages.let_in(got, by=mona)
    with pytest.raises(Missing):
        messages.let_in(got, by=mona, requester=world.olga)
    messages.let_in(got, by=mona, requester=world.carl)
    drain()
    got.refresh_from_db()
    assert (got.state, got.ticket.requester, got.ticket.title) == (Message.TAKEN, world.carl, "Who am I")
    assert not answers_to(""), "nobody is told its number"


@pytest.mark.spec("RS-076")
def test_what_was_dropped_can_be_brought_back_while_its_bytes_are_there(world, post):
    mona = world.actor("mona")
    got = post.raw(b"Message-ID: <none@x>\nSubject: Who am I\n\nHelp\n")
    with pytest.raises(Refused):
        messages.bring_back(got, by=mona)
    messages.drop(got, by=mona)
    assert messages.bring_back(got, by=mona).state == Message.HELD
    got.refresh_from_db()
    assert got.reason == messages.NO_SENDER and got.settled_at is None
    messages.drop(got, by=mona)
    Message.objects.update(sha256="")
    with pytest.raises(Refused):
        messages.bring_back(got, by=mona)
    with pytest.raises(Denied):
        messages.bring_back(got, by=world.actor("anna"))
