"""Run background jobs only: mail, webhooks, automation, scheduled work."""

import argparse
import sys

from django.conf import settings

from polydesk.jobs import worker
from polydesk.server import preflight, processes
from polydesk.web.failpoints import failpoint


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--parent", type=int, help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    if options.parent:
        processes.die_with_parent(options.parent)
    preflight.database_answers()
    preflight.database_is_durable()
    if not options.parent:
        print("Polydesk worker (Ctrl-C ends it)", file=sys.stderr)
    with processes.using(settings.DATA_DIR):
        worker.run(threads=settings.POLYDESK_JOB_THREADS, reached=failpoint)
    return 0
