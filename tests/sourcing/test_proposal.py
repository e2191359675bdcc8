"""What the tool proposes from the words of a need, and the days it counts."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcier.kernel.french import PARIS
from sourcier.sourcing import proposal
from sourcier.sourcing.working_days import (
    LEAST_DAYS,
    POST_DAYS,
    add_working_days,
    is_working,
    propose_deadline,
    region,
    reminders,
    warning,
    working_days_between,
)

YEAR = (date(2027, 1, 1), date(2027, 12, 31))


@pytest.mark.parametrize(
    ("said", "unit", "quantity"),
    [
        ("60 baguettes par jour", "baguette", 60 * 254),
        ("60 baguettes par jour, sept jours sur sept", "baguette", 60 * 365),
        ("3 passages par semaine", "passage", 3 * 52),
        ("1 200 repas par mois", "repas", 1200 * 12),
        ("4 ordinateurs", "ordinateur", 4),
        ("2,5 tonnes par an", "tonne", 2.5),
        ("0 baguette", "forfait", 1),
        ("Cent baguettes", "forfait", 1),
        ("", "forfait", 1),
        ("je ne sais pas encore", "forfait", 1),
    ],
)
def test_a_quantity_is_read_with_its_rhythm_over_the_period(said: str, unit: str, quantity: float) -> None:
    found, milli, _ = proposal.quantity(said, *YEAR, "93110")
    assert (found, milli) == (unit, quantity * 1000)


@given(st.text(max_size=300), st.none() | st.dates(), st.none() | st.dates())
def test_any_words_give_a_line_that_can_be_saved(said: str, starts: date | None, ends: date | None) -> None:
    if starts and ends and not 0 <= (ends - starts).days < 4000:
        return
    [line] = proposal.lines("Du pain", said, [], starts if starts and starts.year < 9000 else None, ends, "93110")
    assert 0 < line.quantity_milli <= proposal.MOST_MILLI
    assert 0 < len(line.unit) <= proposal.UNIT_LENGTH


def test_each_lot_has_its_line() -> None:
    lines = proposal.lines("Travaux", "", [(1, "Peinture"), (2, "Sols")], None, None, "93110")
    assert [(line.lot, line.designation) for line in lines] == [(1, "Peinture"), (2, "Sols")]


def test_a_quantity_said_for_the_whole_need_is_not_that_of_each_lot() -> None:
    lines = proposal.lines("Pain et lait", "60 baguettes par jour", [(1, "Pain"), (2, "Lait")], *YEAR, "93110")
    assert [(line.unit, line.quantity_milli) for line in lines] == [("forfait", 1000), ("forfait", 1000)]


@pytest.mark.parametrize("kind", ["supplies", "services", "works", "", "autre"])
def test_proposed_weights_make_100_with_one_price_criterion(kind: str) -> None:
    criteria = proposal.criteria(kind)
    assert sum(item.weight for item in criteria) == 100
    assert [item.kind for item in criteria].count("price") == 1


def test_holidays_are_those_of_the_place() -> None:
    assert not is_working(date(2026, 7, 14), "93110")
    assert is_working(date(2026, 4, 3), "93110") and not is_working(date(2026, 4, 3), "67000")  # Good Friday in Alsace
    assert is_working(date(2026, 5, 27), "93110") and not is_working(date(2026, 5, 27), "97100")  # abolition in Guadeloupe
    assert (region("57000"), region("97400"), region("75001")) == ("57", "974", None)


@given(st.dates(date(2024, 1, 1), date(2030, 1, 1)), st.integers(1, 30))
def test_the_days_added_are_the_days_counted(day: date, count: int) -> None:
    later = add_working_days(day, count, "93110")
    assert is_working(later, "93110")
    assert working_days_between(day, later, "93110") == count


def test_the_deadline_proposed_is_at_noon_of_a_working_day_ten_working_days_later() -> None:
    proposed = propose_deadline("rfq", datetime(2026, 12, 18, 9, tzinfo=UTC), "93110")
    assert proposed.isoformat() == "2027-01-05T12:00:00+01:00"
    assert warning("rfq", proposed, datetime(2026, 12, 18, 9, tzinfo=UTC), "93110") == ""


def test_the_days_of_the_post_lengthen_the_deadline_proposed_and_a_shorter_one_is_said() -> None:
    now = datetime(2026, 9, 1, 8, tzinfo=UTC)
    usual, longer = propose_deadline("rfq", now, "93110"), propose_deadline("rfq", now, "93110", letters=True)
    assert working_days_between(usual.date(), longer.date(), "93110") == POST_DAYS
    six_days = datetime(2026, 9, 9, 10, tzinfo=UTC)
    assert warning("rfq", six_days, now, "93110") == ""
    assert "par courrier" in warning("rfq", six_days, now, "93110", letters=True)
    assert warning("rfq", longer, now, "93110", letters=True) == ""


@given(st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)), st.integers(0, 90))
def test_reminders_come_at_nine_of_working_days_twice_at_most_and_before_the_last_two(sent: datetime, days: int) -> None:
    deadline = sent + timedelta(days=days)
    moments = reminders(sent, deadline, "93110")
    assert len(moments) <= 2 and moments == sorted(set(moments))
    for moment in moments:
        assert sent.astimezone(PARIS).date() < moment.date() and is_working(moment.date(), "93110")
        assert (moment.hour, moment.minute) == (9, 0)
        assert working_days_between(moment.date(), deadline.astimezone(PARIS).date(), "93110") >= 2


def test_a_short_deadline_or_one_on_a_sunday_is_said_and_not_refused() -> None:
    now = datetime(2026, 9, 1, 8, tzinfo=UTC)
    assert "1 jour ouvré " in warning("rfq", datetime(2026, 9, 2, 10, tzinfo=UTC), now, "93110")
    assert "dimanche" in warning("rfq", datetime(2026, 9, 20, 10, tzinfo=UTC), now, "93110")
    assert LEAST_DAYS["direct"] == 1
