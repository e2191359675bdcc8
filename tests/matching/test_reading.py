"""What a person is told of a need: which words counted and why, what is not understood, what seems to be two needs."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from sourcier.kernel.activities import NAF_REV2, Activity
from sourcier.matching import remarks
from sourcier.matching.engine import How, match
from sourcier.matching.french import french, one_slip_away
from sourcier.matching.intent import Intent, intents
from sourcier.matching.remarks import remark
from sourcier.matching.several import halves
from sourcier.matching.thesaurus import thesaurus
from sourcier.matching.words import words

BAKERY, LIFTS = Activity(NAF_REV2, "10.71C"), Activity(NAF_REV2, "43.29B")
PHRASES = sorted({phrase for entry in thesaurus().values() for phrase in (*entry.phrases, *entry.symptoms)})
FORMS = [word for word in map(bytes.decode, french().words.tolist()) if len(word) > 3]
SENTENCES = st.lists(st.sampled_from(PHRASES) | st.sampled_from(FORMS), min_size=1, max_size=6).map(" ".join)


def without(text: str, word: str) -> str:
    """The text less every place of a word, whole."""
    return re.sub(rf"(?<![\w-]){re.escape(word)}(?![\w-])", " ", text)


@settings(max_examples=300, deadline=None)
@given(SENTENCES)
@example("location de tables et chaises pour la fête")
@example("pour le pain du pain")
def test_an_activity_loses_when_a_word_said_to_count_is_removed(text: str) -> None:
    for found in match(text, 3).activities:
        for word in found.words:
            shorter = without(text, word)
            stems = {each.stem for each in words(text) if each.surface == word}
            # Another form of the word (« peindre », « peindrait ») still says it.
            assume(not stems & {each.stem for each in words(shorter)})
            after = {each.activity: each.score for each in match(shorter, 732).activities}
            assert after.get(found.activity, 0.0) < found.score, word


@settings(max_examples=150, deadline=None)
@given(st.text() | SENTENCES)
def test_each_word_that_counted_says_what_it_met(text: str) -> None:
    said = {word.surface for word in words(text)}
    for found in match(text).activities:
        assert tuple(met.word for met in found.met) == found.words
        assert said.issuperset(found.words) and all(met.term for met in found.met)


def test_a_word_that_the_thesaurus_lacks_meets_one_that_goes_with_it() -> None:
    best = match("des hochets et des doudous").activities[0]
    assert any(met.how is How.NEAR or met.how is How.SAME for met in best.met)
    rare = next(word for word in ("camembert", "bricole", "flanelle") if word not in str(PHRASES))
    assert all(met.how is How.NEAR for each in match(rare).activities for met in each.met)


def test_a_slip_is_corrected_and_says_what_was_read() -> None:
    met = {met.word: met for met in match("l'ascenceur est bloqué").activities[0].met}
    assert met["ascenceur"].how is How.CORRECTED and met["ascenceur"].term.startswith("ascenseur")


def test_a_word_that_exists_in_french_is_never_corrected() -> None:
    assert french().knows("ceinture")
    assert all(met.how is not How.CORRECTED for each in match("ceinture").activities for met in each.met)


@settings(max_examples=100)
@given(st.sampled_from(FORMS), st.data())
def test_a_word_is_one_slip_away_from_what_one_slip_makes_of_it(word: str, data: st.DataObject) -> None:
    slipped = data.draw(st.sampled_from(sorted(one_slip_away(word))))
    assert word in one_slip_away(slipped)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("acheter des tables", {Intent.BUY}),
        ("location de tables", {Intent.HIRE}),
        ("dépannage du four", {Intent.REPAIR}),
        ("fourniture et pose de stores", {Intent.BUY, Intent.INSTALL}),
        ("spectacle de Noël", {Intent.SERVICE}),
        ("cours de danse", {Intent.SERVICE}),
        ("pain", set()),
        ("bancs de la cour, place du marché", set()),
    ],
)
def test_the_words_say_what_is_wanted_of_the_thing(text: str, wanted: set[Intent]) -> None:
    assert intents(words(text)) == wanted


@pytest.mark.parametrize("thing", ["nacelle", "minibus", "chaises", "vaisselle"])
def test_hiring_a_thing_is_another_trade_than_buying_it(thing: str) -> None:
    hired, bought = (match(f"{verb} {thing}", 1).activities[0].activity.code for verb in ("louer", "acheter"))
    assert hired.startswith(("77", "43.99E", "49")) and not bought.startswith("77")


def test_a_citys_own_phrase_lifts_its_activity_above_the_others_and_is_named() -> None:
    result = match("un zizimuche pour la kermesse", added=[("zizimuche", BAKERY), ("kermesse géante", LIFTS)])
    best = result.activities[0]
    assert best.activity == BAKERY and best.met[0].how is How.CITY and best.met[0].term == "zizimuche"
    assert LIFTS not in {each.activity for each in result.activities if any(met.how is How.CITY for met in each.met)}


def test_the_longest_of_a_citys_phrases_wins() -> None:
    added = [("zizimuche", BAKERY), ("zizimuche hydraulique", LIFTS)]
    assert match("un zizimuche hydraulique", 1, added=added).activities[0].activity == LIFTS


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", remarks.EMPTY),
        (" \n", remarks.EMPTY),
        ("a", remarks.SHORT),
        ("😀 🎉", remarks.SIGNS),
        ("12 15 18", remarks.SIGNS),
        ("01 48 12 34 56", remarks.SIGNS),
        ("73282932000074", remarks.NUMBER),
        ("732 829 320 00074", remarks.NUMBER),
        ("le SIREN 732829320", remarks.NUMBER),
        ("comme chez 732\u00a0829\u00a0320", remarks.NUMBER),
        ("du pain le 03.09.2026 8 h", ""),
        ("DAE", ""),
        ("DAE EPI", ""),
        ("{a: <b>; x = f(y);}", remarks.CODE),
        ("we need fresh bread every morning", remarks.FOREIGN),
        ("brot und kuchen für die kinder", remarks.FOREIGN),
        ("ремонт лифта", remarks.FOREIGN),
        ("خبز", remarks.FOREIGN),
        ("qsdfg hjklm", remarks.FOREIGN),
        ("Pain frais pour les crèches", ""),
        ("réparer l'ascenceur de la mairie", ""),
    ],
)
def test_what_is_not_a_need_is_told_in_a_sentence(text: str, said: str) -> None:
    assert remark(text, match(text)) == said


@settings(max_examples=150, deadline=None)
@given(st.text())
def test_any_text_has_a_remark_or_trades(text: str) -> None:
    result = match(text)
    assert result.activities or remark(text, result)
    assert remark(text, result) == "" or remark(text, result)[0].isupper()


def test_a_very_long_text_says_how_much_of_it_counted() -> None:
    text = " ".join(FORMS[::1000])[:50_000]
    assert remark(text, match(text)) == remarks.LONG


@pytest.mark.parametrize(
    ("text", "two"),
    [
        ("du pain pour les crèches et réparer l'ascenseur", ("du pain pour les crèches", "réparer l'ascenseur")),
        ("Élagage des platanes ; toner pour les imprimantes", ("Élagage des platanes", "toner pour les imprimantes")),
        ("du pain, et réparer l'ascenseur", ("du pain", "réparer l'ascenseur")),
        (
            "200 kg de fruits et légumes bio à la crèche, livrés avant 7 h, et réparer l'ascenseur",
            ("200 kg de fruits et légumes bio à la crèche, livrés avant 7 h", "réparer l'ascenseur"),
        ),
        ("Repeindre la salle des fêtes et acheter des chaises", ("Repeindre la salle des fêtes", "acheter des chaises")),
        ("Acheter 30 ordinateurs ainsi qu'élaguer les platanes", ("Acheter 30 ordinateurs", "élaguer les platanes")),
        ("élagage et abattage des arbres", None),
        ("fourniture et pose de fenêtres", None),
        ("location et pose de barnums", None),
        ("tables et chaises pour l'école", None),
        ("pain et viennoiseries", None),
        ("", None),
        (" et ", None),
    ],
)
def test_two_needs_in_one_sentence_are_seen_and_one_is_left_whole(text: str, two: tuple[str, str] | None) -> None:
    assert halves(text) == two


def test_few_needs_of_one_object_are_taken_for_two(shared_data: Path) -> None:
    needs = [json.loads(line)["text"] for line in (shared_data / "needs" / "needs.jsonl").read_text().splitlines()]
    assert sum(halves(text) is not None for text in needs) <= 0.03 * len(needs)
    # Neighbours in the file are of one trade: each is joined with one far from it.
    joined = [f"{one} ; {other}" for one, other in zip(needs[:60], needs[60:], strict=True)]
    assert sum(halves(text) is not None for text in joined) >= 0.6 * len(joined)


@settings(max_examples=60, deadline=None)
@given(st.text() | SENTENCES)
def test_the_halves_are_of_the_text(text: str) -> None:
    if found := halves(text):
        assert all(half and half in text for half in found)
