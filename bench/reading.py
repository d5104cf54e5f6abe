"""How much faster the static statements are than the ORM doing the same work: `python -m bench.reading`.

One process, same rows, same answer as JSON, interleaved; medians. An empty database will do:
it is filled with a few thousand tickets."""

import os
import statistics
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
TICKETS = 3000
ROUNDS = 60


def main() -> None:
    django.setup()
    from django.test.runner import DiscoverRunner

    runner = DiscoverRunner(verbosity=0, interactive=False)
    old = runner.setup_databases()
    try:
        measure()
    finally:
        runner.teardown_databases(old)


def measure() -> None:
    from django.db import connection

    from polydesk.directory import actors, founding
    from polydesk.directory.models import Company

    house = founding.found("House", "house")
    anna = founding.add_person(house, "Anna Agent", role="agent", login="anna")
    companies = [Company.objects.create(organization=house, name=f"Company {n}") for n in range(20)]
    actor = actors.of(anna)
    fill(actor, anna, companies)
    connection.ensure_connection()
    number = TICKETS // 2
    compare("get one ticket", lambda: static_one(actor, number), lambda: orm_one(actor, number))
    compare("list 50 tickets", lambda: static_list(actor), lambda: orm_list(actor))


def fill(actor, person, companies) -> None:
    from polydesk.tickets import edits
    from polydesk.tickets.commands.fields import create_in

    with edits.begin(actor.organization_id) as batch:
        for n in range(TICKETS):
            values = {"title": f"Printer {n}", "description": "No paper light. " * 20, "company": companies[n % 20]}
            create_in(batch, "incident", {**values, "assignee": person, "requester": person}, by=actor, via="bench")


def static_one(actor, number) -> bytes:
    from polydesk.faces.native import fields
    from polydesk.web import bodies

    return bodies.encode(fields.TICKET.show(fields.TICKET.reading.one(actor, number), actor))


def static_list(actor) -> bytes:
    from polydesk.faces.native import fields
    from polydesk.web import bodies

    return bodies.encode([fields.LISTED.show(found.row, actor) for found in fields.LISTED.reading.page(actor)])


def orm_one(actor, number) -> bytes:
    from polydesk.faces.native import fields
    from polydesk.tickets import queries
    from polydesk.web import bodies

    return bodies.encode(_as_dict(related(queries.visible_to(actor)).get(pk=number), fields.TICKET.names))


def orm_list(actor) -> bytes:
    from polydesk.faces.native import fields
    from polydesk.tickets import queries
    from polydesk.web import bodies

    found = related(queries.visible_to(actor)).order_by("-id")[:50]
    return bodies.encode([_as_dict(ticket, fields.LISTED.names) for ticket in found])


def related(found):
    """The usual way: what is shown of the rows that tickets refer to comes along by joins."""
    return found.select_related("company", "requester", "assignee", "queue", "category", "creator", "active_by")


def _as_dict(ticket, names) -> dict:
    from django.db.models import Model

    shown = {}
    for name in names:
        value = getattr(ticket, name, None)
        shown[name] = {"id": value.pk, "name": str(value)} if isinstance(value, Model) else value
    return shown


def compare(what, static, orm) -> None:
    times = {"static": [], "orm": []}
    for _ in range(ROUNDS):
        for name, act in (("static", static), ("orm", orm)):
            began = time.perf_counter()
            act()
            times[name].append(time.perf_counter() - began)
    fast, slow = (statistics.median(times[name][10:]) * 1000 for name in ("static", "orm"))
    sys.stdout.write(f"{what}: static {fast:.2f} ms, ORM {slow:.2f} ms, ratio {slow / fast:.1f}\n")


if __name__ == "__main__":
    main()
