"""All of France: a thousand questions with every filter are answered exactly as plain Python does on the raw file."""

from collections import Counter
from collections.abc import Callable
from datetime import date
from itertools import product
from math import nextafter
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import numpy as np
import pytest
from numpy.typing import NDArray

from sourcier.kernel.activities import NAF_2025, NAF_REV2, Activity
from sourcier.project.demo.stock import ESTABLISHMENT
from sourcier.register.establishment import Filters
from sourcier.register.importing.columns import ESTABLISHMENT as ESTABLISHMENT_COLUMNS
from sourcier.register.importing.columns import LAMBERT
from sourcier.register.importing.run import import_stock
from sourcier.register.places import commune
from sourcier.register.scorers import NEUTRAL, Context, Said, score
from sourcier.register.search import correspondence, search, status
from tests.cities import siret
from tests.register.brute import Brute, Raw, distance
from tests.register.france import CODES, TOWNS, write_france
from tests.register.stocks import establishment, write, write_csv

PAIRS = sorted({(NAF_REV2, old) for old, _ in [*CODES, ("99.00Z", "")] if old} | {(NAF_2025, recent) for _, recent in CODES})
CITIES = {"75056": range(75101, 75121), "69123": range(69381, 69390), "13055": range(13201, 13217)}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_france(tmp_path_factory.mktemp("france"))


@pytest.fixture(scope="module")
def plain(files: tuple[Path, Path]) -> Brute:
    return Brute(*files)


