"""The thesaurus holds together: its codes exist, its phrases are clean, and each leads back to its own activity."""

import csv
import re
from pathlib import Path

import pytest

from sourcier.kernel.french import fold
from sourcier.matching.engine import match
from sourcier.matching.examples import examples
from sourcier.matching.labels import labels
from sourcier.matching.thesaurus import read, thesaurus
from sourcier.matching.words import words
from sourcier.spend import nomenclature


def test_most_activities_that_a_city_may_buy_from_are_described() -> None:
    assert len(thesaurus()) >= 450
    assert set(thesaurus()) <= set(labels())


def test_each_activity_has_codes_of_the_cpv_that_exist(shared_data: Path) -> None:
    with (shared_data / "cpv-fr" / "cpv_fr.csv").open(encoding="utf-8", newline="") as text:
        known = {row["code"][:8] for row in csv.DictReader(text)}
    for activity, entry in thesaurus().items():
        assert entry.cpv and set(entry.cpv) <= known, activity


def test_each_activity_has_a_family_of_ours() -> None:
    ours = {line.code for line in nomenclature.lines()}
    without = [
        activity.code for activity, entry in thesaurus().items() if not entry.families or not ours.issuperset(entry.families)
    ]
    assert without == []


def test_a_phrase_is_said_once_for_an_activity_and_says_something() -> None:
    for activity, entry in thesaurus().items():
        said = [fold(phrase) for phrase in (*entry.phrases, *entry.symptoms)]
        assert len(said) == len(set(said)), (activity, sorted(each for each in said if said.count(each) > 1))
        assert all(words(phrase) for phrase in entry.phrases), (activity, [each for each in entry.phrases if not words(each)])


def test_nearly_each_symptom_finds_its_activity_among_ten() -> None:
    pairs = [(activity, each) for activity, entry in thesaurus().items() for each in entry.symptoms][::7]
    found = sum(activity in {each.activity for each in match(text).activities} for activity, text in pairs)
    assert found >= 0.95 * len(pairs)


@pytest.mark.parametrize("line", ["10.71C", "10.71C\t\t\tpain", "10.71C\t\t\tpain\t\t"])
def test_a_line_that_has_not_five_columns_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="unpack"):
        read(line)


def test_each_example_is_a_need_of_activities_that_exist_written_once() -> None:
    said = [fold(example.text) for example in examples()]
    assert len(said) == len(set(said))
    for example in examples():
        assert words(example.text), example
        assert example.activities and set(example.activities) <= set(labels()), example
        assert len(example.activities) == len(set(example.activities)), example
        assert not re.search(r"@|\d{9}|https?:", example.text), example


NOT_OF_A_PLACE = {
    "AdBlue", "Allemagne", "Alzheimer", "Chandeleur", "France", "GWh", "Gare", "Hôpital", "Italie", "Javel", "Marché",
    "Marianne", "Montessori", "Noël", "Nordmann", "Pâques", "Père", "SaaS", "Stade", "Toussaint", "VoIP", "XIXe", "XVIIIe",
    "XVIIe", "Écoles",
}  # fmt: skip


def test_no_example_names_a_person_or_a_place_which_would_then_be_a_word_of_the_trade() -> None:
    for example in examples():
        said = re.findall(r"(?<!^)\b\w+(?:[-']\w+)*", example.text)
        named = {word for word in said if word[0].isupper() and not word.isupper()}
        assert named <= NOT_OF_A_PLACE, example


def test_an_example_finds_one_of_its_sellers_among_five() -> None:
    drawn = examples()[::11]
    found = sum(bool(set(each.activities) & {one.activity for one in match(each.text, 5).activities}) for each in drawn)
    assert found >= 0.99 * len(drawn)
