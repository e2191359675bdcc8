"""The page of the activities: five proposed with their words, others looked for, some ticked."""

import pytest

from sourcier.journal.models import Entry
from tests.cities import City
from tests.web.clients import signed_in
from tests.web.needs import SCRIPT, TWO, draft, url


def test_activities_are_proposed_with_their_words_ticked_and_completed_by_search(city: City) -> None:
    need, client = draft(city), signed_in(city.requester)
    page = client.get(url("activities", need)).content.decode()
    assert page.count('name="activity"') == 5 and "10.71C" in page and "parce que vous avez écrit" in page
    before = Entry.objects.count()
    for words in ("paysager", "81.30Z", "8130z", "8130"):
        ticked = {"activity": "NAFRev2:10.71C", "words": words, "search": "1"}
        page = client.post(url("activities", need), ticked).content.decode()
        assert "81.30Z" in page and 'value="NAFRev2:10.71C" checked' in page
    assert Entry.objects.count() == before and not need.activities.exists()
    client.post(url("activities", need), {"activity": ["NAFRev2:10.71C", "NAFRev2:81.30Z"], "tick": "1"})
    assert {row.code for row in need.activities.all()} == {"10.71C", "81.30Z"}


def test_nothing_ticked_says_so_and_writes_nothing_and_the_last_one_unticked_is_told(city: City) -> None:
    need, client = draft(city), signed_in(city.requester)
    before = Entry.objects.count()
    page = client.post(url("activities", need), {"tick": "1"}, follow=True).content.decode()
    assert "Rien n&#x27;est coché : rien n&#x27;a changé." in page and "Activités retenues." not in page
    assert Entry.objects.count() == before
    client.post(url("activities", need), {"activity": "NAFRev2:10.71C", "tick": "1"})
    page = client.post(url("activities", need), {"tick": "1"}, follow=True).content.decode()
    assert "Plus aucune activité n&#x27;est retenue." in page and Entry.objects.count() == before + 2


def test_enter_in_the_search_leads_to_what_it_finds_as_its_button_does(city: City) -> None:
    page = signed_in(city.requester).get(url("activities", draft(city))).content.decode()
    form = page[page.index('<form method="post" class="cols"') :]
    pressed = form[form.index("<button") :].partition(">")[0]  # a browser presses the first button of the form
    assert 'name="search"' in pressed and '#trouvees"' in pressed


@pytest.mark.parametrize("words", [SCRIPT, "é" * 5_000, "=1+1", "'; drop table", "\x00", "   "])
def test_a_search_of_any_words_answers(city: City, words: str) -> None:
    need, client = draft(city), signed_in(city.requester)
    response = client.post(url("activities", need), {"words": words, "search": "1", "activity": "x"})
    assert response.status_code == 200 and "<script>alert" not in response.content.decode()


def test_a_code_that_does_not_exist_is_said_with_those_near_it(city: City) -> None:
    page = signed_in(city.requester).post(url("activities", draft(city)), {"words": "10.71x", "search": "1"}).content.decode()
    assert "Le code 10.71X n&#x27;existe pas dans la nomenclature. Les plus proches : 10.71A" in page


def test_an_invented_activity_is_refused(city: City) -> None:
    need, client = draft(city), signed_in(city.requester)
    response = client.post(url("activities", need), {"activity": "NAFRev2:99.99X", "tick": "1"})
    assert response.status_code == 422 and "n&#x27;existe pas" in response.content.decode()


def test_activities_say_what_each_word_met_and_what_was_not_understood(city: City) -> None:
    client = signed_in(city.requester)
    page = client.get(url("activities", draft(city, "L'ascenceur est bloqué"))).content.decode()
    assert "(lu «&nbsp;ascenseur" in page
    page = client.get(url("activities", draft(city, "we need fresh bread every morning"))).content.decode()
    assert "Écrivez-les en français" in page
    page = client.get(url("activities", draft(city, TWO))).content.decode()
    assert "deux besoins" in page and "faites-en deux lots" in page
