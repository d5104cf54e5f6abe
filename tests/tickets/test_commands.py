"""The verbs, through the front door: what they change, what they leave behind, what they refuse."""

import datetime as dt

import pytest

from polydesk.directory.models import Membership, Team
from polydesk.tickets import chain, commands, edits, queries
from polydesk.tickets.fields import FIELDS
from polydesk.tickets.kinds import KINDS
from polydesk.tickets.models import Comment, Event, Ticket
from polydesk.tickets.refusals import Denied, Missing, Refused, Stale
from polydesk.tickets.rules.assignment import status_follows_assignment
from polydesk.web.testing import count_statements

pytestmark = pytest.mark.django_db


def state(ticket: Ticket) -> dict[str, object]:
    fresh = Ticket.objects.get(pk=ticket.pk)
    return {name: getattr(fresh, f.column) for name, f in FIELDS.items()}


def replayed(ticket: Ticket) -> dict[str, object]:
    events = Event.objects.filter(ticket_id=ticket.pk).order_by("number")
    return queries.replay(ticket.pk, events, dt.datetime.now(dt.UTC)).fields


@pytest.mark.spec("RC-009", "PL-021", "RC-275")
def test_a_new_ticket_has_the_cores_defaults_and_one_event(world):
    ticket = world.ticket(requester=world.carl, company=world.acme, description="No paper light")
    ticket.refresh_from_db()
    assert (ticket.status, ticket.phase, ticket.priority, ticket.priority_level) == ("new", "new", "normal", 3)
    assert (ticket.access, ticket.shared, ticket.version) == ("all_users", True, 1)
    assert [e.verb for e in Event.objects.filter(ticket_id=ticket.pk)] == ["create"]
    assert replayed(ticket) == state(ticket)


@pytest.mark.spec("RC-100", "RC-104")
def test_the_opening_message_is_the_description_and_speaks_for_the_customer(world):
    ticket = world.ticket(requester=world.carl, company=world.acme, description="No paper light")
    opening = Comment.objects.get(ticket=ticket)
    assert (opening.type, opening.side, opening.author, opening.text) == ("opening", "customer", world.carl, "")
    commands.edit(ticket, {"description": "The light is red"}, by=world.actor("anna"), via="test")
    assert queries.text_of(opening, Ticket.objects.get(pk=ticket.pk)) == "The light is red"


@pytest.mark.spec("PL-023", "RC-017")
def test_all_broken_rules_are_told_at_once_and_nothing_is_written(world):
    with pytest.raises(Refused) as told:
        commands.create(
            "incident",
            {"title": " ", "status": "testing", "urgency": 9, "company": 999_999},
            by=world.actor("anna"),
            via="test",
        )
    assert {r.field for r in told.value.refusals} == {"title", "status", "urgency", "company"}
    assert not Ticket.objects.exists() and not Event.objects.exists()


@pytest.mark.spec("RC-002", "PL-021", "RC-276")
def test_writing_back_what_is_stored_is_no_edit(world):
    ticket = world.ticket(assigned_people=[world.bob.pk], fields={})
    before = state(ticket)
    outcome = commands.edit(
        ticket,
        {"title": "Printer down", "assigned_people": [world.bob], "priority": "normal", "extra": {"crm": {}}},
        by=world.actor("anna"),
        via="test",
    )
    assert not outcome.changed
    assert state(ticket) == before and Event.objects.count() == 1


@pytest.mark.spec("PL-024", "RS-031")
def test_a_stale_version_is_refused(world):
    ticket = world.ticket()
    commands.edit(ticket, {"title": "New"}, by=world.actor("anna"), via="test", if_version=1)
    with pytest.raises(Stale) as stale:
        commands.edit(ticket, {"title": "Newer"}, by=world.actor("bob"), via="test", if_version=1)
    assert stale.value.current == 2


@pytest.mark.spec("RC-277", "RC-308", "RC-143")
def test_solving_closing_and_reopening_move_their_stamps(world):
    anna = world.actor("anna")
    ticket = world.ticket(assignee=world.anna)
    commands.edit(ticket, {"status": "solved"}, by=anna, via="test")
    solved = Ticket.objects.get(pk=ticket.pk)
    assert solved.solved_at and solved.closed_at is None
    commands.close(ticket, by=anna, via="test")
    closed = Ticket.objects.get(pk=ticket.pk)
    assert closed.solved_at == solved.solved_at and closed.closed_at and closed.closed_by == world.anna
    commands.reopen(ticket, by=anna, via="test")
    again = Ticket.objects.get(pk=ticket.pk)
    assert (again.status, again.solved_at, again.closed_at, again.closed_by_id, again.reopen_count) == (
        "assigned",
        None,
        None,
        None,
        1,
    )
    assert replayed(ticket) == state(ticket)


