"""rate: a customer's judgement of a ticket or of one entry, in the scale it was given (RC-091, RC-185 … RC-188)."""

from __future__ import annotations

from typing import Any

from polydesk.directory.actors import Actor
from polydesk.tickets import edits
from polydesk.tickets.edits import Edit, Part, encode
from polydesk.tickets.kinds import RATING_SCALES
from polydesk.tickets.models import Comment, Rating
from polydesk.tickets.refusals import Missing, refuse
from polydesk.web.sentences import say

from . import door
from .door import TicketOrId


def rate(
    ticket: TicketOrId,
    *,
    scale: str,
    score: int,
    by: Actor,
    via: str,
    text: str = "",
    comment: Comment | int | None = None,
) -> Any:
    """Give a score. Earlier ratings stay in the history; only ticket ratings move the thermometer."""
    from .fields import finish

    with edits.begin(by.organization_id) as batch:
        locked = door.enter(batch, by, ticket, "rate")
        if locked.channel == "mailing":
            raise refuse("mailings_are_not_rated", "rating", say("A mailing cannot be rated."))
        change = batch.edit(locked, by, verb="rate", via=via)
        if comment is None:
            change.add(rating_part(change, scale, score, text))
        else:
            change.add(_entry_part(change, _entry(locked.pk, comment), scale, score, text))
        change.settle()
        batch.record(change)
        return finish(batch, change)


def rating_part(change: Edit, scale: str, score: int, text: str = "") -> Part:
    """The rating of the whole ticket as part of an edit; the ticket shows the newest and the one before."""
    row = _row(change, scale, score, text)
    current = change.get("rating")
    previous = {k: v for k, v in current.items() if k != "previous"} if current else None
    change.set("rating", {**_shown(row), **({"previous": previous} if previous else {})})
    return Part("rating", describe=lambda: {"id": row.pk, **_shown(row)}, rows=(row,), public=True)


def _entry_part(change: Edit, entry: Comment, scale: str, score: int, text: str) -> Part:
    row = _row(change, scale, score, text)
    row.comment = entry

    def write() -> None:
        entry.rating = _shown(row)
        entry.save(update_fields=["rating"])

    return Part(
        "comment_rating",
        describe=lambda: {"id": row.pk, "comment": entry.pk, **_shown(row)},
        rows=(row,),
        write=write,
        public=True,
    )


def _row(change: Edit, scale: str, score: int, text: str) -> Rating:
    low, high = RATING_SCALES.get(scale, (0, 0))
    if scale not in RATING_SCALES:
        raise refuse("unknown", "rating", say("There is no scale “%(scale)s”.", scale=scale))
    if not low <= score <= high or (scale == "plus_minus" and score == 0):
        raise refuse(
            "out_of_range", "rating", say("The score must be between %(low)s and %(high)s.", low=low, high=high)
        )
    return Rating(scale=scale, score=score, text=text, by_id=change.actor.person_id, at=change.at)


def _shown(row: Rating) -> dict[str, Any]:
    return {"scale": row.scale, "score": row.score, "text": row.text, "at": encode(row.at), "by": row.by_id}


def _entry(ticket_id: int, comment: Comment | int) -> Comment:
    number = comment.pk if isinstance(comment, Comment) else comment
    row = Comment.objects.filter(pk=number, ticket_id=ticket_id, deleted_at__isnull=True).first()
    if row is None:
        raise Missing
    return row
