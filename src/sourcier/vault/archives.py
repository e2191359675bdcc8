"""Compressed documents (office, OpenDocument): measured by unpacking them under a budget, never by what they declare."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from sourcier.kernel.transitions import Refused, refuse
from sourcier.vault import rules

_CHUNK = 1 << 16
_HEADER = struct.Struct("<4s5H3I2H")
_PACKED = (b"PK\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ")
_PROGRAMS = (b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"#!")
PROTECTED = "Ce document est protégé par un mot de passe. Enregistrez-le sans mot de passe, puis envoyez-le. Rien n'est perdu."


@dataclass
class _Budget:
    """What remains to be unpacked, for a document and the documents inside it together."""

    entries: int = rules.MAX_ENTRIES
    size: int = rules.MAX_UNPACKED
    packed: int = 0
    unpacked: int = 0


def check(data: bytes) -> dict[str, bytes]:
    """Unpack everything once, chunk by chunk. Returns the first bytes of each entry by its name.

    Raises `Refused` for a bomb, a trap, a broken file.
    """
    try:
        return _check(data, _Budget(packed=len(data)), depth=0)
    except (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, ValueError, EOFError, OverflowError):
        raise _broken() from None


def _check(data: bytes, budget: _Budget, depth: int) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
    budget.entries -= len(entries)
    if budget.entries < 0 or len({entry.filename for entry in entries}) != len(entries):
        raise _bomb()
    _refuse_overlaps(entries, len(data))
    heads = {}
    for entry in entries:
        _refuse_name(entry)
        if entry.flag_bits & 0x1:
            raise refuse("encrypted", PROTECTED)
        heads[entry.filename] = _measure(data, entry, budget, depth)
    return heads


def _refuse_overlaps(entries: list[zipfile.ZipInfo], size: int) -> None:
    """Entries that share the same bytes are the mark of a bomb."""
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise _bomb()
        end = entry.header_offset + _HEADER.size + entry.compress_size
    if end > size:
        raise _broken()


def _refuse_name(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    if name.startswith(("/", "\\")) or "\\" in name or ".." in name.split("/") or (len(name) > 1 and name[1] == ":"):
        raise refuse(
            "hostile_archive", "Ce document contient des chemins interdits. Enregistrez-le à nouveau, ou envoyez un PDF."
        )
    low = name.lower()
    if low.endswith(("vbaproject.bin", "vbadata.xml")) or low.startswith(("basic/", "scripts/")):
        raise macros()


def _measure(data: bytes, entry: zipfile.ZipInfo, budget: _Budget, depth: int) -> bytes:
    """Unpack one entry for real, count it, and look into it when it is itself a document. Returns its first bytes."""
    head, whole = b"", bytearray()
    nested = False
    for chunk in _unpacked(data, entry):
        budget.size -= len(chunk)
        budget.unpacked += len(chunk)
        if budget.size < 0 or (budget.unpacked > rules.RATIO_FREE and budget.unpacked > budget.packed * rules.MAX_RATIO):
            raise _bomb()
        if not head:
            head = chunk[:200]
            nested = head.startswith(_PACKED)
            if head.startswith(_PROGRAMS):
                raise refuse("program_inside", "Ce document contient un programme. Envoyez-le en PDF. Rien n'est perdu.")
        if nested:
            whole += chunk
    if nested:
        if depth >= rules.MAX_DEPTH or not head.startswith(b"PK"):
            raise refuse("nested_archive", "Ce document contient une archive. Envoyez chaque fichier séparément, ou un PDF.")
        _check(bytes(whole), budget, depth + 1)
    return head


def _unpacked(data: bytes, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """The real content of an entry, whatever size it declares (a reader more trusting than ours would unpack it all)."""
    fields = _HEADER.unpack_from(data, entry.header_offset)
    if fields[0] != b"PK\x03\x04":
        raise zipfile.BadZipFile
    start = entry.header_offset + _HEADER.size + fields[9] + fields[10]
    packed = memoryview(data)[start : start + entry.compress_size]
    if len(packed) != entry.compress_size:
        raise zipfile.BadZipFile
    size = checksum = 0
    if entry.compress_type == zipfile.ZIP_STORED:
        chunks: Iterator[bytes] = (bytes(packed[at : at + _CHUNK]) for at in range(0, len(packed), _CHUNK))
    elif entry.compress_type == zipfile.ZIP_DEFLATED:
        chunks = _inflated(packed)
    else:
        raise zipfile.BadZipFile
    for chunk in chunks:
        size += len(chunk)
        checksum = zlib.crc32(chunk, checksum)
        yield chunk
    if (size, checksum) != (entry.file_size, entry.CRC):
        raise zipfile.BadZipFile


def _inflated(packed: memoryview) -> Iterator[bytes]:
    inflate = zlib.decompressobj(-15)
    pending: bytes | memoryview = packed
    while not inflate.eof:
        chunk = inflate.decompress(pending, _CHUNK)
        pending = inflate.unconsumed_tail
        if not chunk and not pending:
            break
        if chunk:
            yield chunk


def macros() -> Refused:
    return refuse(
        "macros", "Ce document contient des macros (un programme). Enregistrez-le sans macros, ou en PDF. Rien n'est perdu."
    )


def _bomb() -> Refused:
    return refuse(
        "archive_bomb",
        "Ce document devient démesuré quand on l'ouvre. Il n'a pas été gardé. Enregistrez-le à nouveau, ou envoyez un PDF.",
    )


def _broken() -> Refused:
    return refuse(
        "broken_file",
        "Ce document est abîmé : il ne s'ouvre pas. Enregistrez-le à nouveau, ou envoyez un PDF. Rien n'est perdu.",
    )
