"""Rows that are one person's, a team's or everybody's: saved views, canned replies, macros.

Such a row has an `owner` or a `team`, or neither."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from django.db.models import Model, Q, QuerySet

from polydesk.web.compiled import Compiled

from .actors import Actor

M = TypeVar("M", bound=Model)


class Shared(Protocol):
    """What is asked of such a row."""

    owner_id: Any
    team_id: Any


def visible(actor: Actor) -> Q:
    """The actor's own, those of his teams and, for staff, everybody's."""
    return _visible(actor.is_staff, *_ids(actor))


def read(actor: Actor, build: Callable[[Q], QuerySet[M]]) -> list[M]:
    """The rows of a queryset that `build`, a function of a module, makes of what is visible. One query."""
    ids = _ids(actor)
    return _compiled(build, actor.is_staff, len(ids))(*ids)


def _ids(actor: Actor) -> tuple[int, ...]:
    return actor.organization_id, actor.person_id or 0, *actor.team_ids


@lru_cache(maxsize=256)
def _compiled(build: Callable[[Q], QuerySet[M]], is_staff: bool, ids: int) -> Compiled[M]:
    return Compiled(lambda *marks: build(_visible(is_staff, *marks)))


def _visible(is_staff: bool, organization: int, person: int, *teams: int) -> Q:
    everybodys = Q(owner=None, team=None) if is_staff else Q(pk__in=())
    return Q(organization_id=organization) & (Q(owner_id=person) | Q(team__in=teams) | everybodys)


def may_share(actor: Actor, team_id: int | None) -> bool:
    """A team gets rows from its own people; other teams, and everybody (None), from administrators."""
    return actor.is_admin or (team_id is not None and team_id in actor.team_ids)


def may_change(actor: Actor, row: Shared) -> bool:
    """Its owner, the people of its team, and administrators."""
    return bool(row.owner_id == actor.person_id) if row.owner_id else may_share(actor, row.team_id)
