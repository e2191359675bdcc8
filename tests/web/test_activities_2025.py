"""The page of activities, where a code of NAF 2025 is typed: it is found, told for what it stands, and ticked as what it is."""

from collections.abc import Iterator
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from sourcier.kernel.activities import NAF_2025, NAF_REV2, Activity
from sourcier.kernel.correspondence import Official, corresponding
from sourcier.kernel.transitions import Refused
from sourcier.matching.labels import label
from sourcier.needs import actions, nomenclatures, queries
from sourcier.needs.models import Need
from sourcier.register import correspondence
from sourcier.spend.actions import load_families
from sourcier.spend.models import Family
from tests.cities import City
from tests.web.clients import signed_in

pytestmark = pytest.mark.django_db
BAKER, BREAD = Activity(NAF_REV2, "10.71C"), Activity(NAF_2025, "10.71H")


@pytest.fixture
def table(settings: Any, tmp_path: Path) -> Iterator[None]:
    """INSEE's table says that 10.71C became 10.71H; there is neither a register nor a file of labels."""
    settings.REGISTER = str(tmp_path / "none.duckdb")
    correspondence.file().parent.mkdir(parents=True, exist_ok=True)
    official = Official("table.xlsx", "ab" * 32, date(2026, 9, 1))
    told = corresponding([(BAKER, BREAD, None), (Activity(NAF_REV2, "10.71D"), BREAD, None)], official)
    correspondence.file().write_text(correspondence.to_text(told, official))
    yield
    correspondence.file().unlink()


def searched(city: City, need: Need, words: str) -> str:
    response = signed_in(city.requester).post(reverse("activities", args=[need.pk]), {"words": words, "search": "1"})
    return unescape(response.content.decode()).replace("\u00a0", " ")


@pytest.mark.parametrize("typed", ["10.71H", "1071h", " 10.71 h "])
def test_a_code_of_naf_2025_is_found_with_what_it_stands_for(city: City, table: None, typed: str) -> None:
    page = searched(city, actions.start(city.requester, "Une grue pour le port"), typed)
    assert 'value="NAF2025:10.71H"' in page
    assert "10.71H en NAF 2025" in page
    assert "correspond en NAF rév. 2 à 10.71C, 10.71D ; table de l'INSEE" in page
    assert 'value="NAFRev2:10.71C"' in page and 'value="NAFRev2:10.71D"' in page


def test_what_is_ticked_keeps_its_nomenclature_and_finds_its_family(city: City, table: None) -> None:
    need = actions.start(city.requester, "Une grue pour le port")
    signed_in(city.requester).post(reverse("activities", args=[need.pk]), {"activity": "NAF2025:10.71H", "tick": "1"})
    [row] = need.activities.all()
    assert (row.nomenclature, row.code) == ("NAF2025", "10.71H")
    assert row.label == f"{label(BAKER)} ; {label(Activity(NAF_REV2, '10.71D'))} (d'après la NAF rév. 2)"
    page = signed_in(city.requester).get(reverse("activities", args=[need.pk])).content.decode()
    assert 'value="NAF2025:10.71H" checked' in page
    load_families(city.organisation)
    family = queries.proposed_family(Need.objects.get(pk=need.pk))
    assert isinstance(family, Family) and ["NAFRev2", "10.71C"] in family.activities


def test_the_questions_are_those_of_what_it_stands_for(city: City, table: None) -> None:
    need = actions.start(city.requester, "Une grue pour le port")
    actions.tick_activities(city.requester, need.pk, [BREAD])
    assert queries.refining(need).asked[0].question.id == "cakes_kinds"  # 10.02 has both codes of before


def test_a_code_under_the_name_of_the_other_nomenclature_is_not_ticked(city: City, table: None) -> None:
    need = actions.start(city.requester, "Du pain")
    for nomenclature, code in (("NAF2025", "10.71C"), ("NAFRev2", "10.71H"), ("NAF2025", "99.99Y")):
        with pytest.raises(Refused, match="unknown_activity"):
            actions.tick_activities(city.requester, need.pk, [Activity(nomenclature, code)])


def test_its_official_label_names_it_once_the_installation_has_it(city: City, table: None) -> None:
    file = nomenclatures.labels_file()
    file.write_text('{"labels": {"10.71H": "Fabrication de pain frais", "10.71J": "Fabrication de gâteaux"}}', encoding="utf-8")
    try:
        page = searched(city, actions.start(city.requester, "Une grue pour le port"), "10.71J")
    finally:
        file.unlink()
    assert "Fabrication de gâteaux" in page and "10.71J en NAF 2025" in page
    assert "correspond en NAF rév. 2" not in page


def test_a_damaged_file_of_labels_leaves_codes_alone(table: None) -> None:
    file = nomenclatures.labels_file()
    file.write_text("[", encoding="utf-8")
    try:
        assert label(BREAD) == "10.71H"
    finally:
        file.unlink()
