"""An organization's own settings: changed one by one, so that two administrators do not undo each other (RC-023)."""

from __future__ import annotations

from django.db import transaction

from .models import Organization


@transaction.atomic
def change(organization_id: int, **values: object) -> None:
    """Set these settings and leave the others; None takes one away, so that what is shipped holds again."""
    row = Organization.objects.select_for_update().get(pk=organization_id)
    kept = {**row.settings, **values}
    row.settings = {name: value for name, value in kept.items() if value is not None}
    row.save(update_fields=["settings", "updated_at"])
