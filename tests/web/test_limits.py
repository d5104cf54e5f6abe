"""Token buckets shared by all processes."""

import multiprocessing
import subprocess
import sys

import pytest

from polydesk.web import limits
from polydesk.web.limits import Limit, take
from polydesk.web.models import Bucket
from polydesk.web.testing import count_statements
from tests.web.processes import ROOT, environment

FIVE = Limit("five", amount=5, seconds=60)


@pytest.fixture(autouse=True)
def fresh():
    limits.forget()
    yield
    limits.forget()


@pytest.mark.spec("RS-160", "PL-109")
@pytest.mark.django_db
def test_a_bucket_gives_its_amount_and_then_refuses_with_a_time():
    verdicts = [take(FIVE, "token:1") for _ in range(7)]
    assert [v.allowed for v in verdicts] == [True] * 5 + [False] * 2
    assert [v.remaining for v in verdicts] == [4, 3, 2, 1, 0, 0, 0]
    headers = verdicts[-1].headers
    assert headers["RateLimit-Policy"] == '"five";q=5;w=60'
    assert headers["RateLimit"] == f'"five";r=0;t={headers["Retry-After"]}'
    assert 10 <= int(headers["Retry-After"]) <= 12
    assert "Retry-After" not in verdicts[0].headers


@pytest.mark.spec("RS-160")
@pytest.mark.django_db
def test_it_fills_again_with_time():
    for _ in range(5):
        take(FIVE, "a")
    assert not take(FIVE, "a").allowed
    Bucket.objects.update(updated=Bucket.objects.get().updated - 25)  # two tokens' time
    assert [take(FIVE, "a").allowed for _ in range(3)] == [True, True, False]


@pytest.mark.django_db
def test_it_never_holds_more_than_its_size():
    take(FIVE, "a")
    Bucket.objects.update(updated=0)
    assert sum(take(FIVE, "a").allowed for _ in range(9)) == 5


@pytest.mark.spec("RS-117")
@pytest.mark.django_db
def test_everybody_has_a_bucket_of_his_own():
    for _ in range(5):
        take(FIVE, "a")
    assert take(FIVE, "b").allowed and take(Limit("other", 5, 60), "a").allowed and not take(FIVE, "a").allowed


@pytest.mark.spec("PL-304")
@pytest.mark.django_db
def test_one_statement_serves_a_hundredth_of_the_limit():
    big = Limit("big", amount=1000, seconds=60)
    with count_statements() as ran:
        for _ in range(20):
            take(big, "a")
    assert len(ran) == 2


@pytest.mark.django_db
def test_the_whole_amount_can_be_used_though_it_comes_in_chunks():
    odd = Limit("odd", amount=250, seconds=3600)
    assert sum(take(odd, "a").allowed for _ in range(300)) == 250


@pytest.mark.spec("PL-109")
@pytest.mark.django_db
@pytest.mark.parametrize("off", ["off", False])
def test_a_setting_switches_all_off_but_those_of_sign_in(settings, off):
    settings.POLYDESK_RATE_LIMITS = off
    assert all(take(FIVE, "a").allowed for _ in range(20))
    assert sum(take(Limit("sign-in", 5, 60, always=True), "a").allowed for _ in range(20)) == 5


@pytest.mark.django_db
def test_buckets_that_nobody_uses_are_removed():
    take(FIVE, "a")
    take(FIVE, "b")
    Bucket.objects.filter(name="five:a").update(updated=0)
    assert limits.sweep() == 1
    assert Bucket.objects.get().name == "five:b"


PROGRAM = """
import django; django.setup()
from polydesk.web.limits import Limit, take
print(sum(take(Limit("shared", amount=200, seconds=3600), "a").allowed for _ in range(200)))
"""


@pytest.mark.spec("RS-160")
@pytest.mark.django_db(transaction=True)
def test_several_processes_together_stay_within_the_limit():
    processes = [
        subprocess.Popen([sys.executable, "-c", PROGRAM], cwd=ROOT, env=environment(), stdout=subprocess.PIPE)
        for _ in range(min(3, multiprocessing.cpu_count() + 1))
    ]
    allowed = sum(int(process.communicate(timeout=60)[0]) for process in processes)
    assert 190 <= allowed <= 200
