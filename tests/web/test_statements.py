"""The one way to run hot SQL text."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from polydesk.web.models import Bucket, IdempotencyRecord
from polydesk.web.statements import Both, fetch_all, fetch_one, run
from polydesk.web.testing import count_statements

pytestmark = pytest.mark.django_db
MOMENT = datetime(2026, 3, 1, 12, 30, 15, 250000, tzinfo=UTC)
ANSWER = {"status": 200, "body": b"x", "fingerprint": "f"}


@pytest.mark.spec("PL-304")
def test_statements_of_the_orm_and_ours_are_counted_alike():
    with count_statements() as ran:
        Bucket.objects.count()
        fetch_one("SELECT 1")
        with transaction.atomic():
            fetch_one("SELECT %s", [2])
    assert len(ran) == 3, ran.sql
    assert len(ran.transaction) == 2  # SAVEPOINT and its RELEASE, apart


def test_it_works_inside_djangos_transaction():
    with transaction.atomic():
        Bucket.objects.create(name="a", tokens=1, taken=0, updated=0)
        assert fetch_all("SELECT name FROM web_bucket") == [("a",)]
        run("UPDATE web_bucket SET tokens = %(tokens)s WHERE name = %(name)s", {"tokens": 7.5, "name": "a"})
        assert Bucket.objects.get().tokens == 7.5
        transaction.set_rollback(True)
    assert fetch_one("SELECT count(*) FROM web_bucket") == (0,)


def test_errors_arrive_as_djangos():
    insert = "INSERT INTO web_bucket (name, tokens, taken, updated) VALUES (%s, 1, 0, 0)"
    run(insert, ["a"])
    with pytest.raises(IntegrityError), transaction.atomic():
        run(insert, ["a"])
    assert Bucket.objects.count() == 1


def test_a_broken_transaction_refuses():
    with pytest.raises(transaction.TransactionManagementError), transaction.atomic():
        transaction.set_rollback(True)
        connection.needs_rollback = True
        run("SELECT 1")


def test_moments_and_json_come_back_typed_on_both_databases():
    IdempotencyRecord.objects.create(caller="a", key="k", created=MOMENT, headers={"x": [1, None]}, **ANSWER)
    row = fetch_one(
        """SELECT created AS "created [utc]", headers AS "headers [json]", body FROM web_idempotencyrecord
           WHERE created = %s AND key LIKE 'k%%'""",
        [MOMENT],
    )
    assert row == (MOMENT, {"x": [1, None]}, b"x")
    assert row[0].utcoffset().total_seconds() == 0


def test_where_the_databases_differ_both_texts_stand_side_by_side():
    assert fetch_one(Both(postgres="SELECT 'postgresql'", sqlite="SELECT 'sqlite'")) == (connection.vendor,)


def test_rowcount_tells_whether_a_fenced_update_took_hold():
    assert run("UPDATE web_bucket SET tokens = 0 WHERE name = %s", ["nobody"]).rowcount == 0
