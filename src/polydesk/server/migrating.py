"""Bringing the database up to date, one process at a time."""

import contextlib
import fcntl
import io
from collections.abc import Iterator

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from polydesk.server.progress import Progress

# Any number will do, as long as every release takes the same.
LOCK = 7_264_511


def pending() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def migrate() -> int:
    """How many steps were taken; Django's own command takes them, so that its signals and checks hold."""
    with alone():
        steps = pending()
        if steps:
            with Progress("migrating", steps) as progress:
                call_command("migrate", verbosity=1, interactive=False, stdout=StepCounter(progress), no_color=True)
        call_command("createcachetable", verbosity=0)
    return steps


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
