import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from sourcier.kernel.activities import NAF_REV2, Activity
from sourcier.matching.engine import match
from sourcier.matching.labels import label, labels, nearest
from sourcier.matching.thesaurus import thesaurus
from sourcier.matching.words import words

BAKERY = Activity(NAF_REV2, "10.71C")


def codes(text: str, limit: int = 5) -> list[str]:
    return [found.activity.code for found in match(text, limit).activities]


def test_the_732_labels_and_every_code_of_the_thesaurus_are_official() -> None:
    assert len(labels()) == 732
    assert set(thesaurus()) <= set(labels())
    said = [*labels().values(), *(phrase for entry in thesaurus().values() for phrase in (*entry.phrases, *entry.symptoms))]
    assert all(text == text.strip() and text for text in said)


def test_an_activity_has_its_official_label_and_an_unknown_one_its_code() -> None:
    assert label(BAKERY) == "Boulangerie et boulangerie-pâtisserie"
    assert label(Activity("NAF2025", "10.71C")) == "10.71C"


def test_bread_finds_the_bakery_and_says_which_words_counted() -> None:
    result = match("Pain frais livré tous les jours avant 7h pour les crèches")
    best = result.activities[0]
    assert best.activity == BAKERY
    assert best.words[:2] == ("Pain", "frais") and best.phrase == "pain frais"
    assert result.sure


@pytest.mark.parametrize("text", ["BOULANGERIE", "boulangerie", "boulangeries", "Boulangérie", "l'boulangerie", "boulangerie-"])
def test_case_accents_plural_and_punctuation_do_not_matter(text: str) -> None:
    assert "10.71C" in codes(text)


def test_one_slip_of_the_pen_in_a_long_word_is_forgiven_and_shown_as_typed() -> None:
    best = match("maintenance de l'ascenceur").activities[0]
    assert best.activity.code == "43.29B"
    assert "ascenceur" in best.words


@pytest.mark.parametrize("text", ["Un car pour 50 élèves", "car scolaire", "sortie en car", "besoin d'un car"])
def test_a_car_is_a_coach(text: str) -> None:
    assert any(code.startswith("49.3") for code in codes(text))
    assert "car" in {word.folded for word in words(text)}


@pytest.mark.parametrize("text", ["du pain car il en faut", "du pain, car il en faut", "repeindre son bureau"])
def test_car_and_son_that_join_words_are_no_things(text: str) -> None:
    assert not {"car", "son"} & {word.folded for word in words(text)}


def test_the_object_weighs_more_than_the_place_and_the_beneficiary() -> None:
    assert codes("peinture des salles de classe", 1) == ["43.34Z"]
    assert codes("nettoyage des vitres de la médiathèque", 1) == ["81.22Z"]
    assert codes("ménage quotidien de la halte-garderie", 1) == ["81.21Z"]


@pytest.mark.parametrize(
    ("text", "aside", "complement"),
    [
        ("bouteilles d'eau pour les bénévoles du marathon", {"bénévoles", "marathon"}, {"eau", "marathon"}),
        ("nettoyage du marché, bennes à ordures", set(), {"marché"}),
        ("pose de rideaux avec tringles", set(), {"rideaux"}),
    ],
)
def test_what_follows_for_or_of_is_seen_until_the_clause_ends(text: str, aside: set[str], complement: set[str]) -> None:
    said = words(text)
    assert {word.surface for word in said if word.aside} == aside
    assert {word.surface for word in said if word.complement} == complement


def test_the_score_falls_when_a_word_that_counted_is_removed() -> None:
    text = "Remplacement des gouttières et descentes zinc de la salle des fêtes"
    best = match(text).activities[0]
    for word in best.words:
        shorter = match(text.replace(word, ""), 732).activities
        score = next((found.score for found in shorter if found.activity == best.activity), 0.0)
        assert score < best.score, word


def test_at_most_the_asked_number_comes_best_first() -> None:
    found = match("pain viande poisson légumes livres papier", 3).activities
    assert len(found) == 3
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


@pytest.mark.parametrize("text", ["", " ", "a", "😀", "-", "\x00", "73282932000074", "!!!", "xyzzy qwrtzx", "12 15 18", "’"])
def test_what_says_nothing_gives_an_empty_answer_that_is_not_sure(text: str) -> None:
    result = match(text)
    assert result.activities == ()
    assert not result.sure


