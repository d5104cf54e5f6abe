"""A message is read in a process of its own: a bomb costs seconds and a reason, never the worker."""

import base64
import gc
import os
import resource
import subprocess
import sys
import time

import pytest

from polydesk.channels.email import child
from polydesk.channels.email.child import Unreadable, read_apart
from polydesk.channels.email.reading import read

PLAIN = b"From: Anna <a@acme.example>\nSubject: =?utf-8?q?Gr=C3=BC?=\nDate: Sun, 22 Nov 2026 10:15:00 +0300\n\nHi\n"


@pytest.mark.spec("RS-075")
def test_what_is_read_apart_is_what_is_read_here():
    file = b"Content-Type: multipart/mixed; boundary=e\n\n--e\n\nHi\n--e\nContent-Type: image/png\n\n\x89P\xff\n--e--"
    for raw in (PLAIN, file, b"", b"\xff\x00\xfe" * 100):
        assert read_apart(raw) == read(raw)


@pytest.mark.spec("RS-075")
def test_beyond_the_limits_the_reason_is_told():
    with pytest.raises(Unreadable, match="more than 1000 parts"):
        read_apart(b"Content-Type: multipart/mixed; boundary=e\n\n" + b"--e\n\nx\n" * 1100)


@pytest.mark.spec("RS-075")
def test_a_message_that_takes_too_much_work_is_given_up(monkeypatch):
    monkeypatch.setattr(child, "CPU_SECONDS", 1)
    start = time.monotonic()
    with pytest.raises(Unreadable, match="seconds of work"):
        read_apart(b"Content-Type: text/html\n\n" + b"<blockquote>x" * 900_000)
    assert time.monotonic() - start < 15


@pytest.mark.spec("RS-075")
def test_a_message_that_takes_too_much_memory_is_given_up(monkeypatch):
    monkeypatch.setattr(child, "MEMORY", 128 * 1024 * 1024)
    with pytest.raises(Unreadable, match="128 MiB of memory"):
        read_apart(b"Subject: x\n\n" + b"\xff" * 24_000_000)


@pytest.mark.spec("RS-075")
def test_a_reader_that_hangs_is_stopped(monkeypatch):
    monkeypatch.setattr(child, "WALL_SECONDS", 1)
    monkeypatch.setattr(child, "_START", "import time; time.sleep(60)")
    with pytest.raises(Unreadable, match="longer than 1 seconds"):
        read_apart(PLAIN)


@pytest.mark.spec("RS-075")
@pytest.mark.parametrize(
    "start", ["import os; os.kill(os.getpid(), 9)", "print('nonsense')", "raise SystemExit(3)", "1/0"]
)
def test_a_reader_that_dies_is_no_fault_of_the_worker(monkeypatch, start):
    monkeypatch.setattr(child, "_START", start)
    with pytest.raises(Unreadable):
        read_apart(PLAIN * 100_000)


@pytest.mark.spec("RS-075")
def test_the_largest_message_fits_and_the_worker_stays_small():
    content = os.urandom(18 * 1024 * 1024)
    raw = b"Content-Type: multipart/mixed; boundary=e\n\n--e\n\nHi\n--e\nContent-Type: application/zip\n"
    raw += b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(content) + b"\n--e--\n"
    assert read_apart(raw).files[0].content == content
    gc.collect()
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 512 * 1024


@pytest.mark.spec("RS-075")
def test_the_reader_sees_nothing_of_the_environment_and_no_django(monkeypatch):
    monkeypatch.setenv("POLYDESK_SECRET_KEY", "secret")
    asks = "import os, sys; sys.path += sys.argv[3:]; from polydesk.channels.email import child, reading; "
    asks += "print('django' in sys.modules, dict(os.environ), sys.flags.isolated)"
    monkeypatch.setattr(child, "_START", asks)
    shown = []
    run = subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda *words, **more: shown.append(run(*words, **more)) or shown[0])
    with pytest.raises(Unreadable):
        read_apart(PLAIN)
    loaded, _, rest = shown[0].stdout.decode().partition(" ")
    assert loaded == "False" and "secret" not in rest and "POLYDESK" not in rest and rest.endswith("1\n")
    assert "secret" not in " ".join(sys.argv)
