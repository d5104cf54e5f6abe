"""Which accounts must sign in with a second factor: their role in some organization demands it (RS-132)."""

from __future__ import annotations

from typing import Any

from .models import Membership, Role

DEMAND = "second_factor"


def demanded(user: Any) -> bool:
    """Does a role of this account ask for one? One query."""
    held = Membership.objects.filter(person__user_id=user.pk, is_active=True, role__isnull=False)
    return any((extra or {}).get(DEMAND) for extra in held.values_list("role__extra", flat=True))


def demanded_by(role: Role | None) -> bool:
    """Does this role?"""
    return bool(role and role.extra.get(DEMAND))
