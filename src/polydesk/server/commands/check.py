"""Look for what is wrong with settings, database, files, audit chains and mail; exit 1 when something is."""

import argparse

from polydesk.server.checking import LOOKS, all_is_well


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", nargs="*", metavar="WHAT", help=f"{', '.join(LOOKS)} (default: all)")


def run(options: argparse.Namespace) -> int:
    if unknown := set(options.what) - set(LOOKS):
        print(f"there is no check {unknown.pop()} (there are {', '.join(LOOKS)})")
        return 2
    differences = 0
    for name in options.what or LOOKS:
        found = 0
        for finding in LOOKS[name]():
            found += 1
            print(f"{name}: {finding}")
        if not found:
            print(f"{name}: {all_is_well(name)}")
        differences += found
    print(f"{differences} differences")
    return 1 if differences else 0
