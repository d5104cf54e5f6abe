"""A message is read in a process of its own: a bomb costs seconds and a reason, never the worker."""

import base64
import gc
import os
import resource
import sys
import threading
import time

import pytest

from polydesk.channels.email import child
from polydesk.channels.email.child import Unreadable, read_apart
from polydesk.channels.email.reading import read
from tests.marks import without_database

pytestmark = without_database

PLAIN = b"From: Anna <a@acme.example>\nSubject: =?utf-8?q?Gr=C3=BC?=\nDate: Sun, 22 Nov 2026 10:15:00 +0300\n\nHi\n"


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """A reader of one's own."""
    monkeypatch.setattr(child, "_here", threading.local())


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
    child._reader().end()
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 512 * 1024


@pytest.mark.spec("RS-075")
def test_the_reader_sees_nothing_of_the_environment_and_no_django(monkeypatch):
    monkeypatch.setenv("POLYDESK_SECRET_KEY", "secret")
    asks = "import os, sys; sys.path += sys.argv[1:]; from polydesk.channels.email import child, reading; "
    asks += "print('django' in sys.modules, dict(os.environ), sys.flags.isolated)"
    monkeypatch.setattr(child, "_START", asks)
    loaded, _, rest = child._Reader().process.stdout.read().decode().partition(" ")
    assert loaded == "False" and "secret" not in rest and "POLYDESK" not in rest and rest.endswith("1\n")
    assert "secret" not in " ".join(sys.argv)


@pytest.mark.spec("RS-075", "RS-076")
def test_one_reader_serves_many_messages_and_a_bomb_costs_it_nothing(monkeypatch):
    assert read_apart(PLAIN).text == "Hi"
    first = child._reader().process.pid
    monkeypatch.setattr(child, "CPU_SECONDS", 1)
    with pytest.raises(Unreadable):
        read_apart(b"Content-Type: text/html\n\n" + b"<blockquote>x" * 900_000)
    assert read_apart(PLAIN).text == "Hi" and child._reader().process.pid == first
    os.kill(first, 9)
    assert read_apart(PLAIN).text == "Hi", "one that went is replaced"
    assert child._reader().process.pid != first


@pytest.mark.spec("RS-075")
def test_threads_and_forks_have_readers_of_their_own():
    assert read_apart(PLAIN).text == "Hi"
    mine, others = child._reader().process.pid, []

    def another():
        read_apart(PLAIN)
        others.append(child._reader().process.pid)

    thread = threading.Thread(target=another)
    thread.start()
    thread.join()
    assert others and others != [mine]
    if not (forked := os.fork()):
        os._exit(0 if read_apart(PLAIN).text == "Hi" and child._reader().process.pid != mine else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(forked, 0)[1]) == 0
