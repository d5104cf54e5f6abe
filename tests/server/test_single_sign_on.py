"""Single sign-on with a real provider on a port: who comes in, and every lie that is refused (RS-134, PL-211)."""

import urllib.error
import urllib.request
from urllib.parse import urlsplit

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import get_user_model
from django.test import Client

from polydesk.directory import founding
from polydesk.directory.models import Role, SecurityEvent
from polydesk.server import config, people
from tests.server.identity_provider import CLIENT, SECRET, provider

START = "/accounts/oidc/oidc/login/"
HTML = {"Accept": "text/html"}

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RS-134")]


@pytest.fixture(scope="module")
def served():
    with provider() as server:
        yield server


@pytest.fixture
def corp(served, settings):
    served.behave()
    named = {"OIDC_NAME": "Corp", "OIDC_ISSUER": served.issuer, "OIDC_CLIENT_ID": CLIENT, "OIDC_CLIENT_SECRET": SECRET}
    settings.SOCIALACCOUNT_PROVIDERS = config.sign_in_providers(named)
    settings.POLYDESK_OIDC_ISSUER = served.issuer
    settings.BASE_URL = "http://testserver"
    return served


@pytest.fixture
def ada(db):
    return people.add(
        founding.found("Example", "example"),
        "ada",
        "Ada",
        password="plain-spoken-otter",
        email="ada@x.example",
        role="agent",
    )


