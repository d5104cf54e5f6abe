"""`polydesk serve` as its operator meets it: one command, one process tree, one line when something is wrong."""

import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from polydesk.server.cli import COMMANDS
from tests.server.desks import POSTGRES, Desk, free_port


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    return Desk.migrated(tmp_path_factory.mktemp("serving") / "polydesk-data")


def children(pid):
    found = os.popen(f"ps -o pid=,args= --ppid {pid}").read().splitlines()
    return {line.split()[0]: line.partition(" ")[2] for line in (line.strip() for line in found)}


def the_worker(server):
    return next((int(pid) for pid, args in children(server.process.pid).items() if "worker --parent" in args), None)


def eventually(question, seconds=15):
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if found := question():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not happen")


@pytest.mark.spec("PL-003", "PL-007", "RS-190", "RS-191")
def test_one_process_tree_serves_survives_its_fallen_and_ends_within_ten_seconds(desk):
    with desk.start("serve") as server:
        server.wait_until_ready()
        assert server.get("/healthz")[0] == 200
        fallen = eventually(lambda: the_worker(server))
        os.kill(fallen, signal.SIGKILL)
        eventually(lambda: (now := the_worker(server)) and now != fallen)
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 10
        assert server.process.returncode == 0
        with pytest.raises(OSError):
            server.get("/healthz")


@pytest.mark.spec("PL-007", "RS-191")
def test_a_running_request_is_answered_before_the_end(tmp_path):
    desk = Desk.migrated(tmp_path / "desk")
    assert desk.run("init", "--admin", "ada").returncode == 0
    key = desk.run("credentials", "create", "--face", "native", "--user", "ada").stdout.rpartition("token: ")[2].strip()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    body = b'{"kind": "incident", "title": "Late", "description": "but not lost"}'
    with desk.start("serve", POLYDESK_FAILPOINT="edit.after_ticket:sleep") as server:
        server.wait_until_ready()
        with ThreadPoolExecutor(1) as beside:
            asked = beside.submit(server.get, "/api/v1/tickets", headers, body)
            time.sleep(0.7)
            server.stop()
            status, answer = asked.result()
    assert (status, json.loads(answer)["title"]) == (201, "Late")


@pytest.mark.spec("PL-007")
def test_nothing_outlives_a_killed_parent(desk):
    with desk.start("serve") as server:
        server.wait_until_ready()
        eventually(lambda: the_worker(server))
        family = list(children(server.process.pid))
        server.process.kill()
        server.process.wait()
        assert len(family) >= 2
        eventually(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in family), seconds=12)


@pytest.mark.spec("PL-007", "RS-191")
def test_a_web_process_that_only_begins_does_not_outlive_its_parent_either(desk):
    with desk.start("serve", POLYDESK_WORKERS="4") as server:
        server.wait_until_ready()
        family = children(server.process.pid).keys()
        web = [pid for pid, args in children(server.process.pid).items() if args.endswith(" serve")]
        assert len(web) == 4
        for pid in web:
            os.kill(int(pid), signal.SIGKILL)
        eventually(lambda: children(server.process.pid).keys() - family, seconds=20)
        begun = list(children(server.process.pid))
        server.process.kill()
        server.process.wait()
        eventually(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in begun), seconds=12)


@pytest.mark.spec("PL-007")
def test_a_worker_alone_ends_when_told(desk):
    with desk.start("worker") as worker:
        eventually(lambda: "worker" in worker.log.read_text(), seconds=40)
        time.sleep(1)
        began = time.monotonic()
        worker.stop()
        assert time.monotonic() - began < 10
        assert worker.process.returncode == 0


@pytest.mark.spec("PL-003")
def test_a_port_in_use_is_one_line(desk):
    with desk.start("serve", "--no-worker") as server:
        server.wait_until_ready()
        second = desk.run("serve", "--no-worker", "--port", server.url.rpartition(":")[2])
    assert second.returncode == 1
    assert second.stderr.strip().splitlines()[-1].startswith("polydesk: cannot listen on 127.0.0.1:")
    assert "Traceback" not in second.stderr


@pytest.mark.spec("PL-003")
@pytest.mark.parametrize(
    "url",
    [
        "postgres://nobody@127.0.0.1:1/none",
        "postgres://nobody@no-such-host.invalid/none",
        "postgres://nobody@127.0.0.1:99999/none",
        "postgres://127.0.0.1",
        "mysql://somewhere/else",
    ],
)
def test_a_wrong_database_is_one_line(tmp_path, url):
    refused = Desk.fresh(tmp_path / "data").run("serve", "--port", str(free_port()), DATABASE_URL=url)
    assert refused.returncode == 1
    assert refused.stderr.startswith("polydesk: ")
    assert len(refused.stderr.strip().splitlines()) == 1


@pytest.mark.spec("PL-004")
def test_an_unknown_setting_stops_any_command(tmp_path):
    refused = Desk.fresh(tmp_path / "data").run("serve", POLYDESK_PROT="1")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "POLYDESK_PROT" in refused.stderr


@pytest.mark.spec("PL-002")
def test_help_lists_every_command_with_a_line(tmp_path):
    shown = Desk.fresh(tmp_path / "data").run("--help").stdout
    for name in COMMANDS:
        assert f"\n    {name}" in shown
    assert not (tmp_path / "data").exists()


@pytest.mark.spec("RS-190")
def test_readiness_names_what_is_wrong_and_nothing_else(desk):
    with desk.start("serve", "--no-worker", POLYDESK_DISK_FLOOR_MB="999999") as server:
        eventually(lambda: _listens(server), seconds=60)
        assert server.get("/readyz") == (503, '{"status": "unready", "reasons": ["disk"]}')


def _listens(server):
    try:
        server.get("/healthz")
    except OSError:
        return False
    return True


@pytest.mark.spec("RS-006")
@pytest.mark.skipif(not POSTGRES, reason="PostgreSQL's settings")
def test_a_postgresql_that_forgets_is_refused(desk):
    refused = desk.run("serve", "--port", str(free_port()), POLYDESK_TESTING="off")
    assert refused.returncode == 1
    assert "fsync=off" in refused.stderr
