"""Finding tickets by words and by the query language, as staff and as customers."""

import contextlib
import datetime as dt

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from polydesk.features import search
from polydesk.features.search import QueryError, language, terms, words
from polydesk.tickets import commands
from polydesk.tickets.models import CustomField, Tag
from polydesk.tickets.statements import Reading
from polydesk.web.testing import count_statements
from tests.tickets.statements.test_reading import plan_of

pytestmark = pytest.mark.django_db


def found(world, q, by="anna"):
    return [t.title for t in search.tickets(world.actor(by), q)]


@pytest.fixture
def tickets(world):
    anna = world.actor("anna")
    vip = Tag.objects.create(organization=world.house, name="VIP")
    CustomField.objects.create(organization=world.house, key="floor", name="Floor", type="integer")
    made = {
        "printer": world.ticket(
            title="Printer down",
            description="No paper light",
            requester=world.carl,
            company=world.acme,
            priority="high",
        ),
        "vpn": world.ticket(
            title="VPN drops every hour", kind="request", assignee=world.anna, tags=[vip], fields={"floor": 2}
        ),
        "mail": world.ticket(title="Не приходит письмо для сброса ПАРОЛЯ", requester=world.carl, company=world.acme),
        "old": world.ticket(title="Old printer", status="closed"),
    }
    commands.edit(made["vpn"], {"assigned_teams": [world.support]}, by=anna, via="test")
    commands.comment(made["printer"], "The fuser unit is broken", by=anna, via="test")
    commands.comment(made["printer"], "Customer is always angry", by=anna, via="test", internal=True)
    return made


@pytest.mark.parametrize(
    ("q", "titles"),
    [
        ("printer", ["Old printer", "Printer down"]),
        ("PRINT*", ["Old printer", "Printer down"]),
        ('"printer down"', ["Printer down"]),
        ('"down printer"', []),
        ("fuser paper", ["Printer down"]),
        ("пароля", ["Не приходит письмо для сброса ПАРОЛЯ"]),
        ("angry", ["Printer down"]),
        ("carl acme printer", ["Printer down"]),
        ("status:open", ["Не приходит письмо для сброса ПАРОЛЯ", "VPN drops every hour", "Printer down"]),
        ("status:closed", ["Old printer"]),
        ("assignee:me", ["VPN drops every hour"]),
        ("assignee:none status:open priority>=high", ["Printer down"]),
        ("team:support", ["VPN drops every hour"]),
        ("team:mine", ["VPN drops every hour"]),
        ("tag:vip", ["VPN drops every hour"]),
        ("kind:request", ["VPN drops every hour"]),
        ("company:acme -printer", ["Не приходит письмо для сброса ПАРОЛЯ"]),
        ("(vpn OR fuser) created<7d", ["VPN drops every hour", "Printer down"]),
        ("created>7d", []),
        ("field.floor:2", ["VPN drops every hour"]),
        ("field.floor>=3", []),
        ("priority:high,low", ["Printer down"]),
        ("requester:carl@acme.example printer", ["Printer down"]),
        ("has:comment", ["Printer down"]),
        ("is:unassigned status!=closed kind:incident", ["Не приходит письмо для сброса ПАРОЛЯ", "Printer down"]),
        ("!!!", []),
    ],
)
@pytest.mark.spec("PL-104")
def test_a_query_finds(world, tickets, q, titles):
    assert found(world, q) == titles


@pytest.mark.spec("PL-104", "RC-021")
def test_a_number_finds_its_ticket(world, tickets):
    number = tickets["vpn"].pk
    assert "VPN drops every hour" in found(world, str(number))
    assert found(world, f"id:{number}") == ["VPN drops every hour"]
    assert "VPN drops every hour" in found(world, f"#{number}")


@pytest.mark.spec("RS-115", "RC-177", "RC-273")
def test_customers_find_neither_internal_notes_nor_other_peoples_tickets(world, tickets):
    assert found(world, "angry", by="carl") == []
    assert found(world, "fuser", by="carl") == ["Printer down"]
    assert found(world, "vpn", by="carl") == []
    with pytest.raises(QueryError):
        found(world, "assignee:anna", by="carl")
    assert found(world, "printer", by="olga") == []


@pytest.mark.spec("RS-091", "RS-115")
def test_customers_ask_only_for_what_they_are_shown(world, tickets):
    commands.edit(tickets["printer"], {"status": "escalated"}, by=world.actor("anna"), via="test")
    for q in (
        "status:escalated",
        "phase:open",
        "priority:high",
        "urgency>=1",
        "assignee:anna",
        "team:support",
        "tag:vip",
    ):
        with pytest.raises(QueryError):
            found(world, q, by="carl")
    assert "Printer down" in found(world, "status:open", by="carl")


