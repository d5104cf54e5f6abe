"""Mailboxes that sign in by OAuth 2.0: consent through the desk, tokens renewed in time, and how they end."""

import http.client
import logging
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from polydesk.channels.email import fetching
from polydesk.directory.models import SecurityEvent
from polydesk.features.mailboxes import boxes, consent
from polydesk.features.mailboxes.models import Grant, Mailbox, Message
from polydesk.tickets.refusals import Refused

from .imap import Server
from .posting import mail
from .provider import Provider

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RS-055", "RS-128")]


@pytest.fixture
def provider(settings):
    settings.POLYDESK_OUTBOUND_NETWORKS = ("127.0.0.0/8",)
    with Provider() as found:
        yield found


@pytest.fixture
def server(settings):
    settings.POLYDESK_MAIL_ALLOW_PRIVATE = True
    with Server() as found:
        yield found


@pytest.fixture
def box(world, provider, server):
    return boxes.create(
        by=world.actor("mona"),
        address="desk@house.example",
        host="127.0.0.1",
        port=server.port,
        security=Mailbox.PLAIN,
        login="desk",
        sign_in=Mailbox.OAUTH,
        grant=boxes.Application(
            {
                "provider": "other",
                "client_id": provider.client_id,
                "authorize_url": f"{provider.base}/authorize",
                "token_url": f"{provider.base}/token",
                "scope": "imap",
            },
            provider.secret,
        ),
    )


@pytest.fixture
def mona(world):
    client = Client()
    client.force_login(world.mona.user)
    return client


def go(client, box):
    """As a browser: to the provider, and back with what it answers; gives the way back."""
    away = client.get(f"/admin/mailboxes/{box.pk}/connection")
    parts = urlsplit(away["Location"])
    there = http.client.HTTPConnection(parts.netloc)
    there.request("GET", f"{parts.path}?{parts.query}")
    back = urlsplit(there.getresponse().getheader("Location"))
    there.close()
    return f"{back.path}?{back.query}"


@pytest.fixture
def connected(box, mona, provider, server):
    assert mona.get(go(mona, box)).status_code == 302
    server.tokens = {provider.given[-1]}
    box.refresh_from_db()
    return box


def fetched(box):
    """What hindered a fetch, or nothing."""
    found = Mailbox.objects.get(pk=box.pk)
    fetching.Round(found).run()
    return Mailbox.objects.get(pk=box.pk).error


def page(client, box):
    return client.get(f"/admin/mailboxes/{box.pk}").text


def test_an_administrator_connects_a_mailbox_and_its_mail_is_fetched(box, mona, provider, server, caplog):
    caplog.set_level(logging.DEBUG)
    assert fetched(box) == consent.NOT_CONNECTED and consent.NOT_CONNECTED in page(mona, box)
    shown = mona.get(go(mona, box), follow=True).text
    assert "Connected." in shown and "It is connected." in shown
    server.tokens = set(provider.given)
    server.deliver(mail("carl@acme.example", "Hello"))
    assert fetched(box) == "" and Message.objects.count() == 1
    assert boxes.check(box, by=boxes_admin(box)) == ""
    grant = Grant.objects.get()
    secret = ("access-0", "refresh-0", provider.secret)
    everything = f"{grant.tokens} {grant.client_secret} {shown} {page(mona, box)} {caplog.text}"
    assert not [word for word in secret if word in everything], "sealed, and in no log or page"
    assert SecurityEvent.objects.filter(verb="mailbox.connected").count() == 1


def boxes_admin(box):
    from polydesk.directory import actors
    from polydesk.directory.models import Membership

    admin = Membership.objects.filter(organization=box.organization, is_admin=True).first()
    return actors.of(admin.person, box.organization)


def test_what_the_provider_sends_back_counts_once_and_only_in_the_session_that_asked(world, box, mona, provider):
    back = go(mona, box)
    stranger = Client()
    stranger.force_login(world.mona.user)
    stranger.get(back)
    assert not Grant.objects.get().tokens, "another session, though of the same person"
    forged = back.replace("state=", "state=x")
    mona.get(forged)
    mona.get(back)
    assert not Grant.objects.get().tokens and provider.asked == [], "a wrong state ends what waited"
    back = go(mona, box)
    mona.get(back)
    kept = Grant.objects.get().tokens
    mona.get(back)
    assert Grant.objects.get().tokens == kept and len(provider.asked) == 1
    mona.get("/admin/mailboxes/connected?error=access_denied")
    query = parse_qs(urlsplit(mona.get(f"/admin/mailboxes/{box.pk}/connection")["Location"]).query)
    assert (
        "no access"
        in mona.get(f"/admin/mailboxes/connected?error=access_denied&state={query['state'][0]}", follow=True).text
    )
    elsewhere = mona.get(f"/admin/mailboxes/{box.pk}/connection", headers={"Sec-Fetch-Site": "cross-site"})
    assert elsewhere["Location"] == f"/admin/mailboxes/{box.pk}", "a page elsewhere begins nothing"
    anna = Client()
    anna.force_login(world.anna.user)
    assert anna.get(f"/admin/mailboxes/{box.pk}/connection").status_code == 403


