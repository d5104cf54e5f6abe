"""Is the process alive, and may it be sent work? (RS-190) Reasons by name only: strangers may ask."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

from polydesk.web import stopping
from polydesk.web.pressure import disk_has_room

# Nothing of Polydesk ran before this day, so a clock that says so is wrong.
EARLIEST = datetime(2025, 1, 1, tzinfo=UTC).timestamp()
SKEW_SECONDS = 60


def alive(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> HttpResponse:
    reasons = [name for name, holds in CHECKS.items() if not holds()]
    answer = JsonResponse(
        {"status": "unready" if reasons else "ready", "reasons": reasons}, status=503 if reasons else 200
    )
    answer["Cache-Control"] = "no-store"
    return answer


def not_stopping() -> bool:
    return not stopping.STOP.is_set()


def database_writable() -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SHOW transaction_read_only")
                return bool(cursor.fetchone()[0] == "off")
            # BEGIN IMMEDIATE has taken the write lock by now.
            return True
    except DatabaseError:
        return False


_migrated = False


def migrated() -> bool:
    """Once true it stays true for this process: a newer release brings a new process."""
    global _migrated
    if not _migrated:
        try:
            executor = MigrationExecutor(connection)
            _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        except DatabaseError:
            return False
    return _migrated


def clock_sane() -> bool:
    now = time.time()
    if now < EARLIEST:
        return False
    if connection.vendor != "postgresql":
        return True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
            return abs(float(cursor.fetchone()[0]) - time.time()) < SKEW_SECONDS
    except DatabaseError:
        return True


CHECKS: dict[str, Callable[[], bool]] = {
    "stopping": not_stopping,
    "database": database_writable,
    "migrations": migrated,
    "disk": lambda: settings.DATA_DIR.is_dir() and disk_has_room(),
    "clock": clock_sane,
}
