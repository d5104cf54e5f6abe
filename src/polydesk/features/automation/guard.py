"""An automation that goes in circles stops: so many rounds and effects follow from one event, then it is switched off
(RS-049)."""

from __future__ import annotations

from polydesk.directory import actors, audit
from polydesk.directory.models import Membership
from polydesk.tickets import edits
from polydesk.tickets.edits import Part

from .acting import VIA, Cause, name_of, told
from .models import Automation, Run

ROUNDS = 10
EFFECTS = 100


class InCircles(Exception):
    """What it did now goes beyond what may follow from one event; it is taken back."""


def check(cause: Cause) -> None:
    """Raise when one more effect is one too many. A chain is on one ticket, and so its effects follow each other."""
    if cause.round > ROUNDS:
        raise InCircles
    if cause.root_id and Run.objects.filter(root_id=cause.root_id, effect_id__isnull=False).count() >= EFFECTS:
        raise InCircles


def switch_off(row: Automation, cause: Cause) -> None:
    """For good, until an administrator looks at it: said in the ticket's history and the audit log, told to all
    administrators."""
    Automation.objects.filter(pk=row.pk).update(is_active=False, stopped_at=edits.now(), stopped_on=cause.ticket_id)
    audit.record(
        "automation.stopped",
        organization_id=row.organization_id,
        subject=row.name,
        automation=row.pk,
        ticket=cause.ticket_id,
        event=cause.root_id,
    )
    kept = {"id": row.pk, "name": row.name, "version": row.version, "event": cause.root_id}
    with edits.begin(row.organization_id) as batch:
        change = batch.edit(
            batch.lock(cause.ticket_id),
            actors.system(row.organization_id),
            verb="automation_stopped",
            via=VIA,
            cause=name_of(row),
        )
        change.add(Part("automation_stopped", describe=lambda: kept, is_activity=False))
        change.add(told(_administrators(row.organization_id), [], "stopped"))
        batch.record(change)


def _administrators(organization_id: int) -> list[int]:
    admins = Membership.objects.filter(
        organization_id=organization_id, side=Membership.STAFF, is_admin=True, is_active=True
    )
    return list(admins.order_by("person_id").values_list("person_id", flat=True))
