"""The words of a notification: one sentence in the inbox, subject and body of a mail.

An organization may have its own subject and body. They are filled by looking up listed names and nothing else: what is
no such name gives empty text (RS-088)."""

from __future__ import annotations

from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from polydesk.directory.actors import Actor
from polydesk.tickets.refusals import Denied, refuse
from polydesk.web.sentences import say

from .addresses import header
from .models import Wording
from .news import WHATS

NAMES = (
    "sentence",
    "comment.text",
    "left",
    "link",
    "why",
    "ticket.number",
    "ticket.title",
    "ticket.status",
    "person.name",
    "actor.name",
    "organization.name",
)
"""What a text may name between double braces."""

SUBJECT = "[{{organization.name}} #{{ticket.number}}] {{ticket.title}}"
BODY = "{{sentence}}\n\n{{comment.text}}\n\n{{left}}\n\n{{link}}\n\n-- \n{{why}}"
LONGEST_BODY = 20_000

LABELS = {
    "approval": gettext_lazy("My approval is asked"),
    "stopped": gettext_lazy("An automation is switched off"),
    "called": gettext_lazy("An automation calls me to a ticket"),
    "mention": gettext_lazy("Somebody mentions me"),
    "assignment": gettext_lazy("A ticket is given to me or my team"),
    "solved": gettext_lazy("A ticket of mine is solved"),
    "reopened": gettext_lazy("A ticket of mine comes back"),
    "word": gettext_lazy("Word is sent to those who follow a ticket"),
    "message": gettext_lazy("A message on a ticket of mine"),
    "note": gettext_lazy("A note on a ticket of mine"),
    "breach": gettext_lazy("A ticket of mine is late"),
    "opened": gettext_lazy("A ticket is opened for me"),
}
"""Kinds of news as people choose among them."""


def of(organization_id: int, what: str) -> tuple[str, str]:
    """Subject and body for the language in force: the organization's own, else ours. One query."""
    language = (translation.get_language() or "").partition("-")[0]
    found = Wording.objects.filter(organization_id=organization_id, what=what, language__in=["", language])
    own = max(found, key=lambda row: len(row.language), default=None)
    return (own.subject if own and own.subject else SUBJECT), (own.body if own and own.body else BODY)


def sentence(what: str, reason: str, actor: str) -> str:
    """What happened, for the one who is told."""
    who = {"actor": actor or _("The desk")}
    if what == "assignment":
        return (_("%(actor)s gave this to your team.") if reason == "team" else _("%(actor)s gave this to you.")) % who
    if what == "opened" and reason == "requester":
        return _("%(actor)s opened this for you.") % who
    sentences = {
        "approval": _("%(actor)s asks for your approval."),
        "stopped": _("An automation went in circles here and was switched off."),
        "called": _("An automation of your desk calls you to this."),
        "mention": _("%(actor)s mentioned you."),
        "solved": _("%(actor)s solved this."),
        "reopened": _("%(actor)s opened this again."),
        "word": _("%(actor)s sends word to everybody who follows this."),
        "message": _("%(actor)s wrote a message."),
        "note": _("%(actor)s wrote a note that only your team sees."),
        "breach": _("A promise of the service level was missed."),
        "opened": _("%(actor)s opened this, and you follow it."),
    }
    return sentences[what] % who


def why(reason: str) -> str:
    """Why this person is told."""
    return {
        "approver": _("You get this because you are asked to approve."),
        "called": _("You get this because an automation names you or your team."),
        "mentioned": _("You get this because you were mentioned."),
        "assignee": _("You get this because you work on it."),
        "team": _("You get this because your team works on it."),
        "requester": _("You get this because you asked for it."),
        "watching": _("You get this because you follow it."),
    }[reason]


def turn(seen: str) -> str:
    """How it stands with a request, for those who asked for it."""
    return {
        "open": _("We are working on it"),
        "waiting": _("We are waiting for your answer"),
        "solved": _("We think it is solved"),
        "closed": _("Closed"),
    }[seen]


def change(by: Actor, what: str, *, subject: str = "", body: str = "", language: str = "") -> Wording | None:
    """An organization's own words for one kind of news; empty ones are ours again. For administrators."""
    if not by.is_admin:
        raise Denied(say("Texts of notifications are written by administrators."))
    if what not in WHATS:
        raise refuse("unknown", "what", say("There is no such kind of news."))
    if len(body) > LONGEST_BODY:
        raise refuse("too_long", "body", say("The text may have at most %(most)s characters.", most=LONGEST_BODY))
    place: dict[str, Any] = {"organization_id": by.organization_id, "what": what, "language": language}
    row = Wording.objects.filter(**place).first()
    if not (subject or body):
        if row is not None:
            row.delete()
        return None
    row = row or Wording(**place, version=0)
    row.subject, row.body = header(subject), body
    row.version += 1
    row.save()
    return row
