"""The questions of a family, the vague words, and the meter: pure rules, over any text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcier.kernel.activities import Activity
from sourcier.needs.refining.answers import by_id, merged, told
from sourcier.needs.refining.book import FEWEST, MOST, Subject, asked_of, lists, questions
from sourcier.needs.refining.meter import BASE, Facts, Precision, meter, words_for
from sourcier.needs.refining.vague import vague_words
from sourcier.spend.nomenclature import lines

BREAD = Subject("10.01", "Pain et viennoiseries", "15811000", (), "supplies")
SENTENCE = "Pain frais livré tous les jours avant 7 h pour les crèches"
SAID = ("60 baguettes", "quelques", "etc.", "avant 7 h", "sans lactose", "250 g", "12 m²", "6 ascenseurs", "\n", "’")
TEXTS = st.text(max_size=400) | st.lists(st.sampled_from(SAID), max_size=12).map(" ".join)
SUBJECTS = st.sampled_from([Subject(line.code, line.label, line.cpv, line.activities, line.kind) for line in lines()])


def test_every_family_of_ours_has_three_to_seven_questions() -> None:
    for line in lines():
        assert FEWEST <= len(lists()[line.code]) <= MOST, line
    assert lists().keys() == {line.code for line in lines()} | {"supplies", "services", "works"}


def test_at_least_sixty_families_have_a_list_of_their_own() -> None:
    asked = [tuple(each.id for each in lists()[line.code]) for line in lines()]
    assert sum(asked.count(each) == 1 for each in asked) >= 60


def test_every_question_is_asked_somewhere_and_is_a_question() -> None:
    assert {each.id for asked in lists().values() for each in asked} == set(questions())
    for each in questions().values():
        assert each.ask.endswith("?") or "?" in each.ask, each.id
        assert each.why.endswith("."), each.id
        assert each.id.isascii() and each.example and each.name[0].isupper(), each.id


def test_an_explanation_states_no_share_height_or_multiple_that_no_article_carries() -> None:
    stated = re.compile(r"\d ?(?:%|€|m\b|cm\b|kW)|\b(?:un|deux) tiers|moitié|du simple au|(?:deux|cinq|dix) (?:fois|ans)")
    assert [each.id for each in questions().values() if stated.search(each.why)] == []


def test_the_good_answer_that_a_question_shows_answers_it() -> None:
    wrong = [each.id for each in questions().values() if not words_for(each, [each.example])]
    assert wrong == []


@pytest.mark.parametrize(
    ("subject", "first"),
    [
        (BREAD, "bread_weight"),
        (Subject("FAM-7", "Boulangerie de la ville", "15811100", (), "supplies"), "bread_weight"),
        (Subject("27.07", "Autre chose", "", (), "services"), "tasks"),
        (Subject(activities=(Activity("NAFRev2", "10.71C"),)), "bread_weight"),
        (Subject(activities=(Activity("NAFRev2", "46.17A"),), kind="supplies"), "grocery_list"),
        (Subject(kind="works"), "works_state"),
        (Subject(kind="unheard of"), "quality"),
        (Subject(cpv="4"), "quality"),
    ],
)
def test_the_questions_are_those_of_the_family_or_of_the_nearest_thing(subject: Subject, first: str) -> None:
    assert asked_of(subject)[0].id == first


@pytest.mark.parametrize(
    ("question", "text", "words"),
    [
        ("bread_weight", "60 baguettes de 250 g", "250 g"),
        ("early_hours", "livré avant 7\u00a0h", "avant 7\u00a0h"),
        ("allergens", "Repas SANS LACTOSE pour deux", "SANS LACTOSE"),
        ("surface", "une salle de 1\u202f200 m²", "1\u202f200 m²"),
        ("equipment_number", "Entretien des six ascenseurs", "six ascenseurs"),
        ("equipment_make", "Un Schindler qui s'arrête", "Schindler"),
        ("days", "du lundi au vendredi", "lundi"),
        ("school_date", "à livrer en août", "en août"),
        ("frequency", "deux fois par an", "deux fois"),
        ("bread_weight", "12 avenue G. Péri", ""),
        ("surface", "le 12 mai", ""),
        ("equipment_number", "l'ascenseur", ""),
    ],
)
def test_the_words_of_the_need_already_answer(question: str, text: str, words: str) -> None:
    assert words_for(questions()[question], [text]) == words


def test_vague_words_are_found_where_they_were_typed() -> None:
    text = "Il faudrait Quelques chaises\nde bonne qualité, très VITE, etc."
    found = vague_words(text)
    assert [each.word for each in found] == ["Quelques", "bonne qualité", "VITE", "etc"]
    assert all(text[each.start : each.end] == each.word and each.why for each in found)
    assert (found[1].before, found[1].after) == ("de ", ", très VITE, etc.")


def test_a_letter_that_folds_into_two_does_not_move_the_place() -> None:
    (found,) = vague_words("Œufs et bœuf ﬁn, quelques kilos")
    assert found.word == "quelques"


def test_the_words_of_a_trade_are_not_vague() -> None:
    assert vague_words("Petite enfance, lignes régulières, musique classique, standard téléphonique, vitesse") == ()


def test_a_need_that_says_everything_is_precise() -> None:
    asked = asked_of(BREAD)
    facts = Facts([SENTENCE], set(BASE), (), {each.id: each.example for each in asked})
    found = meter(asked, facts)
    assert (found.points, found.precision, found.missing, found.remarks) == (100, Precision.PRECISE, (), ())


def test_a_need_that_says_nothing_is_too_vague_and_each_gap_is_one_sentence() -> None:
    found = meter(asked_of(BREAD), Facts(["Du pain"]))
    assert (found.points, found.precision.label) == (0, "Trop vague")
    assert [each.name for each in found.missing][:3] == ["Quoi, précisément", "Combien", "Où"]
    assert found.missing[5].sentence.startswith("Poids : rien ne le dit encore. Une baguette ne pèse pas partout")
    assert len(found.remarks) == 2


def test_not_knowing_is_allowed_and_said() -> None:
    found = meter(asked_of(BREAD), Facts(["Du pain"], unknown=["when"], details={"bread_weight": None}))
    unknown = [each for each in found.missing if each.unknown]
    assert [each.id for each in unknown] == ["when", "bread_weight"]
    assert "vous ne savez pas encore" in unknown[1].sentence


def test_an_hour_or_a_year_is_no_quantity() -> None:
    assert "how_much" in {each.id for each in meter((), Facts(["avant 7 h, le 4 janvier 2027"])).missing}


@given(SUBJECTS, st.lists(TEXTS, max_size=4), st.dictionaries(st.integers(0, 6), TEXTS), st.integers(0, 6), TEXTS)
def test_an_answer_more_never_lowers_the_meter(
    subject: Subject, texts: list[str], answers: dict[int, str], at: int, answer: str
) -> None:
    asked = asked_of(subject)
    ids = [each.id for each in asked]
    before = {ids[each % len(ids)]: said for each, said in answers.items() if each % len(ids) != at % len(ids)}
    points = meter(asked, Facts(texts, details=before)).points
    assert meter(asked, Facts(texts, details=before | {ids[at % len(ids)]: answer})).points >= points
    assert meter(asked, Facts([*texts, answer], details=before)).points >= points
    assert all(meter(asked, Facts(texts, {base}, details=before)).points >= points for base in BASE)


@given(SUBJECTS, TEXTS)
def test_any_text_is_read(subject: Subject, text: str) -> None:
    found = meter(asked_of(subject), Facts([text]))
    assert 0 <= found.points <= 100
    assert all(text[each.start : each.end] == each.word and each.word and each.why for each in found.words)


@pytest.mark.parametrize(
    "text", ["", "a", "9" * 50_000, "de " * 17_000, "🥖" * 50_000, "12 x " * 10_000, "パンをください", "\x00"]
)
def test_strange_and_very_long_texts_are_read(text: str) -> None:
    for subject in (BREAD, Subject("22.01", cpv="60172000"), Subject("15.06", cpv="48000000")):
        assert meter(asked_of(subject), Facts([text])).points <= 20


def test_answers_are_kept_in_the_order_of_the_questions_and_taken_back_when_empty() -> None:
    stored = merged([], {"days": "Du lundi au vendredi", "bread_weight": "250 g", "allergens": None})
    assert [row["id"] for row in stored] == ["bread_weight", "days", "allergens"]
    stored = merged(stored, {"bread_weight": ""})
    assert by_id(stored) == {"days": "Du lundi au vendredi", "allergens": None}
    assert told("Du pain", stored) == "Du pain\n\nJours : Du lundi au vendredi"
    assert told("Du pain", []) == "Du pain"


def test_an_answer_outlives_its_question() -> None:
    stored = [{"id": "gone", "name": "Ancienne question", "answer": "Oui"}]
    assert merged(stored, {"days": "Lundi"})[-1] == stored[0]
    with pytest.raises(KeyError):
        merged([], {"never": "Oui"})
