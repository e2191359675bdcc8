"""The package for the buyer profile: what leaves with a need whose procedure is held elsewhere."""

from hashlib import sha256
from io import BytesIO
from zipfile import ZipFile

import pytest
from docx import Document
from openpyxl import load_workbook

from sourcier.dossier.profile import package
from sourcier.journal.queries import payload_of
from sourcier.kernel.transitions import Refused
from sourcier.needs.models import Need
from tests.cities import City
from tests.dossier.purchase import Purchase, asked_purchase
from tests.journal.entries import writes, writes_nothing
from tests.sourcing.stock import MATHILDE

pytestmark = pytest.mark.django_db


def said(document: bytes) -> str:
    read = Document(BytesIO(document))
    cells = (cell.text for table in read.tables for row in table.rows for cell in row.cells)
    return "\n".join((*(paragraph.text for paragraph in read.paragraphs), *cells))


def test_the_package_has_the_need_the_sourcing_report_the_firms_and_the_documents(finished: Purchase) -> None:
    need = finished.need
    with writes(need.organisation_id, "profile.packaged") as found:
        _, made = package(finished.city.buyer, need.pk)
    archive = ZipFile(BytesIO(made))
    files = {name: archive.read(name) for name in archive.namelist()}
    assert need.sentence in said(files["besoin.docx"]) and "R.2122-8" in said(files["besoin.docx"])
    report = said(files["rapport-de-sourcage.docx"])
    assert MATHILDE.name in report and "R.2111-1" in report and "Comment les entreprises ont été cherchées" in report
    sheet = load_workbook(BytesIO(files["entreprises-a-prevenir.xlsx"])).active
    rows = [row for row in sheet.iter_rows(min_row=2, values_only=True) if row[1]]
    assert MATHILDE.siret in {row[1] for row in rows} and len({row[1] for row in rows}) == len(rows)
    assert any("Fiche_des" in name for name in files) and not any("devis" in name for name in files)
    engaged = {each["path"]: each["digest"] for each in payload_of(found[0])["files"]}
    assert engaged == {name: sha256(data).hexdigest() for name, data in files.items() if name != "LISEZ-MOI.txt"}
    assert all(f"{digest}  {name}".encode() in files["LISEZ-MOI.txt"] for name, digest in engaged.items())


def test_nothing_leaves_while_answers_are_closed_nor_for_who_does_not_buy(city: City, other_city: City) -> None:
    need = asked_purchase(city).need
    with writes_nothing(city.organisation.pk):
        with pytest.raises(Refused, match="sealed"):
            package(city.buyer, need.pk)
        with pytest.raises(Refused, match="not_allowed"):
            package(city.requester, need.pk)
        with pytest.raises(Need.DoesNotExist):
            package(other_city.buyer, need.pk)
