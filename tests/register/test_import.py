"""An import gives a whole register, or a French sentence and the old register untouched."""

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from sourcier.kernel.activities import NAF_2025, NAF_REV2, Activity
from sourcier.kernel.transitions import Refused
from sourcier.project.demo.stock import ESTABLISHMENT, LEGAL_UNIT
from sourcier.register.arrays import folder_of
from sourcier.register.importing import match, run
from sourcier.register.importing.run import import_stock
from sourcier.register.importing.stages import Told
from sourcier.register.search import RegisterMissing, by_siret, known_activity, search, status
from sourcier.register.store import folder, pointer
from tests.cities import siret
from tests.register.stocks import establishment, unit, write, zipped

BREAD = [Activity(NAF_REV2, "10.71C")]
ROSNY = (48_871_000, 2_486_000)


def refusal(establishments: Path, units: Path, **options: object) -> str:
    with pytest.raises(Refused) as refused:
        import_stock(establishments, units, **options)  # type: ignore[arg-type]
    assert "Rien n'a changé" in refused.value.sentence
    return refused.value.sentence


@pytest.fixture
def good(tmp_path: Path) -> tuple[Path, Path]:
    return write(tmp_path, [establishment(number) for number in (1, 2, 3)])


@pytest.mark.parametrize("kind", ["csv", "zip", "gz", "parquet"])
def test_each_format_gives_the_same_register(tmp_path: Path, good: tuple[Path, Path], var: Path, kind: str) -> None:
    files = []
    for file in good:
        target = file.with_suffix(f".{kind}")
        if kind == "zip":
            zipped(file)
        elif kind == "gz":
            target.write_bytes(gzip.compress(file.read_bytes()))
        elif kind == "parquet":
            duckdb.execute(f"COPY (FROM read_csv('{file}', all_varchar = true)) TO '{target}' (FORMAT parquet)")
        files.append(target)
    report = import_stock(*files)
    assert (report.establishments, report.legal_units, report.orphans) == (3, 3, 0)
    assert (report.unread, report.outside) == ({}, 0)
    assert [row.siret for row in search(BREAD, [ROSNY], 10_000).rows] == [siret(1), siret(2), siret(3)]
    one = by_siret(siret(1))
    assert one
    assert (one.name, one.address, one.commune) == (f"FOURNIL {siret(1)[:9]}", "12 AVENUE DES TILLEULS", "Rosny-sous-Bois")
    assert (one.size, one.category, one.employer, one.social_economy) == ("3 à 5 salariés", "PME", True, False)


def test_a_parquet_with_true_types_is_read(tmp_path: Path, good: tuple[Path, Path], var: Path) -> None:
    target = tmp_path / "typed.parquet"
    table = duckdb.read_csv(str(good[0]), all_varchar=True)
    easting = "coordonneeLambertAbscisseEtablissement"
    typed = f"CAST(dateCreationEtablissement AS DATE) AS dateCreationEtablissement, CAST({easting} AS DOUBLE) AS {easting}"
    table.project(f"* REPLACE ({typed})").write_parquet(str(target))
    import_stock(target, good[1])
    assert search(BREAD, [ROSNY], 10_000).total == 3


def test_names_are_the_sign_else_the_company_else_the_person(tmp_path: Path, var: Path) -> None:
    rows = [establishment(1, enseigne1Etablissement="AU BON LEVAIN"), *(establishment(number) for number in (2, 3, 4))]
    units = [
        unit(1),
        unit(2, denominationUniteLegale="", nomUniteLegale="TARDIRUCHE", prenom1UniteLegale="ROSA"),
        unit(3, denominationUniteLegale="", nomUniteLegale="A", nomUsageUniteLegale="B", prenomUsuelUniteLegale="C"),
        unit(4, denominationUniteLegale=""),
    ]  # fmt: skip
    import_stock(*write(tmp_path, rows, units))
    found = [by_siret(siret(number)) for number in (1, 2, 3, 4)]
    assert [one.name for one in found if one] == ["AU BON LEVAIN", "ROSA TARDIRUCHE", "C B", "Nom absent du répertoire"]
    assert found[0]
    assert found[0].legal_name == "FOURNIL NUMERO 1"


