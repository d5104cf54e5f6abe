"""Which macros an actor may use on tickets of a kind."""

from __future__ import annotations

from django.db.models import QuerySet

from polydesk.directory import sharing
from polydesk.directory.actors import Actor

from .models import Macro


def kept(actor: Actor) -> QuerySet[Macro]:
    """The actor's own, his teams' and everybody's, in order."""
    return Macro.objects.filter(sharing.visible(actor)).order_by("position", "name", "id")


def visible(actor: Actor, kind: str = "") -> list[Macro]:
    """Those in use, for tickets of this kind when one is named."""
    found = kept(actor).filter(is_active=True)[:200]
    return [macro for macro in found if not kind or not macro.kinds or kind in macro.kinds]
