import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from sourcier.needs import actions, queries
from sourcier.needs.recurrence import Length, length_refusal
from sourcier.spend.actions import load_families
from tests.cities import City
from tests.journal.entries import writes, writes_nothing
from tests.needs.test_units import engage, family, planned
from tests.web.test_rule import as_, words

TODAY = timezone.localdate()


@pytest.mark.parametrize(
    ("length", "counted", "said"),
    [
        (Length(), 12_000_00, ""),
        (Length(True, 12, 24), 36_000_00, "12 000 € par an × 3 ans, options comprises : 36 000 € HT (CCP art. R.2121-1)."),
        (Length(True, 18, 0), 18_000_00, "12 000 € par an × 18 mois : 18 000 € HT (CCP art. R.2121-1)."),
        (Length(True, None, 0), 12_000_00,
         "Cet achat revient, sans fin fixée : douze mois sont comptés, 12 000 € HT (CCP art. R.2121-7)."),
        (Length(False, 36, 12), 12_000_00,
         "Montant pour toute la durée, 4 ans, options comprises : 12 000 € HT (CCP art. R.2121-1)."),
    ],
)  # fmt: skip
def test_the_whole_length_is_counted_with_its_options_else_twelve_months(length: Length, counted: int, said: str) -> None:
    assert length.counted(12_000_00) == counted
    assert length.words(12_000_00).replace("\xa0", " ").replace("\u202f", " ") == said
    assert (length.counted(None), length.words(None)) == (None, "")


@given(st.integers(1, 10**11), st.integers(1, 120), st.integers(0, 120), st.integers(0, 120))
def test_more_months_never_lower_what_is_counted(cents: int, months: int, options: int, more: int) -> None:
    counted = Length(True, months, options).counted(cents)
    longer = Length(True, months, options + more).counted(cents)
    assert counted and longer and longer >= counted >= cents * (months + options) / 12
    assert length_refusal(months, options) is None
    assert length_refusal(None, options + 1) and length_refusal(0, 0) and length_refusal(121, 0)


@pytest.mark.django_db
def test_a_need_that_comes_back_counts_whole_in_its_rule_and_in_that_of_its_neighbours(city: City) -> None:
    load_families(city.organisation)
    need, other = planned(city, 12_000), planned(city, 1_000)
    engage(city, 10_000, "10.01")
    page = reverse("need_length", args=[need.pk])
    buyer = as_(city.buyer)
    assert "Les douze derniers mois de la famille Pain et viennoiseries : 10 000 €" in words(buyer.get(page))
    with writes_nothing(city.organisation.pk):
        assert buyer.post(page, {"estimate": "yearly", "options_months": "24"}).status_code == 422
        assert as_(city.requester).get(page).status_code == 404  # it is with the buyer
        assert as_(city.auditor).get(page).status_code == 403
    with writes(city.organisation.pk, "need.saved"):
        assert buyer.post(page, {"estimate": "yearly", "duration_months": "12", "options_months": "24"}).status_code == 302
    need.refresh_from_db()
    rule = queries.rule_of_day(need, need.family, "supplies", TODAY)
    assert (rule["amount_cents"], rule["used_cents"], rule["planned_cents"]) == (36_000_00, 11_000_00, 1_000_00)
    assert rule["sentences"][0].startswith("12")
    assert queries.rule_of_day(other, other.family, "supplies", TODAY)["planned_cents"] == 36_000_00


@pytest.mark.django_db
def test_the_department_sees_how_full_the_family_is_while_it_writes_and_before_anybody_said_the_family(city: City) -> None:
    load_families(city.organisation)
    engage(city, 40_000, "10.01")
    need = actions.start(city.requester, "Pain frais pour les crèches")
    client = as_(city.requester)
    assert "Où en est la limite" not in words(client.get(reverse("need", args=[need.pk])))
    actions.save(city.requester, need.pk, need.version, estimate_cents=21_000_00)
    for page in ("need", "need_edit"):
        text = words(client.get(reverse(page, args=[need.pk])))
        assert "la famille Pain et viennoiseries atteint 101 % de la limite" in text and "limite atteinte" in text
        assert "Famille proposée d'après le besoin" in text
    assert family(city).label in text
