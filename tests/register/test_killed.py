"""An import killed at any moment, or short of disk, leaves the old register answering and nothing behind after the next."""

import subprocess
import sys
import time
from itertools import count
from pathlib import Path
from random import Random

import pytest

from sourcier.kernel.activities import NAF_REV2, Activity
from sourcier.register.importing.run import import_stock
from sourcier.register.search import by_name, search, status
from sourcier.register.store import folder
from tests.register.stocks import establishment, unit, write

BREAD = [Activity(NAF_REV2, "10.71C")]
ROSNY = (48_871_000, 2_486_000)
KILLS = 6
IMPORT = """
import resource, sys
from pathlib import Path
from django.conf import settings
settings.configure(VAR=sys.argv[1], REGISTER="")
from sourcier.kernel.transitions import Refused
from sourcier.register.importing.run import import_stock
print("ready", flush=True)
if sys.argv[4] != "0":
    import signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[4]), int(sys.argv[4])))
try:
    import_stock(Path(sys.argv[2]), Path(sys.argv[3]))
except Refused as refused:
    print(refused.sentence)
    sys.exit(1)
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    place = tmp_path_factory.mktemp("stock")
    return write(place, [establishment(number) for number in range(1, 3_000)], [unit(number) for number in range(1, 3_000)])


KILLED_AT = """
import os, signal, sys
from pathlib import Path
from django.conf import settings
settings.configure(VAR=sys.argv[1], REGISTER="")
from sourcier.register.importing import run, switch
left = int(sys.argv[4])
def die_after(function):
    def counted(*arguments):
        global left
        done = function(*arguments)
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return done
    return counted
switch.os.replace, switch.os.link = die_after(os.replace), die_after(os.link)
run.import_stock(Path(sys.argv[2]), Path(sys.argv[3]))
"""


def process(var: Path, files: tuple[Path, Path], limit: int = 0) -> "subprocess.Popen[str]":
    """An import under way in another process."""
    words = [sys.executable, "-c", IMPORT, str(var), *map(str, files), str(limit)]
    started = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert started.stdout
    assert started.stdout.readline() == "ready\n"
    return started


def _only_whole_registers() -> None:
    """In the folder: two registers at most, each with its arrays."""
    names = {file.name for file in folder().iterdir()} - {"current", ".import.lock"}
    registers = {name for name in names if name.endswith(".duckdb")}
    assert 1 <= len(registers) <= 2
    assert len(names) == 2 * len(registers)
    assert all(any(name.startswith(register) for register in registers) for name in names)


def test_killed_at_any_moment_the_old_register_answers_and_the_next_import_clears_the_rest(
    files: tuple[Path, Path], var: Path
) -> None:
    start = time.perf_counter()
    with process(var, files) as whole:
        whole.wait()
    assert whole.returncode == 0
    lasts = time.perf_counter() - start
    random, before = Random(7), status().build
    for _ in range(KILLS):
        with process(var, files) as killed:
            time.sleep(random.random() * lasts)
            killed.kill()
            killed.wait()
        found = status()
        assert found.establishments == 2_999
        # Killed after its switch, it had finished: then the new one answers, whole.
        assert found.build == before or killed.returncode in (0, -9)
        before = found.build
    import_stock(*files)
    assert status().build != before
    _only_whole_registers()


def test_killed_after_any_file_that_it_moves_one_whole_register_answers(var: Path, tmp_path: Path) -> None:
    old, new = (write(made(tmp_path / str(size)), [establishment(n) for n in range(1, size + 1)]) for size in (3, 4))
    import_stock(*old)
    for moved in count(1):
        killed = subprocess.run([sys.executable, "-c", KILLED_AT, str(var), *map(str, new), str(moved)], check=False)
        found, named = search(BREAD, [ROSNY], 10_000), by_name("fournil rosny")
        assert found.total == len(found.rows) == len(named) == status().establishments in (3, 4)
        if killed.returncode == 0:
            break
        assert killed.returncode == -9
        import_stock(*old, force=True)
        assert status().establishments == 3
        _only_whole_registers()
    assert moved > 3 and status().establishments == 4


def made(place: Path) -> Path:
    place.mkdir()
    return place


@pytest.mark.parametrize("limit", [100_000, 400_000, 1_500_000])
def test_a_disk_that_fills_up_is_said_in_french_and_nothing_is_left(files: tuple[Path, Path], var: Path, limit: int) -> None:
    import_stock(*files)
    before = status().build
    with process(var, files, limit) as short:
        said, _ = short.communicate()
    assert short.returncode == 1
    assert "Rien n'a changé" in said and "Traceback" not in said and "Error" not in said
    assert status().build == before
    _only_whole_registers()
