"""Amounts, distances and dates as the pages write them, and back."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcier.kernel.activities import InvalidActivity, parse_activity
from sourcier.kernel.french import fold, format_date, format_lately, format_moment, tie
from sourcier.kernel.geodesy import distance_m, format_distance
from sourcier.kernel.identifiers import InvalidIdentifier, parse_siret
from sourcier.kernel.money import (
    NotANumber,
    format_cents,
    format_milli,
    format_unit_price,
    format_vat,
    line_total,
    parse_decimal,
    to_cents,
    with_vat,
    without_vat,
)

CENTS = st.integers(0, 10**12)
VAT = st.sampled_from([0, 90, 105, 175, 210, 550, 850, 1000, 1300, 2000])


def test_marks_and_hours_stay_with_their_words() -> None:
    assert tie("À finir : « avant 6 h 45 », oui ?").replace("\u00a0", "_") == "À finir_: «_avant 6_h_45_», oui_?"
    assert tie("Une boîte, 2 hommes; 9 heures") == "Une boîte, 2 hommes; 9 heures"


def test_the_day_is_told_of_what_was_not_done_today() -> None:
    done = datetime(2026, 9, 24, 22, 30, tzinfo=UTC)  # the 25th in Paris
    assert format_lately(done, datetime(2026, 9, 25, 9, tzinfo=UTC)).replace("\u00a0", " ") == "à 0 h 30"
    assert format_lately(done, datetime(2026, 9, 26, 9, tzinfo=UTC)).replace("\u00a0", " ") == "le 25 septembre 2026 à 0 h 30"


@given(CENTS)
def test_an_amount_written_is_read_back(cents: int) -> None:
    assert to_cents(parse_decimal(format_cents(cents))) == cents


@given(CENTS, VAT)
def test_taking_the_tax_away_and_putting_it_back_loses_a_cent_at_most(cents: int, vat: int) -> None:
    assert abs(with_vat(without_vat(cents, vat), vat) - cents) <= 1
    assert without_vat(with_vat(cents, vat), vat) == cents


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_line_is_rounded_once_half_up(price_e4: int, quantity_milli: int) -> None:
    exact = Decimal(price_e4) * quantity_milli / 100_000
    assert abs(Decimal(line_total(price_e4, quantity_milli)) - exact) <= Decimal("0.5")


@pytest.mark.parametrize("text", ["", "abc", "1,2,3", "NaN", "Infinity", "12€50", "--3", "1e999999999"])
def test_what_is_not_a_number_is_refused_in_french(text: str) -> None:
    with pytest.raises(NotANumber, match="nombre"):
        parse_decimal(text)


def test_numbers_take_their_french_form() -> None:
    assert format_cents(1824000) == "18\u202f240\u00a0€"
    assert format_cents(-150) == "−1,50\u00a0€"
    assert format_unit_price(9500) == "0,95\u00a0€"
    assert format_unit_price(125) == "0,0125\u00a0€"
    assert format_milli(13_800_500) == "13\u202f800,5"
    assert format_vat(550) == "5,5\u00a0%"
    assert [format_distance(m) for m in (348, 2300, 5000, 14_400)] == ["350\u00a0m", "2,3\u00a0km", "5\u00a0km", "14\u00a0km"]


def test_dates_take_their_french_form_in_the_hour_of_paris() -> None:
    noon = datetime(2026, 9, 30, 10, 0, tzinfo=UTC)
    assert format_moment(noon) == "mercredi 30 septembre 2026 à 12\u00a0h"
    assert format_date(date(2027, 1, 1)) == "1er janvier 2027"


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_folding_opens_accents_and_ligatures() -> None:
    assert fold("Œufs à la crème, ÉPICÉA") == "oeufs a la creme, epicea"


@given(*[st.integers(-90_000_000, 90_000_000), st.integers(-180_000_000, 180_000_000)] * 2)
def test_a_distance_is_the_same_both_ways_and_never_negative(a: int, b: int, c: int, d: int) -> None:
    assert distance_m(a, b, c, d) == distance_m(c, d, a, b) >= 0
    assert distance_m(a, b, a, b) == 0


def test_paris_to_lyon_is_about_392_km() -> None:
    assert abs(distance_m(48_856_600, 2_352_200, 45_764_000, 4_835_700) - 391_500) < 1_000


def test_la_poste_has_sirets_of_its_own_and_others_follow_luhn() -> None:
    assert parse_siret("356 000 000 00048") == "35600000000048"
    assert parse_siret("73282932000074") == "73282932000074"
    for wrong in ("73282932000075", "123", "", "7328293200007A"):
        with pytest.raises(InvalidIdentifier, match="14 chiffres"):
            parse_siret(wrong)


def test_an_activity_is_read_in_any_writing() -> None:
    assert parse_activity("1071c").code == parse_activity(" 10.71 C ").code == "10.71C"
    for wrong in ("10.71", "pain", "10.71CC", ""):
        with pytest.raises(InvalidActivity):
            parse_activity(wrong)
