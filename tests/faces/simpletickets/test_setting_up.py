"""Checks, the admin, the JSON addresses, and the takeover of 0.2 (simpletickets.md sections 1, 6, 9 and 10)."""

import datetime as dt

import pytest
from django.core.checks import Error, Info, run_checks
from django.db import connection
from django.test import Client

from simpletickets import takeover
from simpletickets.models import Ticket

from .conftest import PROBLEM, SOLUTION, state

pytestmark = pytest.mark.django_db


def ids():
    return sorted(m.id for m in run_checks() if str(m.id).startswith("simpletickets") and isinstance(m, Error))


@pytest.mark.spec("ST-008", "ST-081", "ST-084", "ST-071")
@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("ST_TCKT_STATE", ((1, "new"), (2, "assigned"), (9, "closed")), "E004"),
        ("ST_TCKT_TYPE", ((1, "a"), (1, "b")), "E002"),
        ("ST_TCKT_TYPE", (), "E003"),
        ("ST_TCKT_SEVERITY", (("1", "a"),), "E001"),
        ("ST_TCKT_SEVERITY", "Low", "E001"),
        ("ST_DELTA_CLOSE", 6, "E005"),
        ("ST_DELTA_CLOSE", dt.timedelta(-1), "E005"),
        ("ST_FL_MNTR_OWNER", "no", "E006"),
        ("ST_ATTACHMENTS", None, "E007"),
        ("API_BASE_URL", "/", "E007"),
        ("ST_ADMIN_GNAME", "simpleticket_staff", "E008"),
        ("BASE_TEMPLATE", "nowhere.html", "E009"),
    ],
)
def test_a_wrong_setting_is_reported_with_a_hint(settings, name, value, told):
    settings.BASE_TEMPLATE = "simpletickets/plain_base.html"
    assert ids() == []
    setattr(settings, name, value)
    assert ids() == [f"simpletickets.{told}"]
    assert all(m.hint for m in run_checks() if str(m.id).startswith("simpletickets"))


@pytest.mark.spec("ST-084", "ST-010")
def test_without_a_page_a_plain_one_is_used_and_said_as_information(people, settings):
    del settings.BASE_TEMPLATE
    told = [m for m in run_checks() if str(m.id).startswith("simpletickets")]
    assert [m.id for m in told] == ["simpletickets.I001"] and isinstance(told[0], Info)
    assert "<title>Tickets</title>" in people["rita"].get("list/").content.decode()


@pytest.mark.spec("ST-067")
def test_the_folder_of_attachments_has_two_names(settings):
    from simpletickets import settings as named

    assert named.ST_ATTACHMENTS == "tickets"
    settings.ATTACHMENTS_DIR = "old"
    assert named.ST_ATTACHMENTS == "old"
    settings.ST_ATTACHMENTS = "new"
    assert named.ST_ATTACHMENTS == "new"
    with pytest.raises(AttributeError):
        _ = named.ST_NOTHING


@pytest.mark.spec("ST-002", "ST-003")
def test_the_engine_comes_along_in_any_order_of_entries(settings):
    from django.apps import apps

    base = ["django.contrib.auth", "django.contrib.contenttypes"]
    for entries in (["simpletickets"], ["simpletickets", "polydesk.tickets"], ["polydesk.tickets", "simpletickets"],
                    ["simpletickets.apps.SimpleticketsConfig", "polydesk.web.apps.WebConfig"]):  # fmt: skip
        settings.INSTALLED_APPS = [*base, *entries]
        labels = [config.label for config in apps.get_app_configs()]
        assert sorted(labels) == ["auth", "contenttypes", "directory", "jobs", "simpletickets", "tickets", "web"]
        assert apps.get_model("simpletickets", "Ticket") is Ticket and apps.is_installed("polydesk.tickets")


