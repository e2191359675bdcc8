"""The export of the finance software: every line is read or said, twice the same counts once, nothing is half imported."""

from collections.abc import Callable
from datetime import date, datetime
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from sourcier.accounts.agents import Agent
from sourcier.kernel.money import format_cents
from sourcier.kernel.transitions import Refused
from sourcier.needs import actions as needs
from sourcier.spend.actions import choose_columns, commit, hand_over, import_waiting, load_families, withdraw_orders
from sourcier.spend.batches import UNREAD_KEPT
from sourcier.spend.importing import sheets
from sourcier.spend.importing.lines import Column, Lines, Unreadable, guess, read_amount, read_day
from sourcier.spend.importing.orders import fingerprint, read_export
from sourcier.spend.models import Columns, Family, Order, OrderBatch
from sourcier.spend.queries import families_of_year, family_total, years
from sourcier.vault.actions import store_bytes
from sourcier.vault.queries import path_of
from tests.cities import City
from tests.journal.entries import writes, writes_nothing

HEADINGS = ["N° engagement", "Date", "Tiers", "SIRET", "Libellé", "Montant HT", "Famille", "Service"]
BREAD = ["E1", "05/03/2026", "Fournil du Lac", "", "Pain des crèches", "1 250,50", "10.01", "Enfance"]


def csv(*rows: list[str], headings: list[str] = HEADINGS, end: str = "\r\n") -> bytes:
    return ("\r\n".join(";".join(row) for row in (headings, *rows)) + end).encode("cp1252")


def changed(**cells: str) -> list[str]:
    """The line of bread, with other cells: by the beginning of their heading."""
    return [
        next((value for name, value in cells.items() if heading.startswith(name)), cell)
        for heading, cell in zip(HEADINGS, BREAD, strict=True)
    ]


def xlsx(rows: list[list[Any]], change: Callable[[Workbook], None] = lambda book: None) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    change(book)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def imported(agent: Agent, data: bytes, name: str = "export.csv") -> OrderBatch:
    file = store_bytes(agent.organisation.pk, data, name)
    batch = hand_over(agent, file)
    choose_columns(agent, batch.pk, {Column(name): place for name, place in batch.columns.items()})
    assert import_waiting(timezone.now()) == 1
    batch.refresh_from_db()
    return batch


def whys(batch: OrderBatch) -> list[tuple[int, str]]:
    return [(line, why) for line, _, why in batch.unread]


@pytest.mark.django_db
def test_an_export_is_read_with_its_families_and_the_journal_tells_its_sum(city: City) -> None:
    load_families(city.organisation)
    with writes(city.organisation.pk, "orders.handed_over", "orders.columns_chosen", "orders.imported") as written:
        batch = imported(city.buyer, csv(BREAD, changed(N="E2", Montant="800", Date="6/3/26", Famille="99.99")))
    assert int(written[2].actor, 16) == 0  # the program
    assert (batch.state, batch.orders, batch.total_cents, batch.unread) == ("read", 2, 205_050, [])
    first, second = Order.objects.order_by("line")
    assert (first.ordered_on, first.supplier, first.family.code, first.line) == (date(2026, 3, 5), "Fournil du Lac", "10.01", 2)
    assert (second.ordered_on, second.family) == (date(2026, 3, 6), None) and "99.99" in batch.warnings[0]


@pytest.mark.django_db
def test_the_same_order_counts_once_whatever_the_export_and_alike_orders_without_number_are_two(city: City) -> None:
    imported(city.buyer, csv(BREAD, changed(N="E2")))
    batch = imported(city.buyer, csv(changed(N="E2"), changed(N="E3"), changed(N="E3")))
    assert (batch.orders, batch.known) == (1, 2)
    batch = imported(city.buyer, csv(changed(N=""), changed(N="")))
    assert batch.orders == 2
    batch = imported(city.buyer, csv(changed(N=""), changed(N=""), changed(N="")))
    assert (batch.orders, batch.known, Order.objects.count()) == (1, 2, 6)


