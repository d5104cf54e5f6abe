"""Erasing a person on request: names, addresses and texts go, the chain of events still verifies (RS-174).

The row of the person stays as a nameless one, since tickets, comments and events refer to it; what it said and what was
said of it in the values of events is emptied. Facts (who, when, which verb) and digests stay, so nothing breaks."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q

from polydesk.directory import actors, audit
from polydesk.directory.actors import Actor
from polydesk.directory.models import Credential, Membership, Person
from polydesk.web.sentences import say

from . import edits
from .edits import Part
from .models import Attachment, Comment, Event, Ticket
from .refusals import Denied, Missing

ERASED = "(erased)"
PERSONAL = ("first_name", "last_name", "email", "phone", "mobile", "title")


@transaction.atomic
def erase(person: Person, *, by: Actor) -> int:
    """Erase a person of the actor's organization; administrators only. Answers how many events lost their values."""
    if not by.is_admin:
        raise Denied(say("Only administrators erase people."))
    if person.organization_id != by.organization_id:
        raise Missing
    tickets = Ticket.objects.filter(organization_id=by.organization_id)
    asked = set(tickets.filter(requester=person).values_list("pk", flat=True))
    entries = dict(Comment.objects.filter(author=person).exclude(type="opening").values_list("pk", "ticket_id"))
    Comment.objects.filter(pk__in=entries).update(text=ERASED, format="plain")
    for ticket_id in sorted(asked | set(entries.values())):
        _blank(ticket_id, by, is_theirs=ticket_id in asked, entries=[e for e, t in entries.items() if t == ticket_id])
    Attachment.objects.filter(author=person, deleted_at__isnull=True).update(deleted_at=edits.now())
    events = Event.objects.filter(organization_id=by.organization_id, erased_at__isnull=True).filter(
        Q(ticket_id__in=asked) | Q(actor_id=person.pk) | Q(comment_id__in=entries)
    )
    emptied = events.update(changes={}, salt="", erased_at=edits.now())
    _forget(person)
    audit.record(
        "person.erased", organization_id=by.organization_id, actor_id=by.person_id, subject=f"person {person.pk}"
    )
    return emptied


def _blank(ticket_id: int, by: Actor, *, is_theirs: bool, entries: list[int]) -> None:
    """Through the write path, so that search and every face see the emptied texts."""
    with edits.begin(by.organization_id) as batch:
        edit = batch.edit(batch.lock(ticket_id), actors.system(by.organization_id), verb="erase", via="erasure")
        if is_theirs:
            edit.set("title", ERASED)
            edit.set("description", ERASED if edit.was("description") else "")
            edit.set("fields", {})
        for entry in entries:
            kept = {"id": entry, "before": {}, "after": {"text": ERASED}}
            edit.add(Part("comment_edit", describe=lambda kept=kept: kept))  # type: ignore[misc]
        batch.record(edit)


def _forget(person: Person) -> None:
    for name in PERSONAL:
        setattr(person, name, "")
    person.name, person.login, person.user, person.is_active = f"Erased person {person.pk}", None, None, False
    person.preferences, person.extra, person.erased_at = {}, {}, edits.now()
    person.save()
    Membership.objects.filter(person=person).update(is_active=False)
    Credential.objects.filter(person=person, revoked_at=None).update(revoked_at=edits.now())
