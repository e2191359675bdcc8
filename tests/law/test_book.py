from datetime import date, timedelta

import pytest

from sourcier.law.book import (
    CODE_IN_FORCE,
    COLUMNS,
    KINDS,
    SERIES,
    BadBook,
    UnknownRule,
    announced,
    book,
    read,
    rule,
    threshold,
)

D = date.fromisoformat
ONE = timedelta(days=1)

# Copied from the facts, not from the data file: series, kinds, euros, first day, last day.
GOODS, ALL = ("supplies", "services"), ("supplies", "services", "works")
FACTS = [
    ("exemption", ALL, 15_000, "2011-12-12", "2015-09-30"),
    ("exemption", ALL, 25_000, "2015-10-01", "2019-12-31"),
    ("exemption", GOODS, 40_000, "2020-01-01", "2026-03-31"),
    ("exemption", ("works",), 40_000, "2020-01-01", "2020-07-23"),
    ("exemption", ("works",), 70_000, "2020-07-24", "2020-12-08"),
    ("exemption", ("works",), 100_000, "2020-12-09", "2022-12-31"),
    ("exemption", ("works",), 100_000, "2023-01-01", "2024-12-31"),
    ("exemption", ("works",), 100_000, "2025-01-01", "2025-12-31"),
    ("exemption", ("works",), 100_000, "2026-01-01", None),
    ("exemption", GOODS, 60_000, "2026-04-01", None),
    ("formal", GOODS, 209_000, "2016-01-01", "2017-12-31"),
    ("formal", GOODS, 221_000, "2018-01-01", "2019-12-31"),
    ("formal", GOODS, 214_000, "2020-01-01", "2021-12-31"),
    ("formal", GOODS, 215_000, "2022-01-01", "2023-12-31"),
    ("formal", GOODS, 221_000, "2024-01-01", "2025-12-31"),
    ("formal", GOODS, 216_000, "2026-01-01", "2027-12-31"),
    ("formal", ("works",), 5_225_000, "2016-01-01", "2017-12-31"),
    ("formal", ("works",), 5_548_000, "2018-01-01", "2019-12-31"),
    ("formal", ("works",), 5_350_000, "2020-01-01", "2021-12-31"),
    ("formal", ("works",), 5_382_000, "2022-01-01", "2023-12-31"),
    ("formal", ("works",), 5_538_000, "2024-01-01", "2025-12-31"),
    ("formal", ("works",), 5_404_000, "2026-01-01", "2027-12-31"),
    ("buyer_profile", ALL, 25_000, "2018-10-01", "2019-12-31"),
    ("buyer_profile", ALL, 40_000, "2020-01-01", "2026-03-31"),
    ("buyer_profile", ALL, 60_000, "2026-04-01", None),
    ("essential_data", ALL, 25_000, "2018-10-01", "2019-12-31"),
    ("essential_data", ALL, 40_000, "2020-01-01", "2023-12-31"),
    ("essential_data", ALL, 40_000, "2024-01-01", None),
    ("year_list", ALL, 25_000, "2024-01-01", None),
    ("publicity", ALL, 90_000, "2019-04-01", None),
    ("written_contract", ALL, 25_000, "2019-04-01", None),
    ("vigilance", ALL, 5_000, "2019-04-01", None),
    ("innovation", ALL, 100_000, "2018-12-25", None),
    ("books", ("supplies",), 90_000, "2019-04-01", None),
    ("social", ("services",), 750_000, "2019-04-01", None),
    ("small_lot", GOODS, 80_000, "2019-04-01", None),
    ("small_lot", ("works",), 1_000_000, "2019-04-01", None),
    ("environment", ALL, 0, "2026-08-22", None),
]


def euros(series: str, kind: str, on: date) -> int | None:
    found = threshold(kind, on)[series]
    return None if found is None else found.amount_cents // 100


@pytest.mark.parametrize(("series", "kinds", "amount", "first", "last"), FACTS)
def test_each_rule_holds_on_its_first_and_last_day_and_its_neighbours_the_days_around(
    series: str, kinds: tuple[str, ...], amount: int, first: str, last: str | None
) -> None:
    for kind in kinds:
        assert euros(series, kind, D(first)) == amount
        before = next((f[2] for f in FACTS if f[0] == series and kind in f[1] and f[4] and D(f[4]) == D(first) - ONE), None)
        assert euros(series, kind, D(first) - ONE) == before
        if last is None:
            assert euros(series, kind, date(2060, 1, 1)) == amount
            continue
        assert euros(series, kind, D(last)) == amount
        after = next((f[2] for f in FACTS if f[0] == series and kind in f[1] and D(f[3]) == D(last) + ONE), None)
        assert euros(series, kind, D(last) + ONE) == after


def test_the_book_holds_the_facts_and_nothing_else_but_what_is_announced() -> None:
    assert {(r.series, r.kinds, r.amount_cents, r.first, r.last) for r in book() if r.confidence != "future"} == {
        (series, frozenset(kinds), amount * 100, D(first), D(last) if last else None)
        for series, kinds, amount, first, last in FACTS
    }


