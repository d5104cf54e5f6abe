"""Choosing who else gets a view, a canned reply or a macro, both ways: as a form's choice, and as owner and team."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from polydesk.directory import sharing
from polydesk.directory.actors import Actor
from polydesk.tickets import prepared as writing
from polydesk.tickets.prepared import MINE, Readers

from .shelves import Wrong
from .shown import Input
from .vocabulary import Vocabulary

EVERYBODY = "all"


def choices(actor: Actor, vocabulary: Vocabulary) -> list[tuple[Any, str]]:
    """With whom the reader may share: his teams, and for administrators every team and everybody."""
    teams = [(pk, name) for pk, name in vocabulary.teams.items() if sharing.may_share(actor, pk)]
    everybody = [(EVERYBODY, _("Everybody"))] if sharing.may_share(actor, None) else []
    return [("", _("Only me")), *teams, *everybody]


def field(row: Any, actor: Actor, vocabulary: Vocabulary) -> Input:
    """The choice as a field with its present value; a new row is one's own."""
    present = "" if row is None or row.owner_id else row.team_id or EVERYBODY
    return Input("team", _("Shared with"), "select", present, choices(actor, vocabulary))


def read(text: str, actor: Actor, vocabulary: Vocabulary) -> Readers:
    """The readers that a choice means."""
    if not text:
        return MINE
    if text not in {str(value) for value, _name in choices(actor, vocabulary)}:
        raise Wrong({"team": [_("Choose one of the list.")]})
    return Readers(everybody=True) if text == EVERYBODY else Readers(team=int(text))


def keep(request: HttpRequest, row: Any, model: Any, values: dict[str, Any], vocabulary: Vocabulary) -> None:
    """Writes what a form gives, for the readers that it chooses; without a row a new one is made."""
    readers = read(request.POST.get("team", ""), request.actor, vocabulary)  # type: ignore[attr-defined]
    if row is None:
        writing.add(model(), values, by=request.actor, readers=readers)  # type: ignore[attr-defined]
    else:
        writing.change(row, values, by=request.actor, readers=readers)  # type: ignore[attr-defined]


def shown(row: Any, vocabulary: Vocabulary) -> str:
    """Whose it is, in words."""
    if row.owner_id:
        return _("Only me")
    return vocabulary.teams.get(row.team_id, "") if row.team_id else _("Everybody")