@pytest.mark.django_db
def test_the_same_file_is_not_imported_twice_but_again_once_withdrawn(city: City) -> None:
    batch = imported(city.buyer, csv(BREAD))
    with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="same_file"):
        imported(city.buyer, csv(BREAD))
    with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="not_you"):
        withdraw_orders(city.buyer, batch.pk, "TVA comprise")
    with writes(city.organisation.pk, "orders.withdrawn"):
        withdraw_orders(city.head_buyer, batch.pk, "TVA comprise")
    assert not Order.objects.exists()
    assert imported(city.buyer, csv(BREAD)).orders == 1


@pytest.mark.django_db
def test_another_city_sees_nothing_of_it_and_its_columns_are_its_own(city: City, other_city: City) -> None:
    batch = imported(city.buyer, csv(BREAD))
    assert Columns.objects.get().organisation == city.organisation
    with pytest.raises(OrderBatch.DoesNotExist):
        withdraw_orders(other_city.head_buyer, batch.pk, "pas à moi")
    with pytest.raises(ValueError, match="another organisation"):
        hand_over(other_city.buyer, batch.file)
    assert imported(other_city.buyer, csv(BREAD)).orders == 1


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (changed(Date="31/02/2026"), "n'est pas une date"),
        (changed(Date=""), "La date manque"),
        (changed(Date="05/03/1902"), "1904"),
        (changed(Montant="beaucoup"), "n'est pas un montant"),
        (changed(Montant=""), "Le montant manque"),
        (changed(Montant="0"), "nul"),
        (changed(Montant="120 $"), "n'est pas en euros"),
        (changed(Montant="-5 000"), "Cet avoir dépasse"),
        (changed(Tiers=""), "Le fournisseur n'est pas dit"),
        (changed(Libellé=" "), "L'objet n'est pas dit"),
    ],
)
@pytest.mark.django_db
def test_a_line_that_cannot_be_read_is_said_and_the_others_count(city: City, line: list[str], why: str) -> None:
    batch = imported(city.buyer, csv(changed(N="E0", Montant="10"), changed(N="E9"), line))
    assert batch.orders == 2
    [(number, said)] = whys(batch)
    assert number == 4 and why in said


@pytest.mark.django_db
def test_a_second_currency_is_never_added_to_euros(city: City) -> None:
    headings = [*HEADINGS, "Devise"]
    rows = [[*changed(N=str(n)), currency] for n, currency in enumerate(("EUR", "CHF", "€", ""))]
    batch = imported(city.buyer, csv(*rows, headings=headings))
    assert batch.orders == 3 and "CHF" in whys(batch)[0][1]


