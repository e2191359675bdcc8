"""A journal in one file, to verify elsewhere, without the database: a ZIP of parts of some thousand lines each.

`journal.json` names the log and its keys; `entries/N.jsonl` has the exact text of one entry a line; `payloads/N.jsonl` what
each says with its salt, or `null` once erased; `checkpoints/N.jsonl` the signed texts. N is the index of the first entry.
"""

import json
import os
import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from binascii import unhexlify
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
from sourcier.journal.key_line import KEY_LENGTH, Line, Span

ABOUT = "journal.json"
KINDS = ("entries", "payloads", "checkpoints")
LIMIT = 1 << 30
QUICK = 1
# « Anything but a quote » is searched much faster than hexadecimal digits, which the chain and the contents vouch for anyway.
ENTRY = (
    r'(?m)^\{"actor":"([^"]{32})","at":(0|[1-9][0-9]{0,15}),"log":"LOG","payload_sha256":"([^"]{64})",'
    r'"prev":"([^"]{64})","seq":(0|[1-9][0-9]{0,15}),"stream":"(org|[^"]{32})","v":1,"verb":"([a-z_.]{1,60})"\}\n'
)
PAYLOAD = re.compile(rb'(?m)^(?:\{"salt":"([0-9a-f]{32})","body":(.+)\}|null)\n')


class Unreadable(ValueError):
    """The file is not an export, or the journal cannot be exported as it is; a French sentence says why."""


@dataclass(frozen=True, slots=True)
class About:
    """What an export says of itself; nothing of it is proven before its checkpoints are verified."""

    log_id: UUID
    origin: str
    keys: Line
    size: int


def write(about: About, reader: Reader, target: Path) -> None:
    """Write the export of the first `about.size` entries, part by part. Raises `Unreadable`; the file appears whole or not."""
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            with ZipFile(out, "w", ZIP_DEFLATED, compresslevel=QUICK) as archive:
                said = {"v": 1, "log": about.log_id.hex, "origin": about.origin, "size": about.size}
                keys = [{"since": since, "public_key": b64encode(key).decode()} for since, key in about.keys]
                archive.writestr(ABOUT, json.dumps({**said, "keys": keys}, indent=1))
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
            said = json.loads(self._content(ABOUT))
            size = said["size"]
            keys = tuple(Span(each["since"], b64decode(each["public_key"], validate=True)) for each in said["keys"])
            if type(size) is not int or not 0 <= size < 1 << 48 or not isinstance(said["origin"], str):
                raise ValueError
            if not keys or keys[0].since or any(type(since) is not int or len(key) != KEY_LENGTH for since, key in keys):
                raise ValueError
            return About(UUID(said["log"]), said["origin"], keys, size)
        except (OSError, BadZipFile, ValueError, KeyError, TypeError, AttributeError, NotBase64):
            raise Unreadable(f"Le fichier {self.path} n'est pas un export de journal, ou il est coupé.") from None

    def rows(self, start: int, end: int) -> Sequence[tuple[Any, ...]]:
        """Entries of the range with their payloads."""
        found: list[tuple[Any, ...]] = []
        for first in range(start - start % BLOCK, end, BLOCK):
            rows = self._part(first)
            # Lines too many have an index that no entry of the range has, and are found by it.
            last = None if end in (self.about.size, first + BLOCK) else end - first
            found += rows[max(start - first, 0) : last]
        return found

    def _part(self, first: int) -> list[tuple[Any, ...]]:
        """All the lines of a part by one search of each file, unless one of them is not as it should be."""
        texts, payloads = self._content(_name("entries", first)), self._content(_name("payloads", first))
        raws, fields, said = _lines(texts), self._entry.findall(texts.decode("ascii", "replace")), PAYLOAD.findall(payloads)
        if not len(raws) == len(fields) == len(said) == len(_lines(payloads)):
            return self._line_by_line(first, raws, _lines(payloads))
        return [
            (
                index, actor, int(at), digest, prev, int(seq), stream, verb, raw, None,
                index, unhexlify(salt) or None, body or None,
            )
            for index, raw, (actor, at, digest, prev, seq, stream, verb), (salt, body) in zip(
                range(first, first + len(raws)), raws, fields, said, strict=True
            )
        ]  # fmt: skip

    def _line_by_line(self, first: int, raws: Sequence[bytes], payloads: Sequence[bytes]) -> list[tuple[Any, ...]]:
        """What is not as it should be has columns that agree with no text, or is missing."""
        rows = []
        for index, (raw, payload) in enumerate(islice(zip_longest(raws, payloads, fillvalue=b""), 2 * BLOCK), first):
            fields = self._entry.findall(raw.decode("ascii", "replace") + "\n")
            actor, at, digest, prev, seq, stream, verb = fields[0] if fields else ("", -1, "", "", -1, "", "")
            said = PAYLOAD.findall(payload + b"\n")
            salt, body = (unhexlify(said[0][0]) or None, said[0][1] or None) if said else (None, None)
            leaf, present = None if fields else b"", index if said else None
            rows.append((index, actor, int(at), digest, prev, int(seq), stream, verb, raw, leaf, present, salt, body))
        return rows

    def nodes(self, level: int, first: int, last: int) -> None:
        """The tree is not exported: it is recomputed."""

    def checkpoints(self, start: int, end: int) -> Sequence[Signed]:
        """Checkpoints whose size is in the range."""
        firsts = range(max(start, 0) - max(start, 0) % BLOCK, max(end, 1), BLOCK)
        found = (_signed(line, first) for first in firsts for line in _lines(self._content(_name("checkpoints", first))))
        return [signed for signed in found if start < signed.size <= end]

    def _content(self, name: str) -> bytes:
        try:
            if self._archive.getinfo(name).file_size > LIMIT:
                return b""
            return self._archive.read(name)
        except (KeyError, BadZipFile, BadDeflate, EOFError, NotImplementedError, RuntimeError):
            return b""

    def extra(self) -> Iterator[str]:
        """Names of the file that are no part of an export of its size, and those given twice."""
        names = self._archive.namelist()
        expected = {ABOUT} | {_name(kind, first) for kind in KINDS for first in range(0, self.about.size or 1, BLOCK)}
        yield from sorted({name for name in names if name not in expected or names.count(name) > 1})


def _lines(content: bytes) -> list[bytes]:
    """Lines, the last of which may lack its end."""
    lines = content.split(b"\n")
    return lines if lines[-1] else lines[:-1]


def _signed(line: bytes, first: int) -> Signed:
    """A checkpoint; what is none becomes one that nobody signed."""
    try:
        size, root, text, at = json.loads(line)
        if type(size) is not int or not isinstance(root, str) or not isinstance(text, str):
            raise ValueError
        return Signed(size, root, text, datetime.fromtimestamp(at, UTC))
    except (ValueError, TypeError, OverflowError, OSError, RecursionError):
        return Signed(first + 1, "", "", datetime.fromtimestamp(0, UTC))
