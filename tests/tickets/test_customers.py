"""What customers may do to a ticket beside writing on it: decide who of their company sees it, close, bring back."""

import pytest

from polydesk.tickets import commands
from polydesk.tickets.models import Comment, Ticket
from polydesk.tickets.refusals import Denied
from polydesk.tickets.rules.lifecycle import customers_word_reopens_solved

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(world):
    return world.ticket(requester=world.carl, company=world.acme, description="No paper light")


def now(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


@pytest.mark.spec("SE-094", "RC-051", "RC-195")
def test_customers_decide_who_of_their_company_sees_a_ticket_and_nothing_else(world, ticket):
    carl = world.actor("carl")
    commands.edit(ticket, {"access": "project_users", "access_projects": ["p1"]}, by=carl, via="test")
    assert (now(ticket).access, now(ticket).access_projects) == ("project_users", ["p1"])
    with pytest.raises(Denied):
        commands.edit(ticket, {"access": "all_users", "priority": "high"}, by=carl, via="test")


@pytest.mark.spec("RC-304", "SE-122")
def test_closing_can_keep_what_the_face_was_told(world, ticket):
    outcome = commands.close(ticket, by=world.actor("carl"), via="test", values={"extra": {"x": {"said": "thanks"}}})
    assert outcome.ticket.is_closed and outcome.event.changes["extra"][1] == {"x": {"said": "thanks"}}


@pytest.mark.spec("RC-092", "SE-141")
def test_reopening_with_words_reads_what_the_staff_wrote(world, ticket):
    commands.comment(ticket, "Try again", by=world.actor("anna"), via="test")
    commands.close(ticket, by=world.actor("anna"), via="test")
    commands.reopen(ticket, by=world.actor("carl"), via="test", text="It is back")
    assert not Comment.objects.filter(ticket=ticket, side="staff", read_at__isnull=True).exists()


@pytest.mark.spec("RC-092", "SE-143")
def test_only_the_messages_that_were_shown_are_marked_as_read(world, ticket):
    seen, unseen = (commands.comment(ticket, text, by=world.actor("anna"), via="test").comment for text in "ab")
    assert commands.mark_read(ticket, by=world.actor("carl"), comments=[seen.pk]) == 1
    assert Comment.objects.get(pk=seen.pk).read_at and not Comment.objects.get(pk=unseen.pk).read_at


@pytest.mark.spec("RC-180", "RC-143")
def test_a_customers_word_brings_a_solved_ticket_back_where_the_face_opts_in(world, ticket):
    anna, carl = world.actor("anna"), world.actor("carl")
    commands.edit(ticket, {"status": "solved", "assignee": world.bob}, by=anna, via="test")
    commands.comment(ticket, "Still dark", by=carl, via="test")
    assert now(ticket).status == "solved"
    commands.comment(ticket, "Staff note", by=anna, via="test", also=(customers_word_reopens_solved,))
    assert now(ticket).status == "solved"
    commands.comment(ticket, "Still dark!", by=carl, via="test", also=(customers_word_reopens_solved,))
    assert (now(ticket).status, now(ticket).solved_at) == ("assigned", None)
