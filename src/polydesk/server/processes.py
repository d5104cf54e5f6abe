"""Keeping a tree of processes together: no child outlives its parent, and a fallen one is raised again."""

import ctypes
import os
import signal
import subprocess
import sys
import threading

PR_SET_PDEATHSIG = 1
RAISE_AFTER = 1.0


def die_with_parent() -> None:
    """Have the kernel send SIGTERM when the parent is gone, even by kill -9; else it would hold the port for ever."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


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
