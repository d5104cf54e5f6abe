"""The current family: what is opened, shown, listed, counted and changed."""

import datetime as dt
import re

import pytest

from polydesk.features.vault.models import Use
from polydesk.tickets import commands
from polydesk.tickets.models import Category, Comment, Event, Ticket

from .conftest import wish

pytestmark = pytest.mark.django_db

CURRENT = "/support/v2/tickets"
KEYS = {
    "access_level", "categories", "created_at", "is_await_client", "is_await_support", "is_can_be_voted",
    "is_client_read", "is_closed_by_system", "is_from_mailing", "keystone_projects", "notice_id",
    "notification_categories", "number", "products", "split_from_ticket_number", "status", "summary",
    "unread_comments_count", "updated_at", "vote_created_at", "vote_score", "vote_type",
}  # fmt: skip
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@pytest.mark.spec("SE-025", "SE-050", "SE-051", "SE-060", "SE-072", "RC-300")
def test_a_new_ticket_has_exactly_these_values(desk, carl):
    body = wish(
        access_level="account_users",
        categories=["technical_issue", "abuse"],
        category_fields=[{"key": "impact", "values": ["high", "low"]}, {"key": "server_name", "values": ["web 1"]}],
        comment_body="Link drops hourly",
        keystone_projects=["b", "a"],
        products=["dedicated_servers", "servers"],
    )
    answer = carl.post(CURRENT, body)
    shown = answer.body
    assert answer.status == 200 and shown.keys() == KEYS and len(KEYS) == 22
    number, created, updated = shown.pop("number"), shown.pop("created_at"), shown.pop("updated_at")
    assert shown == {
        "access_level": "account_users",
        "categories": ["technical_issue", "abuse"],
        "is_await_client": False,
        "is_await_support": True,
        "is_can_be_voted": True,
        "is_client_read": True,
        "is_closed_by_system": False,
        "is_from_mailing": False,
        "keystone_projects": ["b", "a"],
        "notice_id": None,
        "notification_categories": [],
        "products": ["dedicated_servers", "servers"],
        "split_from_ticket_number": None,
        "status": "in_progress",
        "summary": "Unstable link",
        "unread_comments_count": 0,
        "vote_created_at": None,
        "vote_score": None,
        "vote_type": "plus_minus",
    }
    assert MOMENT.fullmatch(created) and created == updated
    ticket = Ticket.objects.get(pk=number)
    assert (ticket.kind, ticket.status, ticket.channel, ticket.company) == ("request", "new", "portal", desk.acme)
    assert (ticket.requester, ticket.category.key) == (desk.people["carl"], "technical_issue")
    assert ticket.fields == {"impact": ["high", "low"], "server_name": "web 1"}
    assert ticket.description_format == "plain"
    assert [event.verb for event in Event.objects.filter(ticket_id=number)] == ["create"]
    assert carl.open() > number


@pytest.mark.spec("SE-073", "RC-100")
@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({}, None),
        ({"comment_body": ""}, None),
        ({"comment_body": None}, None),
        ({"comment_body": "Slow"}, "Slow"),
        ({"files": True}, ""),
        ({"secrets": True}, ""),
    ],
)
def test_the_first_comment_is_made_of_text_files_or_secrets(carl, members, text):
    if "files" in members:
        members = {"files": [carl.upload().body["uuid"]]}
    if "secrets" in members:
        members = {"secrets": [carl.post("/support/v2/secrets", {"title": "t", "value": "v"}).body["id"]]}
    number = carl.open(**members)
    assert [comment["body"] for comment in carl.comments(number)] == ([] if text is None else [text])
    assert carl.ticket(number)["is_await_support"]


@pytest.mark.spec("SE-073", "SE-077", "SE-155")
def test_files_and_secrets_hang_on_the_first_comment_each_once(carl):
    file = carl.upload().body["uuid"]
    secret = carl.post("/support/v2/secrets", {"title": "t", "value": "v"}).body["id"]
    number = carl.open(files=[file, file.upper()], secrets=[secret, secret], comment_body="See file")
    (comment,) = carl.comments(number)
    assert comment["files"] == [file]
    assert [use.comment_id for use in Use.objects.all()] == [comment["id"]]


