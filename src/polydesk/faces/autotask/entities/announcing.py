"""Callouts for companies, contacts and configuration items (AT-508): whoever writes such a row, its webhooks are told.

Directory rows are saved in many places, by every face; what they all share is the model's signals. Nothing is asked of
an organization without such a webhook but whether it has one. Who writes is whoever asked for it: the actor that every
face notes on its request."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.db.models.signals import post_save, pre_delete, pre_save

from polydesk.directory import actors
from polydesk.directory.models import Asset, Company, Person
from polydesk.features.webhooks import outbox
from polydesk.features.webhooks.models import Endpoint
from polydesk.web import middleware

from ..tables import Tables
from . import callouts

ENTITY_OF: dict[type[Model], str] = {Company: "Company", Person: "Contact", Asset: "ConfigurationItem"}


def install() -> None:
    """Listen to the three models."""
    for model in ENTITY_OF:
        for signal, function in ((pre_save, _before), (post_save, _saved), (pre_delete, _deleted)):
            signal.connect(function, sender=model, dispatch_uid=f"autotask.{function.__name__}.{model.__name__}")


def _before(sender: Any, instance: Any, raw: bool = False, **_: Any) -> None:
    """Remember what is shown, to know later what has changed."""
    if not raw and not instance._state.adding and _listening(sender, instance):
        instance._autotask_shown = _shown(sender, instance)


def _saved(sender: Any, instance: Any, created: bool, raw: bool = False, **_: Any) -> None:
    if raw or not (created or hasattr(instance, "_autotask_shown")):
        return
    before = instance.__dict__.pop("_autotask_shown", None) or {}
    listening = _listening(sender, instance)
    after = _shown(sender, instance) if listening else None
    if after is None:
        return
    changed = [name for name, value in after.items() if before.get(name) != value]
    if changed:
        _tell(sender, instance, listening, "Update" if before else "Create", changed)


def _deleted(sender: Any, instance: Any, **_: Any) -> None:
    listening = _listening(sender, instance)
    if listening and _shown(sender, instance) is not None:
        _tell(sender, instance, listening, "Delete", [])


def _listening(sender: Any, row: Any) -> list[Endpoint]:
    """The webhooks of this sort in the row's organization."""
    if row.organization_id is None:
        return []
    active = Endpoint.objects.filter(organization_id=row.organization_id, is_active=True, format=callouts.FORMAT)
    return [e for e in active.order_by("id") if callouts.own(e).get("entity") == ENTITY_OF[sender]]


def _shown(sender: Any, row: Any) -> dict[str, Any] | None:
    from ..views.reading import find

    entity = callouts.DIRECTORY[ENTITY_OF[sender]]
    return find(entity, Tables(actors.system(row.organization_id)), row.pk)


def _tell(sender: Any, row: Any, listening: list[Endpoint], action: str, changed: list[str]) -> None:
    actor = getattr(middleware.current(), "actor", None)  # none in jobs and commands
    actor_id = actor.person_id if actor else None
    entity = ENTITY_OF[sender]
    subject = {"id": row.pk, "action": action, "changed": changed, "actor": actor_id}
    kind = f"{entity.lower()}.{action.lower()}"
    for endpoint in listening:
        if callouts.hears(endpoint, entity, action, changed, actor_id):
            outbox.tell(endpoint, kind, subject)
