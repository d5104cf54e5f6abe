"""Through PgBouncer in transaction mode the desk serves, works off jobs and loses nothing (RS-197).

Skipped without a `pgbouncer` (on the path, or named by PGBOUNCER)."""

import os
import pwd
import re
import shutil
import subprocess
import time
from contextlib import contextmanager
from urllib.parse import parse_qsl, urlsplit

import psycopg
import pytest

from bench.drill import Drill
from tests.server.desks import POSTGRES, Desk, free_port

BOUNCER = os.environ.get("PGBOUNCER") or shutil.which("pgbouncer")
pytestmark = [
    pytest.mark.spec("RS-197"),
    pytest.mark.skipif(not POSTGRES, reason="PgBouncer is PostgreSQL's"),
    pytest.mark.skipif(BOUNCER is None, reason="there is no pgbouncer here"),
]
KEEPS_STATEMENTS = (1, 21)


def version():
    told = subprocess.run([BOUNCER, "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(part) for part in re.search(r"(\d+)\.(\d+)", told).groups())


@contextmanager
def bouncer(folder, url):
    """The address at which few connections of the server are shared by many."""
    parts, port = urlsplit(url), free_port()
    settings = {
        "listen_addr": "127.0.0.1",
        "listen_port": port,
        "unix_socket_dir": "",
        "auth_type": "any",
        "pool_mode": "transaction",
        "default_pool_size": 4,
        "max_client_conn": 200,
        **({"max_prepared_statements": 200} if version() >= KEEPS_STATEMENTS else {}),
    }
    file = folder / "pgbouncer.ini"
    lines = [f"{name} = {value}" for name, value in settings.items()]
    host = dict(parse_qsl(parts.query))["host"]
    databases = f"* = host={host} user=postgres"
    file.write_text("\n".join(["[databases]", databases, "[pgbouncer]", *lines, ""]))
    # It refuses to be root, and must reach the server's socket.
    user = ["-u", pwd.getpwuid(os.stat(host).st_uid).pw_name] if os.geteuid() == 0 else []
    with subprocess.Popen([BOUNCER, *user, str(file)], stderr=(folder / "pgbouncer.log").open("w")) as process:
        address = f"postgresql://postgres:@127.0.0.1:{port}{parts.path}?sslmode=disable"
        try:
            wait_for(address, process)
            yield address
        finally:
            process.kill()


def wait_for(address, process):
    ends = time.monotonic() + 10
    while True:
        try:
            psycopg.connect(address, connect_timeout=2, prepare_threshold=None).close()
            return
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > ends:
                raise
            time.sleep(0.05)


def test_writes_jobs_and_checks_pass_through_a_pooler_that_shares_four_connections(tmp_path):
    threshold = "1" if version() >= KEEPS_STATEMENTS else "off"
    desk = Desk.migrated(tmp_path / "desk", POLYDESK_PREPARE_THRESHOLD=threshold)
    with bouncer(tmp_path, desk.environment["DATABASE_URL"]) as address:
        desk.environment["DATABASE_URL"] = address
        drill = Drill(desk, webhooks=True)
        try:
            report = drill.in_turn(["web", "web"], clients=8, writes=20)
        finally:
            drill.close()
    assert report.is_clean, report
    assert report.acknowledged.total() >= 60 and report.delivered, report
