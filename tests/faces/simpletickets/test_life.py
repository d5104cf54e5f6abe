"""The life cycle and the monitor (simpletickets.md sections 4, 5 and 6)."""

import datetime as dt

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command

from polydesk.tickets import commands
from polydesk.tickets.models import Event
from polydesk.tickets.models import Ticket as CoreTicket
from polydesk.tickets.refusals import Refused
from simpletickets.models import Ticket, UnchangedSave

from .conftest import PROBLEM, SOLUTION, state

pytestmark = pytest.mark.django_db
SPAN = dt.timedelta(hours=6)


def at(number, after):
    """The moment so long after the solution, to travel to."""
    return CoreTicket.objects.get(pk=number).solved_at + after


def travel(number, after, *browsers):
    journey = time_machine.travel(at(number, after), tick=False)
    journey.start()
    for browser in browsers:
        browser.client.force_login(browser.user)
    return journey


@pytest.fixture
def clock():
    journeys = []

    def go(number, after, *browsers):
        journeys.append(travel(number, after, *browsers))

    yield go
    for journey in reversed(journeys):
        journey.stop()


def monitor(browser, number):
    answer = browser.get(f"monitor-ticket-{number}/")
    assert answer.status_code == 200
    return answer.content.decode().splitlines()


@pytest.mark.spec("ST-044", "RC-086")
def test_solving_is_stamped_once(rita, anna, world, solved):
    ticket = Ticket.objects.get(pk=solved)
    assert ticket.resolution_date and ticket.resolution_delta == int(
        (ticket.solved_at - ticket.created_at).total_seconds()
    )
    commands.edit(solved, {"purchase_order": "7"}, by=world.actor("anna"), via="test")
    later = Ticket.objects.get(pk=solved)
    assert (later.resolution_date, later.resolution_delta) == (ticket.resolution_date, ticket.resolution_delta)


@pytest.mark.spec("ST-045", "ST-048", "ST-057", "ST-062", "RC-088", "RC-307")
def test_a_solved_ticket_closes_by_itself_strictly_after_the_span(rita, anna, mona, solved, clock):
    clock(solved, SPAN, rita, anna, mona)
    assert state(solved) == 8 and solved in anna.listed()
    clock(solved, SPAN + dt.timedelta(milliseconds=1), rita, anna, mona)
    assert anna.listed() == [] == mona.listed() and rita.listed() == [solved]
    ticket = CoreTicket.objects.get(pk=solved)
    assert (ticket.phase, ticket.closed_at, ticket.closed_by_system) == ("closed", ticket.solved_at + SPAN, True)
    assert monitor(mona, solved)[-1].endswith("[user: system] [STATE: closed]")


@pytest.mark.spec("ST-048", "ST-062", "ST-011")
@pytest.mark.parametrize("read", ["get", "count", "exists", "first", "values", "iterator", "command", "filter"])
def test_whatever_reads_it_sees_it_closed(solved, clock, settings, read):
    settings.ST_DELTA_CLOSE = dt.timedelta(minutes=1)
    clock(solved, dt.timedelta(minutes=2))
    found = {
        "get": lambda: Ticket.objects.get(pk=solved).state == 9,
        "count": lambda: Ticket.objects.filter(state=8).count() == 0,
        "exists": lambda: Ticket.objects.filter(state=9).exists(),
        "first": lambda: Ticket.objects.order_by("-pk").first().state == 9,
        "values": lambda: list(Ticket.objects.values_list("phase", flat=True)) == ["closed"],
        "iterator": lambda: [t.state for t in Ticket.objects.all().iterator()] == [9],
        "command": lambda: call_command("st_close_solved", verbosity=0) is None and state(solved) == 9,
        "filter": lambda: [t.pk for t in Ticket.objects.filter(state__in=[9])] == [solved],
    }[read]
    assert found()


@pytest.mark.spec("ST-046", "ST-036", "RC-143", "RC-308")
def test_the_owner_reopens_what_is_solved(rita, anna, solved, clock):
    assert rita.explain(solved, "Too few words").status_code == 200 and state(solved) == 8
    clock(solved, SPAN)
    assert rita.explain(solved).status_code in (302, 403)
    rita.client.force_login(rita.user)
    assert rita.explain(solved).status_code in (302, 403)
    ticket = Ticket.objects.get(pk=solved)
    assert (ticket.state, ticket.staff, ticket.resolution_date, ticket.resolution_delta) == (2, anna.user, None, None)
    anna.client.force_login(anna.user)
    assert anna.work(solved, state=8, resolution_text="Replaced the main board as well today").status_code == 302
    clock(solved, SPAN, rita)
    assert state(solved) == 8


