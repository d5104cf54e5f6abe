"""Bring the database up to date; safe to run again, and by several processes at once."""

import argparse
import sys

from polydesk.server import migrating


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when steps are missing")


def run(options: argparse.Namespace) -> int:
    if options.check:
        missing = migrating.pending()
        print(f"{missing} steps missing" if missing else "up to date", file=sys.stdout)
        return 1 if missing else 0
    taken = migrating.migrate()
    print(f"{taken} steps taken" if taken else "already up to date")
    return 0
