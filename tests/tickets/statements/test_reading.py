"""The hot statements mean what the ORM means, walk an index, and are few."""

import dataclasses
import datetime as dt
import json
from contextlib import contextmanager

import msgspec
import pytest
from django.apps import apps
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg import RawCursor

from polydesk.directory.models import Asset, Company, Membership, Product, Role, Team
from polydesk.tickets import commands, queries
from polydesk.tickets.fields import FIELDS
from polydesk.tickets.kinds import KINDS
from polydesk.tickets.models import Category, Queue, Tag, Ticket
from polydesk.tickets.statements import Reading, count, filters, one_id
from polydesk.tickets.statements.columns import COLUMNS, NAMES
from polydesk.tickets.statements.reading import ORDERS

pytestmark = pytest.mark.django_db
EVERYTHING = Reading(list(COLUMNS))
IDS = Reading(["id"])

PEOPLE = ("anna", "bob", "mona", "rita", "carl", None)
TICKETS = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(list(KINDS)),
            "requester": st.sampled_from(PEOPLE),
            "assignee": st.sampled_from(("anna", "bob", None)),
            "company": st.sampled_from(("acme", "beta", None)),
            "watchers": st.lists(st.sampled_from(PEOPLE[:-1]), max_size=2, unique=True),
            "access": st.sampled_from(("all_users", "account_users", "project_users")),
            "access_projects": st.lists(st.sampled_from(("p1", "p2")), max_size=2, unique=True),
            "shared": st.booleans(),
            "status": st.sampled_from(("new", "open", "waiting_customer", "solved", "closed")),
            "priority": st.sampled_from(("low", "high", None)),
            "due": st.sampled_from((None, 1, 2)),
            "things": st.booleans(),
            "deleted": st.booleans(),
        }
    ),
    min_size=1,
    max_size=8,
)
FEW = settings(
    max_examples=8, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)


@pytest.fixture
def things(world):
    made = {"organization": world.house}
    return {
        "queue": Queue.objects.create(name="First line", **made).pk,
        "category": Category.objects.create(name="Hardware", **made).pk,
        "asset": Asset.objects.create(name="Printer “7”", **made).pk,
        "products": [Product.objects.create(name=name, **made).pk for name in ("b", "a")],
        "tags": [Tag.objects.create(name="vip", **made).pk],
        "suppliers": [Company.objects.create(name="Paper Ltd", is_supplier=True, **made).pk],
        "assigned_teams": [world.support.pk],
        "items": [["company", world.beta.pk], ["team", world.support.pk]],
    }


def fill(world, specs, things):
    system = world.actor("mona")
    for spec in specs:
        values = {
            "title": "x",
            "description": "text",
            "requester": getattr(world, spec["requester"]) if spec["requester"] else None,
            "assignee": getattr(world, spec["assignee"]) if spec["assignee"] else None,
            "company": getattr(world, spec["company"]) if spec["company"] else None,
            "watchers": [getattr(world, login) for login in spec["watchers"]],
            "due_at": dt.datetime(2026, 12, spec["due"], tzinfo=dt.UTC) if spec["due"] else None,
            **{name: spec[name] for name in ("access", "access_projects", "shared", "status", "priority")},
            **(things if spec["things"] else {}),
        }
        made = commands.create(spec["kind"], values, by=system, via="test")
        if spec["deleted"]:
            commands.remove(made, by=system, via="test")


def actors_of(world):
    """Everybody in every way of seeing."""
    carl = world.actor("carl")
    few = Role.objects.create(organization=world.house, key="few", name="Few", rights=["view:incident", "add:request"])
    Membership.objects.filter(person=world.bob).update(role=few)
    return [
        *(world.actor(login) for login in ("anna", "bob", "mona", "rita", "carl")),
        world.actor("olga"),
        dataclasses.replace(carl, sees_company=False),
        dataclasses.replace(carl, projects=("p1",)),
        dataclasses.replace(carl, company_id=None),
        dataclasses.replace(carl, reads_by="rights"),
        dataclasses.replace(world.actor("rita"), rights=frozenset()),
        dataclasses.replace(world.actor("anna"), is_superuser=True),
        dataclasses.replace(world.actor("anna"), rights=frozenset()),
    ]


def ids(found):
    return [row.row[0] for row in found]


@pytest.mark.spec("RC-192", "RC-272", "RC-271", "RS-114")
@FEW
@given(specs=TICKETS)
def test_what_is_visible_is_what_the_orm_shows(world, things, specs):
    with rolled_back():
        fill(world, specs, things)
        for actor in actors_of(world):
            for deleted in (False, True):
                expected = list(queries.visible_to(actor, deleted=deleted).order_by("-id").values_list("pk", flat=True))
                assert ids(IDS.page(actor, limit=100, deleted=deleted)) == expected
                assert count(actor, most=None, deleted=deleted)[0] == len(expected)
            for ticket in Ticket.objects.all():
                seen = queries.visible_to(actor).filter(pk=ticket.pk).exists()
                assert bool(EVERYTHING.one(actor, ticket.pk)) == seen == bool(one_id(actor, ticket.pk))