@pytest.mark.spec("ST-047", "ST-048", "ST-100", "RC-245", "RC-297", "RC-310", "RC-409")
def test_closed_is_final_for_everybody(rita, anna, mona, world, solved, clock):
    clock(solved, SPAN + dt.timedelta(minutes=1), rita, anna, mona)
    assert rita.explain(solved).status_code == 403
    assert anna.work(solved).status_code == 404 and mona.work(solved).status_code == 403
    assert rita.post(f"delete-ticket-{solved}/").status_code == 403
    assert state(solved) == 9
    for act in (
        lambda: commands.edit(solved, {"status": "open"}, by=world.actor("mona"), via="test"),
        lambda: commands.reopen(solved, by=world.actor("mona"), via="test"),
        lambda: commands.comment(solved, "It works", type="solution", by=world.actor("mona"), via="test"),
    ):
        with pytest.raises(Refused):
            act()
    ticket = Ticket.objects.get(pk=solved)
    ticket.state = 2
    with pytest.raises(Refused):
        ticket.save()
    assert state(solved) == 9


@pytest.mark.spec("ST-051")
def test_the_whole_life_sends_no_mail(rita, anna, solved, clock):
    rita.explain(solved)
    anna.work(solved, state=8, resolution_text=SOLUTION)
    clock(solved, SPAN * 2)
    assert state(solved) == 9 and mail.outbox == []


@pytest.mark.spec("ST-052", "ST-053", "ST-054", "ST-055", "ST-056", "ST-061", "RC-181", "RC-276", "RC-346")
def test_the_monitor_has_a_line_for_each_change(rita, anna, bob, mona, world):
    with time_machine.travel(dt.datetime(2026, 2, 20, 9, 0, tzinfo=dt.UTC), tick=False) as clock:
        for browser in (rita, anna, bob, mona):
            browser.client.force_login(browser.user)
        number = rita.create(severity=5)
        rita.explain(number, "The printer\r\non floor two is dead", severity=5)
        clock.shift(310)
        anna.get(f"edit-ticket-{number}/")
        assert anna.work(number).status_code == 302
        anna.work(number, staff=bob.user.pk, severity=9)
        commands.edit(number, {"status": "in_progress"}, by=world.actor("mona"), via="centurion")
        commands.comment(number, "Not a watched field", by=world.actor("mona"), via="native", internal=True)
        commands.edit(number, {"requester": world.carl.pk, "purchase_order": "1"}, by=world.actor("mona"), via="native")
        bob.work(number, state=8, resolution_text=SOLUTION, ticket_type=9)
        lines = monitor(mona, number)
    first, then = "2026-02-20 09:00:00+00:00", "2026-02-20 09:05:10+00:00"
    assert lines == [
        f"{first} #### Ticket created ####",
        f"{first} [user: rita] [TICKET_NUMBER: 26{number:06d}]",
        rf"{first} [user: rita] [DESCRIPTION: The printer\non floor two is dead]",
        f"{then} [user: anna] [STAFF: anna] | [STATE: assigned]",
        f"{then} [user: anna] No changes!",
        f"{then} [user: anna] [STAFF: bob] | [SEVERITY: Critical]",
        f"{then} [user: mona] [STATE: in progress]",
        f"{then} [user: mona] [USER: carl]",
        f"{then} [user: bob] [TICKET_TYPE: Others] | [STATE: solved] | [RESOLUTION_TEXT: {SOLUTION}]",
    ]
    assert UnchangedSave.objects.count() == 1 and Event.objects.filter(ticket_id=number).count() == 8


@pytest.mark.spec("ST-052", "ST-057", "RC-310")
def test_the_monitor_ends_with_the_closing(mona, solved, world, clock):
    clock(solved, SPAN + dt.timedelta(minutes=1), mona)
    assert state(solved) == 9
    commands.edit(solved, {"resolution": "Something else", "priority": "low"}, by=world.actor("anna"), via="test")
    assert monitor(mona, solved)[-1].endswith("[STATE: closed]")


@pytest.mark.spec("ST-058")
def test_the_monitor_is_a_plain_download(anna, rita, world):
    world.rita.user.username = 'rita "x"/..\\y'
    world.rita.user.save()
    number = rita.create()
    answer = anna.get(f"monitor-ticket-{number}/")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="{number}-rita__x__.._y.mon"'


@pytest.mark.spec("ST-018", "ST-059", "ST-060", "ST-063", "ST-064")
def test_two_settings_say_who_may_download(rita, anna, bob, mona, solved, settings, clock):
    link = f"monitor-ticket-{solved}/"
    for staff, owner in ((True, False), (False, True), (True, True), (False, False)):
        settings.ST_FL_MNTR_STAFF, settings.ST_FL_MNTR_OWNER = staff, owner
        for person, may in ((anna, staff), (mona, staff), (rita, owner)):
            assert person.get(link).status_code == (200 if may else 403)
            assert (link in person.get("list/").content.decode()) is may
    settings.ST_FL_MNTR_STAFF = True
    assert bob.get(link).status_code == 404
    clock(solved, SPAN + dt.timedelta(minutes=1), rita, anna, bob, mona)
    assert [p.get(link).status_code for p in (anna, mona, bob, rita)] == [200, 200, 404, 403]