@pytest.mark.spec("SE-076")
@pytest.mark.parametrize(
    ("categories", "values", "comment", "text"),
    [
        (["pass_to_data_center"], {"full_name": "Ann", "date": 12, "data_center": "SPB-2", "more": [1]}, None, "full"),
        (["abuse", "pass_to_data_center"], {"full_name": "Ann", "date": 1.5, "data_center": ""}, "Soon", "both"),
        (["pass_to_data_center"], None, "Soon", "own"),
        (["abuse"], {"full_name": "Ann"}, "Soon", "own"),
    ],
)
def test_a_category_with_a_template_writes_the_first_comment(carl, categories, values, comment, text):
    number = carl.open(categories=categories, body_values=values, comment_body=comment)
    body = carl.comments(number)[0]["body"]
    pass_of = "Please issue a pass for Ann on {} to the data center {}."
    assert (
        body
        == {
            "full": pass_of.format("12", "SPB-2"),
            "both": pass_of.format("1.5", "") + "\n\nSoon",
            "own": "Soon",
        }[text]
    )


@pytest.mark.spec("SE-075")
def test_values_of_fields_are_kept_in_the_fields_own_type(desk, carl):
    from polydesk.tickets.models import CustomField

    kinds = {
        "integer": ("5", 5),
        "number": ("1.5", 1.5),
        "boolean": ("true", True),
        "date": ("2026-01-02", "2026-01-02"),
    }
    for kind in kinds:
        CustomField.objects.create(organization=desk.house, key=f"the-{kind}", name=kind, type=kind)
    Category.objects.filter(key="finance").update(fields=[f"the-{kind}" for kind in kinds])
    given = [{"key": f"the-{kind}", "values": [sent]} for kind, (sent, _) in kinds.items()]
    number = carl.open(categories=["finance"], category_fields=given)
    assert Ticket.objects.get(pk=number).fields == {f"the-{kind}": kept for kind, (_, kept) in kinds.items()}
    for kind, wrong in (
        ("integer", "x"),
        ("number", "1e400"),
        ("boolean", "yes"),
        ("date", "31.12."),
        ("integer", "9" * 30),
    ):
        answer = carl.post(
            CURRENT, wish(categories=["finance"], category_fields=[{"key": f"the-{kind}", "values": [wrong]}])
        )
        assert answer.status == 400, (kind, wrong)


@pytest.mark.spec("SE-078", "RC-276")
def test_a_refused_ticket_leaves_nothing(desk, carl):
    file = carl.upload().body["uuid"]
    last = carl.open()
    unknown = {"secrets": [99], "files": [file], "comment_body": "x"}
    assert carl.post(CURRENT, wish(**unknown)).code == "SECRET_NOT_FOUND"
    assert Ticket.objects.count() == 1 and not Comment.objects.exists() and Event.objects.count() == 1
    assert carl.open(files=[file]) == last + 1


@pytest.mark.spec("SE-061", "SE-080", "SE-081", "SE-082", "SE-090")
def test_a_list_has_pages_of_items_with_20_keys(carl):
    numbers = [carl.open(summary=f"Ticket {n}") for n in range(12)]
    first = carl.get(CURRENT).body
    assert first.keys() == {"items", "items_per_page", "page"} and (first["items_per_page"], first["page"]) == (10, 1)
    assert [item["number"] for item in first["items"]] == numbers[:1:-1]
    assert first["items"][0].keys() == KEYS - {"is_closed_by_system", "split_from_ticket_number"}
    second = carl.get(f"{CURRENT}?page=2&items_per_page=5&sort_by_order=asc").body
    assert [item["number"] for item in second["items"]] == numbers[5:10]
    assert carl.get(f"{CURRENT}?page=2147483647&items_per_page=1000").body["items"] == []
    assert carl.get(f"{CURRENT}/count?page=0&sort_by=x").body == {"items_count": 12}


