"""What the register answers with: frozen values, no database behind them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from sourcier.kernel.activities import NAF_2025, Activity

SIZES = {
    "NN": "sans salarié connu",
    "00": "sans salarié au 31 décembre",
    "01": "1 ou 2 salariés",
    "02": "3 à 5 salariés",
    "03": "6 à 9 salariés",
    "11": "10 à 19 salariés",
    "12": "20 à 49 salariés",
    "21": "50 à 99 salariés",
    "22": "100 à 199 salariés",
    "31": "200 à 249 salariés",
    "32": "250 à 499 salariés",
    "41": "500 à 999 salariés",
    "42": "1 000 à 1 999 salariés",
    "51": "2 000 à 4 999 salariés",
    "52": "5 000 à 9 999 salariés",
    "53": "10 000 salariés et plus",
}
"""INSEE's `trancheEffectifs`, in the words of the pages."""


def shown(text: str) -> str:
    """A text of INSEE's on one line: what is neither mark, letter nor space (controls, turns of writing) becomes a space."""
    if text.isprintable():
        return text
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


@dataclass(frozen=True, slots=True)
class Establishment:
    """One establishment. Coordinates in micro-degrees (WGS 84), None when not even its commune is known.

    `name` is the trade name, else the legal name; both are empty, like `address`, when `disclosed` is false.
    `approximate`: the point is the middle of its commune, and the real one lies within `uncertainty_m` of it, most often.
    `distance_m` is to the nearest centre of a search, None outside of one, and that centre may be `place_doubt_m` metres away
    from where it is thought to be. `updated_on`: last time INSEE treated the row.
    """

    siret: str
    name: str
    legal_name: str
    nomenclature: str
    activity: str
    activity_2025: str
    address: str
    postal_code: str
    commune: str
    commune_code: str
    lat_e6: int | None
    lon_e6: int | None
    approximate: bool
    uncertainty_m: int
    size_class: str
    category: str
    legal_form: str
    created_on: date | None
    updated_on: date | None
    social_economy: bool
    employer: bool
    disclosed: bool
    active: bool
    distance_m: int | None = None
    place_doubt_m: int = 0

    @property
    def siren(self) -> str:
        """The nine digits of the legal unit."""
        return self.siret[:9]

    @property
    def between_m(self) -> tuple[int, int]:
        """The distance as an interval, in metres: the same twice when both points are known. Needs a distance."""
        distance, doubt = self.distance_m or 0, self.uncertainty_m + self.place_doubt_m
        return max(0, distance - doubt), distance + doubt

    @property
    def vague(self) -> str:
        """Why its distance is an interval, in words; empty when it is none."""
        if self.approximate:
            return "à la commune près"
        return "le lieu n'est connu qu'à peu près" if self.place_doubt_m else ""

    @property
    def size(self) -> str:
        """« 3 à 5 salariés », empty when INSEE does not say."""
        return SIZES.get(self.size_class, "")

    @property
    def activities(self) -> tuple[Activity, ...]:
        """Its activity in each nomenclature that the stock gives."""
        pairs = []
        if self.activity:
            pairs.append(Activity(self.nomenclature, self.activity))
        if self.activity_2025 and Activity(NAF_2025, self.activity_2025) not in pairs:
            pairs.append(Activity(NAF_2025, self.activity_2025))
        return tuple(pairs)


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune as the stock shows it: `lat_e6`, `lon_e6` are the mean of its establishments (micro-degrees)."""

    code: str
    name: str
    postal_codes: tuple[str, ...]
    lat_e6: int
    lon_e6: int
    establishments: int


DISTRICTS = {"75056": "751", "69123": "6938", "13055": "132"}
"""Paris, Lyon and Marseille: establishments stand in numbered districts, and the whole city is a place too."""

SOLE_TRADER = "1000"
"""INSEE's legal form of « entrepreneur individuel »."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a search; the empty value of each field keeps everything.

    `size_classes`: INSEE codes of `SIZES`; `categories`: PME, ETI, GE; `social_economy` and `employer`: yes, no, or None;
    `created_since`: that day or later; `legal_forms`: INSEE codes, or their first figures; `sole_trader`: yes, no, or None;
    `departments`: « 93 », « 2A », « 974 »; `communes`: INSEE codes, Paris, Lyon and Marseille standing for their districts;
    `among`: these SIRETs alone (None: all); `except_for`: all but these.
    """

    size_classes: Collection[str] = ()
    categories: Collection[str] = ()
    social_economy: bool | None = None
    employer: bool | None = None
    created_since: date | None = None
    legal_forms: Collection[str] = ()
    sole_trader: bool | None = None
    departments: Collection[str] = ()
    communes: Collection[str] = ()
    among: Collection[str] | None = None
    except_for: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Facets:
    """How many of the establishments found have each value; undisclosed ones are counted. Values that none has are left out.

    An empty code is « not told by INSEE ». `activities`: among those asked; one firm may count for two of them.
    """

    activities: Mapping[Activity, int] = field(default_factory=dict)
    size_classes: Mapping[str, int] = field(default_factory=dict)
    categories: Mapping[str, int] = field(default_factory=dict)
    legal_forms: Mapping[str, int] = field(default_factory=dict)
    departments: Mapping[str, int] = field(default_factory=dict)
    employer: int = 0
    social_economy: int = 0
    sole_trader: int = 0


@dataclass(frozen=True, slots=True)
class SearchResult:
    """`total` counts every active establishment that matches, `undisclosed` those of them that may not be named.

    `rows` is one page of the others, in the order asked: `total - undisclosed` of them over all pages.
    """

    total: int
    undisclosed: int
    rows: tuple[Establishment, ...]
    build: str
    facets: Facets = Facets()


@dataclass(frozen=True, slots=True)
class Status:
    """What the register in use holds. `stock_date`: the latest treatment by INSEE among its rows; `size`: bytes, all files."""

    file: Path
    build: str
    built_at: datetime
    stock_date: date | None
    fictitious: bool
    establishments: int
    active: int
    closed: int
    undisclosed: int
    located: int
    approximate: int
    unplaced: int
    communes: int
    size: int
