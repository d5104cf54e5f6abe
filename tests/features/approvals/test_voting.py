"""Approvers of a change and what their votes decide (AT-230, AT-235, AT-444)."""

import pytest

from polydesk.features.approvals import voting
from polydesk.features.approvals.models import Approver, Board
from polydesk.tickets import commands
from polydesk.tickets.models import Event
from polydesk.tickets.refusals import Refused


@pytest.mark.spec("AT-235", "RC-299", "RC-276")
def test_the_members_of_the_board_decide(world):
    board = Board.objects.create(organization=world.house, name="CAB")
    board.members.set([world.anna, world.bob])
    ticket = world.ticket(kind="change", approval_board=board.pk, approval_rule="all_approvers")
    by = world.actor("mona")
    first, second = Approver.objects.filter(ticket=ticket)

    def state():
        ticket.refresh_from_db()
        return ticket.approval_status

    for row, approved, then in (
        (first, True, "partially_approved"),
        (second, True, "approved"),
        (second, False, "rejected"),
    ):
        events = Event.objects.filter(ticket_id=ticket.pk).count()
        voting.vote(row, approved, by=by, via="web")
        assert state() == then
        assert Event.objects.filter(ticket_id=ticket.pk).count() == events + 1
    with pytest.raises(Refused):
        voting.withdraw(first, by=by, via="web")
    with pytest.raises(Refused):
        voting.ask(world.ticket(), world.bob, by=by, via="web")


@pytest.mark.spec("AT-230", "RC-283")
def test_an_inactive_board_is_not_chosen(world):
    board = Board.objects.create(organization=world.house, name="Old CAB", is_active=False)
    ticket = world.ticket(kind="change")
    for wrong in (board.pk, 10**6):
        with pytest.raises(Refused) as refused:
            commands.edit(ticket, {"approval_board": wrong}, by=world.actor("anna"), via="test")
        assert [r.field for r in refused.value.refusals] == ["approval_board"]
