"""The file of a year: its tables, and a ZIP that verifies like a dossier."""

from datetime import date
from io import BytesIO
from typing import Any
from uuid import uuid4
from zipfile import ZipFile

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from sourcier.dossier import build
from sourcier.dossier.models import Export
from sourcier.dossier.offline import verifier
from sourcier.dossier.year.take import take
from sourcier.journal.models import Entry
from sourcier.kernel.transitions import Refused
from sourcier.spend.models import Order, OrderBatch
from sourcier.vault.actions import store_bytes
from tests.cities import City
from tests.dossier.purchase import Purchase, taken
from tests.journal.entries import writes, writes_nothing
from tests.pdf import text_of

pytestmark = pytest.mark.django_db
YEAR = 2026


def zipped(export: Export) -> bytes:
    out = BytesIO()
    build.write(export, out)
    return out.getvalue()


def sheets(data: bytes) -> dict[str, list[tuple[Any, ...]]]:
    book = load_workbook(BytesIO(data))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def order(city: City, cents: int, number: str, label: str = "Toner") -> Order:
    batch = OrderBatch.objects.filter(organisation=city.organisation).first() or OrderBatch.objects.create(
        organisation=city.organisation, file=store_bytes(city.organisation.pk, b"date;montant\n", "commandes.csv"),
        columns={}, state="read", asked_by=city.buyer.user, asked_at=timezone.now(),
    )  # fmt: skip
    return Order.objects.create(
        organisation=city.organisation, batch=batch, line=1, number=number, ordered_on=date(YEAR, 3, 2), siret="",
        supplier="=cmd|'/C calc'!A1", label=label, amount_cents=cents, department=city.department, place="",
        fingerprint=uuid4().hex,
    )  # fmt: skip


def test_the_file_of_a_year_has_its_tables_and_verifies_without_the_program(finished: Purchase, tmp_path: Any) -> None:
    city, need = finished.city, finished.need
    dossier = taken(finished)
    order(city, 1_200_00, "BC-1")
    order(city, 300_50, "BC-2")
    with writes(city.organisation.pk, "year.prepared", "dossier.built"):
        export = take(city.head_buyer, YEAR)
    made = zipped(export)
    (tmp_path / "annee.zip").write_bytes(made)
    report = verifier.verify(str(tmp_path / "annee.zip"))
    assert report.ok, report.problems
    assert zipped(Export.objects.get(pk=export.pk)) == made, "the same bytes each time"
    archive = ZipFile(BytesIO(made))
    documents = {name.rsplit(".")[-1]: archive.read(name) for name in archive.namelist() if name.startswith("data/documents/0")}
    told = sheets(documents["xlsx"])
    [operation] = [row for row in told[f"Opérations {YEAR}"][1:] if row[0] == need.reference]
    entry = Entry.objects.get(log_id=city.organisation.pk, index=dossier.entry_index)
    assert entry.leaf_hash.hex() in operation and entry.index in operation
    declared = [row for row in told[f"Intérêts déclarés {YEAR}"][1:] if row[1]]
    assert {row[3] for row in declared} == {"avant de chercher les entreprises", "avant la demande", "avant le choix"}
    assert {row[1:3] for row in declared} >= {
        (need.reference, city.buyer.user.name),
        (need.reference, city.requester.user.name),
    }
    [by_department] = [row for row in told[f"Hors outil par service {YEAR}"][1:] if row[1]]
    assert by_department == (city.department.name, 2, 1_500.5)
    assert [row[3] for row in told[f"Hors outil {YEAR}"][1:3]] == ["=cmd|'/C calc'!A1"] * 2, "text, not a formula"
    assert "Opérations" in text_of(documents["pdf"]) and need.reference in text_of(documents["pdf"])
    assert "L'année en chiffres" in text_of(archive.read("data/rapport.pdf"))


def test_a_year_that_somebody_else_takes_at_the_same_time_is_said_to_be_of_a_year(
    finished: Purchase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "ATTEMPTS", 0)
    with pytest.raises(Refused, match="busy") as refused:
        take(finished.city.head_buyer, YEAR)
    assert "le dossier de cette année" in refused.value.sentence and "rien n'est perdu" in refused.value.sentence


def test_a_file_changed_in_the_zip_of_a_year_is_found(finished: Purchase, tmp_path: Any) -> None:
    made = ZipFile(BytesIO(zipped(take(finished.city.auditor, YEAR))))
    forged = tmp_path / "forged.zip"
    with ZipFile(forged, "w") as out:
        for info in made.infolist():
            data = made.read(info)
            out.writestr(info, data[:-1] + b"?" if info.filename.endswith(".xlsx") else data)
    assert not verifier.verify(str(forged)).ok


def test_a_year_is_taken_by_who_answers_for_all_of_the_city_and_once_it_has_something(city: City, other_city: City) -> None:
    with writes_nothing(city.organisation.pk):
        for agent in (city.buyer, city.requester):
            with pytest.raises(Refused, match="not_allowed"):
                take(agent, YEAR)
        for year, why in ((timezone.localdate().year + 1, "bad_year"), (1999, "bad_year"), (2020, "empty_year")):
            with pytest.raises(Refused, match=why):
                take(city.head_buyer, year)
    order(city, 10_00, "BC-1")
    with pytest.raises(Refused, match="empty_year"):
        take(other_city.head_buyer, YEAR)
