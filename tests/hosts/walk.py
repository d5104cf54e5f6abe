"""Runs inside a host project, with the wheel that was built: installs, checks, and lives through a ticket's life.

Every step is an assertion; the last line printed is DONE."""

# ruff: noqa: E402, T201

import datetime as dt
import importlib
import io
import os
import pkgutil
import re
import sys
from pathlib import Path

import django
import time_machine

django.setup()

from django.apps import apps
from django.conf import settings as project
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core import mail
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import setup_test_environment
from django.urls import reverse

import simpletickets
from simpletickets import settings
from simpletickets import urls as ticket_urls

START = dt.datetime(2026, 2, 20, 9, 0, tzinfo=dt.UTC)
PROBLEM = "The printer on floor two is dead"
SOLUTION = "Replaced the fuser unit and tested it"


def main() -> None:
    setup_test_environment()
    comes_from_the_wheel()
    assert connection.vendor == ("postgresql" if "HOST_DATABASE" in os.environ else "sqlite")
    importing_touches_no_database()
    called("migrate", "--verbosity=0")
    reports_nothing()
    groups_are_made_once()
    with time_machine.travel(START, tick=False) as clock:
        Life(clock).whole()
    reports_nothing()
    print("DONE")


def comes_from_the_wheel() -> None:
    assert "site-packages" in simpletickets.__file__, simpletickets.__file__
    assert apps.is_installed("simpletickets") and ticket_urls.urlpatterns
    assert all(apps.is_installed(f"polydesk.{part}") for part in ("directory", "tickets", "jobs", "web"))
    assert not apps.is_installed("polydesk.server")
    others = {face.name for face in pkgutil.iter_modules(importlib.import_module("polydesk.faces").__path__)}
    assert (others == {"simpletickets"}) is (os.environ["HOST_FACES"] == "simpletickets"), others


def importing_touches_no_database() -> None:
    def refuse(*args: object) -> None:
        raise AssertionError("an import asked the database")

    with connection.execute_wrapper(refuse):
        for module in pkgutil.walk_packages(simpletickets.__path__, "simpletickets."):
            if "admin" not in module.name or apps.is_installed("django.contrib.admin"):
                importlib.import_module(module.name)


def called(*command: str) -> str:
    out = io.StringIO()
    call_command(*command, stdout=out, stderr=out)
    return out.getvalue()


def reports_nothing() -> None:
    said = called("check", "--fail-level=INFO" if settings.is_set("BASE_TEMPLATE") else "--fail-level=WARNING")
    assert "WARNING" not in said and "ERROR" not in said, said
    assert "No changes" in called("makemigrations", "--check", "--dry-run")
    with override_settings(
        ST_TCKT_TYPE=((1, "One"), (4, "Four")), ST_TCKT_STATE=((1, "a"), (2, "b"), (8, "c"), (9, "d"))
    ):
        assert "No changes" in called("makemigrations", "--check", "--dry-run")


def groups_are_made_once() -> None:
    for _ in range(2):
        called("st_create_groups")
    assert {group.name for group in Group.objects.all()} == {settings.ST_STAFF_GNAME, settings.ST_ADMIN_GNAME}


