"""Long fuzzing: every property test of the suite with many more examples.

./dev fuzz [--minutes 10]"""

import argparse
import os
import subprocess
import sys
import time


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    options = parser.parse_args()
    ends, seed = time.monotonic() + options.minutes * 60, 0
    while time.monotonic() < ends:
        seed += 1
        words = [
            "-q",
            "-x",
            "-k",
            "fuzz or schemathesis or no_text or grammar or random",
            f"--hypothesis-seed={seed}",
            "tests",
        ]
        code = subprocess.run(
            [sys.executable, "-m", "pytest", *words], env={**os.environ, "POLYDESK_TORTURE": "20"}
        ).returncode
        if code:
            print(f"failed with seed {seed}", file=sys.stderr)
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
