"""The classic family: the same tickets in the older shape."""

import pytest

from polydesk.features.notices.models import Notice
from polydesk.tickets import commands
from polydesk.tickets.models import Ticket

pytestmark = pytest.mark.django_db

CLASSIC = "/support/tickets"
KEYS = {
    "closed_at", "created_at", "is_client_author", "is_client_read", "is_closed", "is_resolved", "number", "status",
    "status_key", "summary", "updated_at", "vote", "access_level", "keystone_projects", "notice_id",
    "splitted_from_ticket_number",
}  # fmt: skip


def open_classic(api, **members):
    answer = api.post(CLASSIC, {"summary": "new test ticket", "comment_body": "my first comment", **members})
    assert answer.status == 200, answer.body
    return answer.body


@pytest.mark.spec("SE-063", "SE-101", "SE-102", "SE-055")
def test_a_new_ticket_has_exactly_these_values(desk, carl):
    desk.acme.default_access = "account_users"
    desk.acme.save()
    shown = open_classic(carl)
    assert shown.keys() == KEYS and len(KEYS) == 16
    number = shown.pop("number")
    assert shown.pop("created_at") == shown.pop("updated_at")
    assert shown == {
        "closed_at": None,
        "is_client_author": True,
        "is_client_read": True,
        "is_closed": False,
        "is_resolved": False,
        "status": {"en": "Open", "ru": "Открыт"},
        "status_key": "in_progress",
        "summary": "new test ticket",
        "vote": None,
        "access_level": "all_users",
        "keystone_projects": [],
        "notice_id": None,
        "splitted_from_ticket_number": None,
    }
    assert carl.ticket(number)["summary"] == "new test ticket"
    assert [comment["body"] for comment in carl.comments(number)] == ["my first comment"]


@pytest.mark.spec("SE-100", "SE-103", "SE-104", "SE-105")
def test_topic_notice_file_level_and_project(desk, carl, anna):
    notice = Notice.objects.get()
    uuid = carl.upload().body["uuid"]
    shown = open_classic(
        carl,
        files=[uuid],
        topic_key="servers",
        notice_id=notice.pk,
        access_level="project_users",
        keystone_projects=["p1"],
    )
    assert (shown["access_level"], shown["keystone_projects"], shown["notice_id"]) == (
        "project_users",
        ["p1"],
        notice.pk,
    )
    current = carl.ticket(shown["number"])
    assert (current["notice_id"], current["notification_categories"]) == (notice.pk, ["maintenance"])
    ticket = Ticket.objects.get(pk=shown["number"])
    assert ticket.category.key == "servers" and ticket.category.parent.key == "order_consultation"
    assert carl.comments(ticket.pk)[0]["files"] == [uuid]
    assert carl.ticket(open_classic(carl, topic_key="order_consultation")["number"])["categories"] == [
        "order_consultation"
    ]


@pytest.mark.spec("SE-104", "SE-034")
def test_a_notice_is_for_one_account_or_for_all(desk, carl, bert):
    notice = Notice.objects.create(organization=desk.house, company=desk.acme, title="For Acme")
    assert open_classic(carl, notice_id=notice.pk)["notice_id"] == notice.pk
    answer = bert.post(CLASSIC, {"summary": "x", "comment_body": "x", "notice_id": notice.pk})
    assert (answer.status, answer.code) == (404, "NOTICE_NOT_FOUND")


@pytest.mark.spec("SE-064", "SE-110", "SE-111", "SE-113")
def test_a_list_has_totals_and_items_with_15_keys(carl):
    assert carl.get(CLASSIC).body == {"item_count": 0, "items": [], "items_per_page": 10, "page": 1, "page_count": 0}
    numbers = [open_classic(carl)["number"] for _ in range(11)]
    page = carl.get(f"{CLASSIC}?page=2").body
    assert (page["item_count"], page["page"], page["page_count"]) == (11, 2, 2)
    assert [item["number"] for item in page["items"]] == numbers[:1]
    assert page["items"][0].keys() == KEYS - {"splitted_from_ticket_number"}
    assert carl.get(f"{CLASSIC}?page=3&items_per_page=10").body["items"] == []


