"""Run background jobs only: mail, webhooks, automation, scheduled work."""

import argparse

from django.conf import settings

from polydesk.jobs import worker
from polydesk.server import preflight, processes
from polydesk.web.failpoints import failpoint


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--with-parent", action="store_true", help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    if options.with_parent:
        processes.die_with_parent()
    preflight.database_answers()
    preflight.database_is_durable()
    worker.run(threads=settings.POLYDESK_JOB_THREADS, reached=failpoint)
    return 0
