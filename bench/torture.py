"""Long runs of what the suite does in short: random commands, kills, parallel writers.

./dev torture [--minutes 10]"""

import argparse
import os
import subprocess
import sys
import time

TESTS = ("tests/tickets/test_state_machine.py", "tests/tickets/test_concurrency.py", "tests/jobs", "tests/reliability")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    options = parser.parse_args()
    ends, rounds = time.monotonic() + options.minutes * 60, 0
    existing = [path for path in TESTS if os.path.exists(path)]
    while time.monotonic() < ends:
        for database in ("sqlite", "postgres"):
            env = {**os.environ, "POLYDESK_TEST_DATABASE": database, "POLYDESK_TORTURE": "40"}
            code = subprocess.run([sys.executable, "-m", "pytest", "-q", "-x", *existing], env=env).returncode
            if code:
                print(f"failed in round {rounds + 1} on {database}", file=sys.stderr)
                return code
        rounds += 1
        print(f"round {rounds} passed", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
