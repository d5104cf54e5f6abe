"""Client libraries written for Autotask work once their address points here: each in a process of its own.

`py-autotask` and `django-autotask` are development dependencies; `@apigrate/autotask-restapi` is driven where node
finds it in NODE_PATH."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from polydesk.faces.autotask import demo
from polydesk.tickets.models import Ticket
from tests import worlds

CLIENTS = Path(__file__).parent / "clients"


@pytest.fixture
def desk(live_server, transactional_db):
    """A live server with the conformance data: its address and the headers' values."""
    world = worlds.build()
    demo.build(world.house)
    many(world.ticket(title="One of many"))
    found = demo.issue(demo.api_user(world.house, demo.API_USER))
    return [f"{live_server.url}/ATServicesRest/", found["UserName"], found["Secret"], found["ApiIntegrationCode"]]


def many(ticket):
    """Enough copies of a ticket to need a second page."""
    copies = []
    for _ in range(503):
        copy = Ticket(**{c.attname: getattr(ticket, c.attname) for c in Ticket._meta.concrete_fields})
        copy.pk = None
        copies.append(copy)
    Ticket.objects.bulk_create(copies, batch_size=100)


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


@pytest.mark.spec("AT-003", "AT-044", "AT-064", "AT-075", "AT-079", "AT-103", "AT-424", "AT-430")
def test_py_autotask_works_unchanged(desk):
    seen = walk(sys.executable, str(CLIENTS / "py_autotask_walk.py"), *desk)
    assert seen.pop("zone").lower().endswith("/atservicesrest/")
    assert seen == {
        "title": "From Python",
        "renamed": "Renamed",
        "found": True,
        "different": 500,
        "missing": None,
        "count": 508,
        "note": "d",
        "changed": "Changed",
        "checklist": True,
        "gone": True,
        "file": "a",
        "gone too": True,
        "pages": [500, 4, True],
        "refused": ["AutotaskAPIError", "AutotaskAPIError", "AutotaskNotFoundError", "AutotaskAuthError"],
    }


@pytest.mark.spec("AT-002", "AT-005", "AT-014", "AT-045", "AT-074", "AT-079", "AT-122", "AT-424", "AT-430", "AT-448")
def test_django_autotask_works_unchanged(desk):
    nothing = "No message. No matching records found. The logged in Resource may not have the required permissions"
    assert walk(sys.executable, str(CLIENTS / "django_autotask_walk.py"), *desk) == {
        "accounts": 3,
        "inactive": 0,
        "child of": "Hardware",
        "udf": True,
        "created": ["From Django", "Conformance Child", "High", "1.5"],
        "assigned": ["Renamed", "Technician"],
        "cleared": None,
        "note": "Rang back",
        "checklist": [["Cable", True, True]],
        "time": ["0.5", "Did"],
        "second": 0,
        "file": "aGVsbG8=",
        "pages": [500, 4],
        "refusals": [
            ["AutotaskAPIServerError", "queueID"],
            ["AutotaskRecordNotFoundError", "Resource not found"],
            ["AutotaskRecordNotFoundError", f"{nothing} to delete the data."],
            ["AutotaskAPIClientError", "There is no such resource."],
            ["AutotaskAPIClientError", "Unauthorized request"],
        ],
    }
