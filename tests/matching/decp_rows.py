"""Contracts in the published formats, written row by row for one test."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def row(number: int, title: str, *sirets: str, **changes: Any) -> dict[str, Any]:
    """A contract of the format of 2019, won by these firms."""
    return {
        "id": f"2025{number:06d}", "acheteur": {"id": "21930064700019"}, "nature": "Marché", "objet": title,
        "codeCPV": "15811100-7", "dateNotification": "2025-03-04", "montant": 41_000.0, "_type": "Marché",
        "titulaires": [{"typeIdentifiant": "SIRET", "id": siret, "denominationSociale": "PERSONNE"} for siret in sirets],
    } | changes  # fmt: skip


def write_2019(file: Path, rows: Sequence[object]) -> Path:
    """`{"marches": [...]}`."""
    file.write_text(json.dumps({"marches": rows}, ensure_ascii=False), encoding="utf-8")
    return file


def write_2022(file: Path, rows: Sequence[dict[str, Any]], concessions: Sequence[dict[str, Any]] = ()) -> Path:
    """`{"marches": {"marche": [...], "contrat-concession": [...]}}`, each winner wrapped."""
    wrapped = [{**each, "titulaires": [{"titulaire": winner} for winner in each["titulaires"]]} for each in rows]
    told = {"$schema": "…", "marches": {"marche": wrapped, "contrat-concession": concessions}}
    file.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    return file
