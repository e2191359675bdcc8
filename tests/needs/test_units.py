from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from sourcier.kernel.transitions import Refused
from sourcier.needs import actions, queries
from sourcier.needs.models import Need
from sourcier.spend.actions import commit, load_families, open_unit
from sourcier.spend.models import Commitment, Family, Order, OrderBatch, Unit
from sourcier.spend.totals import unit_total
from sourcier.vault.actions import store_bytes
from tests.cities import City
from tests.journal.entries import writes, writes_nothing
from tests.web.test_rule import as_, words

TODAY = timezone.localdate()


@pytest.fixture
def need(city: City) -> Need:
    load_families(city.organisation)
    return planned(city, 10_000)


def planned(city: City, euros: int, code: str = "10.01", kind: str = "supplies", unit: Unit | None = None) -> Need:
    """A need sent to the buyer, in its family and its unit."""
    need = actions.start(city.requester, "Pour la fête de la ville")
    need = actions.save(
        city.requester, need.pk, need.version, what="Pain", how_much="1", estimate_cents=euros * 100, unknown=["where", "when"]
    )
    actions.submit(city.requester, need.pk)
    need.refresh_from_db()
    return actions.save(city.buyer, need.pk, need.version, kind=kind, family=family(city, code), unit=unit)


def family(city: City, code: str = "10.01") -> Family:
    return Family.objects.get(organisation=city.organisation, code=code)


def opened(city: City, nature: str = "functional", label: str = "Fête de la ville") -> Unit:
    return open_unit(city.buyer, nature=nature, label=label, reason="Un même projet")


def engage(
    city: City, euros: int, code: str, unit: Unit | None = None, on: date = TODAY, operation: UUID | None = None
) -> Commitment:
    return commit(
        city.buyer, award_id=uuid4(), operation_id=operation or uuid4(), family=family(city, code), unit=unit,
        department=city.department, siret="", supplier="Fournil", label="Pain", amount_cents=euros * 100, engaged_on=on,
    )  # fmt: skip


def order(city: City, euros: int, unit: Unit | None = None, operation: UUID | None = None) -> Order:
    batch = OrderBatch.objects.filter(organisation=city.organisation).first() or OrderBatch.objects.create(
        organisation=city.organisation, file=store_bytes(city.organisation.pk, b"a;b", "x.csv"), columns={},
        asked_by=city.buyer.user, asked_at=timezone.now(),
    )  # fmt: skip
    return Order.objects.create(
        organisation=city.organisation, batch=batch, line=1, ordered_on=TODAY, amount_cents=euros * 100, unit=unit,
        operation_id=operation, fingerprint=uuid4().hex,
    )  # fmt: skip


def test_a_functional_unit_adds_up_its_families_and_years_and_the_higher_total_rules(city: City, need: Need) -> None:
    unit = opened(city)
    engage(city, 20_000, "10.01")
    long_ago = TODAY - timedelta(days=800)
    operation = uuid4()
    engage(city, 5_000, "11.05", unit, long_ago, operation)
    order(city, 6_000, operation=operation)  # 1 000 beyond the choice
    order(city, 2_000, unit)
    planned(city, 3_000, "11.05", "services", unit)
    assert unit_total(unit) == 8_000_00
    need = actions.save(city.buyer, need.pk, need.version, unit=unit)
    rule = queries.rule_of_day(need, need.family, "supplies", TODAY)
    assert (rule["sum_of"], rule["used_cents"], rule["planned_cents"]) == ("own", 20_000_00, 0)
    assert "11 000 € HT" in rule["sentences"][0].replace("\u202f", " ").replace("\xa0", " ")
    assert rule["sentences"][1].endswith("celui de la famille.")
    engage(city, 40_000, "11.05", unit, long_ago)
    rule = queries.rule_of_day(need, need.family, "supplies", TODAY)
    assert (rule["sum_of"], rule["used_cents"], rule["planned_cents"]) == ("unit", 51_000_00, 3_000_00)
    crossed = queries.crosses(need, TODAY)
    assert crossed and crossed["total_cents"] == 61_000_00
    text = words(as_(city.buyer).get(reverse("rule", args=[need.pk])))
    assert "l'unité « Fête de la ville » atteint 101 %" in text


def test_works_add_up_by_their_operation_instead_of_alone_and_count_what_the_city_supplies(city: City, need: Need) -> None:
    unit = opened(city, "works", "École Jaurès")
    engage(city, 95_000, "30.16", unit)
    works = planned(city, 4_000, "30.16", "works", unit)
    assert queries.crosses(works, TODAY) is None
    need = actions.save(city.buyer, need.pk, need.version, unit=unit)  # paint bought for the works
    crossed = queries.crosses(works, TODAY)
    assert crossed and crossed["total_cents"] == 109_000_00
    rule = queries.rule_of_day(need, need.family, "supplies", TODAY)
    assert (rule["used_cents"], "École Jaurès" in rule["sentences"][0]) == (0, True)


def test_a_unit_is_opened_by_a_buyer_with_its_reason_and_chosen_on_the_page_of_the_need(
    city: City, other_city: City, need: Need
) -> None:
    page, given = reverse("units"), {"nature": "functional", "label": "Rentrée", "first_on": TODAY.isoformat()}
    buyer = as_(city.buyer)
    with writes_nothing(city.organisation.pk):
        assert buyer.post(page, given).status_code == 422
        assert as_(city.requester).post(page, given).status_code == 403
        with pytest.raises(Refused, match="not_you"):
            open_unit(city.requester, nature="works", label="x", reason="y")
    with writes(city.organisation.pk, "unit.opened"):
        assert buyer.post(page, given | {"reason": "La rentrée de toutes les écoles"}).status_code == 302
    assert buyer.post(page, given | {"label": "RENTRÉE", "reason": "Encore"}).status_code == 422
    unit, strange = Unit.objects.get(), opened(other_city)
    complete = {"title": "Pain", "kind": "supplies", "family": family(city).pk, "version": need.version}
    address = reverse("need_complete", args=[need.pk])
    assert buyer.post(address, complete | {"unit": strange.pk}).status_code == 422
    with writes(city.organisation.pk, "need.saved"):
        assert buyer.post(address, complete | {"unit": unit.pk}).status_code == 302
    need.refresh_from_db()
    assert need.unit == unit
    assert "Rentrée" in words(as_(city.requester).get(reverse("need", args=[need.pk])))
    refused = buyer.post(address, complete | {"unit": unit.pk, "kind": "works", "version": need.version})
    assert refused.status_code == 422 and "Choisissez une opération de travaux" in words(refused)
    assert "10 000 €" in words(as_(city.auditor).get(page))
