"""Close, rate, reopen."""

import pytest

from polydesk.tickets import commands
from polydesk.tickets.models import Event, Rating, Ticket

from .conftest import Api, token

pytestmark = pytest.mark.django_db


def classic(api, number):
    return api.get(f"/support/tickets/{number}").body


@pytest.mark.spec("SE-120", "SE-121", "SE-056", "SE-057", "RC-185", "RC-304")
def test_closing_with_a_score_rates_on_five_points(carl):
    number = carl.open(comment_body="x")
    shown = carl.post(f"/support/tickets/{number}/close", {"score": 5, "comment": "works again"}).body
    assert (shown["status_key"], shown["status"]) == ("closed", {"en": "Closed", "ru": "Закрыт"})
    assert shown["is_closed"] and shown["is_resolved"] and shown["closed_at"]
    assert shown["vote"] == {"comment": "works again", "created_at": shown["closed_at"], "score": 5}
    current = carl.ticket(number)
    assert (current["vote_score"], current["vote_type"]) == (5, "five_points")
    assert (current["vote_created_at"], current["status"]) == (shown["closed_at"], "closed")
    assert not current["is_closed_by_system"]
    assert [e.verb for e in Event.objects.filter(ticket_id=number).order_by("number")] == ["create", "close"]


@pytest.mark.spec("SE-122")
def test_words_without_a_score_are_kept_for_the_staff_and_no_vote_is_made(carl):
    number = carl.open()
    carl.post(f"/support/tickets/{number}/rate", {"score": 3})
    shown = carl.post(f"/support/tickets/{number}/close", {"comment": "never mind"}).body
    assert shown["is_closed"] and shown["vote"]["score"] == 3
    event = Event.objects.filter(ticket_id=number).latest("number")
    assert event.changes["extra"][1]["selectel"]["closing_comment"] == "never mind"
    assert Rating.objects.count() == 1


@pytest.mark.spec("SE-123", "RC-276")
def test_closing_twice_is_refused_and_changes_nothing(carl):
    number = carl.open()
    first = carl.post(f"/support/tickets/{number}/close", {"score": 1}).body
    answer = carl.post(f"/support/tickets/{number}/close", {"score": 5})
    assert (answer.status, answer.code) == (400, "TICKET_CLOSED")
    assert classic(carl, number) == first


@pytest.mark.spec("SE-124", "RC-240", "RC-325")
def test_a_closed_ticket_hides_its_comments_and_nothing_else(carl, anna):
    number = carl.open(comment_body="x")
    theirs = anna.comment(number)["id"]
    carl.post(f"/support/tickets/{number}/close")
    for api in (carl, anna):
        for answer in (
            api.get(f"/support/tickets/{number}/comments"),
            api.post(f"/support/tickets/{number}/comments", {"body": "thanks"}),
            api.get(f"/support/comments/{theirs}"),
        ):
            assert (answer.status, answer.code) == (400, "TICKET_CLOSED")
    assert carl.ticket(number)["status"] == "closed" and classic(carl, number)["is_closed"]
    assert [item["number"] for item in carl.get("/support/v2/tickets?is_only_closed=true").body["items"]] == [number]
    assert carl.patch(f"/support/tickets/{number}", {"access_level": "account_users"}).status == 200
    assert carl.post(f"/support/tickets/{number}/rate", {"score": 9}).status == 200
    assert carl.post(f"/support/comments/{theirs}/rate", {"score": -1}).status == 200


@pytest.mark.spec("SE-125", "SE-127", "SE-056", "SE-057", "RC-186", "RC-295", "RC-314")
@pytest.mark.parametrize("status", ["new", "solved", "closed"])
def test_rating_takes_one_to_ten_and_replaces(desk, carl, status):
    number = carl.open()
    if status != "new":
        commands.edit(number, {"status": status}, by=desk.actor("anna"), via="test")
    for score, comment in ((1, "bad"), (10, None)):
        body = {"score": score} | ({"comment": comment} if comment else {})
        vote = carl.post(f"/support/tickets/{number}/rate", body).body
        assert vote.keys() == {"comment", "created_at", "score"}
        assert (vote["comment"], vote["score"]) == (comment, score)
        current = carl.ticket(number)
        assert classic(carl, number)["vote"] == vote
        assert (current["vote_score"], current["vote_created_at"], current["vote_type"]) == (
            score,
            vote["created_at"],
            "ten_points",
        )
    assert [rating.score for rating in Rating.objects.order_by("pk")] == [1, 10]


@pytest.mark.spec("SE-056", "RC-187", "RC-188")
def test_a_thumb_given_elsewhere_and_no_vote_are_plus_minus(desk, carl):
    number = carl.open()
    assert (carl.ticket(number)["vote_score"], carl.ticket(number)["vote_type"]) == (None, "plus_minus")
    commands.rate(number, scale="plus_minus", score=-1, by=desk.actor("carl"), via="portal")
    assert (carl.ticket(number)["vote_score"], carl.ticket(number)["vote_type"]) == (-1, "plus_minus")


