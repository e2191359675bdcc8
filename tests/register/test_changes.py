"""Two registers compared: what opened, closed, or moved."""

import json
from pathlib import Path

import pytest

from sourcier.register import changes
from sourcier.register.importing.run import import_stock
from tests.cities import siret
from tests.register.stocks import establishment, unit, write
from tests.register.test_command import fails, run

SIREN = siret(9)[:9]
CLOSED = {"etatAdministratifEtablissement": "F"}


def of_one_firm(nic: str, **changes: str) -> dict[str, str]:
    return establishment(9, **({"siren": SIREN, "nic": nic, "siret": SIREN + nic} | changes))


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """1 stays, 2 closes, 3 vanishes, 4 opens, 5 opens again, 6 closes hidden, 7 asks to be hidden and closes, 9 moves."""
    before = [
        *(establishment(number) for number in (1, 2, 3, 7)), establishment(5, **CLOSED),
        establishment(6, statutDiffusionEtablissement="P"), of_one_firm("00011"),
    ]  # fmt: skip
    after = [
        establishment(1), establishment(2, **CLOSED), establishment(4), establishment(5),
        establishment(6, statutDiffusionEtablissement="P", **CLOSED),
        establishment(7, statutDiffusionEtablissement="P", **CLOSED),
        of_one_firm("00011", **CLOSED),
        of_one_firm("00029", codeCommuneEtablissement="94080", libelleCommuneEtablissement="VINCENNES"),
    ]  # fmt: skip
    files = []
    for name, rows in (("old", before), ("new", after)):
        (tmp_path / name).mkdir()
        units = [unit(0, siren=one, denominationUniteLegale=f"FOURNIL {one}") for one in {row["siren"] for row in rows}]
        files.append(import_stock(*write(tmp_path / name, rows, units), out=tmp_path / f"{name}.duckdb").file)
    return files[0], files[1]


def test_each_change_is_counted_and_told_once(two: tuple[Path, Path]) -> None:
    counts, *lines = (json.loads(line) for line in run("diff", *two, "--json").splitlines())
    assert counts == {"opened": 2, "closed": 4, "moved": 1}
    told = [(line["kind"], line["siret"], line["before"]) for line in lines]
    closed = sorted([siret(2), siret(3)])
    assert told == [
        *(("closed", number, "") for number in closed),
        ("moved", f"{SIREN}00029", f"{SIREN}00011"),
        *(("opened", number, "") for number in sorted([siret(4), siret(5)])),
    ]
    moved = lines[2]
    assert (moved["commune_before"], moved["commune"], moved["activity"]) == ("Rosny-sous-Bois", "Vincennes", "10.71C")


def test_who_asked_not_to_be_named_is_counted_alone(two: tuple[Path, Path]) -> None:
    told = run("diff", *two)
    assert told.startswith("2 ouverts, 4 fermés, 1 déménagés")
    assert siret(6) not in told and siret(7) not in told and siret(7)[:9] not in told
    assert f"déménagé  {SIREN}00029" in told


def test_two_registers_alike_have_no_change(two: tuple[Path, Path]) -> None:
    assert run("diff", two[0], two[0], "--json").splitlines() == ['{"opened": 0, "closed": 0, "moved": 0}']


def test_a_comparison_that_lacks_memory_or_disk_says_so(two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "MEMORY", "1MB")
    assert "La comparaison s'est arrêtée : il faut 1MB de mémoire" in fails("diff", *two)


def test_a_file_that_is_no_register_is_said_so(two: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "odd").write_text("a,b")
    for odd in (tmp_path / "odd", tmp_path / "absent"):
        assert "n'est pas un répertoire" in fails("diff", two[0], odd)
    assert not (tmp_path / "absent").exists()
