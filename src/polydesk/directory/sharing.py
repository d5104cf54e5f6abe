"""Rows that are one person's, a team's or everybody's: saved views, canned replies, macros.

Such a row has an `owner` or a `team`, or neither."""

from __future__ import annotations

from typing import Any, Protocol

from django.db.models import Q

from .actors import Actor


class Shared(Protocol):
    """What is asked of such a row."""

    owner_id: Any
    team_id: Any


def visible(actor: Actor) -> Q:
    """The actor's own, those of his teams and, for staff, everybody's."""
    everybodys = Q(owner=None, team=None) if actor.is_staff else Q(pk__in=())
    mine = Q(owner_id=actor.person_id) if actor.person_id else Q(pk__in=())
    return Q(organization_id=actor.organization_id) & (mine | Q(team__in=actor.team_ids) | everybodys)


def may_share(actor: Actor, team_id: int | None) -> bool:
    """A team gets rows from its own people; other teams, and everybody (None), from administrators."""
    return actor.is_admin or (team_id is not None and team_id in actor.team_ids)


def may_change(actor: Actor, row: Shared) -> bool:
    """Its owner, the people of its team, and administrators."""
    return bool(row.owner_id == actor.person_id) if row.owner_id else may_share(actor, row.team_id)
