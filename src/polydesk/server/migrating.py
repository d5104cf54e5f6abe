"""Bringing the database up to date, one process at a time."""

import contextlib
import fcntl
import io
import time
from collections.abc import Iterator

from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from polydesk.server.config import ConfigError
from polydesk.server.progress import Progress

# Any number will do, as long as every release takes the same.
LOCK = 7_264_511
LOCK_NOT_AVAILABLE = "55P03"
TRIES, PAUSE = 120, 0.5


def pending() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def migrate() -> int:
    """How many steps were taken; Django's own command takes them, so that its signals and checks hold."""
    with alone():
        steps = pending()
        if steps:
            with Progress("migrating", steps) as progress:
                _take(StepCounter(progress))
        call_command("createcachetable", verbosity=0)
    return steps


def _take(counter: "StepCounter") -> None:
    """A step that waits for a lock makes everybody behind it wait as well, so it gives up soon and is tried again."""
    with _impatient():
        for tries_left in reversed(range(TRIES)):
            try:
                call_command("migrate", verbosity=1, interactive=False, stdout=counter, no_color=True)
                return
            except OperationalError as error:
                # Django leaves the transaction open when what a step has put off to its end fails.
                for block in reversed(connection.atomic_blocks):
                    block.__exit__(type(error), error, error.__traceback__)
                if getattr(error.__cause__, "sqlstate", "") != LOCK_NOT_AVAILABLE:
                    raise
                if not tries_left:
                    raise ConfigError("other programs hold tables of the database: end their transactions") from error
            time.sleep(PAUSE)


@contextlib.contextmanager
def _impatient() -> Iterator[None]:
    """PostgreSQL: nobody waits for longer than a second behind a step that waits (RS-183)."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '1s'")
        try:
            yield
        finally:
            cursor.execute("RESET lock_timeout")


class StepCounter(io.TextIOBase):
    """Django's command says OK after each step, and has no other way to be watched."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress

    def write(self, text: str) -> int:
        self.progress.step(text.count(" OK"))
        return len(text)


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Servers that start together must not migrate together."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
        return
    with (settings.DATA_DIR / "migrate.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
