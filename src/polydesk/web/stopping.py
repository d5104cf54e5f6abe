"""The moment a process is told to stop, seen early enough to end streams and to answer "not ready" (RS-191).

Granian installs its own Python signal handlers after loading the application; the wake-up descriptor is told of every
signal beside them."""

import os
import signal
import threading
from collections.abc import Callable

STOP = threading.Event()
_wake: list[Callable[[], None]] = []


def on_stop(wake: Callable[[], None]) -> None:
    """Have `wake` called when the process is told to stop: whoever waits on a condition must be woken to see STOP."""
    _wake.append(wake)


def watch() -> None:
    """Call in the web worker's main thread; elsewhere (tests, commands) there is nothing to watch."""
    if threading.current_thread() is not threading.main_thread():
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    threading.Thread(target=_wait, args=(reading,), daemon=True, name="stop-watcher").start()


def _wait(reading: int) -> None:
    while os.read(reading, 1)[0] not in (signal.SIGTERM, signal.SIGINT):
        pass
    STOP.set()
    for wake in _wake:
        wake()
