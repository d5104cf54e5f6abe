"""Reading in a process of its own, so that a hostile message costs us seconds and not the worker (RS-075)."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import msgspec

from .mail import Mail
from .reading import TooMuch, read

CPU_SECONDS, WALL_SECONDS, MEMORY = 10, 30, 512 * 1024 * 1024

# Neither the site's start-up files nor the environment: both cost time, and the latter holds secrets.
_START = (
    "import sys; sys.path += sys.argv[3:]; from polydesk.channels.email import child; "
    "child.serve(cpu_seconds=int(sys.argv[1]), memory=int(sys.argv[2]))"
)
_FOLDERS = [str(Path(__file__).parents[3]), str(Path(msgspec.__file__).parents[1])]
_PASSED_ON = ("LD_LIBRARY_PATH", "SYSTEMROOT")


class Unreadable(Exception):
    """The message cannot be read; the reason is a sentence for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Answer(msgspec.Struct):
    """What the child says: the mail, or why not."""

    mail: Mail | None = None
    reason: str = ""


def read_apart(raw: bytes) -> Mail:
    """Raises Unreadable, nothing else."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _START, str(CPU_SECONDS), str(MEMORY), *_FOLDERS],
            input=raw,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=WALL_SECONDS,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unreadable(f"Reading it took longer than {WALL_SECONDS} seconds.") from None
    if done.returncode < 0:
        raise Unreadable(f"Reading it took more than {CPU_SECONDS} seconds of work or more memory than allowed.")
    try:
        answer = msgspec.msgpack.decode(done.stdout, type=Answer)
    except msgspec.DecodeError:
        raise Unreadable("It could not be read: the reader stopped at a fault of its own.") from None
    if answer.mail is None:
        raise Unreadable(answer.reason)
    return answer.mail


def serve(*, cpu_seconds: int, memory: int) -> None:
    """In the child: limits first, then the message from stdin, the answer to stdout."""
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_CPU, cpu_seconds)
    _limit(resource.RLIMIT_AS, memory)
    try:
        answer = _answer()
    except MemoryError:
        answer = msgspec.msgpack.encode(Answer(reason=f"Reading it takes more than {memory // 1024**2} MiB of memory."))
    sys.stdout.buffer.write(answer)


def _answer() -> bytes:
    try:
        return msgspec.msgpack.encode(Answer(mail=read(sys.stdin.buffer.read())))
    except TooMuch as error:
        return msgspec.msgpack.encode(Answer(reason=error.reason))


def _limit(what: int, most: int) -> None:
    """Never above what the system allows already."""
    hard = resource.getrlimit(what)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))