class NoFurther(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


def sent_back(address: str) -> str:
    """Where the provider sends the browser."""
    try:
        urllib.request.build_opener(NoFurther).open(address)
    except urllib.error.HTTPError as answer:
        return answer.headers["Location"]
    raise AssertionError("no redirect")


def try_in(client, start=START):
    out = client.post(start)
    assert out.status_code == 302, out.content
    back = urlsplit(sent_back(out["Location"]))
    return client.get(f"{back.path}?{back.query}")


def is_out(client):
    return client.get("/", headers=HTML)["Location"].startswith("/accounts/login/")


@pytest.mark.spec("PL-211")
def test_a_confirmed_address_joins_once_and_then_the_providers_id_counts(ada, corp):
    client = Client()
    assert b"Sign in with Corp" in client.get("/accounts/login/").content
    assert try_in(client, f"{START}?next=/board")["Location"] == "/board"
    assert client.get("/", headers=HTML).status_code == 200
    assert set(corp.asked) == {
        *("client_id", "redirect_uri", "response_type", "scope", "state", "nonce"),
        *("code_challenge", "code_challenge_method"),
    }
    assert ada.user.check_password("plain-spoken-otter"), "the password stays"
    assert SocialAccount.objects.get().extra_data == {"emails": ["ada@x.example"]}
    corp.info = {"email": "moved@y.example", "email_verified": False}
    again = Client()
    assert try_in(again)["Location"] == "/"
    assert int(again.session["_auth_user_id"]) == ada.user.pk


@pytest.mark.parametrize(
    "info",
    [
        {"email_verified": False},
        {"email_verified": "false"},
        {"email_verified": None},
        {"email_verified": 1},
        {"email": "stranger@x.example"},
        {"email": None},
        {"email": ["ada@x.example"]},
        {"email": "ada@x.example\x00"},
    ],
)
def test_what_the_provider_has_not_confirmed_joins_nobody(ada, corp, info):
    corp.info = info
    client = Client()
    refused = try_in(client)
    assert refused.status_code == 403 and b"No account for you yet" in refused.content
    assert is_out(client)
    assert not SocialAccount.objects.exists() and get_user_model().objects.count() == 1
    assert SecurityEvent.objects.filter(verb="signin.failed", subject__startswith="single sign-on").exists()


def test_an_address_that_only_its_owner_claims_here_joins_nobody(ada, corp):
    ada.user.emailaddress_set.update(verified=False)
    assert try_in(Client()).status_code == 403


CLAIMS = {
    "another issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "another audience": {"aud": "somebody-else"},
    "no audience": {"aud": None},
    "made for another": {"aud": [CLIENT, "else"], "azp": "else"},
    "another nonce": {"nonce": "replayed"},
    "no nonce": {"nonce": None},
    "expired": {"exp": 1_600_000_000},
    "no end": {"exp": None},
    "from the future": {"iat": 4_000_000_000},
    "about nobody": {"sub": None},
    "about a number": {"sub": 1},
}
SIGNED = {
    "unsigned": lambda p, claims: p.signed(claims, key="", algorithm="none"),
    "signed by our own secret": lambda p, claims: p.signed(claims, key=SECRET * 3, algorithm="HS256"),
    "signed by a stranger": lambda p, claims: p.signed(claims, key=p.strange_key),
    "a key of no name": lambda p, claims: p.signed(claims, kid="two"),
    "changed on the way": lambda p, claims: p.signed(claims)[:-6] + "AAAAAA",
    "no token at all": lambda p, claims: "rubbish",
    "a number": lambda p, claims: 5,
    "nothing": lambda p, claims: None,
}
CONFIGURATION = "/.well-known/openid-configuration"
ANSWERS = {
    "token refused": {"/token": (400, {"error": "invalid_grant"})},
    "token without ID": {"/token": (200, {"access_token": "a"})},
    "token as list": {"/token": (200, [])},
    "no keys": {"/keys": (200, {})},
    "broken keys": {"/keys": (200, {"keys": [{"kid": "one", "kty": "EC"}]})},
    "keys fail": {"/keys": (500, None)},
    "user info about another": {"/userinfo": (200, {"sub": "u-2", "email": "ada@x.example", "email_verified": True})},
    "user info as list": {"/userinfo": (200, [])},
    "user info fails": {"/userinfo": (503, None)},
}


def refused(corp, ada):
    client = Client()
    answer = try_in(client)
    assert answer.status_code == 401 and b"Sign-in did not work" in answer.content
    assert is_out(client) and not SocialAccount.objects.exists()


@pytest.mark.parametrize("claims", CLAIMS.values(), ids=CLAIMS)
def test_a_token_that_says_something_else_is_refused(ada, corp, claims):
    corp.claims = claims
    refused(corp, ada)


@pytest.mark.parametrize("sign", SIGNED.values(), ids=SIGNED)
def test_a_token_that_the_provider_did_not_sign_is_refused(ada, corp, sign):
    corp.sign = lambda claims: sign(corp, claims)
    refused(corp, ada)


@pytest.mark.parametrize("answers", ANSWERS.values(), ids=ANSWERS)
def test_whatever_the_provider_answers_there_is_a_page(ada, corp, answers):
    corp.answers = answers
    refused(corp, ada)


@pytest.mark.parametrize("said", [(500, None), (200, []), (200, {}), (200, {"issuer": "https://evil.example"})])
def test_a_provider_that_is_down_or_another_one_is_said_before_anybody_leaves(ada, corp, said):
    corp.answers = {CONFIGURATION: said}
    answer = Client().post(START)
    assert answer.status_code == 401 and b"Sign-in did not work" in answer.content


def test_a_way_back_without_an_attempt_of_this_browser_is_refused(ada, corp):
    mine, thief = Client(), Client()
    back = urlsplit(sent_back(mine.post(START)["Location"]))
    for client, query in ((thief, back.query), (mine, "code=code-0&state=guessed"), (mine, "code=code-0")):
        assert client.get(f"{back.path}?{query}").status_code == 401
        assert is_out(client)
    state = back.query.partition("state=")[2]
    stopped = mine.get(f"{back.path}?error=access_denied&state={state}", follow=True)
    assert stopped.status_code == 200 and b"Sign-in was stopped" in stopped.content
    assert mine.get(f"{back.path}?{back.query}").status_code == 401, "an attempt ends once"


def test_the_request_changes_nothing_of_what_is_asked(ada, corp):
    client = Client()
    out = client.post(f"{START}?auth_params=nonce%3Dmine%26prompt%3Dnone&scope=admin&next=https://evil.example/")
    sent_back(out["Location"])
    assert corp.asked["nonce"] != "mine" and "prompt" not in corp.asked and "admin" not in corp.asked["scope"]
    assert urlsplit(try_in(client, f"{START}?next=https://evil.example/")["Location"]).netloc == ""


@pytest.mark.spec("RS-132")
def test_a_second_factor_is_asked_after_the_provider_too(ada, corp):
    role = Role.objects.get(organization=ada.organization, key="agent")
    role.extra = {"second_factor": True}
    role.save()
    ada.memberships.update(role=role)
    without = Client()
    try_in(without)
    assert without.get("/", headers=HTML)["Location"] == "/accounts/2fa/"
    TOTP.activate(ada.user, generate_totp_secret())
    client = Client()
    assert try_in(client)["Location"].startswith("/accounts/2fa/authenticate/")
    assert is_out(client)


def test_who_belongs_to_no_organization_reads_so(ada, corp):
    ada.memberships.all().delete()
    client = Client()
    try_in(client)
    page = client.get("/", headers=HTML)
    assert page.status_code == 403 and b"No desk here yet" in page.content


def test_who_was_switched_off_stays_out(ada, corp):
    ada.user.is_active = False
    ada.user.save()
    client = Client()
    assert try_in(client).status_code < 500
    assert is_out(client)


@pytest.mark.parametrize("path", ["/accounts/login/", "/identity/v3/auth/tokens", "/api/v2/auth/login/"])
def test_no_door_opens_to_an_empty_password(ada, path):
    ada.user.set_unusable_password()
    ada.user.save()
    for password in ("", " ", None):
        said = {"login": "ada", "username": "ada", "password": password}
        said["auth"] = {
            "identity": {"methods": ["password"], "password": {"user": {"name": "ada", "password": password}}}
        }
        client = Client()
        for answer in (
            client.post(path, said, content_type="application/json"),
            client.post(path, {"login": "ada", "username": "ada", "password": password or ""}),
        ):
            assert answer.status_code < 500 and "X-Subject-Token" not in answer.headers
        assert is_out(client)


@pytest.mark.django_db(transaction=True)
def test_in_a_real_browser(ada, corp, live_server, settings, page):
    settings.BASE_URL = live_server.url
    page.goto(f"{live_server.url}/accounts/login/?next=/profile")
    page.click("text=Sign in with Corp")
    page.wait_for_url("**/profile")
    assert "Ada" in page.input_value("[name=name]")
    assert page.problems == []