@pytest.mark.spec("SE-112", "SE-110", "SE-086")
def test_only_opened_keeps_what_is_not_closed(desk, carl):
    first, second, third = (open_classic(carl, summary=f"Ticket {n}")["number"] for n in range(3))
    carl.post(f"{CLASSIC}/{second}/close")
    commands.edit(third, {"status": "solved"}, by=desk.actor("anna"), via="test")
    carl.patch(f"{CLASSIC}/{first}", {"access_level": "project_users", "keystone_projects": ["p1"]})
    for query, wanted in {
        "only_opened=True": [third, first],
        "only_closed=true": [second],
        "only_opened=true&only_closed=true": [],
        "access_level=project_users": [first],
        "keystone_projects=p1&only_opened=true": [first],
        "q=TICKET+2": [third],
    }.items():
        found = carl.get(f"{CLASSIC}?{query}").body
        assert [item["number"] for item in found["items"]] == wanted, query
        assert found["item_count"] == len(wanted)


@pytest.mark.spec("SE-113", "SE-114", "RC-111")
def test_sorting_by_letters_and_by_status(desk, carl):
    texts = ["Жук", "beta", "Alpha", "жаба", "alpha"]
    numbers = [open_classic(carl, summary=text)["number"] for text in texts]
    carl.post(f"{CLASSIC}/{numbers[0]}/close")
    commands.edit(numbers[1], {"status": "solved"}, by=desk.actor("anna"), via="test")
    for query, wanted in {
        "sort_by=summary&sort_by_order=asc": [2, 4, 1, 3, 0],
        "sort_by=summary": [0, 3, 1, 4, 2],
        "sort_by=status&sort_by_order=asc": [2, 3, 4, 1, 0],
        "sort_by=status&sort_by_order=desc": [0, 1, 4, 3, 2],
        "sort_by=number&sort_by_order=asc": [0, 1, 2, 3, 4],
        "sort_by=created_at": [4, 3, 2, 1, 0],
        "sort_by=updated_at&items_per_page=2": [1, 0],
    }.items():
        found = carl.get(f"{CLASSIC}?{query}").body["items"]
        assert [numbers.index(item["number"]) for item in found] == wanted, query


@pytest.mark.spec("SE-116", "SE-117")
def test_get_and_update_keep_what_is_left_out(carl):
    number = open_classic(carl, keystone_projects=["p1"])["number"]
    assert carl.patch(f"{CLASSIC}/{number}", {}).body == carl.get(f"{CLASSIC}/{number}").body
    assert carl.patch(f"{CLASSIC}/{number}", {"access_level": "project_users"}).body["keystone_projects"] == ["p1"]
    changed = carl.send("PUT", f"{CLASSIC}/{number}", {"keystone_projects": ["p2"]}).body
    assert (changed["access_level"], changed["keystone_projects"]) == ("project_users", ["p2"])
    other = carl.open(keystone_projects=["a", "b"])
    assert carl.get(f"{CLASSIC}/{other}").body["keystone_projects"] == ["a", "b"]


@pytest.mark.spec("SE-063", "RC-104", "RC-401")
def test_who_opened_it_is_the_side_of_the_opening_message(desk, carl, anna):
    for values, client in (
        ({"requester": desk.carl, "company": desk.acme, "description": "x"}, True),
        ({"requester": desk.carl, "company": desk.acme}, True),
        ({"company": desk.acme, "description": "x"}, False),
        ({"company": desk.acme, "requester": desk.bob}, False),
        ({"company": desk.acme}, False),
    ):
        number = desk.ticket(**values).pk
        assert carl.get(f"{CLASSIC}/{number}").body["is_client_author"] is client, values
