"""Writing on a ticket: replies and notes, drafts, previews, files (PL-202, RS-025)."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from polydesk.tickets import commands, queries
from polydesk.tickets.models import Attachment, Comment, Ticket
from polydesk.tickets.refusals import Missing, Refused, refuse
from polydesk.web import files, idempotency, markdown

from .. import completions, pages, sending, ticket_page
from ..auth import agent
from ..models import Draft
from ..shown import Input
from .preferences import back
from .ticket import VIA, back_to, render, say

MOST_FILES = 10


@require_POST
@agent
def comment(request: HttpRequest, number: int) -> HttpResponse:
    """A reply or a note, with files, commands and a next status, in one step; sent once however often it is clicked."""
    caller = f"desk:{request.actor.person_id}"
    return idempotency.form_once(request, lambda: _comment(request, number), caller=caller)


def _comment(request: HttpRequest, number: int) -> HttpResponse:
    ticket = ticket_page.load(request.actor, number)
    note = request.POST.get("mode") == "note"
    answer = sending.Answer(request.POST.get("text", ""), note, request.POST.get("then", ""))
    try:
        answer.files = _kept(request, ticket) + _files(request)
        if not note and (ask := _somebody_wrote(request, ticket)):
            return _refused(request, ticket, answer, [ask], ask=ask)
        done, held = sending.send(request.actor, ticket, answer, hold=sending.holds(request))
    except Refused as error:
        return _refused(request, ticket, answer, [str(r.message) for r in error.refusals])
    except files.TooLarge as error:
        return _refused(request, ticket, answer, [str(error)])
    Draft.objects.filter(person_id=request.actor.person_id, ticket=ticket).delete()
    if held:
        sending.remember(request)
        return back_to(request, number, f"#held-{held.pk}")
    if done.event:
        say(request, _("Done.") if not done.comment else _("Note kept.") if note else _("Sent."), done.event)
    return back_to(request, number, f"#entry-{done.comment.pk}" if done.comment else "")


def _refused(
    request: HttpRequest, ticket: Ticket, answer: sending.Answer, errors: list[str], ask: str = ""
) -> HttpResponse:
    """The page again with what was typed; the files wait in the draft, as a form cannot give them back."""
    sending.keep_draft(request.actor, ticket.pk, answer.text, note=answer.note, kept=sending.as_rows(answer.files))
    typed = {"text": answer.text, "mode": "note" if answer.note else "reply"}
    return render(request, ticket, status=422, composer={**typed, "ask": ask, "errors": errors})


@require_POST
@agent
def take_back(request: HttpRequest, held: int) -> HttpResponse:
    """Undo of a send: what was written is in the composer again (PL-205)."""
    number = sending.take_back(request.actor, held)
    if number is None:
        messages.error(request, _("It has been sent already."))
        return HttpResponseRedirect(back(request))
    ticket = reverse("desk:ticket", kwargs={"number": number})
    came = urlsplit(request.headers.get("Referer", ""))
    return HttpResponseRedirect(ticket + (f"?{came.query}" if came.path == ticket and came.query else "") + "#composer")


def _somebody_wrote(request: HttpRequest, ticket: Ticket) -> str:
    """A reply that was begun before somebody else's new message asks first (PL-204)."""
    seen, sure = request.POST.get("seen", ""), request.POST.get("sure", "")
    if not seen.isdecimal() or len(seen) > 18:
        return ""
    known = max(int(seen), int(sure) if sure.isdecimal() and len(sure) < 19 else 0)
    newer = queries.comments(request.actor, ticket).filter(pk__gt=known, internal=False)
    other = newer.exclude(author_id=request.actor.person_id).select_related("author").last()
    if other is None:
        return ""
    name = other.author.name if other.author else _("Somebody")
    return _("%(name)s has written since you began. Read it, then send again.") % {"name": name}


