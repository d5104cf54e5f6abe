"""A migration that was killed at any moment is started again and ends well (RS-185)."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from tests.server.desks import Desk

KILLS = 20 if "POLYDESK_TORTURE" in os.environ else 1


@pytest.mark.spec("RS-185")
def test_a_killed_migration_is_started_again_and_ends_well(tmp_path):
    desk, dice, killed = Desk.fresh(tmp_path / "desk"), random.Random(7), 0
    command = [sys.executable, "-m", "polydesk.server", "migrate"]
    while killed < KILLS:
        process = subprocess.Popen(command, env=desk.environment, stderr=subprocess.PIPE, text=True)
        for line in process.stderr:  # it says when it begins
            if line.startswith("migrating"):
                break
        time.sleep(dice.uniform(0, 3 if killed else 1.5))
        process.send_signal(signal.SIGKILL)
        if process.wait() == 0:
            break  # so fast a machine is done by now
        killed += 1
    assert killed
    done = desk.run("migrate")
    assert done.returncode == 0, done.stderr
    assert desk.run("migrate", "--check").returncode == 0
