"""A full disk: writes are refused, nothing is half written, reads go on, and with room again all is well (RS-195)."""

import os
import shutil
import subprocess
import uuid
from contextlib import contextmanager

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from polydesk.directory import actors
from polydesk.tickets import chain
from polydesk.tickets.models import Attachment, Event, Ticket
from polydesk.web import files, pressure

pytestmark = pytest.mark.spec("RS-195")


@pytest.fixture
def api(world):
    key = actors.issue(world.mona, "native")[1]
    client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {key}"})

    def create(text):
        return client.post("/api/v1/tickets", {"title": "t", "description": text}, content_type="application/json")

    client.create = create
    return client


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite can be told how large it may become")
def test_a_full_database_refuses_writes_and_goes_on_reading(api):
    number = api.create("before").json()["id"]
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        pages = cursor.fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages + 3}")
    try:
        statuses = [api.create("x" * 6000).status_code for _ in range(12)]
        assert statuses[-1] == 507 and set(statuses) <= {201, 507}
        assert api.get(f"/api/v1/tickets/{number}").status_code == 200
        assert Ticket.objects.filter(title="t").count() == 1 + statuses.count(201)
        assert Event.objects.count() == 1 + statuses.count(201)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA max_page_count = 1073741823")
    assert api.create("x" * 6000).status_code == 201
    assert not list(chain.broken())


@contextmanager
def small_disk(folder):
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], capture_output=True)
    if made.returncode:
        pytest.skip("a small file system can be mounted by root alone")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.django_db
@pytest.mark.skipif(shutil.which("mount") is None or os.geteuid() != 0, reason="only root mounts file systems")
def test_a_full_disk_of_files_refuses_uploads_and_keeps_no_half_of_one(api, settings, tmp_path):
    number = api.create("x").json()["id"]
    with small_disk(tmp_path / "files"):
        settings.POLYDESK_FILES_ROOT = str(tmp_path / "files")

        def upload(size):
            file = SimpleUploadedFile("a.bin", uuid.uuid4().bytes + bytes(size))
            return api.post(f"/api/v1/tickets/{number}/attachments", {"file": file})

        assert upload(100_000).status_code == 201
        refused = upload(400_000)
        assert refused.status_code == 507 and refused["Content-Type"] == "application/problem+json"
        assert list((tmp_path / "files" / "incoming").iterdir()) == []
        assert upload(50_000).status_code == 201
        assert Attachment.objects.count() == 2
        assert all(files.is_intact(row.sha256, row.size) for row in Attachment.objects.all())


@pytest.mark.django_db
@pytest.mark.spec("RS-161")
def test_under_the_floor_writes_are_refused_before_the_disk_is_full(api, settings, monkeypatch):
    number = api.create("x").json()["id"]
    settings.POLYDESK_DISK_FLOOR_MB = 10**9
    monkeypatch.setattr(pressure, "_looked", (0.0, True))
    refused = api.create("x")
    assert refused.status_code == 503 and int(refused["Retry-After"]) > 0
    assert api.get(f"/api/v1/tickets/{number}").status_code == 200
    monkeypatch.setattr(pressure, "_looked", (0.0, True))
    settings.POLYDESK_DISK_FLOOR_MB = 0
    assert api.create("x").status_code == 201