@pytest.mark.spec("RC-178", "RC-291", "CE-107")
def test_a_solution_solves(world):
    ticket = world.ticket()
    commands.comment(ticket, "Cable replaced", by=world.actor("anna"), via="test", type="solution")
    ticket.refresh_from_db()
    assert (ticket.status, ticket.resolution) == ("solved", "Cable replaced")
    assert Event.objects.filter(ticket_id=ticket.pk).count() == 2


@pytest.mark.spec("RC-140", "RC-354")
def test_status_follows_assignment_only_for_those_who_opt_in(world):
    anna = world.actor("anna")
    ticket = world.ticket()
    commands.edit(ticket, {"assigned_people": [world.bob]}, by=anna, via="crm")
    assert Ticket.objects.get(pk=ticket.pk).status == "new"
    opted = (status_follows_assignment,)
    commands.edit(ticket, {"assignee": world.anna}, by=anna, via="centurion", also=opted)
    assert Ticket.objects.get(pk=ticket.pk).status == "assigned"
    commands.edit(ticket, {"assignee": None, "assigned_people": []}, by=anna, via="centurion", also=opted)
    assert Ticket.objects.get(pk=ticket.pk).status == "new"


@pytest.mark.spec("CE-174", "RC-279", "CE-175")
def test_a_ticket_is_never_its_own_ancestor(world):
    a, b, c = (world.ticket(title=t) for t in "abc")
    anna = world.actor("anna")
    commands.edit(b, {"parent": a}, by=anna, via="test")
    commands.edit(c, {"parent": b}, by=anna, via="test")
    with pytest.raises(Refused) as told:
        commands.edit(a, {"parent": c}, by=anna, via="test")
    assert told.value.refusals[0].rule == "parents_make_no_circle"


@pytest.mark.spec("PL-028", "RC-311", "RC-249")
def test_merge_moves_the_messages_and_undo_brings_them_back(world):
    anna = world.actor("anna")
    a = world.ticket(title="a", requester=world.carl, company=world.acme, description="first words")
    b = world.ticket(title="b", requester=world.carl, company=world.acme, description="second words")
    commands.comment(a, "more", by=world.actor("carl"), via="portal")
    commands.merge([a], b, by=anna, via="web")
    merged = Ticket.objects.get(pk=a.pk)
    assert (merged.status, merged.merged_into) == ("closed", b)
    texts = [queries.text_of(c, b) for c in queries.comments(anna, b)]
    assert texts == ["first words", "second words", "more"] or set(texts) == {"first words", "second words", "more"}
    with pytest.raises(Refused):
        commands.edit(a, {"status": "open"}, by=anna, via="crm")
    same = commands.edit(a, {"title": merged.title, "status": "closed"}, by=anna, via="web")
    assert not same.changed  # writing back what is shown is never refused (RC-003)
    event = Event.objects.get(ticket_id=a.pk, verb="merge")
    commands.undo(event, by=anna, via="web")
    back = Ticket.objects.get(pk=a.pk)
    assert (back.status, back.merged_into) == ("new", None)
    assert [queries.text_of(c, back) for c in queries.comments(anna, back)] == ["first words", "more"]
    assert [queries.text_of(c, b) for c in queries.comments(anna, Ticket.objects.get(pk=b.pk))] == ["second words"]
    assert not list(chain.broken())


@pytest.mark.spec("RC-312")
def test_split_copies_and_marks(world):
    anna = world.actor("anna")
    ticket = world.ticket(requester=world.carl, company=world.acme, description="Printer and phone")
    entry = commands.comment(ticket, "The phone is dead too", by=world.actor("carl"), via="portal").comment
    new = commands.split(ticket, [entry.pk], by=anna, via="web", title="Phone")
    entry.refresh_from_db()
    assert (new.split_from, new.description, new.company, entry.moved_to) == (
        ticket,
        "The phone is dead too",
        world.acme,
        new,
    )
    assert entry.moved_at is not None


@pytest.mark.spec("PL-031", "RC-293", "RC-270")
def test_purging_leaves_a_tombstone_and_a_sound_chain(world):
    mona = world.actor("mona")
    ticket = world.ticket(description="secret words")
    child = world.ticket(title="child", parent=ticket)
    commands.comment(ticket, "also secret", by=mona, via="test")
    commands.remove(ticket, by=mona, via="test")
    with pytest.raises(Missing):
        queries.get(world.actor("anna"), ticket.pk)
    number = commands.purge(ticket, by=mona, via="test")
    assert not Ticket.objects.filter(pk=number).exists()
    assert Ticket.objects.get(pk=child.pk).parent is None
    left = Event.objects.filter(ticket_id=number).order_by("number")
    assert [e.verb for e in left] == ["create", "comment", "remove", "purge"]
    assert all("secret" not in str(e.changes) for e in left)
    assert not list(chain.broken())
    assert world.ticket(title="next").pk > number


@pytest.mark.spec("PL-022", "RS-170")
def test_a_changed_event_is_found(world):
    ticket = world.ticket()
    commands.edit(ticket, {"title": "New"}, by=world.actor("anna"), via="test")
    assert not list(chain.broken())
    event = Event.objects.filter(ticket_id=ticket.pk).first()
    event.changes["title"] = ["", "Other"]
    event.save()
    assert [e.pk for e, _ in chain.broken()] == [event.pk]


