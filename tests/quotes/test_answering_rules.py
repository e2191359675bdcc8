"""Pure decisions: prices as typed, VAT of the territory, in or late, what is missing."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcier.accounts.models import Territory
from sourcier.kernel.money import with_vat
from sourcier.kernel.receipts import draw_number
from sourcier.quotes import answer_rules as rules
from sourcier.quotes.answer_rules import Answer, Asked, AskedQuestion, TypedPrice, Window
from sourcier.sourcing.models import Sourcing

LINE = uuid4()
PLACE = uuid4()
NOON = datetime(2026, 9, 30, 10, 0, tzinfo=UTC)
ASKED = Asked(frozenset({LINE}), frozenset({PLACE}), (), rules.VAT_RATES["metropole"])


def codes(answer: Answer, asked: Asked = ASKED, **context: object) -> set[str]:
    return {problem.code for problem in rules.problems(asked, answer, **context)}  # type: ignore[arg-type]


def bread(price_e4: int = 9500, vat_bp: int = 550, **changes: object) -> Answer:
    return Answer(**{"prices": (TypedPrice(LINE, price_e4, vat_bp),), "signer": "Mathilde", **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("typed", "price_e4"),
    [
        ("0,95", 9500),
        ("0.95 €", 9500),
        (" 1 234,5 ", 12_345_000),
        ("1€20", 12_000),
        ("1 € 5", 15_000),
        ("12", 120_000),
        ("0,0125", 125),
    ],
)
def test_a_price_is_read_as_a_baker_writes_it(typed: str, price_e4: int) -> None:
    assert rules.read_price(typed) == price_e4


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("0", "zéro"), ("0,00", "zéro"), ("0,00001", "zéro"), ("-1", "négatif"), ("1e999999", "nombre"), ("99999999", "grand"),
        ("1e-999999", "nombre"), ("gratuit", "nombre"), ("0,95 la pièce", "nombre"), ("NaN", "nombre"), ("Infinity", "nombre"),
        ("1,2,3", "nombre"), ('=1+1', "nombre"), ('#read("/etc/passwd")', "nombre"),
    ],
)  # fmt: skip
def test_what_is_not_a_price_is_said_in_a_sentence(typed: str, word: str) -> None:
    with pytest.raises(rules.BadPrice, match=word):
        rules.read_price(typed)


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading_of_a_price(typed: str) -> None:
    try:
        assert 0 < rules.read_price(typed) <= rules.MAX_UNIT_PRICE_E4
    except rules.BadPrice as error:
        assert str(error)


@given(
    price=st.integers(1, 10_000_000), quantity=st.integers(1, 10_000_000),
    rate=st.sampled_from(sorted({r for rates in rules.VAT_RATES.values() for r in rates})),
)  # fmt: skip
def test_totals_agree_whatever_way_the_price_is_said(price: int, quantity: int, rate: int) -> None:
    quantities = {LINE: quantity}
    net, gross = rules.totals(bread(price, rate, vat=rules.INCLUDED), quantities)
    assert gross == int((Decimal(price * quantity) / 100_000).quantize(Decimal(1), "ROUND_HALF_UP"))
    # The unit price before tax is rounded to the ten-thousandth: half of it on each unit, and a cent for each rounding.
    margin = Decimal(quantity) / 1000 * Decimal("0.5") / 100 * (10_000 + rate) / 10_000 + 2
    assert abs(with_vat(net, rate) - gross) <= margin
    net, gross = rules.totals(bread(price, rate, vat=rules.EXCLUDED), quantities)
    assert gross == with_vat(net, rate)
    net, gross = rules.totals(bread(price, 0, vat=rules.EXEMPT), quantities)
    assert net == gross


def test_a_baguette_at_95_centimes_costs_what_the_baker_thinks() -> None:
    assert rules.totals(bread(9500), {LINE: 15_600_000})[1] == 1_482_000


def test_every_territory_has_its_rates() -> None:
    assert set(rules.VAT_RATES) == set(Territory.values)
    assert rules.VAT_RATES["corse"] == (2000, 1300, 1000, 550, 210, 90)
    assert rules.VAT_RATES["antilles_reunion"] == (850, 210, 175, 105)


def test_a_rate_of_another_territory_is_refused() -> None:
    assert codes(bread(vat_bp=1300)) == {"rate_unsaid"}
    assert codes(bread(vat_bp=0)) == {"rate_unsaid"}
    assert codes(bread(vat_bp=550, vat=rules.EXEMPT)) == {"rate_unsaid"}
    assert codes(bread(vat_bp=0, vat=rules.EXEMPT)) == set()
    guyane = Asked(frozenset({LINE}), frozenset(), (), rules.VAT_RATES["without_vat"])
    assert codes(bread(vat_bp=0, vat=rules.EXCLUDED), guyane) == set()


def test_an_answer_is_in_at_the_very_second_and_late_a_millisecond_after() -> None:
    window = Window("open", NOON)
    assert rules.in_time(window, NOON)
    assert rules.in_time(window, NOON + timedelta(microseconds=999))
    assert not rules.in_time(window, NOON + timedelta(milliseconds=1))


@given(st.datetimes(min_value=datetime(2026, 9, 30), max_value=datetime(2026, 10, 1)))
def test_the_verdict_and_the_journal_never_disagree(moment: datetime) -> None:
    moment = moment.replace(tzinfo=UTC)
    written = round(rules.to_millisecond(moment).timestamp() * 1000)
    assert rules.in_time(Window("closed", NOON), moment) == (written <= round(NOON.timestamp() * 1000))


@pytest.mark.parametrize("state", Sourcing.State.values)
def test_nothing_is_taken_before_the_sending_nor_after_the_end(state: str) -> None:
    refusal = rules.may_answer(Window(state, NOON))
    assert (refusal is not None) == (state in ("draft", "ended"))


def test_an_empty_answer_is_refused_with_everything_that_is_missing() -> None:
    required = AskedQuestion(uuid4(), "text", required=True)
    attached = AskedQuestion(uuid4(), "file", required=True)
    asked = Asked(frozenset({LINE}), frozenset(), (required, attached), ASKED.rates)
    found = {problem.field for problem in rules.problems(asked, Answer())}
    assert found == {"prices", "signer", f"question-{required.id.hex}", f"question-{attached.id.hex}"}
    assert all(problem.sentence.endswith(".") for problem in rules.problems(asked, Answer()))


@pytest.mark.parametrize("price_e4", [0, -1, rules.MAX_UNIT_PRICE_E4 + 1])
def test_a_price_out_of_bounds_is_refused_even_past_the_form(price_e4: int) -> None:
    assert "bad_price" in codes(bread(price_e4))


def test_what_was_not_asked_is_refused() -> None:
    assert "unknown_line" in codes(Answer(prices=(TypedPrice(uuid4(), 9500, 550),), signer="M"))
    assert "unknown_place" in codes(bread(places=frozenset({uuid4()})))
    assert "unknown_question" in codes(bread(replies={uuid4(): "oui"}))
    assert "too_long" in codes(bread(note="x" * 4001))
    assert "vat_unsaid" in codes(bread(vat="peut-être"))


@pytest.mark.parametrize(
    ("kind", "text", "good"),
    [
        ("choice", "Oui", True),
        ("choice", "Peut-être", False),
        ("number", "12,5", True),
        ("number", "douze", False),
        ("number", "1e99", False),
    ],
)
def test_a_reply_fits_its_question(kind: str, text: str, good: bool) -> None:
    question = AskedQuestion(uuid4(), kind, ("Oui", "Non"))
    asked = Asked(frozenset({LINE}), frozenset(), (question,), ASKED.rates)
    assert (codes(bread(replies={question.id: text}), asked) == set()) is good


def test_a_receipt_number_has_no_letter_that_can_be_mistaken() -> None:
    numbers = {draw_number(random.choice) for _ in range(500)}
    assert all(len(number) == 7 and not set(number[3:]) & set("01OIL") for number in numbers)
    assert len(numbers) > 480


@pytest.mark.parametrize("typed", ["RX-4M2A", "rx4m2a", " 4m2a ", "RX 4M2A", "rx–4m2a"])
def test_a_receipt_number_is_found_however_it_is_typed(typed: str) -> None:
    assert rules.clean_receipt(typed) == "RX-4M2A"
