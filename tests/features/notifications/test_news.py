"""Who is told of what, by the edits that people make."""

import datetime as dt

import pytest

from polydesk.directory.models import TeamMember
from polydesk.features.notifications import news
from polydesk.features.notifications.models import Notification, Preference
from polydesk.jobs.models import Job
from polydesk.jobs.testing import drain
from polydesk.tickets import commands, edits
from polydesk.tickets.models import Event
from polydesk.web.testing import count_statements

pytestmark = pytest.mark.django_db


def told(world, *, drained=True):
    """(login, what, reason) of all that were told, and forget them."""
    if drained:
        drain()
    names = {person.pk: login for login, person in world.people.items()}
    found = sorted((names[n.person_id], n.what, n.reason) for n in Notification.objects.all())
    Notification.objects.all().delete()
    return found


@pytest.fixture
def ticket(world):
    """Bob works on it, Mona watches it, Carl asked for it."""
    made = world.ticket(assignee=world.bob, watchers=[world.mona.pk], requester=world.carl, company=world.acme)
    drain()
    Notification.objects.all().delete()
    return made


def by(world, login):
    return {"by": world.actor(login), "via": "test"}


def test_opening_tells_whom_it_is_given_to_and_for_whom_and_never_the_opener(world):
    world.ticket(assignee=world.bob, watchers=[world.mona.pk, world.anna.pk], requester=world.carl)
    assert told(world) == [
        ("bob", "assignment", "assignee"),
        ("carl", "opened", "requester"),
        ("mona", "opened", "watching"),
    ]
    world.ticket(assignee=world.anna, requester=world.anna)
    assert told(world) == []


def test_a_team_is_told_by_its_members_and_only_of_what_is_new(world):
    TeamMember.objects.create(team=world.support, person=world.bob)
    made = world.ticket("mona", assigned_teams=[world.support.pk])
    assert told(world) == [("anna", "assignment", "team"), ("bob", "assignment", "team")]
    commands.edit(made, {"assigned_people": [world.bob.pk]}, **by(world, "anna"))
    assert told(world) == [("bob", "assignment", "assignee")]
    commands.comment(made, "More", **by(world, "mona"))
    assert told(world) == [("bob", "message", "assignee")], "the team is not asked while somebody works on it"


def test_a_public_message_reaches_everybody_who_takes_part(world, ticket):
    commands.comment(ticket, "Any news?", **by(world, "carl"))
    assert told(world) == [("bob", "message", "assignee"), ("mona", "message", "watching")]
    commands.comment(ticket, "On my way", **by(world, "bob"))
    assert told(world) == [("carl", "message", "requester"), ("mona", "message", "watching")]


def test_what_is_internal_reaches_staff_who_may_read_it_and_never_a_customer(world, ticket):
    commands.edit(ticket, {"watchers": [world.mona.pk, world.carl.pk, world.rita.pk]}, **by(world, "bob"))
    told(world)
    for facts in ({"internal": True}, {"type": "task"}, {"type": "notification", "internal": True}):
        commands.comment(ticket, "Ask @carl and @rita nothing", **facts, **by(world, "bob"))
        assert told(world) == [("mona", "note", "watching")], facts


def test_a_mention_reaches_whoever_may_see_it(world, ticket):
    text = "@anna please, and @bob; not mail@mona.example, @olga, @nobody or `@mona`. Thanks @anna."
    commands.comment(ticket, text, **by(world, "carl"))
    assert told(world) == [
        ("anna", "mention", "mentioned"),
        ("bob", "mention", "mentioned"),
        ("mona", "message", "watching"),
    ]
    world.ticket(description="@Bob should look. ```\n@mona\n```")
    assert told(world) == [("bob", "mention", "mentioned")]
    assert news.mentioned("(@anna) @bob: @x.y, a@b @c/d") == ["anna", "bob", "x.y", "c"]


def test_solving_and_bringing_back_reach_those_who_take_part(world, ticket):
    commands.comment(ticket, "New fuser", type="solution", **by(world, "bob"))
    assert Event.objects.filter(ticket_id=ticket.pk).last().comment_id
    notification = None
    drain()
    notification = Notification.objects.get(person=world.carl)
    assert notification.comment_id, "one row for the event, with the text that solved it"
    assert told(world) == [("carl", "solved", "requester"), ("mona", "solved", "watching")]
    commands.reopen(ticket, **by(world, "carl"))
    assert told(world) == [("bob", "reopened", "assignee"), ("mona", "reopened", "watching")]
    commands.edit(ticket, {"status": "closed"}, **by(world, "mona"))
    assert ("carl", "solved", "requester") in told(world)


