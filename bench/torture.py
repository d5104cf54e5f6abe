"""Long runs of what the suite does in short: kills under load, a stopped database, random commands, parallel writers.

    ./dev torture [--databases sqlite,postgres] [--writes 10000] [--minutes 8] [--only drill,streams,tenants,away,tests]

`drill` kills web, worker, parent and the PostgreSQL server at random while clients write (RS-001); `streams` compares
other requests' median without and with 200 open streams (PL-108); `tenants` a quiet organization's 95th percentile
alone and beside a loud one (RS-164); `away` what 500 clients at once hear while the database does not answer
(RS-161); `tests` repeats the suite's own tests of concurrency with forty times as many
rounds."""

import argparse
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

TESTS = ("tests/tickets/test_state_machine.py", "tests/tickets/test_concurrency.py", "tests/jobs", "tests/reliability")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--databases", default="sqlite,postgres")
    parser.add_argument("--writes", type=int, default=10_000, help="answered writes after which the drill ends")
    parser.add_argument("--minutes", type=float, default=8, help="longest time of one drill")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--only", default=",".join(PARTS))
    options = parser.parse_args()
    for name in options.only.split(","):
        for database in options.databases.split(","):
            print(f"{name} on {database}, seed {options.seed}", flush=True)
            if not PARTS[name](database, options):
                print(f"{name} failed on {database} (--seed {options.seed})", file=sys.stderr)
                return 1
    return 0


def drill(database: str, options: argparse.Namespace) -> bool:
    from bench import drill

    with tempfile.TemporaryDirectory(prefix="polydesk-drill-", dir="/tmp") as folder:
        report = drill.long(
            database,
            Path(folder) / "desk",
            writes=options.writes,
            seconds=options.minutes * 60,
            seed=options.seed,
        )
    print(report, flush=True)
    return report.is_clean


def tests(database: str, options: argparse.Namespace) -> bool:
    env = {**os.environ, "POLYDESK_TEST_DATABASE": database, "POLYDESK_TORTURE": "40"}
    words = [sys.executable, "-m", "pytest", "-q", "-x", *(path for path in TESTS if os.path.exists(path))]
    return subprocess.run(words, env=env).returncode == 0


def streams(database: str, options: argparse.Namespace) -> bool:
    from bench import streams

    return streams.main(["--database", database]) == 0


def tenants(database: str, options: argparse.Namespace) -> bool:
    from bench import tenants

    return tenants.main(["--database", database]) == 0


def away(database: str, options: argparse.Namespace) -> bool:
    from bench import away

    return away.main(["--database", database]) == 0


PARTS: dict[str, Callable[[str, argparse.Namespace], bool]] = {
    "drill": drill,
    "streams": streams,
    "tenants": tenants,
    "away": away,
    "tests": tests,
}


if __name__ == "__main__":
    sys.exit(main())
