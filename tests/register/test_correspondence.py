"""A need in NAF rév. 2 finds those that bear NAF 2025 alone, as all do that open from 2027 on; and says why."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from pytest_django import Settings

from sourcier.kernel.activities import NAF_2025, NAF_REV2, Activity
from sourcier.kernel.correspondence import Official, corresponding
from sourcier.kernel.transitions import Refused
from sourcier.register import correspondence
from sourcier.register.importing.run import import_stock
from sourcier.register.scorers import Context, activity_fit
from sourcier.register.search import around, by_siret, search
from sourcier.register.search import correspondence as followed
from tests.cities import siret
from tests.register.stocks import establishment, write

ROSNY = (48_871_000, 2_486_000)
BAKER, PLUMBER = Activity(NAF_REV2, "10.71C"), Activity(NAF_REV2, "43.22A")
BREAD, CAKE, PIPES = (Activity(NAF_2025, code) for code in ("10.71H", "10.71J", "43.22G"))
NEW, OTHER_TRADE, FORMER_ONLY = 90, 91, 92


def bearing(number: int, former: str, recent: str) -> dict[str, str]:
    """An establishment with these codes; without a former one, its main activity is told in NAF 2025 alone, as from 2027 on."""
    if former:
        return establishment(number, activitePrincipaleEtablissement=former, activitePrincipaleNAF25Etablissement=recent)
    return establishment(
        number, activitePrincipaleEtablissement=recent, nomenclatureActivitePrincipaleEtablissement="NAF2025",
        activitePrincipaleNAF25Etablissement=recent,
    )  # fmt: skip


ROWS = [
    *(bearing(number, "10.71C", "10.71H") for number in range(10, 14)),
    *(bearing(number, "43.22A", "43.22G") for number in range(20, 23)),
    bearing(30, "10.71C", "43.22G"),
    bearing(NEW, "", "10.71H"),
    bearing(OTHER_TRADE, "", "43.22G"),
    bearing(FORMER_ONLY, "10.71C", ""),
]


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("both")
    return import_stock(*write(folder, ROWS), out=folder / "r.duckdb").file


@pytest.fixture(autouse=True)
def used(mixed: Path, use: Callable[[Path], Path], var: Path) -> None:
    use(mixed)


def found(*activities: Activity) -> set[str]:
    result = search(list(activities), [ROSNY], 50_000, limit=100)
    assert result.total == len(result.rows)
    assert sum(result.facets.activities.values()) >= result.total
    return {row.siret for row in result.rows}


def test_a_bakery_that_bears_naf_2025_alone_is_found_by_the_code_of_before_and_counted() -> None:
    bakers = {siret(number) for number in (10, 11, 12, 13, 30, FORMER_ONLY)}
    assert found(BAKER) == bakers | {siret(NEW)}
    assert search([BAKER], [ROSNY], 50_000).facets.activities == {BAKER: 7}
    assert around(ROSNY, 50_000)["10.71C"] == (7, 0)


def test_one_of_naf_rev_2_alone_is_found_by_the_code_of_after() -> None:
    assert found(BREAD) == {siret(number) for number in (10, 11, 12, 13, NEW, FORMER_ONLY)}


def test_a_baker_noted_once_as_a_plumber_brings_no_plumber_to_bakers() -> None:
    assert siret(OTHER_TRADE) not in found(BAKER)
    assert siret(30) not in found(PLUMBER)


def test_a_code_under_the_name_of_the_other_nomenclature_finds_nobody() -> None:
    assert found(Activity(NAF_2025, "10.71C")) == found(Activity(NAF_REV2, "10.71H")) == set()


def test_the_line_says_by_which_code_it_was_found_and_by_what_proof() -> None:
    new = by_siret(siret(NEW))
    assert new
    context = Context([PLUMBER, BAKER], 5_000, date(2027, 3, 1), correspondence=followed())
    assert activity_fit(new, context).sentence == (
        "Son activité déclarée est 10.71H en NAF 2025, qui correspond à 10.71C ; "
        "d'après 4 établissements du répertoire qui portent les deux codes. C'est la 2e des activités cherchées."
    )
    assert activity_fit(new, context).points == 92


def test_the_table_of_insee_takes_the_place_of_what_rows_say_as_soon_as_it_is_there() -> None:
    assert siret(NEW) in found(BAKER)
    table = corresponding([(BAKER, CAKE, None), (PLUMBER, BREAD, None)], None)
    correspondence.file().parent.mkdir(parents=True)
    correspondence.file().write_text(correspondence.to_text(table, Official("t.xls", "ab" * 32, date(2026, 9, 1))))
    assert siret(NEW) not in found(BAKER)
    assert siret(NEW) in found(PLUMBER)


def test_a_table_that_no_longer_reads_is_said_and_never_followed_by_halves() -> None:
    correspondence.file().parent.mkdir(parents=True)
    correspondence.file().write_text('{"origin": {}')
    with pytest.raises(Refused) as refused:
        correspondence.official()
    assert "ne se lit plus" in refused.value.sentence
    assert siret(NEW) in found(BAKER)


def test_a_stock_without_former_codes_follows_what_the_last_one_with_both_said(
    tmp_path: Path, var: Path, settings: Settings
) -> None:
    settings.REGISTER = ""
    (tmp_path / "before").mkdir()
    (tmp_path / "after").mkdir()
    import_stock(*write(tmp_path / "before", ROWS))
    import_stock(*write(tmp_path / "after", [bearing(number, "", "10.71H") for number in range(60, 80)]))
    assert found(BAKER) == {siret(number) for number in range(60, 80)}
    assert followed().sentence(BREAD, BAKER).endswith("d'après 4 établissements du répertoire qui portent les deux codes")
    correspondence.kept_file().write_text("[")
    import_stock(*write(tmp_path / "after", [bearing(number, "", "10.71H") for number in range(60, 81)]))
    assert not found(BAKER)
