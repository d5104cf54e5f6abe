"""Client libraries written for Autotask work once their address points here.

`py-autotask` is looked for in AUTOTASK_CLIENT_PYTHON (an interpreter) or here, `@apigrate/autotask-restapi` by node
in NODE_PATH; what is not installed is skipped."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from polydesk.faces.autotask import demo
from tests import worlds

CLIENTS = Path(__file__).parent / "clients"
PYTHON = os.environ.get("AUTOTASK_CLIENT_PYTHON", sys.executable)


@pytest.fixture
def desk(live_server, transactional_db):
    """A live server with the conformance data: its address and the headers' values."""
    world = worlds.build()
    demo.build(world.house)
    found = demo.issue(demo.api_user(world.house, demo.API_USER))
    return [f"{live_server.url}/ATServicesRest/", found["UserName"], found["Secret"], found["ApiIntegrationCode"]]


def walk(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def has(*command):
    return bool(shutil.which(command[0])) and subprocess.run(command, capture_output=True).returncode == 0


@pytest.mark.spec("AT-004", "AT-010", "AT-043", "AT-063", "AT-084", "AT-127", "AT-424")
@pytest.mark.skipif(
    not has("node", "-e", "require('@apigrate/autotask-restapi')"),
    reason="@apigrate/autotask-restapi is not in NODE_PATH",
)
def test_apigrate_for_node_works_unchanged(desk):
    assert walk("node", str(CLIENTS / "apigrate.cjs"), *desk) == {
        "zone": "Polydesk",
        "title": "From Node",
        "updated": True,
        "replaced": True,
        "count": 1,
        "note": "d",
        "data": "aGVsbG8=",
        "deleted": True,
        "missing": None,
        "modules": True,
        "unknown": None,
        "refused": [500, True],
    }


@pytest.mark.spec("AT-003", "AT-044", "AT-064", "AT-075", "AT-103")
@pytest.mark.skipif(not has(PYTHON, "-c", "import py_autotask"), reason="py-autotask is not installed")
def test_py_autotask_works_unchanged(desk):
    seen = walk(PYTHON, str(CLIENTS / "py_autotask_walk.py"), *desk)
    assert seen.pop("zone").lower().endswith("/atservicesrest/")
    assert seen == {
        "title": "From Python",
        "renamed": "Renamed",
        "found": True,
        "different": 3,
        "missing": None,
        "count": 4,
        "note": "d",
        "refused": "AutotaskAPIError",
    }
