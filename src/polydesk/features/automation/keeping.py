"""Making, changing, switching and forgetting automations, for administrators; every save is a version to go back to."""

from __future__ import annotations

from typing import Any

import msgspec
from django.db import transaction
from django.db.models import QuerySet

from polydesk.directory import audit
from polydesk.directory.actors import Actor
from polydesk.tickets import edits
from polydesk.tickets.prepared import require_version
from polydesk.tickets.refusals import Denied, Missing, refuse
from polydesk.web.sentences import say

from . import recipe as recipes
from .checking import check
from .models import Automation, Run, Version

MOST = 200


def listed(by: Actor) -> QuerySet[Automation]:
    """All of the actor's organization, in the order in which they act."""
    _require_admin(by)
    return Automation.objects.filter(organization_id=by.organization_id).order_by("position", "pk")


def get(number: int, *, by: Actor) -> Automation:
    """One of the actor's organization; Missing for any other number."""
    row = listed(by).filter(pk=number).first()
    if row is None:
        raise Missing
    return row


@transaction.atomic
def keep(
    row: Automation | None,
    *,
    by: Actor,
    name: str,
    recipe: recipes.Recipe | dict[str, Any],
    position: int = 0,
    expected: int | None = None,
) -> Automation:
    """Make one (it is off), or change one; Refused with every reason and the part that it is about."""
    _require_admin(by)
    made = _shaped(recipe)
    if not name.strip() or len(name) > 100:
        raise refuse("required", "name", say("Give a name of at most 100 characters."))
    check(made, by.organization_id)
    if row is None and listed(by).count() >= MOST:
        raise refuse("too_many", "", say("A desk has at most %(most)s automations.", most=MOST))
    kept = _locked(row, by, expected)
    before = (kept.name, kept.recipe, kept.position)
    kept.name, kept.recipe, kept.position = name.strip(), recipes.written(made), position
    kept.is_timed = isinstance(made.when, recipes.Time)
    if before == (kept.name, kept.recipe, kept.position):
        return kept
    kept.version += 0 if kept.pk is None else 1
    verb = "automation.created" if kept.pk is None else "automation.changed"
    kept.save()
    Version.objects.create(automation=kept, number=kept.version, name=kept.name, recipe=kept.recipe, by_id=by.person_id)
    _tell(verb, kept, by, version=kept.version)
    return kept


def go_back(row: Automation, number: int, *, by: Actor) -> Automation:
    """Make it what it was in a former version, by a new one; refused where that fits the desk no more."""
    found = Version.objects.filter(automation=row, number=number).first()
    if found is None:
        raise Missing
    return keep(row, by=by, name=found.name, recipe=found.recipe, position=row.position)


@transaction.atomic
def switch(row: Automation, on: bool, *, by: Actor) -> None:
    """On, if it still fits the desk; or off."""
    _require_admin(by)
    kept = _locked(row, by)
    if kept.is_active == on:
        return
    if on:
        check(kept.parts, by.organization_id)
    stop = {"stopped_at": None, "stopped_on": None} if on else {}
    Automation.objects.filter(pk=row.pk).update(is_active=on, updated_at=edits.now(), **stop)
    _tell("automation.switched_on" if on else "automation.switched_off", kept, by)


@transaction.atomic
def remove(row: Automation, *, by: Actor) -> None:
    """Forget it with its versions; what it did stays in the tickets' histories."""
    _require_admin(by)
    kept = _locked(row, by)
    _tell("automation.removed", kept, by)
    kept.delete()


def runs(row: Automation, *, by: Actor) -> QuerySet[Run]:
    """What it did, newest first."""
    return Run.objects.filter(automation=get(row.pk, by=by)).order_by("-id")


def _locked(row: Automation | None, by: Actor, expected: int | None = None) -> Automation:
    if row is None:
        return Automation(organization_id=by.organization_id)
    found = Automation.objects.select_for_update().filter(pk=row.pk, organization_id=by.organization_id).first()
    if found is None:
        raise Missing
    require_version(found, expected)
    return found


def _shaped(recipe: recipes.Recipe | dict[str, Any]) -> recipes.Recipe:
    try:
        return recipes.read(recipe if isinstance(recipe, dict) else recipes.written(recipe))
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$.")
        raise refuse("wrong_type", where.rstrip("`").rpartition(".")[2], f"{what}.") from None


def _require_admin(by: Actor) -> None:
    if not by.is_admin:
        raise Denied(say("Automations are kept by administrators."))


def _tell(verb: str, row: Automation, by: Actor, **details: Any) -> None:
    audit.record(
        verb,
        organization_id=row.organization_id,
        actor_id=by.person_id,
        subject=row.name,
        automation=row.pk,
        **details,
    )