@pytest.mark.spec("ST-065", "ST-066", "ST-068", "ST-069", "ST-070", "ST-079", "ST-080", "ST-011")
def test_names_and_lists_of_the_site_are_taken_at_once(rita, anna, mona, settings):
    from django.contrib.auth.models import Group

    settings.ST_STAFF_GNAME, settings.ST_ADMIN_GNAME = "helpers", "chiefs"
    settings.ST_TCKT_TYPE = ((2, "Broken"), (4, "Question"))
    settings.ST_TCKT_SEVERITY = ((1, "calm"), (3, "so so"), (6, "burning"))
    call_command("st_create_groups", verbosity=0)
    call_command("st_create_groups", verbosity=0)
    number = rita.create(ticket_type=4, severity=6)
    assert anna.listed() == []
    anna.user.groups.add(Group.objects.get(name="helpers"))
    assert anna.listed() == [number] and "burning" in anna.get("list/").content.decode()
    ticket = Ticket.objects.get(pk=number)
    assert (ticket.get_ticket_type_display(), ticket.severity, ticket.priority) == ("Question", 6, "high")
    assert [t.pk for t in Ticket.objects.filter(severity=6, ticket_type=4)] == [number]
    anna.get(f"edit-ticket-{number}/")
    anna.work(number, severity=3)
    assert Ticket.objects.get(pk=number).priority == "normal"
    del settings.ST_TCKT_TYPE
    assert Ticket.objects.get(pk=number).get_ticket_type_display() == "4"
    assert rita.get("list/").status_code == 200 == anna.get(f"edit-ticket-{number}/").status_code


@pytest.mark.spec("ST-038", "ST-098", "ST-099", "ST-012", "ST-094")
def test_programs_use_tickets_under_the_packages_names(rita, anna, world, solved, settings):
    from simpletickets import forms, views
    from simpletickets import settings as named

    assert all((forms.TicketFormUser, forms.TicketFormStaff, views.TicketList, views.TicketCreate, views.TicketUpdate,
                views.TicketDelete))  # fmt: skip
    assert all(getattr(named, name) == default for name, default in named.DEFAULTS.items() if name != "BASE_TEMPLATE")
    made = Ticket.objects.create(user=rita.user, description=PROBLEM, severity=8)
    assert (made.state, made.user, made.severity, made.get_severity_display()) == (1, rita.user, 8, "very important")
    made.staff, made.state = anna.user, 5
    made.save()
    again = Ticket.objects.get(pk=made.pk)
    assert (again.staff, again.state, again.get_state_display()) == (anna.user, 5, "in progress")
    again.description, again.resolution_text, again.state = "Other words", SOLUTION, 8
    again.save()
    assert (again.description, again.resolution_text, again.state) == ("Other words", SOLUTION, 8)
    assert again.mntrfile() == f"/tickets/monitor-ticket-{made.pk}/" and again.humanized_delta()
    assert again.creation_date and again.modification_date and again.resolution_date
    assert Event.objects.filter(ticket_id=made.pk).count() == 3
    assert Ticket.objects.all().count() == 2 == Ticket.objects.n_total(rita.user) == Ticket.objects.n_solved(rita.user)
    assert [t.pk for t in Ticket.objects.order_by("-pk")] == [made.pk, solved]
    assert Ticket.objects.filter(user=rita.user).count() == 2 == Ticket.objects.filter(staff=anna.user, state=8).count()
    assert Ticket.objects.get(ticket_number=made.ticket_number).pk == made.pk == Ticket.objects.filter(pk=made.pk)[0].pk
    assert not Ticket.objects.exclude(user=rita.user).exists() and not Ticket.objects.filter(user=anna.user)
    assert str(made) == made.ticket_number and not made.attachment
    made.delete()
    assert Ticket.objects.count() == 1 and CoreTicket.objects.count() == 2


@pytest.mark.spec("ST-099", "RC-123", "RC-111")
def test_filters_by_state_agree_with_what_is_shown(world, settings):
    for kind, statuses in (("incident", ("draft", "new", "open", "assigned", "planned", "in_progress", "scheduled",
                                         "waiting_customer", "on_hold", "solved", "closed", "invalid")),
                           ("change", ("testing", "cancelled", "refused"))):  # fmt: skip
        for status in statuses:
            world.ticket(kind=kind, status=status)
    everything = list(Ticket.objects.all())
    for number in (1, 2, 5, 8, 9):
        assert {t.pk for t in Ticket.objects.filter(state=number)} == {t.pk for t in everything if t.state == number}
    for number in (1, 2, 9):
        assert {t.pk for t in Ticket.objects.filter(ticket_type=number)} == {
            t.pk for t in everything if t.ticket_type == number
        }
