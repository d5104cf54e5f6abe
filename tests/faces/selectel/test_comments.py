"""Comments: who wrote them, who read them, whose turn it is, what happens to those that move away."""

import pytest

from polydesk.tickets import commands
from polydesk.tickets.models import Comment, Ticket

pytestmark = pytest.mark.django_db

KEYS = {
    "files", "body", "id", "is_client_author", "is_client_read", "sent_at", "splitted_at", "splitted_to_ticket_number",
    "vote", "ticket_number", "client_author_id", "admin_author",
}  # fmt: skip


@pytest.mark.spec("SE-065", "SE-140", "SE-142", "SE-033", "RC-103")
def test_a_comment_has_exactly_these_values(desk, carl, anna):
    number = carl.open()
    file = carl.upload().body["uuid"]
    mine = carl.comment(number, "Mine", files=[file])
    theirs = anna.comment(number, "Theirs")
    for comment in (mine, theirs):
        assert comment.keys() == KEYS and len(KEYS) == 12 and comment["ticket_number"] == number
        assert (comment["vote"], comment["splitted_at"], comment["splitted_to_ticket_number"]) == (None, None, None)
    assert (mine["is_client_author"], mine["is_client_read"], mine["files"]) == (True, True, [file])
    assert (mine["client_author_id"], mine["admin_author"]) == (str(desk.carl.pk), None)
    assert (theirs["is_client_author"], theirs["is_client_read"], theirs["files"]) == (False, False, [])
    assert (theirs["client_author_id"], theirs["admin_author"]) == (None, {"name": "Anna Agent"})
    assert [comment["id"] for comment in carl.comments(number)] == [mine["id"], theirs["id"]]
    only_file = carl.post(f"/support/tickets/{number}/comments", {"files": [file]}).body
    assert (only_file["body"], only_file["files"]) == ("", [file])
    assert Comment.objects.filter(via="selectel", format="plain", type="comment").count() == 3


@pytest.mark.spec("SE-060", "SE-062", "SE-141", "SE-143", "RC-092", "RC-093", "RC-407")
def test_turn_and_unread_count_follow_what_is_written_and_read(carl, anna):
    number = carl.open(comment_body="x")

    def flags():
        shown = carl.ticket(number)
        names = ("is_await_client", "is_await_support", "unread_comments_count", "is_client_read")
        assert carl.get("/support/v2/tickets").body["items"][0].items() <= shown.items()
        assert carl.get(f"/support/tickets/{number}").body["is_client_read"] == shown["is_client_read"]
        return tuple(shown[name] for name in names)

    assert flags() == (False, True, 0, True)
    first, second = anna.comment(number, "one"), anna.comment(number, "two")
    assert flags() == (True, False, 2, False)
    assert anna.comments(number)[1]["is_client_read"] is False
    assert flags() == (True, False, 2, False)
    assert carl.get(f"/support/comments/{first['id']}").body["is_client_read"] is False
    assert flags() == (True, False, 1, False)
    assert [c["is_client_read"] for c in carl.comments(number)] == [True, True, False]
    assert [c["is_client_read"] for c in carl.comments(number)] == [True, True, True]
    assert flags() == (True, False, 0, True)
    anna.comment(number, "three")
    carl.comment(number, "four")
    assert flags() == (False, True, 0, True) and second["id"] > first["id"]
    carl.post(f"/support/tickets/{number}/close")
    assert flags() == (False, False, 0, True)


@pytest.mark.spec("SE-066", "RC-177", "RC-352", "RC-407", "RC-084", "RS-115")
def test_internal_notes_and_tasks_leave_no_trace(desk, carl, anna):
    number = carl.open(comment_body="x")
    before = carl.ticket(number)
    actor = desk.actor("anna")
    note = commands.comment(number, "Call billing", by=actor, via="test", internal=True).comment
    commands.comment(number, "Do it", by=actor, via="test", type="task")
    assert carl.ticket(number) == before
    for api in (carl, anna):
        assert len(api.comments(number)) == 1
        assert api.get(f"/support/comments/{note.pk}").code == "COMMENT_NOT_FOUND"
    assert carl.get("/support/v2/tickets/count?q=billing").body == {"items_count": 0}
    commands.edit(number, {"priority": "high", "assignee": desk.bob}, by=actor, via="test")
    assert carl.ticket(number) == before


