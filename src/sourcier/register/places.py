"""Places as people type them: « Rosny-sous-Bois », « 93110 », « Montreuil (93) », « 12 rue Jules Ferry, Rosny »."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sourcier.kernel.french import fold
from sourcier.kernel.geodesy import format_distance
from sourcier.register.establishment import DISTRICTS, Commune
from sourcier.register.store import opened
from sourcier.register.streets import readings, words_of

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

FORMER = """
    SELECT leads_to FROM alias JOIN commune ON commune.code = leads_to
    WHERE alias.code = $code OR alias.folded = $name
    ORDER BY alias.code IS NOT DISTINCT FROM $code DESC, starts_with(leads_to, $department) DESC, establishments DESC, leads_to
    LIMIT 1
"""

TOWNS = """
    SELECT c.code, t.folded, c.name, c.postal_codes, c.latitude, c.longitude, c.uncertainty_m, c.establishments
    FROM (SELECT code, folded FROM commune UNION SELECT leads_to, folded FROM alias) t JOIN commune c USING (code)
"""
BY_CODE = f"""{TOWNS} WHERE c.code IN (
    SELECT commune_code FROM postal WHERE postal_code = $code UNION SELECT leads_to FROM alias WHERE code = $code)
    OR c.code = $code OR ($prefix <> '' AND starts_with(c.code, $prefix))"""
BY_NAME = f"""{TOWNS} JOIN (SELECT DISTINCT unnest(?::VARCHAR[]) AS typed)
    ON t.folded = typed OR starts_with(t.folded, typed || ' ')"""

STREETS = """
    SELECT id, commune_code, key, bare, label, postal_code, latitude, longitude, establishments, uncertainty_m FROM street
    WHERE commune_code IN (SELECT unnest(?::VARCHAR[]))
"""
TYPED_STREETS = f"{STREETS} AND (key IN (SELECT unnest(?::VARCHAR[])) OR bare IN (SELECT unnest(?::VARCHAR[])))"

MOST = 8
"""Alternatives told, at most."""

LIKE_STREET = f"""SELECT * FROM ({STREETS}), (SELECT ? AS typed) WHERE damerau_levenshtein(key, typed) <= length(typed) // 4
    ORDER BY damerau_levenshtein(key, typed), establishments DESC, id LIMIT {MOST}"""
LIKE_TOWN = f"""{TOWNS} JOIN (SELECT unnest(?::VARCHAR[]) AS typed)
    ON damerau_levenshtein(t.folded, typed) <= length(typed) // 4 GROUP BY ALL
    ORDER BY min(damerau_levenshtein(t.folded, typed) / length(typed)), c.establishments DESC, c.code LIMIT {MOST}"""
"""One slip (a letter more, less, another, or two exchanged) for four letters typed."""


@dataclass(frozen=True, slots=True)
class Place:
    """A point (micro-degrees) for what was typed: the real place lies within `uncertainty_m` of it, most often.

    `kind`: « commune », « street » or « address ». `unread`: the words typed that the register does not know, a street
    most often; the place is then the commune. `alternatives`: others that what was typed may mean, or may have meant.
    """

    label: str
    lat_e6: int
    lon_e6: int
    kind: str
    uncertainty_m: int
    unread: str = ""
    alternatives: tuple["Place", ...] = ()

    @property
    def precision(self) -> str:
        """« à la rue près, environ 120 m »."""
        nearly = {"address": "à l'adresse", "street": "à la rue près", "commune": "à la commune près"}[self.kind]
        return f"{nearly}, environ {format_distance(max(10, self.uncertainty_m))}"


@dataclass(frozen=True, slots=True)
class _Town:
    """A commune under one of its names."""

    code: str
    folded: str
    name: str
    postal_codes: list[str]
    latitude: float
    longitude: float
    uncertainty_m: int
    establishments: int

    def place(self) -> Place:
        codes = self.postal_codes
        label = f"{codes[0]} {self.name}" if len(codes) == 1 else self.name
        return Place(label, round(self.latitude * 1e6), round(self.longitude * 1e6), "commune", self.uncertainty_m)


_NOWHERE = Place("", 0, 0, "commune", 0)


@dataclass(frozen=True, slots=True)
class _Street:
    """A row of `street`."""

    id: int
    commune_code: str
    key: str
    bare: str
    label: str
    postal_code: str
    latitude: float
    longitude: float
    establishments: int
    uncertainty_m: int


def folded_name(text: str) -> str:
    """« ST-MAUR-DES-FOSSÉS » and « Saint Maur des Fossés » are both « saint maur des fosses »."""
    return _saints(re.findall(r"[a-z]+", fold(text)))


def _saints(words: Sequence[str]) -> str:
    return " ".join({"st": "saint", "ste": "sainte"}.get(word, word) for word in words)


def _letters(words: Sequence[str]) -> str:
    """The name of a commune without the number of its district: « paris » of « paris 11 »."""
    return _saints([word for word in words if word.isalpha()])


def _as_name(words: Sequence[str]) -> str:
    """The name that these words may be, a district's number after it or not; « - », which is none, for others."""
    return (_letters(words) if words[0].isalpha() and all(word.isalpha() for word in words[:-1]) else "") or "-"


