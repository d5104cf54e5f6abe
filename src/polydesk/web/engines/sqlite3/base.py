"""Django's SQLite backend that does not wait for ever behind a writer who does not get on, and counts its commits.

`PRAGMA busy_timeout` is patient by the clock alone (RS-004). A web process asks in short steps instead and looks
whether anybody gets on meanwhile: while somebody commits, or one of its own requests holds the lock, it goes on
waiting; a stranger who sits on the file makes it give up early (RS-161)."""

import time
from typing import ClassVar

from django.db import OperationalError
from django.db.backends.sqlite3 import base

_STEP = 0.25


class DatabaseWrapper(base.DatabaseWrapper):
    """`patience`: seconds to wait for the write lock while nobody commits; None leaves it to `busy_timeout`."""

    patience: ClassVar[float | None] = None
    writing: ClassVar[set[int]] = set()
    commits = 0

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]
        self.commits += 1
        self.writing.discard(id(self))

    def _rollback(self) -> None:
        super()._rollback()  # type: ignore[misc]
        self.writing.discard(id(self))

    def _close(self) -> None:
        self.writing.discard(id(self))
        super()._close()  # type: ignore[misc]

    def _start_transaction_under_autocommit(self) -> None:
        if self.patience is None or self.transaction_mode is None:  # type: ignore[attr-defined]
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
            return
        with self.wrap_database_errors:
            self.connection.execute(f"PRAGMA busy_timeout = {int(_STEP * 1000)}")
        try:
            self._begin_while_others_get_on(self.patience)
        finally:
            if self.connection is not None:
                whole = int(self.settings_dict["OPTIONS"].get("timeout", 5) * 1000)
                self.connection.execute(f"PRAGMA busy_timeout = {whole}")

    def _begin_while_others_get_on(self, patience: float) -> None:
        began = idle_since = time.monotonic()
        seen = None
        while True:
            try:
                super()._start_transaction_under_autocommit()  # type: ignore[misc]
                self.writing.add(id(self))
                return
            except OperationalError as error:
                now, newest = time.monotonic(), self._data_version()
                if newest != seen or self.writing:
                    seen, idle_since = newest, now
                longest = self.settings_dict["OPTIONS"].get("timeout", 5)
                if "locked" not in str(error) or now - idle_since >= patience or now - began >= longest:
                    raise

    def _data_version(self) -> int:
        """Moves whenever another connection commits."""
        return int(self.connection.execute("PRAGMA data_version").fetchone()[0])
