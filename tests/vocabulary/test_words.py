import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from sourcier.journal.verify import verify
from sourcier.kernel.activities import NAF_2025, NAF_REV2, Activity
from sourcier.kernel.transitions import Refused
from sourcier.matching.engine import How, match
from sourcier.needs import actions as needs
from sourcier.needs.models import Need
from sourcier.needs.queries.city_words import foreseen
from sourcier.vocabulary import actions, queries, reading, rules
from sourcier.vocabulary.models import CityPhrase, Suggestion
from sourcier.vocabulary.suggested import MOST_WORDS, suggested
from tests.cities import City
from tests.correspondences import insee_table
from tests.journal.entries import writes, writes_nothing

TENTS = Activity(NAF_REV2, "77.29Z")
FRUIT = Activity(NAF_REV2, "46.31Z")
NEW_FRUIT = Activity(NAF_2025, "46.31H")
CARS = Activity(NAF_REV2, "45.11Z")


def first_of(city: City, text: str) -> Activity:
    return match(text, 1, added=queries.phrases(city.organisation)).activities[0].activity


def needing(city: City, sentence: str, *ticked: Activity) -> Need:
    need = needs.start(city.requester, sentence)
    return needs.tick_activities(city.requester, need.pk, ticked)


def test_a_phrase_of_the_city_lifts_its_activity_there_alone_until_it_is_retired(city: City, other_city: City) -> None:
    need = "Gros marteau-piqueur jaune pour la voirie"
    assert first_of(city, need) != CARS
    with writes(city.organisation.pk, "city_phrase.added"):
        row = actions.add(city.head_buyer, "Marteau-piqueur JAUNE", CARS)
    found = match(need, 1, added=queries.phrases(city.organisation)).activities[0]
    assert found.activity == CARS and {met.term for met in found.met if met.how is How.CITY} == {"Marteau-piqueur JAUNE"}
    assert first_of(other_city, need) != CARS and queries.phrases(other_city.organisation) == []
    with writes(city.organisation.pk, "city_phrase.retired"):
        actions.retire(city.head_buyer, row.pk)
    assert first_of(city, need) != CARS
    assert [each.phrase for each in queries.retired(city.organisation)] == ["Marteau-piqueur JAUNE"]
    with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="retired"):
        actions.retire(city.head_buyer, row.pk)
    assert verify(city.organisation.pk).problems == ()


@pytest.mark.parametrize(
    ("phrase", "code"),
    [
        ("", "empty"), ("   ", "empty"), ("a", "short"), ("x" * 300, "long"), ("<b>barnum</b>", "marks"),
        ("=CMD|' /C calc'!A0", "formula"),
        ("+33 6", "formula"), ("pour de la", "common"), ("fourniture pour école", "common"),
        ("barnum 06 12 34 56 78", "personal"),
        ("barnum paul@ville.example", "personal"), ("barnum 21930064800010", "personal"), ("🎪", "short"),
        ("barnum " + "ﷺ" * 20, "signs"),
    ],
)  # fmt: skip
def test_what_is_no_phrase_is_refused_with_its_sentence_and_writes_nothing(city: City, phrase: str, code: str) -> None:
    with writes_nothing(city.organisation.pk), pytest.raises(Refused, match=code) as refused:
        actions.add(city.head_buyer, phrase, TENTS)
    assert refused.value.field == "phrase" and refused.value.sentence.endswith((".", "»."))


def test_the_same_words_are_one_phrase_and_an_unknown_code_offers_those_near(city: City) -> None:
    actions.add(city.head_buyer, "Étuis à vélos", TENTS)
    with pytest.raises(Refused, match="known"):
        actions.add(city.head_buyer, "ETUIS a velos", TENTS)
    actions.add(city.head_buyer, "étuis à vélos", CARS)  # words may mean two activities
    with pytest.raises(Refused) as refused:
        actions.add(city.head_buyer, "barnum", Activity(NAF_REV2, "77.99Z"))
    assert refused.value.field == "activity" and "77.2" in refused.value.sentence
    assert CityPhrase.objects.count() == 2


