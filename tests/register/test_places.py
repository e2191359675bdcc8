"""Where establishments and communes are."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Transformer
from pyproj.enums import TransformDirection

from sourcier.kernel.activities import NAF_REV2, Activity
from sourcier.project.demo.stock import ESTABLISHMENT
from sourcier.register.importing.communes import written
from sourcier.register.importing.projection import METROPOLE, OVERSEAS, TERRITORIES, Territory, located
from sourcier.register.importing.run import import_stock
from sourcier.register.places import commune
from sourcier.register.search import by_siret, search
from tests.cities import siret
from tests.register.brute import distance, lambert_93, utm
from tests.register.stocks import establishment, write, write_csv

BREAD = [Activity(NAF_REV2, "10.71C")]
LAMBERT = ("coordonneeLambertAbscisseEtablissement", "coordonneeLambertOrdonneeEtablissement")
OLD = [column for column in ESTABLISHMENT if column not in (*LAMBERT, "activitePrincipaleNAF25Etablissement")]
"""As published before 2024."""


def degrees(territory: Territory, easting: float, northing: float) -> tuple[float, float]:
    """Longitude and latitude of one point, as the import finds them."""
    code = f"{territory.prefixes[0] if territory.prefixes else '75'}01"
    rows = f"SELECT CAST({easting!r} AS DOUBLE) AS easting, CAST({northing!r} AS DOUBLE) AS northing, '{code}' AS commune_code"
    query = located(f"{rows}, CAST(NULL AS DOUBLE) AS longitude, CAST(NULL AS DOUBLE) AS latitude")
    [(longitude, latitude)] = duckdb.execute(f"SELECT longitude, latitude FROM ({query})").fetchall()  # noqa: S608
    return longitude, latitude


@given(number=st.integers(0, len(TERRITORIES) - 1), across=st.floats(0, 1), up=st.floats(0, 1))
def test_any_point_of_a_territory_is_within_a_millimetre_of_pyproj(number: int, across: float, up: float) -> None:
    territory = TERRITORIES[number]
    south, north, west, east = territory.box
    projection = CRS.from_epsg(territory.epsg)
    peer = Transformer.from_crs(projection, projection.geodetic_crs, always_xy=True)
    # A little inside: on the edge itself, a rounding puts the point out.
    inside = 1e-6 + (1 - 2e-6) * across, 1e-6 + (1 - 2e-6) * up
    point = west + (east - west) * inside[0], south + (north - south) * inside[1]
    metres = peer.transform(*point, direction=TransformDirection.INVERSE)
    found = degrees(territory, *metres)
    assert distance((found[1], found[0]), tuple(reversed(peer.transform(*metres)))) < 0.001


@pytest.mark.parametrize(
    ("easting", "northing", "longitude", "latitude"),
    [
        (700_000, 6_600_000, 3.0, 46.5),  # the origin, by definition (IGN, NTG 87)
        (652_709.401, 6_859_290.946, 2.355781, 48.831938),  # the example of Proj4php's documentation
        (649_850.81, 6_860_034.75, 2.316754, 48.838411),  # Base Adresse Nationale, place des Cinq-Martyrs, Paris 15e
        (988_291.09, 6_537_109.01, 6.717797, 45.872554),  # Base Adresse Nationale, Saint-Gervais-les-Bains
    ],
)
def test_lambert_93_gives_the_published_points(easting: float, northing: float, longitude: float, latitude: float) -> None:
    found = degrees(METROPOLE, easting, northing)
    assert found == pytest.approx((longitude, latitude), abs=1e-6)
    assert lambert_93(easting, northing) == pytest.approx((found[1], found[0]), abs=1e-9)


ABROAD = [
    ("97105", 5490, -63, 0, -61.5340, 16.2411),  # Basse-Terre, Guadeloupe
    ("97209", 5490, -63, 0, -61.0650, 14.6037),  # Fort-de-France
    ("97701", 5490, -63, 0, -62.8498, 17.8958),  # Gustavia, Saint-Barthélemy
    ("97302", 2972, -51, 0, -52.3333, 4.9333),  # Cayenne
    ("97411", 2975, 57, 10_000_000, 55.4481, -20.8789),  # Saint-Denis
    ("97611", 4471, 45, 10_000_000, 45.2272, -12.7806),  # Mamoudzou
]


@pytest.mark.parametrize(("code", "epsg", "meridian", "false_northing", "longitude", "latitude"), ABROAD)
def test_each_overseas_department_has_its_own_projection(
    tmp_path: Path, use: Callable[[Path], Path], code: str, epsg: int, meridian: float, false_northing: float, longitude: float,
    latitude: float,
) -> None:  # fmt: skip
    easting, northing = utm(longitude, latitude, meridian)
    territory = next(territory for territory in OVERSEAS if territory.epsg == epsg)
    assert degrees(territory, easting, northing + false_northing) == pytest.approx((longitude, latitude), abs=1e-8)
    row = establishment(1, codeCommuneEtablissement=code) | {
        LAMBERT[0]: f"{easting:.2f}",
        LAMBERT[1]: f"{northing + false_northing:.2f}",
    }
    use(import_stock(*write(tmp_path, [row]), out=tmp_path / "r.duckdb").file)
    one = by_siret(siret(1))
    assert one
    assert not one.approximate
    assert (one.lon_e6, one.lat_e6) == pytest.approx((longitude * 1e6, latitude * 1e6), abs=1)


def test_corsica_is_in_lambert_93_too(tmp_path: Path, use: Callable[[Path], Path]) -> None:
    latitude, longitude = lambert_93(1_176_466.00, 6_109_095.67)
    row = establishment(1, codeCommuneEtablissement="2A004") | {LAMBERT[0]: "1176466.00", LAMBERT[1]: "6109095.67"}
    use(import_stock(*write(tmp_path, [row]), out=tmp_path / "r.duckdb").file)
    one = by_siret(siret(1))
    assert one
    assert (one.lon_e6, one.lat_e6) == pytest.approx((longitude * 1e6, latitude * 1e6), abs=1)


@pytest.mark.parametrize(
    "point",
    [
        ("", ""),
        ("[ND]", "[ND]"),
        ("NOT_VALID", "NOT_VALID"),
        ("0", "0"),
        ("9999999", "6864000"),
        ("662300", ""),
        ("nan", "6864000"),
        ("inf", "-inf"),
        ("1e308", "6864000"),
        ("662300", "٦٨٦٤٠٠٠"),
    ],
)
def test_without_a_good_point_the_middle_of_the_commune_is_taken_and_said(
    tmp_path: Path, use: Callable[[Path], Path], point: tuple[str, str]
) -> None:
    rows = [
        establishment(1, **{LAMBERT[0]: "662000.00"}),
        establishment(2, **{LAMBERT[0]: "662600.00"}),
        establishment(3, **dict(zip(LAMBERT, point, strict=True))),
        establishment(4, codeCommuneEtablissement="93005", **dict(zip(LAMBERT, point, strict=True))),
    ]
    use(import_stock(*write(tmp_path, rows), out=tmp_path / "r.duckdb").file)
    lost, alone = by_siret(siret(3)), by_siret(siret(4))
    middle = [by_siret(siret(number)) for number in (1, 2)]
    assert lost
    assert alone
    assert lost.approximate
    assert lost.uncertainty_m == pytest.approx(300, abs=2)
    assert lost.lat_e6 == pytest.approx(sum(one.lat_e6 for one in middle if one and one.lat_e6) / 2, abs=1)
    # Nobody in its commune has a point: it is kept, and no search can find it.
    assert alone.lat_e6 is None
    assert search(BREAD, [(48_871_000, 2_486_000)], 300_000).total == 3


def test_a_stock_of_2019_without_coordinates_is_placed_by_la_poste(
    tmp_path: Path, use: Callable[[Path], Path], shared_data: Path
) -> None:
    rows = [establishment(1), establishment(2, codeCommuneEtablissement="93048", libelleCommuneEtablissement="MONTREUIL")]
    _, units = write(tmp_path, rows)
    establishments = write_csv(tmp_path / "2019.csv", OLD, rows)
    without = import_stock(establishments, units, out=tmp_path / "r.duckdb")
    assert without.counts["unplaced"] == 2
    report = import_stock(
        establishments, units, out=tmp_path / "r.duckdb", communes=shared_data / "communes/laposte_hexasmal.csv"
    )
    assert (report.counts["approximate"], report.counts["unplaced"]) == (2, 0)
    use(report.file)
    found = search(BREAD, [(48_871_000, 2_486_000)], 1_000)
    assert [row.siret for row in found.rows] == [siret(1)]
    assert found.rows[0].approximate


def test_the_degrees_of_geo_sirene_are_taken_when_there_is_no_lambert(tmp_path: Path, use: Callable[[Path], Path]) -> None:
    row = establishment(1, longitude="2.486", latitude="48.871")
    establishments = write_csv(tmp_path / "geo.csv", [*OLD, "longitude", "latitude"], [row])
    use(import_stock(establishments, write(tmp_path, [row])[1], out=tmp_path / "r.duckdb").file)
    assert search(BREAD, [(48_871_000, 2_486_000)], 1).total == 1


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Rosny-sous-Bois", "93064"), ("rosny sous bois", "93064"), ("93110", "93064"), ("93064", "93064"),
        ("ROSNY-SOUS-BOIS 93110", "93064"), ("  Neuilly-sur-Marne (93) ", "93050"), ("St Maur des Fossés", "94068"),
        ("le pré saint gervais", "93061"), ("Paris", "75056"), ("75056", "75056"), ("75020", "75120"), ("Paris 75020", "75120"),
    ],
)  # fmt: skip
def test_a_commune_is_found_as_people_type_it(demo: Path, typed: str, code: str) -> None:
    found = commune(typed)
    assert found
    assert found.code == code


@pytest.mark.parametrize("typed", ["", "  ", "Nulle-Part", "99999", "93", "%", "'; DROP TABLE commune; --"])
def test_what_is_no_commune_is_none(demo: Path, typed: str) -> None:
    assert commune(typed) is None


def test_names_of_communes_are_written_as_people_do() -> None:
    assert written("ROSNY-SOUS-BOIS") == "Rosny-sous-Bois"
    assert written("L'HAY-LES-ROSES") == "L'Hay-les-Roses"
    assert written("LE PERREUX-SUR-MARNE") == "Le Perreux-sur-Marne"
    assert written("Déjà écrit") == "Déjà écrit"


def test_a_point_outside_its_territory_is_no_point() -> None:
    for territory in OVERSEAS:
        south, north, west, east = territory.box
        assert south < north
        assert west < east
