"""Administration by plain forms: what is kept, who may keep it, and what nobody may give away."""

from __future__ import annotations

import re

import pytest

from polydesk.directory import actors
from polydesk.directory.models import Credential, Membership, Organization, Person, Role, Team
from polydesk.tickets.models import Category, CustomField, Priority, Queue, Status, Ticket
from tests.faces.desk.conftest import signed_in
from tests.faces.desk.test_forms import text

pytestmark = [pytest.mark.django_db, pytest.mark.spec("PL-207")]

ROWS = [
    (
        "queues",
        Queue,
        {"name": "Second queue", "position": "2", "is_active": "on"},
        {"name": "Second queue", "position": 2},
    ),
    (
        "categories",
        Category,
        {"name": "Toner", "kinds": ["incident"], "is_active": "on"},
        {"name": "Toner", "kinds": ["incident"]},
    ),
    (
        "statuses",
        Status,
        {"name": "With the lawyers", "phase": "waiting"},
        {"key": "with_the_lawyers", "phase": "waiting"},
    ),
    (
        "priorities",
        Priority,
        {"name": "Board member", "level": "5", "is_active": "on"},
        {"key": "board_member", "level": 5},
    ),
    (
        "fields",
        CustomField,
        {"name": "Colour", "type": "choice", "choices": "red\nblue", "is_active": "on"},
        {"key": "colour", "choices": ["red", "blue"]},
    ),
    ("teams", Team, {"name": "Night shift", "is_active": "on"}, {"name": "Night shift"}),
    ("roles", Role, {"name": "Reader", "rights": ["view:*"]}, {"key": "reader", "rights": ["view:*"]}),
]


@pytest.mark.parametrize(("shelf", "model", "typed", "stored"), ROWS, ids=[r[0] for r in ROWS])
def test_rows_are_made_and_changed(world, tess, shelf, model, typed, stored):
    assert tess.get(f"/admin/{shelf}").status_code == tess.get(f"/admin/{shelf}/new").status_code == 200
    assert tess.post(f"/admin/{shelf}/new", typed).status_code == 302
    row = model.objects.filter(organization=world.acme).latest("pk")
    assert {name: getattr(row, name) for name in stored} == stored
    again = tess.post(f"/admin/{shelf}/{row.pk}", typed | {"name": "Renamed"})
    assert again.status_code == 302, text(again)
    row.refresh_from_db()
    assert row.name == "Renamed" and "Renamed" in text(tess.get(f"/admin/{shelf}"))
    empty = tess.post(f"/admin/{shelf}/{row.pk}", typed | {"name": ""})
    assert empty.status_code == 422 and "A name is needed" in text(empty)
    assert signed_in(world.other).get(f"/admin/{shelf}/{row.pk}").status_code == 404, "not in another organization"
    assert signed_in(world.max).get(f"/admin/{shelf}").status_code == 403, "only for administrators"


def test_a_new_status_and_field_are_offered_on_tickets(world, tess):
    tess.post("/admin/statuses/new", {"name": "With the lawyers", "phase": "waiting"})
    assert "What people choose from, kind by kind" in text(tess.get("/admin/statuses"))
    page = text(tess.get(f"/t/{world.tickets[0].pk}"))
    assert "With the lawyers" in page and 'name="cf_room"' in page
    answer = tess.post(f"/t/{world.tickets[0].pk}/properties", {"version": 1, "status": "with_the_lawyers"})
    world.tickets[0].refresh_from_db()
    assert (answer.status_code, world.tickets[0].phase) == (302, "waiting")


def test_a_category_is_never_part_of_itself(world, tess):
    answer = tess.post(f"/admin/categories/{world.hardware.pk}", {"name": "Hardware", "parent": world.printer.pk})
    assert answer.status_code == 422 and "part of itself" in text(answer)


def test_a_team_gets_and_loses_people(world, tess):
    typed = {"name": "Level II", "is_active": "on", "members": [world.tess.pk]}
    tess.post(f"/admin/teams/{world.level_two.pk}", typed)
    assert list(world.level_two.members.all()) == [world.tess]


def test_a_person_is_invited_and_gets_a_role(world, tess):
    agent = Role.objects.get(organization=world.acme, key="agent")
    typed = {
        "name": "Nina New",
        "email": "nina@desk.example",
        "login": "nina",
        "company": "Initech",
        "role": agent.pk,
        "is_active": "on",
    }
    assert tess.post("/admin/people/new", typed).status_code == 302
    nina = Person.objects.get(login="nina")
    assert nina.user and not nina.user.has_usable_password() and nina.company.name == "Initech"
    assert actors.of(nina).rights == frozenset(agent.rights)
    assert "Nina New" in text(tess.get("/admin/people?q=nina"))
    taken = tess.post("/admin/people/new", typed | {"name": "Another"})
    assert taken.status_code == 422 and Person.objects.filter(name="Another").count() == 0