@pytest.mark.parametrize(
    ("series", "kind", "on", "wrong"),
    [
        ("exemption", "works", "2026-01-01", 40_000),
        ("formal", "works", "2018-06-01", 5_448_000),
        ("formal", "works", "2026-06-01", 5_382_000),
        ("exemption", "supplies", "2026-06-01", 40_000),
        ("formal", "supplies", "2026-06-01", 140_000),
        ("formal", "services", "2024-06-01", 140_000),
        ("exemption", "works", "2027-06-01", 140_000),
    ],
)
def test_the_wrong_values_seen_in_the_wild_never_come_out(series: str, kind: str, on: str, wrong: int) -> None:
    assert euros(series, kind, D(on)) != wrong


def test_the_state_s_thresholds_are_nowhere() -> None:
    state = {134_000, 135_000, 139_000, 140_000, 143_000, 144_000}
    assert not {known.amount_cents // 100 for known in book() if known.series == "formal"} & state


def test_a_day_outside_the_book_has_no_rule_and_never_the_last_one() -> None:
    assert euros("formal", "supplies", date(2028, 1, 1)) is None
    assert euros("exemption", "works", date(2011, 12, 11)) is None
    with pytest.raises(UnknownRule, match="Règle inconnue ce jour-là"):
        rule("formal", "works", date(2028, 1, 1))


def test_a_rule_without_a_first_day_applies_from_the_code_and_is_to_verify() -> None:
    found = rule("written_contract", "supplies", CODE_IN_FORCE)
    assert found.to_verify
    assert threshold("supplies", CODE_IN_FORCE - ONE)["written_contract"] is None


def test_what_is_uncertain_is_marked() -> None:
    marked = {known.id for known in book() if known.to_verify}
    assert {"D04", "D08", "D09", "D14", "L01", "K01"} <= marked
    assert not {"D05", "D06", "D07", "D10", "D11", "D12", "D13"} & marked


def test_what_is_announced_is_said_and_never_applied() -> None:
    assert [known.amount_cents for known in announced("works")] == [14_000_000]
    assert announced("supplies") == ()
    assert euros("exemption", "works", date(2027, 1, 1)) == 100_000


def test_every_rule_has_a_sentence_with_its_amount_and_an_article() -> None:
    for known in book():
        assert known.article and known.basis and known.sentence.endswith(".")
        assert "{" not in known.sentence
        if known.amount_cents:
            assert "€" in known.sentence
    assert {known.series for known in book()} == set(SERIES)


def test_an_unknown_kind_or_series_is_refused() -> None:
    with pytest.raises(ValueError, match="chairs"):
        threshold("chairs", date(2026, 1, 1))
    with pytest.raises(ValueError, match="nothing"):
        rule("nothing", "works", date(2026, 1, 1))
    assert set(KINDS) == set(ALL)


def line(**changed: str) -> str:
    cells = {
        "id": "X1", "series": "formal", "kinds": "works", "euros": "10", "from": "2020-01-01", "to": "2020-12-31",
        "article": "art.", "basis": "b", "confidence": "sure", "sentence": "Dès {amount}.",
    }  # fmt: skip
    return "\t".join((cells | changed).values())


HEADER = "\t".join(COLUMNS)
NEXT = {"id": "X2", "from": "2021-01-01", "to": ""}


def test_a_good_book_is_read() -> None:
    first, second = read([HEADER, line(), line(**NEXT)])
    assert (first.amount_cents, first.sentence) == (1000, "Dès 10\u00a0€.")
    assert second.last is None


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [HEADER + "\tnote", line()],
        [HEADER, line() + "\textra"],
        [HEADER, line(series="formel")],
        [HEADER, line(kinds="works chairs")],
        [HEADER, line(kinds="")],
        [HEADER, line(confidence="maybe")],
        [HEADER, line(euros="10,5")],
        [HEADER, line(euros="-1")],
        [HEADER, line(article="")],
        [HEADER, line(sentence="Dès {euros}.")],
        [HEADER, line(**{"from": "2020-02-30"})],
        [HEADER, line(to="2019-12-31")],
        [HEADER, line(), line()],
        [HEADER, line(), line(**NEXT | {"from": "2020-12-31"})],
        [HEADER, line(), line(**NEXT | {"from": "2021-01-02"})],
        [HEADER, line(to=""), line(**NEXT)],
    ],
    ids=[
        "empty", "unknown column", "too many cells", "unknown series", "unknown kind", "no kind", "unknown confidence",
        "not whole euros", "negative", "no article", "unknown key in the sentence", "no such day", "ends before it begins",
        "same id", "overlap", "gap", "open then followed",
    ],
)  # fmt: skip
def test_a_book_that_contradicts_itself_is_refused(lines: list[str]) -> None:
    with pytest.raises(BadBook):
        read(lines)
