"""Mailboxes and incoming mail: what administrators keep, let in, drop and look at; mail on a ticket's timeline."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.utils import timezone

from polydesk.directory.models import Person
from polydesk.faces.desk import rail
from polydesk.faces.desk.views import admin_mail
from polydesk.features.mailboxes import boxes, copied, taking
from polydesk.features.mailboxes import messages as mail
from polydesk.features.mailboxes.models import Mailbox, Message
from polydesk.jobs.models import Job
from polydesk.tickets import commands
from polydesk.tickets.models import Comment
from polydesk.web import files
from polydesk.web.testing import count_statements
from tests.faces.desk.conftest import signed_in
from tests.faces.desk.test_forms import text

pytestmark = [pytest.mark.django_db, pytest.mark.spec("PL-207", "RS-076")]
TYPED = {
    "address": "Support@Acme.example",
    "name": "Support",
    "is_active": "on",
    "kind": "incident",
    "copies": "anybody",
    "confirms": "on",
    "host": "imap.acme.example",
    "port": "143",
    "security": "starttls",
    "login": "support",
    "password": "s3cret-of-imap",
    "folder": "INBOX",
    "done_folder": "Done",
}
NASTY = '"><script>alert(1)</script>'
RAW = (
    b"From: Ada <ada@acme.example>\r\nTo: support@acme.example\r\nMessage-ID: <one@acme.example>\r\n"
    b"Subject: <script>alert(2)</script>\r\n\r\n<script>alert(3)</script> \x00 \xe2\x80\xae \xff\r\n"
)


@pytest.fixture
def box(world):
    return boxes.create(by=world.by, address="support@acme.example", name="Support")


def message(box, state=Message.HELD, raw=RAW, **facts):
    """A message as the channel leaves it."""
    stored = files.store([raw])
    identity = {"mailbox": box, "message_id": taking.message_id(raw), "digest": stored.sha256}
    known = {"state": state, "sender": "ada@acme.example", "subject": "Printer", **facts}
    kept = {"sha256": stored.sha256, "size": stored.size}
    return Message.objects.create(organization_id=box.organization_id, **identity, **kept, **known)


def numbered(n: int) -> bytes:
    return RAW.replace(b"<one@", b"<%d@" % n)


@pytest.mark.spec("PL-211", "RS-113")
def test_only_administrators_of_the_organization_open_these_pages(world, tess, box):
    row = message(box)
    pages = [f"mailboxes/{box.pk}", f"mailboxes/{box.pk}/removal", f"mail/{row.pk}", f"mail/{row.pk}/raw"]
    for page in ("mailboxes", "mailboxes/new", "mail", *pages):
        assert tess.get(f"/admin/{page}").status_code == 200, page
        assert signed_in(world.max).get(f"/admin/{page}").status_code == 403, page
        assert signed_in(world.carol).get(f"/admin/{page}").status_code == 302, page
    posts = [f"mailboxes/{box.pk}/check", f"mail/{row.pk}/decision", pages[0], pages[1]]
    for page in [*pages, *posts]:
        asked = signed_in(world.other)
        answer = asked.post(f"/admin/{page}", {"do": "drop"}) if page in posts else asked.get(f"/admin/{page}")
        assert answer.status_code == 404, page
    for page in posts:
        assert signed_in(world.max).post(f"/admin/{page}", {"do": "drop"}).status_code == 403, page
    row.refresh_from_db()
    assert row.state == Message.HELD and Mailbox.objects.filter(pk=box.pk).exists()
    assert "support@acme.example" not in text(signed_in(world.other).get("/admin/mailboxes"))
    assert "Printer" not in text(signed_in(world.other).get("/admin/mail?state=all"))


def test_everything_of_a_mailbox_is_kept(world, tess):
    assert "polydesk mail take ADDRESS" in text(tess.get("/admin/mailboxes")), "the empty page teaches"
    typed = TYPED | {"category_id": world.printer.pk, "team_id": world.level_one.pk, "is_tagged": "on"}
    assert tess.post("/admin/mailboxes/new", typed).status_code == 302
    row = Mailbox.objects.get()
    kept = {name: getattr(row, name) for name in boxes.CHANGEABLE}
    assert kept == typed_values(typed) and row.organization == world.acme
    assert boxes.password_of(row) == "s3cret-of-imap" and "s3cret" not in row.password
    page = text(tess.get(f"/admin/mailboxes/{row.pk}"))
    for name in ("address", "name", "host", "port", "login", "folder", "done_folder"):
        assert re.search(rf'name="{name}" value="{re.escape(str(kept[name]))}"', page), name
    for name, value in (("kind", "incident"), ("security", "starttls"), ("team_id", str(world.level_one.pk))):
        assert re.search(rf'name="{name}".*?<option value="{value}" selected', page, re.DOTALL), name
    listed = text(tess.get("/admin/mailboxes"))
    assert "fetched from imap.acme.example" in listed and "Incident · Printer · Level I support" in listed
    assert "not fetched yet" in listed
    tess.post(f"/admin/mailboxes/{row.pk}", {"address": "desk@acme.example", "kind": "request", **PLAIN})
    row.refresh_from_db()
    assert (row.address, row.is_active, row.confirms, row.is_tagged, row.host) == (
        "desk@acme.example",
        *[False] * 3,
        "",
    )
    assert (row.team_id, row.category_id, row.version) == (None, None, 2)
    assert "handed in by the mail server" in text(tess.get("/admin/mailboxes"))
    assert "paused" in text(tess.get("/admin/mailboxes"))


PLAIN = {"port": "993", "security": "tls", "folder": "INBOX"}


def typed_values(typed):
    ticked = {name: typed.get(name) == "on" for name in ("is_active", "confirms", "is_tagged")}
    texts = {"sign_in": "password"} | {
        n: typed[n] for n in ("name", "kind", "host", "security", "login", "folder", "done_folder", "copies")
    }
    numbers = {n: int(typed[n]) for n in ("port", "category_id", "team_id")}
    return {"address": typed["address"].lower(), **ticked, **texts, **numbers}


WRONG = [
    ("address", "nonsense", "no address of mail"),
    ("address", "taken@acme.example", "Another mailbox has this address"),
    ("address", "x" * 300, "At most 254 characters"),
    ("name", "a\x07b", "No control characters"),
    ("kind", "wish", "There is no kind"),
    ("category_id", "999999", "There is no such category"),
    ("category_id", "x", "There is no such category"),
    ("team_id", "-4", "There is no such team"),
    ("host", "imap example", "The name of a machine"),
    ("login", "", "Needed to fetch mail"),
    ("port", "99999999999", "A number from 1 to 65535"),
    ("port", "", "A number from 1 to 65535"),
    ("security", "rot13", "One of tls"),
    ("folder", "", "Usually INBOX."),
    ("password", "x" * 2000, "At most 1000 characters"),
]


def test_what_is_wrong_is_said_beside_its_field(world, tess):
    boxes.create(by=world.by, address="taken@acme.example")
    for field, value, says in WRONG:
        answer = tess.post("/admin/mailboxes/new", TYPED | {field: value})
        page = text(answer)
        assert answer.status_code == 422 and Mailbox.objects.count() == 1, field
        error = re.search(rf'id="f-{field}-e">([^<]*)<', page)
        assert error and says in error[1] and f'aria-describedby="f-{field}-e"' in page, field
        assert 'class="errors"' not in page and "s3cret-of-imap" not in page, field


def test_foreign_categories_and_teams_are_no_choice(world, tess):
    from polydesk.directory.models import Team

    team = Team.objects.create(organization=world.globex, name="Globex team")
    answer = tess.post("/admin/mailboxes/new", TYPED | {"team_id": team.pk})
    assert answer.status_code == 422 and "Globex team" not in text(answer)


def test_the_password_is_kept_changed_and_forgotten_but_never_shown(world, tess):
    tess.post("/admin/mailboxes/new", TYPED)
    row = Mailbox.objects.get()
    where = f"/admin/mailboxes/{row.pk}"

    def kept(**typed):
        answer = tess.post(where, TYPED | typed)
        assert "s3cret" not in text(answer)
        row.refresh_from_db()
        page = text(tess.get(where))
        assert "s3cret" not in page and (not row.password or row.password not in page)
        return boxes.password_of(row)

    page = text(tess.get(where))
    assert 'placeholder="One is kept"' in page and 'name="forget"' in page
    assert kept(password="") == "s3cret-of-imap"
    assert kept(password="s3cret-2", folder="") == "s3cret-of-imap", "what was refused changes nothing"
    assert kept(password="s3cret-2") == "s3cret-2"
    assert kept(password="", forget="on") == ""
    assert "One is kept" not in text(tess.get(where))
    assert "s3cret" not in text(tess.get("/admin/mailboxes")) + text(tess.get("/admin/log"))


def test_an_error_is_said_in_words_with_since_when(world, tess, box):
    Mailbox.objects.update(
        host="imap.acme.example", error="<b>The login was refused.</b>", failing_since=box.created_at
    )
    for page in (text(tess.get("/admin/mailboxes")), text(tess.get(f"/admin/mailboxes/{box.pk}"))):
        assert "fetching has failed for <time" in page and "&lt;b&gt;The login was refused." in page
    Mailbox.objects.update(error="One message stays unread.", failing_since=None, fetched_at=timezone.now())
    page = text(tess.get("/admin/mailboxes"))
    assert "fetched just now" in page and "One message stays unread." in page and "has failed" not in page
    Mailbox.objects.update(error="", fetched_at=timezone.now() - dt.timedelta(minutes=4, seconds=1))
    page = text(tess.get("/admin/mailboxes"))
    assert re.search("fetched <time[^>]*>4 min</time> ago", page) and "stays unread" not in page


def test_a_connection_is_checked_where_mail_is_fetched(world, tess, box, monkeypatch):
    asked = []
    monkeypatch.setattr(boxes, "_looks", [])
    boxes.check_with(lambda row: asked.append(row.pk) or "<i>The login was refused.</i>")
    where = f"/admin/mailboxes/{box.pk}"
    assert "Check the connection" not in text(tess.get(where)), "nothing is fetched"
    Mailbox.objects.update(host="imap.acme.example", login="x")
    assert f'action="{where}/check"' in text(tess.get(where))
    checked = tess.post(f"{where}/check", follow=True)
    assert checked.redirect_chain == [(where, 302)] and asked == [box.pk]
    assert 'class="toast bad"' in text(checked) and "&lt;i&gt;The login was refused." in text(checked)
    monkeypatch.setattr(boxes, "_looks", [])
    assert "The connection works" in text(tess.post(f"{where}/check", follow=True))


def test_a_mailbox_is_removed_after_asking(world, tess, box):
    row = message(box)
    where = f"/admin/mailboxes/{box.pk}/removal"
    assert "Remove support@acme.example" in text(tess.get(where)) and Mailbox.objects.exists()
    assert tess.post(where, follow=True).redirect_chain == [("/admin/mailboxes", 302)]
    assert "mailbox removed" in text(tess.get("/admin/log"))
    assert not Mailbox.objects.exists() and not Message.objects.filter(pk=row.pk).exists()


def test_the_quarantine_comes_first_and_is_counted_beside_its_page(world, tess, box):
    assert "No mail has come in yet" in text(tess.get("/admin/mail"))
    assert "in quarantine</span>" not in text(tess.get("/admin"))
    message(box, Message.TAKEN, numbered(1), subject="Became one", ticket=world.tickets[0])
    page = text(tess.get("/admin/mail"))
    assert "Became one" in page and f'href="/t/{world.tickets[0].pk}"' in page and 'value="take"' not in page
    message(box, Message.HELD, numbered(2), subject="Held one", reason=taking.TOO_LARGE)
    message(box, Message.ASIDE, numbered(3), subject="Aside one", reason="An absence note.")
    page = text(tess.get("/admin/mail"))
    assert "Held one" in page and "only its headers are kept" in page
    assert "Became one" not in page and "Aside one" not in page
    assert '1<span class="visually-hidden"> in quarantine' in text(tess.get("/admin"))
    shown = {state: text(tess.get(f"/admin/mail?state={state}")) for state in (*dict(Message.STATES), "all")}
    names = {"held": "Held one", "aside": "Aside one", "taken": "Became one"}
    for state, page in shown.items():
        assert {n for n in names.values() if n in page} == (
            set(names.values()) if state == "all" else {names.get(state)} - {None}
        )
    assert "An absence note." in shown["aside"] and 'value="drop"' in shown["aside"]
    world.tess.language = "de"
    world.tess.save()
    assert "Nur ihre Kopfzeilen sind aufbewahrt" in text(tess.get("/admin/mail")), "in the reader's language"


def test_a_message_is_let_in_or_dropped_once(world, tess, box):
    held, aside = message(box), message(box, Message.ASIDE, numbered(2))
    jobs = Job.objects.filter(kind=taking.READ).count()
    where = {"state": "aside", "before": "77"}
    answer = tess.post(f"/admin/mail/{held.pk}/decision", {"do": "take", **where})
    assert answer["Location"] == "/admin/mail?state=aside&before=77"
    assert "It is taken in" in text(tess.get(answer["Location"]))
    assert tess.post(f"/admin/mail/{aside.pk}/decision", {"do": "drop", "state": "//evil"})["Location"] == "/admin/mail"
    held.refresh_from_db(), aside.refresh_from_db()
    assert (held.state, held.let_in, aside.state) == (Message.WAITING, True, Message.DROPPED)
    assert Job.objects.filter(kind=taking.READ).count() == jobs + 1
    again = tess.post(f"/admin/mail/{aside.pk}/decision", {"do": "take"}, follow=True)
    assert "It is settled already" in text(again)
    assert tess.post(f"/admin/mail/{held.pk}/decision", {"do": "nothing"}).status_code == 404
    assert tess.get(f"/admin/mail/{held.pk}/decision").status_code == 405


@pytest.mark.spec("RS-085", "RS-101")
def test_what_strangers_sent_is_shown_as_text_and_downloaded_as_it_came(world, tess, box):
    row = message(box, sender=NASTY, subject=NASTY, reason=NASTY)
    for page in (text(tess.get("/admin/mail")), text(tess.get(f"/admin/mail/{row.pk}"))):
        assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page
    assert "&lt;script&gt;alert(3)" in page and "\x00" not in page and "\u202e" not in page
    got = tess.get(f"/admin/mail/{row.pk}/raw")
    assert b"".join(got.streaming_content) == RAW
    assert got["Content-Disposition"] == f'attachment; filename="message-{row.pk}.eml"'
    assert (got["Content-Type"], got["X-Content-Type-Options"]) == ("message/rfc822", "nosniff")
    assert "sandbox" in got["Content-Security-Policy"]
    Message.objects.update(sha256="")
    page = text(tess.get(f"/admin/mail/{row.pk}"))
    assert "not kept any more" in page and "/raw" not in page and 'value="take"' not in page
    assert tess.get(f"/admin/mail/{row.pk}/raw").status_code == 404
    assert "Its bytes were forgotten" in text(tess.post(f"/admin/mail/{row.pk}/decision", {"do": "take"}, follow=True))


def test_a_long_message_shows_how_it_begins(world, tess, box):
    row = message(box, raw=RAW + b"x" * admin_mail.SHOWN + b"the end")
    page = text(tess.get(f"/admin/mail/{row.pk}"))
    assert "the download has all of it" in page and "the end" not in page


@pytest.mark.spec("PL-304")
def test_the_lists_cost_the_same_statements_whatever_they_hold_and_go_on_by_key(world, tess, box, monkeypatch):
    monkeypatch.setattr(admin_mail, "PAGE", 4)
    first = message(box, raw=numbered(100))

    def cost(page):
        rail._counted.clear()
        with count_statements() as seen:
            assert tess.get(page).status_code == 200
        return len(seen)

    pages = ("/admin/mailboxes", "/admin/mail?state=held", "/admin/mail")
    cost(pages[0])
    before = [cost(page) for page in pages]
    for n in range(6):
        other = boxes.create(by=world.by, address=f"b{n}@acme.example", category_id=world.printer.pk)
        message(other, raw=numbered(n), ticket=world.tickets[n])
    assert [cost(page) for page in pages] == before
    page = text(tess.get("/admin/mail?state=held"))
    older = re.search(r'href="(\?state=held&amp;before=\d+)"', page)[1].replace("&amp;", "&")
    rest = text(tess.get(f"/admin/mail{older}"))
    assert page.count('value="take"') == 4 and rest.count('value="take"') == 3
    assert f"/admin/mail/{first.pk}/decision" in rest and "Older" not in rest
    assert tess.get("/admin/mail?state=nothing&before=x").status_code == 200


@pytest.mark.spec("RS-071")
def test_entries_that_came_by_mail_say_so_and_lead_to_the_mail(world, tess, box):
    ticket = world.tickets[0]
    by_mail = commands.comment(ticket, "By mail", by=world.as_max, via="email").comment
    Comment.objects.filter(pk=by_mail.pk).update(extra={"email": {"verified": False}})
    opening, answer = message(box, "taken", ticket=ticket), message(box, "taken", numbered(2), ticket=ticket)
    Message.objects.filter(pk=answer.pk).update(comment_id=by_mail.pk)
    page = text(tess.get(f"/t/{ticket.pk}"))
    entry = re.search(rf'id="entry-{by_mail.pk}".*?</article>', page, re.DOTALL)[0]
    assert "by mail" in entry and "sender not verified" in entry
    assert page.count("by mail</span>") == 2 and page.count("sender not verified") == 1
    for where, kept in (("opening", RAW), (by_mail.pk, numbered(2))):
        assert f'href="/t/{ticket.pk}/mail/{where}"' in page
        got = signed_in(world.max).get(f"/t/{ticket.pk}/mail/{where}")
        assert b"".join(got.streaming_content) == kept and "attachment" in got["Content-Disposition"]
        assert signed_in(world.other).get(f"/t/{ticket.pk}/mail/{where}").status_code == 404
        assert signed_in(world.carol).get(f"/t/{ticket.pk}/mail/{where}").status_code == 302
    assert tess.get(f"/t/{ticket.pk}/mail/999999").status_code == 404
    assert tess.get(f"/t/{world.tickets[1].pk}/mail/opening").status_code == 404
    Comment.objects.filter(pk=by_mail.pk).update(extra={"email": {"verified": True}})
    assert "sender not verified" not in text(tess.get(f"/t/{ticket.pk}"))
    Message.objects.filter(pk=opening.pk).update(sha256="")
    assert tess.get(f"/t/{ticket.pk}/mail/opening").status_code == 404
    Comment.objects.filter(pk=by_mail.pk).update(deleted_at=by_mail.sent_at)
    assert tess.get(f"/t/{ticket.pk}/mail/{by_mail.pk}").status_code == 404


@pytest.mark.spec("RS-072")
def test_copies_stand_on_the_ticket_where_staff_let_them_in_and_take_them_off(world, box, tess):
    marks = copied.marks([copied.Copy(NASTY, "x@new.example"), copied.Copy("", "y@new.example")], [])
    ticket = commands.create("request", {"title": "Copied", "extra": marks}, by=world.by, via="test")
    client, page = tess, f"/t/{ticket.pk}"
    shown = client.get(page).text
    assert "x@new.example" in shown and NASTY not in shown
    client.post(f"{page}/copies/decision", {"let": "x@new.example"})
    client.post(f"{page}/copies/decision", {"out": "y@new.example"})
    ticket.refresh_from_db()
    (friend,) = Person.objects.filter(email="x@new.example")
    assert (ticket.watchers, copied.waiting(ticket)) == ([friend.pk], [])
    made = client.post(f"{page}/copies", {"person": "z@new.example"})
    assert made.status_code == 302
    assert "z" in client.get(page).text
    assert client.post(f"{page}/copies", {"person": "Nobody Known"}).status_code == 422
    client.post(f"{page}/copies/decision", {"off": friend.pk})
    ticket.refresh_from_db()
    assert [Person.objects.get(pk=pk).email for pk in ticket.watchers] == ["z@new.example"]
    assert client.post(f"{page}/copies/decision", {"off": "x"}).status_code == 404


def test_a_message_without_sender_asks_for_whom_and_what_was_dropped_comes_back(world, box, tess):
    row = message(box, Message.HELD, sender="", reason=mail.NO_SENDER)
    page = f"/admin/mail/{row.pk}"
    assert f'href="{page}"' in tess.get("/admin/mail").text
    asked = tess.post(f"{page}/decision", {"do": "take"})
    assert asked["Location"] == page and 'name="requester"' in tess.get(page).text
    assert "say for whom" in tess.post(f"{page}/decision", {"do": "take"}, follow=True).text
    assert "Nobody here has" in tess.post(f"{page}/decision", {"do": "take", "requester": "x"}, follow=True).text
    tess.post(f"{page}/decision", {"do": "drop"})
    row.refresh_from_db()
    assert row.state == Message.DROPPED and "Bring back" in tess.get("/admin/mail?state=dropped").text
    tess.post(f"{page}/decision", {"do": "back"})
    row.refresh_from_db()
    assert row.state == Message.HELD
    person = Person.objects.filter(organization=world.acme).exclude(email="").first()
    tess.post(f"{page}/decision", {"do": "take", "requester": person.email})
    row.refresh_from_db()
    assert (row.state, row.person) == (Message.WAITING, person)
