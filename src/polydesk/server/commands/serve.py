"""Run the web server and the worker in one process tree, until told to stop."""

import argparse

from polydesk.server import serve


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-worker", action="store_true", help="web only; run `polydesk worker` elsewhere")
    parser.add_argument("--no-migrate", action="store_true", help="do not bring the database up to date first")


def run(options: argparse.Namespace) -> int:
    return serve.serve(with_worker=not options.no_worker, migrate=not options.no_migrate)