@pytest.mark.spec("ST-077", "ST-078", "ST-095", "ST-096", "ST-097")
def test_the_json_addresses_obey_the_same_rules(rita, carl, anna, mona, settings):
    def ask(browser, method, path, body=None):
        return browser.client.generic(method, f"/tickets/api/{path}", body or "", content_type="application/json")

    assert Client().get("/tickets/api/list-create/").status_code == 401
    made = ask(rita, "POST", "list-create/", f'{{"description": "{PROBLEM}", "severity": 5}}')
    assert made.status_code == 201 and made.json()["state"] == 1
    number = made.json()["id"]
    own = f"ticket-{number}-update-destroy/"
    assert ask(rita, "GET", "list-create/").json() == [made.json()] == [ask(rita, "GET", own).json()]
    assert ask(carl, "GET", own).status_code == 404 == ask(carl, "DELETE", own).status_code
    faulty = ask(rita, "POST", "list-create/", '{"description": "...", "severity": 77}')
    assert faulty.status_code == 400 and faulty.json().keys() == {"description", "severity"}
    assert faulty.json()["description"] == ["Please explain the problem"]
    assert ask(rita, "POST", "list-create/", "[1]").json().keys() == {"detail"}
    assert ask(rita, "POST", "list-create/", "{").status_code == 400
    changed = ask(rita, "PATCH", own, '{"severity": 9}')
    assert changed.status_code == 200 and (changed.json()["severity"], changed.json()["description"]) == (9, PROBLEM)
    assert ask(rita, "PUT", own, '{"severity": 1}').json().keys() == {"ticket_type", "description"}
    assert ask(rita, "PATCH", own, '{"description": "Few words"}').status_code == 400
    refused = ask(rita, "GET", "staff-list/")
    assert (refused.status_code, refused.json().keys()) == (403, {"detail"})
    assert [t["id"] for t in ask(anna, "GET", "staff-list/").json()] == [number]
    work = f"staff-ticket-{number}-update/"
    assert ask(anna, "GET", work).json()["state"] == 1 == state(number)
    assert ask(anna, "PATCH", work, '{"state": 8}').json() == {
        "resolution_text": ["Please be extensive on the explanation"]
    }
    assert ask(anna, "PATCH", work, '{"state": 1}').status_code == 400
    taken = ask(anna, "PATCH", work, f'{{"state": 8, "resolution_text": "{SOLUTION}"}}')
    assert (taken.status_code, taken.json()["staff"], taken.json()["state"]) == (200, "anna", 8)
    assert ask(anna, "PATCH", work, '{"state": 5}').status_code == 403 == ask(rita, "DELETE", own).status_code
    reopened = ask(rita, "PATCH", own, '{"description": "It stopped printing again this morning"}')
    assert (reopened.status_code, reopened.json()["state"], reopened.json()["resolution_date"]) == (200, 2, None)
    wrong = ask(rita, "DELETE", "list-create/")
    assert (wrong.status_code, wrong["Allow"], wrong.json().keys()) == (405, "GET, POST", {"detail"})
    new = ask(rita, "POST", "list-create/", f'{{"description": "{PROBLEM}"}}').json()["id"]
    assert ask(rita, "DELETE", f"ticket-{new}-update-destroy/").status_code == 204
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(rita.user)
    assert strict.post("/tickets/api/list-create/", "{}", content_type="application/json").status_code == 403
    settings.API_BASE_URL = "machines/v1"
    assert ask(rita, "GET", "list-create/").status_code == 404
    assert rita.get("machines/v1/list-create/").status_code == 200
    settings.ST_REST_API = False
    assert rita.get("machines/v1/list-create/").status_code == 404


@pytest.mark.spec("ST-013")
def test_the_tickets_of_a_0_2_database_are_taken_over(people, world, settings, tmp_path):
    from django.core.files.base import ContentFile
    from django.core.files.storage import default_storage

    default_storage.save("old-tickets/plan.txt", ContentFile(b"the plan"))
    moment = "timestamp with time zone" if connection.vendor == "postgresql" else "datetime"
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE simpletickets_ticket (id integer PRIMARY KEY, ticket_number varchar(8), ticket_type integer,"
            f" severity integer, state integer, description text, attachment varchar(100), resolution_text text,"
            f" creation_date {moment}, modification_date {moment}, resolution_date {moment},"
            " user_id integer, staff_id integer)"
        )
        made, solved = "2026-01-02 10:00:00+00:00", "2026-01-03 10:00:00+00:00"
        rows = (
            (41, 2, 3, 1, PROBLEM, "old-tickets/plan.txt", "", None, world.rita.user.pk, None),
            (42, 8, 5, 5, "In work", "", "So far", None, world.rita.user.pk, world.anna.user.pk),
            (44, 9, 9, 9, "Done", "", SOLUTION, solved, world.carl.user.pk, world.anna.user.pk),
        )
        for number, kind, severity, state_, description, file, text, end, user, staff in rows:
            cursor.execute(
                "INSERT INTO simpletickets_ticket VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                (
                    number,
                    f"2600{number:04d}",
                    kind,
                    severity,
                    state_,
                    description,
                    file,
                    text,
                    made,
                    made,
                    end,
                    user,
                    staff,
                ),
            )
    for _ in range(2):
        takeover.after_migrating(None, verbosity=0)
    assert sorted(Ticket.objects.values_list("pk", flat=True)) == [41, 42, 44]
    first, second, third = (Ticket.objects.get(pk=number) for number in (41, 42, 44))
    assert (first.state, first.severity, first.user, first.attachment.name) == (1, 3, world.rita.user, "plan.txt")
    assert first.creation_date == dt.datetime(2026, 1, 2, 10, tzinfo=dt.UTC) and first.ticket_number == "26000041"
    assert (second.state, second.ticket_type, second.staff, second.resolution_text) == (5, 8, world.anna.user, "So far")
    assert (third.state, third.resolution_text, third.resolution_delta) == (9, SOLUTION, 24 * 3600)
    assert third.closed_at == dt.datetime(2026, 1, 3, 16, tzinfo=dt.UTC) and third.final
    assert people["rita"].create() > 44
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM simpletickets_ticket_0_2")
        assert cursor.fetchone() == (3,)
        cursor.execute("DROP TABLE simpletickets_ticket_0_2")


@pytest.mark.spec("ST-013")
def test_migrations_have_names_of_their_own():
    from pathlib import Path

    import simpletickets.migrations

    names = {path.stem for path in Path(simpletickets.migrations.__file__).parent.glob("0*.py")}
    assert names and not names & {"0001_initial", "0002_auto_20150830_2241", "0003_auto_20150830_2321"}
