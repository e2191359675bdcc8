from io import BytesIO
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from openpyxl import Workbook

from sourcier.kernel.transitions import Refused
from sourcier.matching.labels import labels
from sourcier.spend import nomenclature
from sourcier.spend.actions import add_family, change_family, commit, import_families, load_families
from sourcier.spend.importing import sheets
from sourcier.spend.importing.families import Column, Nomenclature, cells, guess, read
from sourcier.spend.models import Family
from sourcier.spend.queries import families_in, families_of_year, family_total, propose_family
from tests.cities import City
from tests.journal.entries import writes, writes_nothing
from tests.web.test_rule import as_, words

YEAR = timezone.localdate().year
COLUMNS = {Column.CODE: 0, Column.LABEL: 1, Column.KIND: 2, Column.CPV: 3}
HEADINGS = ["Code", "Libellé", "Nature", "CPV", "Codes NAF"]


def table(*rows: str) -> list[tuple[int, list[str]]]:
    return [(number, row.split(";")) for number, row in enumerate(rows, 2)]


def workbook(*rows: list[object]) -> bytes:
    book = Workbook()
    for row in (HEADINGS, *rows):
        book.active.append(row)
    book.active.merge_cells("C2:C3")
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def said(data: bytes) -> Nomenclature:
    sheet = sheets.read(data)
    return read(cells(sheet), guess([str(cell) for cell in sheet.headings]), labels())


def test_a_workbook_with_merged_cells_and_lost_zeros_is_read_line_by_line() -> None:
    found = said(workbook(
        ["A1", "Pain", "Fournitures", 15811000, "10.71C 4724Z"], ["A2", "Fleurs", None, 3121000, None],
        ["A3", "Voirie", "T", "45233000-9", None], ["A4", "Ménage", None, "90910000", None], ["A5", "Divers", None, None, None],
    ))  # fmt: skip
    assert [(family.code, family.kind, family.cpv) for family in found.families] == [
        ("A1", "supplies", "15811000"), ("A2", "supplies", "03121000"), ("A3", "works", "45233000"),
        ("A4", "services", "90910000"),
    ]  # fmt: skip
    assert [activity.code for activity in found.families[0].activities] == ["10.71C", "47.24Z"]
    assert [(line.line, "nature manque" in line.why) for line in found.unread] == [(6, True)]


def test_each_line_that_is_no_family_is_named_with_its_reason_and_a_cut_file_gives_nothing() -> None:
    text = ";".join(HEADINGS) + "\n" + "\n".join(
        ["A1;Pain;F;;", "A1;Brioche;F;;", "A2;PAIN;F;;", "A3;=cmd|' /C calc'!A0;F;;", "-5;Avoir;F;;", ";Sans code;F;;",
         "A4;;S;;", "A5;Chaises;meubles;;", "A6;Eau;F;12;", "A7;Gaz;F;;99.99X", f"A8;{'x' * 161};F;;",
         "A9;Ménage;Prestations;;"]
    ) + "\n"  # fmt: skip
    found = said(text.encode())
    assert [family.code for family in found.families] == ["A1", "A9"]
    words = ("déjà celui de la ligne 2", "déjà celui de la ligne 2", "formule", "Le code s'écrit", "Le code manque",
             "Le libellé manque", "n'est pas une nature", "n'est pas un code CPV", "n'est pas un code NAF", "160")  # fmt: skip
    assert len(found.unread) == len(words)
    assert all(word in line.why for word, line in zip(words, found.unread, strict=True))
    with pytest.raises(Refused, match="cut"):
        said(text.encode()[:-12])


@pytest.mark.django_db
def test_an_import_for_next_year_renames_adds_and_retires_and_past_years_say_what_they_said(city: City) -> None:
    import_families(city.head_buyer, table("A1;Pain;F;15811000", "A2;Fleurs;F;", "A3;Voirie;T;"), COLUMNS, YEAR)
    bread = Family.objects.get(code="A1")
    commit(
        city.buyer, award_id=uuid4(), operation_id=uuid4(), family=bread, department=city.department, siret="",
        supplier="Fournil", label="Pain", amount_cents=5_000, engaged_on=timezone.localdate(),
    )  # fmt: skip
    lines = table("A1;Pain frais;F;", "A3;Voirie;S;", "A4;Bancs;F;")
    with writes(city.organisation.pk, "families.imported"):
        made = import_families(city.head_buyer, lines, COLUMNS, YEAR + 1, retire=True)
    assert ([line.code for line in made.added], [f.code for f in made.retired]) == (["A4"], ["A2"])
    assert "nature d'une famille ne change pas" in made.unread[0].why
    assert [f.code for f in families_in(city.organisation, YEAR)] == ["A1", "A2", "A3"]
    assert [f.code for f in families_in(city.organisation, YEAR + 1)] == ["A1", "A3", "A4"]
    bread.refresh_from_db()
    assert (bread.named(YEAR), bread.named(YEAR + 1), bread.cpv) == ("Pain", "Pain frais", "15811000")
    assert [row.family.pk for row in families_of_year(city.organisation, YEAR) if row.purchases] == [bread.pk]
    assert family_total(city.organisation, bread, YEAR) == 5_000
    with writes_nothing(city.organisation.pk):
        for line, year, why in (
            ("A1;Pain frais;F;", YEAR - 1, "year"), ("A1;Mie;F;", YEAR, "later"), ("A1;Pain frais;F;", YEAR + 1, "nothing_new")
        ):  # fmt: skip
            with pytest.raises(Refused, match=why):
                import_families(city.head_buyer, table(line), COLUMNS, year)
        with pytest.raises(Refused, match="not_you"):
            import_families(city.buyer, lines, COLUMNS, YEAR + 1)


