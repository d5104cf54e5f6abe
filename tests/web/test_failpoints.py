"""Named places to fail at."""

import time

import pytest
from django.core.exceptions import ImproperlyConfigured

from polydesk.web import failpoints
from polydesk.web.failpoints import Failed, armed, failpoint

pytestmark = pytest.mark.spec("RS-009")


def test_nothing_happens_at_a_failpoint_that_is_not_armed():
    failpoint("here")
    with armed("there:raise"):
        failpoint("here")


def test_an_armed_one_raises_once():
    with armed("here:raise"):
        with pytest.raises(Failed, match="here"):
            failpoint("here")
        failpoint("here")


def test_it_can_let_some_pass_first():
    with armed("here:3:raise"):
        failpoint("here")
        failpoint("here")
        with pytest.raises(Failed):
            failpoint("here")


def test_it_can_sleep(monkeypatch):
    monkeypatch.setattr(failpoints, "SLEEP_SECONDS", 0.05)
    began = time.monotonic()
    with armed("here:sleep"):
        failpoint("here")
    assert time.monotonic() - began >= 0.05


def test_production_cannot_switch_one_on(settings):
    settings.DEBUG = settings.TESTING = False
    with pytest.raises(ImproperlyConfigured), armed("here:raise"):
        pass
    settings.POLYDESK_FAILPOINT = "here:raise"
    failpoints.arm_from_settings()
    failpoint("here")


@pytest.mark.parametrize("spec", ["here", "here:explode", "a:1:2:raise", "here:"])
def test_a_misspelt_one_is_told(spec):
    with pytest.raises(ImproperlyConfigured):
        failpoints.arm(spec)


def test_an_inactive_one_costs_next_to_nothing():
    began = time.perf_counter()
    for _ in range(10_000):
        failpoint("here")
    assert time.perf_counter() - began < 0.02


def test_the_registry_is_the_source_itself():
    names = failpoints.names()
    assert names == sorted(set(names))
    assert {"job.claimed", "job.ran", "job.finished", "edit.after_ticket"} <= set(names)
    assert not any(name.startswith("here") for name in names)
