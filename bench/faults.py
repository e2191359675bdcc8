"""Many more `kill -9` than `make test` does, on both databases: `python bench/faults.py [KILLS]`."""

import os
import subprocess
import sys
import time
from pathlib import Path

MAIN = Path(__file__).parents[1]


def main(kills: int) -> int:
    """Run the tests of faults; the code is 1 when a receipt was given for something that is not there."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "tests.run", "tests/faults"]
    done = subprocess.run(command, cwd=MAIN, env={**os.environ, "SOURCIER_KILLS": str(kills)}, check=False)
    seconds = time.perf_counter() - start
    print(f"{kills} kills on each database, {'nothing lost' if done.returncode == 0 else 'SOMETHING LOST'}, {seconds:.0f} s")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 500))
