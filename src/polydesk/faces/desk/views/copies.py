"""Who is copied on a ticket: let somebody in, add one, take one off (RS-072)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from polydesk.directory.models import Person
from polydesk.features.mailboxes import copied
from polydesk.tickets.models import Ticket
from polydesk.tickets.refusals import Denied, Missing, Refused, refuse

from .. import fields, ticket_page
from ..auth import agent
from ..shown import Input
from ..vocabulary import Vocabulary
from .acts import form
from .ticket import VIA, back_to, complain, say


@require_http_methods(["GET", "POST"])
@agent
def add(request: HttpRequest, number: int) -> HttpResponse:
    """Somebody known by name or address, or a new contact by address."""
    ticket = ticket_page.load(request.actor, number)

    def act() -> HttpResponse:
        text = request.POST.get("person", "").strip()
        person = _known(request, ticket, text)
        done = copied.add(ticket.pk, text, by=request.actor, via=VIA, person=person)
        say(request, _("%(name)s gets the answers from now on.") % {"name": person.name if person else text}, done)
        return back_to(request, number)

    inputs = [
        Input(
            "person",
            _("Person or address"),
            "lookup",
            "",
            source=reverse("desk:people"),
            required=True,
            hint=_("An address that nobody has here becomes a contact."),
        )
    ]
    return form(request, ticket, act, title=_("Add a copy"), button=_("Add"), inputs=inputs)


def _known(request: HttpRequest, ticket: Ticket, text: str) -> Person | None:
    try:
        found = fields.person(text, Vocabulary(request.actor), ticket)
    except fields.Unreadable as error:
        if "@" in text and " " not in text:
            return None
        raise refuse("unknown", "person", str(error)) from error
    return Person.objects.get(pk=found) if found else None


@require_POST
@agent
def decide(request: HttpRequest, number: int) -> HttpResponse:
    """`let` in or leave `out` an address that a mail copied; take a person `off`."""
    posted, here = request.POST, {"by": request.actor, "via": VIA}
    try:
        if address := posted.get("let", ""):
            done = copied.add(number, address, **here)
            say(request, _("%(name)s gets the answers from now on.") % {"name": address}, done)
        elif address := posted.get("out", ""):
            done = copied.leave_out(number, address, **here)
            say(request, _("%(name)s gets no answers.") % {"name": address}, done)
        else:
            done = copied.take_off(number, _pk(posted.get("off", "")), **here)
            say(request, _("The copy is taken off."), done)
    except (Refused, Denied) as error:
        complain(request, error)
    return back_to(request, number)


def _pk(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise Missing
    return int(text)
