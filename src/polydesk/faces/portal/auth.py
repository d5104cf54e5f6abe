"""Whoever is signed in becomes an actor who asks: customers as they are, staff with their own requests alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from polydesk.directory import actors
from polydesk.directory.actors import Actor
from polydesk.directory.models import Person
from polydesk.tickets.refusals import Denied, Missing
from polydesk.web.sentences import spoken_to_people

from . import errors

View = Callable[..., HttpResponse]


def asker(view: View) -> View:
    """Strangers go to the sign-in; sets `request.actor` and `request.person`; the engine's refusals become pages."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path() if request.method == "GET" else "/portal/")
        person = Person.objects.select_related("organization", "company").filter(user_id=request.user.pk).first()
        actor = actors.of(person) if person else None
        if person is None or actor is None:
            return errors.sorry(request, errors.FORBIDDEN, _("Your account belongs to no organization here."))
        request.actor, request.person = as_customer(actor), person  # type: ignore[attr-defined]
        language = translation.override(person.language or translation.get_language())
        with timezone.override(person.zone), language, spoken_to_people():
            if _unspeakable(request):
                return errors.sorry(request, 400, _("This request has characters that no text may have."))
            try:
                return view(request, *args, **kwargs)
            except Missing:
                return errors.sorry(request, errors.MISSING)
            except Denied:
                return errors.sorry(request, errors.FORBIDDEN)

    return guarded


def as_customer(actor: Actor) -> Actor:
    """Staff in the portal read and write as requesters: own requests, public messages, no agent's right (PL-251)."""
    if actor.side == "customer":
        return actor
    return actors.as_customer(actor, frozenset({"add:request", "add:incident"}))


def _unspeakable(request: HttpRequest) -> bool:
    """NUL is no character of any text; databases disagree on how to say so."""
    values = (v for sent in (request.GET, request.POST) for found in sent.lists() for v in (found[0], *found[1]))
    return any("\x00" in value for value in values)
