"""The fictitious stock: INSEE's columns, invented firms, valid numbers, enough bakers."""

from pathlib import Path

from stdnum.fr import siret

from sourcier.kernel.activities import NAF_REV2, Activity
from sourcier.matching.labels import labels
from sourcier.project.demo.naming import rows
from sourcier.project.demo.stock import write_stock
from sourcier.register.importing.run import import_stock
from sourcier.register.search import search, status
from tests.register.brute import read


def test_twenty_thousand_establishments_are_made_and_imported(tmp_path: Path, var: Path) -> None:
    report = import_stock(*write_stock(tmp_path), fictitious=True)
    assert report.establishments == 20_000
    assert report.orphans == 0
    assert status().fictitious
    counts = report.counts
    assert counts["closed"] > 1_500
    assert counts["undisclosed"] > 500
    assert counts["approximate"] > 1_000
    assert counts["unplaced"] == 0
    bakers = search([Activity(NAF_REV2, "10.71C"), Activity(NAF_REV2, "47.24Z")], [(48_871_000, 2_486_000)], 5_000)
    assert bakers.total >= 80


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = (write_stock(tmp_path / name, size=500) for name in ("a", "b"))
    assert [file.read_bytes() for file in first] == [file.read_bytes() for file in second]
    other = write_stock(tmp_path / "c", size=500, seed=2)
    assert other[0].read_bytes() != first[0].read_bytes()


def test_numbers_are_valid_and_no_firm_is_named_twice_by_one(stock: tuple[Path, Path]) -> None:
    establishments, units = read(stock[0]), read(stock[1])
    assert len({row["siret"] for row in establishments}) == len(establishments) == 6_000
    assert {row["siren"] for row in establishments} == {row["siren"] for row in units}
    assert all(siret.is_valid(row["siret"]) and row["siret"].startswith("14") for row in establishments)
    assert all(len(row["nic"]) == 5 and row["siret"] == row["siren"] + row["nic"] for row in establishments)


def test_every_activity_exists_and_every_trade_has_names() -> None:
    trades = {row["kind"] for row in rows("names")}
    for row in rows("activities"):
        assert Activity(NAF_REV2, row["code"]) in labels()
        assert row["kind"] in trades


def test_who_asked_not_to_be_named_is_masked_as_insee_does(stock: tuple[Path, Path]) -> None:
    hidden = [row for row in read(stock[0]) if row["statutDiffusionEtablissement"] == "P"]
    assert len(hidden) > 100
    for row in hidden:
        assert row["libelleVoieEtablissement"] == row["coordonneeLambertAbscisseEtablissement"] == "[ND]"
        assert row["codeCommuneEtablissement"].isdigit()
    names = [row for row in read(stock[1]) if row["statutDiffusionUniteLegale"] == "P"]
    assert {row["nomUniteLegale"] for row in names} == {"[ND]"}
