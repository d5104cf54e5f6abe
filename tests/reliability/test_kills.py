"""Killed at any failpoint, an act has happened wholly or not at all, and its repetition makes it exactly one."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from polydesk.web import failpoints
from tests.server.desks import Desk

VICTIM = Path(__file__).with_name("victim.py")


@pytest.mark.spec("RS-001", "RS-009", "RS-011", "RS-023", "RS-026", "RS-041", "RS-042", "RS-065")
def test_a_kill_at_every_failpoint_and_a_repetition_leave_one_effect(tmp_path):
    desk = Desk.migrated(tmp_path / "desk")
    done = subprocess.run(
        [sys.executable, VICTIM, tmp_path], env=desk.environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    report = json.loads((tmp_path / "report.json").read_text())
    for point, act, died, again, effects, allowed in report["acts"]:
        assert died == -signal.SIGKILL, (point, act, "was not reached", done.stderr[-2000:])
        assert again == 0, (point, act, done.stderr[-2000:])
        assert effects in allowed, (point, act, effects)
    assert {point for point, *_ in report["acts"]} == set(failpoints.names())
    assert report["torn"] == [] and report["broken"] == 0
