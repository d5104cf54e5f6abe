"""Which macros an actor may use on tickets of a kind."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from polydesk.directory import sharing
from polydesk.directory.actors import Actor

from .models import Macro


def kept(actor: Actor) -> QuerySet[Macro]:
    """The actor's own, his teams' and everybody's, in order."""
    return _in_order(sharing.visible(actor))


def visible(actor: Actor, kind: str = "") -> list[Macro]:
    """Those in use, for tickets of this kind when one is named."""
    found = sharing.read(actor, _in_use)
    return [macro for macro in found if not kind or not macro.kinds or kind in macro.kinds]


def _in_order(visible: Q) -> QuerySet[Macro]:
    return Macro.objects.filter(visible).order_by("position", "name", "id")


def _in_use(visible: Q) -> QuerySet[Macro]:
    return _in_order(visible).filter(is_active=True)[:200]