def test_a_token_is_renewed_before_it_ends_and_the_refresh_token_is_turned_over(connected, provider, server):
    Grant.objects.update(expires_at=timezone.now() + timedelta(seconds=60))
    server.tokens = {"access-1"}
    assert fetched(connected) == ""
    assert [form["grant_type"] for form in provider.asked] == ["authorization_code", "refresh_token"]
    Grant.objects.update(expires_at=timezone.now() - timedelta(days=1))
    server.tokens = {"access-2"}
    assert fetched(connected) == "", "with the refresh token of the last time"
    assert provider.asked[-1]["refresh_token"] == "refresh-1"
    assert fetched(connected) == "" and len(provider.asked) == 3, "one that holds is not renewed"


def test_a_token_that_the_mail_server_refuses_is_renewed_once(connected, provider, server):
    server.tokens = {"access-1"}
    assert fetched(connected) == "" and len(provider.asked) == 2
    server.tokens = {"none of ours"}
    assert "refused the login" in fetched(connected)
    assert len(provider.asked) == 3 and len(server.asked("AUTHENTICATE")) == 4


def test_a_refresh_token_that_ended_is_said_and_not_tried_again(connected, mona, provider, server, capsys):
    from polydesk.server import cli

    provider.live = set()
    Grant.objects.update(expires_at=timezone.now())
    assert fetched(connected) == consent.CONNECT_AGAIN
    count = len(provider.asked)
    assert fetched(connected) == consent.CONNECT_AGAIN and len(provider.asked) == count
    assert consent.CONNECT_AGAIN in page(mona, connected)
    assert cli.main(["mail", "list"]) == 0 and consent.CONNECT_AGAIN in capsys.readouterr().out
    mona.get(go(mona, connected))
    server.tokens = {provider.given[-1]}
    assert fetched(connected) == ""


def test_who_was_slower_to_renew_takes_the_tokens_of_the_quicker(connected, provider):
    """Two renew at once, and the provider takes each refresh token once: the slower is refused, and is not the end."""
    before = Grant.objects.get()
    tokens = consent._unsealed(before)
    Grant.objects.update(expires_at=timezone.now())
    assert consent.access_token(connected) == "access-1"
    assert consent._renewed(before, tokens) == "access-1"
    assert not Grant.objects.get().is_refused


ODD = [
    ((500, b"oops refresh-0"), consent.NO_TOKEN),
    ((200, b"{}"), consent.NO_TOKEN),
    ((200, b'{"access_token": "a\\u0001auth=Bearer b"}'), consent.NO_TOKEN),
    ((200, b'["access_token"]'), consent.NO_TOKEN),
    ((302, b""), consent.NO_TOKEN),
    ((401, b'{"error": "invalid_client"}'), consent.UNKNOWN_APPLICATION),
]


@pytest.mark.spec("RS-057")
@pytest.mark.parametrize(("answer", "said"), ODD)
def test_an_odd_answer_of_the_provider_is_one_sentence_and_ends_nothing(connected, provider, answer, said):
    Grant.objects.update(expires_at=timezone.now())
    provider.answer = answer
    assert fetched(connected) == said
    provider.answer = None
    assert consent.access_token(connected) == "access-1"


def test_the_guard_of_outgoing_requests_holds_for_providers(connected, provider, settings):
    settings.POLYDESK_OUTBOUND_NETWORKS = ()
    Grant.objects.update(expires_at=timezone.now())
    assert "may not be reached" in fetched(connected) and len(provider.asked) == 1


def test_another_application_begins_anew_without_the_former_secret(connected, world, provider):
    by = world.actor("mona")
    boxes.change(connected, by=by, name="Same")
    assert Grant.objects.get().tokens and Grant.objects.get().client_secret
    boxes.change(connected, by=by, grant=boxes.Application({"token_url": f"{provider.base}/other"}, None))
    grant = Grant.objects.get()
    assert (grant.tokens, grant.client_secret) == ("", "")


def test_what_is_wrong_with_an_application_is_said_by_field(world, provider):
    with pytest.raises(Refused) as caught:
        boxes.create(
            by=world.actor("mona"),
            address="x@house.example",
            host="imap.example.com",
            login="x",
            sign_in=Mailbox.OAUTH,
            grant=boxes.Application({"provider": "other", "authorize_url": "javascript:alert(1)"}, None),
        )
    assert {refusal.field for refusal in caught.value.refusals} == {"client_id", "authorize_url", "token_url"}
    row = boxes.create(
        by=world.actor("mona"),
        address="y@house.example",
        login="y@house.example",
        sign_in=Mailbox.OAUTH,
        grant=boxes.Application({"provider": "microsoft", "client_id": "1"}, None),
    )
    assert row.host == "outlook.office365.com"
    url, pending = consent.begin(row, "https://desk.example/admin/mailboxes/connected")
    asked = parse_qs(urlsplit(url).query)
    assert url.startswith("https://login.microsoftonline.com/common/") and "offline_access" in asked["scope"][0]
    assert pending.verifier not in url and asked["login_hint"] == ["y@house.example"]
