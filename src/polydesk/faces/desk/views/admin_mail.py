"""Incoming mail: what came, what became of it, and what waits in quarantine for somebody to decide (PL-207, RS-076)."""

from __future__ import annotations

import re
from types import SimpleNamespace
from urllib.parse import urlencode

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from polydesk.directory.models import Person
from polydesk.features.mailboxes import messages as mail
from polydesk.features.mailboxes.models import Message
from polydesk.tickets.refusals import Missing, Refused, refuse

from .. import admin, fields
from ..auth import administrator
from ..shown import Input, Item
from ..vocabulary import Vocabulary
from .mail import download

PAGE = 50
SHOWN = 64 * 1024
"""Bytes of a message's source that its page shows."""
ALL = "all"
STATES = {
    Message.HELD: (gettext_lazy("In quarantine"), "waiting"),
    Message.ASIDE: (gettext_lazy("Set aside"), "closed"),
    Message.WAITING: (gettext_lazy("Waiting to be read"), "new"),
    Message.TAKEN: (gettext_lazy("Taken"), "solved"),
    Message.DROPPED: (gettext_lazy("Dropped"), "dropped"),
}
"""Each state's name and the glyph of a phase that looks like it."""
NONE = {
    Message.HELD: gettext_lazy("Nothing is in quarantine. What is held back comes here, until somebody decides."),
    Message.ASIDE: gettext_lazy("Nothing was set aside. What is no request, such as an absence note, comes here."),
    Message.WAITING: gettext_lazy("Nothing waits: all that came in was read."),
    Message.TAKEN: gettext_lazy("No message has become a ticket or an answer yet."),
    Message.DROPPED: gettext_lazy("Nothing was dropped."),
    ALL: gettext_lazy("No mail has come in yet. It comes by a mailbox: an address that people write to."),
}
OPEN = (Message.HELD, Message.ASIDE)
"""What somebody may still decide about."""
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@require_GET
@administrator
def listing(request: HttpRequest) -> HttpResponse:
    """Newest first. Opens with the quarantine when somebody has to decide, else with everything."""
    held = admin.held(request)
    asked = request.GET.get("state", "")
    state = asked if asked in STATES or asked == ALL else Message.HELD if held else ALL
    found = mail.listed(request.actor, "" if state == ALL else state)
    before = _before(request.GET.get("before", ""))
    rows = list((found.filter(pk__lt=before) if before else found)[: PAGE + 1])
    here = reverse("desk:admin_mail")
    older = urlencode({"state": state, "before": rows[PAGE - 1].pk}) if len(rows) > PAGE else ""
    values = {
        "title": _("Incoming mail"),
        "tabs": [
            Item(
                str(name),
                f"{here}?state={key}",
                count=str(held) if key == Message.HELD and held else None,
                here=key == state,
            )
            for key, name in {ALL: _("All"), **{key: name for key, (name, _phase) in STATES.items()}}.items()
        ],
        "rows": [_row(m) for m in rows[:PAGE]],
        "older": f"?{older}" if older else "",
        "nothing": str(NONE[state]),
        "outcome": _("Why") if state in OPEN else _("What became of it"),
        "to_mailboxes": reverse("desk:admin_mailboxes") if state == ALL else "",
        "state": state,
        "before": before or "",
    }
    return admin.page(request, "admin_mail", "mail", values)


@require_GET
@administrator
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """One message: what is known of it, and how its source begins."""
    message = mail.get(pk, by=request.actor)
    source, is_cut = _source(message)
    values = {
        "title": message.subject or _("(no subject)"),
        "row": _row(message),
        "message": message,
        "person": message.person,
        "source": source,
        "is_cut": is_cut,
        "back": reverse("desk:admin_mail"),
        "requester": Input("requester", _("For whom"), "lookup", "", source=reverse("desk:people"), required=True),
    }
    return admin.page(request, "admin_message", "mail", values)


@require_GET
@administrator
def raw(request: HttpRequest, pk: int) -> FileResponse:
    """All of its bytes."""
    return download(request, mail.get(pk, by=request.actor))


@require_POST
@administrator
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Let one in, drop it, or bring it back; the list stays where it was. Who has to say more is led to its page."""
    message, do = mail.get(pk, by=request.actor), request.POST.get("do", "")
    if do not in ("take", "drop", "back"):
        raise Missing
    try:
        if do == "take":
            mail.let_in(message, by=request.actor, requester=_for(request))
            messages.info(request, _("It is taken in: in a moment it is a ticket or an answer."))
        elif do == "drop":
            mail.drop(message, by=request.actor)
            messages.info(request, _("Dropped: nothing becomes of it."))
        else:
            mail.bring_back(message, by=request.actor)
            messages.info(request, _("It is back in quarantine."))
    except Refused as error:
        messages.error(request, " ".join(refusal.message for refusal in error.refusals))
        if error.refusals[0].field == "requester":
            return HttpResponseRedirect(reverse("desk:admin_message", kwargs={"pk": pk}))
    state, before = request.POST.get("state", ""), _before(request.POST.get("before", ""))
    place = {"state": state} if state in STATES or state == ALL else {}
    asked = urlencode({**place, **({"before": before} if before else {})})
    return HttpResponseRedirect(reverse("desk:admin_mail") + (f"?{asked}" if asked else ""))


def _is_open(message: Message) -> bool:
    """May somebody still decide about it?"""
    return message.state in OPEN or (message.state == Message.DROPPED and bool(message.sha256))


def _for(request: HttpRequest) -> Person | None:
    """For whom the ticket of a message without a sender is."""
    text = request.POST.get("requester", "")
    try:
        found = fields.person(text, Vocabulary(request.actor), None)
    except fields.Unreadable as error:
        raise refuse("unknown", "requester", str(error)) from error
    return Person.objects.get(pk=found) if found else None


def _before(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _row(message: Message) -> SimpleNamespace:
    """What a template says of a message."""
    name, phase = STATES[message.state]
    return SimpleNamespace(
        url=reverse("desk:admin_message", kwargs={"pk": message.pk}),
        decide=reverse("desk:admin_decide", kwargs={"pk": message.pk}) if _is_open(message) else "",
        is_dropped=message.state == Message.DROPPED,
        may_be_taken=bool(message.sha256),
        raw=reverse("desk:admin_mail_raw", kwargs={"pk": message.pk}) if message.sha256 else "",
        at=message.received_at,
        sender=message.sender or _("unknown"),
        subject=message.subject or _("(no subject)"),
        mailbox=message.mailbox.address,
        state=str(name),
        phase=phase,
        why=mail.in_words(message.reason, message.reason_values),
        needs_requester=message.state in OPEN and mail.needs_requester(message),
        ticket=message.ticket_id,
    )


def _source(message: Message) -> tuple[str, bool]:
    """How its source begins, without letters that nobody sees or that turn others around; and whether more follows."""
    try:
        source = mail.raw(message) if message.sha256 else b""
    except Missing:
        source = b""
    text = source[:SHOWN].decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    return _UNSEEN.sub("\ufffd", text), len(source) > SHOWN