@pytest.fixture
def stamped(carl):
    """Three tickets: open, resolved then closed, closed later; the first two were closed at one moment."""
    numbers = [carl.open(summary=f"Ticket {n}") for n in range(4)]
    day = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    for number, solved, closed in (
        (1, None, None),
        (0, day, day),
        (2, day, day),
        (3, None, day + dt.timedelta(days=1)),
    ):
        facts = {"solved_at": solved, "closed_at": closed, "public_active_at": closed or day - dt.timedelta(days=1)}
        phase = {"status": "closed", "phase": "closed"} if closed else {"closed_at": day + dt.timedelta(days=9)}
        Ticket.objects.filter(pk=numbers[number]).update(**facts | phase)
    return numbers


@pytest.mark.spec("SE-083", "RC-087")
@pytest.mark.parametrize(
    ("sort_by", "ascending", "descending"),
    [
        ("created_at", [0, 1, 2, 3], [3, 2, 1, 0]),
        ("updated_at", [1, 0, 2, 3], [3, 2, 0, 1]),
        ("resolved_at", [0, 2, 1, 3], [2, 0, 3, 1]),
        ("closed_at", [0, 2, 3, 1], [3, 2, 0, 1]),
    ],
)
def test_sorting_is_stable_and_missing_moments_come_last(carl, stamped, sort_by, ascending, descending):
    for order, wanted in (("asc", ascending), ("desc", descending)):
        found = carl.get(f"{CURRENT}?sort_by={sort_by}&sort_by_order={order}").body["items"]
        assert [stamped.index(item["number"]) for item in found] == wanted, order


@pytest.mark.spec("SE-046", "SE-084", "SE-085", "SE-086", "SE-088", "SE-090", "RC-111")
def test_filters_combine_and_the_count_is_that_of_the_list(desk, carl, anna):
    plain = carl.open(summary="plain", keystone_projects=["p1"])
    abuse = carl.open(summary="abuse", categories=["finance", "abuse"], access_level="account_users")
    closed = carl.open(summary="closed", access_level="project_users", keystone_projects=["p1", "p2"])
    filed = carl.open(summary="filed")
    carl.post(f"/support/tickets/{closed}/close")
    commands.edit(filed, {"category": Category.objects.get(key="abuse")}, by=desk.actor("anna"), via="test")
    for query, wanted in {
        "": [plain, abuse, closed, filed],
        "is_only_opened=True": [plain, abuse, filed],
        "is_only_closed=1": [closed],
        "is_only_opened=false&is_only_closed=0": [plain, abuse, closed, filed],
        "is_only_opened=true&is_only_closed=TRUE": [],
        "is_only_abuse=true": [abuse, filed],
        "access_levels=account_users&access_levels=project_users": [abuse, closed],
        "keystone_projects=p1": [plain, closed],
        "keystone_projects=p2&keystone_projects=p9": [closed],
        "keystone_projects=p1&access_levels=all_users": [plain],
        "q=plain&keystone_projects=p2": [],
        "is_only_abuse=true&is_only_closed=true": [],
    }.items():
        found = carl.get(f"{CURRENT}?sort_by_order=asc&{query}").body["items"]
        assert [item["number"] for item in found] == wanted, query
        assert carl.get(f"{CURRENT}/count?{query}").body == {"items_count": len(wanted)}, query


@pytest.mark.spec("SE-092", "SE-034", "RC-271")
def test_a_ticket_of_another_account_is_like_none(desk, carl, bert, anna):
    number = carl.open(comment_body="Mine")
    answers = [bert.get(f"{CURRENT}/{n}") for n in (number, 9999)]
    assert answers[0].status == answers[1].status == 404 and answers[0].body == answers[1].body
    assert bert.get(CURRENT).body["items"] == [] and bert.get("/support/tickets").body["item_count"] == 0
    assert bert.get(f"{CURRENT}/count?q=unstable").body == {"items_count": 0}
    assert anna.ticket(number)["number"] == number