@pytest.mark.spec("SE-126", "RC-068")
def test_mailings_cannot_be_voted(desk, carl):
    number = desk.ticket(
        company=desk.acme,
        channel="mailing",
        description="We move",
        extra={"selectel": {"notification_categories": ["maintenance"]}},
    ).pk
    shown = carl.ticket(number)
    assert (shown["is_from_mailing"], shown["is_can_be_voted"]) == (True, False)
    assert shown["notification_categories"] == ["maintenance"]
    answer = carl.post(f"/support/tickets/{number}/rate", {"score": 5})
    assert (answer.status, answer.code) == (400, "VOTE_NOT_ALLOWED")


@pytest.mark.spec("SE-130", "SE-141", "RC-143", "RC-308")
def test_reopening_brings_comments_back_with_a_new_one(desk, carl, anna):
    number = carl.open(comment_body="first")
    anna.comment(number, "second")
    carl.post(f"/support/tickets/{number}/close", {"score": 2})
    file = carl.upload().body["uuid"]
    shown = carl.post(f"/support/tickets/{number}/reopen", {"body": "It is back", "files": [file]}).body
    assert (shown["status_key"], shown["is_closed"], shown["is_resolved"]) == ("in_progress", False, False)
    assert shown["closed_at"] is None and shown["vote"]["score"] == 2 and shown["is_client_read"]
    texts = [(c["body"], c["files"], c["is_client_author"]) for c in carl.comments(number)]
    assert texts == [("first", [], True), ("second", [], False), ("It is back", [file], True)]
    assert Ticket.objects.get(pk=number).status == "open"
    assert carl.ticket(number)["is_await_support"]


@pytest.mark.spec("SE-131", "SE-055")
@pytest.mark.parametrize("status", ["new", "waiting_customer", "solved"])
def test_only_closed_tickets_are_reopened(desk, carl, status):
    number = carl.open()
    if status != "new":
        commands.edit(number, {"status": status}, by=desk.actor("anna"), via="test")
    answer = carl.post(f"/support/tickets/{number}/reopen", {"body": "x"})
    assert (answer.status, answer.code) == (400, "TICKET_NOT_CLOSED")
    assert carl.comments(number) == [] and Ticket.objects.get(pk=number).status == status


@pytest.mark.spec("RC-310", "RC-297")
def test_what_is_closed_for_good_is_not_reopened(desk, carl):
    number = desk.ticket(requester=desk.carl, company=desk.acme, final=True, status="closed").pk
    answer = carl.post(f"/support/tickets/{number}/reopen", {"body": "x"})
    assert (answer.status, answer.code) == (400, "REQUEST_VALIDATION_FAILED")
    assert "errors" not in answer.body and "closed for good" in answer.body["message"]


@pytest.mark.spec("RC-307", "SE-060")
def test_what_a_rule_closed_says_so(desk, carl):
    desk.house.settings = {"auto_close_hours": {"request": 0}}
    desk.house.save()
    number = carl.open()
    commands.edit(number, {"status": "solved"}, by=desk.actor("anna"), via="test")
    assert commands.settle_due() == 1
    shown = carl.ticket(number)
    assert (shown["status"], shown["is_closed_by_system"]) == ("closed", True)


@pytest.mark.spec("SE-033", "SE-036", "RC-191")
def test_support_closes_and_reopens_and_a_viewer_does_not(desk, carl, anna):
    number = carl.open()
    assert anna.post(f"/support/tickets/{number}/close").body["is_closed"]
    assert anna.post(f"/support/tickets/{number}/reopen", {"body": "Not yet"}).status == 200
    viewer = Api(token(viewer_of(desk)))
    assert viewer.get(f"/support/tickets/{number}").status == 200
    for path, body in (("close", None), ("reopen", {"body": "x"}), ("rate", {"score": 1}), ("comments", {"body": "x"})):
        assert viewer.post(f"/support/tickets/{number}/{path}", body).code == "REQUEST_FORBIDDEN", path


def viewer_of(desk):
    from polydesk.directory import founding
    from polydesk.directory.models import Role

    Role.objects.create(organization=desk.house, key="viewer", name="Viewer", rights=["view:*"])
    return founding.add_person(desk.house, "Vera Viewer", role="viewer")


@pytest.mark.spec("RC-311", "RC-416")
def test_a_merged_ticket_shows_under_its_own_number_as_closed(desk, carl):
    source, target = carl.open(comment_body="one"), carl.open(comment_body="two")
    commands.merge([source], target, by=desk.actor("anna"), via="test")
    assert (carl.ticket(source)["number"], carl.ticket(source)["status"]) == (source, "closed")
    assert sorted(comment["body"] for comment in carl.comments(target)) == ["one", "two"]
    assert carl.post(f"/support/tickets/{source}/reopen", {"body": "x"}).code == "REQUEST_VALIDATION_FAILED"
