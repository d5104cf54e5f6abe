"""`polydesk serve`: granian's parent process with its web workers, and the job worker beside them (PL-003, PL-007)."""

import gc
import os
import signal
import socket
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.urls import get_resolver
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from polydesk.server import metrics, migrating, preflight, processes
from polydesk.server.config import ConfigError

# Ending takes 10 s at most (PL-007): 8 for running requests and jobs, the rest for the tree itself.
GRACE = 8
# Of Python's garbage collector, which at its own figures runs a hundred times while one page is made.
COLLECT_AFTER = (10_000, 20, 20)
# Known to the web workers, which are forks of this process.
_parent = os.getpid()


def serve(*, with_worker: bool = True, migrate: bool = True) -> int:
    with processes.using(settings.DATA_DIR):
        return _serve(with_worker, migrate)


def _serve(with_worker: bool, migrate: bool) -> int:
    prepare(migrate=migrate)
    port_is_free(settings.POLYDESK_HOST, settings.POLYDESK_PORT)
    print(f"Polydesk {settings.BASE_URL} (Ctrl-C ends it)", file=sys.stderr)
    tree(with_worker).serve()
    return 0


def prepare(*, migrate: bool) -> None:
    """Everything that can be wrong is found here, in the parent, where it is one line and an exit status."""
    preflight.database_answers()
    preflight.database_is_durable()
    if migrate:
        migrating.migrate()
    elif missing := migrating.pending():
        raise ConfigError(f"the database lacks {missing} steps of this release (polydesk migrate takes them)")
    call_command("collectstatic", interactive=False, verbosity=0)
    metrics.begin()
    # All views and addresses, a second of work: read here, the web workers share them and no first request waits.
    get_resolver().reverse_dict  # noqa: B018
    # The web workers are forks of this process and must not inherit a connection, nor a pool whose threads are gone.
    connections.close_all()
    if connection.vendor == "postgresql":
        connection.close_pool()  # type: ignore[attr-defined]


def port_is_free(host: str, port: int) -> None:
    """Granian says it with a traceback."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as problem:
            reason = getattr(problem, "strerror", None) or str(problem)
            raise ConfigError(f"cannot listen on {host}:{port}: {reason}") from problem


def tree(with_worker: bool) -> Granian:
    server = Granian(
        "polydesk.server.serve:application_in_worker",
        factory=True,
        address=settings.POLYDESK_HOST,
        port=settings.POLYDESK_PORT,
        interface=Interfaces.WSGI,
        workers=settings.POLYDESK_WORKERS,
        blocking_threads=settings.POLYDESK_THREADS + settings.POLYDESK_STREAMS,
        # A thread that ends leaves its connection open until a full collection, so let them live.
        blocking_threads_idle_timeout=600,
        backpressure=1000,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE,
        log_level=LogLevels.error,
    )
    if with_worker:
        _keep_worker(server)
    return server


def _keep_worker(server: Granian) -> None:
    worker = processes.Kept(sys.executable, "-m", "polydesk.server", "worker", "--parent", str(os.getpid()))

    def start() -> None:
        worker.start()

        # Startup hooks run after granian has set its own handlers: these replace them, so that both end at once.
        def stop(*signalled: Any) -> None:
            worker.ask_to_stop()
            server.signal_handler_interrupt()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)

    server.on_startup(start)
    server.on_shutdown(lambda: worker.wait_for_stop(GRACE))


def application_in_worker() -> Any:
    """Loaded by each web worker after its fork."""
    # Until granian sets handlers of its own, those of the parent would answer and end nothing.
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, signal.SIG_DFL)
    processes.die_with_parent(_parent)
    from polydesk.server.wsgi import application

    # What is loaded now stays: a collection that walks all of it costs a page as much as the page itself.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    return application
