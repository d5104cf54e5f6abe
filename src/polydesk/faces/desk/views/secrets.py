"""Secrets on a ticket: sealed, shown on demand, once or until they expire, every showing logged (RC-096)."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from polydesk.directory.models import Person
from polydesk.features import vault
from polydesk.features.vault.models import Secret, Viewing
from polydesk.tickets import commands
from polydesk.tickets.models import Ticket
from polydesk.tickets.refusals import Missing, Refused

from .. import pages, ticket_page
from ..auth import agent
from ..shelves import Wrong, number
from ..shown import Input
from .ticket import VIA, back_to, say

LONGEST = 10_000
MOST_DAYS = 90


@require_http_methods(["GET", "POST"])
@agent
def reveal(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    """Asks first; only the answer to the POST holds the value, and no cache keeps it."""
    ticket = ticket_page.load(request.actor, number)
    secret = vault.on_ticket(ticket).filter(pk=pk).first()
    if secret is None:
        raise Missing
    value, gone = "", ""
    if request.method == "POST":
        try:
            value = vault.reveal(secret, by=request.actor, via=VIA)
        except vault.Gone as error:
            gone = str(error)
        secret.refresh_from_db()
    values = {
        "title": secret.title,
        "secret": secret,
        "state": _state(secret),
        "is_there": bool(secret.sealed) and not _expired(secret),
        "value": value,
        "gone": gone,
        "log": _log(secret),
        "action": request.get_full_path(),
        "cancel": reverse("desk:ticket", kwargs={"number": number}),
    }
    response = pages.dialog(request, "secret", values, status=410 if gone else 200)
    response.headers["Cache-Control"] = "no-store"
    return response


def _expired(secret: Secret) -> bool:
    return secret.expires_at is not None and secret.expires_at <= timezone.now()


def _state(secret: Secret) -> str:
    """What will become of it, in a sentence."""
    if not secret.sealed:
        return _("It was shown once and is destroyed.") if secret.view_once else _("It is destroyed.")
    if _expired(secret):
        return _("It has expired.")
    if secret.view_once:
        return _("It is shown this once and destroyed then. Your name is written down.")
    return _("Your name is written down when it is shown.")


def _log(secret: Secret) -> list[tuple[dt.datetime, str, str]]:
    """Who asked for it, newest first."""
    rows = list(Viewing.objects.filter(secret=secret).order_by("-id")[:50])
    names = dict(Person.objects.filter(pk__in=[r.person_id for r in rows if r.person_id]).values_list("pk", "name"))
    words = {"shown": _("was shown it"), "denied": _("was refused")}
    return [(r.at, names.get(r.person_id or 0, _("somebody")), words.get(r.outcome, _("came too late"))) for r in rows]


@require_http_methods(["GET", "POST"])
@agent
def new(request: HttpRequest, number: int) -> HttpResponse:
    """A secret for the team, on a note: sealed before it is stored."""
    ticket = ticket_page.load(request.actor, number)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            return _hand_over(request, ticket)
        except Wrong as wrong:
            errors = wrong.errors
        except Refused as refused:
            errors = {"title": [r.message for r in refused.refusals]}
    title = request.POST.get("title", "")
    inputs = [
        Input(
            "title", _("What it is"), value=title, required=True, limit=255, hint=_("Everybody here sees this name.")
        ),
        Input("value", _("Secret"), "textarea", "", rows=3, required=True, limit=LONGEST, wide=True),
        Input("days", _("Ends after days"), "number", request.POST.get("days", "7")),
        Input("once", _("Destroy it after it was shown once"), "checkbox", request.POST.get("once") == "on"),
    ]
    for one in inputs:
        one.errors = errors.get(one.name, [])
    values = {
        "title": _("Keep a secret on this ticket"),
        "action": request.get_full_path(),
        "inputs": inputs,
        "button": _("Keep it"),
        "cancel": reverse("desk:ticket", kwargs={"number": number}),
    }
    return pages.dialog(request, "small_form", values, status=422 if errors else 200)


def _hand_over(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    posted = request.POST
    title, value = posted.get("title", "").strip()[:255], posted.get("value", "").replace("\r\n", "\n")
    errors = {name: [_("This is needed.")] for name, text in (("title", title), ("value", value)) if not text.strip()}
    if len(value) > LONGEST:
        errors["value"] = [_("At most %(n)d characters.") % {"n": LONGEST}]
    if errors:
        raise Wrong(errors)
    ends = timezone.now() + dt.timedelta(days=number(posted, "days", 1, MOST_DAYS, 7))
    text, once = _("Secret: %(title)s") % {"title": title}, posted.get("once") == "on"
    with transaction.atomic():
        secret = vault.put(title, value, by=request.actor, view_once=once, expires_at=ends)
        also = (vault.hang([secret]),)
        done = commands.comment(ticket.pk, text, by=request.actor, via=VIA, internal=True, also=also)
    say(request, _("The secret is kept."), done.event)
    return back_to(request, ticket.pk, f"#entry-{done.comment.pk}" if done.comment else "")