@pytest.mark.spec("RS-138")
def test_nobody_gives_what_he_lacks_or_raises_himself(world, tess):
    member = Membership.objects.get(person=world.tess)
    member.role = Role.objects.get(organization=world.acme, key="editor")
    member.save()
    role = Role.objects.create(organization=world.acme, key="all", name="All", rights=["purge:*"])
    mine = {"name": "Tess Technician", "email": world.tess.email, "login": "tess", "is_active": "on", "is_admin": "on"}
    for answer in (
        tess.post("/admin/roles/new", {"name": "Mine", "rights": ["purge:*"]}),
        tess.post(f"/admin/people/{world.max.pk}", {"name": "Max", "login": "max", "is_active": "on", "role": role.pk}),
        tess.post(f"/admin/people/{world.tess.pk}", mine | {"role": role.pk}),
        tess.post("/admin/tokens", {"person": "max@desk.example", "face": "native"}),
    ):
        assert answer.status_code == 422
    assert not Role.objects.filter(name="Mine").exists() and not Credential.objects.exists()


@pytest.mark.spec("PL-014")
def test_a_token_is_shown_once_works_and_is_revoked(world, tess):
    page = text(
        tess.post("/admin/tokens", {"person": "max@desk.example", "face": "native", "name": "ci", "days": "30"})
    )
    secret = re.search(r"<code>([^<…]{20,})</code>", page)[1]
    assert actors.by_secret("native", secret).person_id == world.max.pk
    assert secret not in text(tess.get("/admin/tokens"))
    tess.post(f"/admin/tokens/{Credential.objects.get().pk}/revocation")
    assert actors.by_secret("native", secret) is None


def test_the_organization_and_its_log(world, tess):
    assert (
        tess.post("/admin", {"name": "Acme Ltd", "time_zone": "Europe/Berlin", "email": "it@acme.example"}).status_code
        == 302
    )
    assert Organization.objects.get(key="acme").name == "Acme Ltd"
    assert tess.post("/admin", {"name": "", "time_zone": "Mars"}).status_code == 422
    page = text(tess.get("/admin/log"))
    assert "Tess Technician took it" in page and "Globex" not in page


def test_a_new_desk_shows_its_five_steps(world):
    page = text(signed_in(world.other).get("/admin"))
    assert "Five steps to a working desk" in page


@pytest.mark.spec("PL-202", "PL-207")
def test_choices_with_names_in_languages_are_offered_by_their_words_and_stay_whole(world, tess):
    limited = {"value": "medium", "label": "Limited", "names": {"ru": "С перебоями"}}
    row = CustomField.objects.create(
        organization=world.acme, key="service", name="Service", type="choice", choices=[limited, "down"]
    )
    ticket = world.tickets[0]
    page = text(tess.get(f"/t/{ticket.pk}"))
    assert '<option value="medium">Limited</option>' in page and "&#39;value&#39;" not in page
    tess.post("/new", {"title": "Down", "kind": "incident", "cf_service": "medium"})
    assert Ticket.objects.get(title="Down").fields == {"service": "medium"}
    form = text(tess.get(f"/admin/fields/{row.pk}"))
    assert "Limited\ndown" in form
    tess.post(f"/admin/fields/{row.pk}", {"name": "Service", "choices": "Limited\r\nup", "is_active": "on"})
    row.refresh_from_db()
    assert row.choices == [limited, "up"]
    world.tess.language = "ru"
    world.tess.save()
    assert "С перебоями</option>" in text(tess.get(f"/t/{ticket.pk}"))


@pytest.mark.spec("PL-202", "PL-205", "PL-207")
def test_several_of_a_list_are_ticked_kept_and_asked_about_when_two_change_them(world, tess):
    choices = [{"value": "mail", "label": "E-mail, calendar"}, "printing", "phone"]
    CustomField.objects.create(
        organization=world.acme, key="services", name="Services", type="choices", choices=choices
    )
    ticket = world.tickets[0]
    page = text(tess.get(f"/t/{ticket.pk}"))
    assert page.count('type="checkbox" id="p-cf_services-') == 3 and "E-mail, calendar" in page

    def save(version, before, *ticked):
        typed = {"cf_services": ["", *ticked], "was_cf_services": before, "version": version}
        return tess.post(f"/t/{ticket.pk}/properties", typed)

    version = Ticket.objects.get(pk=ticket.pk).version
    assert save(version, "", "mail", "phone").status_code == 302
    ticket.refresh_from_db()
    assert ticket.fields["services"] == ["mail", "phone"]
    page = text(tess.get(f"/t/{ticket.pk}"))
    assert page.count(" checked><span>") >= 2 and "Services: E-mail, calendar, phone" in page
    assert "set Services E-mail, calendar, phone" in page
    clash = save(version, "", "printing")
    assert clash.status_code == 409 and "E-mail, calendar, phone" in text(clash)
    refused = save(ticket.version, "mail\tphone", "fax")
    assert refused.status_code == 422
    assert save(ticket.version, "mail\tphone").status_code == 302
    ticket.refresh_from_db()
    assert not ticket.fields.get("services")
    tess.post("/new", {"title": "Both", "kind": "incident", "cf_services": ["printing", "phone"]})
    assert Ticket.objects.get(title="Both").fields["services"] == ["printing", "phone"]
