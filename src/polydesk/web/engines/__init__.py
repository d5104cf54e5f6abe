"""Django's two database backends, with what a service needs beside: it must know how a COMMIT ended (RS-007, RS-008).

A host project that keeps Django's own backends loses only the finer answers: an unclear commit looks like any other
loss of the database."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection

_SHORT = 0.25


class CommitUnknown(OperationalError):
    """COMMIT was on its way when the connection broke: it has happened or it has not. Only the client's
    `Idempotency-Key` can tell at its next try, so nothing here may repeat the work."""


class NotReplicated(CommitUnknown):
    """Committed here, but the wait for the synchronous standby was cut short: a failover may forget it."""


@contextmanager
def briefly() -> Iterator[None]:
    """For a small note along with a read: on SQLite it waits a quarter of a second for a writer, not twenty, and then
    raises OperationalError. PostgreSQL locks rows, and such notes have theirs for themselves."""
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    whole = connection.settings_dict["OPTIONS"].get("timeout", 5)
    connection.connection.execute(f"PRAGMA busy_timeout = {int(_SHORT * 1000)}")
    try:
        yield
    finally:
        if connection.connection is not None:
            connection.connection.execute(f"PRAGMA busy_timeout = {int(whole * 1000)}")