@pytest.mark.spec("SE-141", "SE-050", "RC-180", "RC-143")
@pytest.mark.parametrize(("assignee", "status"), [(None, "open"), ("bob", "assigned")])
def test_a_clients_comment_brings_a_resolved_ticket_back(desk, carl, anna, assignee, status):
    number = carl.open(comment_body="x")
    values = {"status": "solved"} | ({"assignee": desk.people[assignee]} if assignee else {})
    commands.edit(number, values, by=desk.actor("anna"), via="test")
    resolved = carl.get(f"/support/tickets/{number}").body
    assert (resolved["status_key"], resolved["is_resolved"], resolved["is_closed"]) == ("resolved", True, False)
    assert (resolved["status"], resolved["closed_at"]) == ({"en": "Resolved", "ru": "Решен"}, None)
    assert carl.ticket(number)["is_await_support"]
    anna.comment(number, "Is it well?")
    assert carl.ticket(number)["status"] == "resolved" and carl.ticket(number)["is_await_client"]
    carl.comment(number, "No")
    shown = carl.ticket(number)
    assert (shown["status"], Ticket.objects.get(pk=number).status) == ("in_progress", status)
    assert shown["updated_at"] > resolved["updated_at"]


@pytest.mark.spec("SE-144", "SE-034", "SE-143")
def test_one_comment_is_found_by_those_who_see_its_ticket(carl, anna, bert):
    number = carl.open(comment_body="x")
    comment = anna.comment(number, "y")
    assert bert.get(f"/support/comments/{comment['id']}").body == bert.get("/support/comments/9999").body
    assert bert.get(f"/support/comments/{comment['id']}").code == "COMMENT_NOT_FOUND"
    assert bert.get(f"/support/tickets/{number}/comments").code == "TICKET_NOT_FOUND"
    assert bert.post(f"/support/comments/{comment['id']}/rate", {"score": 1}).code == "COMMENT_NOT_FOUND"
    assert carl.get(f"/support/v2/comments/{comment['id']}").body == comment


@pytest.mark.spec("SE-145", "SE-146", "SE-056", "RC-187")
def test_comments_of_support_take_thumbs(carl, anna):
    number = carl.open(comment_body="x")
    comment = anna.comment(number)["id"]
    for score, words in ((1, "quick answer"), (-1, None)):
        body = {"score": score} | ({"comment": words} if words else {})
        vote = carl.post(f"/support/comments/{comment}/rate", body).body
        assert (vote["comment"], vote["score"]) == (words, score) and vote.keys() == {"comment", "created_at", "score"}
        assert carl.get(f"/support/comments/{comment}").body["vote"] == vote
    assert carl.ticket(number)["vote_score"] is None
    own = carl.comments(number)[0]["id"]
    assert carl.post(f"/support/comments/{own}/rate", {"score": 1}).code == "COMMENT_NOT_RATABLE"


@pytest.mark.spec("SE-147")
def test_comments_are_neither_edited_nor_deleted(carl):
    number = carl.open(comment_body="x")
    comment = carl.comments(number)[0]["id"]
    for method in ("PUT", "PATCH", "DELETE"):
        assert carl.send(method, f"/support/comments/{comment}", {"body": "y"}).code == "METHOD_NOT_ALLOWED"


@pytest.mark.spec("SE-148", "SE-060", "SE-063", "RC-057", "RC-312")
def test_split_comments_stay_readable_and_say_where_they_went(desk, carl):
    number = carl.open(comment_body="x")
    moved = carl.comment(number, "Another matter")
    made = commands.split(number, [moved["id"]], by=desk.actor("anna"), via="test", title="Another matter")
    left, gone = carl.comments(number)
    assert (left["splitted_at"], left["splitted_to_ticket_number"]) == (None, None)
    assert gone["splitted_to_ticket_number"] == made.pk and gone["splitted_at"] and gone["body"] == "Another matter"
    assert carl.ticket(made.pk)["split_from_ticket_number"] == str(number)
    assert carl.get(f"/support/tickets/{made.pk}").body["splitted_from_ticket_number"] == number
    assert [comment["body"] for comment in carl.comments(made.pk)] == ["Another matter"]


@pytest.mark.spec("SE-142", "RC-100", "RC-174", "RC-175", "RC-326")
def test_public_entries_of_all_faces_are_shown_oldest_first(desk, carl):
    ticket = desk.ticket(requester=desk.carl, company=desk.acme, description="No paper light")
    anna = desk.actor("anna")
    commands.comment(ticket, "News", by=anna, via="test", type="notification")
    commands.comment(ticket, "Cable replaced", by=anna, via="test", type="solution")
    commands.attach(ticket, [commands.NewFile("scan.png", 3, "a" * 64)], by=anna, via="test")
    shown = carl.comments(ticket.pk)
    assert [comment["body"] for comment in shown] == ["No paper light", "News", "Cable replaced"]
    assert shown[0]["client_author_id"] == str(desk.carl.pk) and len(shown[0]["files"]) == 1
    assert carl.ticket(ticket.pk)["status"] == "resolved"
    commands.close(ticket, by=anna, via="test")
    commands.comment(ticket, "One more word", by=anna, via="test")
    assert carl.ticket(ticket.pk)["unread_comments_count"] == 1
    carl.post(f"/support/tickets/{ticket.pk}/reopen", {"body": "Dark again"})
    assert carl.comments(ticket.pk)[-2]["body"] == "One more word"
