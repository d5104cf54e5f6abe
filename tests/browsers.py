"""Browsers ask on after their test has ended: the live server must be quiet before its database is emptied."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.signals import request_finished, request_started

from polydesk.features.live import hub


@contextmanager
def quiet_afterwards() -> Iterator[None]:
    """At its end no stream is open and no request is under way; PostgreSQL's TRUNCATE would meet them in a deadlock."""
    running, lock = [0], threading.Lock()

    def count(by: int) -> Any:
        def counted(**_: Any) -> None:
            with lock:
                running[0] += by

        return counted

    began, ended = count(1), count(-1)
    request_started.connect(began, weak=False)
    request_finished.connect(ended, weak=False)
    try:
        yield
    finally:
        time.sleep(0.05)
        hub.HUB.listeners.clear()
        hub.HUB.wake()
        if thread := hub.HUB.thread:
            thread.join(5)
        ends = time.monotonic() + 5
        while running[0] > 0 and time.monotonic() < ends:
            time.sleep(0.02)
        request_started.disconnect(began)
        request_finished.disconnect(ended)
