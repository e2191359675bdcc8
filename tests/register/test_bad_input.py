"""Files that are no stock, or a damaged one: a French sentence, and the register in place still answers."""

import struct
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from random import Random

import duckdb
import pytest
from pytest_django import Settings

from sourcier.kernel.activities import NAF_REV2, Activity
from sourcier.kernel.transitions import Refused
from sourcier.register.changes import compared
from sourcier.register.geocoding import locate
from sourcier.register.importing import columns, read
from sourcier.register.importing.run import import_stock
from sourcier.register.search import by_name, by_siret, search, status
from sourcier.register.store import folder
from tests.cities import siret
from tests.register.stocks import establishment, write, zipped

BREAD = [Activity(NAF_REV2, "10.71C")]
ROSNY = (48_871_000, 2_486_000)
PAGE = b"<!DOCTYPE html>\n<html><head><title>503</title></head><body>Service indisponible</body></html>\n"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation whose register has three firms."""
    place = tmp_path_factory.mktemp("installed")
    (place / "register").mkdir()
    built = import_stock(*write(place, [establishment(number) for number in (1, 2, 3)]), out=place / "register/first.duckdb")
    (place / "register" / "current").write_text(built.file.name)
    return place


@pytest.fixture
def answering(installed: Path, settings: Settings) -> Iterator[str]:
    """Its build; after the test it is still in use, and nothing else is left."""
    settings.VAR, settings.REGISTER = installed, ""
    build = status().build
    yield build
    assert status().build == build
    assert search(BREAD, [ROSNY], 10_000).total == 3
    assert {file.name.split(".")[0] for file in folder().iterdir()} <= {"current", "first", ""}
    assert not (folder() / ".import").exists()


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return write(tmp_path, [establishment(number) for number in (1, 2, 3)])


def refusal(establishments: Path, units: Path, **options: object) -> str:
    with pytest.raises(Refused) as refused:
        import_stock(establishments, units, **options)  # type: ignore[arg-type]
    said = refused.value.sentence
    assert "Rien n'a changé" in said and "Error" not in said and "Errno" not in said
    return said


def as_bytes(change: Callable[[bytes], bytes], name: str = "et.csv") -> Callable[[Path], Path]:
    def spoil(file: Path) -> Path:
        target = file.with_name(name)
        target.write_bytes(change(file.read_bytes()))
        return target

    return spoil


def header(change: Callable[[bytes], bytes]) -> Callable[[Path], Path]:
    def changed(data: bytes) -> bytes:
        first, rest = data.split(b"\r\n", 1)
        return change(first) + b"\r\n" + rest

    return as_bytes(changed)


def zip_of(members: dict[str, bytes]) -> Callable[[Path], Path]:
    def pack(file: Path) -> Path:
        target = file.with_suffix(".zip")
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in members.items():
                archive.writestr(name, data)
        return target

    return pack


def patched(in_local: int, in_directory: int, value: bytes) -> Callable[[Path], Path]:
    """Its ZIP with these bytes changed in both places that describe the member."""

    def patch(file: Path) -> Path:
        target = zipped(file)
        data = bytearray(target.read_bytes())
        for mark, offset in ((b"PK\x03\x04", in_local), (b"PK\x01\x02", in_directory)):
            start = data.find(mark) + offset
            data[start : start + len(value)] = value
        target.write_bytes(data)
        return target

    return patch


def bomb(file: Path) -> Path:
    return zip_of({"et.csv": file.read_bytes() + b"," * 20_000_000})(file)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (as_bytes(lambda data: PAGE), "est une page web et non un stock"),
        (as_bytes(lambda data: PAGE, "et.parquet"), "(et.parquet) est une page web et non un stock"),
        (zip_of({"et.csv": PAGE}), "(et.zip) est une page web"),
        (zip_of({"lisez-moi.txt": b"bonjour"}), "il en contient 0"),
        (zip_of({"a.csv": b"a", "../../b.csv": b"b"}), "il en contient 2"),
        (patched(6, 8, b"\x01"), "est protégé par un mot de passe"),
        (patched(8, 10, struct.pack("<H", 99)), "est abîmé ou coupé"),
        (patched(22, 24, struct.pack("<I", 100)), "est abîmé ou coupé"),
        (bomb, "ce n'est pas un stock"),
        (as_bytes(lambda data: data.decode().encode("utf-16")), "il manque les colonnes"),
        (as_bytes(lambda data: b"\x7fELF" + bytes(3_000_000)), "ne commence pas par une ligne de colonnes"),
        (as_bytes(lambda data: data.replace(b"TILLEULS", b"T" * 2_500_000, 1)), "La ligne 2 du fichier"),
        (as_bytes(lambda data: data.replace(b"DES TILLEULS", b'"DES TILLEULS', 1)), "un guillemet de trop, ou mal fermé"),
        (header(lambda line: line + b","), "la colonne «  » n'a pas un nom de l'INSEE"),
        (header(lambda line: line + b",Siret"), "la colonne « siret » vient deux fois"),
        (header(lambda line: line + b",a-b'c"), "la colonne « a-b'c » n'a pas un nom de l'INSEE"),
    ],
)  # fmt: skip
def test_what_is_no_stock_is_said_so(
    answering: str, files: tuple[Path, Path], spoil: Callable[[Path], Path], said: str
) -> None:
    assert said in refusal(spoil(files[0]), files[1], force=True)


@pytest.mark.parametrize("number", ["-1234567890123", siret(1)[:13], siret(1) + "0", siret(1) + " ", "", "١٤٠٠٠٠٠٠٠٠٠٠١١"])
def test_a_siret_that_is_not_fourteen_digits_is_named_with_its_line(answering: str, tmp_path: Path, number: str) -> None:
    files = write(tmp_path, [establishment(1), establishment(2, siret=number)])
    assert f"à la ligne 3 « {number} » n'est pas un siret de 14 chiffres" in refusal(*files, force=True)


def test_the_same_file_twice_is_said_by_the_columns_that_it_has_not(answering: str, files: tuple[Path, Path]) -> None:
    establishments, units = files
    assert "unités légales (et.csv), il manque les colonnes" in refusal(establishments, establishments, force=True)
    assert "établissements (ul.csv), il manque les colonnes" in refusal(units, units, force=True)
    assert "établissements (ul.csv), il manque les colonnes" in refusal(units, establishments, force=True)


def parquet(file: Path, query: str = "SELECT * FROM stock") -> Path:
    target = file.with_suffix(".parquet")
    stock = duckdb.read_csv(str(file), all_varchar=True)
    stock.query("stock", query).write_parquet(str(target), row_group_size=2048)
    return target


def test_a_parquet_without_rows_or_whose_last_pages_are_damaged_is_refused(answering: str, tmp_path: Path) -> None:
    establishments, units = write(tmp_path, [establishment(number) for number in range(1, 5_000)])
    assert "ne contient aucun établissement" in refusal(parquet(establishments, "SELECT * FROM stock LIMIT 0"), units)
    target = parquet(establishments)
    whole = target.read_bytes()
    length = int.from_bytes(whole[-8:-4], "little") + 8
    for first, last in ((0.1, 0.4), (0.4, 0.7), (0.6, 1)):
        start, end = (round((len(whole) - length) * share) for share in (first, last))
        target.write_bytes(whole[:start] + bytes(end - start) + whole[end:])
        assert "Le fichier Parquet des établissements (et.parquet) est abîmé" in refusal(target, units, force=True)
    for cut in (1, 6, length - 4):
        target.write_bytes(whole[:-cut])
        assert "Le fichier Parquet des établissements (et.parquet) est abîmé" in refusal(target, units, force=True)


def test_a_zip_damaged_anywhere_is_refused_in_french_or_read_whole(answering: str, files: tuple[Path, Path]) -> None:
    target = zipped(files[0])
    whole, random, read_whole = target.read_bytes(), Random(6), 0
    for _ in range(30):
        data = bytearray(whole)
        data[random.choice([random.randrange(len(data)), random.randrange(40), len(data) - 1 - random.randrange(90)])] ^= 0xFF
        target.write_bytes(data)
        try:
            read_whole += len(loaded(target)) == 3
        except Refused as refused:
            assert "Rien n'a changé" in refused.sentence
    assert 0 < read_whole < 30


def loaded(file: Path) -> list[str]:
    """The SIRETs that the first stage reads in a file."""
    with duckdb.connect() as database:
        found = read.source(file, "établissements")
        read.load(database, found, "stock", columns.ESTABLISHMENT, folder=file.parent, advance=lambda share: None)
        return [number for (number,) in database.execute("SELECT siret FROM stock").fetchall()]


def test_what_only_looks_odd_is_read(tmp_path: Path, files: tuple[Path, Path]) -> None:
    data = files[0].read_bytes()
    odd = {
        "bom.csv": b"\xef\xbb\xbf" + data,
        "lf.csv": data.replace(b"\r\n", b"\n"),
        "cr.csv": data.replace(b"\r\n", b"\r"),
        "semicolons.csv": data.replace(b",", b";"),
        "nul.csv": data.replace(b"TILLEULS", b"TILL\0EULS"),
        "blank-lines.csv": data.replace(b"\r\n", b"\r\n\r\n"),
        "last-line-open.csv": data.removesuffix(b"\r\n"),
    }
    for name, changed in odd.items():
        (tmp_path / name).write_bytes(changed)
        assert loaded(tmp_path / name) == [siret(1), siret(2), siret(3)], name
    assert len(loaded(zip_of({"../../x.csv": data})(files[0]))) == 3
    assert not list(tmp_path.parent.parent.glob("x.csv"))


@pytest.mark.parametrize("name", ["Stock[1]", "Stock*", "Stock?", "l'été {1,2} de « Rosny »"])
@pytest.mark.parametrize("kind", ["csv", "parquet", "zip"])
def test_a_name_that_looks_like_a_pattern_is_one_file(tmp_path: Path, files: tuple[Path, Path], name: str, kind: str) -> None:
    place = tmp_path / "l'été [1]"
    place.mkdir()
    made = {"csv": lambda file: file, "parquet": parquet, "zip": zipped}[kind]
    own = made(files[0]).rename(place / f"{name}.{kind}")
    (tmp_path / "other").mkdir()
    other, _ = write(tmp_path / "other", [establishment(4)])
    made(other).rename(place / f"Stock1.{kind}")
    assert loaded(own) == [siret(1), siret(2), siret(3)]


def test_a_folder_named_as_the_register_to_write_is_refused(answering: str, files: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    assert "est un dossier : donnez à --out le nom d'un fichier" in refusal(*files, out=tmp_path / "here")
    assert "On ne peut pas écrire" in refusal(*files, out=files[0] / "r.duckdb")
    assert {file.name for file in tmp_path.iterdir()} == {"here", "et.csv", "ul.csv"}


class TestDates:
    """A date that no calendar of firms holds is counted as unread, and breaks no page."""

    @pytest.mark.parametrize("day", ["2999-01-01", "0044-03-15 (BC)", "infinity", "-infinity", "9999999-01-01", "0001-01-01"])
    def test_a_day_out_of_all_bounds_is_counted(self, tmp_path: Path, use: Callable[[Path], Path], day: str) -> None:
        rows = [
            establishment(1), establishment(2, dateCreationEtablissement=day),
            establishment(3, dateDernierTraitementEtablissement=day),
        ]  # fmt: skip
        report = import_stock(*write(tmp_path, rows), out=tmp_path / "r.duckdb")
        use(report.file)
        assert report.unread == {"dateCreationEtablissement": 1, "dateDernierTraitementEtablissement": 1}
        dates = [(row.created_on, row.updated_on) for row in search(BREAD, [ROSNY], 10_000, scored_on=date(2026, 9, 1)).rows]
        assert sorted(dates, key=str) == sorted(
            [(date(2020, 5, 4), date(2026, 3, 1)), (None, date(2026, 3, 1)), (date(2020, 5, 4), None)], key=str
        )
        assert status().stock_date == date(2026, 3, 1)


ODD = "FOUR\x01NIL\x1fDU\x7f \u202eCOIN\x1b[31m"
"""A control that no XML may hold, a separator of ours, a turn of writing, a colour of terminals."""


def test_signs_that_are_no_text_are_read_as_spaces_and_never_shown(tmp_path: Path, use: Callable[[Path], Path]) -> None:
    odd = {
        "enseigne1Etablissement": ODD,
        "libelleVoieEtablissement": "DES\nTILLEULS",
        "libelleCommuneEtablissement": "ROS\x02NY",
    }
    rows = [establishment(1, **odd), establishment(2, **odd, etatAdministratifEtablissement="F")]
    use(import_stock(*write(tmp_path, rows), out=tmp_path / "new.duckdb").file)
    old = import_stock(*write(tmp_path, [establishment(3)]), out=tmp_path / "old.duckdb", force=True).file
    found = [*search(BREAD, [ROSNY], 10_000).rows, *by_name("four nil du coin"), by_siret(siret(2))]
    assert len(found) == 3
    for one in found:
        assert one
        address = "12 AVENUE DES TILLEULS" if one.active else ""
        assert (one.name, one.address, one.commune) == ("FOUR NIL DU COIN [31m", address, "Ros Ny")
    with compared(old, tmp_path / "new.duckdb") as comparison:
        told = [(change.name, change.commune) for change in comparison.lines() if change.siret == siret(1)]
    assert told == [("FOUR NIL DU COIN [31m", "Ros Ny")]
    place = locate("12 avenue des tilleuls 93110").place
    assert place
    assert place.label.isprintable() and "Tilleuls" in place.label
