"""A journal in one file, to verify elsewhere, without the database: a ZIP of parts of some thousand lines each.

`journal.json` names the log and its key; `entries/N.jsonl` has the exact text of one entry a line; `payloads/N.jsonl` what each
says with its salt, or `null` once erased; `checkpoints/N.jsonl` the signed texts. N is the index of the first entry.
"""

import json
import os
import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile
from zlib import error as BadDeflate

from sourcier.journal.block import BLOCK, Reader, Signed

ABOUT = "journal.json"
KINDS = ("entries", "payloads", "checkpoints")
LIMIT = 1 << 30
QUICK = 1
ENTRY = (
    r'\{"actor":"([0-9a-f]{32})","at":(0|[1-9][0-9]{0,15}),"log":"LOG","payload_sha256":"([0-9a-f]{64})",'
    r'"prev":"([0-9a-f]{64})","seq":(0|[1-9][0-9]{0,15}),"stream":"(org|[0-9a-f]{32})","v":1,"verb":"([a-z_.]{1,60})"\}'
)
SALT, BODY = slice(9, 41), slice(50, -1)


class Unreadable(ValueError):
    """The file is not an export, or the journal cannot be exported as it is; a French sentence says why."""


@dataclass(frozen=True, slots=True)
class About:
    """What an export says of itself; nothing of it is proven before its checkpoints are verified."""

    log_id: UUID
    origin: str
    public_key: bytes
    size: int


def write(about: About, reader: Reader, target: Path) -> None:
    """Write the export of the first `about.size` entries, part by part. Raises `Unreadable`; the file appears whole or not."""
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            with ZipFile(out, "w", ZIP_DEFLATED, compresslevel=QUICK) as archive:
                said = {"v": 1, "log": about.log_id.hex, "origin": about.origin, "size": about.size}
                archive.writestr(ABOUT, json.dumps({**said, "public_key": b64encode(about.public_key).decode()}, indent=1))
                for start in range(0, about.size or 1, BLOCK):
                    for kind, lines in zip(KINDS, _part(reader, start, min(start + BLOCK, about.size)), strict=True):
                        archive.writestr(_name(kind, start), b"".join(line + b"\n" for line in lines))
            out.flush()
            os.fsync(out.fileno())
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)


def _part(reader: Reader, start: int, end: int) -> tuple[list[bytes], list[bytes], list[bytes]]:
    rows = reader.rows(start, end)
    entries = [row[8] for row in rows]
    if len(rows) != end - start or any(not isinstance(raw, bytes) or b"\n" in raw for raw in entries):
        raise Unreadable("Ce journal est altéré et ne peut pas être exporté : lancez « sourcier journal verify ».")
    payloads = [
        b"null" if salt is None or body is None else b'{"salt":"%s","body":%s}' % (salt.hex().encode(), body)
        for *_, salt, body in rows
    ]
    checkpoints = [
        json.dumps([each.size, each.root, each.text, each.created_at.timestamp()]).encode()
        for each in reader.checkpoints(start if start else -1, end)
    ]
    return entries, payloads, checkpoints


def _name(kind: str, start: int) -> str:
    return f"{kind}/{start:09d}.jsonl"


class Exported:
    """Reads the parts of an export; what is missing or unreadable there is simply not given, and is then found missing."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def _archive(self) -> ZipFile:
        return ZipFile(self.path)

    @cached_property
    def _entry(self) -> re.Pattern[str]:
        return re.compile(ENTRY.replace("LOG", self.about.log_id.hex))

    @cached_property
    def about(self) -> About:
        """Raises `Unreadable`."""
        try:
            said = json.loads(self._content(ABOUT) or b"")
            key, size = b64decode(said["public_key"], validate=True), said["size"]
            if type(size) is not int or not 0 <= size < 1 << 48 or len(key) != 32 or not isinstance(said["origin"], str):
                raise ValueError
            return About(UUID(said["log"]), said["origin"], key, size)
        except (OSError, BadZipFile, ValueError, KeyError, TypeError, AttributeError, NotBase64):
            raise Unreadable(f"Le fichier {self.path} n'est pas un export de journal, ou il est coupé.") from None

    def rows(self, start: int, end: int) -> Sequence[tuple[Any, ...]]:
        """Entries of the range with their payloads."""
        found: list[tuple[Any, ...]] = []
        for first in range(start - start % BLOCK, end, BLOCK):
            # Lines too many have an index that no entry of the range has, and are found by it.
            last = None if end in (self.about.size, first + BLOCK) else end
            lines = zip_longest(self._lines("entries", first), self._lines("payloads", first), fillvalue=b"")
            for index, (text, payload) in enumerate(islice(lines, 2 * BLOCK), first):
                if index >= start and (last is None or index < last):
                    found.append(self._row(index, text, payload))
        return found

    def nodes(self, level: int, first: int, last: int) -> None:
        """The tree is not exported: it is recomputed."""

    def checkpoints(self, start: int, end: int) -> Sequence[Signed]:
        """Checkpoints whose size is in the range."""
        firsts = range(max(start, 0) - max(start, 0) % BLOCK, max(end, 1), BLOCK)
        found = (_signed(line, first) for first in firsts for line in self._lines("checkpoints", first))
        return [signed for signed in found if start < signed.size <= end]

    def _lines(self, kind: str, first: int) -> list[bytes]:
        content = self._content(_name(kind, first))
        return content.split(b"\n")[:-1] if content else []

    def _content(self, name: str) -> bytes | None:
        try:
            if self._archive.getinfo(name).file_size > LIMIT:
                return None
            return self._archive.read(name)
        except (KeyError, BadZipFile, BadDeflate, EOFError, NotImplementedError, RuntimeError):
            return None

    def _row(self, index: int, raw: bytes, payload: bytes) -> tuple[Any, ...]:
        """As a row of the database, its columns read in the text; an ill-formed one has columns that agree with no text."""
        given = payload[:9] == b'{"salt":"' and payload[41:50] == b'","body":' and payload[-1:] == b"}"
        salt, body = (_salt(payload[SALT]), payload[BODY]) if given else (None, None)
        present = index if (given and salt is not None) or payload == b"null" else None
        match = self._entry.fullmatch(raw.decode("ascii", "replace"))
        if match is None:
            return index, "", -1, "", "", -1, "", "", raw, b"", present, salt, body
        actor, at, payload_sha256, prev, seq, stream, verb = match.groups()
        return index, actor, int(at), payload_sha256, prev, int(seq), stream, verb, raw, None, present, salt, body

    def extra(self) -> Iterator[str]:
        """Names of the file that are no part of an export of its size, and those given twice."""
        names = self._archive.namelist()
        expected = {ABOUT} | {_name(kind, first) for kind in KINDS for first in range(0, self.about.size or 1, BLOCK)}
        yield from sorted({name for name in names if name not in expected or names.count(name) > 1})


def _salt(digits: bytes) -> bytes | None:
    """In its one writing, so that no byte of an export may change unseen."""
    try:
        salt = bytes.fromhex(digits.decode())
    except ValueError:
        return None
    return salt if salt.hex().encode() == digits else None


def _signed(line: bytes, first: int) -> Signed:
    """A checkpoint; what is none becomes one that nobody signed."""
    try:
        size, root, text, at = json.loads(line)
        if type(size) is not int or not isinstance(root, str) or not isinstance(text, str):
            raise ValueError
        return Signed(size, root, text, datetime.fromtimestamp(at, UTC))
    except (ValueError, TypeError, OverflowError, OSError, RecursionError):
        return Signed(first + 1, "", "", datetime.fromtimestamp(0, UTC))
