"""Communes as people type them: « Rosny-sous-Bois », « 93110 », « 93064 », « Montreuil (93) »."""

import re

from sourcier.kernel.french import fold
from sourcier.register.establishment import Commune
from sourcier.register.store import opened

QUERY = """
    SELECT code, name, postal_codes, CAST(round(latitude * 1e6) AS INTEGER), CAST(round(longitude * 1e6) AS INTEGER),
        commune.establishments
    FROM commune LEFT JOIN postal ON commune_code = code AND postal_code = $code
    WHERE postal_code IS NOT NULL OR code = $code OR folded = $name
    ORDER BY CAST(folded = $name AS INTEGER) + CAST(postal_code IS NOT NULL OR code = $code AS INTEGER)
            + CAST(starts_with(code, $department) AS INTEGER) DESC,
        postal_code IS NULL, postal.establishments DESC, commune.establishments DESC, code
    LIMIT 1
"""


def folded_name(text: str) -> str:
    """« ST-MAUR-DES-FOSSÉS » and « Saint Maur des Fossés » are both « saint maur des fosses »."""
    words = re.findall(r"[a-z]+", fold(text))
    return " ".join({"st": "saint", "ste": "sainte"}.get(word, word) for word in words)


def commune(text: str) -> Commune | None:
    """The commune with this postal code, INSEE code or name, a department told beside it or not; None when there is none.

    Of several, the one that meets the most of what was typed, then the one with the most establishments. A number is read as a
    postal code first. Raises `RegisterMissing`.
    """
    words = re.findall(r"[0-9A-Z]+", fold(text).upper())
    codes = [word for word in words if re.fullmatch(r"\d[\dAB]\d{3}", word)]
    departments = [word for word in words if re.fullmatch(r"\d[\dAB]\d?", word)]
    name = folded_name(" ".join(word for word in words if word not in codes and word not in departments))
    given = {"code": codes[0] if codes else "", "name": name, "department": departments[0] if departments else "-"}
    row = opened().cursor().execute(QUERY, given).fetchone() if codes or name else None
    return Commune(row[0], row[1], tuple(row[2]), *row[3:]) if row else None
