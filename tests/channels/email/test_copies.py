"""Whom a mail copies: who follows the ticket, who waits for staff, who is nobody, and who is mailed (RS-072)."""

import pytest
from django.core import mail as outgoing

from polydesk.directory import founding
from polydesk.directory.models import Membership, Person
from polydesk.features.mailboxes import boxes, copied
from polydesk.features.mailboxes.models import Mailbox
from polydesk.features.notifications.models import Notification
from polydesk.jobs.testing import drain
from polydesk.tickets import commands, queries
from polydesk.tickets.refusals import Denied, Missing, Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def cora(world):
    """A contact of Acme, who cannot sign in."""
    return founding.add_person(world.house, "Cora Colleague", email="cora@acme.example", company=world.acme)


def mailed():
    """To whom we sent something since the last question."""
    drain()
    found = sorted(address for one in outgoing.outbox for address in one.to)
    outgoing.outbox.clear()
    return found


def answer(world, ticket, text="Try again."):
    commands.comment(ticket, text, by=world.actor("anna"), via="test")
    return mailed()


@pytest.mark.spec("RS-072", "RS-115")
def test_a_colleague_of_the_sender_follows_the_ticket_and_gets_our_public_answers_alone(world, post, cora):
    got = post("carl@acme.example", "It is dead", cc="Cora <CORA@acme.example>, anna@house.example")
    ticket = got.ticket
    assert ticket.watchers == [cora.pk, world.anna.pk] and copied.waiting(ticket) == []
    assert (ticket.requester, ticket.company) == (world.carl, world.acme)
    assert mailed() == ["carl@acme.example"], "the number goes to the sender; the others have the mail itself"
    assert answer(world, ticket) == ["carl@acme.example", "cora@acme.example"]
    commands.comment(ticket, "Between us", by=world.actor("anna"), via="test", internal=True)
    assert mailed() == []


@pytest.mark.spec("RS-070", "RS-072")
def test_a_copied_colleague_who_answers_takes_part(world, post, cora):
    opened = post("carl@acme.example", "It is dead", cc="cora@acme.example", message_id="<first@acme.example>")
    for told in ({"in_reply_to": "<first@acme.example>"}, None):
        if told is None:
            answer_to = answer_from_us(world, opened.ticket, "cora@acme.example")
            told = {"in_reply_to": answer_to}
        got = post("cora@acme.example", "Here too", **told)
        assert (got.ticket, got.person) == (opened.ticket, cora) and got.comment_id


def answer_from_us(world, ticket, address):
    drain()
    outgoing.outbox.clear()
    commands.comment(ticket, "Is it on?", by=world.actor("anna"), via="test")
    drain()
    return next(one for one in outgoing.outbox if one.to == [address]).extra_headers["Message-ID"]


@pytest.mark.spec("RS-072", "RS-115")
@pytest.mark.parametrize("address", ["friend@new.example", "rita@house.example"])
def test_strangers_and_people_of_other_companies_wait_for_staff(world, post, address):
    """Who is known of another company is as strange here as one whom nobody knows."""
    count = Person.objects.count()
    got = post("carl@acme.example", "It is dead", cc=f'"A Friend" <{address}>', message_id="<first@acme.example>")
    ticket = got.ticket
    assert (ticket.watchers, copied.waiting(ticket)) == ([], [("A Friend", address)])
    assert Person.objects.count() == count
    mailed()
    assert answer(world, ticket) == ["carl@acme.example"]
    other = post(address, "Me too", in_reply_to="<first@acme.example>")
    assert other.ticket != ticket, "their own mail opens their own ticket"
    again = post("carl@acme.example", "And now", cc=address, in_reply_to="<first@acme.example>")
    again.ticket.refresh_from_db()
    assert (again.ticket, len(copied.waiting(again.ticket))) == (ticket, 1)
    copied.add(ticket.pk, address, by=world.actor("anna"), via="web")
    ticket.refresh_from_db()
    friend = Person.objects.get(email=address)
    assert (ticket.watchers, copied.waiting(ticket), friend.company) == ([friend.pk], [], None)
    mailed()
    assert answer(world, ticket) == sorted(["carl@acme.example", address])
    if not friend.user_id:
        assert not Membership.objects.filter(person=friend).exists(), "no way into the portal"


@pytest.mark.spec("RS-072")
def test_staff_take_copies_off_and_leave_addresses_out(world, post, cora):
    ticket = post("carl@acme.example", "It is dead", cc="cora@acme.example, x@new.example").ticket
    anna, carl = world.actor("anna"), world.actor("carl")
    for refused in (
        lambda: copied.take_off(ticket.pk, cora.pk, by=carl, via="web"),
        lambda: copied.add(ticket.pk, "more@new.example", by=carl, via="web"),
    ):
        with pytest.raises((Denied, Refused)):
            refused()
    assert not Person.objects.filter(email="more@new.example").exists()
    copied.leave_out(ticket.pk, "x@new.example", by=anna, via="web")
    copied.take_off(ticket.pk, cora.pk, by=anna, via="web")
    ticket.refresh_from_db()
    assert (ticket.watchers, copied.waiting(ticket), ticket.extra) == ([], [], {})
    mailed()
    assert answer(world, ticket) == ["carl@acme.example"]
    with pytest.raises(Missing):
        copied.take_off(ticket.pk, cora.pk, by=anna, via="web")
    with pytest.raises(Refused):
        copied.add(ticket.pk, "nobody", by=anna, via="web")


