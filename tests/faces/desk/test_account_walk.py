"""Signing in with a second factor and with a passkey, and the sessions, in a real browser (PL-211)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time

import pytest
from allauth.mfa.models import Authenticator

from tests.faces.desk import world as worlds

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.spec("PL-211", "PL-212")]


@pytest.fixture
def world(transactional_db):
    return worlds.build()


def code(secret: str) -> str:
    """What an authenticator app shows now (RFC 6238), worked out apart from the library that checks it."""
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def sign_in(page, address):
    page.goto(f"{address}/accounts/login/")
    page.fill("[name=login]", "tess")
    page.fill("[name=password]", worlds.PASSWORD)
    page.keyboard.press("Enter")


def go_surely(page, address):
    """To a page that asks for the password once more."""
    page.goto(address)
    page.fill("[name=password]", worlds.PASSWORD)
    page.click("form button[type=submit]")


@pytest.mark.spec("RS-132")
def test_a_second_factor_is_set_up_and_asked_for(world, live_server, page):
    from polydesk.directory.models import Role

    role = Role.objects.get(organization=world.acme, key="manager")
    role.extra = {"second_factor": True}
    role.save()
    address = live_server.url
    sign_in(page, address)
    page.wait_for_selector("text=Your role asks for a second factor")
    page.goto(f"{address}/t/{world.tickets[0].pk}")
    assert "/accounts/2fa/" in page.url, "nothing else opens before"
    go_surely(page, f"{address}/accounts/2fa/totp/activate/")
    secret = page.input_value("#authenticator_secret", timeout=8000)
    page.fill("[name=code]", code(secret))
    page.click("form button[type=submit]")
    page.wait_for_url("**/recovery-codes/**")
    page.goto(f"{address}/")
    page.wait_for_selector(".rail")
    page.context.clear_cookies()
    sign_in(page, address)
    page.wait_for_selector("[name=code]")
    page.goto(f"{address}/")
    assert "/accounts/2fa/authenticate/" in page.url, "the password alone opens nothing"
    page.fill("[name=code]", "000000" if code(secret) != "000000" else "000001")
    page.keyboard.press("Enter")
    page.wait_for_selector(".error, .errors")
    page.fill("[name=code]", Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0])
    page.keyboard.press("Enter")
    page.wait_for_selector(".rail")
    assert page.title() == "Inbox · Acme IT" and page.problems == []


def test_a_passkey_signs_in_alone(world, live_server, page):
    wire = page.context.new_cdp_session(page)
    wire.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    facts = {"isUserVerified": True, "automaticPresenceSimulation": True}
    wire.send("WebAuthn.addVirtualAuthenticator", {"options": {**options, **facts}})
    address = live_server.url.replace("127.0.0.1", "localhost")
    sign_in(page, address)
    page.wait_for_selector(".rail")
    go_surely(page, f"{address}/accounts/2fa/webauthn/add/")
    page.fill("[name=name]", "This laptop")
    page.check("[name=passwordless]")
    page.click("#mfa_webauthn_add")
    page.wait_for_url("**/recovery-codes/**")
    assert Authenticator.objects.filter(type="webauthn", user=world.tess.user).count() == 1
    page.context.clear_cookies()
    page.goto(f"{address}/accounts/login/?next=/reports")
    page.click("#passkey_login")
    page.wait_for_url(f"{address}/reports")
    assert page.title() == "Reports · Acme IT" and page.problems == []


def test_sessions_are_listed_and_ended(world, live_server, page, chromium):
    address, other = live_server.url, chromium.new_context().new_page()
    for one in (page, other):
        sign_in(one, address)
        one.wait_for_selector(".rail")
    page.click(".rail .foot summary")
    page.click("text=Your profile")
    page.click("text=Where you are signed in")
    assert page.locator("table tbody tr").count() == 2
    page.click("form button[type=submit]")
    page.wait_for_load_state()
    other.goto(f"{address}/reports")
    assert "/accounts/login/" in other.url
    other.context.close()
    page.goto(f"{address}/")
    assert page.title() == "Inbox · Acme IT" and page.problems == []
