"""« Pas toujours la même » : shares over three years, counted once, by SIREN or by name; who was asked, who never was."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from sourcier.accounts.actions import update_organisation
from sourcier.insights.rotation import family_rotation
from sourcier.spend.actions import load_families
from sourcier.spend.models import Commitment, Family, Order
from sourcier.spend.rotation import rotation, rotations
from tests.cities import City, siret
from tests.spend.test_orders import csv, imported
from tests.web.clients import signed_in

pytestmark = pytest.mark.django_db
FOURNIL = siret(40)


def bread(city: City) -> Family:
    load_families(city.organisation)
    return Family.objects.get(organisation=city.organisation, code="10.01")


def line(number: str, days_ago: int, firm: str, amount: str, department: str = "", number_of_firm: str = "") -> list[str]:
    day = timezone.localdate() - timedelta(days=days_ago)
    return [number, f"{day:%d/%m/%Y}", firm, number_of_firm, "Pain", amount, "10.01", department]


def bought(city: City, family: Family, days_ago: int, firm: str, cents: int, number_of_firm: str = "") -> Commitment:
    return Commitment.objects.create(
        organisation=city.organisation, family=family, siret=number_of_firm, supplier=firm,
        label="Pain", amount_cents=cents, engaged_on=timezone.localdate() - timedelta(days=days_ago),
        operation_id=uuid4(), department=city.department,
    )  # fmt: skip


def test_orders_and_choices_of_one_firm_add_up_once_by_siren_or_by_name(city: City, other_city: City) -> None:
    family = bread(city)
    imported(
        city.buyer,
        csv(
            line("E1", 30, "Fournil du Lac", "6 000", "Petite enfance", FOURNIL),
            line("E2", 20, "FOURNIL DU LAC", "1 000", "", FOURNIL[:9]),
            line("E3", 400, "fournil  du lac", "1 000"),
            line("E4", 10, "Boulange", "2 000"),
            line("E5", 4 * 366, "Boulange", "90 000"),
        ),
    )
    bought(city, family, 5, "Fournil du Lac", 2_000_00, FOURNIL)
    found = rotation(city.organisation, family, timezone.localdate())
    first, second = found.shares
    assert (first.name.casefold(), first.cents, first.purchases, first.percent) == ("fournil du lac", 10_000_00, 4, 83)
    assert first.last_on == timezone.localdate() - timedelta(days=5)
    assert (second.purchases, second.percent, found.purchases) == (1, 16, 5)
    assert first.over(50) and first.over(83) and not first.over(84) and not second.over(1)
    for number, name in ((FOURNIL, "Autre enseigne"), ("", "Fournil du Lac")):
        assert found.of(number, name) is first
    assert found.of(siret(41), "Inconnue") is None
    [own] = rotations(city.organisation, timezone.localdate(), department_id=city.department.pk).values()
    assert own.cents == 8_000_00
    assert rotations(other_city.organisation, timezone.localdate()) == {}


def test_what_an_operation_ordered_is_not_added_to_its_choice(city: City) -> None:
    family = bread(city)
    chosen = bought(city, family, 30, "Fournil du Lac", 5_000_00, FOURNIL)
    imported(city.buyer, csv(line("E1", 20, "Fournil du Lac", "4 000", "", FOURNIL)))
    Order.objects.update(operation_id=chosen.operation_id)
    assert rotation(city.organisation, family, timezone.localdate()).cents == 5_000_00


def test_the_page_shows_shares_by_family_by_department_and_exports_them(city: City, other_city: City) -> None:
    auditor = signed_in(city.auditor)
    assert "Aucun achat en trois ans" in auditor.get(reverse("rotation")).content.decode()
    family = bread(city)
    for days, firm in ((5, "Fournil du Lac"), (40, "Fournil du Lac"), (90, "Fournil du Lac"), (95, "Boulange")):
        bought(city, family, days, firm, 1_000_00)
    page = auditor.get(reverse("rotation")).content.decode()
    assert "Fournil du Lac" in page and "75&nbsp;%" in page and "au-delà de 50&nbsp;%" in page
    detail = auditor.get(reverse("rotation"), {"famille": "10.01"}).content.decode()
    assert "Boulange" in detail and "jamais" in detail
    table = auditor.get(reverse("rotation"), {"export": "csv"}).content.decode("utf-8-sig")
    assert "Boulange" in table and ";oui;" in table
    assert "Boulange" not in signed_in(other_city.auditor).get(reverse("rotation")).content.decode()
    assert signed_in(city.requester).get(reverse("rotation")).status_code == 403
    update_organisation(city.head_buyer, rotation_percent=80)
    city.organisation.refresh_from_db()
    one = family_rotation(city.organisation, family, timezone.localdate())
    assert one and not one.over and one.lines[0][1] is None
