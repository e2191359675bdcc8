"""What a firm says of itself, compared with a need: worth little, quoted as it is, and silence costs nothing."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from sourcier.register.scorers import NEUTRAL
from sourcier.sourcing import finding, own_words
from sourcier.sourcing.actions import panel
from sourcier.sourcing.models import Sourcing
from sourcier.sourcing.own_words import LONGEST, QUOTED, compare
from sourcier.suppliers import actions as suppliers
from sourcier.suppliers.actions import places
from sourcier.suppliers.actions.firms import meet_many
from tests.cities import City
from tests.sourcing.scenes import BAKER, SHOP, draft, sent
from tests.sourcing.stock import COOP, LEFORT, MATHILDE, PERRIER, Shop

NEED = ("Pain frais livré tous les jours avant 7h pour les crèches", "Du pain bio, en petites quantités.")


@pytest.mark.parametrize(
    ("told", "quoted"),
    [
        (["Nous livrons avant 7 h. Parking privé."], ("Nous livrons avant 7 h",)),
        (["Boulanger depuis 1998", "ouvert dès 7 heures"], ("ouvert dès 7 heures",)),
        (["Farines BIO, levain"], ("Farines BIO",)),
        (["petites quantités possibles"], ("petites quantités possibles",)),
        (["Crèches et écoles"], ("Crèches et écoles",)),
    ],
)
def test_what_answers_the_need_is_quoted_as_the_firm_wrote_it(told: list[str], quoted: tuple[str, ...]) -> None:
    said = compare(NEED, told)
    assert said is not None and said.words == quoted and NEUTRAL < said.points <= 100


@pytest.mark.parametrize(
    "told",
    [
        [], [""], ["Peinture et ravalement"], ["Livraison, service, produits de qualité"], ["Pas de bio"],
        ["Ouvert tous les jours sauf avant 7 h"], ["Nous ne livrons jamais les crèches"], ["9 h à 17 h"], ["77 h de formation"],
    ],
)  # fmt: skip
def test_what_says_nothing_of_the_need_or_denies_it_is_neutral(told: list[str]) -> None:
    assert compare(NEED, told) is None


def test_what_the_need_denies_is_not_asked_of_anybody() -> None:
    need = ("Des baguettes bio, chaque matin, sans minimum de commande.",)
    assert compare(need, ["Commande minimum 50 pièces"]) is None
    assert compare(need, ["Farines bio"]) is not None


@given(st.lists(st.text(max_size=200), max_size=4), st.lists(st.text(max_size=200), max_size=4))
def test_any_words_give_a_bonus_between_neutral_and_a_hundred_and_short_quotes(wanted: list[str], told: list[str]) -> None:
    said = compare(wanted, told)
    if said is not None:
        assert NEUTRAL < said.points <= 100 and 1 <= len(said.words) <= QUOTED
        assert all(0 < len(each) <= LONGEST + 1 for each in said.words)


@given(st.lists(st.sampled_from(["bio", "crèches", "pain", "7 h", "quantités"]), min_size=2))
def test_stuffing_brings_no_more_than_two_things(told: list[str]) -> None:
    said = compare(NEED, ["; ".join(told)])
    assert said is not None and said.points == (100 if len(set(told)) > 1 else (NEUTRAL + 100) // 2)


def describe(city: City, shop: Shop, **words: Any) -> None:
    """The firm opens its place with a key of the city, and writes."""
    firm = city.organisation.firms.get(siret=shop.siret)
    key = suppliers.give_key(city.buyer, firm.pk, "Vue en mairie.")
    places.claim(key)
    places.describe_itself(key, words)


@pytest.fixture(autouse=True)
def register(bakeries: Path, settings: Any) -> None:
    settings.REGISTER = str(bakeries)


def searched(city: City) -> Sourcing:
    sourcing = draft(city)
    panel.search(city.buyer, sourcing.pk, [BAKER, SHOP], 5_000)
    for shop in (MATHILDE, PERRIER, LEFORT, COOP):
        meet_many(city.organisation, [finding.by_siret(shop.siret)], "register")
    return sourcing


def order(sourcing: Sourcing, by: str) -> list[str]:
    [last] = sourcing.searches.all()
    return [row.siret for row in finding.ordered(last, finding.context(sourcing, last), by, limit=100).rows]


@pytest.mark.django_db
def test_good_words_bring_a_firm_forward_by_relevance_and_never_by_distance(city: City) -> None:
    sourcing = searched(city)
    before, by_distance = order(sourcing, "pertinence"), order(sourcing, "distance")
    describe(city, PERRIER, words="Livraison avant 7 h, pain pour les crèches.")
    describe(city, LEFORT, words="Peinture.")

    after = order(sourcing, "pertinence")

    assert after.index(PERRIER.siret) < before.index(PERRIER.siret)
    others = [siret for siret in before if siret != PERRIER.siret]
    assert [siret for siret in after if siret != PERRIER.siret] == others
    assert order(sourcing, "distance") == by_distance


@pytest.mark.django_db
def test_a_firm_kept_keeps_what_it_said_as_a_reason(city: City) -> None:
    sourcing = searched(city)
    describe(city, MATHILDE, words="Livraison avant 7 h.")
    [candidate] = panel.keep(city.buyer, sourcing.pk, [MATHILDE.siret], "pertinence")
    assert dict(list(candidate.why[3].items())[:3]) == {
        "name": "Ses mots", "sentence": "Elle dit : Livraison avant 7 h.", "points": 95,
    }  # fmt: skip


@pytest.mark.django_db
def test_what_a_firm_said_to_another_city_is_not_read_here(city: City, other_city: City) -> None:
    sent(other_city)
    describe(other_city, MATHILDE, words="Livraison avant 7 h.")
    assert own_words.of(searched(city).need) == {}
    [(siret, said)] = own_words.of(other_city.organisation.needs.get()).items()
    assert siret == MATHILDE.siret and (said.points, said.words) == (95, ("Livraison avant 7 h",))


@pytest.mark.django_db
def test_the_command_line_explains_a_firm_s_words_for_a_need(city: City) -> None:
    sourcing = searched(city)
    describe(city, PERRIER, words="Livraison avant 7 h.")
    words = ("register", "search", "--activity", "10.71C", "--near", "93110", "--explain", "--by", "score")
    told, out, unknown = StringIO(), StringIO(), StringIO()
    call_command(*words, "--need", str(sourcing.need_id), stdout=told, stderr=out)
    call_command(*words, stdout=unknown, stderr=out)
    assert "95  Ses mots : Elle dit : Livraison avant 7 h." in told.getvalue()
    assert "Elle dit :" not in unknown.getvalue()
    with pytest.raises(SystemExit):
        call_command(*words, "--need", str(city.organisation.pk), stdout=told, stderr=out)
    assert "Aucun besoin n'a le numéro" in out.getvalue()
