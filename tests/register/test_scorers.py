"""Why a firm is proposed: each scorer says what it gave, and none looks at size."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcier.kernel.activities import NAF_2025, NAF_REV2, Activity
from sourcier.register.establishment import SIZES, Establishment
from sourcier.register.scorers import NEUTRAL, SCORERS, Context, Said, Why, explain, score
from sourcier.register.search import search

FIRM = Establishment(
    siret="14000000000011", name="LE FOURNIL", legal_name="", nomenclature=NAF_REV2, activity="10.71C", activity_2025="10.71H",
    address="", postal_code="93110", commune="Rosny-sous-Bois", commune_code="93064", lat_e6=48_871_000, lon_e6=2_486_000,
    approximate=False, uncertainty_m=0, size_class="01", category="PME", legal_form="5499", created_on=date(2020, 1, 1),
    updated_on=date(2026, 3, 1), social_economy=False, employer=True, disclosed=True, active=True, distance_m=1_200,
)  # fmt: skip
CONTEXT = Context([Activity(NAF_REV2, "47.24Z"), Activity(NAF_2025, "10.71H")], 5_000, date(2026, 9, 1))


def test_each_scorer_says_what_it_gave_in_french() -> None:
    whys = explain(FIRM, CONTEXT)
    assert [why.name for why in whys] == ["Activité", "Distance", "Fraîcheur", "Ses mots"]
    assert [why.sentence for why in whys] == [
        "Son activité déclarée, 10.71H, est la 2e des activités cherchées.",
        "À 1,2\u00a0km du lieu de livraison le plus proche, à vol d'oiseau.",
        "Sa fiche a été mise à jour par l'INSEE le 1er mars 2026.",
        "Elle n'a rien dit d'elle sur ce besoin : ni avantage ni reproche.",
    ]
    assert [why.points for why in whys] == [92, 81, 100, NEUTRAL]
    assert score(FIRM, CONTEXT) == round(0.92 * 0.81 * NEUTRAL)


def test_the_words_of_a_firm_are_quoted_and_silence_takes_nothing() -> None:
    told = replace(CONTEXT, said={FIRM.siret: Said(95, ("livraison avant 7 h", "bio"))})
    assert explain(FIRM, told)[3] == Why("Ses mots", "Elle dit : livraison avant 7 h ; bio.", 95)
    silent = replace(FIRM, siret="15000000000010")
    assert explain(silent, told) == explain(silent, CONTEXT)


def test_a_place_known_to_the_commune_is_an_interval() -> None:
    why = explain(replace(FIRM, approximate=True, uncertainty_m=1_500), CONTEXT)[1]
    assert why.sentence == "Place connue à la commune près : entre 0\u00a0m et 2,7\u00a0km du lieu de livraison le plus proche."


@pytest.mark.parametrize("size_class", list(SIZES))
@pytest.mark.parametrize("category", ["PME", "ETI", "GE", ""])
def test_size_never_changes_anything(size_class: str, category: str) -> None:
    other = replace(FIRM, size_class=size_class, category=category, employer=size_class != "NN")
    assert explain(other, CONTEXT) == explain(FIRM, CONTEXT)


@given(
    size_class=st.sampled_from(list(SIZES)), category=st.sampled_from(["", "PME", "ETI", "GE"]), employer=st.booleans(),
    name=st.text(max_size=40), legal_form=st.sampled_from(["1000", "5499", "9220"]), social_economy=st.booleans(),
    metres=st.integers(0, 9_000), siret=st.from_regex(r"[0-9]{14}", fullmatch=True),
)  # fmt: skip
def test_two_establishments_that_differ_by_what_they_are_and_not_by_what_is_asked_have_the_same_score(
    metres: int, **differing: object
) -> None:
    """Past wins are not even in what a scorer may look at."""
    one = replace(FIRM, distance_m=metres)
    other = replace(one, legal_name=str(differing["name"]), **differing)  # type: ignore[arg-type]
    assert (explain(other, CONTEXT), score(other, CONTEXT)) == (explain(one, CONTEXT), score(one, CONTEXT))


@given(
    near=st.integers(0, 20_000), far=st.integers(0, 20_000), radius=st.integers(0, 20_000),
    updated=st.none() | st.dates(date(1973, 1, 1), date(2027, 1, 1)), uncertainty=st.integers(0, 9_000),
)  # fmt: skip
def test_nearer_is_never_worse_and_points_stay_in_their_scale(
    near: int, far: int, radius: int, updated: date | None, uncertainty: int
) -> None:
    context = replace(CONTEXT, radius_m=radius)
    pair = [replace(FIRM, distance_m=metres, updated_on=updated) for metres in sorted((near, far))]
    assert score(pair[0], context) >= score(pair[1], context)
    for firm in (*pair, replace(pair[0], approximate=True, uncertainty_m=uncertainty), replace(pair[0], distance_m=None)):
        assert all(0 < why.points <= 100 and why.sentence.endswith(".") for why in explain(firm, context))
        assert 0 <= score(firm, context) <= 100


def test_every_firm_of_a_search_is_explained(demo: Path) -> None:
    for firm in search([Activity(NAF_REV2, "10.71C")], [(48_871_000, 2_486_000)], 10_000).rows:
        assert len(explain(firm, CONTEXT)) == len(SCORERS)
