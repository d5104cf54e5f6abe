"""Who is in a team, and what a team or a role grants: every change of it is remembered (RS-171, CE-072)."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from . import audit
from .models import Role, Team, TeamMember


@transaction.atomic
def admit(team: Team, person_id: int, *, by: int | None) -> TeamMember:
    """Put somebody into a team, whose rights act from the next request on (RC-294)."""
    member, is_new = TeamMember.objects.get_or_create(team=team, person_id=person_id)
    if is_new:
        _tell("team.joined", team, by, f"person {person_id} in team {team.pk}", rights=sorted(team.rights))
    return member


@transaction.atomic
def dismiss(team: Team, person_id: int, *, by: int | None) -> bool:
    """Take somebody out of a team; False when he was not in it."""
    found, _ = TeamMember.objects.filter(team=team, person_id=person_id).delete()
    if found:
        _tell("team.left", team, by, f"person {person_id} in team {team.pk}")
    return bool(found)


def regranted(holder: Team | Role, before: Iterable[str], *, by: int | None) -> None:
    """Remember which rights a team or role was given and which were taken, if any."""
    now, then = set(holder.rights), set(before)
    if now != then:
        what = type(holder).__name__.lower()
        details = {"given": sorted(now - then), "taken": sorted(then - now)}
        _tell(f"{what}.rights_changed", holder, by, f"{what} {holder.pk}", **details)


def disbanded(team: Team, number: int, *, by: int | None) -> None:
    """Remember that a team is gone with its rights; its row has no number any more."""
    _tell("team.deleted", team, by, f"team {number}", rights=sorted(team.rights))


def _tell(verb: str, holder: Team | Role, by: int | None, subject: str, **details: object) -> None:
    audit.record(verb, organization_id=holder.organization_id, actor_id=by, subject=subject, **details)
