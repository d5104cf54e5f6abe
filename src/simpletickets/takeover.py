"""Bringing over the rows of a database that simpletickets 0.2 has used (ST-013)."""

from typing import Any


def after_migrating(sender: Any, using: str = "default", **kwargs: Any) -> None:
    """Written below."""
