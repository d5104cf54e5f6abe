"""Following a request: what is shown of it and what never is, answers, closing, opening again, rating."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from polydesk.directory import founding
from polydesk.directory.models import Membership
from polydesk.tickets import commands
from polydesk.tickets.models import Attachment, Comment, Event, Relation, Ticket
from polydesk.web import files
from polydesk.web.testing import count_statements
from tests.faces.portal.conftest import asked, fresh, signed_in, text, token

pytestmark = pytest.mark.django_db


def kept(name: str, **facts) -> commands.NewFile:
    stored = files.store([name.encode()])
    return commands.NewFile(name, stored.size, stored.sha256, stored.kind, **facts)


def colleague(world):
    from django.contrib.auth.models import User

    user = User.objects.create_user("cora", "cora@acme.example", "secret-word-of-cora")
    return founding.add_person(world.house, "Cora Colleague", role="customer", user=user, company=world.acme)


@pytest.mark.spec("PL-250", "PL-251")
def test_a_request_is_a_conversation_of_public_messages(world, carl):
    ticket = asked(world)
    anna = world.actor("anna")
    commands.comment(ticket, "Which **floor**?", by=anna, via="desk", files=[kept("plan.txt")])
    commands.comment(ticket, "He is in arrears", by=anna, via="desk", internal=True, files=[kept("arrears.txt")])
    commands.comment(ticket, "Call the supplier", by=anna, via="desk", type="task")
    commands.attach(ticket, [kept("bare.txt", internal=True)], by=anna, via="desk")
    commands.edit(ticket, {"status": "waiting_customer", "assignee": world.bob}, by=anna, via="desk")
    page = text(carl.get(f"/portal/requests/{ticket.pk}/"))
    for word in ("It hums.", "<strong>floor</strong>", "plan.txt", "Anna Agent", "We are waiting for your answer"):
        assert word in page
    assert not any(word in page for word in ("arrears", "supplier", "bare.txt", "Bob Builder", "waiting_customer"))
    for file in Attachment.objects.all():
        answer = carl.get(f"/portal/files/{file.uuid}/")
        assert answer.status_code == (200 if file.name == "plan.txt" else 404), file.name
    assert not Comment.objects.filter(ticket=ticket, text__contains="floor", read_at=None).exists()


@pytest.mark.spec("PL-251", "RC-272")
@pytest.mark.parametrize("hidden", ["foreign", "other company", "unshared", "deleted", "unknown"])
def test_what_is_not_his_is_missing_on_every_address(world, carl, hidden):
    if hidden == "foreign":
        ticket = commands.create("request", {"title": "X"}, by=world.actor("olga"), via="test")
    elif hidden == "other company":
        ticket = world.ticket("anna", "request", company=world.beta)
    elif hidden == "unshared":
        ticket = world.ticket("anna", shared=False, requester=world.carl, company=world.acme)
    else:
        ticket = asked(world)
    number = ticket.pk
    file = commands.upload(kept("x.txt"), by=world.actor("anna"))
    Attachment.objects.filter(pk=file.pk).update(ticket=ticket, organization=ticket.organization)
    if hidden == "deleted":
        commands.remove(ticket, by=world.actor("mona"), via="test")
    if hidden == "unknown":
        number = 2**70
    one = f"/portal/requests/{number}/"
    events = Event.objects.count()
    assert carl.get(one).status_code == 404
    for act in ("answer", "solved", "reopening", "rating"):
        assert carl.post(f"{one}{act}/", {"text": "in", "score": "1"}).status_code == 404
    assert hidden == "unknown" or carl.get(f"/portal/files/{file.uuid}/").status_code == 404
    assert Event.objects.count() == events


@pytest.mark.spec("PL-250", "RC-272")
def test_colleagues_requests_stand_apart_and_only_where_the_membership_shows_them(world, carl):
    cora = colleague(world)
    hers = world.ticket("anna", "request", title="Cora's chair", requester=cora, company=world.acme)
    assert "Cora's" not in text(carl.get("/portal/")).replace("&#39;", "'")
    page = text(carl.get("/portal/?whose=company")).replace("&#39;", "'")
    assert "Cora's chair" in page and "Cora Colleague" in page
    assert carl.get(f"/portal/requests/{hers.pk}/").status_code == 200
    Membership.objects.filter(person=world.carl).update(sees_company=False)
    assert "chair" not in text(carl.get("/portal/?whose=company"))
    assert carl.get(f"/portal/requests/{hers.pk}/").status_code == 404


@pytest.mark.spec("PL-250", "RS-025")
def test_an_answer_comes_once_and_with_its_files(world, carl):
    ticket = asked(world)
    one = f"/portal/requests/{ticket.pk}/"
    sent = {"text": "On the second floor", "once": token(text(carl.get(one)))}
    for _ in range(2):
        answer = carl.post(f"{one}answer/", {**sent, "files": SimpleUploadedFile("photo.txt", b"a door")})
        assert (answer.status_code, answer["Location"]) == (302, one)
    entry = Comment.objects.get(ticket=ticket, type="comment")
    assert (entry.text, entry.author, entry.side, entry.via) == (sent["text"], world.carl, "customer", "portal")
    file = entry.attachments.get()
    assert b"".join(carl.get(f"/portal/files/{file.uuid}/")) == b"a door"
    answer = carl.post(f"{one}answer/", {"text": " "})
    assert answer.status_code == 422 and "nothing to send" in text(answer)
    assert carl.get(f"{one}answer/").status_code == 405


@pytest.mark.spec("RC-143", "RC-179", "RC-180", "RC-308")
@pytest.mark.parametrize(
    ("status", "assignee", "act", "becomes"),
    [
        ("solved", "bob", "answer", "assigned"),
        ("solved", None, "answer", "open"),
        ("solved", None, "reopening", "open"),
        ("closed", "bob", "answer", "assigned"),
        ("closed", None, "reopening", "open"),
        ("in_progress", None, "answer", "in_progress"),
        ("in_progress", None, "reopening", "in_progress"),
    ],
)
def test_a_word_opens_what_was_done(world, carl, status, assignee, act, becomes):
    ticket = asked(world)
    values = {"status": status, "assignee": assignee and world.people[assignee]}
    commands.edit(ticket, values, by=world.actor("anna"), via="test")
    one = f"/portal/requests/{ticket.pk}/"
    carl.post(f"{one}{act}/", {"text": "Still broken" if act == "answer" else ""})
    after = fresh(ticket)
    done = status != "in_progress"
    assert (after.status, after.reopen_count) == (becomes, int(done))
    assert Comment.objects.filter(ticket=ticket, text="Still broken").count() == int(act == "answer")


@pytest.mark.spec("RC-179")
def test_what_is_closed_for_good_goes_on_as_a_new_linked_request(world, carl):
    ticket = asked(world)
    Ticket.objects.filter(pk=ticket.pk).update(final=True)
    commands.close(ticket.pk, by=world.actor("anna"), via="test")
    one = f"/portal/requests/{ticket.pk}/"
    assert "Send as a new request" in text(carl.get(one))
    answer = carl.post(f"{one}answer/", {"text": "It hums again"})
    made = Ticket.objects.latest("pk")
    assert answer["Location"] == f"/portal/requests/{made.pk}/" and made.pk != ticket.pk
    assert (made.title, made.description, made.requester) == ("Printer down", "It hums again", world.carl)
    assert Relation.objects.filter(source=made, target=ticket, type="related").exists()
    assert fresh(ticket).status == "closed"


@pytest.mark.spec("PL-250", "RC-304")
def test_the_customer_closes_with_a_rating_and_may_rate_later(world, carl):
    ticket, later = asked(world), asked(world)
    carl.post(f"/portal/requests/{ticket.pk}/solved/", {"score": "4", "words": "Quick"})
    after = fresh(ticket)
    assert (after.status, after.closed_by) == ("closed", world.carl)
    assert (after.rating["scale"], after.rating["score"], after.rating["text"]) == ("five_points", 4, "Quick")
    assert Event.objects.filter(ticket_id=ticket.pk).latest("number").via == "portal"
    one = f"/portal/requests/{later.pk}/"
    carl.post(f"{one}solved/")
    assert fresh(later).rating is None and "How was it?" in text(carl.get(one))
    assert carl.post(f"{one}rating/", {"score": "9"}).status_code == 422
    carl.post(f"{one}rating/", {"score": "2"})
    assert fresh(later).rating["score"] == 2 and "How was it?" not in text(carl.get(one))


@pytest.mark.spec("RC-249")
def test_a_merged_number_leads_to_where_it_went(world, carl):
    source, target = asked(world), asked(world, title="The other")
    commands.merge([source], target, by=world.actor("anna"), via="test")
    assert carl.get(f"/portal/requests/{source.pk}/")["Location"] == f"/portal/requests/{target.pk}/"
    carl.post(f"/portal/requests/{source.pk}/answer/", {"text": "Hello there"})
    assert Comment.objects.get(text="Hello there").ticket == target
    assert text(carl.get("/portal/")).count("/portal/requests/") == 1


@pytest.mark.spec("PL-211", "PL-250")
def test_customers_who_open_the_desk_come_here(world, carl):
    assert carl.get("/")["Location"] == carl.get("/portal")["Location"] == "/portal/"


@pytest.mark.spec("PL-250")
def test_someone_without_a_membership_is_told_so(world):
    Membership.objects.filter(person=world.carl).delete()
    answer = signed_in(world.carl).get("/portal/")
    assert answer.status_code == 403 and "no organization" in text(answer)


@pytest.mark.spec("PL-250")
def test_more_requests_follow_by_pages(world, carl, monkeypatch):
    from polydesk.faces.portal import finding

    monkeypatch.setattr(finding, "PAGE", 2)
    for n in range(3):
        asked(world, title=f"Wish {n}")
    page = text(carl.get("/portal/"))
    assert "Wish 2" in page and "Wish 0" not in page and 'rel="next"' in page
    before = page.split("?before=")[1].split("#")[0]
    assert "Wish 0" in text(carl.get("/portal/", {"before": before}))


@pytest.mark.spec("PL-252")
def test_the_first_page_asks_as_much_for_many_requests_as_for_few(world, carl):
    def statements() -> int:
        with count_statements() as counted:
            assert carl.get("/portal/", {"q": "printer"}).status_code == 200
        return len(counted)

    def solved() -> None:
        commands.edit(asked(world), {"status": "solved"}, by=world.actor("anna"), via="test")

    solved()
    few = statements()
    for _ in range(3):
        solved()
    assert statements() <= few
