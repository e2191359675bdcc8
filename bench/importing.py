"""Importing a national stock: time, processor and memory by stage, beside DuckDB reading the same columns and doing nothing.

    .venv/bin/python bench/importing.py [FOLDER…] [--size 200000] [--write]

A folder holds what `national.py` wrote, in Parquet or in ZIP; without one, a small stock in each form is made. Each import is
a process of its own. `--write`: docs/benchmarks/import.md. The files are read once before: all start from the system's memory.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb
from peers.told import machine

IMPORT = """
import json, resource, sys, time
from pathlib import Path
from django.conf import settings
settings.configure(VAR=sys.argv[3], REGISTER="")
from sourcier.register.importing.run import import_stock
begun, ended, start = {}, {}, time.perf_counter()
def told(news):
    now = time.perf_counter() - start
    begun.setdefault(news.stage, now)
    if news.share == 1:
        ended[news.stage] = now
report = import_stock(Path(sys.argv[1]), Path(sys.argv[2]), fictitious=True, force=True, progress=told)
used = resource.getrusage(resource.RUSAGE_SELF)
Path(sys.argv[3], "told.json").write_text(json.dumps({
    "rows": report.establishments, "seconds": time.perf_counter() - start, "processor": used.ru_utime + used.ru_stime,
    "peak": used.ru_maxrss / 2**20, "stages": {name: ended[name] - begun[name] for name in begun},
}))
"""


def stock(folder: Path) -> tuple[Path, Path]:
    """The two files of a folder."""
    (establishments,), (units,) = (
        [file for file in folder.glob(f"{stem}*") if file.suffix in (".parquet", ".zip")]
        for stem in ("StockEtablissement", "StockUniteLegale")
    )
    return establishments, units


def imported(files: tuple[Path, Path]) -> dict:
    """What an import of them took, in a process of its own."""
    with tempfile.TemporaryDirectory() as var:
        command = [sys.executable, "-c", IMPORT, *map(str, files), var]
        # DuckDB takes a program given by `-c` for a console, and draws its own bar on the standard output.
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return dict(json.loads(Path(var, "told.json").read_text(encoding="utf-8")))


def read(files: tuple[Path, Path]) -> float:
    """Seconds that DuckDB takes to read the columns that the register wants, and to count their bytes."""
    from sourcier.register.importing import columns
    from sourcier.register.importing.read import load, only, source

    wanted = (columns.ESTABLISHMENT, columns.ESTABLISHMENT_OPTIONAL), (columns.LEGAL_UNIT, ())
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as name, duckdb.connect(str(Path(name) / "read.duckdb")) as database:
        database.execute("SET memory_limit = '2800MB'")
        for file, (required, optional), table in zip(files, wanted, ("establishment", "legal_unit"), strict=True):
            load(database, source(file, table), table, required, optional, folder=Path(name), advance=lambda share: None)
            only(database, f"SELECT sum(strlen(COLUMNS(lambda name: name <> 'line'))) FROM {table}")  # noqa: S608
    return time.perf_counter() - start


def line(folder: Path) -> tuple[str, ...]:
    """One row of the table."""
    files = stock(folder)
    for file in files:
        with file.open("rb") as stream:
            while stream.read(1 << 24):
                pass
    took, alone = imported(files), read(files)
    stages = ", ".join(f"{name} {seconds:.0f}" for name, seconds in took["stages"].items())
    form = "CSV in ZIP" if files[0].suffix == ".zip" else "Parquet"
    cells = (
        form, f"{took['rows']:,}", f"{took['seconds']:.0f}", f"{took['processor']:.0f}", f"{took['peak']:.2f}",
        f"{alone:.0f}", stages,
    )  # fmt: skip
    print(*cells, sep=" | ", flush=True)
    return cells


def page(rows: Sequence[Sequence[str]]) -> str:
    """Markdown."""
    head = ("From", "establishments", "seconds", "of processor", "peak, GiB", "read alone, seconds", "stages, seconds")
    table = "\n".join("| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *rows))
    return f"""# Importing a national stock

`bench/importing.py FOLDER…`, {date.today().isoformat()}. {machine()}.

{table}

« Read alone »: DuckDB reads the columns that the register wants, out of the ZIP when they are in one, keeps the texts of a CSV
in a Parquet, and counts their bytes. « Noms » runs beside the two stages after it. The files were in the system's memory.
"""


def main() -> None:
    """Print the page, or write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--size", type=int, default=200_000, help="rows of the stocks made here (200000)")
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folders = chosen.folders
        if not folders:
            from national import write_national

            folders = [Path(name) / form for form in ("parquet", "csv")]
            for folder in folders:
                write_national(folder, chosen.size, form=folder.name)
        text = page([line(folder) for folder in folders])
    print(text)
    if chosen.write:
        Path("docs/benchmarks/import.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    main()
