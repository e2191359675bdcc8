"""First stage: a stock file, in CSV, CSV in ZIP or Parquet, under the name of a table of texts.

DuckDB reads no ZIP: a thread decompresses the member into a named pipe while DuckDB reads the other end.
"""

import csv
import errno
import gzip
import os
import re
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import TextIOWrapper
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import duckdb

from sourcier.kernel.transitions import Refused, refuse
from sourcier.register.importing import staged

CHUNK, AHEAD = 1 << 20, 64
"""Bytes decompressed at a time, and how many such chunks may wait."""
MISSING_SHOWN = 4
EVERY_ROW = "true"

HEADER_MAX = 100_000
"""Characters: INSEE's longest is 3 000. What has no end of line is not read whole to look for one."""

DAMAGED = "register_damaged"
"""The code of a refusal after which the file must be had again."""

BOMB, BOMB_FROM = 200, 10_000_000
"""INSEE's ZIPs grow eight times; one that announces 200 times its size, past 10 MB packed or not, is no stock."""

BAD_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)
"""What `zipfile` raises when a ZIP is damaged, cut, encrypted or packed in a way that it does not know."""
Advance = Callable[[float], None]
"""Told the share done, 0 to 1."""


@dataclass(frozen=True)
class Source:
    """One stock file: its path, what it is called in messages, the member read when it is a ZIP."""

    file: Path
    label: str
    kind: str
    member: str = ""

    @property
    def name(self) -> str:
        return f"{self.label} ({self.file.name})"


def refused(sentence: str, code: str = "register_import") -> Refused:
    """An import that cannot go on; nothing was changed. `code` is `DAMAGED` when the file alone is to blame."""
    return refuse(code, f"{sentence} Rien n'a changé : le répertoire en place reste en service.")


def reason(error: OSError) -> str:
    """Why the system would not, in French where it is a usual reason."""
    usual = {
        errno.ENOENT: "il n'existe pas",
        errno.EISDIR: "c'est un dossier",
        errno.ENOTDIR: "ce n'est pas un dossier",
        errno.EACCES: "le droit manque",
        errno.EROFS: "ce disque est en lecture seule",
        errno.ENOSPC: "le disque est plein",
    }
    return usual.get(error.errno or 0) or error.strerror or str(error)


