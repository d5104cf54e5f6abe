"""What must hold before a server starts, each failure in one line (PL-003, RS-006)."""

import sys
from typing import Any

import psycopg
from django.conf import settings
from django.db import DatabaseError, connection

from polydesk.server.config import ConfigError

# Without any of these PostgreSQL may forget an answered change when the power goes.
DURABLE = {
    "fsync": ({"on"}, set()),
    "full_page_writes": ({"on"}, set()),
    "synchronous_commit": ({"on", "remote_apply"}, {"remote_write", "local"}),
}


def database_answers() -> None:
    if connection.vendor == "postgresql":
        _connect_once()
        return
    try:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM sqlite_master")
    except DatabaseError as problem:
        raise ConfigError(f"{settings.DATABASES['default']['NAME']}: {problem}") from problem


def database_is_durable() -> None:
    """Refuse a PostgreSQL that forgets; a test server may."""
    if connection.vendor != "postgresql" or settings.POLYDESK_TESTING:
        return
    with connection.cursor() as cursor:
        for name, (good, doubtful) in DURABLE.items():
            cursor.execute("SELECT current_setting(%s)", [name])
            value = cursor.fetchone()[0]
            if value in doubtful:
                print(f"polydesk: PostgreSQL runs with {name}={value}: a failover may lose changes", file=sys.stderr)
            elif value not in good:
                raise ConfigError(f"PostgreSQL runs with {name}={value} and may lose answered changes: switch it on")


def _connect_once() -> None:
    """Past the pool, whose answer to a wrong password is that it timed out."""
    parameters: dict[str, Any] = connection.get_connection_params()
    try:
        psycopg.connect(**parameters).close()
    except psycopg.Error as problem:
        reason = str(problem).strip().splitlines()[-1]
        raise ConfigError(f"the database cannot be reached: {reason}") from problem
