"""`sourcier letters specimen`: a city tries its printer and its envelopes."""

from io import StringIO
from pathlib import Path

import pikepdf
import pytest
import zxingcpp
from django.core.management import CommandError, call_command

from tests.cities import City
from tests.pdf import pictures_of, text_of

pytestmark = pytest.mark.django_db
# The window of a DL envelope, in points: 100 mm from the left, 42 to 78 mm from the top.
WINDOW = (283.0, 119.0, 290.0, 102.0)


def _specimen(out: Path, count: int = 5) -> bytes:
    call_command("letters", "specimen", "--count", str(count), "--out", str(out), stdout=StringIO())
    return out.read_bytes()


def test_as_many_pages_as_asked_with_the_letterhead_of_the_city(city: City, tmp_path: Path) -> None:
    pdf = _specimen(tmp_path / "specimen.pdf", 7)
    assert len(pictures_of(pdf, 40)) == 7
    written = text_of(pdf)
    assert city.organisation.name in written
    assert written.count("son code n'ouvre rien") == 7


def test_the_longest_address_is_whole_in_the_window(city: City, tmp_path: Path) -> None:
    _specimen(tmp_path / "specimen.pdf", 3)
    with pikepdf.open(tmp_path / "specimen.pdf") as document:
        del document.pages[:2]
        document.save(tmp_path / "third.pdf")
    seen = [line.strip() for line in text_of((tmp_path / "third.pdf").read_bytes(), WINDOW).splitlines() if line.strip()]
    assert seen[-1].startswith("93160")
    assert len(seen) == 6 and all(len(line) <= 38 for line in seen)


def test_the_letters_are_tagged_for_who_does_not_see_them(city: City, tmp_path: Path) -> None:
    _specimen(tmp_path / "specimen.pdf", 1)
    with pikepdf.open(tmp_path / "specimen.pdf") as document:
        assert document.Root.MarkInfo.Marked
        assert "/StructTreeRoot" in document.Root
        assert str(document.Root.Lang).startswith("fr")


def test_its_square_is_read_and_opens_no_purchase(city: City, tmp_path: Path) -> None:
    [page] = pictures_of(_specimen(tmp_path / "specimen.pdf", 1))
    [square] = zxingcpp.read_barcodes(page)
    assert square.text.endswith("/r/")


def test_a_file_that_exists_is_kept(city: City, tmp_path: Path) -> None:
    (tmp_path / "mine.pdf").write_text("mine")
    with pytest.raises(CommandError, match="n'a pas été touché"):
        _specimen(tmp_path / "mine.pdf")
    assert (tmp_path / "mine.pdf").read_text() == "mine"


@pytest.mark.parametrize("count", [0, -3, 100_000])
def test_a_number_out_of_reach_is_said(city: City, tmp_path: Path, count: int) -> None:
    with pytest.raises(CommandError, match="Demandez de 1 à"):
        _specimen(tmp_path / "none.pdf", count)
    assert not (tmp_path / "none.pdf").exists()
