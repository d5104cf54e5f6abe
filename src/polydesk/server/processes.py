"""Keeping a tree of processes together: no child outlives its parent, and a fallen one is raised again."""

import contextlib
import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from polydesk.server.config import ConfigError

PR_SET_PDEATHSIG = 1
RAISE_AFTER = 1.0


def die_with_parent(parent: int) -> None:
    """Have the kernel send SIGTERM when the parent is gone, even by kill -9; else it would hold the port for ever."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    # It may have gone before it was asked for.
    if os.getppid() != parent:
        sys.exit(1)


class Kept:
    """A child process that is started again whenever it ends, until `stop`."""

    def __init__(self, *command: str) -> None:
        self.command = command
        self.stopping = threading.Event()
        self.child: subprocess.Popen[bytes] | None = None
        self.keeper = threading.Thread(target=self._keep, daemon=True, name="keeper")

    def start(self) -> None:
        self._raise()
        self.keeper.start()

    def ask_to_stop(self) -> None:
        self.stopping.set()
        if self.child:
            self.child.terminate()

    def wait_for_stop(self, seconds: float) -> None:
        self.ask_to_stop()
        if not self.child:
            return
        try:
            self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()

    def _raise(self) -> None:
        # A session of its own keeps Ctrl-C from reaching the child twice.
        self.child = subprocess.Popen(self.command, start_new_session=True, env=os.environ)

    def _keep(self) -> None:
        while self.child and not self.stopping.is_set():
            self.child.wait()
            if not self.stopping.wait(RAISE_AFTER):
                self._raise()


@contextlib.contextmanager
def using(data_dir: Path) -> Iterator[None]:
    """Held by whoever serves from this folder, so that nobody replaces it meanwhile."""
    with _locked(data_dir, fcntl.LOCK_SH):
        yield


@contextlib.contextmanager
def alone_on(data_dir: Path) -> Iterator[None]:
    with _locked(data_dir, fcntl.LOCK_EX):
        yield


@contextlib.contextmanager
def _locked(data_dir: Path, how: int) -> Iterator[None]:
    with (data_dir / "use.lock").open("a") as file:
        try:
            fcntl.flock(file, how | fcntl.LOCK_NB)
        except OSError as problem:
            raise ConfigError(f"another process uses {data_dir} right now: stop it first") from problem
        yield
