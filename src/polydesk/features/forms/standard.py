"""The form that stands for "no form chosen" (AT-250)."""

from __future__ import annotations

from polydesk.tickets.models import Form


def default_form(organization_id: int) -> Form | None:
    """The organization's system default."""
    return Form.objects.filter(organization_id=organization_id, is_default=True).order_by("id").first()


def ensure_default(organization_id: int) -> Form:
    """The system default, made when the organization has none: due on the next day, a queue unless assigned."""
    found = default_form(organization_id)
    return found or Form.objects.create(
        organization_id=organization_id,
        name="Standard",
        nickname="STD",
        is_default=True,
        defaults={"due": {"days": 1, "time": "17:00"}},
        demands={"queue": "when_unassigned"},
        extra={"autotask": {"id": 3}},
    )
