"""What a feed may show already: a transaction under way holds back later events, a stranger's database does not."""

import uuid
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection

from polydesk.tickets.queries import OldestRunning

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.spec("PL-107"),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="on SQLite one writer follows the other"),
]


def connect(database, **more):
    """Past Django, to a database of the tests' server."""
    facts = connection.get_connection_params()
    return psycopg.connect(host=facts["host"], user=facts["user"], dbname=database, autocommit=True, **more)


@contextmanager
def writing(database):
    """A transaction under way that has a number; it has written nothing yet."""
    with connect(database) as writer, writer.transaction():
        yield int(writer.execute("SELECT pg_current_xact_id()::text").fetchone()[0])


@pytest.fixture(scope="module")
def databases():
    """Ours, another, and a role that may do nothing in either."""
    ours, suffix = connection.get_connection_params()["dbname"], uuid.uuid4().hex[:8]
    role, other = f"reader_{suffix}", f"other_{suffix}"
    with connect("postgres") as server:
        server.execute(f"CREATE ROLE {role} LOGIN")
        server.execute(f"CREATE DATABASE {other}")
        yield ours, other, role
        server.execute(f"DROP DATABASE {other} WITH (FORCE)")
        server.execute(f"DROP ROLE {role}")


def written(database):
    """A transaction that has ended; what it did may be shown once nothing before it is under way."""
    with writing(database) as number:
        pass
    return number


def oldest(database, role):
    """As an ordinary role sees it, to whom most about other people's sessions is hidden."""
    with connect(database) as reader:
        reader.execute(f"SET SESSION AUTHORIZATION {role}")
        return reader.execute(f"SELECT {OldestRunning.template}").fetchone()[0]


def test_a_transaction_of_this_database_holds_back_what_comes_after_it(databases):
    ours, _, role = databases
    with writing(ours) as first:
        later = written(ours)
        assert first < later and oldest(ours, role) == first
    assert oldest(ours, role) > later


def test_a_long_transaction_of_another_database_holds_back_nothing(databases):
    ours, other, role = databases
    with writing(other) as foreign:
        assert foreign < written(ours) < oldest(ours, role)
        with writing(ours) as mine:
            assert mine < written(ours) and oldest(ours, role) == mine


def test_who_commits_after_the_snapshot_of_a_statement_is_under_way_in_it_still(databases):
    ours, _, role = databases
    with connect(ours) as reader, reader.transaction():
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        reader.execute(f"SET LOCAL ROLE {role}")
        with writing(ours) as number:
            written(ours)
            reader.execute("SELECT pg_current_snapshot()")
        assert reader.execute(f"SELECT {OldestRunning.template}").fetchone()[0] == number
