"""Constraints of a need against what firms say: met, not met or unknown, with both quotes, whatever is typed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sourcier.matching.capacities import Answer, State, catalogue, claimed, compare, spoken, stated

VALUES = {"hour": "06:30", "days": "du lundi au samedi", "least": "20", "most": "300", "delay": "4"}


def answers(need: str, firm: str, *, opening: str = "", how_much: str = "") -> dict[str, Answer]:
    return {each.label: each for each in compare(stated([need], [how_much]), claimed([firm], opening))}


def states(need: str, firm: str, **more: str) -> dict[str, str]:
    return {label: each.state.value for label, each in answers(need, firm, **more).items()}


@pytest.mark.parametrize(
    ("need", "firm", "label", "state"),
    [
        ("Livraison avant 7 h", "Livraison dès 6 h", "Livraison à l'heure", "met"),
        ("Livraison avant 7 h", "Nous livrons avant 6h30", "Livraison à l'heure", "met"),
        ("Livraison avant 7 h", "Livraison à partir de 8 h", "Livraison à l'heure", "not_met"),
        ("Livraison avant 7 h", "On livre pas avant 8h", "Livraison à l'heure", "not_met"),
        ("Livraison avant 7 h", "Livraison dès 7 h", "Livraison à l'heure", "unknown"),
        ("Livraison à 7 h au plus tard", "Livraison dès 7 h", "Livraison à l'heure", "met"),
        ("Livraison avant 7 h", "Ouvert dès 5 h", "Livraison à l'heure", "unknown"),
        ("Livraison avant 7 h", "Pas de livraison.", "Livraison à l'heure", "not_met"),
        ("Livraison avant 7 h", "Pas de livraison le lundi.", "Livraison à l'heure", "unknown"),
        ("Livraison avant 7 h", "Pas de problème pour livrer avant 7 h", "Livraison à l'heure", "met"),
        ("Du lundi au samedi", "Fermé le lundi", "Jours", "not_met"),
        ("Du lundi au samedi", "Ouvert tous les jours sauf le dimanche", "Jours", "met"),
        ("Du lundi au vendredi", "Lundi fermé, ouvert du mardi au dimanche", "Jours", "not_met"),
        ("Du lundi au vendredi", "Sur le marché le mardi", "Jours", "unknown"),
        ("Tous les jours", "Ouvert du lundi au samedi", "Jours", "unknown"),
        ("Livré tous les jours avant 7h", "Ouvert du lundi au samedi", "Jours", "unknown"),
        ("Livré 7 jours sur 7", "Ouvert du lundi au samedi", "Jours", "not_met"),
        ("60 baguettes par jour", "Minimum 200", "Quantité", "not_met"),
        ("60 baguettes par jour", "Jusqu'à 200 baguettes par jour", "Quantité", "met"),
        ("60 baguettes par jour", "Jusqu'à 50 baguettes", "Quantité", "not_met"),
        ("60 baguettes par jour", "Minimum 200 croissants", "Quantité", "unknown"),
        ("60 baguettes par jour", "Minimum 200 € par commande", "Quantité", "unknown"),
        ("60 baguettes par jour", "Sans minimum", "Quantité", "met"),
        ("Du pain bio", "Farines BIO", "Agriculture biologique", "met"),
        ("Du pain bio", "Non bio", "Agriculture biologique", "not_met"),
        ("Du pain bio", "Bio : non", "Agriculture biologique", "not_met"),
        ("Du pain bio", "Pas seulement bio", "Agriculture biologique", "met"),
        ("Du pain bio", "Bio pas cher", "Agriculture biologique", "met"),
        ("Produits EGalim", "Label Rouge", "Produits EGalim", "met"),
        ("Repas sans porc", "Menus sans porc", "Sans porc", "met"),
        ("Pain sans gluten", "Sans gluten sur commande", "Sans gluten", "met"),
        ("Dépannage sous 4 h", "Intervention sous 2 heures", "Délai", "met"),
        ("Dépannage sous 4 h", "Intervention sous 2 jours", "Délai", "not_met"),
        ("Dépannage sous 4 h", "Paiement sous 2 h", "Délai", "unknown"),
        ("Dans un rayon de 20 km", "Nous nous déplaçons jusqu'à 30 km", "Rayon d'intervention", "met"),
        ("Dans un rayon de 20 km", "Nous nous déplaçons jusqu'à 5 km", "Rayon d'intervention", "not_met"),
        ("Fourniture et pose", "Pose non comprise", "Pose ou installation comprise", "not_met"),
        ("Entreprise Qualibat et RGE", "Artisan RGE", "RGE", "met"),
    ],
)
def test_what_the_firm_says_of_a_constraint(need: str, firm: str, label: str, state: str) -> None:
    assert states(need, firm)[label] == state


def test_days_said_one_by_one_tell_more_than_every_day() -> None:
    found = stated(["Livré tous les jours", "Du lundi au samedi", "Livré chaque jour"])
    assert [each.quote for each in found if each.code == "jours"] == ["Du lundi au samedi"]


def test_days_of_opening_are_those_of_the_firm_when_it_says_no_other() -> None:
    assert states("Livraison du lundi au samedi", "", opening="du mardi au samedi")["Jours"] == "not_met"
    assert states("Livraison du mardi au jeudi", "", opening="du mardi au samedi")["Jours"] == "met"


@pytest.mark.parametrize(
    ("need", "label"),
    [
        ("Pas besoin de livraison", "Livraison"),
        ("Bio non exigé", "Agriculture biologique"),
        ("Non bio", "Agriculture biologique"),
    ],
)
def test_what_a_need_does_not_want_is_no_constraint(need: str, label: str) -> None:
    assert label not in states(need, "")


def test_a_contradiction_is_unknown_with_both_quotes() -> None:
    found = answers("Livraison avant 7 h", "Livraison à 6 h. Pas de livraison.")["Livraison à l'heure"]
    assert found.state == State.UNKNOWN and set(found.told) == {"Livraison à 6 h", "Pas de livraison"}
    assert states("Du pain bio", "Bio. Non bio.") == {"Agriculture biologique": "unknown"}


def test_both_are_quoted_as_they_were_written() -> None:
    found = answers("Pain livré avant 7 h, bio", "Farines BIO. Livraison dès 6h")
    assert (found["Agriculture biologique"].asked, found["Agriculture biologique"].told) == ("bio", ("Farines BIO",))
    assert found["Livraison à l'heure"].told == ("Livraison dès 6h",)


@pytest.mark.parametrize("code", [each.code for each in catalogue().values() if each.kind == "yes"])
def test_each_capacity_ticked_is_read_as_its_own_claim(code: str) -> None:
    said = spoken(code, "oui")
    assert [each.state for each in compare([each for each in stated([said]) if each.code == code], claimed([said]))] == [
        State.MET
    ]


@pytest.mark.parametrize(
    ("code", "value", "said", "need"),
    [
        ("heure", "06:30", "Livraison dès 6 h 30", "Livraison avant 7 h"),
        ("heure", "06:00", "Livraison dès 6 h", "Livraison avant 7 h"),
        ("jours", "du lundi au samedi", "Ouvert du lundi au samedi", "Du lundi au vendredi"),
        ("minimum", "20", "Commande minimum 20", "60 pains par jour"),
        ("maximum", "300", "Jusqu'à 300 par commande", "60 pains"),
        ("delai", "4", "Intervention sous 4 h", "Sous 24 h"),
    ],
)
def test_a_measure_ticked_is_compared_as_if_it_were_written(code: str, value: str, said: str, need: str) -> None:
    assert spoken(code, value) == said
    assert [each.state for each in compare(stated([need], [need]), claimed([said]))] == [State.MET]


def test_the_catalogue_is_whole() -> None:
    assert 30 <= len(catalogue()) <= 50
    assert all(each.implies in ("", *catalogue()) and (each.said or each.kind == "quantity") for each in catalogue().values())
    assert spoken("no-more", "oui") == ""


NEEDS = st.lists(
    st.sampled_from(["Livraison avant 7 h", "Du pain bio", "60 baguettes par jour", "Du lundi au samedi", "Sans porc"])
)
SAYS = st.lists(
    st.sampled_from([
        "Livraison dès 6 h", "Pas de livraison", "Farines bio", "Non bio", "Minimum 200", "Fermé le lundi", "Menus sans porc",
        "Livraison à partir de 8 h", "Ouvert du mardi au samedi",
    ])
)  # fmt: skip
IRRELEVANT = st.sampled_from(
    ["Maison fondée en 1998", "Parking devant la porte", "Nous aimons notre métier", "🥖", "<p>Bienvenue</p>"]
)


@given(NEEDS, SAYS, IRRELEVANT, st.booleans())
def test_an_irrelevant_sentence_changes_no_state(need: list[str], says: list[str], more: str, first: bool) -> None:
    asked, said = ". ".join(need), ". ".join(says)
    longer = f"{more}. {said}" if first else f"{said}. {more}"
    assert states(asked, longer) == states(asked, said)
    assert states(f"{asked}. {more}", said) == states(asked, said)


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_two_texts_are_answered(need: str, firm: str) -> None:
    found = compare(stated([need], [need]), claimed([firm], firm))
    assert len({each.label for each in found}) == len(found)
    assert all(each.asked and len(each.told) <= 2 and (each.told or each.state == State.UNKNOWN) for each in found)
    assert all(len(quote) <= 300 for each in found for quote in (each.asked, *each.told))


@given(st.integers(0, 23), st.integers(0, 23), st.integers(0, 23))
def test_an_earlier_delivery_is_never_worse(need: int, early: int, late: int) -> None:
    early, late = sorted((early, late))
    rank = ["not_met", "unknown", "met"]
    best, other = (
        rank.index(states(f"Livraison avant {need} h", f"Livraison dès {hour} h")["Livraison à l'heure"])
        for hour in (early, late)
    )
    assert best >= other


@given(st.integers(1, 9_999), st.integers(1, 9_999), st.integers(1, 9_999))
def test_a_smaller_minimum_and_a_larger_maximum_are_never_worse(need: int, small: int, large: int) -> None:
    small, large = sorted((small, large))
    asked = f"{need} pains par jour"
    rank = ["not_met", "unknown", "met"].index
    assert rank(states(asked, f"Minimum {small}")["Quantité"]) >= rank(states(asked, f"Minimum {large}")["Quantité"])
    assert rank(states(asked, f"Jusqu'à {large} pains")["Quantité"]) >= rank(
        states(asked, f"Jusqu'à {small} pains")["Quantité"]
    )


@settings(max_examples=5, deadline=None)
@given(
    st.sampled_from(
        ["livraison pas bio ", "🥖<b>", "a", "lundi ", "minimum 200 ", "1 000 ", "sous 4 h ", "livraison dès 6 h, "]
    )
)
def test_fifty_thousand_letters_are_answered_with_short_quotes(piece: str) -> None:
    long = (piece * 50_000)[:50_000]
    found = compare(stated([long], [long]), claimed([long], long))
    assert all(len(quote) <= 300 for each in found for quote in (each.asked, *each.told))


def test_html_and_emoji_are_words_like_others() -> None:
    assert states("Pain <b>bio</b> 🥖", "<script>alert('bio')</script>") == {"Agriculture biologique": "met"}
