"""Reading in a process of its own, so that a hostile message costs us seconds and not the worker (RS-075).

A lean reader waits beside each thread that asks, and forks a child with limits for every message: that costs a tenth
of a new interpreter, and what one message does to its child reaches no other."""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import struct
import subprocess
import sys
import threading
from gettext import gettext as _
from pathlib import Path
from typing import IO, Any

import msgspec

from .mail import Mail, Reason
from .reading import TooMuch, read

CPU_SECONDS, WALL_SECONDS, MEMORY = 10, 30, 512 * 1024 * 1024
IDLE_SECONDS = 60
"""A reader whom nobody asks for so long goes; the next message starts another."""

# Neither the site's start-up files nor the environment: both cost time, and the latter holds secrets.
_START = "import sys; sys.path += sys.argv[1:]; from polydesk.channels.email import child; child.serve()"
_FOLDERS = [str(Path(__file__).parents[3]), str(Path(msgspec.__file__).parents[1])]
_PASSED_ON = ("LD_LIBRARY_PATH", "SYSTEMROOT")
_ASKED, _SAID = struct.Struct("!QQQ"), struct.Struct("!Q")
"""Seconds, bytes of memory and length of a message; length of an answer."""
_FAULT = Reason(_("It could not be read: the reader stopped at a fault of its own."))


class Unreadable(Exception):
    """The message cannot be read; the reason is a sentence for people."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class Answer(msgspec.Struct):
    """What the child says: the mail, or why not."""

    mail: Mail | None = None
    reason: str = ""
    values: dict[str, Any] = {}


def read_apart(raw: bytes) -> Mail:
    """Raises Unreadable, nothing else."""
    said = _reader().ask(raw)
    if said is None:  # it had gone meanwhile, as it had nothing to do
        said = _reader().ask(raw)
    try:
        answer = msgspec.msgpack.decode(said or b"", type=Answer)
    except msgspec.DecodeError:
        raise Unreadable(_FAULT) from None
    if answer.mail is None:
        raise Unreadable(Reason(answer.reason, **answer.values))
    return answer.mail


_here = threading.local()


def _reader() -> _Reader:
    """This thread's own; a fork of ours starts another."""
    reader = getattr(_here, "reader", None)
    if reader is None or reader.owner != os.getpid() or reader.has_gone():
        reader = _here.reader = _Reader()
    return reader


class _Reader:
    """The waiting process as its thread sees it."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _START, *_FOLDERS],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            start_new_session=True,
        )

    def has_gone(self) -> bool:
        return self.process.poll() is not None

    def end(self) -> None:
        """With all its children."""
        if not self.has_gone():
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            with contextlib.suppress(OSError):
                pipe.close()

    def ask(self, raw: bytes) -> bytes | None:
        """What it says of a message; None when it is not there any more."""
        assert self.process.stdin is not None and self.process.stdout is not None
        late = threading.Event()
        watch = threading.Timer(WALL_SECONDS, self._end_late, [late])
        watch.daemon = True
        watch.start()
        try:
            self.process.stdin.write(_ASKED.pack(CPU_SECONDS, MEMORY, len(raw)))
            self.process.stdin.write(raw)
            self.process.stdin.flush()
            head = _all(self.process.stdout, _SAID.size)
            said = _all(self.process.stdout, *_SAID.unpack(head)) if head else None
        except OSError:
            said = None
        finally:
            watch.cancel()
        if said is None:
            self.end()
        if late.is_set():
            raise Unreadable(Reason(_("Reading it took longer than %(most)s seconds."), most=WALL_SECONDS))
        return said

    def _end_late(self, late: threading.Event) -> None:
        late.set()
        if not self.has_gone():
            os.killpg(self.process.pid, signal.SIGKILL)


def serve() -> None:
    """In the reader: a child for each message, until nobody asks any more."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while select.select([source], [], [], IDLE_SECONDS)[0]:
        head = _all(source, _ASKED.size)
        if head is None:
            return
        cpu_seconds, memory, length = _ASKED.unpack(head)
        raw = _all(source, length)
        if raw is None:
            return
        said = _in_a_child(raw, cpu_seconds, memory)
        sink.write(_SAID.pack(len(said)) + said)
        sink.flush()


def _in_a_child(raw: bytes, cpu_seconds: int, memory: int) -> bytes:
    end, start = os.pipe()
    child = os.fork()
    if not child:
        status = 1
        try:
            os.close(end)
            _limit(resource.RLIMIT_CORE, 0)
            _limit(resource.RLIMIT_CPU, cpu_seconds)
            _limit(resource.RLIMIT_AS, memory)
            with os.fdopen(start, "wb") as pipe:
                pipe.write(_answer(raw, memory))
            status = 0
        finally:
            os._exit(status)
    os.close(start)
    with os.fdopen(end, "rb") as pipe:
        said = pipe.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status == 0:
        return said
    killed = _("Reading it took more than %(most)s seconds of work or more memory than allowed.")
    return _refused(Reason(killed, most=cpu_seconds) if status < 0 else _FAULT)


def _answer(raw: bytes, memory: int) -> bytes:
    try:
        return msgspec.msgpack.encode(Answer(mail=read(raw)))
    except TooMuch as error:
        return _refused(error.reason)
    except MemoryError:
        return _refused(Reason(_("Reading it takes more than %(most)s MiB of memory."), most=memory // 1024**2))


def _refused(reason: Reason) -> bytes:
    return msgspec.msgpack.encode(Answer(reason=reason.sentence, values=reason.values))


def _all(source: IO[bytes], length: int) -> bytes | None:
    """So many bytes; None when it ends before."""
    found = source.read(length)
    return found if len(found) == length else None


def _limit(what: int, most: int) -> None:
    """Never above what the system allows already."""
    hard = resource.getrlimit(what)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))