@pytest.mark.spec("SE-094", "SE-095", "SE-096", "SE-052", "SE-053")
def test_only_visibility_can_be_changed_on_closed_tickets_too(desk, carl):
    number = carl.open()
    carl.post(f"/support/tickets/{number}/close")
    for method in ("PATCH", "PUT"):
        body = {"access_level": "account_users", "keystone_projects": [method, "b", "a"]}
        answer = carl.send(method, f"{CURRENT}/{number}", body)
        assert answer.status == 200 and answer.body.keys() == KEYS
        assert (answer.body["access_level"], answer.body["keystone_projects"]) == ("account_users", [method, "b", "a"])
    assert [e.verb for e in Event.objects.filter(ticket_id=number).order_by("number")][-2:] == ["edit", "edit"]


@pytest.mark.spec("RC-002", "RC-003", "RC-004", "RC-402", "PL-021")
@pytest.mark.parametrize(
    "stored",
    [
        {},
        {"access": "project_users", "access_projects": []},
        {"access": "account_users", "access_projects": ["a", "b"]},
        {"access": "project_users", "access_projects": ["x" * 100]},
        {"access_projects": [" "]},
    ],
)
def test_writing_back_what_was_read_is_no_event_and_no_refusal(desk, carl, anna, stored):
    """Whatever another face stored: also what this one would refuse to choose."""
    number = desk.ticket(requester=desk.carl, company=desk.acme, **stored).pk
    before = Ticket.objects.filter(pk=number).values().get()
    for api in (carl, anna):
        for prefix in (CURRENT, "/support/tickets"):
            shown = api.get(f"{prefix}/{number}").body
            for method in ("PATCH", "PUT"):
                answer = api.send(method, f"{prefix}/{number}", shown)
                assert (answer.status, answer.body) == (200, shown)
    assert Event.objects.filter(ticket_id=number).count() == 1
    assert Ticket.objects.filter(pk=number).values().get() == before


@pytest.mark.spec("RC-163", "RC-342", "RC-053", "RC-024")
def test_tickets_of_others_show_the_nearest_values(desk, carl, anna):
    abuse = Category.objects.get(key="abuse")
    mine = desk.ticket(requester=desk.carl, company=desk.acme, category=abuse, channel="mailing")
    hidden = desk.ticket(kind="problem", company=desk.acme)
    shown = carl.ticket(mine.pk)
    assert (shown["categories"], shown["is_from_mailing"], shown["is_can_be_voted"]) == (["abuse"], True, False)
    assert carl.get(f"{CURRENT}/{hidden.pk}").status == 404 and anna.ticket(hidden.pk)["status"] == "in_progress"
    Category.objects.update(for_customers=False)
    assert carl.ticket(mine.pk)["categories"] == []
    staffs = anna.open(comment_body="For nobody")
    ticket = Ticket.objects.get(pk=staffs)
    assert (ticket.company, ticket.requester) == (None, None)
    assert carl.get(f"{CURRENT}/{staffs}").status == 404 and anna.ticket(staffs)["is_await_client"]


@pytest.mark.spec("RC-309", "RC-415", "RC-345")
def test_a_ticket_that_changes_its_company_changes_its_readers(desk, carl, bert):
    number = carl.open()
    commands.edit(number, {"company": desk.beta}, by=desk.actor("anna"), via="test")
    assert carl.get(f"{CURRENT}/{number}").status == 404
    assert bert.ticket(number)["number"] == number


@pytest.mark.spec("RC-413", "RC-305")
def test_a_deleted_ticket_is_missing_and_a_restored_one_is_back(desk, carl):
    number = carl.open(comment_body="x")
    commands.remove(number, by=desk.actor("mona"), via="test")
    assert carl.get(f"{CURRENT}/{number}").status == 404 and carl.get(CURRENT).body["items"] == []
    commands.restore(number, by=desk.actor("mona"), via="test")
    assert carl.ticket(number)["number"] == number and len(carl.comments(number)) == 1
