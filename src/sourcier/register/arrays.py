"""The active, placed establishments as memory-mapped arrays: what a search counts, measures and sorts.

Row i of an array is row i of the table `establishment`. Rows stand by pair of activities (NAF rév. 2, NAF 2025), band of
latitude, longitude, SIRET: an activity around a place is a few ranges. What few values describe (size class, category, legal
form…) is one number for each row, its *profile*, so that a filter is a look-up and all facets are one count.
"""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from math import floor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sourcier.kernel.activities import NAF_2025, NAF_REV2, Activity
from sourcier.register.mapped import Column
from sourcier.register.names import Names
from sourcier.register.names import load as load_names

BANDS_PER_DEGREE = 20
"""Bands of 5.6 km: fewer would leave more to measure, more would make more ranges."""

TRAITS = ("disclosed", "size_class", "category", "employer", "social_economy", "legal_form")
"""What a profile says."""

COLUMNS = {
    "latitude": "float64", "longitude": "float64", "siret": "int64", "profile": "uint32", "commune": "uint32",
    "created": "int32", "updated": "int32", "uncertainty": "int32",
}  # fmt: skip
"""Degrees; days since 1970 (`UNKNOWN_DAY` when not known); metres, -1 when the point is the establishment's own."""

UNKNOWN_DAY = -(2**31)

CARD = ("name", "legal_name", "nomenclature", "activity", "address", "postal_code", "commune")
"""What a page shows of a row and no array holds: texts, kept end to end."""

SEPARATOR = "\x1f"


def folder_of(file: Path, build: str) -> Path:
    """Where the arrays of FILE's build are; another build has another folder, so a switch never mixes them."""
    return file.with_name(f"{file.name}.{build[:12]}.arrays")


def department(commune_code: str) -> str:
    """« 93 », « 2A », « 974 »."""
    return commune_code[:3] if commune_code.startswith(("97", "98")) else commune_code[:2]


@dataclass(frozen=True)
class Arrays:
    """`starts[pair * bands + band]` is the first row of a pair in a band, `first_rows[pair]` of the pair.

    The texts of row i are the bytes `begins[i]` to `begins[i + 1]` of `cards`. `sirets`, ascending, and `places` cover every
    establishment, closed ones too. `traits[name]` gives the label's position in
    `labels[name]` for each profile. `alone`: the pair of this activity with none of
    the other nomenclature. `west`, `east`: the extreme longitudes.
    """

    latitude: Column
    longitude: Column
    siret: Column
    profile: Column
    commune: Column
    created: Column
    updated: Column
    uncertainty: Column
    starts: NDArray[np.uint32]
    sirets: NDArray[np.int64]
    places: NDArray[np.uint32]
    cards: Column
    begins: Column
    names: Names
    traits: dict[str, NDArray[np.int64]]
    labels: dict[str, list[Any]]
    pairs: list[tuple[str, str]]
    pairs_with: dict[Activity, list[int]]
    alone: dict[Activity, int]
    communes: list[str]
    departments: list[str]
    department_of: NDArray[np.int64]
    first_rows: NDArray[np.uint32]
    first_band: int
    bands: int
    west: float
    east: float

    def band(self, latitude: float) -> int:
        """The position in the directory of the band that holds this latitude; it may be outside."""
        return floor((latitude + 90) * BANDS_PER_DEGREE) - self.first_band

    def card(self, row: int) -> list[str]:
        """The texts of `CARD`, for a row of the arrays."""
        begin, end = self.begins.values[row : row + 2].tolist()
        return self.cards.values[begin:end].tobytes().decode().split(SEPARATOR)

    def ahead(self, rows: NDArray[np.int64]) -> None:
        """Ask for all that is shown of these rows."""
        for name in COLUMNS:
            getattr(self, name).ahead(rows, rows + 1)
        begins, ends = self.begins.at(rows).astype(np.int64), self.begins.at(rows + 1).astype(np.int64)
        self.cards.ahead(begins, ends)

    def having(self, activity: Activity, others: Collection[Activity]) -> list[int]:
        """The pairs with this activity, and those whose only one is of `others`, which stand for it."""
        return [*self.pairs_with.get(activity, ()), *(self.alone[other] for other in others if other in self.alone)]

    def described(self, row: int) -> dict[str, Any]:
        """The value of each trait of a row."""
        profile = self.profile.values[row]
        return {trait: self.labels[trait][position[profile]] for trait, position in self.traits.items()}

    def pair_of(self, rows: NDArray[np.int64] | int) -> NDArray[np.int64]:
        """The pair of each row."""
        found: NDArray[np.int64] = np.searchsorted(self.first_rows, rows, side="right") - 1
        return found

    def rows_of(self, sirets: Sequence[str]) -> NDArray[np.int64]:
        """Rows of the establishments with these SIRETs, ascending; unknown ones are left out."""
        wanted = np.array(sorted({int(siret) for siret in sirets if siret.isdigit() and len(siret) == 14}), np.int64)
        found = np.minimum(np.searchsorted(self.sirets, wanted), max(0, len(self.sirets) - 1))
        known = found[self.sirets[found] == wanted] if len(self.sirets) else found[:0]
        return np.sort(self.places[known].astype(np.int64))

    def rows_of_unit(self, siren: str) -> list[int]:
        """Rows of all establishments of a legal unit, by SIRET."""
        low = int(siren) * 100_000
        first, last = np.searchsorted(self.sirets, [low, low + 100_000]).tolist()
        return [int(place) for place in self.places[first:last]]

    def profiles(self, trait: str, keeps: Callable[[Any], bool]) -> NDArray[np.bool_]:
        """For each profile, whether the value of a trait is kept."""
        kept = np.array([keeps(label) for label in self.labels[trait]], bool)
        return kept[self.traits[trait]]


def load(folder: Path) -> Arrays:
    """Map the arrays of one build. Raises `OSError`, `ValueError` or `EOFError` when not whole."""
    told = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    columns = {name: Column(folder / f"{name}.npy") for name in (*COLUMNS, "begins")}
    others = {name: Column(folder / f"{name}.npy").values for name in ("sirets", "places")}
    directory = Column(folder / "starts.npy")
    directory.ahead(np.array([0]), np.array([len(directory.values)]))
    table = np.load(folder / "profiles.npy")
    pairs = [(rev2, recent) for rev2, recent in told["pairs"]]
    pairs_with: dict[Activity, list[int]] = {}
    for number, codes in enumerate(pairs):
        for nomenclature, code in zip((NAF_REV2, NAF_2025), codes, strict=True):
            if code:
                pairs_with.setdefault(Activity(nomenclature, code), []).append(number)
    alone = {activity: number for activity, numbers in pairs_with.items() for number in numbers if not all(pairs[number])}
    within = [department(code) for code in told["communes"]]
    departments = sorted(set(within))
    position = {code: number for number, code in enumerate(departments)}
    return Arrays(
        **columns,
        **others,
        starts=directory.values,
        cards=Column(folder / "cards"),
        names=load_names(folder),
        traits={trait: table[number] for number, trait in enumerate(TRAITS)},
        labels=told["labels"],
        pairs=pairs,
        pairs_with=pairs_with,
        alone=alone,
        communes=told["communes"],
        departments=departments,
        department_of=np.array([position[code] for code in within], np.int64),
        first_rows=directory.values[: -1 : told["bands"]].copy(),
        first_band=told["first_band"],
        bands=told["bands"],
        west=told["west"],
        east=told["east"],
    )