NOBODY = [
    "desk@house.example",
    "desk+r12.3.x@house.example",
    "noreply@polydesk.example",
    "no-reply@shop.example",
    "MAILER-DAEMON@acme.example",
    "users-request@lists.example",
    "users-unsubscribe@lists.example",
    "owner-users@lists.example",
    "bounces+1@lists.example",
    "carl@acme.example",
]


@pytest.mark.spec("RS-066", "RS-072")
def test_our_own_addresses_machines_and_lists_are_never_copied(world, box, post):
    boxes.change(box, by=world.actor("mona"), copies=Mailbox.ANYBODY)
    got = post("carl@acme.example", "It is dead", cc=", ".join(NOBODY))
    assert (got.ticket.watchers, copied.waiting(got.ticket)) == ([], [])
    over_a_list = post("carl@acme.example", "Again", cc="x@new.example", list_id="<users.lists.example>")
    assert over_a_list.ticket.watchers == [], "who wrote to a list copies nobody"


@pytest.mark.spec("RS-075")
def test_one_mail_brings_twenty_people_at_most_and_names_the_others_in_its_record(world, box, post):
    boxes.change(box, by=world.actor("mona"), copies=Mailbox.ANYBODY)
    got = post("carl@acme.example", "Hello all", cc=", ".join(f"p{n}@new.example" for n in range(25)))
    assert len(got.ticket.watchers) == 20
    assert got.copies["left_out"] == [f"p{n}@new.example" for n in range(20, 25)]


@pytest.mark.spec("RS-069", "RS-072")
def test_with_anybody_no_stranger_can_have_us_mail_to_a_stranger(world, box, post):
    """What a customer writes is not passed on to addresses that he alone named; what staff write is."""
    boxes.change(box, by=world.actor("mona"), copies=Mailbox.ANYBODY)
    contact = founding.add_person(world.house, "Known Contact", email="contact@beta.example", company=world.beta)
    copied_too = "v@victim.example, contact@beta.example"
    first = post("eve@evil.example", "Hi", subject="CHEAP PILLS", cc=copied_too, message_id="<e1@evil.example>")
    victim = Person.objects.get(email="v@victim.example")
    assert first.ticket.watchers == [victim.pk, contact.pk]
    post("eve@evil.example", "BUY", in_reply_to="<e1@evil.example>")
    assert not {"v@victim.example", "contact@beta.example"} & set(mailed())
    assert "v@victim.example" in answer(world, first.ticket)
    post("v@victim.example", "I do care", in_reply_to="<e1@evil.example>")
    mailed()
    post("eve@evil.example", "Good", in_reply_to="<e1@evil.example>")
    assert "v@victim.example" in mailed(), "who wrote himself has proved his address"


@pytest.mark.spec("RS-072")
def test_a_mailbox_may_leave_copies_alone(world, box, post, cora):
    boxes.change(box, by=world.actor("mona"), copies=Mailbox.NOBODY)
    got = post("carl@acme.example", "It is dead", cc="cora@acme.example, x@new.example")
    assert (got.ticket.watchers, copied.waiting(got.ticket)) == ([], [])


@pytest.mark.spec("RS-071", "RS-072")
def test_whom_proven_staff_copies_takes_part(world, box, post):
    from polydesk.channels.email import replies

    boxes.change(box, by=world.actor("mona"), is_tagged=True)
    ticket = post("carl@acme.example", "It is dead").ticket
    forged = post("anna@house.example", "Hello", cc="x@new.example", in_reply_to=f"<{ticket.pk}@nowhere>")
    assert forged.ticket != ticket
    to = replies.address(world.house.pk, ticket.pk, world.anna.pk)
    post("anna@house.example", "Hello", to=to, cc="x@new.example")
    ticket.refresh_from_db()
    assert [Person.objects.get(pk=pk).email for pk in ticket.watchers] == ["x@new.example"]


@pytest.mark.spec("RS-072")
def test_who_is_switched_off_does_not_come_back_by_being_copied(world, box, post, cora):
    boxes.change(box, by=world.actor("mona"), copies=Mailbox.ANYBODY)
    Person.objects.filter(pk=cora.pk).update(is_active=False)
    got = post("carl@acme.example", "It is dead", cc="cora@acme.example")
    assert got.ticket.watchers == [] and Person.objects.filter(email="cora@acme.example").count() == 1


@pytest.mark.spec("RS-027", "RS-115")
def test_whom_the_mail_reached_itself_finds_it_in_the_inbox_but_not_twice_in_the_mail(world, post):
    opened = post("carl@acme.example", "It is dead", cc="mona@house.example", message_id="<first@acme.example>")
    mailed()
    post("carl@acme.example", "More", cc="mona@house.example", in_reply_to="<first@acme.example>")
    assert "mona@house.example" not in mailed()
    row = Notification.objects.filter(person=world.mona, ticket=opened.ticket, what="message").get()
    assert (row.shown, row.mail) == (True, "")
    post("carl@acme.example", "More still", in_reply_to="<first@acme.example>")
    assert "mona@house.example" in mailed()
    assert queries.can_see(world.actor("mona"), opened.ticket)


@pytest.mark.spec("RS-072")
def test_whom_the_opening_mail_reached_is_mailed_when_the_ticket_is_brought_back(world, post, cora):
    """What came by another mail is told to whom that other mail did not reach."""
    ticket = post("carl@acme.example", "It is dead", cc="cora@acme.example", message_id="<first@acme.example>").ticket
    commands.close(ticket, by=world.actor("anna"), via="test")
    mailed()
    got = post("carl@acme.example", "Dead again", in_reply_to="<first@acme.example>")
    assert got.ticket == ticket and "cora@acme.example" in mailed()