@pytest.mark.spec("RC-110", "PL-304")
@FEW
@given(specs=TICKETS)
def test_every_value_and_name_is_the_orms(world, things, specs):
    with rolled_back():
        fill(world, specs, things)
        actor = dataclasses.replace(world.actor("mona"), is_superuser=True)
        latest = queries.latest_messages(Ticket.objects.all())
        for ticket in Ticket.objects.filter(deleted_at=None):
            row = EVERYTHING.one(actor, ticket.pk)
            for name, value in shown(EVERYTHING, row).items():
                if name in FIELDS:
                    assert in_an_answer(value) == in_an_answer(expected_of(ticket, name)), name
            got = shown(EVERYTHING, row)
            assert got["latest_message"] == latest[ticket.pk]
            assert got["awaiting"] == queries.awaiting(ticket)
            assert got["public_version"] == queries.history(world.actor("carl"), ticket).count()
            assert EVERYTHING.these([ticket.pk]) == [row]


@pytest.mark.spec("PL-104", "RS-090", "RS-152")
@FEW
@given(specs=TICKETS)
def test_orders_and_filters_are_the_orms(world, things, specs):
    with rolled_back():
        fill(world, specs, things)
        actor, visible = world.actor("mona"), queries.visible_to(world.actor("mona"))
        for name, attribute in filters.EQUALS.items():
            for value in {*visible.values_list(attribute, flat=True)}:
                expected = list(visible.filter(**{attribute: value}).order_by("id").values_list("pk", flat=True))
                found = IDS.page(actor, conditions=[filters.among(name, [value])], descending=False, limit=100)
                assert ids(found) == expected, name
        for order in ORDERS.values():
            walked, after = [], None
            while part := IDS.page(actor, order=order, after=after, limit=2):
                walked += ids(part)
                after = part[-1].key
            assert len(walked) == len(set(walked)) == visible.count()
            back = IDS.page(actor, order=order, descending=False, limit=100)
            assert ids(back) == walked[::-1]


def in_an_answer(value):
    """Moments come as text from SQLite: what counts is that an answer says the same."""
    return msgspec.json.encode(value) if isinstance(value, dt.datetime | str) else value


def shown(reading, row):
    """A row of a reading as a dict: JSON parsed, references as (id, name)."""
    plain, jsons = len(reading.plain), len(reading.plain) + len(reading.json)
    values = list(row[:plain]) + [json.loads(text) for text in row[plain:jsons]]
    values += list(zip(row[jsons::2], row[jsons + 1 :: 2], strict=True))
    return dict(zip(reading.names, values, strict=True))


def expected_of(ticket, name):
    field = FIELDS[name]
    value = getattr(ticket, field.column)
    if field.type == "reference":
        return (value, getattr(getattr(ticket, name), NAMES[field.model][1]) if value else None)
    if field.type == "references":
        rows = apps.get_model(field.model).objects.in_bulk(value)
        return [{"id": i, "name": getattr(rows[i], NAMES[field.model][1])} for i in value]
    if field.type == "pairs":
        known = {"company": Company, "team": Team}
        return [{"kind": k, "id": i, "name": known[k].objects.get(pk=i).name} for k, i in value]
    if field.type == "date" and isinstance(value, dt.date) and connection.vendor == "sqlite":
        return value.isoformat()
    return value


@contextmanager
def rolled_back():
    """Each example of hypothesis leaves nothing for the next."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


# --- plans


def plan_of(act):
    """How the database walks the statement that `act` runs."""
    seen = []

    def note(execute, sql, params, many, context):
        seen.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        act()
    sql, params = seen[-1]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # a handful of rows would be read whole: ask what is left when that is forbidden
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            found = RawCursor(connection.connection).execute(f"EXPLAIN {sql}", params)
            return "\n".join(row[0] for row in found.fetchall())
    return "\n".join(row[3] for row in connection.connection.execute(f"EXPLAIN QUERY PLAN {sql}", params))


def is_walked_by_index(plan):
    if connection.vendor == "postgresql":
        return "Seq Scan on tickets_ticket" not in plan and " Sort  (" not in plan.replace("Incremental Sort", "")
    whole = "SCAN t\n" in plan + "\n" or "TEMP B-TREE FOR ORDER BY" in plan
    return not whole and "SEARCH t USING" in plan


@pytest.mark.spec("PL-304", "PL-303")
@pytest.mark.parametrize("login", ["anna", "carl"])
def test_one_ticket_is_found_by_its_key(world, login):
    world.ticket()
    plan = plan_of(lambda: IDS.one(world.actor(login), 1))
    assert is_walked_by_index(plan), plan


@pytest.mark.spec("PL-304", "PL-303")
@pytest.mark.parametrize("name", ["id", "created_at", "updated_at", "edited_at", "title"])
@pytest.mark.parametrize("goes_on", [False, True])
def test_lists_walk_an_index_in_order(world, name, goes_on):
    for _ in range(3):
        world.ticket()
    order = ORDERS[name]
    after = IDS.page(world.actor("anna"), order=order, limit=1)[-1].key if goes_on else None
    plan = plan_of(lambda: IDS.page(world.actor("anna"), order=order, after=after))
    assert is_walked_by_index(plan), plan


@pytest.mark.spec("PL-304", "PL-303")
@pytest.mark.parametrize(
    "name, value", [("status", "new"), ("phase", "open"), ("kind", "incident"), ("assignee", 1), ("company", 1)]
)
def test_narrowed_lists_never_read_the_whole_table(world, name, value):
    for _ in range(3):
        world.ticket()
    conditions = [filters.among(name, [value])]
    plan = plan_of(lambda: IDS.page(world.actor("anna"), conditions=conditions))
    assert is_walked_by_index(plan), plan
