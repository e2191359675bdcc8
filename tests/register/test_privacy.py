"""Who asked INSEE not to be named is counted, never named nor addressed; masks never leave the import."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pytest

from sourcier.kernel.activities import NAF_REV2, Activity
from sourcier.register.importing.run import import_stock
from sourcier.register.search import by_name, by_siret, search
from tests.cities import siret
from tests.register.stocks import establishment, unit, write

SECRET = "ZORGLUBINE"
BREAD = [Activity(NAF_REV2, "10.71C")]
ROSNY = (48_871_000, 2_486_000)


@pytest.mark.parametrize(
    ("statuses", "disclosed"),
    [(("O", "O"), True), (("P", "O"), False), (("O", "P"), False), (("N", "N"), False), (("", "O"), False)],
)
def test_only_full_disclosure_of_both_is_named(
    tmp_path: Path, use: Callable[[Path], Path], statuses: tuple[str, str], disclosed: bool
) -> None:
    # Even if INSEE forgot its masks, what the file says of the person is not kept.
    row = establishment(
        1, statutDiffusionEtablissement=statuses[0], enseigne1Etablissement=SECRET, libelleVoieEtablissement=SECRET
    )
    neighbour = establishment(2, coordonneeLambertAbscisseEtablissement="662900.00")
    owner = unit(1, statutDiffusionUniteLegale=statuses[1], nomUniteLegale=SECRET, denominationUniteLegale="")
    use(import_stock(*write(tmp_path, [row, neighbour], [owner, unit(2)]), out=tmp_path / "r.duckdb").file)
    found = search(BREAD, [ROSNY], 5_000)
    assert (found.total, found.undisclosed) == (2, 0 if disclosed else 1)
    assert len(by_name(SECRET)) == (1 if disclosed else 0)
    assert len(by_name(siret(1))) == (1 if disclosed else 0)
    one = by_siret(siret(1))
    assert one
    assert one.disclosed is disclosed
    if not disclosed:
        assert (one.name, one.legal_name, one.address, one.postal_code) == ("", "", "", "")
        assert one.approximate
        assert siret(1) not in [row.siret for row in found.rows]
        files = [tmp_path / "r.duckdb", *tmp_path.glob("r.duckdb.*.arrays/*")]
        assert len(files) > 20
        assert not any(said in file.read_bytes() for file in files for said in (SECRET.encode(), SECRET.lower().encode()))


def test_no_mask_and_no_undisclosed_text_is_anywhere_in_the_files(built: Path) -> None:
    with duckdb.connect(str(built), read_only=True) as database:
        columns = database.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE data_type = 'VARCHAR'"
        ).fetchall()
        assert len(columns) > 10
        for table, column in columns:
            masked = f"SELECT count(*) FROM {table} WHERE contains({column}, 'ND]')"  # noqa: S608
            assert database.execute(masked).fetchall() == [(0,)]
        hidden = database.execute(
            "SELECT count(*), count(name), count(legal_name), count(address), count(postal_code), count_if(NOT approximate)"
            " FROM establishment WHERE NOT disclosed"
        ).fetchone()
    assert hidden
    assert hidden[0] > 100
    assert hidden[1:] == (0, 0, 0, 0, 0)
    (arrays,) = built.parent.glob(f"{built.name}.*.arrays")
    assert b"nd" not in [*np.load(arrays / "words.npy"), *np.load(arrays / "towns.npy")]
    assert b"[ND]" not in (arrays / "cards").read_bytes()


def test_half_a_mask_masks_the_whole_value(tmp_path: Path, use: Callable[[Path], Path]) -> None:
    row = establishment(
        1, enseigne1Etablissement="[ND] FRERES", libelleVoieEtablissement="RUE [ND]", numeroVoieEtablissement="[ND]"
    )
    use(import_stock(*write(tmp_path, [row]), out=tmp_path / "r.duckdb").file)
    one = by_siret(siret(1))
    assert one
    assert one.name.startswith("FOURNIL")
    assert one.address == "AVENUE"
