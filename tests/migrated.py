"""An installation that `sourcier migrate` has just made: once for its migrations, since it takes longest; then copied."""

import fcntl
import hashlib
from pathlib import Path

import sourcier as project
from tests.demonstration import sourcier

MIGRATIONS = sorted(Path(project.__file__).parent.glob("*/migrations/*.py"))


def migrated(folder: Path) -> Path:
    """The installation of these migrations in a folder that processes share; the first that asks makes it, the others wait."""
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / _of_migrations()
    with (folder / "migrated.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = made / "done"
        if not done.exists():
            ran = sourcier(made, "migrate", "--verbosity", "0")
            assert ran.returncode == 0, ran.stderr
            done.touch()
    return made


def _of_migrations() -> str:
    """A name that any change of a migration changes."""
    read = hashlib.sha256()
    for file in MIGRATIONS:
        read.update(file.name.encode() + file.read_bytes())
    return read.hexdigest()[:16]
