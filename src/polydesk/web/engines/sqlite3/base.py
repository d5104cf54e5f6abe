"""Django's SQLite backend that does not wait for ever behind a writer who does not get on, and counts its commits.

`PRAGMA busy_timeout` is patient by the clock alone (RS-004). A web process asks in short steps instead and looks
whether anybody gets on meanwhile: while somebody commits, or one of its own requests holds the lock, it goes on
waiting; a stranger who sits on the file makes it give up early (RS-161)."""

import threading
import time
from typing import ClassVar

from django.db import OperationalError
from django.db.backends.sqlite3 import base

_STEP = 0.25


class _Waiting:
    """Who waits for the write lock in this process, and since when nobody has got on: what one has found out by
    waiting, the next need not find out again. While one looks, the others are told at once."""

    lock = threading.Lock()
    many = 0
    idle_since = 0.0
    gave_up = float("-inf")
    """When somebody last went away without the lock; what he found out holds for a moment longer."""


_waiting = _Waiting()


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
        with _waiting.lock:
            now = time.monotonic()
            if not _waiting.many and now - _waiting.gave_up >= self.patience:
                _waiting.idle_since = now
            is_known = _waiting.many > 0 and now - _waiting.idle_since >= self.patience
            _waiting.many += 1
        try:
            self._wait_at_most(0 if is_known else _STEP)
            if is_known:
                self._begin()
            else:
                self._begin_or_give_up(self.patience)
        finally:
            with _waiting.lock:
                _waiting.many -= 1
            if self.connection is not None:
                self._wait_at_most(self.settings_dict["OPTIONS"].get("timeout", 5))

    def _wait_at_most(self, seconds: float) -> None:
        with self.wrap_database_errors:
            self.connection.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")

    def _begin(self) -> None:
        super()._start_transaction_under_autocommit()  # type: ignore[misc]
        self.writing.add(id(self))
        _waiting.idle_since, _waiting.gave_up = time.monotonic(), float("-inf")

    def _begin_or_give_up(self, patience: float) -> None:
        began, seen = time.monotonic(), None
        while True:
            try:
                self._begin()
            except OperationalError as error:
                now, newest = time.monotonic(), self._data_version()
                if self.writing or seen not in (None, newest):
                    _waiting.idle_since = now
                longest = self.settings_dict["OPTIONS"].get("timeout", 5)
                # Whoever comes late looks twice, or nobody would see it when others get on again.
                is_stuck = seen is not None and now - _waiting.idle_since >= patience
                if "locked" not in str(error) or is_stuck or now - began >= longest:
                    _waiting.gave_up = now if is_stuck else _waiting.gave_up
                    raise
                seen = newest
            else:
                return

    def _data_version(self) -> int:
        """Moves whenever another connection commits."""
        return int(self.connection.execute("PRAGMA data_version").fetchone()[0])
