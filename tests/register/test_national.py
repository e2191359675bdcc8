"""The fictitious national stock: INSEE's columns, valid numbers, the shares of the real one, the same rows from a seed."""

import zipfile
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from france.drawn import STOCK_DAY
from france.trades import EMPTY
from national import write_national
from stdnum.fr import siret

from sourcier.project.demo.stock import ESTABLISHMENT, LEGAL_UNIT
from sourcier.register.changes import compared
from sourcier.register.importing.run import import_stock

ROWS = 60_000


@pytest.fixture(scope="session")
def france(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_national(tmp_path_factory.mktemp("france"), ROWS, communes=shared_data / "communes")


def asked(file: Path, query: str) -> list[tuple[Any, ...]]:
    """Rows of a SELECT « … FROM stock … » over one Parquet file."""
    with duckdb.connect() as database:
        database.execute(f"CREATE VIEW stock AS FROM read_parquet('{file}')")
        return database.execute(query).fetchall()


def share(file: Path, condition: str, among: str = "true") -> float:
    return float(asked(file, f"SELECT count_if({condition}) / count(*) FROM stock WHERE {among}")[0][0])  # noqa: S608


def test_all_the_columns_of_insee_stand_in_its_order(france: tuple[Path, Path]) -> None:
    for file, columns in zip(france, (ESTABLISHMENT, LEGAL_UNIT), strict=True):
        assert [name for name, *_ in asked(file, "DESCRIBE stock")] == columns


def test_numbers_are_valid_once_each_and_every_establishment_has_its_unit(france: tuple[Path, Path]) -> None:
    numbers = [number for (number,) in asked(france[0], "SELECT siret FROM stock")]
    assert len(numbers) == len(set(numbers)) == ROWS
    assert numbers == sorted(numbers)
    assert all(siret.is_valid(number) for number in numbers[::50])
    sirens = {number for (number,) in asked(france[1], "SELECT siren FROM stock")}
    assert sirens == {number[:9] for number in numbers}


def test_shares_are_those_of_the_national_stock(france: tuple[Path, Path]) -> None:
    stock, active = france[0], "etatAdministratifEtablissement = 'A'"
    assert 0.38 < share(stock, active) < 0.43
    assert 0.07 < share(stock, "statutDiffusionEtablissement = 'P'", active) < 0.15
    assert 0.02 < share(stock, "left(codeCommuneEtablissement, 2) = '97'") < 0.05
    assert 0.001 < share(stock, "codePaysEtrangerEtablissement IS NOT NULL") < 0.01
    assert 0.02 < share(stock, "coordonneeLambertAbscisseEtablissement IS NULL") < 0.15
    assert share(stock, "activitePrincipaleNAF25Etablissement IS NOT NULL", active) > 0.95
    nomenclatures = "SELECT DISTINCT nomenclatureActivitePrincipaleEtablissement FROM stock ORDER BY ALL"
    assert asked(stock, nomenclatures) == [("NAF1993",), ("NAFRev1",), ("NAFRev2",), ("NAP",)]


def test_activities_have_a_long_tail_and_some_none_at_all(france: tuple[Path, Path]) -> None:
    counts = dict(
        asked(
            france[0],
            "SELECT activitePrincipaleEtablissement, count(*) FROM stock WHERE etatAdministratifEtablissement = 'A' GROUP BY 1",
        )
    )
    total = sum(counts.values())
    # 400 000 of 17 million: some codes have more; of what is seen in so few rows, hundreds have nearly none.
    assert 4 <= sum(count / total > 400_000 / 17_000_000 for count in counts.values()) <= 15
    assert sum(count / total < 1e-4 for count in counts.values()) > 100
    assert not EMPTY & counts.keys()


def test_towns_weigh_by_their_inhabitants_and_cities_by_their_districts(france: tuple[Path, Path]) -> None:
    towns = dict(asked(france[0], "SELECT codeCommuneEtablissement, count(*) FROM stock GROUP BY 1"))
    assert not {"75056", "69123", "13055"} & towns.keys()
    assert towns["31555"] > 200 > 40 > towns.get("05061", 0)
    assert towns["75115"] > 50
    assert len(towns) > 10_000


def test_masks_are_where_a_person_asked_for_them_and_nowhere_else(france: tuple[Path, Path]) -> None:
    masked = "'[ND]' IN (libelleVoieEtablissement, numeroVoieEtablissement, coordonneeLambertAbscisseEtablissement)"
    assert share(france[0], masked, "statutDiffusionEtablissement = 'P'") == 1
    assert share(france[0], masked, "statutDiffusionEtablissement = 'O'") == 0
    assert share(france[1], "nomUniteLegale = '[ND]'", "statutDiffusionUniteLegale = 'P'") == 1


def test_one_living_unit_has_one_living_head_office(france: tuple[Path, Path]) -> None:
    # The last unit of the file may be cut.
    with duckdb.connect() as database:
        wrong = f"""SELECT count(*) FROM '{france[1]}' u LEFT JOIN '{france[0]}' e
            ON e.siren = u.siren AND e.nic = u.nicSiegeUniteLegale
            WHERE e.etablissementSiege IS NOT TRUE
            OR (u.etatAdministratifUniteLegale = 'A') <> (e.etatAdministratifEtablissement = 'A')"""  # noqa: S608
        assert database.execute(wrong).fetchall()[0][0] <= 1


def test_the_same_seed_gives_the_same_rows_and_the_zip_the_same_as_the_parquet(shared_data: Path, tmp_path: Path) -> None:
    communes = shared_data / "communes"
    first, second, other = (
        write_national(tmp_path / name, 3_000, seed=seed, communes=communes) for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert asked(first[0], "FROM stock") == asked(second[0], "FROM stock") != asked(other[0], "FROM stock")
    zipped = write_national(tmp_path / "d", 3_000, form="csv", communes=communes)
    with zipfile.ZipFile(zipped[0]) as archive:
        assert archive.namelist() == ["StockEtablissement_utf8.csv"]
        archive.extractall(tmp_path)
    text = tmp_path / "StockEtablissement_utf8.csv"
    assert text.read_text().partition("\n")[0] == ",".join(ESTABLISHMENT)
    with duckdb.connect() as database:
        rows = database.execute("FROM read_csv(?, all_varchar = true)", [str(text)]).fetchall()
    assert [row[2] for row in rows] == [row[2] for row in asked(first[0], "FROM stock")]
    assert rows[0][8].endswith(".000") and "T" in rows[0][8]


def test_a_stock_taken_earlier_has_fewer_rows_and_some_that_were_still_open(shared_data: Path, tmp_path: Path) -> None:
    before = STOCK_DAY - timedelta(days=365)
    old, new = (
        write_national(tmp_path / name, 20_000, on=on, communes=shared_data / "communes")
        for name, on in (("old", before), ("new", STOCK_DAY))
    )
    [(latest,)] = asked(old[0], "SELECT max(CAST(dateDernierTraitementEtablissement AS DATE)) FROM stock")
    assert latest <= before < date(2026, 10, 1)
    active = "SELECT siret FROM stock WHERE etatAdministratifEtablissement = 'A'"
    then, now = (set(asked(file, active)) for file in (old[0], new[0]))
    assert then - now and now - then and len(asked(old[0], "FROM stock")) < 20_000
    # What the registers tell of it is what the raw files say, firm by firm.
    registers = [import_stock(*files, out=tmp_path / f"{n}.duckdb", force=True).file for n, files in enumerate((old, new))]
    left, come = (Counter(number[:9] for (number,) in numbers) for numbers in (then - now, now - then))
    moved = (left & come).total()
    with compared(registers[0], registers[1]) as comparison:
        counts = {"opened": come.total() - moved, "closed": left.total() - moved, "moved": moved}
        assert comparison.counts() == counts and all(counts.values())
        lines = Counter(change.kind for change in comparison.lines())
    assert lines <= Counter(counts) and lines["moved"] > 0


def test_without_the_communes_the_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="laposte_hexasmal"):
        write_national(tmp_path / "out", 1_000, communes=tmp_path)


def test_it_is_imported(france: tuple[Path, Path], tmp_path: Path) -> None:
    report = import_stock(*france, out=tmp_path / "r.duckdb", fictitious=True)
    assert (report.establishments, report.orphans, report.unread) == (ROWS, 0, {})
    assert report.outside <= 10
    assert report.counts["located"] / report.counts["active"] > 0.8