def only(database: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    """The single row of an aggregate."""
    return database.execute(query).fetchall()[0]


def source(file: Path, label: str) -> Source:
    """Recognise a file by its content. Raises `Refused`."""
    try:
        with file.open("rb") as stream:
            start = stream.read(4)
    except OSError as error:
        raise refused(f"Le fichier des {label} est illisible : {file} ({reason(error)}).") from None
    if not start:
        raise refused(f"Le fichier des {label} ({file.name}) est vide.")
    if start == b"PAR1":
        return Source(file, label, "parquet")
    if start[:2] == b"PK":
        return Source(file, label, "zip", _member(file, label))
    return Source(file, label, "gzip" if start[:2] == b"\x1f\x8b" else "csv")


def _member(file: Path, label: str) -> str:
    """The CSV in a ZIP, which must be alone of its kind."""
    where = f"Le ZIP des {label} ({file.name})"
    try:
        with zipfile.ZipFile(file) as archive:
            found = [member for member in archive.infolist() if member.filename.lower().endswith(".csv")]
    except BAD_ZIP:
        raise refused(
            f"Le fichier des {label} ({file.name}) est un ZIP abîmé ou coupé. Téléchargez-le de nouveau.", DAMAGED
        ) from None
    if len(found) != 1:
        raise refused(f"{where} doit contenir un seul fichier CSV ; il en contient {len(found)}.")
    if found[0].flag_bits & 1:
        raise refused(f"{where} est protégé par un mot de passe : celui de l'INSEE ne l'est pas.")
    if found[0].file_size > max(BOMB_FROM, BOMB * found[0].compress_size):
        raise refused(f"{where} annonce {found[0].file_size} octets pour {found[0].compress_size} : ce n'est pas un stock.")
    return found[0].filename


def _header(found: Source) -> tuple[list[str], str]:
    """Column names of a CSV and its delimiter."""
    try:
        with _text(found) as text:
            line = text.readline(HEADER_MAX)
    except BAD_ZIP:
        raise refused(f"Le fichier des {found.name} est abîmé ou coupé. Téléchargez-le de nouveau.", DAMAGED) from None
    if not line.strip():
        raise refused(f"Le fichier des {found.name} est vide.")
    if re.match(r"\s*<(!doctype|html|\?xml)", line, re.IGNORECASE):
        raise refused(f"Le fichier des {found.name} est une page web et non un stock. Téléchargez-le de nouveau.", DAMAGED)
    if len(line) == HEADER_MAX:
        raise refused(f"Le fichier des {found.name} ne commence pas par une ligne de colonnes : est-ce le bon fichier ?")
    delimiter = max(",;\t", key=line.count)
    return next(csv.reader([line.strip()], delimiter=delimiter)), delimiter


@contextmanager
def _text(found: Source) -> Iterator[TextIOWrapper]:
    """The file as text, decompressed; only its header is read so, and DuckDB tells the line of what is no UTF-8."""
    if found.kind == "zip":
        with zipfile.ZipFile(found.file) as archive, archive.open(found.member) as member:
            yield TextIOWrapper(member, encoding="utf-8-sig", errors="replace", newline="")
    elif found.kind == "gzip":
        with gzip.open(found.file, "rt", encoding="utf-8-sig", errors="replace", newline="") as text:
            yield text
    else:
        with found.file.open(encoding="utf-8-sig", errors="replace", newline="") as text:
            yield text


def _columns(database: duckdb.DuckDBPyConnection, found: Source) -> tuple[list[str], str]:
    if found.kind != "parquet":
        return _header(found)
    try:
        rows = database.execute(
            "SELECT name FROM parquet_schema(?) WHERE num_children IS NULL", [staged.literal(found.file)]
        ).fetchall()
    except duckdb.Error:
        raise refused(damaged(found), DAMAGED) from None
    return [name for (name,) in rows], ""


def damaged(found: Source) -> str:
    """A Parquet that cannot be read to its end."""
    return f"Le fichier Parquet des {found.name} est abîmé ou coupé. Téléchargez-le de nouveau."


def stopped(sources: Sequence[Source], message: str) -> Refused:
    """Why a later stage stopped: a view reads a Parquet at every stage, so its damaged page may be met in any of them."""
    files = [found for found in sources if found.kind == "parquet"]
    named = [found for found in files if str(found.file) in message] or (files if "TProtocolException" in message else [])
    if len(named) == 1:
        return refused(damaged(named[0]), DAMAGED)
    said = f"L'import s'est arrêté : {message.splitlines()[0].rstrip('.')}."
    return (
        refused(f"{said} Un fichier Parquet est peut-être abîmé : téléchargez-le de nouveau.", DAMAGED)
        if files
        else refused(said)
    )


@dataclass
class Pump:
    """Two threads that decompress a ZIP member into a named pipe: one reads ahead of what the other writes.

    A pipe holds little: without what was read ahead, DuckDB and the decompression would wait for each other in turn.
    """

    found: Source
    pipe: Path
    advance: Advance
    error: Exception | None = field(default=None, init=False)
    stopped: bool = field(default=False, init=False)
    _ahead: Queue[bytes] = field(default_factory=lambda: Queue(AHEAD), init=False)

    def run(self) -> None:
        """Write the whole member; an error is kept for the stage that reads."""
        reader = threading.Thread(target=self._read, daemon=True)
        reader.start()
        try:
            with self.pipe.open("wb") as out:
                while chunk := self._ahead.get():
                    out.write(chunk)
        except BrokenPipeError:
            pass  # The reader of the pipe stopped first, and says why.
        self.stopped = True
        while reader.is_alive():
            with suppress(Empty):
                self._ahead.get(timeout=0.01)

    def _read(self) -> None:
        """Put the chunks of the member in the queue, then an empty one."""
        try:
            with zipfile.ZipFile(self.found.file) as archive, archive.open(self.found.member) as member:
                size, done = max(1, archive.getinfo(self.found.member).file_size), 0
                while not self.stopped and (chunk := member.read(CHUNK)):
                    self._ahead.put(chunk)
                    done += len(chunk)
                    self.advance(done / size)
        except BAD_ZIP as error:
            self.error = error
        finally:
            self._ahead.put(b"")


@contextmanager
def _readable(found: Source, folder: Path, advance: Advance) -> Iterator[str]:
    """A path that DuckDB can read: the file itself, or a pipe fed from the ZIP, which no pattern finds."""
    if found.kind != "zip":
        yield staged.literal(found.file)
        return
    pipe = folder / f"{found.label.replace(' ', '-')}.pipe"
    os.mkfifo(pipe)
    pump = Pump(found, pipe, advance)
    thread = threading.Thread(target=pump.run, daemon=True)
    thread.start()
    try:
        yield str(pipe)
    finally:
        pump.stopped = True
        _drain(pipe, thread)
        pipe.unlink()
        if pump.error:
            raise refused(f"Le ZIP des {found.name} est abîmé ou coupé. Téléchargez-le de nouveau.", DAMAGED) from None


def _drain(pipe: Path, thread: threading.Thread) -> None:
    """Read what a writer still holds, so that it ends even when nobody else ever opened the pipe."""
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        while thread.is_alive():
            with suppress(BlockingIOError):
                os.read(reader, CHUNK)
            thread.join(0.001)
    finally:
        os.close(reader)


def viewed(found: Source, where: str) -> bool:
    """Whether later stages read the file itself, and not what `load` kept of it."""
    return found.kind == "parquet" and where == EVERY_ROW


def _table(found: Source, path: str, names: Sequence[str], delimiter: str) -> str:
    """SQL that reads the file, every column as text."""
    quoted = staged.quoted(path)
    if found.kind == "parquet":
        return f"read_parquet({quoted})"
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
    compression = "gzip" if found.kind == "gzip" else "none"
    options = (
        f"auto_detect = false, header = true, delim = '{delimiter}', quote = '\"', escape = '\"', "
        f"columns = {{{columns}}}, compression = '{compression}', encoding = 'utf-8'"
    )
    return f"read_csv({quoted}, {options})"


def load(
    database: duckdb.DuckDBPyConnection,
    found: Source,
    table: str,
    required: Sequence[str],
    optional: Sequence[str] = (),
    *,
    folder: Path,
    advance: Advance,
    where: str = EVERY_ROW,
) -> int:
    """Give the wanted columns as texts (an absent optional one is NULL) the name `table`; return its rows. Raises `Refused`.

    A whole Parquet is not copied: each stage reads the file again, its unwanted columns never. Of what is copied to `folder`,
    `line` is the line of a CSV.
    """
    names, delimiter = _columns(database, found)
    _recognise(found, names, required)
    wanted = ", ".join(f'CAST("{name}" AS VARCHAR) AS "{name}"' for name in [*required, *optional] if name in names)
    absent = "".join(f', CAST(NULL AS VARCHAR) AS "{name}"' for name in optional if name not in names)
    with _readable(found, folder, advance) as path:
        reader = _table(found, path, names, delimiter)
        query = f"SELECT {wanted}{absent} FROM {reader} WHERE {where}"
        try:
            if viewed(found, where):
                database.execute(f"CREATE VIEW {table} AS {query}")
                count = int(only(database, f"SELECT count(*) FROM {table}")[0])
            else:
                file = folder / f"{table}.parquet"
                count = staged.write(database, query, file)
                staged.view(database, table, [file], ", file_row_number + 2 AS line")
        except duckdb.OutOfMemoryException:
            raise  # the file is not to blame
        except duckdb.Error as error:
            why = _why(found, str(error))
            raise refused(why, DAMAGED if why == damaged(found) else "register_import") from None
    advance(1)
    return count


def _recognise(found: Source, names: Sequence[str], required: Sequence[str]) -> None:
    """The columns of a file are INSEE's. Raises `Refused`, naming those that are not."""
    missing = [name for name in required if name not in names]
    if missing:
        listed = ", ".join(f"« {name} »" for name in missing[:MISSING_SHOWN])
        more = " et d'autres : est-ce le bon fichier ?" if len(missing) > MISSING_SHOWN else "."
        which = "la colonne" if len(missing) == 1 else "les colonnes"
        raise refused(f"Dans le fichier des {found.name}, il manque {which} {listed}{more}")
    if odd := [name for name in names if not re.fullmatch(r"\w+", name)]:
        raise refused(f"Dans le fichier des {found.name}, la colonne « {odd[0]} » n'a pas un nom de l'INSEE.")
    # DuckDB makes no difference of case.
    lower = [name.lower() for name in names]
    if twice := [name for name in names if lower.count(name.lower()) > 1]:
        raise refused(f"Dans le fichier des {found.name}, la colonne « {twice[0]} » vient deux fois.")


def disk_is_full(message: str) -> bool:
    """Whether an error of DuckDB, of SQLite or of the system means that nothing more can be written."""
    told = (
        "no space left",
        "file too large",
        "disk is full",
        "disk i/o",
        "disk quota",
        "could not write",
        "max_temp_directory",
    )
    return any(part in message.lower() for part in told)


def _why(found: Source, message: str) -> str:
    """DuckDB's message as a French sentence that names the line."""
    line = re.search(r"Line: (\d+)", message)
    where = f"ligne {int(line[1]):d} du fichier des {found.name}" if line else f"fichier des {found.name}"
    if disk_is_full(message):
        return f"Le disque est plein pendant la lecture du {where}."
    if found.kind == "parquet":
        return damaged(found)
    if "unicode" in message or "utf-8" in message:
        return f"À la {where}, le texte n'est pas en UTF-8." if line else f"Le {where} n'est pas en UTF-8."
    if "Maximum line size" in message:
        return f"La {where} dépasse 2 millions d'octets : un champ démesuré, ou un guillemet mal fermé."
    if columns := re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", message):
        return f"À la {where}, on attend {columns[1]} colonnes et il y en a {columns[2]}."
    if "state machine" in message:
        return f"Le {where} mêle des fins de ligne différentes ou des guillemets mal fermés."
    if line:
        return f"La {where} est mal formée : un guillemet de trop, ou mal fermé."
    return f"Le {where} est illisible : {message.splitlines()[0]}"
