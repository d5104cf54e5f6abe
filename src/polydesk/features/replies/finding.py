"""Which canned replies an actor may use, and which fit what was typed."""

from __future__ import annotations

from django.db.models import QuerySet

from polydesk.directory import sharing
from polydesk.directory.actors import Actor

from .models import CannedReply


def visible(actor: Actor) -> QuerySet[CannedReply]:
    """Those in use that the actor may put into an answer: his own, his teams' and everybody's."""
    return kept(actor).filter(is_active=True)


def kept(actor: Actor) -> QuerySet[CannedReply]:
    """The same with those out of use, by folder and name."""
    return CannedReply.objects.filter(sharing.visible(actor)).order_by("folder", "name", "id")


def offered(actor: Actor, word: str, most: int = 8) -> list[CannedReply]:
    """Those whose shortcut or name begins with what was typed, shortcuts first."""
    low = word.casefold()
    found = [r for r in visible(actor)[:500] if r.shortcut.startswith(low) or r.name.casefold().startswith(low)]
    return sorted(found, key=lambda r: (not r.shortcut.startswith(low) or not r.shortcut, r.name.casefold()))[:most]
