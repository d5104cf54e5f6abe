"""Sending what an agent wrote: at once, or held for ten seconds on the server so that it can be taken back (PL-205)."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from polydesk import jobs
from polydesk.directory import actors
from polydesk.directory.actors import Actor
from polydesk.features import slashes
from polydesk.features.checklists.rules import checklist_is_done
from polydesk.jobs.running import Running
from polydesk.tickets import commands
from polydesk.tickets.models import Ticket
from polydesk.tickets.queries import get
from polydesk.tickets.refusals import Denied, Missing, Refused, refuse
from polydesk.tickets.rules import assignment, lifecycle
from polydesk.web import files
from polydesk.web.sentences import spoken_to_people

from . import preferences, slash
from .models import Draft, Held
from .vocabulary import Vocabulary

VIA = "web"
HOLD = timedelta(seconds=10)
ALSO = (assignment.status_follows_assignment, lifecycle.status_is_offered, checklist_is_done)
# Pages look for held answers only while this mark of the session is ahead: others pay no statement for it.
MARK = "desk_held_until"


@dataclass(slots=True)
class Answer:
    """What was written: `then` is the status to set with it, `files` are stored already."""

    text: str
    note: bool = False
    then: str = ""
    files: list[commands.NewFile] = field(default_factory=list)


def send(actor: Actor, ticket: Ticket, answer: Answer, *, hold: bool) -> tuple[commands.Outcome, Held | None]:
    """Writes the answer; a reply to be held is written, taken back at once and kept: what is refused is told now."""
    with transaction.atomic():
        done = write(actor, ticket, answer)
        holding = hold and not answer.note and done.comment is not None
        if holding:
            transaction.set_rollback(True)
    held = keep(actor, ticket, answer) if holding else None
    return done, held


def write(actor: Actor, ticket: Ticket, answer: Answer) -> commands.Outcome:
    """The message with what its commands ask for; commands alone are an edit without a message."""
    text, values = slash.take(answer.text, Vocabulary(actor), actor, ticket)
    if answer.then:
        values = {"status": answer.then, **values}
    plan = slashes.plan(text, by=actor, ticket=ticket)
    if plan.items:
        values = {**values, "items": [*ticket.items, *(list(pair) for pair in plan.items)]}
    if plan.text.strip() or answer.files:
        done = commands.comment(
            ticket.pk,
            plan.text,
            by=actor,
            via=VIA,
            internal=answer.note,
            files=answer.files,
            values=values,
            seconds=plan.seconds,
            may_be_empty=bool(values),
            also=ALSO,
        )
    elif plan.seconds:
        done = commands.add_time(ticket.pk, plan.seconds, by=actor, via=VIA)
        done = commands.edit(ticket.pk, values, by=actor, via=VIA, also=ALSO) if values else done
    elif values or plan.relations:
        done = commands.edit(ticket.pk, values, by=actor, via=VIA, also=ALSO)
    else:
        raise refuse("empty", "text", _("There is nothing to send yet: write a line or attach a file."))
    slashes.relate(ticket, plan.relations, by=actor, via=VIA)
    return done


def keep(actor: Actor, ticket: Ticket, answer: Answer) -> Held:
    """The answer as a row and a job in the caller's transaction: from here on no closed window loses it."""
    held = Held.objects.create(
        organization_id=actor.organization_id,
        person_id=actor.person_id,
        ticket=ticket,
        text=answer.text,
        then=answer.then,
        files=as_rows(answer.files),
        due=timezone.now() + HOLD,
    )
    jobs.later("desk.send", {"held": held.pk}, due=held.due, lane=f"desk.send:{ticket.pk}")
    return held


@jobs.job("desk.send")
def send_held(job: Running) -> None:
    """The time to take it back is over. One that was taken back has no row; one that is refused now stays, with why."""
    held = Held.objects.select_for_update().filter(pk=job.args["held"], failed="").first()
    if held is None:
        return
    person = held.person
    with translation.override(person.language or translation.get_language()), spoken_to_people():
        try:
            with transaction.atomic():
                _send_now(held)
        except Refused as error:
            held.failed = " ".join(str(r.message) for r in error.refusals)
        except (Denied, Missing):
            held.failed = _("You may not write on this ticket any more.")
        except FileNotFoundError:
            held.failed = _("A file of it is gone.")
    if held.failed:
        held.save(update_fields=["failed"])
    else:
        held.delete()


def _send_now(held: Held) -> None:
    actor = actors.of(held.person, held.organization_id)
    if actor is None:
        raise Missing
    write(actor, get(actor, held.ticket_id), Answer(held.text, False, held.then, as_files(held.files)))


def take_back(actor: Actor, pk: int) -> int | None:
    """Puts a held answer back into the composer, before what was begun there since; the ticket's number, or None when
    it has been sent already."""
    with transaction.atomic():
        held = Held.objects.select_for_update().filter(pk=pk, person_id=actor.person_id).first()
        if held is None:
            return None
        draft = Draft.objects.filter(person_id=actor.person_id, ticket_id=held.ticket_id).first()
        begun, more = (draft.text, draft.files) if draft else ("", [])
        texts = [text for text in (held.text, begun) if text.strip()]
        keep_draft(actor, held.ticket_id, "\n\n".join(texts), note=False, kept=[*held.files, *more])
        held.delete()
    return held.ticket_id


def keep_draft(
    actor: Actor, ticket_id: int, text: str, *, note: bool, kept: list[dict[str, Any]] | None = None
) -> None:
    """What is typed and not sent; `kept` are its files, which stay as they are when nothing is said of them."""
    values: dict[str, Any] = {"text": text, "mode": "note" if note else "reply"}
    if kept is not None:
        values["files"] = list({(row["sha256"], row["name"]): row for row in kept}.values())
    Draft.objects.update_or_create(person_id=actor.person_id, ticket_id=ticket_id, defaults=values)


def as_rows(kept: list[commands.NewFile]) -> list[dict[str, Any]]:
    return [{k: v for k, v in asdict(f).items() if k in ("name", "size", "sha256", "content_type")} for f in kept]


def as_files(rows: list[dict[str, Any]]) -> list[commands.NewFile]:
    """Stored files again; FileNotFoundError when the bytes of one are gone."""
    for row in rows:
        files.path(row["sha256"]).stat()
    return [commands.NewFile(**row) for row in rows]


def holds(request: HttpRequest) -> bool:
    """Does this reader want his replies held?"""
    return preferences.of(request)["hold"] == "on"


def remember(request: HttpRequest) -> None:
    request.session[MARK] = time.time() + HOLD.total_seconds() + 2


def waiting(request: HttpRequest) -> list[Held]:
    """The reader's answers that can still be taken back, for the toasts of every page."""
    if float(request.session.get(MARK, 0)) < time.time():
        return []
    mine = Held.objects.filter(person_id=request.actor.person_id, failed="", due__gt=timezone.now())  # type: ignore[attr-defined]
    return list(mine.order_by("pk"))