def commune(text: str) -> Commune | None:
    """The commune with this postal code, INSEE code or name, a department told beside it or not; None when there is none.

    Of several, the one that meets the most of what was typed, then the one with the most establishments. A number is read as a
    postal code first. A former code or name leads to the commune of today. Raises `RegisterMissing`.
    """
    words = re.findall(r"[0-9A-Z]+", fold(text).upper())
    codes = [word for word in words if re.fullmatch(r"\d[\dAB]\d{3}", word)]
    departments = [word for word in words if re.fullmatch(r"\d[\dAB]\d?", word)]
    name = folded_name(" ".join(word for word in words if word not in codes and word not in departments))
    given = {"code": codes[0] if codes else "", "name": name, "department": departments[0] if departments else "-"}
    if not codes and not name:
        return None
    cursor = opened().cursor()
    row = cursor.execute(QUERY, given).fetchone()
    if row is None and (former := cursor.execute(FORMER, given).fetchone()):
        row = cursor.execute(QUERY, {"code": former[0], "name": "", "department": "-"}).fetchone()
    return Commune(row[0], row[1], tuple(row[2]), *row[3:]) if row else None


def place(text: str) -> Place | None:
    """The address, street or commune that the text names; None when it names no commune that the register knows.

    A number where an establishment stands is that door; any other number, its street. A street that is not known leaves its
    commune, with `unread` and the streets most like it as alternatives. Never raises on any text; raises `RegisterMissing`.
    """
    words = words_of(text)
    for code in reversed([word for word in words if re.fullmatch(r"\d[\dab]\d{3}", word)]):
        if towns := _towns(BY_CODE, {"code": code.upper(), "prefix": DISTRICTS.get(code, "")}):
            at = len(words) - 1 - words[::-1].index(code)
            return _with_code(towns, [*words[:at], *_after(words[at + 1 :])], code)
    return _with_name(words)


def suggested(text: str) -> tuple[Place, ...]:
    """Communes whose name is like the end of a text of which `place` makes nothing. Raises `RegisterMissing`."""
    words = [word for word in words_of(text) if word.isalpha()]
    typed = [_saints(words[-size:]) for size in range(1, min(6, len(words)) + 1)]
    towns = [_Town(*row) for row in opened().cursor().execute(LIKE_TOWN, [typed]).fetchall()]
    return tuple(town.place() for town in {town.code: town for town in towns}.values())


def _after(words: Sequence[str]) -> list[str]:
    """What follows a postal code, without « cedex 2 »."""
    return list(words[: words.index("cedex")]) if "cedex" in words else list(words)


def _towns(query: str, given: Any) -> list[_Town]:
    """The largest first."""
    rows = opened().cursor().execute(query, given).fetchall()
    return sorted((_Town(*row) for row in rows), key=lambda town: (-town.establishments, town.code, town.folded))


def _streets(query: str, given: list[list[str]]) -> list[_Street]:
    return [_Street(*row) for row in opened().cursor().execute(query, given).fetchall()]


def _names(town: _Town, name: str) -> bool:
    return town.folded == name or town.folded.startswith(f"{name} ")


def _with_code(towns: list[_Town], words: list[str], code: str) -> Place:
    """A place of the communes that a postal or INSEE code names."""
    # The whole may be a street (« rue de Rosny »); else a name of the commune stands before or after it.
    parts = [(words, towns)]
    for cut in range(len(words) + 1):
        for name, street in ((words[cut:], words[:cut]), (words[:cut], words[cut:])):
            typed = _letters(name)
            if typed and (named := [town for town in towns if _names(town, typed)]):
                parts.append((street, named))
    parts.sort(key=lambda part: -len(part[0]))
    if found := _street(parts):
        return found
    street, named = parts[-1]
    exact = [town for town in named if town.code == code.upper()]
    if not street:
        return _commune(exact + [town for town in named if town not in exact])
    return _unread(street, named)