def test_what_is_done_by_the_desk_itself_reaches_everybody_it_concerns(world, ticket):
    from polydesk.directory import actors

    commands.edit(ticket, {"assignee": world.anna}, by=actors.system(world.house.pk), via="rule")
    assert told(world) == [("anna", "assignment", "assignee")]


def test_an_approver_is_asked(world):
    from polydesk.features.approvals import voting

    change = world.ticket("mona", kind="change")
    row = voting.ask(change, world.bob, **by(world, "mona"))
    assert told(world) == [("bob", "approval", "approver")]
    voting.vote(row, True, **by(world, "bob"))
    assert told(world) == []


@pytest.mark.spec("PL-202")
def test_the_members_of_a_board_are_asked_once_it_is_named(world):
    from polydesk.features.approvals import voting
    from polydesk.features.approvals.models import Approver, Board

    board = Board.objects.create(organization=world.house, name="CAB")
    board.members.set([world.bob, world.anna, world.mona])
    change = world.ticket("mona", kind="change")
    commands.edit(change, {"approval_board": board.pk}, **by(world, "mona"))
    assert told(world) == [("anna", "approval", "approver"), ("bob", "approval", "approver")]
    voting.vote(Approver.objects.get(ticket=change, person=world.bob), True, **by(world, "bob"))
    commands.edit(change, {"title": "Another"}, **by(world, "mona"))
    assert told(world) == []


def test_word_to_the_subscribers_is_word_to_all_who_take_part(world, ticket):
    commands.comment(ticket, "Down at noon", type="notification", **by(world, "bob"))
    assert told(world) == [("carl", "word", "requester"), ("mona", "word", "watching")]


def test_strangers_people_without_desk_and_inactive_people_are_not_told(world, ticket):
    world.mona.is_active = False
    world.mona.save()
    commands.edit(ticket, {"shared": False}, **by(world, "bob"))
    told(world)
    commands.comment(ticket, "Hello @olga", **by(world, "bob"))
    assert told(world) == []


def test_a_deleted_entry_is_no_news_any_more(world, ticket):
    outcome = commands.comment(ticket, "Wrong ticket", **by(world, "bob"))
    commands.remove_comment(outcome.comment, **by(world, "mona"))
    assert told(world) == []


def test_what_only_moves_or_repeats_is_silent(world, ticket):
    other = world.ticket("carl", requester=world.carl, company=world.acme)
    done = commands.edit(ticket, {"assignee": world.anna}, **by(world, "mona"))
    told(world)
    commands.undo(done.event, **by(world, "mona"))
    assert told(world) == [], "undone"
    commands.comment(ticket, "Long ago", at=edits.now() - dt.timedelta(days=2), **by(world, "anna"))
    assert told(world) == [], "a story"
    commands.comment(ticket, "From elsewhere", by=world.actor("anna"), via="import")
    assert told(world) == [], "an import"
    commands.merge([other], ticket, **by(world, "anna"))
    assert told(world) == [], "merged"
    commands.edit(ticket, {"status": "solved"}, **by(world, "bob"))
    told(world)
    commands.rate(ticket, scale="five_points", score=5, **by(world, "carl"))
    assert told(world) == [], "rated"


def test_people_choose_what_they_are_told(world, ticket):
    Preference.objects.create(person=world.mona, choices={"message": {"inbox": False}})
    commands.comment(ticket, "Any news?", **by(world, "carl"))
    assert told(world) == [("bob", "message", "assignee")]


@pytest.mark.spec("RS-040")
def test_nothing_remains_of_an_edit_that_was_rolled_back(world, ticket):
    with pytest.raises(RuntimeError), edits.begin(world.house.pk) as batch:
        commands.fields.create_in(batch, "incident", {"title": "t", "assignee": world.bob}, **by(world, "anna"))
        batch.flush()
        assert Job.objects.waiting().filter(kind="notification.tell").count() == 1
        raise RuntimeError
    assert told(world) == []


def test_an_event_is_told_once_however_often_its_job_runs(world, ticket):
    commands.comment(ticket, "Any news?", **by(world, "carl"))
    drain()
    Job.objects.filter(kind="notification.tell").update(done=None, error="", tries=0, owner="")
    drain()
    assert len(told(world)) == 2


@pytest.mark.spec("RS-165")
def test_an_edit_pays_one_statement_for_any_number_of_people_and_none_for_nobody(world, ticket):
    def cost(**values):
        with count_statements() as counted:
            commands.edit(ticket, values, **by(world, "bob"))
        return len([sql for sql in counted.sql if "notifications_" in sql or "jobs_job" in sql])

    assert cost(title="Other") == 0
    assert cost(assignee=world.bob.pk, priority="high") == 0, "his own doing"
    assert cost(assignee=world.anna.pk) == 1
    assert cost(assigned_people=[world.anna.pk, world.bob.pk, world.mona.pk]) == 1
