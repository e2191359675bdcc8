"""Needs that no one tuned on: titles of published contracts with their own CPV, and official CPV labels drawn by a seed.

Read from the notices and contracts of `../shared/data`, where few titles are: 200 labels of the CPV, drawn once, stand for the
goods, works and services that they leave out. Frozen by hash before the thesaurus was written.
"""

import csv
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from xml.etree import ElementTree

SEED, LABELS, DEEP = 20261128, 200, 5
"""`DEEP`: digits of a CPV code, trailing zeros apart, from which a label names a thing rather than a division."""

FROZEN = "1d6da64b0b5fc9e62de200695fe098bdf5f59cbc4f4afd7f8d16cb41e2d20a5d"
SHORTEST = 8


@dataclass(frozen=True, slots=True)
class Title:
    """`text` and the eight digits of its own CPV code; `source`: `contract` or `label`."""

    text: str
    cpv: str
    source: str


def _boamp(folder: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(folder.glob("boamp/xml/*.xml")):
        for bought in ElementTree.parse(file).getroot().iter():  # noqa: S314 - files of the project's own library
            cpv = bought.findtext("CPV/PRINCIPAL") or ""
            texts = [bought.findtext(tag) or "" for tag in ("INTITULE", "TITRE_MARCHE", "DESCRIPTION", "OBJET_COMPLET")]
            if cpv and any(texts):
                yield next(text for text in texts if text), cpv


def _decp(found: object) -> Iterator[tuple[str, str]]:
    if isinstance(found, dict):
        if isinstance(found.get("objet"), str) and isinstance(found.get("codeCPV"), str):
            yield found["objet"], found["codeCPV"]
        for each in found.values():
            yield from _decp(each)
    elif isinstance(found, list):
        for each in found:
            yield from _decp(each)


def _contracts(folder: Path) -> Iterator[tuple[str, str]]:
    yield from _boamp(folder)
    for file in sorted([*folder.glob("decp/decp_test_*.json"), *folder.glob("decp/exemples/json/*.json"),
                        *folder.glob("ocds/decp2ocds/tests/source/*.json")]):  # fmt: skip
        yield from _decp(json.loads(file.read_text(encoding="utf-8")))


def _labels(folder: Path) -> list[tuple[str, str]]:
    with (folder / "cpv-fr" / "cpv_fr.csv").open(encoding="utf-8", newline="") as text:
        rows = [(row["libelle_fr"], row["code"]) for row in csv.DictReader(text) if len(row["code"].rstrip("0")) >= DEEP]
    return sorted(Random(SEED).sample(sorted(rows), LABELS))


def titles(folder: Path) -> list[Title]:
    """The set, contracts first; one title for each wording. Raises `ValueError` when it is not the one that was frozen."""
    found: dict[str, Title] = {}
    for source, pairs in (("contract", _contracts(folder)), ("label", iter(_labels(folder)))):
        for text, cpv in pairs:
            said, code = " ".join(text.split()), re.sub(r"\D", "", cpv)[:8]
            if len(said) >= SHORTEST and len(code) == 8:
                found.setdefault(said.lower(), Title(said, code, source))
    told = list(found.values())
    digest = hashlib.sha256("\n".join(f"{title.cpv}\t{title.text}" for title in told).encode()).hexdigest()
    if digest != FROZEN:
        raise ValueError(f"the titles are not those that were frozen: {digest}")
    return told
