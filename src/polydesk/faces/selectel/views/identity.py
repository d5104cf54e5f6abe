"""A token for a password, as Keystone v3 gives one, so that a client's token step works (SE-039)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from polydesk.directory import actors, second_factor
from polydesk.directory.models import Credential, Person
from polydesk.web import bodies, limits
from polydesk.web.bodies import BadBody

from .. import errors, fields, reading
from ..auth import FACE
from ..errors import Failure

NAME = "identity"
LASTS = timedelta(hours=24)
TRIES = limits.Limit("selectel.sign-in", amount=30, seconds=600, always=True)


@csrf_exempt
def tokens(request: HttpRequest) -> HttpResponse:
    """Answers 201 with the token in X-Subject-Token; it ends after a day (SE-032)."""
    try:
        if request.method != "POST":
            raise Failure(405, "This address knows POST.", headers={"Allow": "POST"})
        return _issue(request, reading.body(request))
    except BadBody as bad:
        return errors.response(errors.of_body(bad))
    except Failure as failure:
        return errors.response(failure)


def _issue(request: HttpRequest, body: dict[str, Any]) -> HttpResponse:
    user = _inside(body, "auth", "identity", "password", "user")
    name, password = user.get("name"), user.get("password")
    if not isinstance(name, str) or not isinstance(password, str):
        raise errors.invalid([("auth.identity.password.user", "A name and a password are required.")])
    person = _person(request, name, password)
    now = timezone.now()
    ends = now + LASTS
    Credential.objects.filter(person=person, face=FACE, name=NAME, expires_at__lt=now).delete()
    credential, secret = actors.issue(person, FACE, name=NAME, expires_at=ends)
    token = {
        "methods": ["password"],
        "user": {"id": str(person.pk), "name": person.login},
        "issued_at": fields.moment(credential.created_at),
        "expires_at": fields.moment(ends),
    }
    return bodies.json_response({"token": token}, 201, {"X-Subject-Token": secret})


def _person(request: HttpRequest, name: str, password: str) -> Person:
    """Whose name and password these are. Somebody with a second factor cannot pass by the first alone."""
    verdict = limits.take(TRIES, name.lower()[:100])
    if not verdict.allowed:
        raise Failure(429, "Too many tries.", headers={"Retry-After": verdict.headers["Retry-After"]})
    user = authenticate(request, username=name, password=password)
    person = Person.objects.filter(user=user, is_active=True).first() if user is not None else None
    if person is None or _needs_two(user) or actors.of(person) is None:
        raise Failure(401, "The name or the password is wrong.")
    return person


def _needs_two(user: Any) -> bool:
    return is_mfa_enabled(user) or second_factor.demanded(user)


def _inside(body: Any, *names: str) -> dict[str, Any]:
    for name in names:
        body = body.get(name) if isinstance(body, dict) else None
    return body if isinstance(body, dict) else {}
