"""An installation that `sourcier migrate` has just made: once in a run, since it takes longer than most tests; then copied."""

import fcntl
from pathlib import Path

from tests.demonstration import sourcier


def migrated(folder: Path) -> Path:
    """The installation of a folder that the processes of a run share; the first that asks makes it, the others wait."""
    made, done = folder / "migrated", folder / "migrated.done"
    with (folder / "migrated.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            ran = sourcier(made, "migrate", "--verbosity", "0")
            assert ran.returncode == 0, ran.stderr
            done.touch()
    return made
