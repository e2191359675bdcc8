from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from sourcier.kernel.activities import NAF_2025, NAF_REV2, Activity
from sourcier.needs import actions as needs
from sourcier.vocabulary import actions, queries, reading
from sourcier.vocabulary.models import CityPhrase, Heard, Suggestion
from tests.cities import City
from tests.correspondences import insee_table
from tests.journal.entries import writes_nothing
from tests.web.test_rule import as_, words

FRUIT = Activity(NAF_REV2, "46.31Z")
PAGE = "/reglages/mots/"


def suggested(city: City) -> Suggestion:
    need = needs.start(city.requester, "Trompettes et cymbales")
    needs.tick_activities(city.requester, need.pk, [FRUIT])
    return Suggestion.objects.get(organisation=city.organisation)


def test_it_shows_what_a_phrase_would_change_and_writes_nothing_until_it_is_added(city: City) -> None:
    needs.start(city.requester, "Trompettes du conservatoire")
    client = as_(city.head_buyer)
    posted = {"phrase": "trompettes", "words": "46.31Z"}
    with writes_nothing(city.organisation.pk):
        said = words(client.post(reverse("word_add"), {**posted, "look": "1"}))
    assert "fera proposer en premier : Commerce de gros" in said and "Trompettes du conservatoire" in said and "→" in said
    assert client.post(reverse("word_add"), posted).status_code == 302
    assert "Les mots de la ville" in words(client.get(PAGE)) and queries.phrases(city.organisation) == [("trompettes", FRUIT)]


def test_an_activity_is_looked_for_in_words_and_chosen_among_what_is_found(city: City) -> None:
    client = as_(city.head_buyer)
    posted = {"phrase": "trompettes", "words": "fruits légumes"}
    response = client.post(reverse("word_add"), posted)
    assert response.status_code == 422 and "Choisissez une des activités trouvées" in words(response)
    assert "note danger" not in response.content.decode(), "nobody is at fault"
    added = client.post(reverse("word_add"), {**posted, "activity": "NAFRev2:46.31Z"})
    assert added.status_code == 302 and added.headers["Location"] == f"{PAGE}#", "the top of the page, where it is said"
    wrong = client.post(reverse("word_add"), {"phrase": "cymbale", "words": "77.99Z"})
    assert wrong.status_code == 422 and "Les plus proches" in words(wrong) and 'value="cymbale"' in wrong.content.decode()


def test_a_code_of_naf_2025_is_chosen_shown_with_its_nomenclature_exported_and_read_again(
    city: City, settings: Settings
) -> None:
    client = as_(city.head_buyer)
    with insee_table(settings, ("46.31Z", "46.31H"), ("45.11Z", "46.31H"), ("77.29Z", "77.29Z")):
        posted = {"phrase": "trompettes", "words": "46.31h", "activity": "NAF2025:46.31H"}
        said = words(client.post(reverse("word_add"), {**posted, "look": "1"}))
        assert "(46.31H en NAF 2025)" in said and "(d'après la NAF rév. 2)" in said
        assert client.post(reverse("word_add"), posted).status_code == 302
        either = words(client.post(reverse("word_add"), {"phrase": "barnum", "words": "77.29Z"}))
        assert "(77.29Z)" in either and "(77.29Z en NAF 2025)" in either and "Choisissez" in either
        assert "46.31H en NAF 2025" in words(client.get(PAGE))
        exported = client.get(f"{PAGE}?export=csv").content.decode("utf-8-sig")
        assert "NAF 2025" in exported
        assert [line.activity for line in reading.read(exported.encode()).phrases] == [Activity(NAF_2025, "46.31H")]
        actions.retire(city.head_buyer, CityPhrase.objects.get().pk)
        assert "46.31H en NAF 2025, retirée" in words(client.get(PAGE))


def test_what_cannot_be_a_phrase_is_said_beside_it_and_stays_typed(city: City) -> None:
    client = as_(city.head_buyer)
    for phrase in ("", "a", "x" * 300, "x" * 2_000, "<script>alert(1)</script>", "=CMD", "pour la", "ab\x00"):
        for look in ({}, {"look": "1"}):
            response = client.post(reverse("word_add"), {"phrase": phrase, "words": "46.31Z", **look})
            assert response.status_code == 422
            assert "<script>alert" not in response.content.decode()


