"""A release is moved to and back while people write, and a migration killed at any moment is started again."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.server.desks import POSTGRES, Desk

MOVING = Path(__file__).with_name("moving.py")


@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    """What moving.py has found: a database made from nothing, which goes back a release and forward again."""
    desk = Desk.fresh(tmp_path_factory.mktemp("moved") / "desk")
    desk.folder.mkdir(mode=0o700)
    torture = {name: value for name, value in os.environ.items() if name == "POLYDESK_TORTURE"}
    words = [sys.executable, MOVING, desk.folder.parent]
    done = subprocess.run(words, env=desk.environment | torture, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return lambda name: json.loads((desk.folder.parent / name).read_text())


@pytest.mark.spec("RS-185")
def test_a_killed_migration_is_started_again_and_ends_well(moved):
    ends = moved("ends.json")["ends"]
    for moments in ends.values():
        # so fast a machine may be done before it is killed
        assert moments and set(moments) <= {-signal.SIGKILL, 0}
    assert -signal.SIGKILL in [*ends["new"], *ends["previous"]]
    new, forward = moved("new.json"), moved("forward.json")
    assert new["pending"] == forward["pending"] == new["invalid"] == forward["invalid"] == 0
    assert set(new["steps"]) <= set(forward["steps"])


@pytest.mark.spec("RS-183")
def test_data_survive_the_way_to_the_previous_release_and_forward_again(moved):
    rows, back, forward = moved("ends.json")["rows"], moved("back.json"), moved("forward.json")
    written = [moved(f"writer-{way}.report")[1] for way in ("back", "forward")]
    assert all(count > 0 for count in written)
    assert back["tickets"] == rows + 5 + written[0] and forward["tickets"] == back["tickets"] + written[1]
    assert back["comments"] == forward["comments"] >= 5
    assert back["pending"] > 5 and forward["chains"] == 0
    assert forward["marked"] == forward["documents"] == back["documents"] == rows + 5 and back["marked"] == 0


@pytest.mark.spec("RS-183")
@pytest.mark.parametrize("way", ["back", "forward"])
def test_no_writer_waits_longer_than_two_seconds(moved, way):
    """On PostgreSQL not even behind a step that waits for another program's transaction of four seconds.

    SQLite's lock is held by a process that computes all the while: on a machine that others use, its share of the
    processor tells how long it would have been alone."""
    longest, share = moved(f"writer-{way}.report")[0], moved("ends.json")["shares"][way]
    assert longest * (1 if POSTGRES else share) < 2
