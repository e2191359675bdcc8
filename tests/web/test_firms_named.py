"""The name of a firm written instead of a need: the pages say so, and offer what it does as a start."""

from pathlib import Path
from typing import Any

import pytest

from sourcier.journal.models import Entry
from sourcier.needs import actions
from tests.cities import City
from tests.sourcing.stock import HIDDEN, LEFORT
from tests.web.clients import signed_in
from tests.web.needs import HTMX, PAIN, UNKNOWN, draft, url

NAME = "Boulangerie Lefort"
SAID = "Ce besoin dit le nom ou le numéro d'une entreprise du répertoire"
START = "NAFRev2:10.71C"


@pytest.fixture(autouse=True)
def register(bakeries: Path, settings: Any) -> None:
    settings.REGISTER = str(bakeries)


@pytest.mark.parametrize("sentence", [NAME, LEFORT.siret])
@pytest.mark.parametrize("page", ["need_edit", "activities"])
def test_both_pages_tell_the_firm_its_town_its_activity_and_why_one_starts_from_a_need(
    city: City, page: str, sentence: str
) -> None:
    shown = signed_in(city.requester).get(url(page, draft(city, sentence))).content.decode()
    assert SAID in shown and "BOULANGERIE LEFORT, Rosny-sous-Bois" in shown
    assert "Sourcier part de ce qu'il vous faut" in shown and "Partir de «" in shown


def test_starting_from_what_the_firm_does_ticks_it_on_the_page_and_writes_nothing(city: City) -> None:
    need, client = draft(city, NAME), signed_in(city.requester)
    actions.tick_activities(city.requester, need.pk, [])
    before = Entry.objects.count()
    kept = {"activity": "NAFRev2:81.30Z", "start": START}
    for page in (client.post(url("activities", need), kept), client.get(url("activities", need), {"start": START})):
        assert f'value="{START}" checked' in page.content.decode() and "Rien n'est encore retenu" in page.content.decode()
    assert 'value="NAFRev2:81.30Z" checked' in client.post(url("activities", need), kept).content.decode()
    assert Entry.objects.count() == before and not need.activities.exists()
    client.post(url("activities", need), {"activity": START, "tick": "1"})
    assert {row.code for row in need.activities.all()} == {"10.71C"}


@pytest.mark.parametrize("start", ["NAFRev2:99.99Z", "x", "", "<script>alert(1)</script>", "é" * 5_000])
def test_an_invented_start_ticks_nothing(city: City, start: str) -> None:
    shown = signed_in(city.requester).get(url("activities", draft(city)), {"start": start}).content.decode()
    assert "Rien n'est encore retenu" not in shown and " checked" not in shown and "<script>alert" not in shown


def test_who_may_not_tick_is_told_the_firm_and_offered_no_start(city: City) -> None:
    need = draft(city, NAME)
    actions.save(city.requester, need.pk, need.version, unknown=UNKNOWN)
    actions.submit(city.requester, need.pk)
    shown = signed_in(city.auditor).get(url("activities", need), {"start": START}).content.decode()
    assert SAID in shown and "Partir de «" not in shown and f'value="{START}" checked' not in shown


def test_the_note_comes_and_goes_with_the_sentence_saved_alone(city: City) -> None:
    need, client = draft(city), signed_in(city.requester)
    typed = {"version": need.version, "question": "sentence", "sentence": NAME}
    saved = client.post(url("need_edit", need), typed, **HTMX).content.decode()
    assert SAID in saved and 'id="firms-named" hx-swap-oob' in saved
    need.refresh_from_db()
    saved = client.post(url("need_edit", need), {**typed, "version": need.version, "sentence": PAIN}, **HTMX).content.decode()
    assert SAID not in saved and 'id="firms-named" hx-swap-oob' in saved


def test_a_need_that_is_understood_once_described_is_no_name_any_more(city: City) -> None:
    need, client = draft(city, NAME), signed_in(city.requester)
    actions.save(city.requester, need.pk, need.version, what=PAIN)
    for page in ("need_edit", "activities"):
        assert SAID not in client.get(url(page, need)).content.decode()


@pytest.mark.parametrize("sentence", ["Personne non diffusible", HIDDEN.siret, HIDDEN.siret[:9]])
def test_a_firm_that_may_not_be_named_is_on_no_page(city: City, sentence: str) -> None:
    need, client = draft(city, sentence), signed_in(city.requester)
    for page in ("need_edit", "activities"):
        shown = client.get(url(page, need)).content.decode()
        assert SAID not in shown and HIDDEN.name not in shown


def test_without_a_register_the_page_asks_as_before(city: City, settings: Any, tmp_path: Path) -> None:
    settings.REGISTER = str(tmp_path / "none.duckdb")
    shown = signed_in(city.requester).get(url("activities", draft(city, LEFORT.siret))).content.decode()
    assert SAID not in shown and "Vous avez écrit le numéro d&#x27;une entreprise" in shown
