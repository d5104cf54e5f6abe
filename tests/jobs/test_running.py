"""A claimed job's ends: done, put off, given up; and the fence."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from polydesk import jobs
from polydesk.jobs import running, worker
from polydesk.jobs.models import Job
from polydesk.jobs.registry import KINDS, SCHEDULE
from polydesk.jobs.testing import drain
from tests.jobs import kinds
from tests.jobs.kinds import effects

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def claim(ahead=timedelta(0), owner="me", lease=running.LEASE):
    return running.claim(owner, now=timezone.now() + ahead, lease=lease)


@pytest.mark.spec("RS-041")
def test_a_claimed_job_is_nobody_elses_until_its_lease_ends():
    jobs.later("test.note", {"text": "a"})
    mine = claim()
    assert mine.tries == 1
    assert claim(owner="you") is None
    theirs = claim(ahead=timedelta(seconds=61), owner="you")
    assert (theirs.id, theirs.tries) == (mine.id, 2)


@pytest.mark.spec("RS-041")
def test_a_renewed_lease_holds():
    jobs.later("test.note", {"text": "a"})
    mine = claim()
    assert mine.renew(timedelta(hours=1))
    assert claim(ahead=timedelta(minutes=30), owner="you") is None


@pytest.mark.spec("RS-041")
def test_who_lost_his_lease_leaves_no_effect():
    jobs.later("test.note", {"text": "a"})
    mine = claim()
    theirs = claim(ahead=timedelta(seconds=61), owner="you")
    with pytest.raises(running.LostLease):
        worker.perform(mine)
    assert effects() == []
    assert not mine.renew(timedelta(hours=1))
    worker.perform(theirs)
    assert effects() == ["a"]


@pytest.mark.spec("RS-046")
def test_the_schedule_of_tries_is_the_one_of_the_contract():
    assert SCHEDULE == (5, 300, 1800, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)


@pytest.mark.spec("RS-046")
def test_a_failing_job_is_tried_again_on_schedule_and_then_is_a_dead_letter():
    pk = jobs.later("test.fails")
    for wait in (*KINDS["test.fails"].schedule, None):
        before = timezone.now()
        assert isinstance(worker.perform(claim(ahead=DAY)), OSError)
        job = Job.objects.get(pk=pk)
        assert job.error == "OSError: no route"
        if wait is None:
            assert job.is_dead
        else:
            assert 0.8 * wait - 1 <= (job.due - before).total_seconds() <= 1.2 * wait + 1
    assert claim(ahead=10 * DAY) is None
    assert effects() == []
    assert [dead.pk for dead in Job.objects.dead()] == [pk]


@pytest.mark.spec("RS-046")
def test_a_dead_letter_can_be_sent_again():
    pk = jobs.later("test.give_up", key="k")
    drain()
    Job.objects.filter(pk=pk).update(kind="test.note", args={"text": "again"})
    jobs.later("test.give_up", key="k")
    assert Job.objects.filter(pk=pk).revive() == 1
    drain()
    assert effects() == ["again"]
    assert not Job.objects.get(pk=pk).is_dead


@pytest.mark.spec("RS-045")
def test_a_handler_may_say_when_to_try_again():
    pk = jobs.later("test.retry")
    drain()
    job = Job.objects.get(pk=pk)
    assert job.error == "busy" and timedelta(hours=2, minutes=59) < job.due - timezone.now() <= timedelta(hours=3)


def test_a_handler_may_give_up_at_once():
    pk = jobs.later("test.give_up")
    drain()
    job = Job.objects.get(pk=pk)
    assert job.is_dead and job.error == "410 Gone" and job.tries == 1


@pytest.mark.spec("RS-003")
@pytest.mark.django_db(transaction=True)
def test_a_handler_for_the_outside_runs_without_a_transaction():
    kinds.seen.clear()
    jobs.later("test.outside", {"text": "x"})
    drain()
    assert kinds.seen[0] == ("begin", "", "x", False)


@pytest.mark.spec("RS-042")
def test_what_came_of_it_is_written_with_the_mark_that_it_is_done():
    pk = jobs.later("test.finishing", {"text": "a"})
    lost = claim()
    theirs = claim(ahead=timedelta(seconds=61))
    with pytest.raises(running.LostLease):
        worker.perform(lost)
    worker.perform(theirs)
    assert effects() == ["a"]
    assert Job.objects.get(pk=pk).result == "sent"


def test_a_job_that_kills_every_worker_ends_as_a_dead_letter():
    pk = jobs.later("test.slow", {"text": "a"})
    Job.objects.filter(pk=pk).update(tries=21)  # as many as it has
    worker.perform(claim())
    assert Job.objects.get(pk=pk).error == "its worker died at every try"
    assert effects() == []


@pytest.mark.spec("RS-184")
def test_a_kind_that_only_a_newer_release_knows_is_left_to_it():
    pk = jobs.later("test.note", {"text": "a"})
    Job.objects.filter(pk=pk).update(kind="test.of_tomorrow")
    drain()
    job = Job.objects.get(pk=pk)
    assert job.done is None and job.due > timezone.now()


@pytest.mark.spec("PL-304")
def test_looking_for_work_walks_the_index_of_what_is_due():
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    for n in range(20):
        jobs.later_each("test.note", [{"text": "done"}] * 100, lane=f"lane {n}", group=f"group {n}")
    Job.objects.update(done=timezone.now())
    for n in range(20):
        jobs.later_each("test.note", [{"text": "waiting"}] * 5, lane=f"lane {n}", group=f"group {n}")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # so few rows would be read in one go
            cursor.execute("ANALYZE jobs_job")
        explain = "EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN "
        cursor.execute(explain + running._NEXT, {"now": now})
        plan = "\n".join(str(row[-1]) for row in cursor.fetchall())
    assert "jobs_due" in plan and "jobs_lane" in plan and "jobs_running" in plan, plan
    assert "Seq Scan" not in plan and "TEMP B-TREE FOR ORDER BY" not in plan, plan


@pytest.mark.spec("RS-047")
def test_a_group_uses_no_more_slots_than_its_kind_has():
    for n in range(5):
        jobs.later("test.outside", {"text": n}, group="hangs")
    jobs.later("test.outside", group="good")
    first, second, other = claim(), claim(), claim()
    assert [job.group for job in (first, second, other)] == ["hangs", "hangs", "good"]
    assert claim() is None
    worker.perform(first)
    assert claim().group == "hangs"


@pytest.mark.spec("RS-042")
def test_what_waits_behind_a_failing_job_is_not_looked_at_in_vain():
    jobs.later("test.retry", lane="endpoint")
    jobs.later_each("test.note", [{"text": str(n)} for n in range(3)], lane="endpoint")
    drain()
    assert not running.anything_due(timezone.now() + timedelta(hours=2))
