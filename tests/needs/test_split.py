"""Two needs said in one sentence: a person makes two of them, and nothing is lost."""

import pytest

from sourcier.journal.queries import entries, payload_of
from sourcier.kernel.transitions import Refused
from sourcier.needs import actions, rules
from sourcier.needs.models import Need
from sourcier.needs.rules import Conflict
from tests.cities import City

BOTH = "du pain pour les crèches et réparer l'ascenseur"


def test_the_draft_keeps_the_first_need_and_a_new_draft_takes_the_second(city: City) -> None:
    need = actions.start(city.requester, BOTH)
    other = actions.split(city.requester, need.pk, need.version)
    need.refresh_from_db()
    assert (need.sentence, other.sentence) == ("du pain pour les crèches", "réparer l'ascenseur")
    assert other.pk != need.pk and other.department == need.department and other.state == Need.State.DRAFT
    (said,) = (payload_of(entry) for entry in entries(city.organisation.pk, need.pk) if entry.verb == "need.split")
    assert said and said["reference"] == other.reference


def test_a_second_click_makes_no_third_need(city: City) -> None:
    need = actions.start(city.requester, BOTH)
    actions.split(city.requester, need.pk, need.version)
    need.refresh_from_db()
    with pytest.raises(Refused, match="one_need"):
        actions.split(city.requester, need.pk, need.version)
    assert Need.objects.filter(organisation=city.organisation).count() == 2


def test_a_page_read_before_a_change_splits_nothing(city: City) -> None:
    need = actions.start(city.requester, BOTH)
    actions.save(city.requester, need.pk, need.version, what="cent baguettes")
    with pytest.raises(Conflict):
        actions.split(city.requester, need.pk, need.version)
    assert Need.objects.filter(organisation=city.organisation).count() == 1


def test_a_need_already_sent_is_not_split(city: City) -> None:
    need = actions.start(city.requester, BOTH)
    need = actions.save(city.requester, need.pk, need.version, unknown=list(rules.QUESTIONS))
    need = actions.submit(city.requester, need.pk)
    with pytest.raises(Refused):
        actions.split(city.requester, need.pk, need.version)
    assert Need.objects.get(pk=need.pk).sentence == BOTH


def test_neither_a_buyer_nor_another_city_splits_a_draft(city: City, other_city: City) -> None:
    need = actions.start(city.requester, BOTH)
    for agent in (city.buyer, other_city.requester):
        with pytest.raises((Refused, Need.DoesNotExist)):
            actions.split(agent, need.pk, need.version)
    assert Need.objects.get(pk=need.pk).sentence == BOTH