@pytest.mark.spec("PL-104")
def test_what_is_edited_or_removed_is_found_as_it_is_now(world, tickets):
    anna = world.actor("anna")
    entry = commands.comment(tickets["vpn"], "flux capacitor", by=anna, via="test").comment
    assert found(world, "capacitor") == ["VPN drops every hour"]
    commands.edit_comment(entry, by=anna, via="test", text="flow meter")
    assert (found(world, "capacitor"), found(world, "meter")) == ([], ["VPN drops every hour"])
    commands.remove_comment(entry, by=world.actor("mona"), via="test")
    assert found(world, "meter") == []
    commands.edit(tickets["vpn"], {"title": "WLAN drops"}, by=anna, via="test")
    assert found(world, "vpn") == [] and found(world, "wlan") == ["WLAN drops"]
    commands.remove(tickets["vpn"], by=world.actor("mona"), via="test")
    assert found(world, "wlan") == []
    assert found(world, "wlan is:deleted", by="mona") == ["WLAN drops"]


@pytest.mark.parametrize(
    ("q", "column"),
    [
        ("status:sleeping", 8),
        ("printer colour:red", 9),
        ('say "hello', 5),
        ("(a b", 1),
        ("a )", 3),
        ("created>soon", 9),
        ("a OR", 3),
        ("assignee>3", 1),
        ("id:x", 4),
    ],
)
@pytest.mark.spec("PL-104", "RS-090")
def test_a_fault_is_pointed_at(world, q, column):
    with pytest.raises(QueryError) as error:
        found(world, q)
    assert error.value.column == column


@settings(max_examples=150, deadline=None)
@given(
    q=st.one_of(
        st.text(max_size=60),
        st.from_regex(r'((status|due|id|-tag|field\.a|"x|\(|OR|is)[:><=]{0,2}[\w"(),*-]{0,8} ?){1,5}'),
    )
)
@pytest.mark.spec("RS-145")
def test_no_text_breaks_the_search(q, django_db_blocker):
    try:
        tree = language.parse(q)
    except QueryError as error:
        assert 1 <= error.column <= len(q) + 1
    else:
        assert (tree is None) == (not q.strip())


@pytest.mark.spec("PL-104")
def test_odd_words_reach_the_database_as_plain_words(world, tickets):
    for q in ("a AND NOT", "NEAR(a b)", "'; DROP", "x:*", "^printer", "%_%", "\\", "&|!", "null", "𝒳"):
        with contextlib.suppress(QueryError):
            list(search.tickets(world.actor("anna"), q))


@pytest.mark.spec("PL-104")
def test_counts_are_capped(world, tickets):
    assert search.count(search.tickets(world.actor("anna"), "printer")) == 2
    assert search.count(search.tickets(world.actor("anna"), ""), cap=2) == 3


def test_words_fold_every_script():
    assert words.split("Straße ÉCOLE Пароль ПАРОЛЬ fuse_box e-mail") == [
        "strasse", "ecole", "пароль", "пароль", "fuse", "box", "e", "mail",
    ]  # fmt: skip


def test_due_looks_ahead(world):
    world.ticket(title="soon", due_at=timezone.now() + dt.timedelta(hours=5))
    world.ticket(title="later", due_at=timezone.now() + dt.timedelta(days=5))
    assert found(world, "due<1d") == ["soon"]


@pytest.mark.spec("PL-102", "PL-303")
@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("few", [0, terms.FEW])
def test_pages_of_what_words_find_are_those_of_the_whole_list_and_read_no_more_than_they_show(
    world, monkeypatch, few, descending
):
    monkeypatch.setattr(terms, "FEW", few)  # both ways that PostgreSQL can go
    for number in range(40):
        world.ticket(title=f"Scanner {number} paper", by="olga" if number % 8 == 0 else "anna")
    numbers = Reading(["id"])
    for login in ("anna", "rita", "carl", "olga"):
        actor = world.actor(login)
        found_by, all_of_them, after = search.condition(actor, "scanner paper"), [], None
        while page := numbers.page(actor, conditions=[found_by], descending=descending, after=after, limit=7):
            all_of_them += [one.row[0] for one in page]
            after = page[-1].key
        expected = list(search.tickets(actor, "scanner paper").values_list("pk", flat=True))
        assert all_of_them == (expected if descending else expected[::-1]), login
        with count_statements() as statements:
            numbers.page(actor, conditions=[found_by], descending=descending, limit=7)
        assert len(statements) == (2 if connection.vendor == "postgresql" else 1)
    if connection.vendor == "sqlite":
        plan = plan_of(lambda: numbers.page(world.actor("anna"), conditions=[found_by], limit=7))
        assert "TEMP B-TREE" not in plan and "SUBQUERY" not in plan, plan