@pytest.mark.django_db
def test_a_family_is_added_renamed_and_retired_by_hand_and_its_code_never_comes_back(city: City, other_city: City) -> None:
    load_families(city.organisation)
    with writes(city.organisation.pk, "family.added"):
        made = add_family(city.head_buyer, code="99.01", label="Sapins de Noël", kind="supplies")
    with pytest.raises(Refused, match="known"):
        add_family(city.head_buyer, code="99.01", label="Autre", kind="supplies")
    head, bread = as_(city.head_buyer), Family.objects.get(code="10.01")
    page = reverse("family", args=[bread.pk])
    assert head.post(page, {"label": "Boulangerie", "cpv": "12"}).status_code == 422
    with writes(city.organisation.pk, "family.changed"):
        assert head.post(page, {"label": "Boulangerie", "cpv": "15811000", "last_year": YEAR - 1}).status_code == 302
    bread.refresh_from_db()
    assert (bread.named(YEAR - 1), bread.named(YEAR)) == ("Pain et viennoiseries", "Boulangerie")
    assert not families_in(city.organisation, YEAR).filter(pk=bread.pk).exists()
    with pytest.raises(Refused, match="last_year"):
        change_family(city.head_buyer, made.pk, label=made.label, cpv="", last_year=YEAR - 3)
    with pytest.raises(Family.DoesNotExist):
        change_family(other_city.head_buyer, made.pk, label="x", cpv="", last_year=None)
    back = import_families(city.head_buyer, table("10.01;Pain;F;", "99.02;Bancs publics;F;"), COLUMNS, YEAR)
    assert "retirée" in words(head.get(reverse("nomenclature"))).lower() and "retiré fin" in back.unread[0].why


@pytest.mark.django_db
def test_the_page_shows_what_a_file_changes_before_anything_is_written(city: City) -> None:
    load_families(city.organisation)
    head, page = as_(city.head_buyer), reverse("nomenclature_import")
    assert as_(city.buyer).get(page).status_code == 403
    data = ";".join(HEADINGS) + "\n10.01;Le pain;F;15811000;\n99.01;Sapins;F;;\n99.02;;F;;\n"
    with writes_nothing(city.organisation.pk):
        assert head.post(page, {"file": SimpleUploadedFile("n.csv", b"\x00\x01" * 50)}).status_code == 422
        shown = head.post(page, {"file": SimpleUploadedFile("n.csv", data.encode())})
        given = {name: value for name, value in shown.context["form"].initial.items() if value}
        plan = words(head.post(page, given))
        ours = len(nomenclature.lines())
        assert f"1 famille ajoutée, {ours - 1} retirées, 1 changée" in plan and "Le libellé manque" in plan
        assert head.post(page, given | {"code": ""}).status_code == 422
        assert head.post(page, given | {"table": "abîmé"}).status_code == 422
    with writes(city.organisation.pk, "families.imported"):
        assert head.post(page, given | {"confirm": "1"}).status_code == 302
    assert families_in(city.organisation, YEAR).count() == ours + 1  # nothing was retired unasked
    assert "Le pain" in head.get(reverse("nomenclature"), {"export": "csv"}).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("need", "code"),
    [("Pain frais pour les crèches", "10.01"), ("fauteuils de bureau", "14.01"), ("vérification des extincteurs", "23.10"),
     ("réfection de la voirie rue Jaurès", "31.01"), ("xyzzy", None)],
)  # fmt: skip
def test_the_family_is_proposed_from_the_words_of_a_need_before_any_activity(city: City, need: str, code: str | None) -> None:
    load_families(city.organisation)
    found = propose_family(city.organisation, [], need)
    assert (found.code if found else None) == code
