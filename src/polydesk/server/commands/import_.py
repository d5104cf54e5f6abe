"""Take over tickets from a file of another desk. Safe to run again: what is known is skipped."""

import argparse
from pathlib import Path

from polydesk.server import importing, people


def add_arguments(parser: argparse.ArgumentParser) -> None:
    sources = parser.add_subparsers(dest="source", required=True, metavar="SOURCE")
    log = sources.add_parser("servicenow-log", help="an incident event log (CSV, plain, .gz or .xz)")
    table = sources.add_parser("csv", help="any other table")
    table.add_argument("--map", type=Path, required=True, metavar="MAP.toml", help="which column becomes which field")
    for source in (log, table):
        source.add_argument("file", type=Path)
        source.add_argument("--organization", metavar="KEY", help="whose tickets they become")
        source.add_argument("--report", type=Path, metavar="FILE", help="where to write what could not be taken")


def run(options: argparse.Namespace) -> int:
    organization = people.the_organization(options.organization)
    if options.source == "csv":
        importing.import_table(options.file, options.map, organization, options.report)
    else:
        importing.import_log(options.file, organization, options.report)
    return 0
