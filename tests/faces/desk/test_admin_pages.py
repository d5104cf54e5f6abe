"""Administration of what reaches outside: webhooks, service levels, hours, notices, the portal's looks, keys."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from polydesk.directory import actors
from polydesk.directory.models import Credential, SlaPolicy
from polydesk.features import sla
from polydesk.features.branding.models import Brand
from polydesk.features.notices.models import Notice
from polydesk.features.sla.models import Calendar, Target
from polydesk.features.webhooks.models import Delivery, Endpoint
from polydesk.tickets import commands
from tests.faces.desk.conftest import signed_in
from tests.faces.desk.test_forms import text

pytestmark = [pytest.mark.django_db, pytest.mark.spec("PL-207")]
HOOK = {"name": "Chat", "url": "https://hooks.example.com/desk", "types": ["ticket.*"]}
PAGES = ("webhooks", "policies", "calendars", "notices", "portal", "endings")


@pytest.mark.parametrize("page", PAGES)
def test_only_administrators_open_these_pages(world, tess, page):
    assert tess.get(f"/admin/{page}").status_code == 200
    assert signed_in(world.max).get(f"/admin/{page}").status_code == 403
    if page not in ("portal", "endings"):
        assert tess.get(f"/admin/{page}/new").status_code == 200
        assert tess.get(f"/admin/{page}/999999").status_code == 404


@pytest.mark.spec("RC-214", "RC-307")
def test_solving_may_wait_for_the_checklist_and_solved_tickets_close_after_hours(world, tess):
    world.acme.settings = {"of_a_face": 1}
    world.acme.save()
    refused = tess.post("/admin/endings", {"after.incident": "soon", "after.problem": "-1"})
    assert (
        refused.status_code == 422
        and text(refused).count("Give hours such as") == 2
        and 'value="soon"' in text(refused)
    )
    tess.post("/admin/endings", {"after.incident": "0,5", "after.request": "48", "checklist_before_solving": "on"})
    world.acme.refresh_from_db()
    hours = {"incident": 0.5, "request": 48}
    assert world.acme.settings == {"of_a_face": 1, "checklist_before_solving": True, "auto_close_hours": hours}
    page = text(tess.get("/admin/endings"))
    assert 'value="0.5"' in page and 'value="48"' in page
    tess.post("/admin/endings", {})
    world.acme.refresh_from_db()
    assert world.acme.settings == {"of_a_face": 1}


@pytest.mark.spec("RS-043", "RS-045")
def test_a_webhook_is_made_paused_tested_and_sent_again(world, tess):
    made = text(tess.post("/admin/webhooks/new", HOOK))
    secret = re.search(r"<code>(whsec_[^<]+)</code>", made)[1]
    row = Endpoint.objects.get()
    where = f"/admin/webhooks/{row.pk}"
    assert row.types == ["ticket.*"] and secret not in text(tess.get(where)), "shown once"
    commands.edit(world.tickets[0], {"priority": "low"}, by=world.by, via="web")
    delivery = Delivery.objects.get()
    assert "waiting" in text(tess.get(where)) and delivery.type == "ticket.updated"
    assert f"/t/{world.tickets[0].pk}" in text(tess.get(where))
    Delivery.objects.update(state=Delivery.DEAD, tries=9, status=500, error="The answer was 500.")
    shown = text(tess.get(where))
    assert "given up" in shown and "The answer was 500." in shown
    tess.post(f"{where}/deliveries/{delivery.pk}/replay")
    tess.post(f"{where}/switch", {"do": "test"})
    assert sorted(Delivery.objects.values_list("type", "state")) == [
        ("endpoint.tested", "waiting"),
        ("ticket.updated", "waiting"),
    ]
    tess.post(f"{where}/switch", {"do": "pause"})
    assert "paused" in text(tess.get(where)) and not Endpoint.objects.get().is_active
    tess.post(f"{where}/switch", {"do": "resume"})
    renewed = text(tess.post(f"{where}/switch", {"do": "rotate"}))
    assert re.search(r"<code>(whsec_[^<]+)</code>", renewed)[1] != secret
    assert tess.post(f"{where}/switch", {"do": "nothing"}).status_code == 404
    tess.post(where, HOOK | {"name": "Renamed"})
    assert "Renamed" in text(tess.get("/admin/webhooks"))
    assert signed_in(world.other).get(where).status_code == 404
    tess.post(f"{where}/switch", {"do": "remove"})
    assert not Endpoint.objects.exists()


@pytest.mark.spec("RS-055")
def test_a_webhook_to_nowhere_is_refused_beside_its_field(world, tess):
    for url in ("http://127.0.0.1/x", "ftp://hooks.example.com", "nonsense"):
        answer = tess.post("/admin/webhooks/new", HOOK | {"url": url})
        assert answer.status_code == 422 and 'aria-describedby="f-url-e"' in text(answer), url
    assert tess.post("/admin/webhooks/new", HOOK | {"types": ["nothing.*"]}).status_code == 422


@pytest.mark.spec("RC-090", "RC-248")
def test_hours_and_a_service_level_make_clocks(world, tess):
    hours = {"name": "Office", "time_zone": "Europe/Berlin", "region": "de-by", "is_active": "on"}
    hours |= dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "8-12, 13:00-17:30")
    hours["days"] = "2026-12-24 09:00-12:00 Christmas Eve\n2026-12-31 Closed"
    assert tess.post("/admin/calendars/new", hours).status_code == 302
    office = Calendar.objects.get()
    assert office.week["mon"] == [["08:00", "12:00"], ["13:00", "17:30"]] and office.region == "DE-BY"
    assert office.days == [
        {"date": "2026-12-24", "name": "Christmas Eve", "hours": [["09:00", "12:00"]]},
        {"date": "2026-12-31", "name": "Closed", "hours": []},
    ]
    assert "Monday to Friday 08:00-12:00, 13:00-17:30" in text(tess.get("/admin/calendars"))
    assert "next public holidays" in text(tess.get(f"/admin/calendars/{office.pk}"))
    typed = {"name": "Standard", "is_default": "on", "is_active": "on", "pausing": ["waiting_customer"]}
    typed |= {"t_0_response": "4h", "t_0_resolution": "1h 30m", "t_0_calendar": office.pk, "t_6_response": "30m"}
    assert tess.post("/admin/policies/new", typed).status_code == 302
    policy = SlaPolicy.objects.get()
    assert policy.settings == {"pausing_statuses": ["waiting_customer"]}
    promised = list(Target.objects.order_by("level").values_list("level", "response", "resolution", "calendar"))
    assert promised == [(0, 240, 90, office.pk), (6, 30, None, None)]
    page = text(tess.get(f"/admin/policies/{policy.pk}"))
    assert 'value="1h 30m"' in page and 'value="30m"' in page
    ticket = commands.create("incident", {"title": "Timed"}, by=world.by, via="web")
    assert ticket.sla_id == policy.pk and sla.clocks([ticket])[ticket.pk].response_due
    tess.post(f"/admin/policies/{policy.pk}", {"name": "Standard", "is_active": "on", "t_0_response": "90"})
    assert list(Target.objects.values_list("level", "response")) == [(0, 90)]


@pytest.mark.parametrize(
    ("page", "typed", "says"),
    [
        ("calendars", {"mon": "nine to five"}, "Give hours such as"),
        ("calendars", {"mon": "12:00-09:00"}, "Hours cannot be read"),
        ("calendars", {"time_zone": "Mars"}, "no such time zone"),
        ("calendars", {"region": "XX"}, "holidays of this region"),
        ("calendars", {"days": "tomorrow"}, "does not begin with a date"),
        ("calendars", {"name": ""}, "A name is needed"),
        ("policies", {"t_0_response": "soon"}, "Give a time such as"),
        ("policies", {"t_0_response": "1h", "t_0_calendar": "999"}, "Choose one of the list"),
        ("notices", {"title": ""}, "cannot be blank"),
        ("notices", {"company": "Nobody Ltd"}, "Nobody here has the name"),
    ],
)
def test_what_cannot_be_kept_is_said_beside_its_field(world, tess, page, typed, says):
    fine = {"name": "x", "title": "x", "mon": "9-17", "time_zone": "UTC", "is_active": "on"}
    answer = tess.post(f"/admin/{page}/new", fine | typed)
    assert answer.status_code == 422 and says in text(answer)
    assert not (Calendar.objects.exists() or SlaPolicy.objects.exists() or Notice.objects.exists())


@pytest.mark.spec("SE-104")
def test_a_notice_is_written_for_one_company_or_all(world, tess):
    typed = {
        "title": "Network maintenance",
        "company": "ACME Ltd",
        "categories": "maintenance, network",
        "text": "At night.",
    }
    assert tess.post("/admin/notices/new", typed).status_code == 302
    row = Notice.objects.get()
    assert (row.company, row.notification_categories) == (world.ada_company, ["maintenance", "network"])
    tess.post(f"/admin/notices/{row.pk}", typed | {"company": ""})
    assert Notice.objects.get().company is None and "everybody" in text(tess.get("/admin/notices"))
    assert signed_in(world.other).get(f"/admin/notices/{row.pk}").status_code == 404
    tess.post(f"/admin/notices/{row.pk}", {"remove": "1"})
    assert not Notice.objects.exists()


PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


@pytest.mark.spec("PL-252", "PL-250")
def test_the_portal_wears_name_colour_and_logo(world, tess):
    carol, otto = signed_in(world.carol), signed_in(world.other)
    assert "brand.css" not in text(carol.get("/portal/")) and carol.get("/portal/logo").status_code == 404
    logo = SimpleUploadedFile("logo.png", PNG)
    assert tess.post("/admin/portal", {"name": "Acme Help", "accent": "#B91C1C", "logo": logo}).status_code == 302
    page = text(carol.get("/portal/"))
    assert "Acme Help" in page and "/portal/brand.css?v=1" in page and "/portal/logo?v=1" in page
    style = carol.get("/portal/brand.css")
    assert "#b91c1c" in text(style) and style["Content-Type"].startswith("text/css")
    shown = carol.get("/portal/logo")
    assert (shown.content, shown["Content-Type"]) == (PNG, "image/png") and "default-src 'none'" in shown[
        "Content-Security-Policy"
    ]
    assert otto.get("/portal/logo").status_code == otto.get("/admin/portal/logo").status_code == 404
    assert tess.get("/admin/portal/logo").content == PNG
    tess.post("/admin/portal", {"name": "", "accent": "", "no_logo": "on"})
    row = Brand.objects.get()
    assert (row.logo, row.accent, row.version) == (None, "", 2) and "Acme IT" in text(carol.get("/portal/"))


@pytest.mark.spec("PL-252", "RS-101")
@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"accent": "#facc15"}, "too pale"),
        ({"accent": "red;}"}, "Give a colour"),
        ({"logo": SimpleUploadedFile("x.png", b"<svg onload=alert(1)>")}, "no PNG"),
        ({"logo": SimpleUploadedFile("x.png", PNG * 6000)}, "larger than"),
    ],
)
def test_what_customers_could_not_read_or_trust_is_refused(world, tess, typed, says):
    answer = tess.post("/admin/portal", {"name": "x", **typed})
    assert answer.status_code == 422 and says in text(answer) and not Brand.objects.exists()


@pytest.mark.spec("PL-014", "RC-052")
def test_keys_fit_their_face(world, tess):
    person = {"person": "carol@desk.example"}
    text(tess.post("/admin/tokens", person | {"face": "selectel", "projects": "p-1, p-2,p-1"}))
    assert Credential.objects.get().limits == {"projects": ["p-1", "p-2"]}
    assert tess.post("/admin/tokens", person | {"face": "crm", "projects": "p-1"}).status_code == 422
    page = text(tess.post("/admin/tokens", {"person": "max@desk.example", "face": "autotask"}))
    shown = dict(re.findall(r"<dt>(\w+)</dt><dd><code>([^<]+)</code>", page))
    assert set(shown) == {"UserName", "Secret", "ApiIntegrationCode"} and shown["UserName"] == "max@desk.example"
    actor = actors.by_secret("autotask", shown["Secret"])
    assert actor.limits["integration_code"] == shown["ApiIntegrationCode"]
    page = text(tess.post("/admin/tokens", {"person": "max@desk.example", "face": "centurion"}))
    assert re.search(r"<code>([0-9a-f]{64})</code>", page)


def test_the_log_shows_what_happened_to_the_organization(world, tess):
    tess.post("/admin/tokens", {"person": "max@desk.example", "face": "native"})
    page = text(tess.get("/admin/log"))
    assert "key issued" in page and "signed in" in page
    assert "of Max Kowalski" in page and f"person {world.max.pk}" not in page
    assert dt.datetime.now(dt.UTC).strftime("%Y") in page
