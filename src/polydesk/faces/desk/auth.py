"""A signed-in user becomes an actor of one organization; customers belong in the portal (PL-211)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone, translation

from polydesk.directory import actors
from polydesk.directory.models import Person
from polydesk.features.notifications import inbox
from polydesk.tickets.refusals import Denied, Missing
from polydesk.web.compiled import Compiled
from polydesk.web.sentences import spoken_to_people

from . import pages, rail

PORTAL = "/portal/"
View = Callable[..., HttpResponse]


def agent(view: View) -> View:
    """Lets staff in, sends customers to the portal and strangers to the sign-in.

    Sets `request.actor`, `.person` and `.unread`, the number of notifications that wait.

    What an engine refuses as a whole (missing, denied) becomes a page that says so."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return _sign_in(request)
        person = _reader(request)
        actor = person and actors.of(person, _organization(request, person))
        if person and actor is None and "desk_organization" in request.session:
            del request.session["desk_organization"]
            actor = actors.of(person)
        if actor is None:
            return pages.gate(request, "no_desk", status=403)
        if actor.side == "customer":
            return HttpResponseRedirect(PORTAL)
        request.actor, request.person = actor, person  # type: ignore[attr-defined]
        request.unread = inbox.unread(actor)  # type: ignore[attr-defined]
        if _unspeakable(request):
            return pages.sorry(request, 400)
        if request.method == "POST" and "X-Quiet" not in request.headers:
            rail.forget_counts(actor)
        with timezone.override(person.zone), _language(person), spoken_to_people():
            try:
                return view(request, *args, **kwargs)
            except Missing:
                return pages.sorry(request, 404)
            except Denied as denied:
                return pages.sorry(request, 403, denied.reason)

    return guarded


def administrator(view: View) -> View:
    """Only those who administer the organization."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.actor.is_admin:  # type: ignore[attr-defined]
            return pages.sorry(request, 403)
        return view(request, *args, **kwargs)

    return agent(guarded)


def _unspeakable(request: HttpRequest) -> bool:
    """NUL is no character of any text; databases disagree on how to say so."""
    values = (v for sent in (request.GET, request.POST) for found in sent.lists() for v in (found[0], *found[1]))
    return any("\x00" in value for value in values)


def _sign_in(request: HttpRequest) -> HttpResponse:
    response = redirect_to_login(request.get_full_path() if request.method == "GET" else "/")
    if "HX-Request" in request.headers:
        # A fragment would put the sign-in form into a pane: send the whole page there.
        return HttpResponse(status=204, headers={"HX-Redirect": response.url})
    return response


def _reader(request: HttpRequest) -> Person | None:
    """The person behind the user."""
    return next(iter(_PERSON(request.user.pk)), None)


_PERSON = Compiled(lambda user: Person.objects.select_related("organization").filter(user_id=user).order_by("pk")[:1])


def _organization(request: HttpRequest, person: Person) -> int:
    chosen = _chosen(request)
    return person.organization_id if chosen is None else chosen


def _chosen(request: HttpRequest) -> int | None:
    chosen = str(request.session.get("desk_organization", ""))
    return int(chosen) if chosen.isdigit() and len(chosen) < 19 else None


def _language(person: Person) -> Any:
    return translation.override(person.language or translation.get_language())
