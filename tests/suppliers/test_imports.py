"""Contacts from a table: a line is kept whole or not at all, and the report says which."""

from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from sourcier.journal.models import Entry
from sourcier.kernel.transitions import Refused
from sourcier.suppliers import rules, tables
from sourcier.suppliers.actions import add_contact, import_contacts, import_rows, meet
from sourcier.suppliers.models import Contact, Firm
from sourcier.suppliers.rules import Column, Line
from tests.cities import City, siret


def csv_file(*lines: str, encoding: str = "utf-8", name: str = "tiers.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, "\n".join(lines).encode(encoding))


def xlsx_file(*rows: list[Any], name: str = "tiers.xlsx") -> SimpleUploadedFile:
    book, out = Workbook(), BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return SimpleUploadedFile(name, out.getvalue())


def test_a_finance_export_is_read_with_its_own_headings(city: City) -> None:
    report = import_contacts(
        city.buyer,
        csv_file(
            "Code tiers;N° SIRET;Raison sociale;Téléphone;Adresse électronique",
            f"T1;{siret(1)};Boulangerie Léa;0148123456;lea@x.fr",
            f"T2;{siret(2)};Fournil;;fournil@x.fr",
            encoding="cp1252",
        ),
    )
    assert (report.added, report.new_firms, report.unread) == (3, 2, ())
    contact = Contact.objects.get(value="lea@x.fr")
    assert contact.firm.name == "Boulangerie Léa" and contact.source == "Import du fichier tiers.csv"
    assert contact.added_by == city.buyer.user


def test_an_excel_file_whose_siret_became_a_number_is_read(city: City) -> None:
    report = import_contacts(
        city.buyer, xlsx_file(["SIRET", "Courriel", "Nom"], [int(siret(1)), "a@x.fr", "Léa"], [None, None, None])
    )
    assert report.added == 1 and Firm.objects.get().siret == siret(1)


def test_bad_lines_are_reported_one_by_one_and_the_good_ones_are_kept_whole(city: City) -> None:
    meet(city.organisation, {"siret": siret(9), "name": "Déjà connue"}, "register")
    report = import_contacts(
        city.buyer,
        csv_file(
            "SIRET;e-mail;téléphone;nom",
            f"{siret(1)};a@x.fr;0148123456;Léa",
            "123;b@x.fr;;Faux SIRET",
            f"{siret(2)};pas-une-adresse;0148123456;Adresse fausse",
            f"{siret(3)};c@x.fr;12;Téléphone faux",
            f"{siret(4)};;;Rien",
            f"{siret(5)};d@x.fr;;",
            f"{siret(9)};e@x.fr;;",
            "",
            f"{siret(1)};a@x.fr;0148123456;Léa",
        ),
    )
    assert [line.number for line in report.unread] == [3, 4, 5, 6, 7]
    assert all(line.why.endswith((".", "fr", "56.")) for line in report.unread)
    assert report.added == 3 and [line.number for line in report.known] == [10]
    assert not Contact.objects.filter(firm__siret__in=[siret(2), siret(3)]).exists() and not Firm.objects.filter(siret=siret(2))


def test_importing_the_same_file_again_adds_nothing(city: City) -> None:
    rows = [[siret(1), "a@x.fr", "0148123456", "Léa"]]
    assert import_rows(city.buyer, rows, None, "Lignes collées").added == 2
    again = import_rows(city.second_buyer, rows, None, "Lignes collées")
    assert again.added == 0 and len(again.known) == 1
    assert Contact.objects.filter(added_by=city.buyer.user).count() == 2


def test_each_contact_has_its_entry_and_the_import_has_one(city: City) -> None:
    import_rows(city.buyer, [[siret(i), f"a{i}@x.fr", "", f"Firme {i}"] for i in range(3)], None, "Lignes collées")
    verbs = list(Entry.objects.filter(log_id=city.organisation.pk).order_by("index").values_list("verb", flat=True))[-4:]
    assert verbs == ["contact.added"] * 3 + ["contacts.imported"]


def test_formulas_stay_text(city: City) -> None:
    link = '=HYPERLINK("http://x","y")'
    table = xlsx_file(["SIRET", "Courriel", "Nom"], [siret(1), "a@x.fr", "=1+1"], [siret(2), link, "Z"])
    report = import_contacts(city.buyer, table)
    assert Firm.objects.get(siret=siret(1)).name == "=1+1"
    assert [line.number for line in report.unread] == [3] and "=HYPERLINK" in report.unread[0].text


def test_a_wish_not_to_be_written_to_survives_an_import(city: City) -> None:
    from sourcier.suppliers import queries
    from sourcier.suppliers.actions import unsubscribe

    firm = unsubscribe(meet(city.organisation, {"siret": siret(1), "name": "Léa"}, "register"))
    import_rows(city.buyer, [[siret(1), "a@x.fr", "", ""]], None, "Lignes collées")
    firm.refresh_from_db()
    assert firm.unsubscribed_at and queries.email_of(firm) == ""


NO_TABLES = {
    "empty": b"", "blank": b"   ", "false-xlsx": b"PK\x03\x04 not a workbook", "binary": b"\x00\x01\x02",
    "too-large": b"x" * (tables.MAX_BYTES + 1), "too-long": b"a\n" * 2_500, "no-line": b"SIRET;mail\n",
}  # fmt: skip


@pytest.mark.parametrize("data", NO_TABLES.values(), ids=NO_TABLES)
def test_a_file_that_is_no_table_is_refused_or_reads_nothing_and_writes_nothing(city: City, data: bytes) -> None:
    before = Entry.objects.count()
    try:
        report = import_contacts(city.buyer, SimpleUploadedFile("x.csv", data))
    except Refused as refused:
        assert refused.sentence.endswith(".")
        assert Entry.objects.count() == before
    else:
        assert report.added == 0
    assert not Firm.objects.exists()


def test_without_a_siret_column_the_columns_must_be_chosen(city: City) -> None:
    rows = [["Fournisseur", "Adresse"], ["Léa", "a@x.fr"]]
    with pytest.raises(Refused, match="columns"):
        import_rows(city.buyer, rows, None, "x")
    given_columns = {Column.SIRET: 1, Column.EMAIL: 0}
    report = import_rows(city.buyer, [["a@x.fr", siret(1), "inutile"]], given_columns, "x", heading=False)
    assert [line.why for line in report.unread] and not Firm.objects.exists()


@pytest.mark.parametrize("who", ["requester", "auditor", "admin"])
def test_only_buyers_import(city: City, who: str) -> None:
    with pytest.raises(Refused, match="wrong_role"):
        import_rows(getattr(city, who), [[siret(1), "a@x.fr", "", "Léa"]], None, "x")


def test_a_register_gives_the_name_that_the_file_leaves_out_or_the_line_is_unread(city: City) -> None:
    report = import_rows(city.buyer, [[siret(1), "a@x.fr"]], None, "x")
    assert len(report.unread) + report.new_firms == 1


@given(st.lists(st.lists(st.text(max_size=40), max_size=6), max_size=12))
def test_any_table_of_any_words_is_read_without_an_error(rows: list[list[str]]) -> None:
    columns = {Column.SIRET: 0, Column.EMAIL: 1, Column.PHONE: 2, Column.NAME: 3}
    for number, row in enumerate(rows, start=1):
        line = rules.read_line(number, row, columns)
        assert not isinstance(line, Line) or (line.siret and (line.email or line.phone))
    for row in rows:
        assert Column.SIRET in rules.guess_columns(row) or rules.guess_columns(row) == {}
        rules.guess_from_values(row)


@given(st.binary(max_size=400))
def test_any_bytes_are_a_table_or_a_refusal(data: bytes) -> None:
    try:
        rows = tables.read_table(data)
    except Refused as refused:
        assert refused.field
    else:
        assert all(isinstance(cell, str) for row in rows for cell in row)


@given(st.lists(st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=4), max_size=5))
def test_a_table_survives_its_trip_through_the_page(rows: list[list[str]]) -> None:
    assert [row for row in tables.unpack(tables.pack(rows)) if "".join(row).strip()] == [r for r in rows if "".join(r).strip()]


@pytest.mark.parametrize("text", ["", "{}", "[1]", "[[1]]", "[" * 100_000, "null", '[["a", null]]'])
def test_a_table_changed_on_its_way_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        tables.unpack(text)


def test_add_contact_and_import_agree_on_what_is_known(city: City) -> None:
    firm = meet(city.organisation, {"siret": siret(1), "name": "Léa"}, "register")
    add_contact(city.buyer, firm.pk, "email", "a@x.fr")
    assert import_rows(city.buyer, [[siret(1), "A@X.fr", "", ""]], None, "x").added == 0
