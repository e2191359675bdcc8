"""Who has a need now and what comes next, in each state and stage; never who answered."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from sourcier.needs import actions, queries
from sourcier.needs.rules import State
from sourcier.needs.standing_rules import Asking, Facts, Stage, is_idle, standing
from tests.cities import City
from tests.needs.test_actions import started, submitted

NOW = datetime(2026, 9, 14, 8, tzinfo=UTC)
NOON = datetime(2026, 9, 30, 10, tzinfo=UTC)
FACTS = Facts(
    state="draft", author="Denise", buyer="Bruno", waiting_since=NOW, starts_on=date(2027, 1, 4), today=date(2026, 9, 14)
)
PLANNED = ("Attendu à partir du", date(2027, 1, 4))


def at(state: str, stage: Stage | None = None, **more: object) -> Facts:
    asking = Asking(stage, NOW, NOON) if stage else None
    return replace(FACTS, state=state, asking=asking, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "who", "next_words", "next_on"),
    [
        (at("draft"), "Denise", "Une fois le besoin envoyé, le service achats répond sous 7 jours.", None),
        (at("returned"), "Denise", "Une fois le besoin envoyé, le service achats répond sous 7 jours.", None),
        (at("submitted"), "service achats", "Réponse de l'acheteur attendue d'ici le", date(2026, 9, 21)),
        (at("accepted"), "Bruno, qui prépare", *PLANNED),
        (at("accepted", Stage.PREPARED), "Bruno, qui prépare", *PLANNED),
        (at("accepted", Stage.OVER), "à reprendre ou à clore", "Aucune date n'est fixée.", None),
        (at("asked", Stage.ASKED), "interrogées", "Réponses des entreprises attendues jusqu'au", date(2026, 9, 30)),
        (at("asked", Stage.PAST), "date limite des réponses est passée", *PLANNED),
        (at("asked", Stage.OPENED), "ouvertes", *PLANNED),
        (at("asked", Stage.PREPARED), "Bruno, qui prépare", *PLANNED),
        (at("asked", Stage.OVER), "à reprendre ou à clore", "Aucune date n'est fixée.", None),
        (at("asked"), "à reprendre ou à clore", "Aucune date n'est fixée.", None),
        (at("awarded", Stage.CHOSEN), "choix est fait", *PLANNED),
        (at("closed", Stage.OVER), "clos", "", None),
    ],
)
def test_each_state_says_who_has_it_and_what_comes_next(facts: Facts, who: str, next_words: str, next_on: date | None) -> None:
    said = standing(facts)
    assert who in said.sentence and (said.next_words, said.next_on) == (next_words, next_on)


@pytest.mark.parametrize("starts_on", [None, date(2026, 9, 14), date(2022, 1, 3)])
def test_without_a_date_to_come_a_sentence_says_what_is_known(starts_on: date | None) -> None:
    cases = (("accepted", None), ("asked", Stage.PAST), ("asked", Stage.OPENED), ("awarded", Stage.CHOSEN))
    said = {(state, stage): standing(at(state, stage, starts_on=starts_on)).next_words for state, stage in cases}
    assert said == {
        ("accepted", None): "La date limite des réponses sera connue à l'envoi de la demande.",
        ("asked", Stage.PAST): "La date du choix n'est pas encore fixée.",
        ("asked", Stage.OPENED): "La date du choix n'est pas encore fixée.",
        ("awarded", Stage.CHOSEN): "La commande vient ensuite.",
    }


@given(
    st.sampled_from(list(State)),
    st.none() | st.sampled_from(list(Stage)),
    st.none() | st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.sampled_from(["", "Bruno"]),
)
def test_every_live_state_has_a_holder_and_a_date_or_a_whole_sentence(
    state: State, stage: Stage | None, starts_on: date | None, buyer: str
) -> None:
    said = standing(at(state, stage, starts_on=starts_on, buyer=buyer))
    assert said.sentence.endswith(".") and "None" not in said.sentence and "  " not in said.sentence
    if state is State.CLOSED:
        assert said.next_words == ""
    else:
        assert said.next_words and said.next_words.endswith(".") == (said.next_on is None)
    assert is_idle(state, at(state, stage).asking) == ("à reprendre" in said.sentence)


def test_an_answer_that_is_late_is_said_to_be_awaited_since() -> None:
    late = standing(at("submitted", today=date(2026, 9, 22)))
    assert (late.next_words, late.next_on) == ("Réponse de l'acheteur attendue depuis le", date(2026, 9, 21))


def test_dates_are_those_of_paris() -> None:
    """Half past midnight there is still the day before in UTC."""
    midnight = datetime(2026, 9, 29, 22, 30, tzinfo=UTC)
    asked = standing(replace(FACTS, state="asked", asking=Asking(Stage.ASKED, NOW, midnight)))
    assert asked.next_on == date(2026, 9, 30)
    assert standing(at("submitted", waiting_since=midnight)).next_on == date(2026, 10, 7)


def test_the_author_s_needs_in_progress_are_listed_the_latest_move_first(city: City) -> None:
    with time_machine.travel(NOW, tick=False):
        first = submitted(city)
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        second = submitted(city)
        started(city)
        closed = submitted(city)
        actions.close(city.buyer, closed.pk, "Un marché existe.")
        found = queries.in_progress(city.requester, NOW + timedelta(days=1))
        assert [need for need, _ in found] == [second, first]
        assert found[1][1].next_on == date(2026, 9, 21)
        actions.accept(city.buyer, first.pk)
    with time_machine.travel(NOW + timedelta(days=2), tick=False):
        actions.mark_awarded(actions.mark_asked(first))
    month = NOW + timedelta(days=32)
    assert [need for need, _ in queries.in_progress(city.requester, month)] == [first, second]
    assert [need for need, _ in queries.in_progress(city.requester, month + timedelta(days=1))] == [second]