class Life:
    """The walk-through of the contract, in this project's own settings."""

    def __init__(self, clock: object) -> None:
        self.clock = clock
        users = get_user_model()._default_manager
        self.people, self.browsers = {}, {}
        for name, group in (("ann", None), ("bob", settings.ST_STAFF_GNAME), ("cid", settings.ST_STAFF_GNAME),
                            ("zoe", settings.ST_ADMIN_GNAME), ("eve", None)):  # fmt: skip
            facts = {"email": f"{name}@example.org"}
            if get_user_model().USERNAME_FIELD != "email":
                facts["username"] = name
            self.people[name] = users.create_user(password="x", **facts)
            if group:
                self.people[name].groups.add(Group.objects.get(name=group))
            self.browsers[name] = Client()
        self.sign_in()

    def sign_in(self) -> None:
        for name, browser in self.browsers.items():
            browser.force_login(self.people[name])

    def later(self, span: dt.timedelta) -> None:
        self.clock.shift(span)
        self.sign_in()

    def get(self, who: str, name: str, *args: int) -> object:
        return self.browsers[who].get(reverse(name, args=args))

    def post(self, who: str, name: str, *args: int, **data: object) -> object:
        return self.browsers[who].post(reverse(name, args=args), data)

    def rows(self, who: str) -> list[str]:
        return re.findall(
            r'<tr data-ticket-id="\d+" class="[^"]*(st-state-\d st-hue-\w+)', self.page(who, "ticketList")
        )

    def page(self, who: str, name: str, *args: int) -> str:
        answer = self.get(who, name, *args)
        assert answer.status_code == 200, answer.content[:2000]
        return answer.content.decode()

    def whole(self) -> None:
        self.strangers_are_sent_to_log_in()
        number = self.is_created()
        self.is_taken(number)
        self.is_solved_and_reopened(number)
        self.closes_by_itself(number)
        self.machines_may_ask()
        self.programs_may_ask()
        if apps.is_installed("django.contrib.admin"):
            self.admins_may_work()
        if not settings.ST_NOTIFICATIONS:
            assert not getattr(mail, "outbox", []), "nobody asked for mail"

    def strangers_are_sent_to_log_in(self) -> None:
        answer = Client().get(reverse("ticketList"))
        assert answer.status_code == 302 and answer["Location"].startswith(project.LOGIN_URL), answer["Location"]

    def is_created(self) -> int:
        photo = SimpleUploadedFile("../photo of it.png", b"\x89PNG\r\n\x1a\n and more")
        answer = self.post("ann", "newTicket", ticket_type=2, severity=2, description=PROBLEM, attachment=photo)
        assert (answer.status_code, answer["Location"]) == (302, reverse("ticketList")), answer.content[:3000]
        assert self.rows("ann") == ["st-state-1 st-hue-red"] == self.rows("bob") == self.rows("zoe")
        assert self.rows("eve") == []
        page = self.page("ann", "ticketList")
        [number] = map(int, re.findall(r'data-ticket-id="(\d+)"', page))
        assert f"26{number:06d}" in page
        file = self.get("ann", "TicketAttachment", number)
        assert b"".join(file.streaming_content).startswith(b"\x89PNG")
        assert file["Content-Disposition"] == 'attachment; filename="photo of it.png"'
        assert self.get("eve", "TicketAttachment", number).status_code == 404
        self.lies_in_the_projects_storage()
        return number

    def lies_in_the_projects_storage(self) -> None:
        folder = Path(project.MEDIA_ROOT) / settings.ST_ATTACHMENTS
        on_disk = [path for path in folder.rglob("*") if path.is_file()]
        held = getattr(storages["default"], "held", None)
        if held is None:
            assert on_disk
        else:
            assert not on_disk and [name for name in held if name.startswith(f"{settings.ST_ATTACHMENTS}/")]

    def is_taken(self, number: int) -> None:
        self.later(dt.timedelta(minutes=5))
        self.page("bob", "TicketUpdate", number)
        assert self.rows("bob") == ["st-state-2 st-hue-brown"] and self.rows("cid") == []
        assert self.get("cid", "TicketUpdate", number).status_code == 404
        assert str(self.people["bob"]) in self.page("bob", "ticketList")
        assert self.work(number, 5).status_code == 302
        assert self.rows("bob") == ["st-state-5 st-hue-blue"]

    def work(self, number: int, state: int, text: str = "", staff: str = "bob") -> object:
        return self.post(
            staff, "TicketUpdate", number, staff=self.people[staff].pk, ticket_type=2, severity=2, state=state,
            resolution_text=text,
        )  # fmt: skip

    def explain(self, number: int) -> object:
        text = "It stopped printing again this morning"
        return self.post("ann", "TicketUpdate", number, ticket_type=2, severity=2, description=text)

    def is_solved_and_reopened(self, number: int) -> None:
        assert b"Please be extensive on the explanation" in self.work(number, 8, "done").content
        assert self.work(number, 8, SOLUTION).status_code == 302
        assert self.rows("ann") == ["st-state-8 st-hue-grey"]
        self.people_are_told(number)
        assert self.explain(number).status_code == 302
        assert self.rows("ann") == ["st-state-2 st-hue-brown"]
        self.later(dt.timedelta(minutes=1))
        assert self.work(number, 8, "Replaced the main board as well today").status_code == 302
        self.later(settings.ST_DELTA_CLOSE)
        assert self.rows("ann") == ["st-state-8 st-hue-grey"], "at exactly the span it is still solved"

    def people_are_told(self, number: int) -> None:
        """The owner at solved, with the span left; a staff member of what is given to him; nobody else (ST-051)."""
        if not settings.ST_NOTIFICATIONS:
            assert not apps.is_installed("polydesk.features.notifications")
            return
        from simpletickets.models import Ticket

        assert not getattr(mail, "outbox", []), "nothing is sent from a request"
        given = Ticket(user=self.people["eve"], description="Given to somebody by a program", staff=self.people["cid"])
        given.save()
        called("st_send_mail")
        sent = {letter.to[0]: letter for letter in mail.outbox}
        assert set(sent) == {"ann@example.org", "cid@example.org"} and len(mail.outbox) == 2, sent
        told, handed = sent["ann@example.org"], sent["cid@example.org"]
        assert SOLUTION in told.body and told.extra_headers["Auto-Submitted"] == "auto-generated"
        span = "30 minutes" if settings.ST_DELTA_CLOSE.total_seconds() == 1800 else "6 hours"
        assert f"({span} left)" in told.body, told.body
        assert ("https://tickets.example" + reverse("TicketUpdate", args=(number,)) in told.body) == bool(
            settings.ST_SITE_URL
        )
        assert "Given to somebody" in handed.subject
        given.delete()
        called("st_send_mail")
        assert len(mail.outbox) == 2
        mail.outbox.clear()

    def closes_by_itself(self, number: int) -> None:
        closing = START + dt.timedelta(minutes=6) + settings.ST_DELTA_CLOSE
        self.later(dt.timedelta(minutes=1))
        assert self.explain(number).status_code == 403
        assert self.rows("ann") == ["st-state-9 st-hue-grey"] and self.rows("bob") == [] == self.rows("zoe")
        reader = "ann" if settings.ST_FL_MNTR_OWNER else "zoe"
        other = "zoe" if settings.ST_FL_MNTR_OWNER else "ann"
        assert self.get(other, "TicketMonitor", number).status_code == 403
        answer = self.get(reader, "TicketMonitor", number)
        assert answer["Content-Type"] == "text/plain; charset=utf-8"
        lines = answer.content.decode().splitlines()
        assert lines[0] == f"{local(START)} #### Ticket created ####", lines[0]
        name = self.people["ann"].get_username()
        assert lines[1] == f"{local(START)} [user: {name}] [TICKET_NUMBER: 26{number:06d}]", lines[1]
        assert lines[-1] == f"{local(closing)} [user: system] [STATE: {settings.ST_TCKT_STATE[-1][1]}]", lines[-1]

    def machines_may_ask(self) -> None:
        base = reverse("ticketList").removesuffix("list/") + settings.API_BASE_URL
        made = self.browsers["ann"].post(
            f"{base}/list-create/", {"description": "Another thing is broken now"}, content_type="application/json"
        )
        assert made.status_code == 201, made.content
        assert made.json()["user"] == self.people["ann"].get_username()
        assert len(self.browsers["ann"].get(f"{base}/list-create/").json()) == 2
        assert len(self.browsers["bob"].get(f"{base}/staff-list/").json()) == 1
        assert self.browsers["ann"].get(f"{base}/staff-list/").status_code == 403

    def programs_may_ask(self) -> None:
        from simpletickets.models import Ticket

        ann, bob = self.people["ann"], self.people["bob"]
        assert Ticket.objects.filter(user=ann).count() == 2 and Ticket.objects.filter(staff=bob, state=9).count() == 1
        closed = Ticket.objects.get(state=9)
        assert closed.user == ann and closed.staff == bob and closed.resolution_delta == 6 * 60
        assert (closed.creation_date.tzinfo is None) == (not project.USE_TZ)
        made = Ticket(user=ann, description="Made by a program of the project", severity=1)
        made.save()
        made.staff, made.state = bob, 5
        made.save()
        assert Ticket.objects.get(pk=made.pk).state == 5 and made.get_state_display() == label(5)
        assert called("st_close_solved").strip() == "0 closed"

    def admins_may_work(self) -> None:
        """Django's admin lists, filters and works, and brings nothing back (ST-100)."""
        from simpletickets.models import Ticket

        chief = get_user_model()._default_manager.create_superuser("chief", "chief@example.org", "x")
        self.people["chief"], self.browsers["chief"] = chief, Client()
        self.sign_in()
        ask, bob = self.browsers["chief"].get, self.people["bob"]
        place = "/admin/simpletickets/ticket/"
        closed, new, worked_on = (Ticket.objects.get(state=number) for number in (9, 1, 5))

        def listed(query: str) -> set[int]:
            answer = ask(f"{place}?{query}")
            assert answer.status_code == 200, answer.content[:1000]
            return set(map(int, re.findall(rf'href="{place}(\d+)/change/', answer.content.decode())))

        assert listed("") == {closed.pk, new.pk, worked_on.pk}
        assert listed("state=9") == {closed.pk} and listed(f"staff={bob.pk}") == {closed.pk, worked_on.pk}
        assert listed("severity=1") == {worked_on.pk} and listed("ticket_type=2") == listed("")
        assert listed(f"user={self.people['ann'].pk}") == listed("") and listed("q=nothing+of+it") == set()
        assert ask(f"{place}add/").status_code == 403
        shown = ask(f"{place}{new.pk}/change/")
        assert shown.status_code == 200 and b'name="resolution_text"' in shown.content, shown.content[:3000]
        data = {"staff": bob.pk, "ticket_type": 2, "severity": 2, "state": 5, "resolution_text": "So far"}
        answer = self.browsers["chief"].post(f"{place}{new.pk}/change/", data)
        assert answer.status_code == 302, answer.content[:3000]
        assert (Ticket.objects.get(pk=new.pk).state, Ticket.objects.get(pk=new.pk).staff) == (5, bob)
        answer = self.browsers["chief"].post(f"{place}{new.pk}/change/", data | {"state": 8, "resolution_text": "done"})
        assert b"Please be extensive on the explanation" in answer.content
        assert self.browsers["chief"].post(f"{place}{closed.pk}/change/", data).status_code == 403
        assert ask(f"{place}{closed.pk}/change/").status_code == 200 and Ticket.objects.get(pk=closed.pk).state == 9
        self.browsers["chief"].post(f"{place}{worked_on.pk}/delete/", {"post": "yes"})
        assert not Ticket.objects.filter(pk=worked_on.pk).exists()


def label(number: int) -> str:
    return str(dict(settings.ST_TCKT_STATE)[number])


def local(moment: dt.datetime) -> str:
    from django.utils import timezone

    return str(moment.astimezone(timezone.get_default_timezone()))


if __name__ == "__main__":
    sys.exit(main())
