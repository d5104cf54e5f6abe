"""One conversation in the customer's program of mail, and tokens that end without losing an answer (RS-131)."""

import datetime as dt
import email
import email.policy
from itertools import product

import pytest
from django.core import mail as outgoing
from django.utils import timezone

from polydesk.channels.email import replies
from polydesk.features.mailboxes import boxes
from polydesk.features.mailboxes.models import Message
from polydesk.features.notifications import threads
from polydesk.jobs.testing import drain
from polydesk.tickets import commands
from polydesk.tickets.models import Comment, Ticket

pytestmark = pytest.mark.django_db
LONG = "a" * 120 + "@" + "b" * 120 + ".example"


def sent():
    """Our last mail to each address, as it goes over the wire."""
    drain()
    found = {
        one.to[0]: email.message_from_bytes(one.message().as_bytes(), policy=email.policy.default)
        for one in outgoing.outbox
    }
    outgoing.outbox.clear()
    return found


def chain(letter):
    return letter["References"].split()


@pytest.mark.spec("RS-027", "RS-074")
def test_our_mails_refer_to_the_customers_first_one_and_answer_his_last(world, post):
    ticket = post("carl@acme.example", "It is dead", message_id=f"<{LONG}>").ticket
    number = sent()["carl@acme.example"]
    assert (number["In-Reply-To"].strip(), chain(number)[-1]) == (f"<{LONG}>", f"<{LONG}>")
    commands.edit(ticket, {"watchers": [world.mona.pk]}, by=world.actor("anna"), via="test")
    post("carl@acme.example", "And smells", message_id="<second@acme.example>", in_reply_to=number["Message-ID"])
    post("mona@house.example", "Wait", message_id="<third@house.example>", in_reply_to="<second@acme.example>")
    sent()
    commands.comment(ticket, "Is it on?", by=world.actor("anna"), via="test")
    letters = sent()
    his, hers = letters["carl@acme.example"], letters["mona@house.example"]
    assert chain(his) == [f"<ticket.{ticket.pk}@polydesk.example>", f"<{LONG}>", "<second@acme.example>"]
    assert his["In-Reply-To"] == "<second@acme.example>", "his own last one: others' he may not have"
    assert hers["In-Reply-To"] == "<third@house.example>" and f"<{LONG}>" in chain(hers)
    assert max(map(len, his.as_bytes().splitlines())) <= 998


NASTY = [
    "no-at-sign",
    "a b@c",
    "a@b\r\nBcc: x@evil.example",
    "<a@b>",
    "ä@b",
    "a" * 300 + "@b",
    "=?utf-8?q?a=0Ab?=\x00@c",
]


@pytest.mark.spec("RS-074")
@pytest.mark.parametrize("name", NASTY)
def test_an_identifier_that_is_none_stands_in_no_header_of_ours(world, post, name):
    got = post("carl@acme.example", "It is dead")
    sent()
    Message.objects.filter(pk=got.pk).update(message_id=name[:255].replace("\0", ""))
    commands.comment(got.ticket, "Is it on?", by=world.actor("anna"), via="test")
    letter = sent()["carl@acme.example"]
    assert chain(letter) == [letter["In-Reply-To"]] == [f"<ticket.{got.ticket.pk}@polydesk.example>"]
    assert "Bcc" not in letter


@pytest.fixture
def old(world, post):
    """Carl's ticket, and how he answers it after so many days: by our Message-ID, or our address."""
    boxes.change(post.box, by=world.actor("mona"), is_tagged=True)
    ticket = post("carl@acme.example", "It is dead").ticket

    def answer(days, way, sender="carl"):
        person = getattr(world, sender)
        made = timezone.now() - dt.timedelta(days=days)
        identifier = threads.identifier("n", 1, ticket.pk, person.pk, made)
        facts = f"{ticket.pk}.{person.pk}.{threads.day(made)}"
        address = f"desk+r{facts}.{replies._proof(post.box, facts)}@house.example"
        headers = {"in_reply_to": identifier} if way == "identifier" else {"to": address}
        return post(person.email, "Still broken\n/spend 10m", **headers)

    return ticket, answer


@pytest.mark.spec("RS-070", "RS-131")
@pytest.mark.parametrize("way", ["identifier", "address"])
def test_an_answer_after_a_year_joins_and_after_three_opens_a_ticket_that_names_the_old_one(old, way):
    ticket, answer = old
    assert answer(365, way).ticket == ticket
    got = answer(3 * 365, way)
    assert got.ticket != ticket and got.ticket.requester == got.person
    note = Comment.objects.filter(ticket=got.ticket, internal=True).get()
    assert f"#{ticket.pk}" in note.text and "too old" in note.text


@pytest.mark.spec("RS-071", "RS-131")
def test_an_address_proves_its_holder_for_ninety_days(old):
    ticket, answer = old
    assert answer(89, "address", "anna").is_verified
    late = answer(120, "address", "anna")
    assert (late.ticket, late.is_verified) == (ticket, False)
    assert "/spend" in Comment.objects.get(pk=late.comment_id).text


@pytest.mark.spec("RS-131")
def test_a_token_fails_at_every_other_purpose_subject_and_day(world, box):
    now = timezone.now()
    whole = threads.identifier("n", 1, 12, 5, now)[1:-1]
    proof = whole.partition("@")[0].rpartition(".")[2]
    assert threads.read(whole).person == 5
    others = [("c", 1, 12, 5, 0), ("n", 2, 12, 5, 0), ("n", 1, 13, 5, 0), ("n", 1, 12, 6, 0), ("n", 1, 12, 5, 1)]
    for kind, number, ticket, person, later in others:
        day = threads.day(now) + later
        assert threads.read(f"{kind}{number}.{ticket}.{person}.{day}.{proof}@polydesk.example") is None
    mine = f"12.5.{threads.day(now)}"
    other_box = boxes.create(by=world.actor("mona"), address="other@house.example")
    proofs = [proof[:20], replies._proof(other_box, mine), "0" * 20, replies._proof(box, mine)]
    read = [replies.read(box, [f"desk+r{mine}.{one}@house.example"]) for one in proofs]
    assert [bool(one) for one in read] == [False, False, False, True]
    mine_proof = replies._proof(box, mine)
    assert threads.read(f"n1.{mine}.{mine_proof}0000@polydesk.example") is None
    for ticket, day in product((12, 13), (0, 1)):
        address = f"desk+r{ticket}.5.{threads.day(now) + day}.{mine_proof}@house.example"
        assert bool(replies.read(box, [address])) == ((ticket, day) == (12, 0))


@pytest.mark.spec("RS-070")
def test_an_answer_to_a_mail_that_we_received_joins_however_old_it_is(world, post):
    got = post("carl@acme.example", "It is dead", message_id="<first@acme.example>")
    Message.objects.filter(pk=got.pk).update(received_at=timezone.now() - dt.timedelta(days=2000))
    assert post("carl@acme.example", "Still", in_reply_to="<first@acme.example>").ticket == got.ticket
    assert Ticket.objects.count() == 1