def test_the_head_of_purchasing_alone_changes_them_and_in_his_city(city: City, other_city: City) -> None:
    row = actions.add(city.head_buyer, "barnum", TENTS)
    needing(city, "Prêt de trompettes", FRUIT)
    suggestion = Suggestion.objects.get()
    for agent in (city.buyer, city.requester, city.auditor, city.admin):
        for act in (
            lambda who: actions.add(who, "sono", TENTS), lambda who: actions.retire(who, row.pk),
            lambda who: actions.import_phrases(who, [reading.PhraseLine(2, "sono", TENTS)]),
            lambda who: actions.promote(who, suggestion.pk, "trompette"), lambda who: actions.dismiss(who, suggestion.pk),
        ):  # fmt: skip
            with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="not_you"):
                act(agent)
    with pytest.raises(CityPhrase.DoesNotExist):
        actions.retire(other_city.head_buyer, row.pk)
    with pytest.raises(Suggestion.DoesNotExist):
        actions.promote(other_city.head_buyer, suggestion.pk, "trompette")
    with pytest.raises(Suggestion.DoesNotExist):
        actions.dismiss(other_city.head_buyer, suggestion.pk)


def test_what_is_ticked_against_the_words_waits_counts_its_needs_and_leaves_when_unticked(city: City) -> None:
    assert needing(city, "Pain frais pour les crèches", Activity(NAF_REV2, "10.71C")) and not Suggestion.objects.exists()
    first = needing(city, "Trompettes pour le festival", FRUIT)
    second = needing(city, "trompette", FRUIT, FRUIT)
    waiting = queries.waiting(city.organisation).get()
    assert (waiting.phrase, waiting.code, waiting.needs) == ("trompettes", FRUIT.code, 2)
    assert [heard.reference for heard in waiting.heard.all()] == [second.reference, first.reference]
    assert first_of(city, "Trompettes pour le festival") != FRUIT, "nothing is learned in silence"
    [line] = queries.awaiting(city.head_buyer)
    assert line.sentence.startswith("Une expression est proposée") and queries.awaiting(city.buyer) == []
    needs.tick_activities(city.requester, first.pk, [])
    assert queries.waiting(city.organisation).get().needs == 1
    needs.tick_activities(city.requester, second.pk, [])
    assert not queries.waiting(city.organisation).exists() and queries.awaiting(city.head_buyer) == []


def test_an_activity_that_corresponds_to_nothing_known_is_no_suggestion_as_the_matching_proposes_none(city: City) -> None:
    need = needs.start(city.requester, "Trompettes et cymbales")
    with transaction.atomic():
        actions.hear(city.organisation, need.pk, need.reference, need.sentence, [Activity(NAF_2025, "46.31Y"), FRUIT])
    assert [row.code for row in queries.waiting(city.organisation)] == [FRUIT.code]


def test_who_ticks_naf_2025_teaches_too_and_the_phrase_lifts_all_that_correspond(city: City, settings: Settings) -> None:
    with insee_table(settings, ("46.31Z", "46.31H"), ("45.11Z", "46.31H")):
        need = needing(city, "Trompettes et cymbales", NEW_FRUIT)
        waiting = queries.waiting(city.organisation).get()
        assert (waiting.phrase, waiting.nomenclature, waiting.code) == ("trompettes cymbales", NAF_2025, "46.31H")
        with writes(city.organisation.pk, "suggestion.promoted"):
            row = actions.promote(city.head_buyer, waiting.pk, "trompettes")
        assert (row.nomenclature, row.code) == (NAF_2025, "46.31H")
        assert queries.phrases(city.organisation) == [("trompettes", CARS), ("trompettes", FRUIT)]
        lifted = match("une trompette", 2, added=queries.phrases(city.organisation)).activities
        assert {each.activity for each in lifted} == {CARS, FRUIT}
        needs.tick_activities(city.requester, need.pk, [NEW_FRUIT])
        assert not queries.waiting(city.organisation).exists(), "the city's words call what corresponds to it"
    assert queries.phrases(city.organisation) == [], "without a table it means nothing that the matching knows"
    assert verify(city.organisation.pk).problems == ()


def test_a_code_of_naf_2025_that_the_words_call_by_its_former_one_suggests_nothing(city: City, settings: Settings) -> None:
    with insee_table(settings, ("10.71C", "10.71H")):
        needing(city, "Pain frais pour les crèches", Activity(NAF_2025, "10.71H"))
        assert not Suggestion.objects.exists()


