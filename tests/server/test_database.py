"""The two databases run with the promises they were chosen for."""

import pytest
from django.conf import settings
from django.db import connection


def shown(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


@pytest.mark.spec("RS-004")
@pytest.mark.django_db
def test_a_connection_keeps_what_it_has_answered_and_waits_for_its_lock():
    if connection.vendor == "postgresql":
        assert shown("SHOW server_version_num") >= "140000"
        assert settings.DATABASES["default"]["OPTIONS"]["prepare_threshold"] == 1
        return
    pragmas = ("journal_mode", "synchronous", "foreign_keys")
    assert tuple(shown(f"PRAGMA {name}") for name in pragmas) == ("wal", 2, 1)
    assert shown("PRAGMA busy_timeout") >= 20_000
    assert connection.transaction_mode == "IMMEDIATE"
