"""The bag (BagIt 1.0, RFC 8493) in a ZIP, streamed in constant memory: the same members give the same bytes."""

from collections.abc import Sequence
from datetime import datetime
from typing import BinaryIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from sourcier.dossier.contents import Member, member

REGULAR_FILE = 0o100644 << 16
BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


def manifest(members: Sequence[Member]) -> bytes:
    """Lines that `sha256sum -c` understands."""
    return "".join(f"{each.sha256}  {each.path}\n" for each in sorted(members, key=lambda each: each.path)).encode()


def bag_info(name: str, identifier: str, at: datetime, payload: Sequence[Member]) -> bytes:
    """Who, what, when, how much (RFC 8493, 2.2.2)."""
    lines = (
        ("Source-Organization", name),
        ("External-Identifier", identifier),
        ("Bagging-Date", at.date().isoformat()),
        ("Payload-Oxum", f"{sum(each.size for each in payload)}.{len(payload)}"),
        ("Bag-Software-Agent", "Sourcier"),
    )
    return "".join(f"{label}: {' '.join(value.split())}\n" for label, value in lines).encode()


def files(members: Sequence[Member], *, name: str, identifier: str, at: datetime) -> list[Member]:
    """Every file of the bag of `members`, in its order: those under `data/` are the payload, which comes last."""
    payload = [each for each in members if each.path.startswith("data/")]
    tags = [each for each in members if not each.path.startswith("data/")]
    tags += [
        member("bagit.txt", BAGIT),
        member("bag-info.txt", bag_info(name, identifier, at, payload)),
        member("manifest-sha256.txt", manifest(payload)),
    ]
    return [*sorted(tags, key=lambda tag: tag.path), member("tagmanifest-sha256.txt", manifest(tags)), *payload]


def write(out: BinaryIO, ordered: Sequence[Member], at: datetime) -> None:
    """Write the ZIP of these files. `at` (UTC) dates every one."""
    with ZipFile(out, "w", ZIP_STORED) as archive:
        for each in ordered:
            info = ZipInfo(each.path, at.timetuple()[:6])
            info.external_attr = REGULAR_FILE
            info.create_system = 3
            with archive.open(info, "w", force_zip64=each.size >= 1 << 31) as target:
                for block in each.slices():
                    target.write(block)
