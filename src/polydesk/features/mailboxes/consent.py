"""Signing in to a mail server with what somebody granted instead of a password: OAuth 2.0 (RFC 6749) by authorization
code and PKCE (RFC 7636), for Microsoft 365, Google Workspace and any other provider.

Tokens are sealed in the row and stand in no log, page or message. An access token is renewed shortly before it ends,
and once when the mail server refuses it. When the provider takes the refresh token no more, nobody asks again until an
administrator has connected the mailbox anew."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
from django.utils.crypto import constant_time_compare

from polydesk.directory import audit
from polydesk.directory.actors import Actor
from polydesk.tickets.edits import now
from polydesk.tickets.refusals import Refusal
from polydesk.web import outbound, sealing
from polydesk.web.sentences import say

from .models import Grant, Mailbox

PURPOSE, SECRET = "mailbox.tokens", "mailbox.client_secret"
EARLY = dt.timedelta(minutes=2)
"""An access token that ends so soon is renewed before it is used."""
PATIENCE = dt.timedelta(minutes=10)
"""For whoever is asked at the provider."""
FACTS = ("provider", "authorize_url", "token_url", "scope", "client_id")

NOT_CONNECTED = say("It is not connected yet: an administrator has to grant access at the provider.")
CONNECT_AGAIN = say("It has to be connected again: the provider does not accept what was granted any more.")
NO_TOKEN = say("The provider gave no access token.")
UNKNOWN_APPLICATION = say("The provider does not accept the application: look at its id and secret.")
NOT_GRANTED = say("The provider granted no access.")
TOO_LATE = say("That took too long or was not begun here: connect the mailbox again.")

_TOKEN = re.compile(r"[\x21-\x7e]{1,16000}")
_ENDED = frozenset({"invalid_grant", "interaction_required", "consent_required", "login_required"})
_STRANGER = frozenset({"invalid_client", "unauthorized_client"})


class Provider(msgspec.Struct, frozen=True):
    """What is known of one without asking the administrator; `further` are its own parameters of the first request."""

    name: str
    authorize_url: str = ""
    token_url: str = ""
    scope: str = ""
    host: str = ""
    further: dict[str, str] = {}


PROVIDERS = {
    "microsoft": Provider(
        "Microsoft 365",
        "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
        "https://login.microsoftonline.com/common/oauth2/v2.0/token",
        "https://outlook.office.com/IMAP.AccessAsUser.All offline_access",
        "outlook.office365.com",
    ),
    "google": Provider(
        "Google Workspace",
        "https://accounts.google.com/o/oauth2/v2/auth",
        "https://oauth2.googleapis.com/token",
        "https://mail.google.com/",
        "imap.gmail.com",
        {"access_type": "offline", "prompt": "consent"},  # without both there is no refresh token
    ),
    "other": Provider(say("Another provider")),
}


class NoToken(Exception):
    """There is none now; the sentence is for people."""


class Pending(msgspec.Struct):
    """A request for consent, kept in the session of the administrator who began it."""

    mailbox: int
    state: str
    verifier: str
    redirect_uri: str
    until: float


class Tokens(msgspec.Struct):
    """What a grant keeps sealed."""

    access: str = ""
    refresh: str = ""


class _Said(msgspec.Struct):
    """What a token endpoint answers (RFC 6749, 5)."""

    access_token: str = ""
    refresh_token: str = ""
    expires_in: int | str | None = None
    error: str = ""


def begin(mailbox: Mailbox, redirect_uri: str) -> tuple[str, Pending]:
    """The provider's address to send the administrator to, and what his session keeps meanwhile."""
    grant = mailbox.grant
    provider = PROVIDERS[grant.provider]
    pending = Pending(
        mailbox.pk, secrets.token_urlsafe(32), secrets.token_urlsafe(48), redirect_uri, (now() + PATIENCE).timestamp()
    )
    digest = hashlib.sha256(pending.verifier.encode()).digest()
    asked = {
        "response_type": "code",
        "client_id": grant.client_id,
        "redirect_uri": redirect_uri,
        "scope": grant.scope or provider.scope,
        "state": pending.state,
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
        "login_hint": mailbox.login,
        **provider.further,
    }
    url = grant.authorize_url or provider.authorize_url
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(asked)}", pending


def finish(mailbox: Mailbox, pending: Pending, *, state: str, code: str, by: Actor) -> None:
    """The provider sent the administrator back; raises NoToken."""
    is_ours = constant_time_compare(pending.state, state) and pending.mailbox == mailbox.pk
    if not is_ours or now().timestamp() > pending.until:
        raise NoToken(TOO_LATE)
    if not code:
        raise NoToken(NOT_GRANTED)
    grant = mailbox.grant
    asked = {"code": code, "redirect_uri": pending.redirect_uri, "code_verifier": pending.verifier}
    said = _ask(grant, "authorization_code", asked)
    if not said.access_token:
        raise NoToken(UNKNOWN_APPLICATION if said.error in _STRANGER else NOT_GRANTED)
    kept = _kept(said, Tokens())
    Grant.objects.filter(pk=grant.pk).update(**kept, is_refused=False)
    Mailbox.objects.filter(pk=mailbox.pk).update(error="", failing_since=None)
    audit.record(
        "mailbox.connected",
        organization_id=mailbox.organization_id,
        actor_id=by.person_id,
        subject=mailbox.address,
        mailbox=mailbox.pk,
        provider=grant.provider,
    )


