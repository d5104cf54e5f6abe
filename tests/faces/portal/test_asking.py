"""Asking for something: the first page, the search, a new request with its category's fields."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from polydesk.features.knowledge.models import Article
from polydesk.tickets import queries
from polydesk.tickets.models import Category, CustomField, Ticket
from tests.faces.portal.conftest import asked, signed_in, text, token

pytestmark = pytest.mark.django_db


@pytest.fixture
def hardware(world):
    CustomField.objects.create(organization=world.house, key="room", name="Room", is_required=True)
    CustomField.objects.create(
        organization=world.house, key="colour", name="Colour", type="choice", choices=["black", "grey"]
    )
    CustomField.objects.create(organization=world.house, key="seats", name="Seats", type="integer")
    return Category.objects.create(
        organization=world.house, name="Hardware", kinds=["incident"], fields=["room", "colour", "seats"]
    )


@pytest.mark.spec("PL-250")
def test_strangers_sign_in_first_and_come_back(world, client):
    answer = client.get("/portal/requests/7/")
    assert answer.status_code == 302 and answer["Location"].endswith("/accounts/login/?next=/portal/requests/7/")
    assert client.get("/portal/", follow=True).status_code == 200


@pytest.mark.spec("PL-250", "PL-252")
def test_the_first_page_has_one_box_plain_words_and_the_own_requests(world, carl, hardware):
    Category.objects.create(organization=world.house, name="Laptop", parent=hardware)
    Category.objects.create(organization=world.house, name="Fraud desk", for_customers=False)
    Category.objects.create(organization=world.house, name="Change board", kinds=["change"])
    asked(world)
    answer = carl.get("/portal/")
    page = text(answer)
    for word in ("What do you need?", "Hardware", "Laptop", "Something else", "Printer down", "We have it", "House"):
        assert word in page
    assert "Fraud desk" not in page and "Change board" not in page
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert " style=" not in page and " onclick" not in page and len(page.encode()) < 40_000


@pytest.mark.spec("PL-250")
def test_the_box_finds_public_articles_and_own_requests(world, carl):
    for title, facts in (
        ("Printer prints blank pages", {"is_public": True}),
        ("Printer secrets of the team", {}),
        ("Printer of yesteryear", {"is_public": True, "is_active": False}),
    ):
        Article.objects.create(organization=world.house, title=title, text="**Look** at the drum.", **facts)
    Article.objects.create(organization=world.other, title="Printer of others", is_public=True)
    asked(world)
    world.ticket("anna", title="Printer of the boss", shared=False)
    page = text(carl.get("/portal/", {"q": 'printer "status:'}))
    assert "Nothing was found" in page
    page = text(carl.get("/portal/", {"q": "printer?"}))
    assert "blank pages" in page and "Printer down" in page
    assert not any(hidden in page for hidden in ("secrets", "yesteryear", "of others", "of the boss"))
    public = Article.objects.get(title__contains="blank")
    assert "<strong>Look</strong>" in text(carl.get(f"/portal/articles/{public.pk}/"))
    for row in Article.objects.exclude(pk=public.pk):
        assert carl.get(f"/portal/articles/{row.pk}/").status_code == 404


@pytest.mark.spec("PL-250")
def test_a_request_asks_for_the_fields_of_its_category(world, carl, hardware):
    address = f"/portal/new/?category={hardware.pk}"
    page = text(carl.get(address))
    assert "Room" in page and "grey" in page and 'type="number"' in page
    sent = {"category": hardware.pk, "title": "A new screen", "field.colour": "pink", "field.seats": "many"}
    answer = carl.post("/portal/new/", {**sent, "once": token(page)})
    assert answer.status_code == 422 and text(answer).count("This does not fit here.") == 2
    assert "We need this to begin." in text(answer) and "A new screen" in text(answer)
    assert not Ticket.objects.exists()
    sent |= {"field.room": "4.12", "field.colour": "grey", "field.seats": "3", "description": "With a **stand**."}
    file = SimpleUploadedFile("desk.txt", b"a sketch")
    answer = carl.post("/portal/new/", {**sent, "once": token(text(answer)), "files": file}, follow=True)
    made = Ticket.objects.get()
    assert answer.redirect_chain == [(f"/portal/requests/{made.pk}/", 302)]
    assert (made.kind, made.channel, made.requester, made.company) == ("incident", "portal", world.carl, world.acme)
    assert made.fields == {"room": "4.12", "colour": "grey", "seats": 3} and made.category == hardware
    page = text(answer)
    assert "4.12" in page and "<strong>stand</strong>" in page and "desk.txt" in page and "We have it" in page


@pytest.mark.spec("PL-250")
@pytest.mark.parametrize("category", ["", "0", "x", "99999999999999999999", "foreign"])
def test_an_unknown_category_is_no_category(world, carl, category):
    if category == "foreign":
        category = str(Category.objects.create(organization=world.other, name="Theirs").pk)
    assert "Theirs" not in text(carl.get("/portal/new/", {"category": category}))
    carl.post("/portal/new/", {"category": category, "title": "Help"})
    made = Ticket.objects.get()
    assert (made.kind, made.category_id) == ("request", None)


@pytest.mark.spec("RS-025")
def test_a_form_sent_twice_makes_one_request(world, carl):
    sent = {"title": "Twice", "once": token(text(carl.get("/portal/new/")))}
    first, second = carl.post("/portal/new/", sent), carl.post("/portal/new/", sent)
    assert Ticket.objects.count() == 1 and first["Location"] == second["Location"]


@pytest.mark.spec("PL-250")
def test_a_request_needs_words(world, carl):
    answer = carl.post("/portal/new/", {"title": "  ", "description": "typed already"})
    assert answer.status_code == 422 and "typed already" in text(answer)
    assert carl.post("/portal/new/", {"title": "nul\x00"}).status_code == 400


@pytest.mark.spec("PL-250", "PL-251")
def test_staff_ask_like_everybody_and_see_their_own_requests_alone(world):
    asked(world)
    anna = signed_in(world.anna)
    anna.post("/portal/new/", {"title": "My own chair"})
    made = Ticket.objects.get(title="My own chair")
    assert made.requester == world.anna and queries.awaiting(made) == "staff"
    page = text(anna.get("/portal/"))
    assert "My own chair" in page and "Printer down" not in page
    assert anna.get(f"/portal/requests/{Ticket.objects.get(title='Printer down').pk}/").status_code == 404