def test_values_that_cannot_be_read_are_counted_by_column(tmp_path: Path, var: Path) -> None:
    easting, northing = "coordonneeLambertAbscisseEtablissement", "coordonneeLambertOrdonneeEtablissement"
    rows = [
        establishment(1, dateCreationEtablissement="04/05/2020", **{easting: "662300,00"}),
        establishment(2, dateCreationEtablissement="2020-13-45", dateDernierTraitementEtablissement="hier"),
        establishment(3, dateCreationEtablissement="[ND]", **{easting: "[ND]", northing: "[ND]"}),
        establishment(4, statutDiffusionEtablissement="P", **{easting: "illisible"}),
        establishment(5, **{easting: "1.00", northing: "1.00"}),
        establishment(6, dateCreationEtablissement="", dateDernierTraitementEtablissement=""),
    ]
    report = import_stock(*write(tmp_path, rows))
    assert report.unread == {"dateCreationEtablissement": 2, "dateDernierTraitementEtablissement": 1, easting: 1}
    assert report.outside == 1
    first = by_siret(siret(1))
    assert first and first.created_on is None and first.approximate


@pytest.mark.parametrize("state", ["", "[ND]", "X", "a"])
def test_only_what_is_told_active_is_searched_and_all_is_counted(tmp_path: Path, var: Path, state: str) -> None:
    report = import_stock(*write(tmp_path, [establishment(1), establishment(2, etatAdministratifEtablissement=state)]))
    assert (report.counts["active"], report.counts["closed"]) == (1, 1)
    one = by_siret(siret(2))
    assert one
    assert one.active is False


def test_closed_establishments_are_kept_by_siret_and_never_found(tmp_path: Path, var: Path) -> None:
    report = import_stock(*write(tmp_path, [establishment(1), establishment(2, etatAdministratifEtablissement="F")]))
    assert (report.counts["active"], report.counts["closed"]) == (1, 1)
    assert [row.siret for row in search(BREAD, [ROSNY], 10_000).rows] == [siret(1)]
    closed = by_siret(siret(2))
    assert closed
    assert not closed.active


def test_both_nomenclatures_are_read_and_the_older_ones_kept_for_display(tmp_path: Path, var: Path) -> None:
    rows = [
        establishment(1, activitePrincipaleNAF25Etablissement="10.71H"),
        establishment(2, activitePrincipaleEtablissement="10.71H", nomenclatureActivitePrincipaleEtablissement="NAF2025"),
        establishment(3, activitePrincipaleEtablissement="15.8C", nomenclatureActivitePrincipaleEtablissement="NAF1993"),
    ]
    import_stock(*write(tmp_path, rows))
    assert {row.siret for row in search([Activity(NAF_2025, "10.71H")], [ROSNY], 10_000).rows} == {siret(1), siret(2)}
    old = by_siret(siret(3))
    assert old
    assert (old.nomenclature, old.activity) == ("NAF1993", "15.8C")
    assert known_activity(Activity(NAF_2025, "10.71H"))
    assert not known_activity(Activity(NAF_2025, "10.71J"))


def test_only_the_chosen_departments_are_kept(tmp_path: Path, var: Path) -> None:
    rows = [
        establishment(1),
        establishment(2, codeCommuneEtablissement="75120"),
        establishment(3, codeCommuneEtablissement="2A004"),
    ]
    report = import_stock(*write(tmp_path, rows), departments=["93", "2A"])
    assert (report.establishments, report.legal_units) == (2, 2)
    assert by_siret(siret(2)) is None
    assert "aucun établissement des départements 974" in refusal(*write(tmp_path, rows), departments=["974"])
    assert "« 9'3 » n'est pas un code" in refusal(*write(tmp_path, rows), departments=["9'3"])