@pytest.mark.django_db
def test_an_export_cut_in_half_imports_nothing_and_says_where(city: City) -> None:
    whole = csv(*(changed(N=f"E{n}") for n in range(10)))
    batch = imported(city.buyer, whole[: len(whole) - 30])
    assert (batch.state, Order.objects.count()) == ("refused", 0)
    assert "coupé" in batch.warnings[0] and "Rien n'est importé" in batch.warnings[0]
    book = xlsx([HEADINGS, *(changed(N=f"E{n}") for n in range(50))])
    with pytest.raises(Refused, match="not_a_table"):
        sheets.read(book[: len(book) // 2])


@pytest.mark.django_db
def test_wrong_columns_import_nothing(city: City) -> None:
    data = csv(BREAD, changed(N="E2"))
    given = hand_over(city.buyer, store_bytes(city.organisation.pk, data, "export.csv"))
    for columns, why in (({Column.ON: 1, Column.AMOUNT: 5}, "columns"), ({**guess(HEADINGS), Column.ON: 5}, "twice")):
        with writes_nothing(city.organisation.pk), pytest.raises(Refused, match=why):
            choose_columns(city.buyer, given.pk, columns)
    choose_columns(city.buyer, given.pk, {Column.ON: 0, Column.AMOUNT: 1, Column.SUPPLIER: 2, Column.LABEL: 4})
    import_waiting(timezone.now())
    batch = OrderBatch.objects.get()
    assert batch.state == "refused" and "2 lignes sur 2" in batch.warnings[0] and not Order.objects.exists()
    assert hand_over(city.buyer, given.file).columns == {"on": 0, "amount": 1, "supplier": 2, "label": 4}  # remembered


@pytest.mark.django_db
def test_amounts_with_vat_are_warned_by_their_ratio_and_by_their_heading(city: City) -> None:
    amounts = {"E1": 100_00, "E2": 250_50, "E3": 12_345_67}
    imported(city.buyer, csv(*(changed(N=n, Montant=f"{c / 100:.2f}") for n, c in amounts.items())))
    batch = imported(city.buyer, csv(*(changed(N=n, Montant=f"{c * 1.2 / 100:.2f}") for n, c in amounts.items())))
    assert "exactement 20 % de plus" in batch.warnings[0]
    headings = ["Montant TTC" if heading == "Montant HT" else heading for heading in HEADINGS]
    data = csv(changed(N="E7"), headings=headings)
    given = hand_over(city.buyer, store_bytes(city.organisation.pk, data, "ttc.csv"))
    assert "amount" not in given.columns
    choose_columns(city.buyer, given.pk, {**guess(headings), Column.AMOUNT: 5})
    import_waiting(timezone.now())
    assert "TTC" in OrderBatch.objects.first().warnings[0]  # type: ignore[union-attr]


def test_a_workbook_of_1904_with_merged_cells_and_a_formula_that_attacks() -> None:
    def change(book: Workbook) -> None:
        book.epoch = datetime(1904, 1, 1)
        book.active.merge_cells("C2:C3")
        book.active["E2"] = "=cmd|' /C calc'!A0"
        book.active["E2"].data_type = "s"

    day = date(2026, 3, 5)
    rows: list[list[Any]] = [HEADINGS, ["E1", day, "Fournil", "", "", 12.5], ["E2", day, "", "", "Pain", 0.1 + 0.2]]
    sheet = sheets.read(xlsx(rows, change))
    export = read_export(sheet, guess(sheet.headings), ())
    first, second = export.orders.values()
    assert (first.on, first.label, first.amount_cents) == (day, "=cmd|' /C calc'!A0", 1250)
    assert (second.supplier, second.amount_cents) == ("Fournil", 30)


def test_a_credit_takes_back_what_was_ordered_and_no_more() -> None:
    rows = csv(changed(N="E1", Montant="1 000"), changed(N="A1", Montant="(400)"), changed(N="A2", Montant="700-"))
    export = read_export(sheets.read(rows), guess(HEADINGS), ())
    assert export.total_cents == 60_000 and [line.line for line in export.unread] == [4]


@pytest.mark.parametrize(
    ("typed", "cents"),
    [("1 234,56", 123_456), ("1.234,56", 123_456), ("1234.56 €", 123_456), ("(12,50)", -1250), ("12,50-", -1250), (7, 700)],
)
def test_an_amount_is_read_as_finance_software_writes_it(typed: str | int, cents: int) -> None:
    assert read_amount(typed) == cents


@given(st.integers(1, 10**11))
def test_an_amount_that_the_program_writes_is_read_back(cents: int) -> None:
    assert read_amount(format_cents(cents)) == cents


@given(st.one_of(st.text(), st.floats(), st.integers(), st.booleans(), st.none(), st.dates()))
def test_any_cell_is_a_day_and_an_amount_or_says_why(cell: Any) -> None:
    for read in (read_day, read_amount):
        try:
            read(cell)
        except Unreadable as error:
            assert str(error).endswith(".")


CELLS = st.one_of(
    st.sampled_from(["", " ", "05/03/2026", "31/02/2026", "12,50", "-3", "0", "CHF", "eur", "Pain", "73282932000074", 1, 1.0]),
    st.booleans(), st.none(), st.floats(), st.dates(), st.datetimes(), st.text(max_size=5),
)  # fmt: skip


@given(st.lists(st.lists(CELLS, max_size=10), max_size=12))
def test_lines_read_together_say_what_each_says_alone(rows: list[sheets.Row]) -> None:
    columns = guess([*HEADINGS, "Devise"])
    good = [*BREAD, "€"]
    lines = list(enumerate([row for odd in rows for row in (odd, good)], 2))
    read, unread = Lines(columns).read(lines)
    alone = [Lines(columns).read([line]) for line in lines]
    assert read == [line for said, _ in alone for line in said]
    assert unread == [line for _, unsaid in alone for line in unsaid]
    assert len(read) + len(unread) == len(lines) and len(read) >= len(rows)


@given(st.binary(max_size=300))
def test_any_file_is_a_table_or_says_why(data: bytes) -> None:
    try:
        sheet = sheets.read(data)
        Lines(guess(HEADINGS)).read(list(sheet.rows()))
    except Refused as refused:
        assert refused.field == "file"


def test_too_many_lines_are_said_and_a_long_report_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_LINES", 3)
    with pytest.raises(Refused, match="too_many"):
        list(sheets.read(csv(*[BREAD] * 4)).rows())
    assert UNREAD_KEPT >= 1_000


def test_the_same_order_has_the_same_print_with_or_without_the_full_siret() -> None:
    [line], _ = Lines(guess(HEADINGS)).read([(2, [*BREAD])])
    assert len(fingerprint(line)) == 32


@pytest.mark.django_db
def test_what_a_choice_engaged_already_is_not_counted_twice_and_what_goes_beyond_is(city: City) -> None:
    load_families(city.organisation)
    bread = Family.objects.get(organisation=city.organisation, code="10.01")
    operation, siret = uuid4(), "73282932000074"
    commit(
        city.buyer, award_id=uuid4(), operation_id=operation, family=bread, department=city.department, siret=siret,
        supplier="Fournil du Lac", label="Pain", amount_cents=1_000_00, engaged_on=date(2026, 2, 1),
    )  # fmt: skip
    own = changed(SIRET=siret, Montant="700")
    imported(city.buyer, csv(own, changed(N="E2", Date="01/02/2025", Montant="50"), changed(N="E3", Montant="30")))
    assert family_total(city.organisation, bread, 2026) == 1_000_00 + 30_00
    imported(city.buyer, csv(changed(N="E4", SIRET=siret, Montant="500"), changed(N="E5", SIRET=siret, Date="05/01/2027")))
    assert family_total(city.organisation, bread, 2026) == 1_200_00 + 30_00
    assert (family_total(city.organisation, bread, 2027), family_total(city.organisation, bread, 2025)) == (1_250_50, 50_00)
    assert years(city.organisation) == [2027, 2026, 2025]
    row = next(row for row in families_of_year(city.organisation, 2026) if row.family == bread)
    assert (row.committed_cents, row.purchases, row.suppliers) == (1_230_00, 2, 1)


@pytest.mark.django_db
def test_an_order_that_bears_the_reference_of_an_operation_is_explained_by_it(city: City) -> None:
    need = needs.start(city.requester, "Du pain pour les crèches")
    imported(city.buyer, csv(changed(Libellé=f"Pain ({need.reference.lower()})"), changed(N="E2", Libellé="Pain B-1999-0001")))
    assert list(Order.objects.order_by("line").values_list("operation_id", flat=True)) == [need.pk, None]


@pytest.mark.django_db
def test_a_file_that_is_lost_is_said_and_keeps_no_other_waiting(city: City) -> None:
    lost = hand_over(city.buyer, store_bytes(city.organisation.pk, csv(BREAD), "perdu.csv"))
    kept = hand_over(city.buyer, store_bytes(city.organisation.pk, csv(changed(N="E2")), "gardé.csv"))
    for batch in (lost, kept):
        choose_columns(city.buyer, batch.pk, {Column(name): place for name, place in batch.columns.items()})
    path_of(lost.file).unlink()
    assert import_waiting(timezone.now()) == 2
    assert [OrderBatch.objects.get(pk=batch.pk).state for batch in (lost, kept)] == ["refused", "read"]
