"""A file that no scanner has called clean is for administrators alone, through every face (RS-105)."""

import shlex
import sys

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from polydesk.directory import actors
from polydesk.features.scanning.models import Verdict
from polydesk.jobs.models import Job
from polydesk.jobs.testing import drain
from polydesk.tickets.models import Attachment

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RS-105")]
BAD = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$-A-TEST-SIGNATURE"
LOOK = "import sys; bad = b'TEST-SIGNATURE' in sys.stdin.buffer.read(); print('FOUND' * bad); sys.exit(bad)"
SCANNER = shlex.join([sys.executable, "-c", LOOK])
BROKEN = shlex.join([sys.executable, "-c", "import sys; sys.exit(2)"])
AT = {"UserName": "anna@house.test", "ApiIntegrationCode": "CODE"}


@pytest.fixture
def doors(world, settings):
    """How an agent and an administrator fetch the file of a ticket, and an upload."""
    settings.POLYDESK_SCANNER = SCANNER
    people = {}
    for name in ("anna", "mona"):
        key = actors.issue(getattr(world, name), "native")[1]
        people[name] = Client(headers={"Authorization": f"Bearer {key}"})
    ticket = world.ticket(requester=world.rita, shared=True)

    def attach(content, name="a.txt"):
        file = SimpleUploadedFile(name, content)
        answer = people["anna"].post(f"/api/v1/tickets/{ticket.pk}/attachments", {"file": file})
        assert answer.status_code == 201, answer.content
        return answer.json()["items"][0]["id"]

    def status(name, number):
        return people[name].get(f"/api/v1/attachments/{number}/content").status_code

    attach.ticket, attach.status = ticket, status
    return attach


def test_a_file_is_held_until_it_is_examined_and_then_free(doors):
    number = doors(b"good")
    assert doors.status("anna", number) == 403 and doors.status("mona", number) == 200
    drain()
    assert doors.status("anna", number) == 200
    assert Verdict.objects.get().clean


def test_a_refused_file_is_for_administrators_alone(doors, world):
    number = doors(BAD)
    drain()
    assert Verdict.objects.get().said == "FOUND"
    assert doors.status("anna", number) == 403 and doors.status("mona", number) == 200
    limits = {"username": AT["UserName"], "integration_code": AT["ApiIntegrationCode"]}
    autotask = Client(headers={**AT, "Secret": actors.issue(world.anna, "autotask", limits=limits)[1]})
    uuid = Attachment.objects.get(pk=number).uuid
    answer = autotask.get(f"/ATServicesRest/V1.0/Tickets/{doors.ticket.pk}/Attachments/{number}")
    assert answer.status_code in (403, 500) and b"errors" in answer.content and b"TEST-SIG" not in answer.content
    for person, address in ((world.anna, f"/files/{uuid}"), (world.rita, f"/portal/files/{uuid}/")):
        pages = Client()
        pages.force_login(person.user, "django.contrib.auth.backends.ModelBackend")
        assert pages.get(address).status_code == 403, address


def test_a_broken_scanner_holds_and_is_asked_again(doors, settings):
    settings.POLYDESK_SCANNER = BROKEN
    number = doors(b"good")
    drain()
    assert doors.status("anna", number) == 403
    assert "ended with 2" in Job.objects.get(kind="file.examine").error
    settings.POLYDESK_SCANNER = "/nowhere/scanner"
    assert doors.status("anna", doors(b"other")) == 403
    settings.POLYDESK_SCANNER = SCANNER
    Job.objects.update(due="2000-01-01T00:00Z")
    drain()
    assert doors.status("anna", number) == 200


def test_a_file_older_than_the_scanner_is_examined_when_somebody_asks_for_it(doors, settings):
    settings.POLYDESK_SCANNER = ""
    number = doors(b"old")
    assert doors.status("anna", number) == 200 and not Job.objects.filter(kind="file.examine").exists()
    settings.POLYDESK_SCANNER = SCANNER
    assert [doors.status("anna", number) for _ in range(2)] == [403, 403]
    assert Job.objects.filter(kind="file.examine").count() == 1
    drain()
    assert doors.status("anna", number) == 200


def test_the_same_bytes_are_examined_once(doors):
    doors(b"same")
    drain()
    number = doors(b"same", "again.txt")
    assert doors.status("anna", number) == 200
    drain()
    assert Verdict.objects.count() == 1
