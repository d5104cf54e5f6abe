"""Django's two database backends, with what a service needs beside: it must know how a COMMIT ended (RS-007, RS-008).

A host project that keeps Django's own backends loses only the finer answers: an unclear commit looks like any other
loss of the database."""

from django.db import OperationalError


class CommitUnknown(OperationalError):
    """COMMIT was on its way when the connection broke: it has happened or it has not. Only the client's
    `Idempotency-Key` can tell at its next try, so nothing here may repeat the work."""


class NotReplicated(CommitUnknown):
    """Committed here, but the wait for the synchronous standby was cut short: a failover may forget it."""