def _kept(request: HttpRequest, ticket: Ticket) -> list[commands.NewFile]:
    """Files of the draft that are still ticked; nobody names the bytes of others."""
    wanted = request.POST.getlist("kept")
    draft = wanted and Draft.objects.filter(person_id=request.actor.person_id, ticket=ticket).first()
    rows = [row for row in draft.files if row["sha256"] in wanted] if draft else []
    try:
        return sending.as_files(rows)
    except FileNotFoundError:
        raise refuse("gone", "files", _("A file of this draft is gone. Attach it again.")) from None


def _files(request: HttpRequest) -> list[commands.NewFile]:
    sent = request.FILES.getlist("files")
    if len(sent) > MOST_FILES:
        raise refuse("too_many_files", "files", _("At most %(n)d files at once.") % {"n": MOST_FILES})
    kept = []
    for file in sent:
        stored = files.store(file.chunks())
        kept.append(commands.NewFile(files.safe_name(file.name), stored.size, stored.sha256, stored.kind))
    return kept


@require_POST
@agent
def draft(request: HttpRequest, number: int) -> HttpResponse:
    """Keeps what is typed, so that no closed window loses it; an empty text forgets it."""
    ticket = queries.get(request.actor, number)
    text = request.POST.get("text", "")[:200_000]
    if text.strip():
        sending.keep_draft(request.actor, ticket.pk, text, note=request.POST.get("mode") == "note")
    else:
        Draft.objects.filter(person_id=request.actor.person_id, ticket=ticket, files=[]).delete()
        Draft.objects.filter(person_id=request.actor.person_id, ticket=ticket).update(text="")
    return HttpResponse(status=204)


@require_POST
@agent
def preview(request: HttpRequest) -> HttpResponse:
    return HttpResponse(markdown.render(request.POST.get("text", "")[:200_000]))


@require_GET
@agent
def complete(request: HttpRequest) -> HttpResponse:
    """What `/`, `@` and `#` offer while writing."""
    sign, q, ticket = request.GET.get("sign", ""), request.GET.get("q", "")[:60], request.GET.get("ticket", "")
    number = int(ticket) if ticket.isdecimal() and len(ticket) < 18 else 0
    note = request.GET.get("mode") == "note"
    return JsonResponse({"results": completions.offers(request.actor, sign, q, number, note=note)})


@require_http_methods(["GET", "POST"])
@agent
def edit_comment(request: HttpRequest, number: int, comment: int) -> HttpResponse:
    """The text of a message that stands already."""
    ticket = ticket_page.load(request.actor, number)
    entry: Comment | None = queries.comments(request.actor, ticket).filter(pk=comment).first()
    if entry is None:
        raise Missing
    errors: list[str] = []
    text = request.POST.get("text", entry.text)
    if request.method == "POST":
        try:
            if "remove" in request.POST:
                done = commands.remove_comment(entry, by=request.actor, via=VIA)
            else:
                done = commands.edit_comment(entry, by=request.actor, via=VIA, text=text)
        except Refused as error:
            errors = [r.message for r in error.refusals]
        else:
            say(request, _("Changed."), done.event)
            return back_to(request, number, f"#entry-{entry.pk}")
    values = {
        "title": _("Edit the message"),
        "action": request.get_full_path(),
        "inputs": [Input("text", _("Text"), "textarea", text, errors=errors, rows=8, wide=True)],
        "button": _("Save"),
        "other": ("remove", _("Take it back")),
        "cancel": ticket_page.reverse("desk:ticket", kwargs={"number": number}),
    }
    return pages.dialog(request, "small_form", values, status=422 if errors else 200)


@require_GET
@agent
def download(request: HttpRequest, uuid: str) -> HttpResponse:
    """A file, to whoever may see its ticket and the entry it stands on (RS-101)."""
    row = Attachment.objects.filter(uuid=uuid, organization_id=request.actor.organization_id).first()
    if row is None or row.ticket_id is None or not re.fullmatch(r"[0-9a-f]{64}", row.sha256):
        raise Missing
    ticket = queries.get(request.actor, row.ticket_id)
    if not queries.attachments(request.actor, ticket).filter(pk=row.pk).exists():
        raise Missing
    try:
        return files.download_response(row.sha256, row.name, row.content_type, even_held=request.actor.is_admin)
    except FileNotFoundError:
        raise Missing from None