def test_a_phrase_may_name_either_nomenclature_and_one_unknown_is_refused_beside_the_code(
    city: City, settings: Settings
) -> None:
    with insee_table(settings, ("46.31Z", "46.31H")):
        actions.add(city.head_buyer, "trompettes", NEW_FRUIT)
        actions.add(city.head_buyer, "trompettes", FRUIT)  # a code and its nomenclature are never apart
        assert first_of(city, "une trompette") == FRUIT
        for wrong in (Activity(NAF_2025, "46.31Z"), Activity(NAF_REV2, "46.31H"), Activity(NAF_2025, "99.99X")):
            with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="unknown_activity") as refused:
                actions.add(city.head_buyer, "cymbales", wrong)
            assert refused.value.field == "activity" and wrong.code in refused.value.sentence
        needs.start(city.requester, "Trombones du conservatoire")
        [seen] = foreseen(city.organisation, "trombones", NEW_FRUIT)
        assert "fruits" in seen.after and seen.before != seen.after


def test_a_table_of_phrases_says_the_nomenclature_of_a_code_when_it_could_be_either(city: City, settings: Settings) -> None:
    with insee_table(settings, ("46.31Z", "46.31H"), ("45.11Z", "77.29Z")):
        lines = [
            "Mots;Code NAF;Nomenclature",
            "trompettes;46.31H;", "cymbales;46.31H;NAF 2025", "barnum;77.29Z;", "vélum;77.29Z;NAF rév. 2",
            "sono;77.29Z;NAF2025", "tuba;46.31H;NAF rév. 2", "orgue;46.31Z;NAF 2025", "lyre;46.31Z;ancienne",
        ]  # fmt: skip
        found = reading.read("\n".join(lines).encode())
    assert [line.activity for line in found.phrases] == [
        NEW_FRUIT, NEW_FRUIT, TENTS, TENTS, Activity(NAF_2025, "77.29Z"),
    ]  # fmt: skip
    assert [(line.line, line.why[:20]) for line in found.unread] == [
        (7, "Le code 46.31H n'exi"), (8, "Le code 46.31Z de la"), (9, "La nomenclature s'éc"),
    ]  # fmt: skip


def test_a_suggestion_is_promoted_in_shorter_words_then_counts_and_is_suggested_no_more(city: City) -> None:
    need = needing(city, "Trompettes et cymbales", FRUIT)
    suggestion = Suggestion.objects.get()
    assert suggestion.phrase == "trompettes cymbales"
    with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="marks"):
        actions.promote(city.head_buyer, suggestion.pk, "<trompette>")
    with writes(city.organisation.pk, "suggestion.promoted"):
        row = actions.promote(city.head_buyer, suggestion.pk, "trompettes")
    assert row.origin == CityPhrase.Origin.SUGGESTED and first_of(city, "une trompette") == FRUIT
    needs.tick_activities(city.requester, need.pk, [FRUIT])
    assert need.activities.get().proposed and not queries.waiting(city.organisation).exists()
    assert verify(city.organisation.pk).problems == ()


def test_of_two_who_decide_the_second_is_told_who_was_first(city: City) -> None:
    needing(city, "Trompettes", FRUIT)
    suggestion = Suggestion.objects.get()
    actions.promote(city.head_buyer, suggestion.pk, "trompettes")
    for act in (lambda: actions.promote(city.head_buyer, suggestion.pk, "autre trompette"),
                lambda: actions.dismiss(city.head_buyer, suggestion.pk)):  # fmt: skip
        with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="decided") as refused:
            act()
        assert city.head_buyer.user.name in refused.value.sentence


def test_what_is_dismissed_waits_no_more_though_it_be_ticked_again(city: City) -> None:
    needing(city, "Trompettes", FRUIT)
    with writes(city.organisation.pk, "suggestion.dismissed"):
        actions.dismiss(city.head_buyer, Suggestion.objects.get().pk)
    needing(city, "trompette", FRUIT)
    assert not queries.waiting(city.organisation).exists() and Suggestion.objects.get().state == Suggestion.State.DISMISSED


