"""Constraints of a need against what registered firms say: kept with both quotes, and nobody moves for it."""

from datetime import time
from pathlib import Path
from typing import Any

import pytest

from sourcier.journal.models import Entry
from sourcier.journal.queries import payload_of
from sourcier.kernel.transitions import Refused
from sourcier.sourcing import constraints, finding
from sourcier.sourcing.actions import panel
from sourcier.sourcing.models import Sourcing
from sourcier.suppliers.models import FirmPlace
from tests.cities import City
from tests.sourcing.stock import LEFORT, MATHILDE, PERRIER, Shop
from tests.sourcing.test_own_words import describe, order, searched

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def register(bakeries: Path, settings: Any) -> None:
    settings.REGISTER = str(bakeries)


def said(city: City, sourcing: Sourcing, shop: Shop) -> dict[str, Any]:
    return finding.why(finding.by_siret(shop.siret), finding.context(sourcing))[-1]


def states(reason: dict[str, Any]) -> dict[str, str]:
    return {row["label"]: row["state"] for row in reason.get("constraints", ())}


def test_the_constraints_of_a_need_are_read_in_its_own_words(city: City) -> None:
    read = {each.label: each.quote for each in constraints.of(searched(city).need)}
    assert read["Quantité"] == "60 baguettes par jour" and {"Livraison à l'heure", "Jours"} < read.keys()


def test_what_a_firm_ticks_and_what_it_writes_answer_alike(city: City) -> None:
    sourcing = searched(city)
    describe(city, MATHILDE, can_heure=time(6), can_maximum=200)
    describe(city, PERRIER, words="Livraison dès 8 h. Minimum 200 baguettes.")
    ticked, written = said(city, sourcing, MATHILDE), said(city, sourcing, PERRIER)
    assert states(ticked) | {"Livraison à l'heure": "met", "Quantité": "met"} == states(ticked)
    assert states(written) | {"Livraison à l'heure": "not_met", "Quantité": "not_met"} == states(written)
    assert [row["told"] for row in written["constraints"] if row["label"] == "Quantité"] == [["Minimum 200 baguettes"]]
    assert states(said(city, sourcing, LEFORT)) == {}, "a firm that said nothing is told nothing of"


def test_saying_no_or_yes_moves_nobody(city: City) -> None:
    sourcing = searched(city)
    before = order(sourcing, "pertinence")
    describe(city, PERRIER, words="Ouvert dès 5 h.", can_delai=4)
    describe(city, MATHILDE, words="Pas de livraison. Commande minimum 200 baguettes.")
    assert order(sourcing, "pertinence") == before
    assert {said(city, sourcing, shop)["points"] for shop in (MATHILDE, PERRIER, LEFORT)} == {90}
    assert (
        "rien dit" in said(city, sourcing, LEFORT)["sentence"] and "rien dit" not in said(city, sourcing, MATHILDE)["sentence"]
    )
    context = finding.context(sourcing)
    assert constraints.says_no(context.said[MATHILDE.siret]) and not constraints.says_no(context.said.get(LEFORT.siret))


def test_what_was_read_that_day_is_kept_with_the_firm_and_in_its_entry(city: City) -> None:
    sourcing = searched(city)
    describe(city, MATHILDE, words="Livraison dès 8 h.")
    [candidate] = panel.keep(city.buyer, sourcing.pk, [MATHILDE.siret], "pertinence", finding.WILLING)
    describe(city, MATHILDE, words="Livraison dès 5 h.")
    candidate.refresh_from_db()
    told = constraints.in_words(candidate.why)
    assert "Livraison à l'heure non tenue (demandé : « Pain frais livré" in told and "elle dit « Livraison dès 8 h »" in told
    entry = payload_of(Entry.objects.filter(verb="panel.kept").latest("index"))
    assert entry is not None and entry["firms"][0]["why"] == candidate.why
    assert entry["order"] == f"{finding.ORDERS['pertinence']}, {finding.WILLING}"


def test_a_capacity_is_kept_with_its_value_and_emptied(city: City) -> None:
    searched(city)
    describe(city, MATHILDE, can_heure=time(6, 30), can_bio=True, can_jours="tous les jours", words="Pain")
    own = FirmPlace.objects.get()
    assert own.capacities == {"heure": "06:30", "jours": "tous les jours", "bio": "oui"}
    describe(city, MATHILDE, can_heure=None, can_bio=False, words="Pain")
    own.refresh_from_db()
    assert own.capacities == {"jours": "tous les jours"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"can_heure": "six heures"},
        {"can_jours": "le 3"},
        {"can_minimum": 0},
        {"can_minimum": 10**7},
        {"can_rayon": 3},
        {"can_x": True},
    ],
)
def test_what_the_page_does_not_offer_is_refused_and_nothing_is_written(city: City, wrong: dict[str, Any]) -> None:
    searched(city)
    with pytest.raises(Refused):
        describe(city, MATHILDE, **wrong)
    assert FirmPlace.objects.get().saved_at is None


def test_a_firm_tells_its_capacities_to_one_city_alone(city: City, other_city: City) -> None:
    sourcing, elsewhere = searched(city), searched(other_city)
    describe(other_city, MATHILDE, can_bio=True, words="Livraison dès 6 h")
    assert states(said(city, sourcing, MATHILDE)) == {}
    assert states(said(other_city, elsewhere, MATHILDE))["Livraison à l'heure"] == "met"