@pytest.fixture(scope="module")
def built_france(files: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return import_stock(*files, out=tmp_path_factory.mktemp("register") / "france.duckdb", fictitious=True).file


@pytest.fixture
def france(built_france: Path, use: Callable[[Path], Path]) -> Path:
    return use(built_france)


def in_communes(raw: Raw, asked: list[str]) -> bool:
    code = raw.row["codeCommuneEtablissement"]
    return code in asked or any(code in map(str, CITIES.get(city, ())) for city in asked)


def draw_filter(random: Random, plain: Brute) -> tuple[Filters, Callable[[Raw], bool]]:
    """One way to narrow, and the same in plain Python."""
    yes = random.random() < 0.5
    some = {raw.siret for raw in random.sample(plain.rows, 400)}
    cities = random.sample([*CITIES, "93064", "2A004"], 2)
    return random.choice(
        [
            (Filters(size_classes=("01", "11")), lambda raw: raw.row["trancheEffectifsEtablissement"] in ("01", "11")),
            (Filters(categories=("PME", "GE")), lambda raw: raw.unit["categorieEntreprise"] in ("PME", "GE")),
            (Filters(employer=yes), lambda raw: (raw.row["caractereEmployeurEtablissement"] == "O") is yes),
            (Filters(social_economy=yes), lambda raw: (raw.unit["economieSocialeSolidaireUniteLegale"] == "O") is yes),
            (Filters(sole_trader=yes), lambda raw: (raw.unit["categorieJuridiqueUniteLegale"] == "1000") is yes),
            (Filters(legal_forms=("92", "5499")), lambda raw: raw.unit["categorieJuridiqueUniteLegale"][:2] in ("92", "54")),
            (Filters(created_since=date(2020, 1, 1)), lambda raw: raw.row["dateCreationEtablissement"] >= "2020-01-01"),
            (
                Filters(departments=("2A", "974", "75")),
                lambda raw: raw.row["codeCommuneEtablissement"].startswith(("2A", "974", "75")),
            ),
            (Filters(communes=cities), lambda raw: in_communes(raw, cities)),
            (Filters(among=some), lambda raw: raw.siret in some),
            (Filters(except_for=some, employer=yes), lambda raw: (
                raw.siret not in some and (raw.row["caractereEmployeurEtablissement"] == "O") is yes
            )),
            (Filters(), lambda raw: True),
        ]
    )  # fmt: skip


def draw_centres(random: Random) -> list[tuple[int, int]]:
    centres = []
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        _, latitude, longitude = random.choice(TOWNS)
        centres.append((round((latitude + random.gauss(0, 0.2)) * 1e6), round((longitude + random.gauss(0, 0.3)) * 1e6)))
    return centres


def test_a_thousand_questions_are_answered_as_brute_force_does(france: Path, plain: Brute) -> None:
    random = Random(6)
    for number in range(1_000):
        codes = set(random.sample(PAIRS, random.randint(1, len(PAIRS))))
        centres = draw_centres(random)
        radius = random.choice([0, 300_000, *[round(1000 * 300 ** random.random()) for _ in range(8)]])
        filters, kept = draw_filter(random, plain)
        points = [(latitude / 1e6, longitude / 1e6) for latitude, longitude in centres]
        total, undisclosed, named = plain.search(codes, points, radius, kept)
        limit, offset = random.choice([(100_000, 0), (50, 0), (7, 20)])
        found = search([Activity(*code) for code in codes], centres, radius, limit=limit, offset=offset, filters=filters)
        assert (found.total, found.undisclosed) == (total, undisclosed), number
        page = named[offset : offset + limit]
        assert [row.siret for row in found.rows] == [siret for siret, _ in page], number
        wrong = [
            (row, metres) for row, (_, metres) in zip(found.rows, page, strict=True) if abs(row.distance_m - metres) > 0.51
        ]
        assert wrong == [], number


def counted(raws: list[Raw], value: Callable[[Raw], str]) -> Counter[str]:
    return Counter(value(raw) for raw in raws)


def test_facets_count_what_brute_force_counts(france: Path, plain: Brute) -> None:
    random = Random(7)
    for _ in range(100):
        codes = set(random.sample(PAIRS, random.randint(1, len(PAIRS))))
        centres, radius = draw_centres(random), round(1000 * 300 ** random.random())
        filters, kept = draw_filter(random, plain)
        points = [(latitude / 1e6, longitude / 1e6) for latitude, longitude in centres]
        raws = [raw for _, raw in plain.found(codes, points, radius, kept)]
        facets = search([Activity(*code) for code in codes], centres, radius, filters=filters).facets
        assert facets.size_classes == counted(raws, lambda raw: raw.row["trancheEffectifsEtablissement"])
        assert facets.categories == counted(raws, lambda raw: raw.unit["categorieEntreprise"])
        assert facets.legal_forms == counted(raws, lambda raw: raw.unit["categorieJuridiqueUniteLegale"])
        assert facets.departments == counted(raws, lambda raw: (
            raw.row["codeCommuneEtablissement"][: 3 if raw.row["codeCommuneEtablissement"].startswith("97") else 2]
        ))  # fmt: skip
        assert facets.activities == {Activity(*code): sum(plain.has(raw, {code}) for raw in raws) for code in codes}
        assert facets.employer == sum(raw.row["caractereEmployeurEtablissement"] == "O" for raw in raws)
        assert facets.social_economy == sum(raw.unit["economieSocialeSolidaireUniteLegale"] == "O" for raw in raws)
        assert facets.sole_trader == sum(raw.unit["categorieJuridiqueUniteLegale"] == "1000" for raw in raws)


def test_a_firm_exactly_at_the_radius_is_in_and_the_next_float_is_out(france: Path, plain: Brute) -> None:
    centre = (48_871_000, 2_486_000)
    bread = [Activity(NAF_REV2, "10.71C")]
    told = [raw for raw in plain.rows if raw.row.get("latitude") and raw.disclosed and (NAF_REV2, "10.71C") in raw.codes]
    open_ones = [raw for raw in told if raw.row["etatAdministratifEtablissement"] == "A"]
    assert len(open_ones) > 20
    for raw in open_ones:
        assert raw.point
        metres = distance(raw.point, (48.871, 2.486))
        alone = Filters(among={raw.siret})
        assert search(bread, [centre], metres, filters=alone).total == 1  # type: ignore[arg-type]
        assert search(bread, [centre], nextafter(metres, 0), filters=alone).total == 0  # type: ignore[arg-type]


@pytest.mark.parametrize("city", CITIES)
def test_a_city_of_districts_is_a_place_and_a_filter(france: Path, plain: Brute, city: str) -> None:
    found = commune(city)
    assert found
    assert found.code == city
    everything = [Activity(*pair) for pair in PAIRS]
    codes = {raw.row["codeCommuneEtablissement"] for raw in plain.rows if in_communes(raw, [city])}
    assert len(codes) > 1
    rows = search(
        everything, [(found.lat_e6, found.lon_e6)], 300_000, limit=10_000, filters=Filters(communes=[city])
    ).rows  # fmt: skip
    assert {row.commune_code for row in rows} == codes


def test_an_activity_that_no_firm_has_is_empty_in_all(france: Path) -> None:
    found = search([Activity(NAF_REV2, "99.00Z")], [(48_871_000, 2_486_000)], 300_000)
    assert (found.total, found.undisclosed, found.rows) == (0, 0, ())
    assert found.facets.activities == {Activity(NAF_REV2, "99.00Z"): 0}
    assert found.facets.departments == {}


def test_the_words_of_a_few_firms_move_them_exactly_as_the_scorers_say(france: Path) -> None:
    random, day = Random(9), date(2026, 10, 31)
    for _ in range(100):
        activities = [Activity(*code) for code in random.sample(PAIRS, random.randint(1, len(PAIRS)))]
        centres, radius = draw_centres(random), round(1000 * 300 ** random.random())
        everything = search(activities, centres, radius, limit=100_000).rows
        spoke = random.sample(everything, min(len(everything), random.randint(1, 4)))
        said = {row.siret: Said(random.randint(NEUTRAL, 100), ("bio",)) for row in spoke} | {"": Said(100, ("bio",))}
        context = Context(activities, radius, day, said=said, correspondence=correspondence())
        expected = sorted(everything, key=lambda row: -score(row, context))
        limit, offset = random.choice([(50, 0), (7, 0), (7, 7), (1, 3)])
        points = {siret: each.points for siret, each in said.items()}
        found = search(activities, centres, radius, limit=limit, offset=offset, scored_on=day, said=points)
        assert [row.siret for row in found.rows] == [row.siret for row in expected[offset : offset + limit]]


def test_the_best_first_is_what_the_scorers_say_of_every_firm(france: Path) -> None:
    random, day = Random(8), date(2026, 10, 31)
    for _ in range(150):
        activities = [Activity(*code) for code in random.sample(PAIRS, random.randint(1, len(PAIRS)))]
        centres, radius = draw_centres(random), round(1000 * 300 ** random.random())
        context = Context(activities, radius, day, correspondence=correspondence())
        everything = search(activities, centres, radius, limit=100_000).rows
        expected = sorted(everything, key=lambda row: -score(row, context))
        limit, offset = random.choice([(50, 0), (7, 0), (7, 20), (1, 3)])
        found = search(activities, centres, radius, limit=limit, offset=offset, scored_on=day)
        assert [row.siret for row in found.rows] == [row.siret for row in expected[offset : offset + limit]]
        assert found.total == search(activities, centres, radius, limit=0).total


def test_a_radius_of_nothing_finds_the_firms_of_that_very_point_by_siret(tmp_path: Path, use: Callable[[Path], Path]) -> None:
    there = {"longitude": "2.486", "latitude": "48.871", **dict.fromkeys(LAMBERT, "")}
    rows = [
        *(establishment(number, **there) for number in (5, 3, 9)),
        establishment(7, **there | {"longitude": "2.487"}),
        establishment(8, **there, statutDiffusionEtablissement="P"),
    ]  # fmt: skip
    _, units = write(tmp_path, rows)
    establishments = write_csv(tmp_path / "et.csv", [*ESTABLISHMENT, "latitude", "longitude"], rows)
    use(import_stock(establishments, units, out=tmp_path / "r.duckdb").file)
    bread, centre = [Activity(NAF_REV2, "10.71C")], (48_871_000, 2_486_000)
    found = search(bread, [centre], 0)
    assert [row.siret for row in found.rows] == sorted(siret(number) for number in (5, 3, 9))
    assert (found.total, {row.distance_m for row in found.rows}) == (3, {0})
    assert search(bread, [centre], 100).total == 5  # who is not named stands in the middle of the commune
    assert [row.siret for row in search(bread, [centre], 0, limit=1, offset=1).rows] == [sorted(map(siret, (5, 3, 9)))[1]]


MANY = 400_000
HEAVY = """
SELECT CAST(100000000 + i // 8 AS VARCHAR) AS siren, lpad(CAST(i % 8 AS VARCHAR), 5, '0') AS nic, siren || nic AS siret,
    CASE WHEN i % 50 = 0 THEN 'P' ELSE 'O' END AS statutDiffusionEtablissement, 'A' AS etatAdministratifEtablissement,
    '93064' AS codeCommuneEtablissement, '68.20B' AS activitePrincipaleEtablissement,
    'NAFRev2' AS nomenclatureActivitePrincipaleEtablissement,
    CASE WHEN i < 4 THEN '2031-01-01T00:00:00' ELSE '2026-08-31T00:00:00' END AS dateDernierTraitementEtablissement,
    CAST(41.5 + (i * 7919 % 1000003) / 1000003 * 9.5 AS VARCHAR) AS latitude,
    CAST(-5.0 + (i * 104729 % 1000033) / 1000033 * 14.0 AS VARCHAR) AS longitude
FROM range(400000) r(i)
"""
"""One activity, four hundred thousand firms all over France, one in fifty not named; four rows come from the future."""


@pytest.fixture(scope="module")
def heavy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("heavy")
    absent = ", ".join(f"NULL AS {name}" for name in ESTABLISHMENT_COLUMNS if f"AS {name}" not in HEAVY)
    duckdb.sql(HEAVY).project(f"*, {absent}").write_parquet(str(folder / "et.parquet"))
    _, units = write(folder, [establishment(1)])
    import_stock(folder / "et.parquet", units, out=folder / "heavy.duckdb")
    return folder


def metres_from(centre: tuple[float, float], latitudes: NDArray[np.float64], longitudes: NDArray[np.float64]) -> Any:
    """Haversine again, on every row of the file at once."""
    to, lats = np.radians(centre[0]), np.radians(latitudes)
    across = np.radians(longitudes) - np.radians(centre[1])
    half = np.sin((lats - to) / 2) ** 2 + np.cos(lats) * np.cos(to) * np.sin(across / 2) ** 2
    return 2 * 6_371_008.8 * np.arcsin(np.sqrt(half))


def test_an_activity_of_four_hundred_thousand_firms_is_counted_and_ordered_exactly(
    heavy: Path, use: Callable[[Path], Path]
) -> None:
    use(heavy / "heavy.duckdb")
    raw = duckdb.read_parquet(str(heavy / "et.parquet")).fetchnumpy()
    named = raw["statutDiffusionEtablissement"] == "O"
    sirets = raw["siret"].astype(np.int64)
    latitudes, longitudes = (raw[name].astype(np.float64) for name in ("latitude", "longitude"))
    # Who is not named has no point of his own: the middle of the others of the commune.
    latitudes = np.where(named, latitudes, latitudes[named].mean())
    longitudes = np.where(named, longitudes, longitudes[named].mean())
    houses = [Activity(NAF_REV2, "68.20B")]
    for centre, radius in product(((48.871, 2.486), (46.25, 2.0)), (0, 1_000, 30_000, 300_000, 3_000_000)):
        metres = metres_from(centre, latitudes, longitudes)
        within = metres <= radius
        asked = (round(centre[0] * 1e6), round(centre[1] * 1e6))
        order = np.lexsort((sirets, metres))
        order = order[(within & named)[order]]
        for offset in (0, len(order) // 2):
            found = search(houses, [asked], radius, limit=40, offset=offset)
            assert (found.total, found.undisclosed) == (within.sum(), (within & ~named).sum())
            assert [int(row.siret) for row in found.rows] == sirets[order[offset : offset + 40]].tolist()
            assert found.facets.activities == {houses[0]: within.sum()}
    assert search(houses, [(48_871_000, 2_486_000)], 3_000_000, limit=0).total == MANY


def test_a_few_rows_from_the_future_do_not_make_the_date_of_the_stock(heavy: Path, use: Callable[[Path], Path]) -> None:
    use(heavy / "heavy.duckdb")
    assert (status().stock_date, status().establishments) == (date(2026, 8, 31), MANY)
