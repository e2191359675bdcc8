"""A new register takes the place of the old one under the eyes of processes that query."""

import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from sourcier.kernel.activities import NAF_REV2, Activity
from sourcier.register.importing.run import import_stock
from sourcier.register.search import by_name, search
from tests.register.stocks import establishment, write

BREAD = [Activity(NAF_REV2, "10.71C")]
ROSNY = (48_871_000, 2_486_000)

READER = """
import sys, time
from django.conf import settings
settings.configure(VAR=sys.argv[1], REGISTER=sys.argv[2])
from sourcier.kernel.activities import Activity
from sourcier.register.search import by_name, search
end = time.time() + 30
while time.time() < end:
    found = search([Activity("NAFRev2", "10.71C")], [(48_871_000, 2_486_000)], 10_000)
    named = by_name("fournil rosny")
    print(found.build, found.total, len(found.rows), len(named), flush=True)
    if found.total == 5:
        break
"""


READERS = 4


def _switch_under_readers(tmp_path: Path, var: Path, out: Path | None) -> list[list[list[str]]]:
    files = [write(_made(tmp_path / str(size)), [establishment(n) for n in range(1, size + 1)]) for size in (3, 4, 5)]
    import_stock(*files[0], out=out)
    command = [sys.executable, "-c", READER, str(var), str(out or "")]
    with ExitStack() as stack:
        readers = [stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True)) for _ in range(READERS)]
        outputs = [reader.stdout for reader in readers if reader.stdout]
        lines = [[output.readline()] for output in outputs]
        for stock in files[1:]:
            import_stock(*stock, out=out)
            for line, output in zip(lines, outputs, strict=True):
                line.append(output.readline())
        for line, output in zip(lines, outputs, strict=True):
            line += output.readlines()
    assert [reader.returncode for reader in readers] == [0] * READERS
    return [[line.split() for line in told if line] for told in lines]


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _whole(of_each: list[list[list[str]]]) -> None:
    for answers in of_each:
        _whole_of_one(answers)


def _whole_of_one(answers: list[list[str]]) -> None:
    """Each build gave one total only, and the last is the newest."""
    totals: dict[str, set[str]] = {}
    for build, total, rows, _ in answers:
        assert total == rows
        totals.setdefault(build, set()).add(total)
    assert all(len(found) == 1 for found in totals.values())
    assert answers[0][1] == "3"
    assert answers[-1][1:] == ["5", "5", "5"]


def test_processes_that_query_see_the_new_register_and_never_a_half_one(tmp_path: Path, var: Path) -> None:
    _whole(_switch_under_readers(tmp_path, var, None))


def test_a_register_named_by_its_file_is_noticed_too(tmp_path: Path, var: Path) -> None:
    _whole(_switch_under_readers(tmp_path, var, tmp_path / "r.duckdb"))


KILLED = """
import os, sys
from pathlib import Path
from django.conf import settings
settings.configure(VAR=sys.argv[1], REGISTER="")
from sourcier.register.importing import run, switch
replace = os.replace
def replace_one_then_die(source, target):
    replace(source, target)
    os._exit(9)
switch.os.replace = replace_one_then_die
run.import_stock(Path(sys.argv[2]), Path(sys.argv[3]), out=Path(sys.argv[4]))
"""


def test_an_import_killed_between_its_arrays_and_its_file_leaves_the_old_register_answering(
    tmp_path: Path, var: Path, use: Callable[[Path], Path]
) -> None:
    old, new = (write(_made(tmp_path / str(size)), [establishment(n) for n in range(1, size + 1)]) for size in (3, 4))
    file = use(tmp_path / "r.duckdb")
    import_stock(*old, out=file)
    for _ in range(2):  # Killed again while it tries again: nothing more is lost.
        command = [sys.executable, "-c", KILLED, str(var), str(new[0]), str(new[1]), str(file)]
        assert subprocess.run(command, check=False).returncode == 9
        assert search(BREAD, [ROSNY], 10_000).total == len(by_name("fournil rosny")) == 3
    import_stock(*new, out=file)
    assert search(BREAD, [ROSNY], 10_000).total == len(by_name("fournil rosny")) == 4
    assert len(list(tmp_path.glob("r.duckdb.*"))) == 1


def test_threads_share_the_register_with_a_cursor_each(demo: Path, use: Callable[[Path], Path]) -> None:
    expected = search(BREAD, [ROSNY], 10_000)
    answers: list[bool] = []

    def ask() -> None:
        answers.extend(search(BREAD, [ROSNY], 10_000) == expected for _ in range(10))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [True] * 60
