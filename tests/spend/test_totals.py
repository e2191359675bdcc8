"""Totals of a drawn year, against sums made apart over the same lines: a family, a unit, a supplier, a year."""

import random
from collections import defaultdict
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from django.urls import reverse

from sourcier.spend.actions import commit, load_families, open_unit
from sourcier.spend.models import Commitment, Family, Unit
from sourcier.spend.queries import families_of_year, family_total, without_family
from sourcier.spend.suppliers import suppliers_of_year
from sourcier.spend.totals import unit_totals
from tests.cities import City, siret
from tests.spend.test_orders import csv, imported
from tests.web.test_rule import as_, words

pytestmark = pytest.mark.django_db
CODES = ["10.01", "11.05", "14.02", "30.16", ""]
FIRMS = [("Fournil du Lac", siret(11)), ("Jardins Vellon", siret(12)), ("Menuiserie Ostrel", ""), ("FOURNIL DU LAC", "")]


def test_totals_are_those_of_a_spreadsheet_computed_apart(city: City) -> None:
    load_families(city.organisation)
    families = {family.code: family for family in Family.objects.filter(organisation=city.organisation, code__in=CODES)}
    units: list[Unit | None] = [
        open_unit(city.buyer, nature=nature, label=nature, reason="Un projet") for nature in ("functional", "works")
    ]
    draw = random.Random(2121)
    by_family: defaultdict[tuple[str, int], int] = defaultdict(int)
    by_supplier: defaultdict[tuple[str, int], int] = defaultdict(int)
    by_unit: defaultdict[UUID, int] = defaultdict(int)
    rows = []
    for number in range(60):
        name, firm = draw.choice(FIRMS)
        code, on, cents = (
            draw.choice(CODES),
            date(2024, 1, 1) + timedelta(draw.randrange(1_000)),
            draw.randrange(100, 9_000_000),
        )
        by_family[code, on.year] += cents
        by_supplier["Menuiserie" if "Menuiserie" in name else "Fournil" if "ourn" in name.lower() else "Jardins", on.year] += (
            cents
        )
        if number % 3:
            amount = f"{cents // 100},{cents % 100:02d}"
            rows.append([f"E{number}", f"{on:%d/%m/%Y}", name, firm, f"Objet {number}", amount, code, ""])
            continue
        unit = draw.choice([*units, None])
        if unit:
            by_unit[unit.pk] += cents
        commit(
            city.buyer, award_id=uuid4(), operation_id=uuid4(), family=families.get(code), unit=unit, department=None,
            siret=firm, supplier=name, label="Choisi", amount_cents=cents, engaged_on=on,
        )  # fmt: skip
    Commitment.objects.update(operation_id=None)  # no choice explains an order
    assert imported(city.buyer, csv(*rows)).unread == []
    for year in (2024, 2025, 2026):
        found = {row.family.code: row.committed_cents for row in families_of_year(city.organisation, year)}
        for code in CODES:
            told = found[code] if code else without_family(city.organisation, year)
            assert told == by_family[code, year], (code, year)
            assert not code or family_total(city.organisation, families[code], year) == told
        suppliers = suppliers_of_year(city.organisation, year)
        assert {line.name.split()[0].title(): line.cents for line in suppliers} == {
            name: cents for (name, of), cents in by_supplier.items() if of == year
        }
        assert sum(line.cents for line in suppliers) == sum(found.values()) + without_family(city.organisation, year)
    assert unit_totals([unit for unit in units if unit]) == {unit.pk: by_unit[unit.pk] for unit in units if unit}


def test_the_page_of_suppliers_counts_what_goes_beyond_a_choice_once_and_exports(city: City, other_city: City) -> None:
    load_families(city.organisation)
    bread, operation = Family.objects.get(organisation=city.organisation, code="10.01"), uuid4()
    commit(
        city.buyer, award_id=uuid4(), operation_id=operation, family=bread, department=None, siret=siret(11),
        supplier="Fournil du Lac", label="Pain", amount_cents=1_000_00, engaged_on=date(2026, 2, 1),
    )  # fmt: skip
    row = ["E1", "05/03/2026", "Fournil", siret(11), "Pain", "1200", "10.01", ""]
    imported(city.buyer, csv(row, ["E2", "06/03/2026", "Ostrel", "", "Banc", "300", "14.02", ""]))
    (first, second) = suppliers_of_year(city.organisation, 2026)
    assert (first.cents, first.siren, second.cents) == (1_200_00, siret(11)[:9], 300_00)
    page = reverse("year_suppliers") + "?annee=2026"
    text = words(as_(city.auditor).get(page))
    assert "2 fournisseurs, 1 500 € HT" in text and "80 %" in text
    assert "Ostrel" in as_(city.auditor).get(page + "&export=csv").content.decode()
    assert "Ostrel" not in words(as_(other_city.auditor).get(page))
    assert as_(city.requester).get(page).status_code == 403
