"""Values that are switched off stay where they are and are not chosen anew (RC-246, RC-283)."""

import pytest

from polydesk.tickets import commands
from polydesk.tickets.models import Priority, Queue, Status
from polydesk.tickets.refusals import Refused


@pytest.mark.spec("RC-246", "AT-203", "AT-264")
@pytest.mark.parametrize("name", ["priority", "status"])
def test_an_inactive_row_of_an_administrator_stays_but_is_not_chosen(world, name):
    facts = {"organization": world.house, "key": "legacy", "name": "Legacy"}
    row = Priority(**facts, level=3) if name == "priority" else Status(**facts, phase="open")
    row.save()
    ticket = world.ticket(**{name: "legacy"})
    row.is_active = False
    row.save()
    by = world.actor("anna")
    assert not commands.edit(ticket, {name: "legacy"}, by=by, via="test").changed
    assert commands.edit(ticket, {name: "legacy", "title": "Another"}, by=by, via="test").changed
    other = world.ticket()
    for attempt in (
        lambda: commands.edit(other, {name: "legacy"}, by=by, via="test"),
        lambda: world.ticket(**{name: "legacy"}),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert [r.field for r in refused.value.refusals] == [name]


@pytest.mark.spec("RC-283", "AT-251", "AT-314")
def test_an_inactive_queue_or_assignee_is_not_chosen(world):
    queue = Queue.objects.create(organization=world.house, name="Old", is_active=False)
    world.bob.is_active = False
    world.bob.save()
    ticket = world.ticket()
    with pytest.raises(Refused) as refused:
        commands.edit(ticket, {"queue": queue, "assignee": world.bob}, by=world.actor("anna"), via="test")
    assert {r.field for r in refused.value.refusals} == {"queue", "assignee"}
