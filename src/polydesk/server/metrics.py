"""Figures for Prometheus at /metrics, behind a token of its own (RS-196).

Each process counts its requests and keeps the sums in a file of the data folder, so that whichever web process is asked
answers for all of them; a killed one's figures stay. What the database knows (jobs, ticks) is asked at each scrape."""

import hmac
import json
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db.models import Count, Max, Min
from django.http import Http404, HttpRequest, HttpResponse

from polydesk.jobs import clock
from polydesk.jobs.models import Job, TickRun
from polydesk.jobs.registry import TICKS

WRITE_EVERY = 1.0
TYPE = "text/plain; version=0.0.4; charset=utf-8"
_counts: Counter[str] = Counter()
_lock = threading.Lock()
_written = 0.0

Figure = tuple[str, str, str, list[tuple[str, float]]]


def count(method: str, status: int, seconds: float) -> None:
    """One answered request; free of charge where nobody may ask."""
    global _written
    if not settings.POLYDESK_METRICS_TOKEN:
        return
    known = method if method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "other"
    with _lock:
        _counts[f'polydesk_requests_total{{method="{known}",status="{status}"}}'] += 1
        _counts["polydesk_request_milliseconds_total"] += round(seconds * 1000)
        now = time.monotonic()
        if now - _written > WRITE_EVERY:
            _written = now
            _keep()


def begin() -> None:
    """Called by the parent before its first web process: a new run counts from nought."""
    for file in folder().glob("*.json"):
        file.unlink(missing_ok=True)


def folder() -> Path:
    return Path(settings.DATA_DIR) / "metrics"


def page(request: HttpRequest) -> HttpResponse:
    token = settings.POLYDESK_METRICS_TOKEN
    if not token:
        raise Http404
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return HttpResponse(status=401, headers={"WWW-Authenticate": 'Bearer realm="metrics"'})
    with _lock:
        _keep()
    return HttpResponse("\n".join(lines()) + "\n", content_type=TYPE)


def lines() -> Iterator[str]:
    sums = _sums()
    for name, kind, meaning in (
        ("polydesk_requests_total", "counter", "Answered requests."),
        ("polydesk_request_milliseconds_total", "counter", "Time spent on answered requests."),
    ):
        yield from (f"# HELP {name} {meaning}", f"# TYPE {name} {kind}")
        yield from (f"{series} {value}" for series, value in sorted(sums.items()) if series.partition("{")[0] == name)
    for name, kind, meaning, values in (*_jobs(), _ticks()):
        yield from (f"# HELP {name} {meaning}", f"# TYPE {name} {kind}")
        yield from (f"{name}{labels} {value:g}" for labels, value in values)


def _jobs() -> Iterator[Figure]:
    now = clock.now()
    waiting = Job.objects.waiting().filter(due__lte=now).aggregate(count=Count("id"), oldest=Min("due"))
    age = (now - waiting["oldest"]).total_seconds() if waiting["oldest"] else 0.0
    yield "polydesk_jobs_due", "gauge", "Jobs that could run now and wait for a worker.", [("", waiting["count"])]
    yield "polydesk_jobs_oldest_due_seconds", "gauge", "How long the longest of them has waited.", [("", age)]
    planned = Job.objects.waiting().filter(due__gt=now).count()
    yield "polydesk_jobs_later", "gauge", "Jobs in hand, or waiting for their time.", [("", planned)]
    dead = Job.objects.dead().values("kind").annotate(count=Count("id")).order_by("kind")
    labelled = [(f'{{kind="{row["kind"]}"}}', row["count"]) for row in dead]
    yield "polydesk_dead_letters", "gauge", "Jobs given up after their last try, by kind.", labelled


def _ticks() -> Figure:
    """Deadlines of service levels, mailboxes and the like are looked at by ticks: one that is late tells of all."""
    now = clock.now()
    last = dict(TickRun.objects.values_list("name").annotate(last=Max("due")))
    waiting = dict(Job.objects.waiting().filter(lane__startswith="tick:").values_list("lane").annotate(Min("created")))
    values = []
    for tick in sorted(TICKS.values(), key=lambda one: one.name):
        handed_out = last.get(tick.name)
        missed = (now - handed_out - tick.every).total_seconds() if handed_out else 0.0
        begun = waiting.get(f"tick:{tick.name}")
        unfinished = (now - begun).total_seconds() if begun else 0.0
        values.append((f'{{tick="{tick.name}"}}', max(0.0, missed, unfinished)))
    return "polydesk_tick_lag_seconds", "gauge", "How late scheduled work is (service levels, mail), by tick.", values


def _keep() -> None:
    """Written whole and renamed, as another process may read it at this moment."""
    folder().mkdir(mode=0o700, exist_ok=True)
    target = folder() / f"{os.getpid()}.json"
    fresh = target.with_suffix(".new")
    fresh.write_text(json.dumps(_counts))
    fresh.rename(target)


def _sums() -> Counter[str]:
    sums: Counter[str] = Counter()
    for file in folder().glob("*.json"):
        sums.update(json.loads(file.read_text()))
    return sums
