"""The index of the words of orders leads where reading every label would."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcier.accounts.models import Organisation
from sourcier.insights.purchases import around
from sourcier.needs import actions as needs
from sourcier.needs.models import Need
from sourcier.spend.actions.orders import withdraw_orders
from sourcier.spend.likeness import beginnings, grade, looked_for, nearness, signature
from sourcier.spend.models import Order, OrderWord
from sourcier.spend.order_words import latest
from sourcier.spend.splitting import alike_to
from tests.cities import City
from tests.spend.cities_drawn import wants
from tests.spend.test_orders import changed, csv, imported

PHRASES = [phrase for half in ("first", "second") for want in wants(half) for phrase in want.phrasings if '"' not in phrase]


@given(st.sampled_from(PHRASES), st.sampled_from(PHRASES))
def test_labels_that_share_a_word_that_names_the_thing_are_led_to_each_other(one: str, other: str) -> None:
    mine, theirs = signature(one), signature(other)
    if set(mine.heavy) & set(theirs.heavy) and grade(mine, theirs, nearness([])):
        assert looked_for(mine) & beginnings(other)


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("chaises pliantes", "40 CHAISES PLIANTTES"),
        ("du pain pour les crèches", "Pain"),
        ("ordinateurs portables", "PC 15 pouces"),
        ("Élagage des platanes", "ELAGAGE"),
        ("produit d'entretien", "Détergent sols"),
        ("vérification des extincteurs", "extinct. gymnase"),
    ],
)
def test_short_words_accents_slips_and_words_of_one_meaning_are_met(asked: str, written: str) -> None:
    assert looked_for(signature(asked)) & beginnings(written)


def found(organisation: Organisation, words: str, year: int = 2025, most: int = 10) -> list[str]:
    keys = latest(organisation, year, words, "", most)
    return sorted(Order.objects.filter(pk__in=keys).values_list("number", flat=True))


@pytest.mark.django_db
def test_an_import_writes_the_words_of_its_orders_and_its_withdrawal_takes_them_away(city: City, other_city: City) -> None:
    chairs = changed(N="E1", Libellé="Chaises pliantes", Date="03/02/2025")
    later = changed(N="E2", Libellé="CHAISES DE JARDIN", Date="07/02/2025")
    batch = imported(city.buyer, csv(chairs, later, changed(N="E3", Libellé="Papier A4", Date="07/02/2025")))
    assert found(city.organisation, "chaise haute") == ["E1", "E2"]
    assert found(city.organisation, "chaise haute", most=1) == ["E2"], "the last ones"
    assert not found(city.organisation, "chaise", 2024) and not found(other_city.organisation, "chaise")
    withdraw_orders(city.head_buyer, batch.pk, "Mauvais exercice")
    assert not OrderWord.objects.exists()


@pytest.mark.django_db
def test_a_need_is_compared_with_the_orders_that_reading_every_label_would_give(city: City) -> None:
    lines = [
        changed(N=f"E{number}", Libellé=phrase, Date="03/02/2025", Famille="", Montant=str(100 + number))
        for number, phrase in enumerate(PHRASES)
    ]
    imported(city.buyer, csv(*lines))
    need = needs.start(city.requester, "80 chaises pliantes et des tables", department=city.department)
    Need.objects.filter(pk=need.pk).update(starts_on=date(2025, 4, 1))
    own, others = around(Need.objects.get(pk=need.pk))
    given_words = {one.purchase.words for one in others}
    every_label = {words for words, _ in alike_to(own.purchase, {(phrase, "") for phrase in PHRASES})}
    mine = set(signature(own.purchase.words).heavy)
    assert {phrase for phrase in every_label if mine & set(signature(phrase).heavy)} <= given_words <= every_label
    assert "chaises pliantes salle des fêtes" in given_words and "toners imprimantes" not in given_words
