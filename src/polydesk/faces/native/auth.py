"""Who calls: a bearer token, or the session of a browser with its CSRF token (PL-102, RS-135)."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import timezone

from polydesk.directory import actors
from polydesk.directory.actors import Actor
from polydesk.directory.models import Credential, Person
from polydesk.web.engines import briefly
from polydesk.web.problems import Problem

FACE = "native"
SCOPES = ("read", "write", "admin")
SAFE = ("GET", "HEAD", "OPTIONS")
# The last use is written down at most so often: a statement per request would double the cost of reading.
NOTE_EVERY = 600.0
_noted: dict[int, float] = {}


def caller(request: HttpRequest) -> Actor:
    """The actor behind a request; raises the problem `unauthenticated`."""
    header = request.META.get("HTTP_AUTHORIZATION")
    actor = _by_token(header) if header is not None else _by_session(request)
    if actor is None:
        raise Problem(
            "unauthenticated",
            "Send a valid token as “Authorization: Bearer …”.",
            headers={"WWW-Authenticate": 'Bearer realm="polydesk"'},
        )
    return actor


def _by_token(header: str) -> Actor | None:
    scheme, _, secret = header.strip().partition(" ")
    actor = actors.by_secret(FACE, secret.strip()) if scheme.lower() == "bearer" and secret.strip() else None
    if actor is None:
        return None
    _note_use(actor.credential_id or 0)
    return replace(actor, is_admin=False) if actor.scopes and "admin" not in actor.scopes else actor


def _note_use(credential_id: int) -> None:
    """When a key was last used, to some minutes; a database that is busy with other writes is no reason to refuse."""
    now = time.monotonic()
    if now - _noted.get(credential_id, -NOTE_EVERY) >= NOTE_EVERY:
        _noted[credential_id] = now
        with contextlib.suppress(OperationalError), briefly():
            Credential.objects.filter(pk=credential_id).update(last_used_at=timezone.now())


def _by_session(request: HttpRequest) -> Actor | None:
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
        return None
    if request.method not in SAFE:
        _check_csrf(request)
    person = Person.objects.filter(user=request.user).first()
    return actors.of(person) if person else None


class _Csrf(CsrfViewMiddleware):
    """Django's own check, asked for its reason instead of its page."""

    def _reject(self, request: HttpRequest, reason: str) -> str:  # type: ignore[override]
        return reason


def _check_csrf(request: HttpRequest) -> None:
    check = _Csrf(lambda _: None)  # type: ignore[arg-type,return-value]
    check.process_request(request)
    reason = check.process_view(request, None, (), {})  # type: ignore[arg-type]
    if reason:
        raise Problem("forbidden", f"{reason} Send the token in the header X-CSRFToken, or use a bearer token.")


def require_scope(actor: Actor, resource: str, method: str, *, admin: bool) -> None:
    """Does the token reach so far? No scopes at all means everything that its owner may do (RS-130)."""
    if admin and not actor.is_admin:
        raise Problem("forbidden", "This is for administrators, with a token of the scope “admin”.")
    reading = method in SAFE
    if actor.read_only and not reading:
        raise Problem("forbidden", "This credential may only read.")
    scopes = actor.scopes
    if not scopes or "admin" in scopes or "write" in scopes or resource == "me":
        return
    enough = {resource, f"{resource}:write"} | ({"read", f"{resource}:read"} if reading else set())
    if scopes.isdisjoint(enough):
        wanted = "read" if reading else "write"
        raise Problem("forbidden", f"The token needs the scope “{wanted}” or “{resource}:{wanted}”.")