@pytest.mark.parametrize(
    ("sentence", "kept"),
    [
        ("Trompettes pour Mme Martin, 06 12 34 56 78", "trompettes"),
        ("Pour monsieur martin dupont : trompettes", "trompettes"),
        ("trompettes demandées par jean martin", "trompettes demandées"),
        ("Trompettes, voir paul.martin@ville.example", "trompettes voir"),
        ("TROMPETTES POUR JEAN DUPONTEL", "trompettes"),
        ("Trompettes comme chez Legrand-Moulin SIRET 219 300 648 00010", "trompettes SIRET"),
        ("Trompettes que Denise et Helene veulent", "trompettes"),
        ("Contrôle du SSI et de la CVC", "contrôle SSI CVC"),
        ("bruno rosny", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_no_name_address_or_number_enters_a_suggestion(sentence: str, kept: str) -> None:
    assert suggested(sentence, ["Denise Rosny", "Helene Rosny", "Bruno Rosny"]) == kept


def test_words_joined_without_end_are_no_suggestion_and_the_tick_is_kept(city: City) -> None:
    need = needing(city, "Trompettes " + "-".join(["trompette"] * 45), FRUIT)
    assert need.activities.count() == 1 and Suggestion.objects.get().phrase == "trompettes"


@given(st.text(max_size=300))
def test_any_text_gives_a_suggestion_without_number_or_address_of_six_words_at_most(text: str) -> None:
    said = suggested(text, [])
    assert len(said.split(" ")) <= MOST_WORDS and "@" not in said and not any(letter.isdigit() for letter in said)
    assert len(said) <= rules.LONGEST_PHRASE
    assert suggested(text.lower(), []) == "" or rules.key(suggested(text.lower(), []))


@given(st.text(max_size=120))
def test_any_text_is_a_phrase_that_counts_or_is_refused_in_french(text: str) -> None:
    phrase = rules.clean(text)
    refusal = rules.refusal(phrase)
    if refusal is None:
        assert rules.key(phrase) and match(phrase, 1, added=[(phrase, CARS)]).activities[0].activity == CARS
        assert rules.key(phrase) == rules.key(phrase.upper().lower()) or not phrase.isascii()
    else:
        assert refusal.sentence.endswith(".") or refusal.sentence.endswith(").")


def test_the_page_foresees_the_last_needs_that_say_the_phrase_and_those_of_no_other_city(city: City, other_city: City) -> None:
    for text in ("Trompettes un", "Trompettes deux", "Trompettes trois", "Trompettes quatre", "Pain frais"):
        needs.start(city.requester, text)
    needs.start(other_city.requester, "Trompettes ailleurs")
    found = foreseen(city.organisation, "trompette", FRUIT)
    assert [each.need.sentence for each in found] == ["Trompettes quatre", "Trompettes trois", "Trompettes deux"]
    assert all("fruits" in each.after and each.before != each.after for each in found)


def test_a_table_is_read_line_by_line_and_adds_what_the_city_has_not(city: City) -> None:
    actions.add(city.head_buyer, "barnum", TENTS)
    lines = [
        "Mots;Code NAF",
        "Barnums;77.29Z",
        "sono;7729z",
        "SONO;77.29Z",
        "=1+1;77.29Z",
        "vélum;99.99X",
        "vélum;tente",
        ";77.29Z",
    ]
    found = reading.read("\n".join(lines).encode())
    assert [line.phrase for line in found.phrases] == ["Barnums", "sono"]
    assert [line.line for line in found.unread] == [4, 5, 6, 7, 8]
    with writes(city.organisation.pk, "city_phrases.imported"):
        made = actions.import_phrases(city.head_buyer, found.phrases, "mots.csv")
    assert [row.phrase for row in made] == ["sono"]
    with writes_nothing(city.organisation.pk), pytest.raises(Refused, match="nothing_new"):
        actions.import_phrases(city.head_buyer, found.phrases)
    for wrong in (b"", b"Mots;Quoi\nbarnum;77.29Z", b"PK\x03\x04 broken"):
        with pytest.raises(Refused):
            reading.read(wrong)
    assert verify(city.organisation.pk).problems == ()


def test_the_need_reads_the_phrases_once_however_many(city: City, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert queries.phrases(city.organisation) == []
    actions.add(city.head_buyer, "barnum", TENTS)
    actions.add(city.head_buyer, "sono", TENTS)
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert len(queries.phrases(city.organisation)) == 2