@pytest.mark.parametrize(("number", "which"), [(0, ESTABLISHMENT), (1, LEGAL_UNIT)])
def test_a_missing_or_renamed_column_is_named(good: tuple[Path, Path], var: Path, number: int, which: list[str]) -> None:
    files = list(good)
    column = "codeCommuneEtablissement" if number == 0 else "categorieEntreprise"
    files[number].write_text(files[number].read_text().replace(column, column.upper(), 1))
    assert f"il manque la colonne « {column} »" in refusal(*files)


def test_a_stray_quote_is_said_in_french_with_its_line(good: tuple[Path, Path], var: Path) -> None:
    lines = good[0].read_text().splitlines()
    good[0].write_text("\n".join([lines[0], lines[1], '"' + lines[2], *lines[3:]]) + "\n")
    sentence = refusal(*good)
    assert "La ligne 3 du fichier" in sentence and "guillemet" in sentence and "Error" not in sentence


def test_a_parquet_with_a_renamed_column_or_a_damaged_page_is_refused(
    tmp_path: Path, good: tuple[Path, Path], var: Path
) -> None:
    before = import_stock(*good).build
    target = tmp_path / "renamed.parquet"
    table = duckdb.read_csv(str(good[0]), all_varchar=True)
    table.project("* EXCLUDE (siret), siret AS numeroSiret").write_parquet(str(target))
    assert "il manque la colonne « siret »" in refusal(target, good[1])
    table.write_parquet(str(target))
    data = target.read_bytes()
    target.write_bytes(data[:4] + bytes(200) + data[204:])
    assert "Parquet" in refusal(target, good[1])
    target.write_bytes(data[: len(data) // 2])
    assert "Parquet" in refusal(target, good[1])
    assert status().build == before


class TestAgainstTheRegisterInPlace:
    """A stock that lost more than two per cent of its establishments is refused, unless forced."""

    @pytest.fixture
    def hundred(self, tmp_path: Path, var: Path) -> Callable[[int], tuple[Path, Path]]:
        rows = [establishment(number) for number in range(100)]
        import_stock(*write(tmp_path, rows))
        return lambda count: write(tmp_path, rows[:count])

    def test_a_shrunk_stock_is_refused_and_forced(self, hundred: Callable[[int], tuple[Path, Path]]) -> None:
        before = status().build
        said = refusal(*hundred(97))
        assert "97 établissements, 3,0 % de moins que le répertoire en place (100)" in said and "--force" in said
        assert status().build == before
        assert import_stock(*hundred(97), force=True).establishments == 97
        assert status().establishments == 97

    def test_a_file_of_units_that_was_cut_between_two_lines_is_refused_too(
        self, hundred: Callable[[int], tuple[Path, Path]]
    ) -> None:
        establishments, units = hundred(100)
        lines = units.read_text().splitlines(keepends=True)
        units.write_text("".join(lines[:60]))
        assert "59 unités légales, 41,0 % de moins que le répertoire en place (100)" in refusal(establishments, units)
        assert import_stock(establishments, units, force=True).orphans == 41
        units.write_text(lines[0])
        assert "ne contient aucune unité légale." in refusal(establishments, units, force=True)

    def test_two_per_cent_less_is_accepted(self, hundred: Callable[[int], tuple[Path, Path]]) -> None:
        assert import_stock(*hundred(98)).establishments == 98

    def test_other_departments_or_an_invented_stock_are_not_compared(self, hundred: Callable[[int], tuple[Path, Path]]) -> None:
        import_stock(*hundred(10), fictitious=True)
        import_stock(*hundred(5), departments=["93"])
        assert "5 établissements" not in refusal(*hundred(3), departments=["93"]).split("place")[0]
        assert status().establishments == 5

    def test_the_file_that_an_import_replaces_is_the_one_compared(
        self, hundred: Callable[[int], tuple[Path, Path]], tmp_path: Path
    ) -> None:
        out = tmp_path / "r.duckdb"
        import_stock(*hundred(100), out=out)
        assert "de moins que le répertoire en place (100)" in refusal(*hundred(50), out=out)


def test_units_matched_range_by_range_give_the_same_register(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, use: Callable[[Path], Path]
) -> None:
    rows = [establishment(number) for number in (5, 3, 9, 1, 7, 2, 8)]
    files = write(tmp_path, rows, [unit(number) for number in (2, 9, 1, 8, 5, 3)])
    answers = []
    for at_once in (match.UNITS_AT_ONCE, 2):
        monkeypatch.setattr(match, "UNITS_AT_ONCE", at_once)
        report = import_stock(*files, out=tmp_path / f"{at_once}.duckdb")
        use(report.file)
        answers.append((report.orphans, report.counts, search(BREAD, [ROSNY], 10_000).rows))
    assert answers[0] == answers[1]
    assert answers[0][0] == 1


def test_the_two_files_given_the_wrong_way_round_are_said_so(good: tuple[Path, Path], var: Path) -> None:
    assert "est-ce le bon fichier ?" in refusal(good[1], good[0])


def _bytes(change: Callable[[bytes], bytes]) -> Callable[[Path], Path]:
    def spoil(file: Path) -> Path:
        file.write_bytes(change(file.read_bytes()))
        return file

    return spoil


def _cut_zip(file: Path) -> Path:
    target = zipped(file)
    target.write_bytes(target.read_bytes()[:-40])
    return target


def _damaged_zip(file: Path) -> Path:
    rows = "\n".join([file.read_text().strip()] * 200)
    file.write_text(rows)
    target = zipped(file)
    data = bytearray(target.read_bytes())
    data[len(data) // 2] ^= 0xFF
    target.write_bytes(bytes(data))
    return target


def _two_files(file: Path) -> Path:
    target = zipped(file)
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr("autre.csv", "a,b\n")
    return target


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_bytes(lambda data: b""), "est vide"),
        (_bytes(lambda data: data.split(b"\n")[0]), "ne contient aucun établissement"),
        (_bytes(lambda data: b"\n" + data), "est vide"),
        (_bytes(lambda data: data.replace(b"ROSNY-SOUS", "É".encode("latin-1"), 1)), "À la ligne 2 du fichier"),
        (_bytes(lambda data: data[:800]), "est-ce le bon fichier ?"),
        (_bytes(lambda data: data + b"1,2,3\r\n"), "À la ligne 5 du fichier des établissements (et.csv), on attend"),
        (_bytes(lambda data: data + b"1,2,3\n"), "mêle des fins de ligne différentes"),
        (_bytes(lambda data: data.replace(siret(2).encode(), b"12A")), "à la ligne 3 « 12A » n'est pas un siret"),
        (_bytes(lambda data: data.replace(siret(2).encode(), siret(1).encode())), f"le siret {siret(1)} vient deux fois"),
        (_bytes(lambda data: b"PAR1" + data), "Parquet"),
        (_bytes(lambda data: gzip.compress(data)[:-30]), "établissements"),
        (_cut_zip, "ZIP abîmé ou coupé"),
        (_damaged_zip, "abîmé ou coupé"),
        (_two_files, "doit contenir un seul fichier CSV ; il en contient 2"),
        (lambda file: file.parent / "absent.csv", "est illisible"),
        (lambda file: file.parent, "est illisible"),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_in_french_and_the_old_register_still_answers(
    tmp_path: Path, good: tuple[Path, Path], var: Path, spoil: Callable[[Path], Path], said: str
) -> None:
    before = import_stock(*good).build
    assert said in refusal(spoil(good[0]), good[1])
    assert status().build == before
    assert search(BREAD, [ROSNY], 10_000).total == 3
    left = {file.name for file in folder().iterdir()} - {".import.lock", "current"}
    file = status().file
    assert left == {file.name, folder_of(file, before).name}


def test_a_refused_import_leaves_an_installation_without_register_as_it_was(good: tuple[Path, Path], var: Path) -> None:
    good[0].write_bytes(b"")
    refusal(*good)
    with pytest.raises(RegisterMissing) as missing:
        search(BREAD, [ROSNY], 10_000)
    assert "sourcier register import" in missing.value.sentence


def test_two_imports_at_once_are_one(good: tuple[Path, Path], var: Path) -> None:
    sentences = []

    def again(news: Told) -> None:
        if not sentences:
            sentences.append(refusal(*good))

    import_stock(*good, progress=again)
    assert "Un autre import est en cours" in sentences[0]
    assert status().active == 3


def test_what_a_killed_import_left_is_cleared(good: tuple[Path, Path], var: Path) -> None:
    left = folder() / ".import"
    left.mkdir(parents=True)
    (left / "stage.duckdb").write_bytes(b"half")
    import_stock(*good)
    assert not left.exists()


def test_progress_goes_through_every_stage_to_its_end(good: tuple[Path, Path], var: Path) -> None:
    told: dict[str, float] = {}
    import_stock(zipped(good[0]), good[1], progress=lambda news: told.update({news.stage: news.share}))
    assert list(told) == ["Établissements", "Unités légales", "Rapprochement", "Communes", "Noms", "Écriture", "Tableaux"]
    assert set(told.values()) == {1}


@pytest.mark.parametrize("spoil", ["absent", "no names", "no arrays", "half an array", "half", "other"])
def test_a_register_that_cannot_be_read_says_which_command_to_run(
    tmp_path: Path, good: tuple[Path, Path], use: Callable[[Path], Path], spoil: str
) -> None:
    report = import_stock(*good, out=tmp_path / "r.duckdb")
    file = use(report.file)
    if spoil == "absent":
        file.unlink()
    elif spoil == "no names":
        (folder_of(file, report.build) / "words.npy").unlink()
    elif "array" in spoil:
        latitudes = folder_of(file, report.build) / "latitude.npy"
        latitudes.write_bytes(latitudes.read_bytes()[:130] if spoil == "half an array" else b"")
    else:
        file.write_bytes(b"\0" * 40_000 if spoil == "half" else b"a,b\n1,2\n")
    with pytest.raises(RegisterMissing) as missing:
        status()
    assert "sourcier register import" in missing.value.sentence


def test_a_register_of_another_version_is_said_to_be_one(
    tmp_path: Path, good: tuple[Path, Path], use: Callable[[Path], Path]
) -> None:
    file = use(import_stock(*good, out=tmp_path / "r.duckdb").file)
    with duckdb.connect(str(file)) as database:
        database.execute("UPDATE meta SET value = '1' WHERE key = 'format'")
    with pytest.raises(RegisterMissing) as missing:
        status()
    assert "une autre version de Sourcier" in missing.value.sentence


def test_the_last_two_registers_are_kept(good: tuple[Path, Path], var: Path) -> None:
    builds = [import_stock(*good).file.name for _ in range(4)]
    assert sorted(file.name for file in folder().glob("*.duckdb")) == sorted(builds[-2:])
    assert pointer().read_text().strip() == builds[-1]
    assert len(list(folder().glob("*.arrays"))) == 2


def test_out_writes_there_and_switches_nothing(tmp_path: Path, good: tuple[Path, Path], var: Path) -> None:
    import_stock(*good, out=tmp_path / "elsewhere" / "r.duckdb")
    assert not pointer().exists()


class TestRealSamples:
    """Files of ../shared/data/sirene, in INSEE's columns."""

    def test_the_sample_of_sirene_as_api_is_read(self, shared_data: Path, var: Path) -> None:
        samples = shared_data / "sirene" / "sirene_as_api"
        for establishments in ("sample_etablissements_OK.csv", "sample_etablissements.csv.gz"):
            report = import_stock(samples / establishments, samples / "sample_unites_legales.csv.zip")
            assert (report.establishments, report.legal_units, report.counts["closed"]) == (3, 3, 3)
            one = by_siret("00588003400011")
            assert one
            assert (one.nomenclature, one.activity, one.active) == ("NAP", "57.10", False)

    def test_its_file_without_a_column_names_it(self, shared_data: Path, var: Path) -> None:
        samples = shared_data / "sirene" / "sirene_as_api"
        units = samples / "sample_unites_legales_OK.csv"
        assert "il manque la colonne « nic »" in refusal(samples / "sample_etablissements_KO_missing_header.csv", units)
        told = refusal(samples / "sample_etablissements_OK.csv", samples / "sample_unites_legales_KO.csv")
        assert "il manque la colonne « statutDiffusionUniteLegale »" in told

    @pytest.mark.parametrize("name", ["example.csv.gz", "example.csv.zip", "sample_patches/test_file.csv"])
    def test_its_files_that_are_no_stock_are_refused(self, shared_data: Path, var: Path, name: str) -> None:
        samples = shared_data / "sirene" / "sirene_as_api"
        refusal(samples / name, samples / "sample_unites_legales_OK.csv")

    @pytest.mark.parametrize("name", ["import_last_monthly_stock_test.csv", "geo-sirene_2017024_E_Q.csv.gz"])
    def test_the_layout_of_before_2018_is_refused_by_its_columns(self, shared_data: Path, var: Path, name: str) -> None:
        samples = shared_data / "sirene" / "sirene_as_api"
        told = refusal(samples / "sample_patches" / name, samples / "sample_unites_legales_OK.csv")
        assert "il manque les colonnes « siren », « nic »" in told

    def test_the_sample_of_signaux_faibles_is_read_scrambled_as_it_is(self, shared_data: Path, var: Path) -> None:
        samples = shared_data / "sirene"
        report = import_stock(samples / "sireneTestData.csv", samples / "sireneULTestData.csv")
        assert (report.establishments, report.legal_units, report.orphans) == (5, 4, 5)
        # Its diffusion statuses are letters drawn at random: none says « O », so nobody is named.
        assert (report.counts["active"], report.counts["undisclosed"]) == (4, 4)
        one = by_siret("96979277056291") or by_siret("64981256987727")
        assert one
        assert (one.name, one.address, one.nomenclature, one.activity) == ("", "", "NAFRev2", "00.91U")

    def test_every_file_is_imported_or_refused_in_french_and_no_mask_gets_in(self, shared_data: Path, tmp_path: Path) -> None:
        folder = shared_data / "sirene"
        units = folder / "sirene_as_api" / "sample_unites_legales_OK.csv"
        imported = set()
        for number, file in enumerate(sorted(found for found in folder.rglob("*") if found.is_file())):
            out = tmp_path / f"{number}.duckdb"
            try:
                import_stock(file, units, out=out)
            except Refused as refused:
                assert "Rien n'a changé" in refused.sentence and "Error" not in refused.sentence
                assert not out.exists()
                continue
            imported.add(file.name)
            for written in tmp_path.rglob("*"):
                assert not written.is_file() or b"[ND]" not in written.read_bytes()
        assert imported == {"sireneTestData.csv", "sample_etablissements_OK.csv", "sample_etablissements.csv.gz"}


def test_an_import_that_lacks_memory_says_so_and_the_old_register_still_answers(
    good: tuple[Path, Path], var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_stock(*good)
    before = status().build
    monkeypatch.setattr(run, "MEMORY", "1MB")
    assert "La mémoire manque" in refusal(*good)
    assert status().build == before
