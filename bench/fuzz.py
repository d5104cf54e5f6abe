"""Long fuzzing: every property test of the suite with many more examples.

    ./dev fuzz [--minutes 10] [--times 20]

Filter languages, slash commands, Markdown, JSON bodies and every operation of the API's document are fed with made-up
input; a round ends with how many inputs it tried. None may be answered with a 5xx (RS-145)."""

import argparse
import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--times", type=int, default=20, help="how many times as many examples as in the suite")
    options = parser.parse_args()
    ends, seed, tried = time.monotonic() + options.minutes * 60, 0, 0
    while time.monotonic() < ends:
        seed += 1
        words = ["-q", "-x", f"--hypothesis-seed={seed}", "--hypothesis-show-statistics", *property_tests()]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *words],
            cwd=ROOT,
            env={**os.environ, "POLYDESK_TORTURE": str(options.times)},
            stdout=subprocess.PIPE,
            text=True,
        )
        inputs = sum(int(count) for count in re.findall(r"(\d+) passing examples", done.stdout))
        tried += inputs
        print(f"round {seed}: {inputs:,} inputs, {'nothing wrong' if not done.returncode else 'failed'}", flush=True)
        if done.returncode:
            print(done.stdout[-5000:], f"\nfailed with seed {seed}", file=sys.stderr)
            return done.returncode
    print(f"{tried:,} inputs in {seed} rounds, no server error")
    return 0


def property_tests() -> list[str]:
    """Every test module that makes up its input."""
    made_up = re.compile(r"^(import|from) (hypothesis|schemathesis)\b", re.MULTILINE)
    return [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        if made_up.search(path.read_text(encoding="utf-8"))
    ]


if __name__ == "__main__":
    sys.exit(main())