def test_a_suggestion_is_kept_or_dismissed_from_the_page_and_a_bad_word_loses_nothing(city: City) -> None:
    row = suggested(city)
    client = as_(city.head_buyer)
    said = words(client.get(PAGE))
    assert "« trompettes cymbales »" in said and "B-20" in said
    assert "Regarder" in words(client.get("/")) and "mots de la ville" in words(client.get("/"))
    address = reverse("word_suggested", args=[row.pk])
    refused = client.post(address, {"phrase": "<trompette>"})
    assert refused.status_code == 422 and "&lt;trompette&gt;" in refused.content.decode()
    assert 'aria-describedby="refus"' in refused.content.decode(), "beside the words that were typed"
    assert client.post(address, {"phrase": "trompettes"}).status_code == 302
    again = client.post(address, {"dismiss": "1"})
    assert again.status_code == 422 and "a déjà décidé" in words(again)
    assert queries.phrases(city.organisation) == [("trompettes", FRUIT)]


def test_others_read_or_are_turned_away_and_the_administrator_sees_no_words_of_needs(city: City, other_city: City) -> None:
    row, mine = suggested(city), actions.add(city.head_buyer, "bombarde", FRUIT)
    for agent, status in ((city.auditor, 200), (city.admin, 200), (city.buyer, 403), (city.requester, 403)):
        client = as_(agent)
        response = client.get(PAGE)
        assert response.status_code == status
        assert ("cymbales" in words(response)) == (agent is city.auditor)
        for name, arguments in (
            ("word_add", []),
            ("words_import", []),
            ("word_retire", [mine.pk]),
            ("word_suggested", [row.pk]),
        ):
            assert client.post(reverse(name, args=arguments)).status_code == 403
    client = as_(other_city.head_buyer)
    assert "bombarde" not in words(client.get(PAGE)) and "cymbales" not in words(client.get(PAGE))
    assert client.post(reverse("word_retire", args=[mine.pk])).status_code == 404
    assert client.post(reverse("word_suggested", args=[row.pk]), {"phrase": "trompettes"}).status_code == 404
    assert CityPhrase.objects.get().retired_at is None


def test_a_list_is_imported_with_its_lines_left_out_named_and_exported_again(city: City) -> None:
    client = as_(city.head_buyer)
    table = b"Mots;Code NAF\nsono;46.31Z\n=1+1;46.31Z\n"
    response = client.post(reverse("words_import"), {"file": SimpleUploadedFile("mots.csv", table)})
    assert "1 expression ajoutée, 1 ligne laissée de côté" in words(response) and "comme une formule" in words(response)
    for wrong in (b"", b"Quoi\nsono\n", table, b"\x00\x01"):
        refused = client.post(reverse("words_import"), {"file": SimpleUploadedFile("mots.csv", wrong)})
        assert refused.status_code == 422
    exported = client.get(f"{PAGE}?export=csv").content.decode("utf-8-sig")
    assert "sono" in exported and "46.31Z" in exported
    assert client.post(reverse("words_import"), {"file": SimpleUploadedFile("mots.csv", exported.encode())}).status_code == 422


def test_the_activities_of_a_need_name_the_phrase_of_the_city(city: City) -> None:
    actions.add(city.head_buyer, "trompettes", FRUIT)
    need = needs.start(city.requester, "Des trompettes pour juin")
    client = as_(city.requester)
    assert "(mots de la ville : « trompettes »)" in words(client.get(reverse("activities", args=[need.pk])))


def test_of_many_suggestions_those_said_most_are_shown_and_the_others_counted(city: City) -> None:
    rows = Suggestion.objects.bulk_create(
        Suggestion(organisation=city.organisation, phrase=f"mot {n}", key=f"mot {n}", nomenclature=NAF_REV2, code="46.31Z")
        for n in range(62)
    )
    Heard.objects.bulk_create(
        Heard(suggestion=row, need_id=uuid4(), reference="B-2026-0001", at=timezone.now()) for row in [*rows, rows[61]]
    )
    said = words(as_(city.head_buyer).get(PAGE))
    assert "« mot 61 »" in said and said.count("2 besoins") == 1 and "Les 60 plus dites, sur 62." in said


def test_a_long_list_is_read_by_pages(city: City) -> None:
    lines = [reading.PhraseLine(n, f"bombarde z{chr(97 + n // 26)}{chr(97 + n % 26)}x", FRUIT) for n in range(130)]
    actions.import_phrases(city.head_buyer, lines)
    client = as_(city.head_buyer)
    said = words(client.get(f"{PAGE}?page=2"))
    assert "130 expressions" in said and "Page 2 sur 2" in said
    assert client.get(f"{PAGE}?page=x").status_code == 200 and client.get(f"{PAGE}?export=odd").status_code == 404
