"""What the matching cannot read of a need is told to who describes it, without stopping him; what nobody can see is refused."""

from html import unescape

import pytest
from django.urls import reverse

from sourcier.matching import remarks
from sourcier.matching.engine import match
from sourcier.needs.models import Need
from tests.cities import City
from tests.web.clients import signed_in
from tests.web.needs import HTMX, PAIN, answers, draft, reload, url

INVISIBLE = ["\u200b\u200b\u200b", "\u2060 \ufeff", "\u3164", "\u2800\u2800", "\u0301"]


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("123 456 789 00012", remarks.SIGNS), ("55210055400013", remarks.NUMBER), ("🥖🥖🥖", remarks.SIGNS),
        ("Wir brauchen jeden Morgen frisches Gebäck", remarks.FOREIGN), ("zorglub", remarks.FOREIGN),
    ],
)  # fmt: skip
def test_who_describes_reads_what_the_words_did_not_say_and_may_go_on(city: City, sentence: str, told: str) -> None:
    need, client = draft(city, sentence), signed_in(city.requester)
    assert told in unescape(client.get(url("need_edit", need)).content.decode()).replace("\u00a0", " ")
    client.post(url("need_edit", need), answers(need, sentence=sentence, what="", how_much="60 par jour"))
    assert reload(need).how_much == "60 par jour"


def test_the_remark_goes_as_soon_as_a_need_is_said(city: City) -> None:
    need, client = draft(city, "🥖🥖🥖"), signed_in(city.requester)
    typed = answers(need, sentence=PAIN, what="") | {"question": "sentence"}
    saved = unescape(client.post(url("need_edit", need), typed, **HTMX).content.decode())
    assert 'id="misread" hx-swap-oob="true"' in saved and remarks.SIGNS not in saved
    assert 'id="misread"' in client.get(url("need_edit", need)).content.decode()


def test_a_remark_about_the_list_of_activities_stays_with_the_list(city: City) -> None:
    rare = next(each for each in ("philatélie numismatique", "anthologie") if remarks.remark(each, match(each)) == remarks.NEAR)
    need, client = draft(city, rare), signed_in(city.requester)
    pages = [unescape(client.get(url(page, need)).content.decode()) for page in ("activities", "need_edit")]
    assert [remarks.NEAR in page for page in pages] == [True, False]


@pytest.mark.parametrize("sentence", INVISIBLE)
@pytest.mark.parametrize("more", [{}, HTMX])
def test_a_need_that_nobody_can_see_is_not_begun(city: City, sentence: str, more: dict[str, str]) -> None:
    page = signed_in(city.requester).post(reverse("need_new"), {"sentence": sentence}, **more).content.decode()
    assert "aucun caractère visible" in page and not Need.objects.exists()


@pytest.mark.parametrize("sentence", INVISIBLE)
def test_nor_does_it_replace_what_was_written(city: City, sentence: str) -> None:
    need, client = draft(city), signed_in(city.requester)
    page = client.post(url("need_edit", need), answers(need, sentence=sentence)).content.decode()
    assert "aucun caractère visible" in page and reload(need).sentence == PAIN
