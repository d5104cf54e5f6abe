"""Who of an account sees a ticket, by access level and project scope."""

import pytest

from polydesk.tickets.models import Ticket

from .conftest import Api, token, wish

pytestmark = pytest.mark.django_db


@pytest.fixture
def scoped(desk):
    """A client of Acme who has access to the projects p1 and p2 only."""
    return Api(token(desk.people["cora"], limits={"projects": ["p1", "p2"]}))


@pytest.mark.spec("SE-035", "SE-033", "SE-034", "SE-053", "RC-051", "RC-272")
def test_each_level_is_seen_by_those_it_names(desk, carl, anna, bert, scoped):
    everybody, account, ours, others = (
        carl.open(access_level=level, keystone_projects=projects, summary="Level")
        for level, projects in (
            ("all_users", ["p9"]),
            ("account_users", ["p1"]),
            ("project_users", ["p9", "p2"]),
            ("project_users", ["p9"]),
        )
    )
    seen = {carl: [everybody, account, ours, others], scoped: [everybody, ours], bert: []}
    seen[anna] = seen[carl]
    for api, numbers in seen.items():
        assert [item["number"] for item in api.get("/support/v2/tickets?sort_by_order=asc").body["items"]] == numbers
        assert api.get("/support/v2/tickets/count?q=level").body == {"items_count": len(numbers)}
        assert api.get("/support/tickets").body["item_count"] == len(numbers)
        for number in seen[anna]:
            for path in (f"/support/v2/tickets/{number}", f"/support/tickets/{number}/comments"):
                assert api.get(path).status == (200 if number in numbers else 404)


Api.__hash__ = object.__hash__


@pytest.mark.spec("SE-096", "SE-035")
def test_a_user_with_project_scope_cannot_move_a_ticket_out_of_sight(desk, carl, scoped):
    number = carl.open(access_level="project_users", keystone_projects=["p1"])
    for body in (
        {"access_level": "account_users", "keystone_projects": ["p1"]},
        {"access_level": "project_users", "keystone_projects": ["p9"]},
    ):
        for prefix in ("/support/v2/tickets", "/support/tickets"):
            answer = scoped.patch(f"{prefix}/{number}", body)
            assert (answer.status, answer.code) == (403, "REQUEST_FORBIDDEN")
    assert scoped.patch(f"/support/tickets/{number}", {"keystone_projects": ["p2"]}).status == 200
    assert scoped.patch(f"/support/tickets/{number}", {"access_level": "all_users"}).status == 200


@pytest.mark.spec("SE-054", "SE-117")
def test_the_level_of_projects_needs_a_project(carl):
    number = carl.open()
    for prefix, body in (
        ("/support/v2/tickets", {"access_level": "project_users", "keystone_projects": []}),
        ("/support/tickets", {"access_level": "project_users"}),
    ):
        answer = carl.patch(f"{prefix}/{number}", body)
        assert (answer.status, answer.faults) == (400, {"keystone_projects"})
    assert carl.post("/support/v2/tickets", wish(access_level="project_users")).faults == {"keystone_projects"}
    assert Ticket.objects.get().access == "all_users"


@pytest.mark.spec("SE-033", "RC-024")
def test_a_customer_without_an_account_sees_and_opens_nothing(desk):
    rita = Api(token(desk.people["rita"]))
    assert rita.get("/support/v2/tickets").body["items"] == []
    assert rita.post("/support/v2/tickets", wish()).code == "REQUEST_FORBIDDEN"
    assert rita.upload().code == "REQUEST_FORBIDDEN"


@pytest.mark.spec("SE-034", "RC-271", "PL-026")
def test_support_of_another_organization_sees_nothing(desk, carl):
    number = carl.open(comment_body="x")
    olga = Api(token(desk.people["olga"]))
    comment, file = carl.comments(number)[0]["id"], carl.upload().body["uuid"]
    for path in (
        f"/support/v2/tickets/{number}",
        f"/support/tickets/{number}/comments",
        f"/support/comments/{comment}",
        f"/files/public/files/{file}",
        "/support/v2/categories/technical_issue/fields",
        "/support/v2/products?parent=servers",
    ):
        assert olga.get(path).status == 404, path
    assert olga.get("/support/topics").body == olga.get("/support/v2/categories").body == {"items": []}
    assert olga.post("/support/v2/tickets", wish(categories=["abuse"])).code == "CATEGORY_NOT_FOUND"
    assert olga.get("/support/v2/tickets").body["items"] == []