def _with_name(words: list[str]) -> Place | None:
    """A place of a commune that is named, its department told after it or not."""
    department = words[-1].upper() if len(words) > 1 and re.fullmatch(r"\d[\dab]\d?", words[-1]) else ""
    for kept, within in ((words[:-1], department), (words, "")) if department else ((words, ""),):
        if found := _within(kept, within):
            return found
    return None


def _within(words: list[str], department: str) -> Place | None:
    """The communes of that department alone, all when it is empty."""
    splits = [(words[:cut], words[cut:]) for cut in range(len(words))] + [
        (words[cut:], words[:cut]) for cut in range(1, len(words))
    ]
    typed = [_as_name(name) for _, name in splits]
    towns = [town for town in _towns(BY_NAME, [typed]) if town.code.startswith(department)]
    whole = _saints(words)
    if exact := [town for town in towns if town.folded == whole or words_of(town.name) == words]:
        return _commune(exact)
    parts = []
    for street, name in splits:
        typed_name = _as_name(name)
        numbered = [town for town in towns if words_of(town.name) == name]
        same = numbered or [town for town in towns if town.folded == typed_name]
        longer = [town for town in towns if _names(town, typed_name) and town not in same]
        parts += [(0, -len(name), street, same), (1, -len(name), street, longer)]
    parts = sorted((part for part in parts if part[3]), key=lambda part: part[:2])
    if found := _street([(street, named) for _, _, street, named in parts if street]):
        return found
    if begun := [town for town in towns if _names(town, whole)]:
        return _commune(begun)
    known = next(((street, named) for inexact, _, street, named in parts if not inexact), None)
    return _unread(*known) if known else None


def _commune(towns: list[_Town]) -> Place:
    """The first, and the other communes; a whole city goes before its districts, which are no alternatives to it."""
    first = next((town for town in towns if town.code in DISTRICTS), towns[0])
    others = {
        town.code: town.place() for town in towns
        if town.code != first.code and not town.code.startswith(DISTRICTS.get(first.code, "-"))
    }  # fmt: skip
    return replace(first.place(), alternatives=tuple(others.values())[:MOST])


def _street(parts: Iterable[tuple[list[str], list[_Town]]]) -> Place | None:
    """The first street that one of the parts (words of a street, communes) names, and those it may be taken for."""
    wanted = [
        (door, key, {town.code: town for town in towns}) for words, towns in parts for door, key in readings(words) if key
    ]
    if not wanted:
        return None
    codes = sorted({code for _, _, towns in wanted for code in towns})
    keys = sorted({key for _, key, _ in wanted})
    found = _streets(TYPED_STREETS, [codes, keys, keys])
    for whole in (True, False):
        for door, key, towns in wanted:
            named = [each for each in found if each.commune_code in towns and key == (each.key if whole else each.bare)]
            if named:
                named.sort(key=lambda each: (-each.establishments, each.id))
                places = [_at(each, door, towns[each.commune_code]) for each in named[: MOST + 1]]
                # A door that stands tells which of the streets was meant.
                places.sort(key=lambda each: each.kind != "address")
                return replace(places[0], alternatives=tuple(places[1:]))
    return None


def _at(street: _Street, door: str, town: _Town) -> Place:
    """The door when an establishment stands there, else the street."""
    query = "SELECT latitude, longitude, uncertainty_m FROM door WHERE street = ? AND door = ?"
    row = opened().cursor().execute(query, [street.id, door]).fetchone() if door else None
    where = f"{street.postal_code} {town.name}".strip()
    if row is None:
        point = round(street.latitude * 1e6), round(street.longitude * 1e6)
        return Place(f"{street.label}, {where}", *point, "street", street.uncertainty_m)
    number = re.sub(r"(?<=\d)(?=[a-z])", " ", door).replace(" b", " bis").replace(" t", " ter").replace(" q", " quater")
    label = f"{number} {street.label[:1].lower()}{street.label[1:]}, {where}"
    return Place(label, round(row[0] * 1e6), round(row[1] * 1e6), "address", row[2])


def _unread(words: list[str], towns: list[_Town]) -> Place:
    """The commune, for a street that it does not have; the streets most like it as alternatives."""
    by_code = {town.code: town for town in towns}
    like: dict[int, Place] = {}
    for door, key in readings(words):
        for street in (_Street(*row[:-1]) for row in opened().cursor().execute(LIKE_STREET, [list(by_code), key]).fetchall()):
            if like.get(street.id, _NOWHERE).kind != "address":
                like[street.id] = _at(street, door, by_code[street.commune_code])
    return replace(_commune(towns), unread=" ".join(words), alternatives=tuple(like.values())[:MOST])