def access_token(mailbox: Mailbox, *, refused: str = "") -> str:
    """A token that should hold; another one than the mail server `refused`. Raises NoToken. In no transaction."""
    grant = Grant.objects.filter(pk=mailbox.pk).first()
    if grant is None or not grant.tokens:
        raise NoToken(NOT_CONNECTED)
    tokens = _unsealed(grant)
    if grant.is_refused or tokens is None:
        raise NoToken(CONNECT_AGAIN)
    holds = grant.expires_at is None or grant.expires_at - EARLY > now()
    if tokens.access and tokens.access != refused and holds:
        return tokens.access
    return _renewed(grant, tokens)


def _renewed(grant: Grant, tokens: Tokens) -> str:
    said = _Said(error="invalid_grant")
    if tokens.refresh:
        said = _ask(grant, "refresh_token", {"refresh_token": tokens.refresh})
    mine = Grant.objects.filter(pk=grant.pk, tokens=grant.tokens)
    if said.access_token:
        mine.update(**_kept(said, tokens))  # who connected it anew meanwhile has the last word
        return said.access_token
    if said.error not in _ENDED:
        raise NoToken(UNKNOWN_APPLICATION if said.error in _STRANGER else NO_TOKEN)
    if mine.update(is_refused=True):
        raise NoToken(CONNECT_AGAIN)
    # Somebody else was quicker: the token that we showed was used already, and his are there.
    found = Grant.objects.filter(pk=grant.pk, is_refused=False).first()
    others = _unsealed(found) if found else None
    if others is None or not others.access:
        raise NoToken(CONNECT_AGAIN)
    return others.access


def _ask(grant: Grant, grant_type: str, facts: dict[str, str]) -> _Said:
    """The token endpoint's answer, nothing of which is ever shown; raises NoToken when there is none."""
    form = {"grant_type": grant_type, "client_id": grant.client_id, **facts}
    try:
        if grant.client_secret:
            form["client_secret"] = sealing.unseal(grant.client_secret, SECRET)
        answer = outbound.fetch(
            grant.token_url or PROVIDERS[grant.provider].token_url,
            method="POST",
            headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
            body=urlencode(form).encode(),
        )
        said = msgspec.json.decode(answer.body, type=_Said, strict=False)
    except sealing.Unreadable as error:
        raise NoToken(UNKNOWN_APPLICATION) from error
    except outbound.AddressNotAllowed as error:
        raise NoToken(str(error)) from error
    except (outbound.Unreachable, msgspec.DecodeError, UnicodeDecodeError):
        raise NoToken(NO_TOKEN) from None
    if answer.status != 200 or not _TOKEN.fullmatch(said.access_token):
        said.access_token = ""
    return said


def _kept(said: _Said, before: Tokens) -> dict[str, Any]:
    """A provider that sends no new refresh token means the old one (RFC 6749, 6)."""
    tokens = Tokens(said.access_token, said.refresh_token or before.refresh)
    lasts = int(said.expires_in) if str(said.expires_in or "").isdecimal() else 0
    return {
        "tokens": sealing.seal(msgspec.json.encode(tokens).decode(), PURPOSE),
        "expires_at": now() + dt.timedelta(seconds=min(lasts, 10**8)) if lasts else None,
    }


def _unsealed(grant: Grant) -> Tokens | None:
    try:
        return msgspec.json.decode(sealing.unseal(grant.tokens, PURPOSE), type=Tokens)
    except (sealing.Unreadable, msgspec.DecodeError):
        return None


def drafted(mailbox: Mailbox, facts: dict[str, str], secret: str | None) -> Grant:
    """The grant with these facts, not stored. Another application or place begins anew, without the former secret: it
    goes to nobody for whom it was not given."""
    grant = Grant.objects.filter(pk=mailbox.pk).first() if mailbox.pk else None
    grant = grant or Grant(provider="microsoft")
    before = [getattr(grant, name) for name in FACTS]
    for name in FACTS:
        setattr(grant, name, facts.get(name, getattr(grant, name)).strip())
    if before != [getattr(grant, name) for name in FACTS]:
        grant.tokens, grant.client_secret, grant.is_refused, grant.expires_at = "", "", False, None
    if secret is not None:
        grant.client_secret = sealing.seal(secret, SECRET) if secret else ""
    return grant


def wrong(grant: Grant) -> Iterator[Refusal]:
    """Everything that is wrong, by field."""
    provider = PROVIDERS.get(grant.provider)
    if provider is None:
        yield Refusal("unknown", "provider", say("There is no such provider."))
    if not grant.client_id:
        yield Refusal("required", "client_id", say("The provider gives it when you register the application."))
    for name in ("authorize_url", "token_url"):
        url = getattr(grant, name)
        if not url and (provider is None or not getattr(provider, name)):
            yield Refusal("required", name, say("Needed for a provider that we do not know."))
        elif url and (reason := _fault(url, is_asked_by_us=name == "token_url")):
            yield Refusal("invalid", name, reason)


def _fault(url: str, *, is_asked_by_us: bool) -> str:
    try:
        outbound.check(url, is_asked=is_asked_by_us)
    except outbound.AddressNotAllowed as error:
        return str(error)
    return ""
