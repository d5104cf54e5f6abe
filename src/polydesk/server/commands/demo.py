"""Run a desk full of made-up tickets, with logins and keys for every face. It never touches a real desk."""

import argparse
import time
from pathlib import Path

from django.conf import settings

from polydesk.server import importing, migrating, preflight, serve
from polydesk.server.demo import building, handing, people_and_things, safety


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--credentials", type=Path, metavar="FILE", help="write logins and keys to this file (JSON)")
    parser.add_argument("--conformance", action="store_true", help="add the data sets that the faces' contracts name")
    parser.add_argument("--import-log", type=Path, metavar="FILE", help="also replay an incident event log")
    parser.add_argument("--no-serve", action="store_true", help="make the desk and stop")


def run(options: argparse.Namespace) -> int:
    began = time.monotonic()
    preflight.database_answers()
    safety.check_database()
    migrating.migrate()
    desk = building.build()
    if options.conformance:
        building.conform(desk)
    lines: list[str] = []
    if options.credentials or options.conformance:
        content = handing.hand_out(desk, settings.BASE_URL, with_house=options.conformance)
        if options.credentials:
            handing.write(options.credentials, content)
        if options.conformance:
            lines = [line for part in building.parts("told") for line in part.told(content)]
    if options.import_log:
        importing.import_log(options.import_log, desk.house)
    print(f"the demo is ready after {time.monotonic() - began:.0f} s", flush=True)
    _tell_where(options.credentials, lines)
    return 0 if options.no_serve else serve.serve(migrate=False)


def _tell_where(credentials: Path | None, lines: list[str]) -> None:
    url = settings.BASE_URL
    rows = (
        ("Workplace of agents", f"{url}/", "agent"),
        ("… as administrator", f"{url}/", "admin"),
        ("Portal of customers", f"{url}/portal/", "customer"),
        ("The other organization", f"{url}/", "other_agent"),
    )
    print(f"\npassword of everybody: {people_and_things.PASSWORD}")
    for what, where, login in rows:
        print(f"  {what:24} {where:36} {login}")
    print(f"  {'API and its description':24} {url}/api/v1/docs")
    if credentials:
        print(f"  {'keys of all faces':24} {credentials}")
    print(*(f"  {line}" for line in lines), sep="\n", flush=True)
