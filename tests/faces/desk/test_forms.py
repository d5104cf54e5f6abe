"""The workplace by plain forms, as somebody without scripts uses it."""

from __future__ import annotations

import datetime as dt
import gzip
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from polydesk.directory import actors
from polydesk.faces.desk import rail
from polydesk.faces.desk.models import Draft
from polydesk.jobs.testing import drain
from polydesk.tickets import commands
from polydesk.tickets.models import Comment, CustomField, Event, Ticket
from polydesk.web.testing import count_statements
from tests.faces.desk.conftest import LATER, signed_in

pytestmark = pytest.mark.django_db


def text(response) -> str:
    return response.content.decode()


def hidden(page: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', page)[1]


def fresh(ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


@pytest.mark.spec("PL-211")
def test_strangers_are_asked_to_sign_in_and_customers_go_to_the_portal(world, client):
    answer = client.get("/t/1")
    assert answer.status_code == 302 and "/accounts/login/?next=/t/1" in answer["Location"]
    assert client.get("/", headers={"HX-Request": "true"})["HX-Redirect"].startswith("/accounts/login/")
    assert signed_in(world.carol).get("/")["Location"] == "/portal/"


@pytest.mark.spec("PL-200", "PL-201")
@pytest.mark.parametrize(
    ("address", "shows", "hides"),
    [
        ("/", "Spam", "Old monitor"),
        ("/?view=mine", "Printer on floor two", "VPN drops"),
        ("/?view=all", "Old monitor", "Secret of Globex"),
        ("/?q=status:open+priority>=high", "payroll", "New laptop"),
        ("/?q=printer", "Printer on floor two", "payroll"),
        ("/?view=all&sort=title", "Board papers", "Secret"),
        ("/?view=all&sort=priority", "payroll", "Secret"),
        ("/?view=all&sort=due", "payroll", "Secret"),
    ],
)
def test_lists_show_what_was_asked_for(world, tess, address, shows, hides):
    if "Spam" in shows:
        shows = "VPN drops"
    page = text(tess.get(address))
    assert shows in page and hides not in page


@pytest.mark.spec("PL-201")
def test_a_query_that_cannot_be_read_says_where(tess):
    answer = tess.get("/?q=nonsense:1")
    assert answer.status_code == 400 and "Column 1" in text(answer)


@pytest.mark.spec("PL-201")
@pytest.mark.parametrize("sort", ["updated", "created", "priority", "due", "title", "+title", "+priority"])
def test_pages_follow_each_other_by_key_without_gaps(world, tess, monkeypatch, sort):
    from polydesk.faces.desk import lists

    monkeypatch.setattr(lists.page, "__kwdefaults__", {"here": 0, "size": 4, "only": None})
    seen, address = [], f"/?view=all&sort={sort.replace('+', '%2B')}"
    while address:
        page = text(tess.get(address))
        seen += re.findall(r'data-row="(\d+)" data-version', page)
        following = re.search(r'rel="next" href="([^"]+)"', page) or re.search(r'href="([^"]+)" rel="next"', page)
        address = following and following[1].replace("&amp;", "&")
    assert sorted(map(int, seen)) == sorted(t.pk for t in world.tickets)


@pytest.mark.spec("PL-202")
def test_a_reply_is_sent_with_a_file_and_sets_the_next_status(world, tess):
    ticket = world.tickets[0]
    page = text(tess.get(f"/t/{ticket.pk}"))
    assert "Send to ada@acme.example" in page
    file = SimpleUploadedFile("fuser.txt", b"E-52\n")
    sent = {
        "mode": "reply",
        "text": "It **prints** again.",
        "then": "solved",
        "files": file,
        "seen": hidden(page, "seen"),
    }
    tess.post(f"/t/{ticket.pk}/comments", sent)
    drain(ahead=LATER)
    answer = tess.get(f"/t/{ticket.pk}")
    entry = Comment.objects.latest("pk")
    assert (entry.text, entry.internal, fresh(ticket).status) == ("It **prints** again.", False, "solved")
    assert "<strong>prints</strong>" in text(answer) and "fuser.txt" in text(answer)
    link = re.search(r'href="(/files/[^"]+)"', text(answer))[1]
    download = tess.get(link)
    assert b"".join(download.streaming_content) == b"E-52\n"
    assert signed_in(world.other).get(link).status_code == 404


@pytest.mark.spec("PL-202")
def test_a_note_stays_inside_and_commands_in_it_are_done(world, tess):
    ticket = world.tickets[0]
    tess.post(f"/t/{ticket.pk}/comments", {"mode": "note", "text": "Over to you.\n/assign max\n/priority major"})
    entry = Comment.objects.latest("pk")
    assert (entry.text, entry.internal) == ("Over to you.", True)
    assert (fresh(ticket).assignee, fresh(ticket).priority) == (world.max, "major")
    answer = tess.post(f"/t/{ticket.pk}/comments", {"mode": "note", "text": "/assign qqq"})
    assert answer.status_code == 422 and "/assign qqq" in text(answer), "nothing typed is lost"


@pytest.mark.spec("RS-025")
def test_a_form_sent_twice_makes_one_message(world, tess):
    ticket = world.tickets[0]
    sent = {"mode": "reply", "text": "Once.", "once": "token-of-this-form"}
    for _ in range(2):
        assert tess.post(f"/t/{ticket.pk}/comments", sent).status_code == 302
    drain(ahead=LATER)
    assert Comment.objects.filter(text="Once.").count() == 1
    made = {"title": "Twice clicked", "kind": "request", "once": "token-of-another"}
    locations = {tess.post("/new", made)["Location"] for _ in range(2)}
    assert len(locations) == 1 and Ticket.objects.filter(title="Twice clicked").count() == 1


@pytest.mark.spec("PL-204")
def test_a_reply_begun_before_a_new_message_asks_first(world, tess):
    ticket = world.tickets[0]
    seen = hidden(text(tess.get(f"/t/{ticket.pk}")), "seen")
    commands.comment(ticket, "Wait, it works again.", by=world.as_max, via="web")
    answer = tess.post(f"/t/{ticket.pk}/comments", {"mode": "reply", "text": "On my way.", "seen": seen})
    assert answer.status_code == 422 and "Max Kowalski has written" in text(answer) and "On my way." in text(answer)
    sure = re.search(r'name="sure" value="(\d+)"', text(answer))[1]
    tess.post(f"/t/{ticket.pk}/comments", {"mode": "reply", "text": "On my way.", "seen": seen, "sure": sure})
    drain(ahead=LATER)
    assert Comment.objects.filter(text="On my way.").count() == 1


@pytest.mark.spec("PL-202")
def test_a_draft_waits_on_the_server_until_it_is_sent(world, tess):
    ticket = world.tickets[0]
    tess.post(f"/t/{ticket.pk}/draft", {"text": "half a thou", "mode": "note"})
    page = text(tess.get(f"/t/{ticket.pk}"))
    assert "half a thou" in page and 'id="mode-note" checked' in page
    assert "half a thou" not in text(signed_in(world.max).get(f"/t/{ticket.pk}"))
    tess.post(f"/t/{ticket.pk}/comments", {"mode": "note", "text": "half a thought"})
    assert not Draft.objects.exists()


PROPERTIES = [
    ("status", "waiting_customer", "status", "waiting_customer"),
    ("priority", "low", "priority", "low"),
    ("assignee", "", "assignee_id", None),
    ("team", "", "assigned_teams", []),
    ("due", "2030-03-14T09:00", "due_at", "2030-03-14 09:00"),
    ("category", "", "category_id", None),
    ("kind", "problem", "kind", "problem"),
    ("urgency", "4", "urgency", 4),
    ("follow_up_on", "2030-03-14", "follow_up_on", "2030-03-14"),
    ("company", "acme ltd", "company_id", "ada_company"),
    ("requester", "Фёдор Достоевский <fedor@acme.example>", "requester_id", "fedor"),
    ("cf_room", "14", "fields", {"room": "14"}),
]


@pytest.mark.spec("PL-202", "PL-201")
@pytest.mark.parametrize(("name", "typed", "column", "stored"), PROPERTIES, ids=[p[0] for p in PROPERTIES])
def test_every_property_is_changed_in_place(world, tess, name, typed, column, stored):
    ticket = world.tickets[0]
    answer = tess.post(f"/t/{ticket.pk}/properties", {"version": fresh(ticket).version, name: typed})
    assert answer.status_code == 302, text(answer)[:3000]
    value = getattr(fresh(ticket), column)
    if hasattr(value, "strftime"):
        value = value.strftime("%Y-%m-%d %H:%M" if hasattr(value, "hour") else "%Y-%m-%d")
    assert value == (getattr(world, stored).pk if isinstance(stored, str) and hasattr(world, stored) else stored)
    assert Event.objects.filter(ticket_id=ticket.pk).latest("number").via == "web"


@pytest.mark.spec("PL-202")
def test_tags_are_words_and_new_ones_are_made(world, tess):
    ticket = world.tickets[0]
    tess.post(f"/t/{ticket.pk}/properties", {"version": 1, "tags": "vip, fuser"})
    assert 'value="vip, fuser"' in text(tess.get(f"/t/{ticket.pk}"))


@pytest.mark.spec("PL-023")
def test_what_cannot_be_read_or_is_refused_stands_beside_its_field(world, tess):
    ticket = world.tickets[0]
    answer = tess.post(f"/t/{ticket.pk}/properties", {"version": 1, "due": "soon", "requester": "nobody at all"})
    assert answer.status_code == 422
    assert "Give a date and time" in text(answer) and "Nobody here has the name" in text(answer)
    assert 'value="nobody at all"' in text(answer)
    answer = tess.post(f"/t/{ticket.pk}/properties", {"version": 1, "status": "review"})
    assert answer.status_code == 422 and fresh(ticket).status == "assigned"


@pytest.mark.spec("RS-032")
def test_two_changes_of_one_field_are_shown_side_by_side_and_lose_nothing(world, tess):
    ticket = world.tickets[0]
    version = fresh(ticket).version
    commands.edit(ticket, {"priority": "low", "urgency": 2}, by=world.as_max, via="web")
    typed = {"version": version, "was_priority": "high", "priority": "major", "was_due": "", "due": "2030-01-01T10:00"}
    answer = tess.post(f"/t/{ticket.pk}/properties", typed)
    page = text(answer)
    assert answer.status_code == 409 and "Max Kowalski" in page and "Major" in page and "Low" in page
    assert fresh(ticket).priority == "low" and hidden(page, "due") == "2030-01-01T10:00"
    decided = {
        "decided": hidden(page, "decided"),
        "was_priority": "low",
        "priority": "major",
        "due": "2030-01-01T10:00",
    }
    assert tess.post(f"/t/{ticket.pk}/properties", decided).status_code == 302
    assert (fresh(ticket).priority, fresh(ticket).due_at.year, fresh(ticket).urgency) == ("major", 2030, 2)


@pytest.mark.spec("RS-033")
def test_different_fields_changed_at_once_both_stay(world, tess):
    ticket = world.tickets[0]
    version = fresh(ticket).version
    commands.edit(ticket, {"priority": "low"}, by=world.as_max, via="web")
    typed = {"version": version, "was_priority": "high", "priority": "high", "was_urgency": "", "urgency": "5"}
    assert tess.post(f"/t/{ticket.pk}/properties", typed).status_code == 302
    assert (fresh(ticket).priority, fresh(ticket).urgency) == ("low", 5)


@pytest.mark.spec("RS-032")
def test_title_and_text_carry_their_version(world, tess):
    ticket = world.tickets[0]
    version = hidden(text(tess.get(f"/t/{ticket.pk}/text")), "version")
    commands.edit(ticket, {"title": "Theirs"}, by=world.as_max, via="web")
    answer = tess.post(f"/t/{ticket.pk}/text", {"title": "Mine", "description": "mine too", "version": version})
    page = text(answer)
    assert answer.status_code == 409 and "Mine" in page and "mine too" in page and "Theirs" in page
    tess.post(f"/t/{ticket.pk}/text", {"title": "Mine", "description": "x", "version": hidden(page, "version")})
    assert fresh(ticket).title == "Mine"


@pytest.mark.spec("PL-205")
def test_closing_reopening_and_undoing(world, tess):
    ticket = world.tickets[0]
    page = text(tess.post(f"/t/{ticket.pk}/closure", follow=True))
    assert fresh(ticket).status == "closed" and "Reopen" in page
    tess.post(re.search(r'action="(/undo/\d+)"', page)[1])
    assert fresh(ticket).status == "assigned"
    tess.post(f"/t/{ticket.pk}/closure")
    tess.post(f"/t/{ticket.pk}/reopening")
    assert fresh(ticket).status == "assigned" and fresh(ticket).reopen_count == 1


@pytest.mark.spec("PL-201", "PL-205")
def test_many_are_changed_at_once_and_one_undo_takes_all_back(world, tess):
    three = [t.pk for t in world.tickets[1:4]]
    page = text(tess.post("/bulk", {"ticket": three, "do": "close", "next": "/?view=all"}, follow=True))
    assert "Closed 3 tickets." in page
    assert set(Ticket.objects.filter(pk__in=three).values_list("status", flat=True)) == {"closed"}
    first, others = re.search(r'action="(/undo/\d+)"', page)[1], re.findall(r'name="also" value="(\d+)"', page)
    tess.post(first, {"also": others})
    assert "closed" not in Ticket.objects.filter(pk__in=three).values_list("status", flat=True)
    tess.post("/bulk", {"ticket": three, "do": "edit", "assignee": world.tess.pk, "priority": "-"})
    assert set(Ticket.objects.filter(pk__in=three).values_list("assignee_id", "priority")) == {(world.tess.pk, None)}
    tess.post("/bulk", {"ticket": [world.foreign.pk], "do": "close"})
    assert fresh(world.foreign).status == "new"


@pytest.mark.spec("PL-028")
def test_merging_linking_splitting_and_booking(world, tess):
    printer, vpn, payroll = world.tickets[:3]
    tess.post(f"/t/{printer.pk}/links", {"type": "blocks", "number": f"#{payroll.pk}"})
    page = text(tess.get(f"/t/{payroll.pk}"))
    assert "blocked by" in page and "Printer on floor two" in page
    relation = re.search(rf"/t/{payroll.pk}/links/(\d+)/removal", page)[1]
    tess.post(f"/t/{payroll.pk}/links/{relation}/removal")
    assert "Linked to nothing yet" in text(tess.get(f"/t/{payroll.pk}"))
    tess.post(f"/t/{printer.pk}/time", {"spent": "1:30", "summary": "New fuser"})
    assert fresh(printer).time_spent == 5400
    entry = Comment.objects.filter(ticket=printer, internal=False).exclude(type="opening").get()
    tess.post(f"/t/{printer.pk}/split", {"title": "Another matter", "entries": entry.pk})
    assert Ticket.objects.get(title="Another matter").split_from_id == printer.pk
    answer = tess.post(f"/t/{vpn.pk}/merge", {"number": Ticket.objects.get(title="Another matter").pk})
    assert answer.status_code in (302, 422)
    answer = tess.post(f"/t/{payroll.pk}/merge", {"number": printer.pk}, follow=True)
    assert fresh(payroll).merged_into_id == printer.pk, text(answer)[:2000]
    assert f"merged into {printer.pk}" in text(tess.get(f"/t/{payroll.pk}"))
    answer = tess.post(f"/t/{printer.pk}/merge", {"number": "what"})
    assert answer.status_code == 422 and "Give the number" in text(answer)


@pytest.mark.spec("PL-202", "PL-021")
def test_the_history_says_who_did_what_through_which_door_and_why(world, tess):
    ticket = world.tickets[0]
    page = text(tess.get(f"/t/{ticket.pk}/history"))
    assert "Tess Technician took it and set Assigned" in page
    assert "through e-mail" in page and "through the workplace" in page


def test_a_ticket_is_deleted_and_undo_brings_it_back(world, tess):
    ticket = world.tickets[0]
    page = text(tess.post(f"/t/{ticket.pk}/removal", follow=True))
    assert tess.get(f"/t/{ticket.pk}").status_code == 404
    tess.post(re.search(r'action="(/undo/\d+)"', page)[1])
    assert tess.get(f"/t/{ticket.pk}").status_code == 200


def test_a_new_ticket_keeps_what_was_typed_until_it_is_right(world, tess):
    answer = tess.post("/new", {"title": "", "kind": "incident", "description": "long story", "requester": "x"})
    assert answer.status_code == 422 and "long story" in text(answer) and "Write in a few words" in text(answer)
    made = {
        "title": "Coffee machine",
        "kind": "request",
        "requester": "ada@acme.example",
        "assignee": world.tess.pk,
        "due": "2030-01-01",
        "cf_room": "7",
    }
    tess.post("/new", made)
    ticket = Ticket.objects.get(title="Coffee machine")
    assert (ticket.requester, ticket.status, ticket.fields, ticket.channel) == (
        world.ada,
        "assigned",
        {"room": "7"},
        "agent",
    )


@pytest.mark.spec("PL-211")
def test_what_was_cleared_or_unticked_in_a_new_ticket_stays_so(world, tess):
    for key, kind, default in (("floor", "text", "third floor"), ("parts", "choices", ["mouse", "screen"])):
        choices = ["mouse", "screen"] if kind == "choices" else []
        CustomField.objects.create(
            organization=world.acme, key=key, name=key, type=kind, default=default, choices=choices
        )
    offered = text(tess.get("/new"))
    assert "third floor" in offered and ticked(offered, "cf_parts") == ["mouse", "screen"]
    assert ticked(text(tess.get("/new?cf_parts=mouse")), "cf_parts") == ["mouse"]
    typed = {"kind": "incident", "title": "", "cf_floor": "", "cf_parts": ["", "screen"]}
    again = text(tess.post("/new", typed))
    assert "third floor" not in again and ticked(again, "cf_parts") == ["screen"]
    tess.post("/new", {**typed, "title": "Nothing of it", "cf_parts": ""})
    assert not any(Ticket.objects.get(title="Nothing of it").fields.values())


def ticked(page, name):
    return re.findall(rf'type="checkbox" [^>]*name="{name}" value="([^"]*)" checked', page)


@pytest.mark.spec("PL-206")
def test_board_calendar_and_reports_show_figures_that_lead_to_tickets(world, tess):
    board = text(tess.get("/board"))
    assert "Printer on floor two" in board and f"/t/{world.tickets[0].pk}/change/status" in board
    tess.post(f"/t/{world.tickets[0].pk}/change/status", {"status": "in_progress"})
    assert fresh(world.tickets[0]).status == "in_progress"
    assert "New laptop" in text(tess.get("/calendar")) and tess.get("/calendar?month=9999-12").status_code == 200
    reports = text(tess.get("/reports?days=30"))
    for address in set(re.findall(r'href="(/\?q=[^"]+)"', reports)):
        assert tess.get(address.replace("&amp;", "&")).status_code == 200, address


@pytest.mark.spec("PL-203")
def test_the_palette_finds_tickets_people_pages_and_verbs(world, tess):
    ticket = world.tickets[0].pk

    def names(q):
        groups = tess.get("/find", {"q": q, "ticket": ticket}).json()["groups"]
        return [found["name"] for group in groups for found in group["found"]]

    assert any("Printer on floor two" in n for n in names(str(ticket)))
    assert any("VPN drops" in n for n in names("vpn"))
    assert "Assign: Max Kowalski" in names("assign max") and "Priority: High" in names("pri high")
    assert "Reports" in names("reports") and "Ada Lovelace" in names("lovelace")
    assert not any("Globex" in n for n in names("secret"))


def test_look_ups_offer_people_companies_and_commands(world, tess):
    assert tess.get("/find/people?q=love").json()["results"][0]["value"] == "Ada Lovelace <ada@acme.example>"
    assert tess.get("/find/companies?q=acme").json()["results"][0]["value"] == "ACME Ltd"
    assert tess.get("/find/tickets?q=payroll").json()["results"][0]["about"].startswith("Cannot open")
    assert {r["insert"] for r in tess.get("/complete", {"sign": "/", "q": "assign"}).json()["results"]} >= {"/assign "}
    assert tess.get("/complete", {"sign": "@", "q": "ma"}).json()["results"][0]["name"] == "Max Kowalski"
    assert tess.post("/preview", {"text": "**b** <script>alert(1)</script>"}).content.count(b"<script>") == 0


@pytest.mark.spec("PL-200")
def test_how_one_likes_it_is_kept_and_served_with_the_first_byte(world, tess):
    tess.post("/set", {"theme": "dark", "rail": "folded", "columns": ["company", "due"], "next": "/?view=all"})
    page = text(tess.get("/"))
    assert 'data-theme="dark"' in page and 'data-rail="folded"' in page and 'class="c-company"' in page
    assert 'data-theme="dark"' in text(tess.get("/accounts/password/change/"))
    answer = tess.post("/set", {"theme": "blinking", "next": "https://evil.example/"})
    assert answer["Location"] == "/"


def test_a_profile_is_changed(world, tess):
    tess.post(
        "/profile",
        {
            "name": "Tess T.",
            "time_zone": "Europe/Berlin",
            "language": "en",
            "keys": "off",
            "theme": "light",
            "density": "roomy",
        },
    )
    world.tess.refresh_from_db()
    assert (world.tess.name, world.tess.time_zone) == ("Tess T.", "Europe/Berlin")
    assert 'data-keys="off"' in text(tess.get("/"))
    assert tess.post("/profile", {"name": "", "time_zone": "Mars/Base"}).status_code == 422


@pytest.mark.spec("PL-026")
def test_foreign_tickets_are_not_there(world, tess):
    foreign = world.foreign.pk
    for address in ("", "/history", "/text", "/links", "/merge", "/split", "/time", "/removal", "/change/status"):
        assert tess.get(f"/t/{foreign}{address}").status_code == 404, address
    for address in ("/closure", "/reopening", "/comments", "/properties", "/draft", "/removal", "/text"):
        assert tess.post(f"/t/{foreign}{address}", {"text": "x", "title": "x"}).status_code == 404, address
    event = Event.objects.filter(ticket_id=foreign).first()
    assert tess.post(f"/undo/{event.pk}").status_code == 404
    answer = tess.post(f"/t/{world.tickets[0].pk}/links", {"type": "related", "number": foreign})
    assert answer.status_code == 422 and "Secret" not in text(answer)


@pytest.mark.spec("RS-135")
def test_forms_without_a_token_are_refused(world):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(world.tess.user)
    answer = client.post(f"/t/{world.tickets[0].pk}/closure")
    assert answer.status_code == 403 and "Send it again" in text(answer)
    missing = client.get("/no/such/page")
    assert missing.status_code == 404 and "Nothing here" in text(missing) and "desk.css" in text(missing)


@pytest.mark.spec("RS-090")
@pytest.mark.parametrize(
    "address",
    [
        "/?q=%00",
        "/find?q=%00",
        "/t/999999999999999999",
        "/?view=999999999999999999999",
        "/?after=x",
        "/?view=%F0%9F%92%A9",
        "/find/people?q=%25",
        "/t/1/history?before=99999999999",
        "/board?team=99999999999999999999",
        "/find?q=99999999999999999999999&ticket=9",
    ],
)
def test_odd_addresses_never_fail(world, tess, address):
    assert tess.get(address).status_code < 500


@pytest.mark.spec("PL-304")
@pytest.mark.parametrize(("address", "most"), [("/?view=all", 26), ("/t/{}", 40), ("/board", 30), ("/find?q=vpn", 10)])
def test_a_page_costs_the_same_number_of_statements_whatever_it_holds(world, tess, address, most):
    ticket = world.tickets[0]
    address = address.format(ticket.pk)
    tess.get(address)
    rail._counted.clear()
    with count_statements() as few:
        tess.get(address)
    for n in range(12):
        made = commands.create(
            "incident",
            {"title": f"VPN number {n}", "requester": world.ada.pk, "description": "x"},
            by=world.by,
            via="web",
        )
        commands.comment(ticket, f"Message {n}", by=world.as_max if n % 2 else world.by, via="web")
        commands.edit(made, {"priority": "high"}, by=world.by, via="web")
    rail._counted.clear()
    with count_statements() as many:
        tess.get(address)
    assert len(many) == len(few) <= most, "\n".join(many.sql)


@pytest.mark.spec("PL-200", "PL-302")
def test_numbers_are_counted_the_more_seldom_the_longer_they_take(world, tess, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(rail.time, "monotonic", lambda: clock[0])

    def slow(execute, sql, params, many, context):
        clock[0] += took if "COUNT(*)" in sql else 0
        return execute(sql, params, many, context)

    def one_more():
        commands.create("incident", {"title": "Seldom counted"}, by=world.by, via="web")

    def number():
        with connection.execute_wrapper(slow):
            return int(rail.count(world.by, "title:seldom"))

    for took, holds in ((0.001, 15), (0.05, 15), (0.5, 100)):
        rail._counted.clear()
        first = number()
        one_more()
        clock[0] += holds - took - 0.01
        assert number() == first
        clock[0] += 0.02
        assert number() == first + 1
        one_more()
        rail.forget_counts(world.as_max)
        assert number() == first + 1
        rail.forget_counts(world.by)
        assert number() == (first + 1 if took == 0.5 else first + 2), "what takes long is not counted at once"


@pytest.mark.spec("PL-200")
def test_beside_a_ticket_stand_those_with_most_long_words_of_its_title_in_common(world, tess):
    titles = ("Принтер 50%_ сломан", "СЛОМАН принтер", "Наш ПРИНТЕР снова", "Сканер цел", "50%_ скидки")
    made = [commands.create("incident", {"title": title}, by=world.by, via="web") for title in titles]
    other = actors.of(world.other)
    commands.create("incident", {"title": "Принтер соседа"}, by=other, via="web")
    page = text(tess.get(f"/t/{made[0].pk}"))
    similar = re.search(r'<section aria-label="Similar">.*?</section>', page, re.S)[0]
    assert re.findall(r'href="/t/(\d+)"', similar) == [str(made[1].pk), str(made[2].pk)]


@pytest.mark.spec("PL-201", "PL-302")
def test_what_was_drawn_for_one_reader_is_not_shown_to_another_who_sees_it_differently(world, tess):
    ticket = world.tickets[0]
    noon = dt.datetime(2020, 7, 1, 12, tzinfo=dt.UTC)
    Ticket.objects.filter(pk=ticket.pk).update(active_at=noon)
    Comment.objects.filter(ticket=ticket).update(sent_at=noon)
    max_ = signed_in(world.max)
    world.max.language, world.max.time_zone = "ru", "Asia/Tokyo"
    world.max.save()

    def row(client):
        return re.search(rf'<tr[^>]*data-row="{ticket.pk}".*?</tr>', text(client.get("/?view=all")), re.S)[0]

    def talk(client):
        return "".join(re.findall(r"<article.*?</article>", text(client.get(f"/t/{ticket.pk}")), re.S))

    for _ in range(2):
        assert " 12:00:00 " in row(tess) and " 21:00:00 " in row(max_)
        assert "Select " in row(tess) and "Выбрать " in row(max_)
        assert " 12:00:00 " in talk(tess) and " 21:00:00 " in talk(max_)
    assert "c-company" not in row(tess)
    tess.post("/set", {"columns": ["company", "created"], "next": "/"})
    assert "c-company" in row(tess) and "c-company" not in row(max_)
    commands.edit(ticket, {"title": "<b>Renamed</b>"}, by=world.by, via="web")
    assert "&lt;b&gt;Renamed&lt;/b&gt;" in row(tess) and "&lt;b&gt;Renamed&lt;/b&gt;" in row(max_)


@pytest.mark.spec("PL-210")
def test_later_pages_are_light_with_a_full_list_and_a_long_talk(world, tess):
    ticket = world.tickets[0]
    for n in range(45):
        facts = {"title": f"Number {n}: the printer in room {n * 7} is dead again", "requester": world.ada.pk}
        commands.create("incident", facts | {"assignee": world.max.pk, "priority": "high"}, by=world.by, via="web")
    for n in range(12):
        words = f"Message {n}: the spare part number {n * 31} has come and we try it in room {n * 7}."
        commands.comment(ticket, words, by=world.as_max if n % 2 else world.by, via="web")
    fragment = {"HX-Request": "true", "HX-Target": "main"}
    sizes = {}
    for address, headers in [
        ("/?view=all", {}),
        ("/board", {}),
        ("/triage", {}),
        (f"/t/{ticket.pk}?view=all", {}),
        (f"/t/{ticket.pk}?view=all", fragment),
        ("/rows?view=all&ids=" + ",".join(str(n) for n in range(1, 60)), fragment),
    ]:
        answer = tess.get(address, headers=headers)
        assert answer.status_code == 200, address
        sizes[address, bool(headers)] = len(gzip.compress(answer.content, 6))
    assert max(sizes.values()) <= 15_000, sizes


@pytest.mark.spec("PL-202")
def test_checklists_and_approvals_stand_in_the_facts(world, tess):
    ticket = world.tickets[0]
    tess.post(f"/t/{ticket.pk}/checklist", {"names": "Order the fuser\nTell Ada"})
    page = text(tess.get(f"/t/{ticket.pk}"))
    tick = re.search(rf"/t/{ticket.pk}/checklist/\d+", page)[0]
    tess.post(tick, {"done": "on"})
    page = text(tess.get(f"/t/{ticket.pk}"))
    assert "ticked “Order the fuser” off" in page and "Tell Ada" in page
    change = commands.create("change", {"title": "New firewall"}, by=world.by, via="web")
    assert "Say who" in text(tess.post(f"/t/{change.pk}/approvals", {"person": ""}))
    tess.post(f"/t/{change.pk}/approvals", {"person": "max@desk.example"})
    assert "Approve" not in text(tess.get(f"/t/{change.pk}")).split('id="facts"')[1]
    max_client = signed_in(world.max)
    vote = re.search(rf"/t/{change.pk}/approvals/\d+", text(max_client.get(f"/t/{change.pk}")))[0]
    assert tess.post(vote, {"vote": "yes"}).status_code == 404, "nobody votes for another"
    max_client.post(vote, {"vote": "yes"})
    assert fresh(change).approval_status == "approved" and "approved it" in text(tess.get(f"/t/{change.pk}"))


@pytest.mark.spec("RC-183")
def test_commands_of_the_text_book_time_and_link(world, tess):
    printer, vpn = world.tickets[:2]
    tess.post(f"/t/{printer.pk}/comments", {"mode": "note", "text": f"Fixed.\n/spend 1h\n/relate #{vpn.pk}"})
    assert fresh(printer).time_spent == 3600 and "VPN drops" in text(tess.get(f"/t/{printer.pk}"))


@pytest.mark.spec("PL-211")
@pytest.mark.parametrize("path", ["password/change/", "email/", "2fa/", "sessions/", "logout/"])
def test_the_account_pages_wear_our_look(world, tess, path):
    answer = tess.get(f"/accounts/{path}")
    assert answer.status_code == 200 and "desk/desk.css" in text(answer) and "Back to the desk" in text(answer)
    assert "<script>" not in text(answer) and "gate-title" not in text(answer)
