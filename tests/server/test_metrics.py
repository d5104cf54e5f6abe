"""Figures for Prometheus: guarded, whole, and moving when something is wrong."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from polydesk import jobs
from polydesk.jobs.models import Job, TickRun
from polydesk.jobs.registry import TICKS
from polydesk.server import metrics

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RS-196")]
TOKEN = "scrape me if you can"


@pytest.fixture
def scrape(settings, tmp_path):
    settings.POLYDESK_METRICS_TOKEN, settings.DATA_DIR = TOKEN, tmp_path
    metrics._counts.clear()

    def ask():
        answer = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200 and answer["Content-Type"].startswith("text/plain; version=0.0.4")
        text = answer.content.decode()
        for line in text.splitlines():
            assert re.fullmatch(r'# (HELP|TYPE) \S+ .+|[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [0-9.e+]+', line)
        return {name: float(value) for name, _, value in (x.rpartition(" ") for x in text.splitlines() if x[0] != "#")}

    return ask


def test_without_a_token_there_is_no_page_and_a_wrong_one_is_refused(settings):
    assert Client().get("/metrics").status_code == 404
    settings.POLYDESK_METRICS_TOKEN = TOKEN
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": "Ü"}):
        assert Client().get("/metrics", headers=headers).status_code == 401


def test_requests_are_counted_by_their_status_over_all_processes(scrape, tmp_path):
    Client().get("/healthz")
    Client().get("/api/v1/tickets")
    (tmp_path / "metrics").mkdir(exist_ok=True)
    (tmp_path / "metrics" / "1.json").write_text('{"polydesk_requests_total{method=\\"GET\\",status=\\"500\\"}": 3}')
    found = scrape()
    assert found['polydesk_requests_total{method="GET",status="200"}'] >= 1
    assert found['polydesk_requests_total{method="GET",status="401"}'] >= 1
    assert found['polydesk_requests_total{method="GET",status="500"}'] == 3


def test_a_queue_nobody_works_on_dead_letters_and_late_ticks_move_their_figures(scrape):
    quiet = scrape()
    assert quiet["polydesk_jobs_due"] == quiet["polydesk_jobs_oldest_due_seconds"] == 0
    due = timezone.now() - timedelta(minutes=5)
    jobs.later("tick", {"name": "none"}, due=due)
    jobs.later("tick", {"name": "none"}, due=timezone.now() + timedelta(hours=1))
    dead = Job.objects.create(kind="webhook.send", due=due, created=due, done=due, error="gone")
    tick = next(iter(TICKS.values()))
    TickRun.objects.create(name=tick.name, due=timezone.now() - 3 * tick.every)
    found = scrape()
    assert found["polydesk_jobs_due"] == 1 and found["polydesk_jobs_oldest_due_seconds"] >= 300
    assert found["polydesk_jobs_later"] == 1
    assert found['polydesk_dead_letters{kind="webhook.send"}'] == 1 and dead.is_dead
    assert found[f'polydesk_tick_lag_seconds{{tick="{tick.name}"}}'] > tick.every.total_seconds()
