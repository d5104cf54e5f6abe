"""The few hot statements, PostgreSQL and SQLite side by side (see README.md)."""

from .reading import Order, Reading, count, one_id

__all__ = ["Order", "Reading", "count", "one_id"]