def test_fifty_thousand_characters_are_answered() -> None:
    assert match("pain frais 😀 d'œufs bla-bla-" * 1800).activities


@settings(max_examples=150)
@given(st.text())
def test_any_text_is_answered(text: str) -> None:
    for found in match(text).activities:
        assert found.score > 0
        assert found.words
        assert all(word in {one.surface for one in words(text)} for word in found.words)


def test_the_development_needs_are_found_in_five_and_sure_means_right(shared_data: Path) -> None:
    needs = [json.loads(line) for line in (shared_data / "needs" / "needs.jsonl").read_text().splitlines()]
    answers = [(match(need["text"], 5), set(need["naf"])) for need in needs]
    right = [bool(codes & {found.activity.code for found in result.activities}) for result, codes in answers]
    sure = [ok for (result, _), ok in zip(answers, right, strict=True) if result.sure]
    assert sum(right) / len(right) >= 0.95
    assert len(sure) / len(needs) >= 0.6
    assert sum(sure) / len(sure) >= 0.97


def test_the_command_prints_one_object_for_a_need() -> None:
    out = StringIO()
    call_command("match", "pain", "--json", stdout=out)
    answer = json.loads(out.getvalue())
    assert set(answer) == {"activities", "sure"}
    assert set(answer["activities"][0]) == {"nomenclature", "code", "label", "score", "words"}
    assert answer["activities"][0]["nomenclature"] == NAF_REV2


def test_the_command_answers_a_batch_line_by_line_with_its_id(tmp_path: Path) -> None:
    asked = tmp_path / "needs.jsonl"
    asked.write_text('{"id": "a", "text": "pain"}\n\n{"id": 2, "text": ""}\n', encoding="utf-8")
    out = StringIO()
    call_command("match", "--batch", str(asked), stdout=out)
    first, second = (json.loads(line) for line in out.getvalue().splitlines())
    assert (first["id"], second["id"], second["activities"]) == ("a", 2, [])


def test_the_command_tells_a_person_why_what_is_not_understood_and_that_two_needs_are_said() -> None:
    def told(text: str) -> str:
        out = StringIO()
        call_command("match", text, stdout=out)
        return out.getvalue()

    assert "ascenceur = ascenseur" in told("l'ascenceur est bloqué")
    assert "Écrivez-les en français" in told("we need fresh bread every morning")
    assert "Peut-être deux besoins : « du pain pour les crèches »" in told("du pain pour les crèches et réparer l'ascenseur")
    assert told("").startswith("Dites en quelques mots")


@pytest.mark.parametrize(
    "line", ["pain", "[]", '{"id": 1}', '{"id": 1, "text": 3}', "null", pytest.param("[" * 100_000, id="deep")]
)
def test_a_bad_line_of_a_batch_is_named(tmp_path: Path, line: str) -> None:
    asked = tmp_path / "needs.jsonl"
    asked.write_text(line, encoding="utf-8")
    with pytest.raises(CommandError, match="Ligne 1"):
        call_command("match", "--batch", str(asked), stdout=StringIO())


def test_the_command_says_in_words_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Donnez un besoin"):
        call_command("match")
    with pytest.raises(CommandError, match="ne se lit pas"):
        call_command("match", "--batch", str(tmp_path / "absent"))
    (tmp_path / "latin").write_bytes(b'{"id": 1, "text": "p\xe2t\xe9"}')
    with pytest.raises(CommandError, match="latin ne se lit pas : ce n'est pas du texte en UTF-8"):
        call_command("match", "--batch", str(tmp_path / "latin"))


@pytest.mark.parametrize(
    ("code", "first"),
    [("10.71X", "10.71A"), ("10.79Z", "10.71A"), ("99.99Y", "99.00Z"), ("04.11Z", "03.21Z"), ("00.00A", "01.11Z")],
)
def test_a_code_that_does_not_exist_has_neighbours(code: str, first: str) -> None:
    near = nearest(code)
    assert near[0] == first and 1 <= len(near) <= 8
    assert all(Activity(NAF_REV2, each) in labels() for each in near)
