"""The pages: who sees what, who may do what, and what forms say (simpletickets.md sections 2, 3, 7, 8 and 12)."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from polydesk.tickets import commands
from polydesk.tickets.models import Attachment, Event
from polydesk.tickets.models import Ticket as CoreTicket
from polydesk.web.testing import count_statements
from simpletickets.models import Ticket

from .conftest import PROBLEM, SOLUTION, state

pytestmark = pytest.mark.django_db
PAGES = ("list/", "new-ticket/", "edit-ticket-1/", "delete-ticket-1/", "monitor-ticket-1/", "attachment-ticket-1/")


def text(answer):
    return answer.content.decode()


@pytest.mark.spec("ST-014", "ST-015", "ST-016", "ST-017", "ST-018", "ST-019", "ST-020")
def test_every_page_needs_somebody_who_is_logged_in(people, settings):
    for page in PAGES:
        answer = Client().get(f"/tickets/{page}")
        assert answer.status_code == 302 and answer["Location"].endswith(f"?next=/tickets/{page}")
    assert people["rita"].get("")["Location"] == "/tickets/list/"


@pytest.mark.spec("ST-015", "ST-023", "ST-031", "ST-038", "RC-022", "RC-031", "RC-300")
def test_the_owner_creates_and_what_is_not_his_to_say_is_ignored(rita, anna, world):
    number = rita.create(severity=5, user=anna.user.pk, staff=anna.user.pk, state=8)
    ticket = Ticket.objects.get(pk=number)
    assert (ticket.state, ticket.user, ticket.staff, ticket.ticket_type, ticket.severity) == (1, rita.user, None, 2, 5)
    assert ticket.ticket_number == f"{ticket.created_at:%y}{number:06d}"
    assert (ticket.title, ticket.kind, ticket.priority, ticket.channel) == (PROBLEM, "incident", "high", "portal")
    assert (ticket.company_id, ticket.final, ticket.description_format) == (None, True, "plain")
    assert "Ticket was successfully created" in text(rita.get("list/"))
    assert 'value="2" selected' in text(rita.get("new-ticket/"))
    long = rita.create("\n  " + "word " * 40 + "\nmore")
    title = Ticket.objects.get(pk=long).title
    assert len(title) <= 100 and title.endswith("word…")


@pytest.mark.spec("ST-022", "ST-036", "ST-068", "ST-069", "ST-093")
@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"description": ""}, "This field is required."),
        ({"description": "   "}, "This field is required."),
        ({"description": "..."}, "Please explain the problem"),
        ({"ticket_type": 3}, "Select a valid choice."),
        ({"severity": 4}, "Select a valid choice."),
        ({"severity": "x"}, "Select a valid choice."),
        ({"attachment": SimpleUploadedFile("empty.txt", b"")}, "The submitted file is empty."),
        ({"description": "a\0b"}, "Null characters are not allowed."),
    ],
)
def test_a_faulty_new_ticket_is_shown_again_and_nothing_is_saved(rita, data, said):
    answer = rita.post("new-ticket/", {"ticket_type": 2, "severity": 5, "description": "Kept words", **data})
    assert answer.status_code == 200 and said in text(answer)
    assert "Kept words" in text(answer) or "description" in data
    assert 'enctype="multipart/form-data"' in text(answer) and "csrfmiddlewaretoken" in text(answer)
    assert not Ticket.objects.exists() and not Attachment.objects.exists()


@pytest.mark.spec("ST-022")
def test_forms_are_protected_and_lists_are_only_read(people):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(people["rita"].user)
    assert strict.post("/tickets/new-ticket/", {"description": PROBLEM}).status_code == 403
    assert people["rita"].post("list/").status_code == 405
    number = people["rita"].create()
    assert people["mona"].post(f"monitor-ticket-{number}/").status_code == 405


@pytest.mark.spec("ST-025", "ST-027", "ST-028", "ST-029", "RC-192", "RC-193")
def test_lists_are_by_role(people, world):
    rita, carl, anna, bob, mona = (people[name] for name in ("rita", "carl", "anna", "bob", "mona"))
    ritas, carls = rita.create(), carl.create()
    assert rita.listed() == [ritas] and carl.listed() == [carls]
    assert set(anna.listed()) == {ritas, carls} == set(mona.listed())
    anna.get(f"edit-ticket-{ritas}/")
    assert set(anna.listed()) == {ritas, carls} and bob.listed() == [carls] and set(mona.listed()) == {ritas, carls}
    world.carl.user.is_staff = True  # a flag of the project's admin gives nothing
    world.carl.user.save()
    assert carl.listed() == [carls]
    world.carl.user.is_superuser = True
    world.carl.user.save()
    assert set(carl.listed()) == {ritas, carls}
    elsewhere = world.ticket(by="olga", title="Another organization's")
    assert elsewhere.pk not in mona.listed() and mona.get(f"edit-ticket-{elsewhere.pk}/").status_code == 404


@pytest.mark.spec("ST-026")
def test_without_groups_nobody_is_staff(people, world):
    from django.contrib.auth.models import Group

    Group.objects.all().delete()
    number = people["rita"].create()
    assert people["anna"].listed() == [] and people["rita"].listed() == [number]


@pytest.mark.spec("ST-030")
def test_lists_go_by_state_severity_and_age(rita, anna, mona):
    numbers = {name: rita.create(severity=severity) for name, severity in (("a", 5), ("b", 1), ("c", 5), ("d", 1))}
    anna.get(f"edit-ticket-{numbers['b']}/")
    assert rita.listed() == [numbers[name] for name in "dacb"]


@pytest.mark.spec("ST-021", "RC-011")
def test_what_is_foreign_or_unknown_is_404(rita, carl, anna):
    number = rita.create()
    for page in ("edit", "delete", "monitor", "attachment"):
        assert carl.get(f"{page}-ticket-{number}/").status_code == 404
        assert rita.get(f"{page}-ticket-999999/").status_code == 404
        assert anna.get(f"{page}-ticket-{'9' * 30}/").status_code == 404
    assert carl.explain(number).status_code == 404 and carl.post(f"delete-ticket-{number}/").status_code == 404
    assert rita.get(f"attachment-ticket-{number}/").status_code == 404


@pytest.mark.spec("ST-032", "ST-036", "ST-023")
def test_the_owner_changes_and_deletes_while_it_is_new(rita, anna):
    number = rita.create()
    for description, said in (("...", "Please explain the problem"), ("Four words are few", "rigorously")):
        answer = rita.explain(number, description)
        assert answer.status_code == 200 and said in text(answer)
    assert rita.explain(number, "Now five words or more", severity=9).status_code == 302
    ticket = Ticket.objects.get(pk=number)
    assert (ticket.description, ticket.severity, ticket.title) == ("Now five words or more", 9, PROBLEM)
    assert "Ticket was successfully updated" in text(rita.get("list/"))
    assert rita.get(f"delete-ticket-{number}/").status_code == 200 and state(number) == 1
    assert rita.post(f"delete-ticket-{number}/")["Location"] == "/tickets/list/"
    assert "Ticket was successfully deleted" in text(rita.get("list/"))
    assert not Ticket.objects.exists() and CoreTicket.objects.get(pk=number).deleted_at
    assert rita.get(f"edit-ticket-{number}/").status_code == 404
    taken = rita.create()
    anna.get(f"edit-ticket-{taken}/")
    for act in (lambda: rita.explain(taken), lambda: rita.post(f"delete-ticket-{taken}/"),
                lambda: rita.get(f"delete-ticket-{taken}/")):  # fmt: skip
        assert act().status_code == 403
    assert Ticket.objects.get(pk=taken).description == PROBLEM
    shown = text(rita.get(f"edit-ticket-{taken}/"))
    assert "cannot be changed" in shown and 'type="submit"' not in shown


@pytest.mark.spec("ST-033", "ST-041", "ST-021")
def test_staff_never_delete_and_change_nothing_that_is_solved(rita, anna, mona, solved):
    number = rita.create()
    for person in (anna, mona):
        assert person.post(f"delete-ticket-{number}/").status_code == 403
        assert person.work(solved, state=5).status_code == 403
    assert state(number) == 1 and state(solved) == 8


@pytest.mark.spec("ST-034", "ST-035", "ST-037", "ST-070")
def test_the_staff_form_takes_only_what_it_offers(rita, anna, bob, carl, mona, settings):
    settings.ST_TCKT_STATE = (
        (1, "new"),
        (2, "assigned"),
        (4, "at the lab"),
        (5, "in progress"),
        (8, "solved"),
        (9, "closed"),
    )
    number = rita.create()
    shown = text(anna.get(f"edit-ticket-{number}/"))
    for name in ("staff", "ticket_type", "severity", "state", "resolution_text"):
        assert f'name="{name}"' in shown
    for offered in (anna, bob, mona):
        assert f">{offered.user}</option>" in shown
    assert ">carl</option>" not in shown and "at the lab" in shown and ">new<" not in shown
    for wrong in ({"state": 1}, {"state": 9}, {"state": 3}, {"staff": carl.user.pk}, {"severity": 3}):
        answer = anna.work(number, **wrong)
        assert answer.status_code == 200 and "Select a valid choice" in text(answer)
    bob.user.is_active = False
    bob.user.save()
    assert anna.work(number, staff=bob.user.pk).status_code == 200
    answer = anna.work(number, state=8, resolution_text="Only four words here")
    assert "Please be extensive on the explanation" in text(answer) and state(number) == 2
    assert anna.work(number, state=5, resolution_text="").status_code == 302


@pytest.mark.spec("ST-039", "ST-040", "RC-403")
def test_opening_takes_a_new_ticket_once(rita, anna, bob, world):
    number = rita.create()
    assert anna.client.head(f"/tickets/edit-ticket-{number}/").status_code == 200
    anna.get("list/")
    assert state(number) == 1
    anna.get(f"edit-ticket-{number}/")
    ticket = Ticket.objects.get(pk=number)
    assert (ticket.state, ticket.staff, ticket.status) == (2, anna.user, "assigned")
    assert bob.get(f"edit-ticket-{number}/").status_code == 404 == bob.work(number).status_code
    anna.get(f"edit-ticket-{number}/")
    assert Event.objects.filter(ticket_id=number).count() == 2


@pytest.mark.spec("ST-040")
def test_who_comes_second_gets_404(rita, anna, bob):
    from django.http import Http404

    from simpletickets import acts
    from simpletickets.people import Visitor

    number = rita.create()
    seen_by_both = Ticket.objects.get(pk=number)
    acts.open_as_staff(Visitor(anna.user), seen_by_both)
    with pytest.raises(Http404):
        acts.open_as_staff(Visitor(bob.user), seen_by_both)
    assert Ticket.objects.get(pk=number).staff == anna.user


@pytest.mark.spec("ST-041", "ST-042")
def test_an_admin_looks_without_taking_and_takes_by_saving(rita, anna, bob, mona):
    number = rita.create()
    mona.get(f"edit-ticket-{number}/")
    assert state(number) == 1
    assert mona.work(number, staff="").status_code == 302
    ticket = Ticket.objects.get(pk=number)
    assert (ticket.state, ticket.staff) == (2, mona.user)
    assert mona.work(number, staff=anna.user.pk).status_code == 302
    assert anna.listed() == [number] and bob.listed() == []
    assert anna.work(number, staff=bob.user.pk).status_code == 302
    assert anna.listed() == [] and bob.listed() == [number] and state(number) == 2
    assert bob.work(number, state=5).status_code == 302 and state(number) == 5


@pytest.mark.spec("ST-043", "ST-079", "ST-082", "RC-007", "RC-129", "RC-343")
def test_states_of_the_site_behave_like_in_progress_and_keep_their_number(rita, anna, world, settings):
    settings.ST_TCKT_STATE = ((1, "new"), (2, "assigned"), (4, "at the lab"), (8, "solved"), (9, "closed"))
    number = rita.create()
    anna.get(f"edit-ticket-{number}/")
    assert anna.work(number, state=4).status_code == 302
    row = text(anna.get("list/"))
    assert "st-state-4 st-hue-blue" in row and "at the lab" in text(rita.get("list/"))
    assert Ticket.objects.get(state=4).status == "in_progress"
    other = world.ticket(status="waiting_customer", requester=world.rita)
    assert state(other.pk) == 4  # the site's list has no 5
    commands.edit(number, {"status": "on_hold"}, by=world.actor("anna"), via="test")
    commands.edit(number, {"status": "in_progress"}, by=world.actor("anna"), via="test")
    del settings.ST_TCKT_STATE
    assert state(number) == 4 and ">4<" in text(rita.get("list/"))  # no longer in the list: the number is its label
    assert rita.get("list/").status_code == 200 == anna.get(f"edit-ticket-{number}/").status_code


@pytest.mark.spec("ST-024", "ST-037", "ST-050")
def test_what_people_write_is_text(rita, anna):
    number = rita.create("<script>alert(1)</script> & more words here")
    anna.get(f"edit-ticket-{number}/")
    anna.work(number, state=5, resolution_text="<b>bold</b> <script>x</script>")
    for person, page in (
        (rita, "list/"),
        (anna, "list/"),
        (anna, f"edit-ticket-{number}/"),
        (rita, f"edit-ticket-{number}/"),
    ):
        shown = text(person.get(page))
        assert "<script>" not in shown and "<b>bold" not in shown and "&lt;" in shown


@pytest.mark.spec("ST-049", "ST-050", "ST-091")
def test_rows_say_the_state_by_class_and_disable_what_is_not_allowed(rita, anna, solved):
    new = rita.create()
    shown = text(rita.get("list/"))
    assert f'<tr data-ticket-id="{new}" class="st-row st-state-1 st-hue-red danger">' in shown
    assert f'<tr data-ticket-id="{solved}" class="st-row st-state-8 st-hue-grey active">' in shown
    assert f"edit-ticket-{new}/" in shown and f"delete-ticket-{new}/" in shown
    assert f"edit-ticket-{solved}/" in shown and f"delete-ticket-{solved}/" not in shown
    assert 'aria-disabled="true">Delete' in shown and SOLUTION in shown and "new-ticket/" in shown
    for label in ("new", "assigned", "in progress", "solved", "closed"):
        assert f">{label}</li>" in shown
    staff = text(anna.get("list/"))
    assert f"edit-ticket-{solved}/" not in staff and "anna" in staff and "<script" not in staff
    anna.get(f"edit-ticket-{new}/")
    assert f'data-ticket-id="{new}" class="st-row st-state-2 st-hue-brown warning"' in text(anna.get("list/"))
    anna.work(new, state=5)
    assert f'data-ticket-id="{new}" class="st-row st-state-5 st-hue-blue info"' in text(anna.get("list/"))


@pytest.mark.spec("ST-019", "ST-092", "ST-093", "ST-094", "RC-095", "RC-204")
def test_an_attachment_is_private_and_comes_back_under_its_own_name(rita, carl, anna):
    one = rita.create(attachment=SimpleUploadedFile("../../etc/plan.txt", b"first"))
    two = carl.create(attachment=SimpleUploadedFile("plan.txt", b"second"))
    for person, number, content in ((rita, one, b"first"), (carl, two, b"second"), (anna, one, b"first")):
        answer = person.get(f"attachment-ticket-{number}/")
        assert b"".join(answer.streaming_content) == content
        assert answer["Content-Disposition"] == 'attachment; filename="plan.txt"'
        assert answer["X-Content-Type-Options"] == "nosniff"
    assert carl.get(f"attachment-ticket-{one}/").status_code == 404
    assert Client().get(f"/tickets/attachment-ticket-{one}/").status_code == 302
    assert (
        Ticket.objects.get(pk=one).attachment.name == "plan.txt" and not Ticket.objects.get(pk=rita.create()).attachment
    )


@pytest.mark.spec("ST-083", "ST-085", "ST-086", "ST-087")
def test_pages_stand_in_the_hosts_template(rita, settings, tmp_path):
    (tmp_path / "mine.html").write_text("<i>mine</i>{% block simpletickets %}{% endblock %}<i>too</i>")
    settings.TEMPLATES = [
        t if "jinja" in t["BACKEND"] else {**t, "DIRS": [str(tmp_path), *t["DIRS"]]} for t in settings.TEMPLATES
    ]
    settings.BASE_TEMPLATE = "mine.html"
    number = rita.create()
    for page in ("list/", "new-ticket/", f"edit-ticket-{number}/", f"delete-ticket-{number}/"):
        answer = rita.get(page)
        assert text(answer).startswith("<i>mine</i>") and text(answer).strip().endswith("<i>too</i>")
        assert all(name in answer.context for name in ("title", "base_template", "ST_MNTR", "ST_SETT_MAIN_TASKBAR"))
        assert 'id="st-taskbar"' in text(answer)
    context = rita.get("list/").context
    for name in ("object_list", "stt_numb", "porc_solved", "porc_pending", "statistic_times", "fastest", "media"):
        assert name in context
    edit = rita.get(f"edit-ticket-{number}/").context
    assert edit["object"].pk == number and edit["form"]
    (tmp_path / "simpletickets").mkdir()
    (tmp_path / "simpletickets" / "ticket_list.html").write_text("only {{ object_list|length }}")
    settings.TEMPLATES = list(settings.TEMPLATES)  # forgets what the loader has kept
    assert text(rita.get("list/")) == "only 1"


@pytest.mark.spec("ST-062", "ST-072", "ST-073", "ST-074", "ST-075", "ST-076", "ST-087", "ST-088", "ST-089", "ST-090")
def test_boxes_count_by_role_and_can_be_switched_off(rita, anna, bob, mona, settings, solved):
    rita.create()
    third = rita.create()
    CoreTicket.objects.filter(pk=solved).update(
        created_at=CoreTicket.objects.get(pk=solved).solved_at - dt.timedelta(hours=2, minutes=3)
    )
    for person, percent in ((rita, 33), (anna, 100), (mona, 33), (bob, 100)):
        answer = person.get("list/")
        assert (answer.context["porc_solved"], answer.context["porc_pending"]) == (percent, 100 - percent)
        assert 'id="st-numbers"' in text(answer) and "Tickets statistics" in text(answer)
        assert 'id="st-times"' in text(answer) and "Resolution times" in text(answer)
    assert rita.get("list/").context["fastest"] == "2 h 3 min" == rita.get("list/").context["media"]
    assert (bob.get("list/").context["fastest"], bob.get("list/").context["porc_pending"]) == ("N/A", 0)
    anna.get(f"edit-ticket-{third}/")
    assert anna.get("list/").context["porc_solved"] == 50
    for names, person in ((("TIMES_STAFF", "NUMBERS_STAFF"), anna), (("TIMES_OWNER", "NUMBERS_OWNER"), rita)):
        for name, box in zip(names, ("st-times", "st-numbers"), strict=True):
            setattr(settings, f"ST_SETT_{name}", False)
            assert f'id="{box}"' not in text(person.get("list/"))
    settings.ST_SETT_MAIN_TASKBAR = False
    assert 'id="st-taskbar"' not in text(rita.get("list/"))
    settings.ST_MAIN_TASKBAR = True
    assert 'id="st-taskbar"' in text(rita.get("list/"))


@pytest.mark.spec("ST-014", "PL-304")
def test_a_list_costs_the_same_however_long_it_is(rita, anna):
    rita.create()
    anna.get("list/")
    with count_statements() as short:
        anna.get("list/")
    for _ in range(5):
        rita.create()
    with count_statements() as long:
        anna.get("list/")
    assert len(long) <= len(short) <= 20, short.sql


@pytest.mark.spec("RC-401", "RC-027", "RC-044", "RC-150", "RC-155", "RC-359")
def test_tickets_of_other_faces_show_by_the_tables(rita, anna, mona, world):
    ticket = world.ticket(
        kind="request", priority="high", title="From elsewhere", description="Words", requester=world.carl
    )
    draft = world.ticket(by="bob", kind="incident", status="draft", title="Not yet")
    assert ticket.pk in mona.listed() and ticket.pk in anna.listed() and draft.pk not in mona.listed()
    shown = Ticket.objects.get(pk=ticket.pk)
    assert (shown.state, shown.severity, shown.ticket_type) == (1, 5, 9)
    for kind, number in (
        ("incident", 1),
        ("problem", 2),
        ("change", 9),
        ("alert", 1),
        ("issue", 9),
        ("project_task", 9),
    ):
        assert Ticket.objects.get(pk=world.ticket(kind=kind).pk).ticket_type == number
    for priority, number in (("very_low", 1), ("low", 1), ("normal", 2), ("very_high", 8), ("major", 9), (None, 2)):
        foreign = world.ticket()
        commands.edit(foreign, {"priority": priority}, by=world.actor("anna"), via="test")
        assert Ticket.objects.get(pk=foreign.pk).severity == number
        assert foreign.pk in [t.pk for t in Ticket.objects.filter(severity=number)]
    stranger = world.ticket(assignee=world.olga if False else world.bob, status="open")
    assert Ticket.objects.get(pk=stranger.pk).state == 5 and stranger.pk in mona.listed()


@pytest.mark.spec("PL-015", "ST-083")
def test_in_the_standalone_server_pages_stand_in_its_own_page(rita, settings):
    settings.BASE_TEMPLATE = "simpletickets_desk/base.html"
    shown = text(rita.get("list/"))
    assert "Back to the desk" in shown and 'class="st-tickets"' in shown


@pytest.mark.spec("RC-400")
def test_the_demos_people_get_their_groups(world, settings):
    from polydesk.directory.demo import Desk
    from polydesk.faces.simpletickets import demo
    from simpletickets.people import Visitor

    desk = Desk(world.house, world.other, world.people, world.acme, world.beta, world.support)
    demo.furnish(desk)
    demo.furnish(desk)
    roles = {name: (Visitor(p.user).is_staff, Visitor(p.user).is_admin) for name, p in world.people.items()}
    assert roles == {
        "anna": (True, False), "bob": (True, False), "mona": (False, True), "rita": (False, False),
        "carl": (False, False), "olga": (False, False),
    }  # fmt: skip


@pytest.mark.spec("RC-294")
def test_a_person_who_has_left_the_desk_sees_nothing_any_more(rita, world):
    world.rita.is_active = False
    world.rita.save()
    assert rita.get("list/").status_code == 403 == rita.get("api/list-create/").status_code
