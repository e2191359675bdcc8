"""Many more alterations of a dossier and of a journal than `make test` makes: `python bench/attacks.py [MUTATIONS]`."""

import os
import subprocess
import sys
import time
from pathlib import Path

MAIN = Path(__file__).parents[1]
FILES = ("tests/dossier/test_attacks.py", "tests/journal/test_attacks.py")


def main(mutations: int) -> int:
    """Run the tests' own attacks; the code is 1 when one was missed."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "pytest", "-q", "-k", "test_every_alteration_is_found", *FILES]
    settings = {"SOURCIER_MUTATIONS": str(mutations), "SOURCIER_TEST_VENDOR": "sqlite"}
    done = subprocess.run(command, cwd=MAIN, env={**os.environ, **settings}, check=False)
    made = mutations + mutations // 16
    print(
        f"{made} alterations, {'all found' if done.returncode == 0 else 'NOT ALL FOUND'}, {time.perf_counter() - start:.0f} s"
    )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000))
