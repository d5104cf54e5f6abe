"""Asking for work: in the caller's transaction, in lanes, once per key."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from polydesk import jobs
from polydesk.jobs.models import Job
from polydesk.jobs.testing import drain
from polydesk.web.testing import count_statements
from tests.jobs.kinds import effects

pytestmark = pytest.mark.django_db


@pytest.mark.spec("RS-040")
def test_a_job_belongs_to_the_transaction_that_asks_for_it():
    with transaction.atomic():
        jobs.later("test.note", {"text": "a"})
        transaction.set_rollback(True)
    assert not Job.objects.exists()


@pytest.mark.spec("PL-304")
def test_asking_costs_one_statement():
    with count_statements() as ran:
        assert jobs.later("test.note", {"text": "a"}, lane="x", key="k")
    assert len(ran) == 1


def test_asking_for_many_costs_one_statement_per_fifty():
    with count_statements() as ran:
        assert jobs.later_each("test.note", ({"text": str(n)} for n in range(120)), lane="x") == 120
    assert len(ran) == 3
    assert drain() == 120
    assert effects() == [str(n) for n in range(120)]


def test_an_unknown_kind_is_a_bug_of_the_caller():
    with pytest.raises(KeyError):
        jobs.later("test.nobody")


def test_one_job_waits_per_key_and_a_begun_one_does_not_count():
    assert jobs.later("test.note", {"text": "a"}, key="k")
    assert jobs.later("test.note", {"text": "b"}, key="k") is None
    assert jobs.later("test.note", {"text": "c"}, key="other")
    Job.objects.filter(key="k").update(tries=1, owner="somebody")
    assert jobs.later("test.note", {"text": "d"}, key="k")


def test_what_is_due_later_waits():
    jobs.later("test.note", {"text": "a"}, due=timezone.now() + timedelta(hours=1))
    assert drain() == 0
    assert drain(ahead=timedelta(hours=2)) == 1


def test_the_result_is_kept():
    job = jobs.later("test.note", {"text": "a"})
    drain()
    assert Job.objects.get(pk=job).result == {"wrote": "a"}


@pytest.mark.spec("RS-042")
def test_a_lane_keeps_its_order_and_holds_up_nobody_else():
    first = jobs.later("test.retry", lane="endpoint")
    jobs.later("test.note", {"text": "behind it"}, lane="endpoint")
    jobs.later("test.note", {"text": "elsewhere"}, lane="another")
    drain()
    assert effects() == ["elsewhere"]
    Job.objects.filter(pk=first).update(kind="test.note", args={"text": "first"})
    assert drain(ahead=timedelta(hours=4)) == 2
    assert effects() == ["elsewhere", "first", "behind it"]