@pytest.mark.spec("PL-029")
def test_undo_is_refused_once_a_later_event_touched_the_field(world):
    anna = world.actor("anna")
    ticket = world.ticket()
    first = commands.edit(ticket, {"title": "Second", "impact": 3}, by=anna, via="test").event
    later = commands.edit(ticket, {"title": "Third"}, by=anna, via="test").event
    with pytest.raises(Refused) as told:
        commands.undo(first, by=anna, via="test")
    assert str(later.pk) in str(told.value)
    commands.undo(later, by=anna, via="test")
    assert Ticket.objects.get(pk=ticket.pk).title == "Second"


@pytest.mark.spec("PL-030")
def test_as_of_tells_what_was(world):
    anna = world.actor("anna")
    ticket = world.ticket()
    commands.comment(ticket, "Hello", by=anna, via="test")
    then = Event.objects.filter(ticket_id=ticket.pk).order_by("-number").first().at
    commands.edit(ticket, {"title": "Later"}, by=anna, via="test", at=then + dt.timedelta(seconds=5))
    was = queries.as_of(Ticket.objects.get(pk=ticket.pk), then)
    assert was.fields["title"] == "Printer down" and [c["text"] for c in was.comments.values()] == ["Hello"]


@pytest.mark.spec("RC-271", "RC-272", "RC-273", "RS-112")
def test_strangers_and_customers_see_only_theirs(world):
    hers = world.ticket(requester=world.carl, company=world.acme)
    internal = world.ticket(title="Internal change", kind="change")
    assert not queries.visible_to(world.actor("olga")).exists()
    assert list(queries.visible_to(world.actor("carl"))) == [hers]
    assert set(queries.visible_to(world.actor("anna"))) == {hers, internal}
    commands.comment(hers, "only us", by=world.actor("anna"), via="test", internal=True)
    assert not queries.comments(world.actor("carl"), hers).exists()
    with pytest.raises(Missing):
        commands.edit(hers, {"title": "x"}, by=world.actor("olga"), via="test")
    with pytest.raises(Refused):
        commands.edit(hers, {"assignee": world.olga}, by=world.actor("anna"), via="test")
    with pytest.raises(Denied):
        commands.edit(hers, {"title": "x"}, by=world.actor("carl"), via="test")


@pytest.mark.spec("RC-294", "RS-118")
def test_a_removed_membership_acts_at_once(world):
    Membership.objects.filter(person=world.anna).update(is_active=False)
    from polydesk.directory import actors

    assert actors.of(world.anna) is None


@pytest.mark.spec("RC-307", "RC-310")
def test_a_due_closing_is_settled_by_the_next_command(world):
    anna = world.actor("anna")
    world.house.settings = {"auto_close_hours": {"incident": 6}}
    world.house.save()
    ticket = world.ticket(final=True)
    long_ago = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    commands.edit(ticket, {"status": "solved"}, by=anna, via="test", at=long_ago)
    with pytest.raises(Refused) as told:
        commands.edit(ticket, {"status": "open"}, by=anna, via="test")
    assert told.value.refusals[0].rule == "closed_is_final"
    assert commands.settle_due() == 1
    closed = Ticket.objects.get(pk=ticket.pk)
    assert (closed.status, closed.closed_at, closed.closed_by_system) == (
        "closed",
        long_ago + dt.timedelta(hours=6),
        True,
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.spec("RC-121", "RC-120")
def test_every_kind_stands_on_every_status_it_allows(world, kind):
    ticket = world.ticket(kind=kind)
    for status in sorted(KINDS[kind].allowed):
        commands.edit(ticket, {"status": status}, by=world.actor("anna"), via="test")
        assert Ticket.objects.get(pk=ticket.pk).status == status
    assert replayed(ticket) == state(ticket)
    assert not list(chain.broken())


def test_listeners_that_few_want_are_asked_for_in_one_statement_and_called_where_somebody_waits(world):
    heard = []
    waiting = "SELECT 1 FROM directory_team WHERE organization_id = %s AND name = 'Waiting'"
    nobody = "SELECT 1 FROM directory_team WHERE organization_id = %s AND name = 'Nobody'"
    first, second = (lambda recorded, n=n: heard.append((n, recorded[0].event.verb)) for n in (1, 2))
    with count_statements() as without:
        world.ticket()
    edits.listen(first, where=waiting)
    edits.listen(second, where=nobody)
    try:
        with count_statements() as asked:
            world.ticket()
        assert heard == [] and len(asked) == len(without)
        Team.objects.create(organization=world.house, name="Waiting")
        world.ticket()
        commands.create("incident", {"title": "Theirs"}, by=world.actor("olga"), via="test")
        assert heard == [(1, "create")]
    finally:
        for listener in (first, second):
            del edits._listeners[listener]
