"""Django's PostgreSQL backend that tells an unclear COMMIT from a failed one, and never waits on a dead connection."""

import select
import threading
import time
from typing import Any

import psycopg
from django.db import OperationalError
from django.db.backends.postgresql import base
from psycopg.errors import Diagnostic

from polydesk.web.engines import CommitUnknown, NotReplicated

# The function of PostgreSQL that gives up waiting for the standby; its sentence is translated, its name is not.
GAVE_UP_WAITING = "SyncRepWaitForLSN"
# The pool may hold several connections that a restart has killed: try the next one, but not for ever (RS-161).
LOOK_FOR = 1.0
# Shipped for turning disks, where a page elsewhere costs four times the next one: then a name among two hundred is
# looked for by reading them all, for each row of a list. And a query that is over in ten milliseconds is shared among
# processes that take five to begin, on processors that others wait for (RS-164). Whoever has said something else is
# left alone.
_PLANNER = """SELECT set_config(name, CASE name WHEN 'random_page_cost' THEN '1.1' ELSE '0' END, false)
    FROM pg_settings WHERE name IN ('random_page_cost', 'max_parallel_workers_per_gather') AND source = 'default'"""
_noticed = threading.local()


class DatabaseWrapper(base.DatabaseWrapper):
    """`commits` counts what this thread's connection has committed: where one has happened, nothing is repeated.
    `held` is what the watchdog may cut off; it is known before the check that may be the one to hang."""

    commits = 0
    held: Any = None

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        ends = time.monotonic() + LOOK_FOR
        while True:
            self.held = connection = super().get_new_connection(conn_params)
            if not self.pool:
                return connection
            try:
                if not _is_quiet(connection):
                    connection.execute("")
                return connection
            except psycopg.OperationalError:
                self.pool.putconn(connection)
                if time.monotonic() > ends:
                    raise

    def _configure_connection(self, connection: Any) -> Any:
        """Once for each connection of the pool; the answer says that there is something to commit."""
        connection.add_notice_handler(_note)
        super()._configure_connection(connection)  # type: ignore[misc]
        connection.execute(_PLANNER)
        return True

    def _commit(self) -> None:
        raw = self.connection
        _noticed.unreplicated = False
        try:
            super()._commit()  # type: ignore[misc]
        except OperationalError as error:
            if raw is not None and raw.closed:
                raise CommitUnknown(*error.args) from error
            raise
        self.commits += 1
        if _noticed.unreplicated:
            raise NotReplicated("The standby has not confirmed the change.")


def _is_quiet(connection: Any) -> bool:
    """Is there nothing to read? A server that ended the connection has said so, and that costs no question."""
    ear = select.poll()
    ear.register(connection.fileno(), select.POLLIN | select.POLLERR | select.POLLHUP)
    return not ear.poll(0)


def _note(diagnostic: Diagnostic) -> None:
    if diagnostic.source_function == GAVE_UP_WAITING:
        _noticed.unreplicated = True
