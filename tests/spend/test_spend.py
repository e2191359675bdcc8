from datetime import date
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from sourcier.journal.models import Entry
from sourcier.kernel.activities import NAF_REV2, Activity
from sourcier.kernel.transitions import Refused
from sourcier.spend.actions import commit, load_families
from sourcier.spend.models import Commitment, Family
from sourcier.spend.nomenclature import lines
from sourcier.spend.queries import (
    families_of_year,
    family_total,
    last_price,
    operation_total,
    propose_family,
    without_family,
    years,
)
from sourcier.spend.rules import Use, fit
from tests.cities import City

amounts = st.integers(0, 10**12)


def bread(city: City) -> Family:
    return Family.objects.get(organisation=city.organisation, code="10.01")


def engage(city: City, cents: int, on: date, family: Family | None = None, **fields: object) -> Commitment:
    given = {
        "award_id": uuid4(), "operation_id": uuid4(), "family": family, "department": city.department, "siret": "",
        "supplier": "Fournil", "label": "Pain", "amount_cents": cents, "engaged_on": on,
    } | fields  # fmt: skip
    return commit(city.buyer, **given)  # type: ignore[arg-type]


def test_the_families_are_loaded_once_and_the_journal_tells(city: City) -> None:
    assert load_families(city.organisation, city.head_buyer) == len(lines())
    entry = Entry.objects.filter(log=city.organisation.pk).latest("index")
    assert (entry.verb, entry.actor) == ("families.loaded", city.head_buyer.id.hex)
    before = Entry.objects.count()
    with pytest.raises(Refused, match="nothing_new"):
        load_families(city.organisation)
    assert Entry.objects.count() == before


def test_only_the_families_that_are_missing_are_added(city: City) -> None:
    Family.objects.create(organisation=city.organisation, code="10.01", label="Notre pain", kind="supplies")
    assert load_families(city.organisation) == len(lines()) - 1
    assert bread(city).label == "Notre pain"


def test_a_buyer_an_auditor_or_another_city_loads_nothing(city: City, other_city: City) -> None:
    for agent in (city.buyer, city.auditor, city.requester, city.admin, other_city.head_buyer):
        with pytest.raises(Refused, match="not_you"):
            load_families(city.organisation, agent)
    assert not Family.objects.exists()


def test_a_total_is_that_of_the_family_the_city_and_the_calendar_year(city: City, other_city: City) -> None:
    load_families(city.organisation)
    load_families(other_city.organisation)
    engage(city, 100, date(2026, 1, 1), bread(city))
    engage(city, 20, date(2026, 12, 31), bread(city))
    engage(city, 3, date(2025, 12, 31), bread(city))
    engage(city, 4, date(2027, 1, 1), bread(city))
    engage(city, 5, date(2026, 6, 1))
    engage(other_city, 6, date(2026, 6, 1), bread(other_city))
    assert family_total(city.organisation, bread(city), 2026) == 120
    assert without_family(city.organisation, 2026) == 5
    assert years(city.organisation) == [2027, 2026, 2025]
    rows = {row.family.code: row for row in families_of_year(city.organisation, 2026)}
    assert len(rows) == len(lines())
    assert (rows["10.01"].committed_cents, rows["10.01"].purchases, rows["10.01"].suppliers) == (120, 2, 1)
    assert rows["10.02"].committed_cents == 0


def test_an_operation_adds_up_its_lots(city: City) -> None:
    operation = uuid4()
    engage(city, 100, date(2026, 1, 1), operation_id=operation)
    engage(city, 50, date(2026, 1, 2), operation_id=operation)
    engage(city, 7, date(2026, 1, 2))
    assert operation_total(city.organisation, operation) == 150


def test_the_last_price_is_the_latest_purchase_of_the_family(city: City) -> None:
    load_families(city.organisation)
    assert last_price(city.organisation, bread(city)) is None
    latest = engage(city, 200, date(2026, 3, 1), bread(city))
    engage(city, 100, date(2025, 3, 1), bread(city))
    engage(city, 0, date(2026, 4, 1), bread(city))
    assert last_price(city.organisation, bread(city)) == latest


def test_a_choice_commits_once(city: City) -> None:
    award = uuid4()
    engage(city, 1, date(2026, 1, 1), award_id=award)
    with pytest.raises(IntegrityError), transaction.atomic():
        engage(city, 1, date(2026, 1, 1), award_id=award)


def test_a_negative_amount_or_a_family_of_another_city_is_refused(city: City, other_city: City) -> None:
    load_families(other_city.organisation)
    with pytest.raises(Refused, match="negative"):
        engage(city, -1, date(2026, 1, 1))
    with pytest.raises(ValueError, match="organisation"):
        engage(city, 1, date(2026, 1, 1), bread(other_city))
    with pytest.raises(ValueError, match="organisation"):
        engage(city, 1, date(2026, 1, 1), department=other_city.department)
    assert not Commitment.objects.exists()


@pytest.mark.parametrize(
    ("codes", "family"),
    [
        (["10.71C", "47.24Z"], "10.01"),
        (["10.71C"], "10.01"),
        (["10.71D", "10.71C"], "10.02"),
        (["81.30Z"], "11.05"),
        (["43.34Z"], "30.16"),
        (["01.11Z"], None),
        ([], None),
    ],
)
def test_the_family_is_proposed_from_the_activities(city: City, codes: list[str], family: str | None) -> None:
    load_families(city.organisation)
    proposed = propose_family(city.organisation, [Activity(NAF_REV2, code) for code in codes])
    assert (proposed.code if proposed else None) == family


def test_no_family_of_another_city_is_proposed(city: City, other_city: City) -> None:
    load_families(other_city.organisation)
    assert propose_family(city.organisation, [Activity(NAF_REV2, "10.71C")]) is None


def test_the_page_of_families_costs_the_same_for_one_and_three_purchases(city: City) -> None:
    load_families(city.organisation)
    counts = []
    for total in (1, 3):
        while Commitment.objects.count() < total:
            engage(city, 100, date(2026, 1, 1), bread(city))
        with CaptureQueriesContext(connection) as queries:
            families_of_year(city.organisation, 2026)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 6


@given(amounts, amounts, amounts, st.integers(1, 10**12))
def test_more_spent_never_lowers_the_level_and_100_means_reached(committed: int, here: int, more: int, limit: int) -> None:
    use, heavier = Use(committed, here, limit), Use(committed, here + more, limit)
    assert use.level <= heavier.level
    assert use.percent <= heavier.percent
    assert (use.level == 100) == (use.total_cents >= limit)
    assert use.left_cents == max(0, limit - use.total_cents)


def test_what_shares_nothing_does_not_fit() -> None:
    assert fit([("NAFRev2", "10.71C")], {("NAF2025", "10.71C")}) is None
    assert fit([], {("NAFRev2", "10.71C")}) is None
