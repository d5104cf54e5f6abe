"""How values are sealed: with a key of the organization."""

from __future__ import annotations

from polydesk.web import sealing
from polydesk.web.sealing import Unreadable


def seal(value: str, organization_id: int) -> str:
    """The value as it is stored."""
    return sealing.seal(value, f"vault:{organization_id}")


def unseal(sealed: str, organization_id: int) -> str:
    """The value again; raises Unreadable."""
    return sealing.unseal(sealed, f"vault:{organization_id}")


__all__ = ["Unreadable", "seal", "unseal"]
