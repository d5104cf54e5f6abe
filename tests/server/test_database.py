"""The two databases run with the promises they were chosen for."""

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db


@pytest.mark.skipif("connection.vendor != 'sqlite'")
@pytest.mark.spec("RS-004")
def test_sqlite_keeps_what_it_has_answered_and_waits_for_its_lock():
    def pragma(name):
        with connection.cursor() as cursor:
            return cursor.execute(f"PRAGMA {name}").fetchone()[0]

    assert (pragma("journal_mode"), pragma("synchronous"), pragma("foreign_keys")) == ("wal", 2, 1)
    assert pragma("busy_timeout") >= 20_000


@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_postgresql_answers():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
