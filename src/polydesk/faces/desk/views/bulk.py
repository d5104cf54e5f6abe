"""Many tickets at once: each answers for itself, and one undo takes all of it back (PL-201, PL-205)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from polydesk.tickets import commands, queries
from polydesk.tickets.models import Event
from polydesk.tickets.refusals import Denied, Missing, Refused
from polydesk.web import idempotency

from ..auth import agent
from ..vocabulary import Vocabulary
from ..words import UNDO
from .preferences import back
from .properties import ALSO, read
from .ticket import VIA, complain

# More than a page shows at once; what is larger belongs to a program (RS-163).
MOST = 100


@require_POST
@agent
def act(request: HttpRequest) -> HttpResponse:
    """What the bar under a list asks for the ticked tickets."""
    return idempotency.form_once(request, lambda: _act(request), caller=f"desk:{request.actor.person_id}")


def _act(request: HttpRequest) -> HttpResponse:
    picked = [int(n) for n in request.POST.getlist("ticket") if n.isdecimal() and len(n) < 18][:MOST]
    chosen = list(queries.visible_to(request.actor).filter(pk__in=picked).order_by("pk").values_list("pk", flat=True))
    if not chosen:
        messages.error(request, _("No ticket is selected."))
    elif request.POST.get("do") == "merge":
        _merge(request, chosen)
    elif request.POST.get("do") == "close":
        _each(request, chosen, lambda pk: commands.close(pk, by=request.actor, via=VIA).event, _closed)
    else:
        _edit(request, chosen)
    return HttpResponseRedirect(back(request))


def _edit(request: HttpRequest, chosen: list[int]) -> None:
    typed = {
        n: "" if v == "-" else v for n in ("status", "assignee", "priority", "team") if (v := request.POST.get(n, ""))
    }
    values, wrong = read(typed, Vocabulary(request.actor), None)
    if wrong or not values:
        messages.error(request, _("Choose what to set first."))
        return
    _each(request, chosen, lambda pk: commands.edit(pk, values, by=request.actor, via=VIA, also=ALSO).event, _changed)


def _each(request: HttpRequest, chosen: list[int], do: Any, said: Any) -> None:
    """Each ticket in its own transaction: what one refuses does not stop the others."""
    events, refused = [], []
    for pk in chosen:
        try:
            event = do(pk)
        except Refused as error:
            refused.append(f"#{pk}: {' '.join(r.message for r in error.refusals)}")
        except Denied as error:
            refused.append(f"#{pk}: {error.reason}")
        except Missing:
            continue
        else:
            events += [event.pk] if event else []
    if events:
        messages.info(request, said(len(events)), extra_tags=" ".join(f"{UNDO}{pk}" for pk in events))
    if refused:
        messages.error(request, " ".join(refused[:5]))
    if not events and not refused:
        messages.info(request, _("Nothing to change: they are so already."))


def _closed(count: int) -> str:
    return ngettext("Closed %(count)d ticket.", "Closed %(count)d tickets.", count) % {"count": count}


def _changed(count: int) -> str:
    return ngettext("Changed %(count)d ticket.", "Changed %(count)d tickets.", count) % {"count": count}


def _merge(request: HttpRequest, chosen: list[int]) -> None:
    """Into the oldest of them."""
    if len(chosen) < 2:
        messages.error(request, _("Select at least two tickets to merge."))
        return
    target, *sources = chosen
    try:
        commands.merge(sources, target, by=request.actor, via=VIA)
    except Refused as error:
        return complain(request, error)
    newest = [Event.objects.filter(ticket_id=pk, verb="merge").order_by("-number").first() for pk in sources]
    text = _("Merged %(count)d into #%(number)s.") % {"count": len(sources), "number": target}
    messages.info(request, text, extra_tags=" ".join(f"{UNDO}{e.pk}" for e in newest if e))
