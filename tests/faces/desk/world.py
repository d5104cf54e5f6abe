"""Acme IT and its neighbour Globex: a small desk with people, teams and a dozen tickets in every state."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

from django.contrib.auth import get_user_model
from django.utils import timezone

from polydesk.directory import actors, founding
from polydesk.directory.models import Company, Team
from polydesk.tickets import commands
from polydesk.tickets.models import Category, CustomField, Queue

PASSWORD = "correct horse battery"
LONG = ("A title that somebody wrote in one breath because the subject was all he could see, " * 3)[:200]


def build() -> SimpleNamespace:
    acme, globex = founding.found("Acme IT", "acme"), founding.found("Globex Services", "globex")
    level_one = Team.objects.create(organization=acme, name="Level I support")
    level_two = Team.objects.create(organization=acme, name="Level II")
    w = SimpleNamespace(acme=acme, globex=globex, level_one=level_one, level_two=level_two)
    w.tess = person(acme, "Tess Technician", "tess", "manager", teams=[level_one], is_admin=True)
    w.max = person(acme, "Max Kowalski", "max", "agent", teams=[level_one, level_two])
    w.ada_company = Company.objects.create(organization=acme, name="ACME Ltd")
    w.ada = founding.add_person(acme, "Ada Lovelace", role="customer", email="ada@acme.example", company=w.ada_company)
    w.fedor = founding.add_person(
        acme, "Фёдор Достоевский", role="customer", email="fedor@acme.example", company=w.ada_company
    )
    w.carol = person(acme, "Carol Customer", "carol", "customer", company=w.ada_company)
    w.other = person(globex, "Otto Other", "otto", "manager", is_admin=True)
    w.hardware = Category.objects.create(organization=acme, name="Hardware")
    w.printer = Category.objects.create(organization=acme, name="Printer", parent=w.hardware)
    w.queue = Queue.objects.create(organization=acme, name="Service desk")
    CustomField.objects.create(organization=acme, key="room", name="Room", type="text")
    w.by = actors.of(w.tess)
    w.as_max = actors.of(w.max)
    w.tickets = list(tickets(w))
    w.foreign = commands.create("incident", {"title": "Secret of Globex"}, by=actors.of(w.other), via="web")
    return w


def person(organization, name, login, role, **facts):
    user = get_user_model().objects.create_user(login, f"{login}@desk.example", PASSWORD)
    return founding.add_person(organization, name, role=role, user=user, email=f"{login}@desk.example", **facts)


def tickets(w):
    now = timezone.now()
    hour = dt.timedelta(hours=1)
    printer = commands.create(
        "incident",
        {
            "title": "Printer on floor two is dead",
            "priority": "high",
            "requester": w.ada.pk,
            "company": w.ada_company.pk,
            "category": w.printer.pk,
            "assigned_teams": [w.level_one.pk],
            "due_at": now + hour / 2,
            "channel": "email",
            "description": "The printer shows **E-52** and will not print.\n\nThis is urgent for us.",
        },
        by=w.by,
        via="email",
    )
    yield printer
    commands.assign(printer, w.tess.pk, by=w.by, via="web")
    commands.comment(
        printer, "E-52 is the fuser. Same unit failed in March. Spare is in room 14.", by=w.by, via="web", internal=True
    )
    commands.comment(
        printer,
        "Thanks Ada, I am on my way with the part. If it is not back by noon you can print on floor three.",
        by=w.as_max,
        via="web",
    )
    facts = [
        ("VPN drops every hour since the update on Monday morning", "new", "normal", w.fedor, None, None),
        ("Cannot open the payroll page", "in_progress", "major", w.ada, w.max, now - hour),
        ("New laptop for the design team", "waiting_supplier", "normal", w.ada, w.tess, now + 40 * hour),
        ("Не приходит письмо для сброса пароля", "solved", "low", w.fedor, w.max, now + 40 * hour),
        (LONG, "escalated", "very_high", w.ada, w.max, None),
        ("Old monitor", "closed", "very_low", w.ada, w.tess, None),
        ("Spam about lottery", "invalid", None, None, None, None),
        ("Board papers", "open", "high", w.ada, w.tess, now + 9 * hour),
    ]
    for title, status, priority, requester, assignee, due in facts:
        values = {
            "title": title,
            "status": status,
            "priority": priority,
            "requester": requester and requester.pk,
            "assignee": assignee and assignee.pk,
            "due_at": due,
            "company": requester and w.ada_company.pk,
            "description": f"{title}. It began this morning.",
        }
        yield commands.create("incident", values, by=w.by, via="web")
